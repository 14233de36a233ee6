"""Score by length of fine-tuning: random and pre-trained starts, with a linear classifier on raw pixels beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.lengths import times
from eelib.report.lengths_figure import COLORS
from eelib.report.panels import panels
from eelib.report.tunings import STARTS, TITLES, Tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = {"random": ":", "pretrained": "-"}


def tuning_curves(items: list[Tuning]) -> Figure:
    """Score by length of fine-tuning: a colour per label share, random starts dotted, raw pixels broken.

    Args:
        items: From :func:`eelib.report.tunings.tunings`.
    """
    figure, found = panels(items, lambda item: item.lengths, head=1.6)
    for axis, chosen in found:
        _panel(axis, chosen)
    figure.supxlabel("length of fine-tuning, multiples of the profile's steps (logarithmic)", fontsize="small")
    figure.supylabel("mIoU", fontsize="small")
    return figure


def _panel(axis: Axes, chosen: list[Tuning]) -> None:
    for color, item in zip(COLORS, sorted(chosen, key=lambda item: item.windows), strict=False):
        for start in STARTS:
            scores = list(item.scores[start].values())
            label = f"{TITLES[start]}, {item.windows} windows"
            axis.plot(
                item.lengths, [score.value for score in scores], color=color, linestyle=STYLES[start], marker="o", markersize=3, label=label
            )
            axis.fill_between(
                item.lengths, [score.low for score in scores], [score.high for score in scores], color=color, alpha=0.12, linewidth=0
            )
        if "raw" in item.frozen:
            label = f"{TITLES['raw']}, {item.windows} windows"
            axis.axhline(item.frozen["raw"].value, color=color, linewidth=1, linestyle="--", label=label)
    axis.set_xticks(ticks := axis.get_xticks(), [times(length) for length in ticks])
    axis.legend(fontsize=5, frameon=True, facecolor="white", edgecolor="none", framealpha=0.85)
