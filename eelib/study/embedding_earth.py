"""The three recipes of Embedding Earth: pre-train, fine-tune, probe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from eelib.data.fractions import label_subset
from eelib.data.regions import load_region, split_shares
from eelib.evaluate.confusion import confusion_counts, mean_iou, pack, scores
from eelib.evaluate.probe import fit_probe
from eelib.models import SegmentationModel, build
from eelib.settings import EncoderSettings
from eelib.train.batches import Normaliser, WindowBatches, as_sample
from eelib.train.fit import Progress, fit, seeded
from eelib.train.pretrain import DensePretraining
from eelib.train.segment import Segmentation, predict

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.data.windows import Region, Windows
    from eelib.study.arm import Arm
    from eelib.study.recipes import PretrainParams, ProbeParams, SegmentParams

WEIGHTS = "encoder.pt"
EXAMPLES = 4  # test windows whose predicted maps are kept for figures


def pretrain(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Pre-train an encoder without labels; leaves ``encoder.pt``, scores the collapse monitors on validation windows."""
    params: PretrainParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    normalise = Normaliser.of(region.unlabelled)

    def make() -> nn.Module:
        return DensePretraining(make_encoder(params.encoder, len(region.bands)), params.recipe, normalise, arm.seed)

    module: DensePretraining = seeded(arm.seed, make)  # type: ignore[assignment]
    fit(module, WindowBatches(region.unlabelled, params.recipe.batch_size, arm.seed), params.recipe.steps, folder, progress)
    save(module.encoder.state_dict(), folder / WEIGHTS)
    held_out = region.unseen()
    rows = np.arange(min(len(held_out), 32))
    return {"monitors": module.monitors(as_sample(held_out, rows)), "windows": len(region.unlabelled)}


def segment(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Fine-tune encoder and head at every learning rate; validation mIoU chooses, the test set is scored once."""
    params: SegmentParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    train = label_subset(region.labelled("train"), params.fraction, arm.seed)
    tried = []
    for number, lr in enumerate(params.recipe.lrs):
        part = _part(progress, number, len(params.recipe.lrs))
        tried.append(_fine_tune(arm, region, train, lr, folder / f"lr{number}", needs, part))
    best = int(np.argmax([trial["validation"] for trial in tried]))
    model = _segmentation_model(arm, region, needs)
    model.load_state_dict(torch.load(folder / f"lr{best}" / "model.pt", weights_only=True))
    normalise = Normaliser.of(region.unlabelled)
    predicted = _classes(model, region.labelled("test"), normalise, params.encoder.num_dates)
    np.savez_compressed(folder / "examples.npz", predicted=predicted[:EXAMPLES].astype(np.int8))
    return _scored(region, predicted) | {
        "lr": params.recipe.lrs[best],
        "validation": tried,
        "windows": len(train),
        "class_shares": split_shares(region),
    }


def probe(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Fit a linear classifier on frozen features of single pixels; validation mIoU chooses the penalty."""
    params: ProbeParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    train = label_subset(region.labelled("train"), params.fraction, arm.seed)
    features = [_features(arm, region, windows, needs) for windows in (train, region.labelled("validation"), region.labelled("test"))]
    progress(0.5)
    classes = len(region.classes)
    tried, probes = [], []
    for penalty in params.recipe.penalties:
        mask = torch.from_numpy(np.ascontiguousarray(train.mask))
        probes.append(fit_probe(features[0], mask, classes, penalty, most=params.recipe.pixels, seed=arm.seed))
        tried.append({"penalty": penalty, "validation": _miou(region, probes[-1].predict(features[1]))})
    best = int(np.argmax([trial["validation"] for trial in tried]))
    predicted = probes[best].predict(features[2])
    np.savez_compressed(folder / "examples.npz", predicted=predicted[:EXAMPLES].astype(np.int8))
    return _scored(region, predicted) | {"penalty": tried[best]["penalty"], "validation": tried, "windows": len(train)}


def make_encoder(settings: EncoderSettings, bands: int) -> nn.Module:
    """The encoder that settings describe, initialised from torch's global generator."""
    return build(settings.name, bands=bands, num_dates=settings.num_dates, width=settings.width)


def save(state: dict[str, Tensor], path: Path) -> None:
    """Write weights so that a file of that name is always complete."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _part(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several equal parts."""
    return lambda share: progress((number + share) / count)


def _fine_tune(
    arm: Arm, region: Region, train: Windows, lr: float, folder: Path, needs: dict[str, Path], progress: Progress
) -> dict[str, float]:
    """One learning rate; leaves ``model.pt``. A finished one is read back when an arm is resumed."""
    params: SegmentParams = arm.params  # type: ignore[assignment]
    folder.mkdir(exist_ok=True)
    normalise = Normaliser.of(region.unlabelled)
    model = _segmentation_model(arm, region, needs)
    done = folder / "model.pt"
    if done.exists():
        model.load_state_dict(torch.load(done, weights_only=True))
    else:
        module = Segmentation(model, params.recipe, params.encoder.num_dates, normalise, arm.seed, lr)
        fit(module, WindowBatches(train, params.recipe.batch_size, arm.seed), params.recipe.steps, folder, progress)
        save(model.state_dict(), done)
    return {"lr": lr, "validation": _miou(region, _classes(model, region.labelled("validation"), normalise, params.encoder.num_dates))}


def _segmentation_model(arm: Arm, region: Region, needs: dict[str, Path]) -> SegmentationModel:
    """Encoder and head as the seed makes them; only the encoder's weights differ between initialisations."""
    params: SegmentParams = arm.params  # type: ignore[assignment]
    model = seeded(arm.seed, lambda: SegmentationModel(make_encoder(params.encoder, len(region.bands)), len(region.classes)))
    if params.init == "pretrained":
        model.encoder.load_state_dict(torch.load(needs["pretrain"] / WEIGHTS, weights_only=True))  # type: ignore[union-attr]
    return model  # type: ignore[return-value]


def _features(arm: Arm, region: Region, windows: Windows, needs: dict[str, Path]) -> Tensor:
    """Frozen features ``(N, D, H, W)``: the encoder's map, or every band of every date."""
    params: ProbeParams = arm.params  # type: ignore[assignment]
    sample = as_sample(windows, np.arange(len(windows)))
    if params.init == "raw":
        return sample["image"].flatten(1, 2)
    encoder = seeded(arm.seed, lambda: make_encoder(params.encoder, len(region.bands)))
    if params.init == "pretrained":
        encoder.load_state_dict(torch.load(needs["pretrain"] / WEIGHTS, weights_only=True))
    normalise = Normaliser.of(region.unlabelled)
    return predict(encoder, sample, normalise, params.encoder.num_dates)


def _classes(model: nn.Module, windows: Windows, normalise: Normaliser, num_dates: int) -> np.ndarray:
    sample: Sample = as_sample(windows, np.arange(len(windows)))
    return predict(model, sample, normalise, num_dates).argmax(1).numpy()


def _miou(region: Region, predicted: np.ndarray) -> float:
    """Validation mIoU."""
    return float(mean_iou(confusion_counts(predicted, np.asarray(region.labelled("validation").mask), len(region.classes)).sum(0)))


def _scored(region: Region, predicted: np.ndarray) -> dict[str, Any]:
    """Test scores, with counts and places so that intervals and other averages need no retraining."""
    counts = confusion_counts(predicted, np.asarray(region.labelled("test").mask), len(region.classes))
    return {
        "scores": scores(counts),
        "confusion": pack(counts),
        "places": region.labelled("test").place.tolist(),
        "classes": list(region.classes),
    }
