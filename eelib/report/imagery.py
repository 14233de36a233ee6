"""Images and class maps as colours."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.names import SIMULATED
from eelib.data.windows import IGNORE, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

    from eelib.data.sources import Source
    from eelib.data.windows import Region, Windows

COLORS = (("B04", "B4", "red", "r"), ("B03", "B3", "green", "g"), ("B02", "B2", "blue", "b"))  # names a band may have
NEAR_INFRARED = ("B08", "B8", "nir", "near_infrared")
METRES = {**dict.fromkeys(SIMULATED, 10), "brandenburg": 10, "romania": 10}  # of a pixel, where it is known
STRETCH = "Images: red, green and blue of the clearest date, less haze, white at each image's 98th percentile."
IGNORED = "#ffffff"
HAZE = 0.5  # share of the darkest value that is taken for haze


def true_color(image: Floats, bands: tuple[str, ...]) -> Floats:
    """``(C, H, W)`` reflectance to ``(H, W, 3)``, slightly brightened; white is bright ground, and clouds are cut off.

    Half of each band's darkest value is taken away first, because it is haze, above all in top-of-atmosphere images.
    """
    rgb = image[rgb_bands(bands)].transpose(1, 2, 0)
    clear = rgb - HAZE * np.percentile(rgb, 1, axis=(0, 1)).clip(0, 0.12)
    white = np.clip(np.percentile(clear, 98), 0.1, 0.35 if "B04" in bands else 1)  # a photograph fills 0 to 1, reflectance does not
    return np.asarray((clear / white).clip(0, 1) ** 0.8, np.float32)


def find_band(names: Sequence[str], bands: tuple[str, ...]) -> int | None:
    """Position of the band with one of these names, whatever its case, or None."""
    lower = [band.lower() for band in bands]
    return next((lower.index(name.lower()) for name in names if name.lower() in lower), None)


def rgb_bands(bands: tuple[str, ...]) -> list[int]:
    """Positions of red, green and blue; the first three bands, or the first as grey, where the names do not say."""
    found = [at for names in COLORS if (at := find_band(names, bands)) is not None]
    return found if len(found) == 3 else [0, 1, 2] if len(bands) >= 3 else [0, 0, 0]


def clearest(series: Floats, bands: tuple[str, ...]) -> int:
    """Date of ``(T, C, H, W)`` that shows most: the greenest of those whose blue is within 0.03 of the darkest (clouds are blue-bright).

    The middle date where the bands for that are missing.
    """
    at = [find_band(names, bands) for names in (COLORS[2], COLORS[0], NEAR_INFRARED)]
    if len(series) == 1 or None in at:
        return len(series) // 2
    blue, red, near = (series[:, position].mean((1, 2)) for position in at)
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


def credit(figure: Figure, region: Region, side: int | None = None, legend: Legend | None = None) -> None:
    """Below the maps of a figure: how large its windows are, how its images were stretched, and whose they are.

    Args:
        figure: Saved with a tight box, so that the lines may stand below its frame.
        region: Whose windows are shown.
        side: Height and width of a window, pixels; None: windows are not shown.
        legend: Below the maps, if there is one; the lines then stand above its entries.
    """
    metres = METRES.get(region.name)
    ground = f", {metres * side} m" if metres and side else ""
    size = f"Windows are {side} pixels wide{ground}. " if side else ""
    text = "\n".join(line for part in (size + STRETCH, "" if region.simulated else region.attribution) for line in textwrap.wrap(part, 140))
    if legend is None:
        figure.text(0.01, -0.02, text, ha="left", va="top", fontsize=6.5, color="0.35")
    else:
        from matplotlib.font_manager import FontProperties

        legend.set_title(text, prop=FontProperties(size=6.5))
        legend.get_title().set_color("0.35")


def date_title(origin: Source, windows: Windows, row: int, date: int) -> str:
    """When an image was taken, ``2018, day 212``; the day alone where the year is not known, nothing where days are made up."""
    if not origin.dated:
        return ""
    day = f"day {windows.dates[row][date]}"
    if origin.name == "romania":
        from eelib.data.romania import year_of

        year = year_of(windows.dates[row])
        return f"{year}, {day}" if year else day
    return day
