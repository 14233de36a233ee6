"""Forest plot of effects against the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.cases import POINTS
from eelib.report.embedding_earth.effects import Effect, factor_title, level_title
from eelib.report.style import BLUE, GREY, VERMILION, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def effects_figure(items: list[Effect]) -> Figure:
    """Every effect with its 95 % interval, one panel per reading; coloured ones stand after Holm's correction.

    Args:
        items: From :func:`eelib.report.embedding_earth.effects.effects`.
    """
    import matplotlib.pyplot as plt

    use_style()
    readings = list(dict.fromkeys(item.reading for item in items))
    names = list(dict.fromkeys((item.factor, item.level) for item in items))
    size = (WIDTH, 1.2 + 0.22 * len(names))
    figure, axes = plt.subplots(1, len(readings), figsize=size, sharey=True, squeeze=False)
    for axis, reading in zip(axes[0], readings, strict=True):
        axis.axvline(0, color="0.3", linewidth=1)
        axis.grid(axis="y", visible=False)
        axis.set_title(reading)
        for item in (item for item in items if item.reading == reading):
            value, y = item.effect, len(names) - 1 - names.index((item.factor, item.level))
            color = (BLUE if value.value > 0 else VERMILION) if item.decided else GREY
            spread = [[POINTS * (value.value - value.low)], [POINTS * (value.high - value.value)]]
            axis.errorbar(POINTS * value.value, y, xerr=spread, fmt="o", color=color, markersize=4, capsize=2, linewidth=1.2)
    labels = [f"{factor_title(factor)} → {level_title(level)}" for factor, level in names][::-1]
    axes[0][0].set_yticks(range(len(names)), labels, fontsize=7)
    axes[0][0].set_ylim(-0.6, len(names) - 0.4)  # no point on the frame
    figure.supxlabel("change of the gain against the default, points of mIoU (95 % interval)", fontsize="small")
    return figure
