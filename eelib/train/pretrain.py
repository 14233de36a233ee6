"""Pre-training without labels: two views of each series, one encoder, one of several objectives."""

from __future__ import annotations

from typing import Any

import lightning as pl
import torch
from torch import Tensor, nn

from eelib.data.views import Sample, extract_views
from eelib.evaluate.monitors import embedding_monitors
from eelib.settings import PretrainSettings
from eelib.train.batches import Normaliser, step_generator
from eelib.train.fit import schedule
from eelib.train.flat_adamw import FlatAdamW
from eelib.train.objectives import make_objective

Prepared = tuple[Sample, Sample, torch.Generator]


class Pretraining(pl.LightningModule):
    """Trains an encoder and the heads of an objective on pairs of views.

    Args:
        encoder: Series to dense features, with ``embed_dim``.
        settings: The recipe.
        normalise: Applied to each view after its augmentation, so that nothing clips or scales standardised values.
        seed: Source of views and anchors, together with the step.
    """

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, normalise: Normaliser, seed: int) -> None:
        super().__init__()
        self.encoder, self.settings, self.normalise, self.seed = encoder, settings, normalise, seed
        self.encoder.mixed_precision = settings.precision == "bf16"  # type: ignore[assignment] # before a momentum branch copies it
        self.objective = make_objective(encoder, settings, normalise.bands)

    def networks(self) -> tuple[nn.Module]:
        """What is worth compiling."""
        return (self.encoder,)

    def views(self, batch: Sample, generator: torch.Generator) -> tuple[Sample, Sample]:
        """Two standardised views; labels, should the batch hold any, are not read."""
        a, b = extract_views(batch, self.settings.views, generator)
        for view in (a, b):
            view["image"] = self.normalise(view["image"], batch.get("region"))
        return a, b

    def prepare(self, batch: Sample, step: int) -> Prepared:
        """Both views, and the generator for what the step draws itself: cut on the CPU, where draws have the same bits on every machine."""
        generator = step_generator(self.seed, "pretrain", step)
        return *self.views(batch, generator), generator

    def training_step(self, batch: Prepared, batch_idx: int) -> Tensor:
        """Loss of one batch."""
        a, b, generator = batch
        return self.objective.loss(self.encoder, a, b, generator)

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """AdamW with warm-up and cosine; a momentum branch has nothing to optimise."""
        trained = [weight for weight in self.parameters() if weight.requires_grad]
        settings = self.settings
        return schedule(FlatAdamW(trained, lr=settings.lr, weight_decay=settings.weight_decay), settings.steps)

    @torch.no_grad()
    def monitors(self, batch: Sample) -> dict[str, float]:
        """Collapse and quality monitors of a batch that was not trained on (docs/method.md#is-it-learning)."""
        self.eval()
        generator = step_generator(self.seed, "monitor", 0)
        a, b = self.views(batch, generator)
        return embedding_monitors(*self.objective.matched(self.encoder, a, b, generator))
