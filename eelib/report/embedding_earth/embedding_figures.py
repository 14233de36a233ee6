"""Pictures of embeddings: principal components as colours, and how alike every pixel is to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.sources import source
from eelib.data.windows import Floats
from eelib.errors import InputError
from eelib.report.imagery import class_map, clearest, credit, date_title, show, true_color
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from eelib.data.windows import Region

FILE = "embeddings.npz"


def principal_colors(features: Floats) -> Floats:
    """``(N, H, W, D)`` to ``(N, H, W, 3)``: the first three principal components of all pixels, each stretched to 0 to 1.

    The 2nd and 98th percentile are the ends. A component's sign is fixed so that its largest loading is positive.
    """
    rows = features.reshape(-1, features.shape[-1]).astype(np.float64)
    rows = rows - rows.mean(0)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    axes = vectors[:, ::-1][:, :3]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    scores = np.zeros((len(rows), 3))
    scores[:, : axes.shape[1]] = rows @ axes
    low, high = np.percentile(scores, [2, 98], axis=0)
    stretched = ((scores - low) / np.maximum(high - low, 1e-12)).clip(0, 1)
    return np.asarray(stretched.reshape(*features.shape[:-1], 3), np.float32)


def similarity(features: Floats, window: int, row: int, column: int) -> Floats:
    """Cosine similarity ``(N, H, W)`` of every pixel of ``(N, H, W, D)`` to one of them."""
    rows = features.astype(np.float64)
    rows = rows / (np.linalg.norm(rows, axis=-1, keepdims=True) + 1e-12)
    return np.asarray(rows @ rows[window, row, column], np.float32)


def component_figure(region: Region, runs: Mapping[str, Path]) -> Figure:
    """One row per example window: image, truth where there is one, and the principal components of every start's embeddings.

    Args:
        region: Loaded with the sizes that the runs used.
        runs: Title to the folder of an arm.
    """
    return _figure(region, {name: principal_colors(_features(folder)) for name, folder in runs.items()}, "principal components as colours")


def neighbour_figure(region: Region, runs: Mapping[str, Path]) -> Figure:
    """The same windows, brighter where a pixel is more like the centre of the first window (the cross)."""
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    maps = {}
    for name, folder in runs.items():
        features = _features(folder)
        _, height, width, _ = features.shape
        alike = similarity(features, 0, height // 2, width // 2)
        maps[name] = matplotlib.colormaps["viridis"](((alike + 1) / 2).clip(0, 1))[..., :3]
    figure = _figure(region, maps, "similarity to the marked pixel")
    height, width = region.looked_at().image.shape[-2:]
    for axis in figure.axes[: len(figure.axes) // len(next(iter(maps.values())))]:
        axis.plot(width // 2, height // 2, "+", color="#d55e00", markersize=7, markeredgewidth=1.5)
    bar = figure.colorbar(ScalarMappable(Normalize(-1, 1), "viridis"), ax=figure.axes, shrink=0.5, ticks=[-1, 0, 1])
    bar.set_label("cosine similarity to the marked pixel", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    return figure


def _figure(region: Region, maps: Mapping[str, Floats], title: str) -> Figure:
    import matplotlib.pyplot as plt

    use_style()
    windows, origin = region.looked_at(), source(region.name)
    count, labelled = min(len(stack) for stack in maps.values()), windows.mask is not None
    columns = 1 + labelled + len(maps)
    size = (WIDTH, WIDTH / columns * count + 0.6)
    figure, axes = plt.subplots(count, columns, figsize=size, squeeze=False)
    for row in range(count):
        series = windows.image[row]
        date = clearest(series, region.bands)
        shown = {"image": true_color(series[date], region.bands)}
        if windows.mask is not None:
            shown["truth"] = class_map(windows.mask[row], origin.colors)
        shown |= {name: stack[row] for name, stack in maps.items()}
        for axis, (name, image) in zip(axes[row], shown.items(), strict=True):
            show(axis, image, name if row == 0 else "")
        axes[row][0].set_ylabel(date_title(origin, windows, row, date), fontsize=7)
    figure.suptitle(f"{region.title}: {title}", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    credit(figure, region, windows.image.shape[-1])
    return figure


def _features(folder: Path) -> Floats:
    try:
        with np.load(folder / FILE) as content:
            features: Floats = content["features"].astype(np.float32)
    except OSError as error:
        raise InputError(f"{folder}: holds no embeddings; run the arm on this machine, records alone do not keep pictures") from error
    return features
