"""The recipes that train networks: pre-train without labels, fine-tune with labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from eelib.data.fractions import label_subset
from eelib.data.pooling import pooled
from eelib.data.regions import load_region, source, split_shares
from eelib.models import SegmentationModel
from eelib.study.image_weights import picture_normaliser
from eelib.study.saving import save
from eelib.study.scoring import scored, validation_score
from eelib.study.weights import INPUT, WEIGHTS, input_normaliser, load_encoder, make_encoder, save_encoder, started_encoder
from eelib.train.batches import Normaliser, WindowBatches, as_sample
from eelib.train.fit import Progress, fit, seeded
from eelib.train.pretrain import Pretraining
from eelib.train.segment import Segmentation, predict

if TYPE_CHECKING:
    from eelib.data.windows import Region, Windows
    from eelib.settings import RegionSizes
    from eelib.study.arm import Arm
    from eelib.study.recipes import PretrainParams, SegmentParams

__all__ = ["WEIGHTS", "make_encoder", "pretrain", "segment"]

MODEL = "model.pt"  # encoder and head of the best learning rate
HELD_OUT = 32  # windows that the monitors look at


def pretrain(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Pre-train an encoder without labels; leaves ``encoder.pt``, scores the collapse monitors on windows it did not see.

    From random weights, or from those of the arm called ``start``.
    """
    params: PretrainParams = arm.params  # type: ignore[assignment]
    regions = [load_region(name, sizes_in_pool(params, name, arm.seed)) for name in params.regions]
    windows, region = pooled(regions, [part.unlabelled for part in regions], params.sizes.unlabelled)
    bands = regions[0].bands
    own = Normaliser.of_each([part.unlabelled for part in regions])
    normalise = picture_normaliser(needs[INPUT], bands) if INPUT in needs else own

    def make() -> nn.Module:
        encoder = make_encoder(params.encoder, len(bands))
        if "start" in needs:
            load_encoder(encoder, params.encoder, bands, needs["start"])
        return Pretraining(encoder, params.recipe, normalise, arm.seed)

    module: Pretraining = seeded(arm.seed, make)  # type: ignore[assignment]
    located = params.recipe.same_ground == "exclude"
    batches = WindowBatches(windows, params.recipe.batch_size, arm.seed, region=region, located=located)
    fit(module, batches, params.recipe.steps, folder, progress)
    save_encoder(module.encoder, params.encoder, bands, folder)
    counts = np.bincount(region, minlength=len(regions)).tolist()
    return {"monitors": module.monitors(_held_out(regions)), "windows": len(windows), "windows_per_region": counts}


def sizes_in_pool(params: PretrainParams, region: str, seed: int) -> RegionSizes:
    """Sizes of one region of a pre-training: the split of a pool with regions that are split anew counts the seed, official ones do not."""
    if params.sizes.split and source(region).splits > 1 and any(source(name).resplit for name in params.regions):
        return params.sizes.model_copy(update={"split": params.sizes.split - seed})
    return params.sizes


def _held_out(regions: list[Region]) -> dict[str, torch.Tensor]:
    """Windows that no pre-training sees, without labels."""
    windows, region = pooled(regions, [part.unseen() for part in regions], HELD_OUT)
    return as_sample(windows, np.arange(len(windows))) | {"region": torch.from_numpy(region)}


def segment(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Fine-tune encoder and head at every learning rate; validation mIoU chooses, the test set is scored once.

    Leaves ``model.pt``, and ``encoder.pt`` so that another region can start from here.
    """
    params: SegmentParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    train = label_subset(region.labelled("train"), params.fraction, arm.seed)
    normalise = input_normaliser(params, region, needs)
    models, tried = [], []
    for number, lr in enumerate(params.recipe.lrs):
        model = _segmentation_model(arm, region, needs)
        part = _part(progress, number, len(params.recipe.lrs))
        _fine_tune(model, arm, train, normalise, lr, folder / f"lr{number}", part)
        found = _classes(model, region.labelled("validation"), normalise, params.encoder.num_dates)
        models.append(model)
        tried.append({"lr": lr, "validation": validation_score(region, found)})
    best = int(np.argmax([trial["validation"] for trial in tried]))
    save(models[best].state_dict(), folder / MODEL)
    network = {"name": params.published.weights} if params.init == "published" else {}
    save_encoder(models[best].encoder, params.encoder.model_copy(update=network), region.bands, folder)
    predicted = _classes(models[best], region.labelled("test"), normalise, params.encoder.num_dates)
    return scored(region, train, predicted, folder) | {"lr": tried[best]["lr"], "validation": tried, "class_shares": split_shares(region)}


def _part(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several equal parts."""
    return lambda share: progress((number + share) / count)


def _fine_tune(
    model: SegmentationModel, arm: Arm, train: Windows, normalise: Normaliser, lr: float, folder: Path, progress: Progress
) -> None:
    """Train at one learning rate; leaves ``model.pt``. A finished one is read back when an arm is resumed."""
    params: SegmentParams = arm.params  # type: ignore[assignment]
    folder.mkdir(exist_ok=True)
    done = folder / MODEL
    if done.exists():
        model.load_state_dict(torch.load(done, weights_only=True))
        return
    module = Segmentation(model, params.recipe, params.encoder.num_dates, normalise, arm.seed, lr)
    fit(module, WindowBatches(train, params.recipe.batch_size, arm.seed), params.recipe.steps, folder, progress)
    save(model.state_dict(), done)


def _segmentation_model(arm: Arm, region: Region, needs: dict[str, Path]) -> SegmentationModel:
    """Encoder and head as the seed makes them; only the encoder's weights differ between initialisations of the same network."""
    params: SegmentParams = arm.params  # type: ignore[assignment]
    bands, classes = region.bands, len(region.classes)
    if params.init == "published":
        encoder = started_encoder(params, bands, arm.seed, needs)
        return seeded(arm.seed, lambda: SegmentationModel(encoder, classes))  # type: ignore[return-value]
    model: SegmentationModel = seeded(arm.seed, lambda: SegmentationModel(make_encoder(params.encoder, len(bands)), classes))  # type: ignore[assignment]
    if params.init == "pretrained":
        load_encoder(model.encoder, params.encoder, bands, needs["pretrain"])
    return model


def _classes(model: nn.Module, windows: Windows, normalise: Normaliser, num_dates: int) -> np.ndarray:
    return predict(model, as_sample(windows, np.arange(len(windows))), normalise, num_dates).argmax(1).numpy()
