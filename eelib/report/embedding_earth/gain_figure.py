"""Forest plot: gain of pre-training per region, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.report.cases import POINTS, READINGS
from eelib.report.embedding_earth.comparison import Comparison
from eelib.report.style import BLUE, GREEN, ORANGE, PURPLE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ((ORANGE, "o"), (BLUE, "s"), (GREEN, "D"), (PURPLE, "^"))  # one per label share, scarcest first


def gain_figure(rows: list[Comparison]) -> Figure:
    """Gain in points of mIoU with 95 % intervals; one panel per reading, one row per region.

    Args:
        rows: From :func:`eelib.report.embedding_earth.comparison.compare`.
    """
    import matplotlib.pyplot as plt

    use_style()
    names = {(row.region, row.case.network): f"{row.title}\n{row.kind}" for row in rows}
    regions = list(names)[::-1]
    readings = [reading for reading in READINGS if any(row.reading == reading for row in rows)]
    figure, axes = plt.subplots(1, len(readings), figsize=(WIDTH, 1.1 + 0.42 * len(regions)), sharey=True, squeeze=False)
    for axis, reading in zip(axes[0], readings, strict=True):
        _panel(axis, [row for row in rows if row.reading == reading], regions)
        axis.set_title(reading)
    axes[0][0].set_yticks(range(len(regions)), [names[region] for region in regions])
    axes[0][-1].legend(title="labels used", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.supxlabel("gain over a random start, points of mIoU (95 % interval over places and seeds)", fontsize="small")
    return figure


def _panel(axis: Axes, rows: list[Comparison], regions: list[tuple[str, str]]) -> None:
    fractions = sorted({row.fraction for row in rows})
    axis.axvline(0, color="0.3", linewidth=1)
    axis.grid(axis="y", visible=False)
    for number, fraction in enumerate(fractions):
        color, marker = MARKS[number % len(MARKS)]
        chosen = [row for row in rows if row.fraction == fraction]
        offset = 0.16 * (len(fractions) - 1) - 0.32 * number
        y = [regions.index((row.region, row.case.network)) + offset for row in chosen]
        value = [POINTS * row.gain.value for row in chosen]
        spread = [
            [POINTS * (row.gain.value - row.gain.low) for row in chosen],
            [POINTS * (row.gain.high - row.gain.value) for row in chosen],
        ]
        axis.errorbar(value, y, xerr=spread, fmt=marker, color=color, markersize=4, capsize=2, linewidth=1.2, label=f"{100 * fraction:g} %")
