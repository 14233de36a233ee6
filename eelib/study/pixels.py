"""The recipe without a network: a classifier of single pixels from the whole series, the honest baseline of the field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eelib.data.fractions import label_subset
from eelib.data.regions import load_region
from eelib.data.windows import IGNORE
from eelib.errors import InputError
from eelib.study.scoring import labelled, scored, validation_score
from eelib.train.fit import Progress

if TYPE_CHECKING:
    from eelib.data.windows import Windows
    from eelib.study.arm import Arm
    from eelib.study.recipes import PixelParams


def pixels(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Fit a forest or boosted trees on single pixels; validation mIoU chooses the size of the leaves."""
    params: PixelParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    train = label_subset(labelled(region, "train"), params.fraction, arm.seed)
    rows, target = _drawn(train, params.recipe.pixels, arm.seed)
    if len(np.unique(target)) < 2:
        raise InputError(
            f"region '{region.name}': the {len(train)} training windows show one class only, nothing can be told apart: raise the fraction"
        )
    models, tried = [], []
    for number, leaf in enumerate(params.recipe.leaves):
        models.append(_classifier(params, leaf, arm.seed).fit(rows, target))
        found = _maps(models[-1], labelled(region, "validation"))
        tried.append({"leaf": leaf, "validation": validation_score(region, found)})
        progress((number + 1) / (len(params.recipe.leaves) + 1))
    best = int(np.argmax([trial["validation"] for trial in tried]))
    predicted = _maps(models[best], labelled(region, "test"))
    return scored(region, train, predicted, folder) | {"leaf": tried[best]["leaf"], "validation": tried, "pixels": len(rows)}


def pixel_rows(windows: Windows) -> np.ndarray:
    """Every pixel as one row, ``(N * H * W, T * C + T)``: reflectance of all bands and dates, then the days of the year."""
    count, length, bands, height, width = windows.image.shape
    reflectance = windows.image.transpose(0, 3, 4, 1, 2).reshape(count, height * width, length * bands)
    days = np.broadcast_to(windows.dates[:, None], (count, height * width, length)).astype(np.float32)
    return np.concatenate([reflectance, days], 2).reshape(count * height * width, -1)


def _drawn(windows: Windows, most: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """At most ``most`` labelled pixels and their classes."""
    target = np.asarray(windows.mask).reshape(-1)
    at = np.flatnonzero(target != IGNORE)
    if len(at) > most:
        at = np.sort(np.random.default_rng(seed).permutation(at)[:most])
    return pixel_rows(windows)[at], target[at]


def _maps(model: Any, windows: Windows) -> np.ndarray:  # noqa: ANN401 - scikit-learn is not typed
    found: np.ndarray = model.predict(pixel_rows(windows)).reshape(np.asarray(windows.mask).shape)
    return found


def _classifier(params: PixelParams, leaf: int, seed: int) -> Any:  # noqa: ANN401 - scikit-learn is not typed
    """One thread and a seed, so that the same arm gives the same record."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    if params.classifier == "boosting":
        return HistGradientBoostingClassifier(max_iter=params.recipe.trees, min_samples_leaf=leaf, early_stopping=False, random_state=seed)
    return RandomForestClassifier(params.recipe.trees, min_samples_leaf=leaf, n_jobs=1, random_state=seed)
