"""Images and class maps as colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.windows import IGNORE, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RGB = ("B04", "B03", "B02")
IGNORED = "#ffffff"
HAZE = 0.5  # share of the darkest value that is taken for haze


def true_color(image: Floats, bands: tuple[str, ...]) -> Floats:
    """``(C, H, W)`` reflectance to ``(H, W, 3)``, slightly brightened; white is bright ground, and clouds are cut off.

    Half of each band's darkest value is taken away first, because it is haze, above all in top-of-atmosphere images.
    """
    rgb = image[[bands.index(band) for band in RGB]].transpose(1, 2, 0)
    clear = rgb - HAZE * np.percentile(rgb, 1, axis=(0, 1)).clip(0, 0.12)
    white = np.clip(np.percentile(clear, 98), 0.1, 0.35)
    return np.asarray((clear / white).clip(0, 1) ** 0.8, np.float32)


def clearest(series: Floats, bands: tuple[str, ...]) -> int:
    """Date of ``(T, C, H, W)`` that shows most: the greenest of those whose blue is within 0.03 of the darkest (clouds are blue-bright)."""
    blue = series[:, bands.index("B02")].mean((1, 2))
    red, near = series[:, bands.index("B04")].mean((1, 2)), series[:, bands.index("B08")].mean((1, 2))
    return int(np.where(blue <= blue.min() + 0.03, (near - red) / (near + red), -1).argmax())


def class_map(labels: Ints, colors: Sequence[str]) -> Floats:
    """Class ids ``(H, W)`` to ``(H, W, 3)``; ignored pixels are white."""
    from matplotlib.colors import to_rgb

    table = np.array([to_rgb(color) for color in [*colors, IGNORED]], np.float32)
    return np.asarray(table[np.where(labels == IGNORE, len(colors), labels)])


def show(axis: Axes, image: Floats, title: str = "") -> None:
    """An image without ticks."""
    axis.imshow(image)
    axis.set_title(title, fontsize="small", fontweight="normal", loc="center")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
