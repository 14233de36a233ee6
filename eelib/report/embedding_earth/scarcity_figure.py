"""Curves over label shares: mIoU of every start, and the gain of pre-training, with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.cases import POINTS
from eelib.report.embedding_earth.comparison import Comparison
from eelib.report.embedding_earth.comparison_table import TITLES
from eelib.report.embedding_earth.panels import panels
from eelib.report.style import BLUE, color_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def score_curves(rows: list[Comparison]) -> Figure:
    """MIoU over labelled windows; one row of panels per reading, one column per region, bands are 95 % intervals.

    Args:
        rows: From :func:`eelib.report.embedding_earth.comparison.compare`.
    """
    figure, panels = _grid(rows)
    for axis, chosen in panels:
        for init in TITLES:
            shown = [row for row in chosen if init in row.scores]
            if shown:
                scores = [row.scores[init] for row in shown]
                color, x = color_of("pixels" if init == "raw" else init), [row.windows for row in shown]
                axis.plot(x, [score.value for score in scores], color=color, marker="o", markersize=3, label=TITLES[init])
                axis.fill_between(
                    x, [score.low for score in scores], [score.high for score in scores], color=color, alpha=0.15, linewidth=0
                )
    handles = {label: handle for axis, _ in panels for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=3, fontsize="small")
    figure.supylabel("mIoU on the test set", fontsize="small")
    return figure


def gain_curves(rows: list[Comparison]) -> Figure:
    """Gain of pre-training over a random start in points of mIoU over labelled windows, with 95 % intervals."""
    figure, panels = _grid(rows)
    for axis, chosen in panels:
        x = [row.windows for row in chosen]
        axis.axhline(0, color="0.3", linewidth=1)
        axis.plot(x, [POINTS * row.gain.value for row in chosen], color=BLUE, marker="o", markersize=3)
        low, high = ([POINTS * value for value in ends] for ends in zip(*((row.gain.low, row.gain.high) for row in chosen), strict=True))
        axis.fill_between(x, low, high, color=BLUE, alpha=0.15, linewidth=0)
    figure.supylabel("gain, points of mIoU", fontsize="small")
    return figure


def _grid(rows: list[Comparison]) -> tuple[Figure, list[tuple[Axes, list[Comparison]]]]:
    """Panels by reading and region, each with its comparisons in the order of label shares."""
    figure, found = panels(rows, lambda row: (row.windows,))
    figure.supxlabel("labelled windows (logarithmic)", fontsize="small")
    return figure, found
