"""Figures of the image-text study, from records only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eelib.report.cases import POINTS
from eelib.report.clip_benchmark.compared import Compared
from eelib.report.clip_benchmark.models import short_title
from eelib.report.style import BLUE, GREY, ORANGE, VERMILION, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY_COLORS = {"vit": BLUE, "resnet": ORANGE}


def supervision_figure(rows: Sequence[Compared]) -> Figure:
    """Top-1 of every method with every encoder, one panel per set of pairs; lines that are not parallel would be an interaction."""
    import matplotlib.pyplot as plt

    use_style()
    panels = list(dict.fromkeys(row.model.data_title for row in rows))
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.0), sharey=True, squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        chosen = [row for row in rows if row.model.data_title == panel]
        names = list(dict.fromkeys(row.model.config.title for row in chosen))
        for shift, family in enumerate(dict.fromkeys(row.model.config.family for row in chosen)):
            line = [row for row in chosen if row.model.config.family == family]
            x = [names.index(row.model.config.title) + 0.12 * shift for row in line]
            y = [POINTS * row.score.value for row in line]
            spread = [
                [POINTS * (row.score.value - row.score.low) for row in line],
                [POINTS * (row.score.high - row.score.value) for row in line],
            ]
            label = line[0].model.config.encoder_title
            axis.errorbar(x, y, yerr=spread, fmt="o-", color=FAMILY_COLORS.get(family, GREY), markersize=4, capsize=2, label=label)
        baselines = chosen[0].model.scores[0]["metrics"]["baselines"]
        axis.axhline(POINTS * baselines["chance"], color="0.5", linewidth=1, linestyle=":", label="chance")
        axis.axhline(POINTS * baselines["majority"], color="0.5", linewidth=1, linestyle="--", label="majority")
        axis.set_xticks(range(len(names)), names, fontsize=7, rotation=40, ha="right", rotation_mode="anchor")
        axis.set_title(short_title(panel), fontsize=8)
    axes[0][0].set_ylabel("zero-shot top-1, %")
    axes[0][-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))  # beside the panel: error bars fill it
    return figure


def forest(rows: Sequence[Compared], labels: Sequence[str], xlabel: str) -> Figure:
    """Every difference to its reference with its 95 % interval; coloured ones stand after the correction.

    Args:
        rows: From :func:`eelib.report.clip_benchmark.compared.compared`.
        labels: Of the rows, one each.
        xlabel: What the difference is.
    """
    import matplotlib.pyplot as plt

    use_style()
    shown = [(row, label) for row, label in zip(rows, labels, strict=True) if row.effect is not None]
    figure, axis = plt.subplots(figsize=(WIDTH, 1.2 + 0.22 * len(shown)))
    axis.axvline(0, color="0.3", linewidth=1)
    axis.grid(axis="y", visible=False)
    for y, (row, _) in enumerate(reversed(shown)):
        value = row.effect
        assert value is not None
        color = (BLUE if value.value > 0 else VERMILION) if row.decided else GREY
        spread = [[POINTS * (value.value - value.low)], [POINTS * (value.high - value.value)]]
        axis.errorbar(POINTS * value.value, y, xerr=spread, fmt="o", color=color, markersize=4, capsize=2, linewidth=1.2)
    axis.set_yticks(range(len(shown)), [label for _, label in reversed(shown)], fontsize=7)
    axis.set_ylim(-0.6, len(shown) - 0.4)  # no point on the frame
    axis.set_xlabel(xlabel, fontsize="small")
    return figure
