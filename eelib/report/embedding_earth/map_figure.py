"""Example maps: image, truth, and what differently initialised networks make of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.sources import source
from eelib.data.windows import IGNORE
from eelib.errors import InputError
from eelib.report.imagery import class_map, clearest, credit, date_title, show, true_color
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from eelib.data.windows import Region


def map_figure(region: Region, runs: Mapping[str, Path], *, count: int = 3, title: str = "") -> Figure:
    """The first test windows of a region, of different places, one row each: image with its date, truth, and one map per run.

    Args:
        region: Loaded with the sizes that the runs used.
        runs: Title to the folder of an arm, which holds ``examples.npz``.
        count: Most rows.
        title: What stands above the figure.

    Raises:
        InputError: A run's folder has no maps (only its record was copied).
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    use_style()
    predicted = {name: _maps(folder) for name, folder in runs.items()}
    test = region.labelled("test")
    known = min(len(test), *(len(maps) for maps in predicted.values()))
    rows = np.sort(np.unique(test.place[:known], return_index=True)[1])[:count]  # one window of a place, not two years of it
    origin = source(region.name)
    colors = origin.colors
    side = WIDTH / (2 + len(runs))
    figure, axes = plt.subplots(len(rows), 2 + len(runs), figsize=(WIDTH, side * len(rows) + 1.2), squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        series, truth = test.image[row], test.mask[row]  # type: ignore[index]
        date = clearest(series, region.bands)
        columns = {"image": true_color(series[date], region.bands), "truth": class_map(truth, colors)}
        columns |= {name: class_map(maps[row].astype(np.int64), colors) for name, maps in predicted.items()}
        for axis, (name, image) in zip(line, columns.items(), strict=True):
            show(axis, image, name if row == rows[0] else "")
        line[0].set_ylabel(date_title(origin, test, row, date), fontsize=7)
    truth = test.mask[rows]  # type: ignore[index]
    seen = np.unique(np.concatenate([truth.ravel(), *(maps[rows].ravel() for maps in predicted.values())]))
    handles = [Patch(color=colors[label], label=region.classes[label].replace("_", " ")) for label in seen if label != IGNORE]
    handles += [Patch(facecolor="white", edgecolor="0.5", label="no label")] if (truth == IGNORE).any() else []
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize="small")
    figure.suptitle(title or f"{region.title}: test windows", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    credit(figure, region, test.image.shape[-1], legend)
    return figure


def _maps(folder: Path) -> np.ndarray:
    try:
        with np.load(folder / "examples.npz") as content:
            maps: np.ndarray = content["predicted"]
    except OSError as error:
        raise InputError(f"{folder}: holds no example maps; run the arm on this machine, records alone do not keep pictures") from error
    return maps
