"""Gain over a random start by length of pre-training, with the gain of raw pixels beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.cases import POINTS, labelled_windows
from eelib.report.embedding_earth.lengths import Curve, times
from eelib.report.embedding_earth.panels import panels
from eelib.report.style import BLUE, BROWN, ORANGE, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = (ORANGE, BLUE, *(color for color in PALETTE if color not in (ORANGE, BLUE, BROWN)))  # fewest labels first


def length_curves(items: list[Curve]) -> Figure:
    """Points of mIoU over a random start by length; a line per label share with a band, raw pixels broken in the same colour.

    Args:
        items: From :func:`eelib.report.embedding_earth.lengths.curves`.
    """
    figure, found = panels(items, lambda item: item.lengths, head=1.0)
    for axis, chosen in found:
        _panel(axis, chosen)
    figure.supxlabel("length of pre-training, multiples of the profile's steps (logarithmic)", fontsize="small")
    figure.supylabel("over a random start, points of mIoU", fontsize="small")
    return figure


def _panel(axis: Axes, chosen: list[Curve]) -> None:
    axis.axhline(0, color="0.3", linewidth=1)
    for color, item in zip(COLORS, sorted(chosen, key=lambda item: item.windows), strict=False):
        gains = list(item.gains.values())
        label = labelled_windows(item.windows)
        axis.plot(item.lengths, [POINTS * gain.value for gain in gains], color=color, marker="o", markersize=3, label=label)
        low, high = ([POINTS * value for value in ends] for ends in zip(*((gain.low, gain.high) for gain in gains), strict=True))
        axis.fill_between(item.lengths, low, high, color=color, alpha=0.15, linewidth=0)
        if item.raw_gain is not None:
            axis.axhline(POINTS * item.raw_gain.value, color=color, linewidth=1, linestyle="--", label="raw pixels, as many")
    axis.set_xticks(ticks := axis.get_xticks(), [times(length) for length in ticks])
    axis.legend(fontsize=5, frameon=True, facecolor="white", edgecolor="none", framealpha=0.85)
