"""The recipe that looks at embeddings: clusters against classes, neighbours of pixels, and the same pixels in two seasons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eelib.data.regions import load_region
from eelib.data.windows import IGNORE, Ints
from eelib.evaluate.confusion import pack
from eelib.train.batches import Normaliser, as_sample
from eelib.train.fit import Progress, seeded
from eelib.train.segment import predict

if TYPE_CHECKING:
    from eelib.data.windows import Region, Windows
    from eelib.study.arm import Arm
    from eelib.study.recipes import ExploreParams

Rows = np.ndarray
FILE = "embeddings.npz"


def explore(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Embed test windows (held-out ones where there are no labels) and measure; leaves the embeddings of a few for figures."""
    params: ExploreParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    windows = region.looked_at()
    labelled = windows.mask is not None
    windows = windows.take(np.arange(min(len(windows), params.windows)))
    embed = _embedder(arm, region, needs)
    features = embed(windows, slice(None))
    np.savez_compressed(folder / FILE, features=features[: params.examples].astype(np.float16))
    progress(0.4)
    rng = np.random.default_rng(arm.seed)
    found: dict[str, Any] = {"places": windows.place.tolist(), "windows": len(windows)}
    if labelled:
        found |= _clusters(features, windows, params, arm.seed, len(region.classes))
        found |= _neighbours(features, windows, params, rng)
    progress(0.8)
    length, read = windows.image.shape[1], params.encoder.num_dates
    # with shorter series first and last dates would overlap: a pixel would look for itself in part of the same images
    if length >= 2 * read:
        first, last = embed(windows, slice(read)), embed(windows, slice(length - read, length))
        found |= _seasons(first, last, params, rng)
    return found


def _embedder(arm: Arm, region: Region, needs: dict[str, Path]) -> Any:  # noqa: ANN401 - a function
    """Windows and a slice of their dates to embeddings ``(N, H, W, D)``, each dimension standardised over all pixels."""
    from eelib.study.weights import load_encoder, make_encoder

    params: ExploreParams = arm.params  # type: ignore[assignment]
    normalise = Normaliser.of(region.unlabelled)
    encoder = seeded(arm.seed, lambda: make_encoder(params.encoder, len(region.bands)))
    if params.init == "pretrained":
        load_encoder(encoder, params.encoder, region.bands, needs["pretrain"])

    def embed(windows: Windows, dates: slice) -> Rows:
        sample = as_sample(windows, np.arange(len(windows)))
        sample = {"image": sample["image"][:, dates], "dates": sample["dates"][:, dates]}
        if params.init == "raw":
            features = normalise(sample["image"]).flatten(1, 2)
        else:
            features = predict(encoder, sample, normalise, params.encoder.num_dates)
        rows = features.movedim(1, -1).numpy()
        return np.asarray((rows - rows.mean((0, 1, 2))) / (rows.std((0, 1, 2)) + 1e-6), np.float32)

    return embed


def _clusters(features: Rows, windows: Windows, params: ExploreParams, seed: int, num_classes: int) -> dict[str, Any]:
    """K-means of labelled pixels, as many clusters as classes; counts ``(N, clusters, classes)`` of labelled pixels per window."""
    from sklearn.cluster import KMeans

    mask = np.asarray(windows.mask)
    labelled = mask != IGNORE
    rows = features[labelled]
    drawn = np.random.default_rng(seed).permutation(len(rows))[: params.pixels]
    found = KMeans(num_classes, n_init=3, random_state=seed).fit(rows[drawn]).predict(rows)
    window = np.broadcast_to(np.arange(len(mask))[:, None, None], mask.shape)[labelled]
    cell = (window * num_classes + found) * num_classes + mask[labelled]
    counts = np.bincount(cell, minlength=len(mask) * num_classes**2).reshape(len(mask), num_classes, num_classes)
    return {"clusters": pack(counts)}


def _neighbours(features: Rows, windows: Windows, params: ExploreParams, rng: np.random.Generator) -> dict[str, Any]:
    """Retrieval: is the most similar pixel of any other place of the same class? Hits and misses per window, and chance.

    Nothing where all pixels drawn are of one place: there is no other to look in.
    """
    mask = np.asarray(windows.mask)
    window, row, column = _draw(mask != IGNORE, params.queries, rng)
    rows, label, place = _unit(features[window, row, column]), mask[window, row, column], windows.place[window]
    if len(np.unique(place)) < 2:
        return {}
    similarity = np.where(place[:, None] == place, -np.inf, rows @ rows.T)
    hit = label[similarity.argmax(1)] == label
    elsewhere = place[:, None] != place
    chance = ((label[:, None] == label) & elsewhere).sum() / elsewhere.sum()
    return {"neighbours": pack(_hits(window, hit, len(mask))), "chance": float(chance)}


def _seasons(first: Rows, last: Rows, params: ExploreParams, rng: np.random.Generator) -> dict[str, Any]:
    """Drift: is a pixel, embedded from the last dates, most similar to itself among pixels of its window embedded from the first?"""
    count, height, width, _ = first.shape
    hits, same, other = np.zeros((count, 1, 2), np.int64), [], []
    for number in range(count):
        at = rng.permutation(height * width)[: params.per_window]
        a, b = (_unit(part[number].reshape(height * width, -1)[at]) for part in (first, last))
        similarity = b @ a.T
        own = np.diagonal(similarity)
        hit = int((similarity.argmax(1) == np.arange(len(at))).sum())
        hits[number, 0] = hit, len(at) - hit
        same.append(float(own.mean()))
        other.append(float((similarity.sum() - own.sum()) / (similarity.size - len(at))))
    means = {
        "same_pixel": float(np.mean(same)),
        "other_pixel": float(np.mean(other)),
        "drift_chance": 1 / min(params.per_window, height * width),
    }
    return {"seasons": pack(hits), **means}


def _draw(eligible: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Window, row and column of pixels drawn without replacement."""
    flat = rng.permutation(np.flatnonzero(eligible))[:count]
    window, row, column = np.unravel_index(flat, eligible.shape)
    return window, row, column


def _hits(window: Ints, hit: np.ndarray, count: int) -> Ints:
    """``(N, 1, 2)``: hits and misses per window."""
    pair = np.bincount(window * 2 + ~hit, minlength=2 * count)
    return pair.reshape(count, 1, 2).astype(np.int64)


def _unit(rows: Rows) -> Rows:
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-12))
