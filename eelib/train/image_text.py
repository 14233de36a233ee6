"""Training of all five methods: views and texts of a batch, encoders, terms, their weighted sum."""

from __future__ import annotations

import time
from typing import Any

import lightning as pl
import torch
from torch import Tensor, nn

from eelib.data.image_augment import augment, evaluation_view
from eelib.data.synonyms import load_synonyms, readable
from eelib.data.text_augment import TextAugment
from eelib.data.tokens import Tokenizer
from eelib.errors import InputError
from eelib.losses import mask_tokens
from eelib.losses.gather import mean_over_ranks
from eelib.models.image_text_model import ImageTextModel, trimmed
from eelib.models.text import TextOutput
from eelib.settings_pairs import MethodSettings, PairRecipe
from eelib.train.batches import step_generator
from eelib.train.image_text_batches import Batch
from eelib.train.image_text_optimiser import make_optimiser
from eelib.train.image_text_terms import Encoded, Terms, needed_texts, needed_views

POINTS = 20  # of the loss curves


def _editor(method: MethodSettings, tokenizer: Tokenizer) -> TextAugment:
    """Edits of captions; a compact vocabulary has few synonyms of its words, and all others would be read as the same unknown word."""
    synonyms = load_synonyms()
    return TextAugment(synonyms if method.synonyms == "all" else readable(synonyms, tokenizer.knows), method.deletion)


class ImageText(pl.LightningModule):
    """Trains a model with the terms of a method.

    Args:
        model: Encoders and scales.
        terms: Of the method, made for this model.
        recipe: Budget and optimiser.
        tokenizer: The one that made the batches' tokens.
        seed: Source of views, masks and edited texts, together with the step.
    """

    def __init__(self, model: ImageTextModel, terms: Terms, recipe: PairRecipe, tokenizer: Tokenizer, seed: int) -> None:
        super().__init__()
        self.model, self.terms, self.recipe, self.tokenizer, self.seed = model, terms, recipe, tokenizer, seed
        self.edit = _editor(self.method, tokenizer) if "augmented" in needed_texts(self.method) else None
        self.points: list[dict[str, float]] = []
        self.seconds: list[float] = []

    @property
    def method(self) -> MethodSettings:
        """Weights and choices."""
        return self.terms.method

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """What is worth compiling."""
        return self.model.image, self.model.text

    def prepare(self, batch: Batch, step: int) -> Batch:
        """The batch with the tokens of its edited captions, where the method reads such."""
        if self.edit is None:
            return batch
        edited = self.tokenizer.encode(self.edit(batch["captions"], self.seed, step, batch["rows"]))
        return batch | {"edited_tokens": torch.from_numpy(edited.ids), "edited_eot": torch.from_numpy(edited.eot)}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Weighted sum of the terms of one batch.

        Raises:
            InputError: A term is not finite; names it and the step.
        """
        self._started = time.perf_counter()
        try:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
                values = self.terms(self.model, self.encode(batch))
        except InputError as error:
            raise InputError(f"step {self.global_step}: {error}; lower lr or check the input, the last checkpoint is kept") from error
        loss = self.terms.total(values)
        if self.global_step % max(1, self.recipe.steps // POINTS) == 0 or self.global_step == self.recipe.steps - 1:
            shown = {"loss": loss, "scale": self._main_scale(), **values}
            self.points.append({"step": self.global_step} | {name: mean_over_ranks(value).item() for name, value in shown.items()})
        return loss

    def encode(self, batch: Batch) -> Encoded:
        """What the terms of the method read of a prepared batch, and nothing else; views go through the encoder one by one (detail 31)."""
        images = {view: self.model.encode_image(self._view(batch, view)) for view in needed_views(self.method)}
        masked, targets = self._masked(batch) if self.method.weights.text or "masked" in needed_texts(self.method) else (None, None)
        texts = []
        for text in needed_texts(self.method):
            if text == "masked":
                assert masked is not None
                texts.append(masked)
            elif text == "augmented":
                texts.append(self._text(batch["edited_tokens"], batch["edited_eot"]))
            else:
                texts.append(self._text(batch["tokens"], batch["eot"]))
        return Encoded(images, tuple(texts), masked, targets)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Refuse a step that would make the weights infinite, so that no checkpoint ever holds such weights."""
        gradients = {name: weight.grad for name, weight in self.named_parameters() if weight.grad is not None}
        if not torch.isfinite(torch.nn.utils.get_total_norm(gradients.values())):
            name = next((name for name, gradient in gradients.items() if not torch.isfinite(gradient).all()), "all weights together")
            raise InputError(f"step {self.global_step}: the gradient of {name} is not finite; lower lr, the last checkpoint is kept")

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Lightning's own signature
        """One step, then the scales go back into their bounds: before anything is saved."""
        super().optimizer_step(*args, **kwargs)
        self.model.clamp_scales()
        self.seconds.append(time.perf_counter() - self._started)

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """AdamW with the groups and the schedule of docs/clip_benchmark.md#recipes."""
        return make_optimiser(self, self.recipe)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The curves so far go with the checkpoint, so that a resumed run has the same record."""
        checkpoint["points"] = list(self.points)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Curves up to the checkpoint."""
        self.points = list(checkpoint["points"])

    @property
    def curves(self) -> dict[str, list[float]]:
        """Steps, loss, scale and every term at about :data:`POINTS` steps."""
        return {name: [point[name] for point in self.points] for name in self.points[0]}

    def _main_scale(self) -> Tensor:
        weights = self.method.weights
        only_tokens = not (weights.clip or weights.multi_view or weights.neighbours) and weights.tokens
        return self.model.token_scale() if only_tokens else self.model.scale()

    def _view(self, batch: Batch, view: int) -> Tensor:
        name, images = self.method.views[view], batch["image"]
        if name == "none":
            return evaluation_view(images, images.shape[2], margin=1)
        return augment(images, name, images.shape[2], step_generator(self.seed, f"view {view}", self.global_step))

    def _text(self, tokens: Tensor, eot: Tensor) -> TextOutput:
        """Encode; pads are cut off unless they count as words."""
        return self.model.encode_text(tokens if self.method.count_pads else trimmed(tokens, eot), eot)

    def _masked(self, batch: Batch) -> tuple[TextOutput, Tensor]:
        tokens, mask_id = batch["tokens"], self.tokenizer.mask_id
        if mask_id is None:
            raise InputError("the plain vocabulary of CLIP has no mask token: use tokens='declip' or 'compact'")
        generator = step_generator(self.seed, "mask", self.global_step)
        special, ordinary = self.tokenizer.special, self.tokenizer.ordinary
        ids, targets = mask_tokens(tokens, generator, mask_id=mask_id, special=special, ordinary=ordinary, rate=self.method.mask_rate)
        output = self._text(ids, batch["eot"])
        return output, targets[:, : output.words.shape[1]]
