"""Heat map: where pre-training was against where the labels are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eelib.report.cases import POINTS, reading_title
from eelib.report.embedding_earth.transfer import Transfer, ordered_places, place_title
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage


def transfer_figure(cells: list[Transfer]) -> Figure:
    """Gain over a random start in points of mIoU; one panel per reading and label share. Bold: the interval excludes 0.

    Args:
        cells: From :func:`eelib.report.embedding_earth.transfer.transfers`; exchanges with real regions are left out.
    """
    import matplotlib.pyplot as plt

    use_style()
    shown = [cell for cell in cells if not cell.exchange and any(cell.case.region == other.origin for other in cells)]
    shown = [cell for cell in shown if len({other.origin for other in shown if other.case.region == cell.case.region}) > 1]
    panels = list(dict.fromkeys((cell.case.reading, cell.case.fraction) for cell in shown))
    origins, targets = ordered_places(shown), list(dict.fromkeys(cell.case.region for cell in shown))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    size = (WIDTH * (0.62 if columns == 1 else 1), 0.9 + rows * (0.7 + 0.36 * len(origins)))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey=True)
    limit = max(1.0, *(abs(POINTS * cell.gain.value) for cell in shown))
    for axis, (reading, fraction) in zip(axes.ravel(), panels, strict=False):
        chosen = [cell for cell in shown if (cell.case.reading, cell.case.fraction) == (reading, fraction)]
        image = _panel(axis, chosen, origins, targets, limit)
        axis.set_title(reading_title(reading, fraction), fontsize="small")
    for axis in axes.ravel()[len(panels) :]:
        axis.remove()
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("gain, points of mIoU", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    figure.supxlabel("labels in", fontsize="small")
    figure.supylabel("pre-trained in", fontsize="small")
    return figure


def _panel(axis: Axes, cells: list[Transfer], origins: list[str], targets: list[str], limit: float) -> AxesImage:
    gains = np.full((len(origins), len(targets)), np.nan)
    for cell in cells:
        at = origins.index(cell.origin), targets.index(cell.case.region)
        gains[at] = POINTS * cell.gain.value
        weight = "bold" if cell.gain.excludes_zero else "normal"
        color = "white" if abs(gains[at]) > 0.65 * limit else "black"
        text = f"{gains[at]:+.1f}".replace("-", "−")
        axis.text(at[1], at[0], text, ha="center", va="center", fontsize=8, fontweight=weight, color=color)
    image = axis.imshow(gains, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    axis.set_xticks(
        range(len(targets)), [place_title(target) for target in targets], fontsize=7, rotation=30, ha="right", rotation_mode="anchor"
    )
    axis.set_yticks(range(len(origins)), [place_title(origin) for origin in origins], fontsize=7)
    axis.grid(False)
    return image
