"""Pre-training without labels: two views of each series, one encoder, one of several objectives (spec sections 1.5 and 1.6)."""

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
from eelib.train.objectives import make_objective
from eelib.train.one_vector import OneVectorAdamW


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
        """Two standardised views on the module's device; labels, should the batch hold any, are not read."""
        views = extract_views(batch, self.settings.views, generator)
        for view in views:
            view["image"] = self.normalise(view["image"], batch.get("region"))
        a, b = ({name: value.to(self.device) for name, value in view.items()} for view in views)
        return a, b

    def training_step(self, batch: Sample, batch_idx: int) -> Tensor:
        """Loss of one batch."""
        generator = step_generator(self.seed, "pretrain", self.global_step)
        a, b = self.views(batch, generator)
        return self.objective.loss(self.encoder, a, b, generator)

    def transfer_batch_to_device(self, batch: Sample, device: torch.device, dataloader_idx: int) -> Sample:
        """Batches stay where they are: views are cut on the CPU, where every draw has the same bits on every machine."""
        return batch

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """AdamW with warm-up and cosine; a momentum branch has nothing to optimise."""
        trained = [weight for weight in self.parameters() if weight.requires_grad]
        settings = self.settings
        return schedule(OneVectorAdamW(trained, lr=settings.lr, weight_decay=settings.weight_decay), settings.steps)

    @torch.no_grad()
    def monitors(self, batch: Sample) -> dict[str, float]:
        """Collapse and quality monitors of a batch that was not trained on (spec section 1.6.5)."""
        self.eval()
        generator = step_generator(self.seed, "monitor", 0)
        a, b = self.views(batch, generator)
        return embedding_monitors(*self.objective.matched(self.encoder, a, b, generator))
