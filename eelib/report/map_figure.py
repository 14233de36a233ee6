"""Example maps: image, truth, and what differently initialised networks make of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.sources import source
from eelib.data.windows import IGNORE
from eelib.errors import InputError
from eelib.report.imagery import class_map, clearest, show, true_color
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from eelib.data.windows import Region


def map_figure(region: Region, runs: Mapping[str, Path], *, count: int = 3, title: str = "") -> Figure:
    """The first test windows of a region, one row each: image, truth, and one map per run.

    Args:
        region: Loaded with the sizes that the runs used.
        runs: Title to the folder of an arm, which holds ``examples.npz``.
        count: Rows.
        title: What stands above the figure.

    Raises:
        InputError: A run's folder has no maps (only its record was copied).
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    use_style()
    predicted = {name: _maps(folder) for name, folder in runs.items()}
    test = region.labelled("test")
    count = min(count, len(test), *(len(maps) for maps in predicted.values()))
    colors = source(region.name).colors
    side = WIDTH / (2 + len(runs))
    figure, axes = plt.subplots(count, 2 + len(runs), figsize=(WIDTH, side * count + 0.9), squeeze=False)
    for row in range(count):
        series, truth = test.image[row], test.mask[row]  # type: ignore[index]
        columns = {"image": true_color(series[clearest(series, region.bands)], region.bands), "truth": class_map(truth, colors)}
        columns |= {name: class_map(maps[row].astype(np.int64), colors) for name, maps in predicted.items()}
        for axis, (name, image) in zip(axes[row], columns.items(), strict=True):
            show(axis, image, name if row == 0 else "")
    truth = test.mask[:count]  # type: ignore[index]
    seen = np.unique(np.concatenate([truth.ravel(), *(maps[:count].ravel() for maps in predicted.values())]))
    handles = [Patch(color=colors[label], label=region.classes[label].replace("_", " ")) for label in seen if label != IGNORE]
    handles += [Patch(facecolor="white", edgecolor="0.5", label="no label")] if (truth == IGNORE).any() else []
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize="small")
    figure.suptitle(title or f"{region.title}: test windows", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    figure.text(0.995, 0.995, region.attribution, ha="right", va="top", fontsize=4.5, color="0.4")
    return figure


def _maps(folder: Path) -> np.ndarray:
    try:
        with np.load(folder / "examples.npz") as content:
            maps: np.ndarray = content["predicted"]
    except OSError as error:
        raise InputError(f"{folder}: holds no example maps; run the arm on this machine, records alone do not keep pictures") from error
    return maps
