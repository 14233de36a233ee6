"""Supervised land-cover segmentation on top of any encoder."""

from __future__ import annotations

from typing import Any

import lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.data.views import Geometry, Sample, cut, draw_dates, draw_geometry, rows_of
from eelib.data.windows import IGNORE
from eelib.errors import InputError
from eelib.models import SegmentationModel
from eelib.settings import SegmentSettings, ViewSettings
from eelib.train.batches import Normaliser, step_generator
from eelib.train.fit import schedule
from eelib.train.flat_adamw import FlatAdamW


def masked_cross_entropy(scores: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy over pixels whose label is not -1; 0, with zero gradients, where no pixel has a label.

    Args:
        scores: ``(B, K, H, W)``.
        mask: ``(B, H, W)`` int64.
    """
    total = F.cross_entropy(scores, mask, ignore_index=IGNORE, reduction="sum")
    return total / (mask != IGNORE).sum().clamp(min=1)


class Segmentation(pl.LightningModule):
    """Fine-tuning of encoder and head together with masked cross-entropy.

    Args:
        model: Encoder and head.
        settings: The recipe.
        num_dates: Dates the encoder reads at a time.
        normalise: Applied to the input.
        seed: Source of crops, together with the step.
        lr: Peak learning rate.
    """

    def __init__(
        self, model: SegmentationModel, settings: SegmentSettings, num_dates: int, normalise: Normaliser, seed: int, lr: float
    ) -> None:
        super().__init__()
        self.model, self.settings, self.normalise, self.seed, self.lr = model, settings, normalise, seed, lr
        # Crop, flips and rotations, dates at random but in order; nothing photometric, as in github.com/michaeltrs/DeepSatModels.
        self.augmentation = ViewSettings(size=settings.size, num_dates=num_dates, dates="same", gain=0, noise=0)

    def prepare(self, batch: Sample, step: int) -> Sample:
        """Randomly cropped, flipped windows, standardised; cut on the CPU, where draws have the same bits on every machine."""
        crop = augment(batch, self.augmentation, step_generator(self.seed, "segment", step))
        return crop | {"image": self.normalise(crop["image"])}

    def training_step(self, batch: Sample, batch_idx: int) -> Tensor:
        """Loss of one batch."""
        return masked_cross_entropy(self.model(batch["image"], batch["dates"]), batch["mask"])

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """Adam without weight decay, as in DeepSatModels; warm-up and cosine instead of its steps of ×0.975 because budgets are short."""
        return schedule(FlatAdamW(self.parameters(), lr=self.lr, weight_decay=0), self.settings.steps)


def augment(batch: Sample, settings: ViewSettings, generator: torch.Generator) -> Sample:
    """One geometric view of a labelled batch, as :func:`extract_views` takes it; the mask goes through the same crop and flip."""
    rows = rows_of(batch)
    length, _, height, width = batch["image"].shape[1:]
    when = draw_dates(len(rows), length, settings, generator)[0]
    both = draw_geometry(len(rows), height, width, settings, generator)
    where = Geometry(both.top[0], both.left[0], both.element[0], both.size)
    dates = batch["dates"][rows].gather(1, when)
    return {"image": cut(batch["image"], rows, where, when), "dates": dates, "mask": cut(batch["mask"], rows, where)}


def interleaved(length: int, count: int) -> list[Tensor]:
    """Positions of evenly spread subsets of ``count`` dates each, as few as it takes for every one of ``length`` dates to be used.

    Prediction averages over them, because the network sees ``count`` dates at a time.

    Raises:
        InputError: There are fewer dates than ``count``.
    """
    if length < count:
        raise InputError(f"the series have {length} dates but the network reads {count}: lower num_dates")
    subsets = -(-length // count)
    return [(torch.arange(count) * subsets + part) * length // (count * subsets) for part in range(subsets)]


@torch.no_grad()
def predict(model: nn.Module, sample: Sample, normalise: Normaliser, num_dates: int, batch_size: int = 16) -> Tensor:
    """Dense output of a model over whole windows, averaged over interleaved subsets of the dates.

    Args:
        model: ``(B, T, C, H, W), (B, T) -> (B, K, H, W)``; put into evaluation mode.
        sample: ``image`` ``(N, T, C, H, W)`` and ``dates`` ``(N, T)``.
        normalise: Applied to the input.
        num_dates: Dates the model reads at a time.
        batch_size: Windows per forward pass.

    Returns:
        ``(N, K, H, W)`` float32, on the CPU.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # where training was; Lightning hands the model back to the CPU
    model.eval().to(device)
    subsets = interleaved(sample["image"].shape[1], num_dates)
    parts = []
    for first in range(0, len(sample["image"]), batch_size):
        rows = slice(first, first + batch_size)
        image, dates = normalise(sample["image"][rows]).to(device), sample["dates"][rows].to(device)
        parts.append(torch.stack([model(image[:, when], dates[:, when]) for when in subsets]).mean(0).cpu())
    model.cpu()
    return torch.cat(parts)
