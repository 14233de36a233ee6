"""Dot plot of all ways to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.embedding_earth.baselines import Baseline
from eelib.report.style import WIDTH, color_of, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def baselines_figure(rows: list[Baseline]) -> Figure:
    """MIoU with 95 % interval of every start, one panel per region, label share and reading; best first.

    Args:
        rows: From :func:`eelib.report.embedding_earth.baselines.baselines`.
    """
    import matplotlib.pyplot as plt

    use_style()
    cases = list(dict.fromkeys(row.case for row in rows))
    longest = [sum(row.case == case for row in rows) for case in cases]
    size = (WIDTH, 0.5 + sum(0.55 + 0.2 * count for count in longest))
    figure, axes = plt.subplots(len(cases), 1, figsize=size, squeeze=False, height_ratios=[count + 1.5 for count in longest], sharex=True)
    for axis, case in zip(axes[:, 0], cases, strict=True):
        chosen = [row for row in rows if row.case == case][::-1]
        for y, row in enumerate(chosen):
            color = color_of({"raw": "pixels"}.get(row.start, row.start), 0)
            spread = [[row.score.value - row.score.low], [row.score.high - row.score.value]]
            axis.errorbar(row.score.value, y, xerr=spread, fmt="o", color=color, markersize=4, capsize=2, linewidth=1.2)
        axis.set_yticks(range(len(chosen)), [row.title for row in chosen], fontsize=7)
        axis.set_ylim(-0.7, len(chosen) - 0.3)
        axis.grid(axis="y", visible=False)
        axis.set_title(f"{case.title}, {case.kind}, {100 * case.fraction:g} % of the labels: {case.reading}", fontsize="small")
    figure.supxlabel("mIoU on the test set (95 % interval)", fontsize="small")
    return figure
