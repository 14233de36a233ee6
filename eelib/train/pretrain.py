"""Dense contrastive pre-training (spec section 1.6, our reconstruction of Embedding Earth)."""

from __future__ import annotations

from typing import Any

import lightning as pl
import torch
from torch import Tensor, nn

from eelib.data.views import Sample, extract_views
from eelib.evaluate.monitors import embedding_monitors
from eelib.losses import dense_info_nce
from eelib.losses.dense_info_nce import draw_anchors
from eelib.models import ProjectionHead
from eelib.settings import PretrainSettings
from eelib.train.batches import Normaliser, step_generator
from eelib.train.fit import schedule


class DensePretraining(pl.LightningModule):
    """Two views of each series through one encoder and one projection head; pixels of the same ground attract.

    Args:
        encoder: Series to dense features, with ``embed_dim``.
        settings: The recipe.
        normalise: Applied to each view after its augmentation, so that nothing clips or scales standardised values.
        seed: Source of views and anchors, together with the step.
    """

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, normalise: Normaliser, seed: int) -> None:
        super().__init__()
        self.encoder, self.settings, self.normalise, self.seed = encoder, settings, normalise, seed
        self.head = ProjectionHead(int(encoder.embed_dim), settings.embed_dim, settings.head_depth)  # type: ignore[arg-type]

    def embed(self, view: Sample) -> Tensor:
        """Projected embeddings ``(B, D, h, w)`` of a view."""
        embedded: Tensor = self.head(self.encoder(self.normalise(view["image"]), view["dates"]))
        return embedded

    def embed_both(self, a: Sample, b: Sample) -> tuple[Tensor, Tensor]:
        """Embeddings of two views of equal shape from one pass: batch norm sees both, and small networks take far less time than in two."""
        both = self.embed({key: torch.cat([a[key], b[key]]) for key in ("image", "dates")})
        z_a, z_b = both.chunk(2)
        return z_a, z_b

    def training_step(self, batch: Sample, batch_idx: int) -> Tensor:
        """Loss of one batch; labels, should the batch hold any, are not read."""
        s = self.settings
        generator = step_generator(self.seed, "pretrain", self.global_step)
        a, b = extract_views(batch, s.views, generator)
        z_a, z_b = self.embed_both(a, b)
        return dense_info_nce(
            z_a,
            z_b,
            a["index"],
            b["index"],
            temperature=s.temperature,
            anchors=s.anchors,
            generator=generator,
            negatives=s.negatives,
            guard_radius=s.guard_radius,
        )

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """AdamW with warm-up and cosine."""
        optimiser = torch.optim.AdamW(self.parameters(), lr=self.settings.lr, weight_decay=self.settings.weight_decay)
        return schedule(optimiser, self.settings.steps)

    @torch.no_grad()
    def monitors(self, batch: Sample) -> dict[str, float]:
        """Collapse and quality monitors of a batch that was not trained on (spec section 1.6.5)."""
        self.eval()
        generator = step_generator(self.seed, "monitor", 0)
        a, b = extract_views(batch, self.settings.views, generator)
        image, at_a, at_b = draw_anchors(a["index"], b["index"], self.settings.anchors, generator)
        z_a, z_b = self.embed(a).flatten(2)[image, :, at_a], self.embed(b).flatten(2)[image, :, at_b]
        return embedding_monitors(z_a, z_b)
