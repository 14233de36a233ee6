"""By length of fine-tuning: scores of random and pre-trained starts beside a linear classifier on raw pixels, and the gain between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from eelib.report.cases import POINTS, percent
from eelib.report.embedding_earth.lengths import times
from eelib.report.embedding_earth.lengths_figure import COLORS
from eelib.report.embedding_earth.panels import by_place, logarithmic
from eelib.report.embedding_earth.tunings import TITLES, Tuning
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES: dict[str, Literal[":", "-", "--"]] = {"random": ":", "pretrained": "-", "raw": "--"}


def tuning_curves(items: list[Tuning]) -> Figure:
    """A column per region: mIoU above, gain in points with its 95 % interval below; a colour per label share.

    Args:
        items: From :func:`eelib.report.embedding_earth.tunings.tunings`.
    """
    import matplotlib.pyplot as plt

    use_style()
    places = by_place(items)
    colors = dict(zip(sorted({item.case.fraction for item in items}), COLORS, strict=False))
    figure, axes = plt.subplots(2, len(places), figsize=(WIDTH, 4.6), sharex="col", sharey="row", squeeze=False)
    for (place, chosen), (above, below) in zip(places.items(), axes.T, strict=True):
        for axis in (above, below):
            logarithmic(axis, ticks := {length for item in chosen for length in item.lengths})
        below.set_xticks(sorted(ticks), [times(length) for length in sorted(ticks)], fontsize=6)
        below.set_xlim(min(ticks) / 1.7, max(ticks) * 1.7)
        above.set_title(place.replace(", ", "\n"), fontsize=7)
        below.axhline(0, color="0.3", linewidth=1)
        for item in chosen:
            _scores(above, item, colors[item.case.fraction])
            _gains(below, item, colors[item.case.fraction])
    axes[0][0].set_ylabel("mIoU", fontsize="small")
    axes[1][0].set_ylabel("gain, points", fontsize="small")
    _legend(figure, colors)
    figure.supxlabel("length of fine-tuning, multiples of the profile's steps (logarithmic)", fontsize="small")
    return figure


def _scores(axis: Axes, item: Tuning, color: str) -> None:
    for start, scores in item.scores.items():
        axis.plot(item.lengths, [score.value for score in scores.values()], color=color, linestyle=STYLES[start], marker="o", markersize=3)
    if "raw" in item.frozen:
        axis.axhline(item.frozen["raw"].value, color=color, linewidth=1, linestyle=STYLES["raw"])


def _gains(axis: Axes, item: Tuning, color: str) -> None:
    low, middle, high = ([POINTS * getattr(gain, end) for gain in item.gains.values()] for end in ("low", "value", "high"))
    axis.plot(item.lengths, middle, color=color, marker="o", markersize=3)
    axis.fill_between(item.lengths, low, high, color=color, alpha=0.15, linewidth=0)


def _legend(figure: Figure, colors: dict[float, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color="0.3", linestyle=style, label=TITLES[name]) for name, style in STYLES.items()]
    handles += [Line2D([], [], color=color, linewidth=3, label=f"{percent(fraction)} of the labels") for fraction, color in colors.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), fontsize=6, frameon=False, handlelength=2.5)
