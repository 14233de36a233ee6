"""Forest plot: gain of every start over random weights, per image encoder and region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eelib.report.bridge.comparison import STARTS, Bridge, readings_of
from eelib.report.cases import POINTS, reading_title
from eelib.report.style import BLUE, GREEN, ORANGE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = {"pretrained": (BLUE, "s"), "language": (ORANGE, "o"), "both": (GREEN, "D")}


def bridge_figure(rows: Sequence[Bridge]) -> Figure:
    """Gain in points of mIoU with 95 % intervals; one panel per reading and label share, one line per encoder and region.

    Args:
        rows: From :func:`eelib.report.bridge.comparison.bridges`; networks that language did not supervise are left out.
    """
    import matplotlib.pyplot as plt

    use_style()
    shown = [row for row in rows if row.has_language]
    names = {(row.case.region, row.case.network): f"{row.case.place}, {row.case.kind}\n{row.case.network_title}" for row in shown}
    readings, fractions = readings_of(shown), sorted({row.case.fraction for row in shown})
    size = (WIDTH, 0.9 + len(readings) * (0.5 + 0.5 * len(names)))
    figure, axes = plt.subplots(len(readings), len(fractions), figsize=size, squeeze=False, sharex=True, sharey=True)
    for line, reading in zip(axes, readings, strict=True):
        for axis, fraction in zip(line, fractions, strict=True):
            chosen = [row for row in shown if (row.case.reading, row.case.fraction) == (reading, fraction)]
            _panel(axis, chosen, list(names)[::-1])
            axis.set_title(reading_title(reading, fraction), fontsize="small")
        line[0].set_yticks(range(len(names)), list(names.values())[::-1], fontsize=7)
        line[0].set_ylim(-0.6, len(names) - 0.4)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(MARKS), fontsize="small")
    figure.supxlabel("gain over a random start, points of mIoU (95 % interval over places and seeds)", fontsize="small")
    return figure


def _panel(axis: Axes, rows: Sequence[Bridge], lines: Sequence[tuple[str, str]]) -> None:
    axis.axvline(0, color="0.3", linewidth=1)
    axis.grid(axis="y", visible=False)
    for number, (start, (color, marker)) in enumerate(MARKS.items()):
        gains = [row.gains[start] for row in rows]
        y = [lines.index((row.case.region, row.case.network)) + 0.22 - 0.22 * number for row in rows]
        value = [POINTS * gain.value for gain in gains]
        spread = [[POINTS * (gain.value - gain.low) for gain in gains], [POINTS * (gain.high - gain.value) for gain in gains]]
        axis.errorbar(value, y, xerr=spread, fmt=marker, color=color, markersize=4, capsize=2, linewidth=1.2, label=STARTS[start])
