"""Figures and tables of the data tour: scenes, dates, class shares, vegetation curves, clouds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eelib.data.sources import source
from eelib.data.windows import Floats, Ints, Region, Scene, Windows
from eelib.report.imagery import COLORS, NEAR_INFRARED, class_map, clearest, credit, find_band, show, true_color
from eelib.report.style import PALETTE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLOUD_BLUE = 0.2  # blue reflectance above which a pixel is left out of vegetation curves
NDVI = (COLORS[0], NEAR_INFRARED, COLORS[2])  # bands of a vegetation curve; blue tells clouds
MONTHS = "JFMAMJJASOND"


def series_figure(region: Region, *, row: int = 0, count: int = 6) -> Figure:
    """One test series on dates spread over the year, and its classes; without labels one that pre-training does not see.

    Args:
        region: Where from.
        row: Which test window.
        count: Most dates shown.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    use_style()
    windows = region.unseen() if region.test is None else region.test
    series, days = windows.image[row], windows.dates[row]
    mask = np.full(series.shape[-2:], -1) if windows.mask is None else windows.mask[row]
    when = np.unique(np.linspace(0, len(series) - 1, min(count, len(series))).round().astype(int))
    figure, axes = plt.subplots(1, len(when) + 1, figsize=(WIDTH, WIDTH / max(4, len(when) + 1) + 0.75), squeeze=False)
    for axis, date in zip(axes[0], when, strict=False):
        show(axis, true_color(series[date], region.bands), f"day {days[date]}")
    colors = source(region.name).colors
    show(axes[0][-1], class_map(mask, colors), "classes")
    handles = [Patch(color=colors[label], label=region.classes[label].replace("_", " ")) for label in np.unique(mask[mask >= 0])]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize="small")
    figure.suptitle(f"{region.title}", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    return figure


def scene_figure(scene: Scene, region: Region) -> Figure:
    """A whole real scene on its clearest date, and its labels."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    use_style()
    colors, label = source(region.name).colors, scene.label
    assert label is not None
    tall = label.shape[0] / label.shape[1]
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, min(WIDTH / 2 * tall, 3) + 1.2))
    when = clearest(scene.image, scene.bands)
    show(axes[0], true_color(scene.image[when], scene.bands), f"{scene.year[when]}, day {scene.day_of_year[when]}")
    show(axes[1], class_map(label, colors), f"labels, on {100 * float((label >= 0).mean()):.0f} % of the scene")
    handles = [Patch(color=color, label=name.replace("_", " ")) for name, color in zip(region.classes, colors, strict=True)]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize="small")
    figure.suptitle(f"{region.title}, {10 * label.shape[1] / 1000:g} km wide", x=0.01, ha="left", fontsize="medium", fontweight="bold")
    credit(figure, region, legend=legend)
    return figure


def share_table(regions: Sequence[Region]) -> pd.DataFrame:
    """Windows per set, dates, bands, size and labelled share of the test windows of each region."""
    rows = []
    for region in regions:
        _, length, bands, height, width = region.unlabelled.image.shape
        sets = [len(getattr(region, name) or ()) for name in ("unlabelled", "train", "validation", "test")]
        labelled = 0.0 if region.test is None else float((np.asarray(region.test.mask) >= 0).mean())
        rows.append([region.title, *sets, length, bands, f"{height}×{width}", len(region.classes), f"{100 * labelled:.0f} %"])
    columns = ["region", "unlabelled", "train", "validation", "test", "dates", "bands", "pixels", "classes", "labelled, of test windows"]
    return pd.DataFrame(rows, columns=columns).set_index("region")


def split_share_table(regions: Sequence[Region]) -> pd.DataFrame:
    """Share of each class among the labelled pixels of each split, in per cent; a class that a split lacks stands out."""
    from eelib.data.regions import split_shares

    rows: dict[tuple[str, str], dict[str, str]] = {}
    for region in regions:
        for split, shares in split_shares(region).items() if region.test is not None else ():
            for name, share in zip(region.classes, shares, strict=True):
                rows.setdefault((region.title, name.replace("_", " ")), {})[split] = f"{100 * share:.1f}" if share else "missing"
    index = pd.MultiIndex.from_tuples(list(rows), names=["region", "class"]) if rows else None
    return pd.DataFrame(list(rows.values()), index=index)


def class_share_figure(regions: Sequence[Region]) -> Figure:
    """Share of each class among labelled test pixels, one panel per region."""
    import matplotlib.pyplot as plt

    from eelib.data.regions import class_shares

    use_style()
    regions = [region for region in regions if region.test is not None]
    if not regions:
        return _nothing("no region here has labels")
    rows = -(-len(regions) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(WIDTH, 2.1 * rows), squeeze=False)
    for axis, region in zip(axes.ravel(), regions, strict=False):
        shares, names = class_shares(region.labelled("test"), len(region.classes)), [name.replace("_", " ") for name in region.classes]
        axis.barh(names[::-1], 100 * shares[::-1], color=source(region.name).colors[::-1])
        axis.tick_params(axis="y", labelsize=7)
        axis.grid(axis="y", visible=False)
        axis.set_title(region.title, fontsize="small")
    for axis in axes.ravel()[len(regions) :]:
        axis.remove()
    figure.supxlabel("share of labelled pixels, %", fontsize="small")
    return figure


def vegetation_curves(windows: Windows, bands: tuple[str, ...], num_classes: int, *, step: int = 30) -> Floats:
    """Mean NDVI per class and time of the year, ``(K, 365 / step)``; NaN where no clear pixel was seen.

    Args:
        windows: Labelled series.
        bands: Their bands.
        num_classes: ``K``.
        step: Days per bin.
    """
    image, mask = np.asarray(windows.image), np.asarray(windows.mask)
    red, near, blue = (image[:, :, find_band(names, bands)] for names in NDVI)
    ndvi = (near - red) / (near + red)
    bins = -(-365 // step)
    when = ((windows.dates - 1) // step).clip(0, bins - 1)
    cell = mask[:, None] * bins + when[..., None, None]
    good = (mask[:, None] >= 0) & (blue < CLOUD_BLUE)
    total = np.bincount(cell[good], ndvi[good], num_classes * bins)
    count = np.bincount(cell[good], minlength=num_classes * bins)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count >= 50, total / count, np.nan).reshape(num_classes, bins), np.float32)


def _has_curves(region: Region) -> bool:
    """Whether there are labels, more than one date, and the bands of NDVI."""
    return (
        region.train is not None and region.train.image.shape[1] > 1 and all(find_band(names, region.bands) is not None for names in NDVI)
    )


def vegetation_figure(regions: Sequence[Region], *, step: int = 30) -> Figure:
    """Mean NDVI curve of every class, one panel per region with more than one date."""
    import matplotlib.pyplot as plt

    use_style()
    regions = [region for region in regions if _has_curves(region)]
    if not regions:
        return _nothing("no region here has labels, several dates, and red and near-infrared bands")
    rows = -(-len(regions) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(WIDTH, 3.0 * rows), squeeze=False, sharey=True)
    for axis, region in zip(axes.ravel(), regions, strict=False):
        curves = vegetation_curves(region.labelled("train"), region.bands, len(region.classes), step=step)
        for name, color, curve in zip(region.classes, source(region.name).colors, curves, strict=True):
            seen = ~np.isnan(curve)
            axis.plot((np.flatnonzero(seen) + 0.5) * step, curve[seen], color=color, linewidth=1.6, label=name.replace("_", " "))
        axis.set(xlim=(0, 365), ylabel="NDVI")
        axis.set_title(region.title, fontsize="small")
        axis.legend(fontsize=5.5, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    for axis in axes.ravel()[len(regions) :]:
        axis.remove()
    figure.supxlabel("day of the year", fontsize="small")
    return figure


def _nothing(why: str) -> Figure:
    """A figure that says why there is none."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(WIDTH, 0.5))
    figure.text(0.01, 0.5, why, va="center", fontsize="small", color="0.4")
    return figure


def cloud_shares(scenes: Sequence[Scene]) -> Floats:
    """Mean share of pixels under cloud or shadow per month, ``(12,)``; NaN for months without a date."""
    days: Ints = np.concatenate([scene.day_of_year for scene in scenes])
    share = np.concatenate([1 - scene.clear.mean((1, 2)) for scene in scenes if scene.clear is not None])
    month = ((days - 1) * 12 // 366).clip(0, 11)
    count = np.bincount(month, minlength=12)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(month, share, 12) / np.where(count, count, np.nan), np.float32)


def cloud_figure(shares: Mapping[str, Floats]) -> Figure:
    """Cloud shares per month, one line per region."""
    import matplotlib.pyplot as plt

    use_style()
    if not shares:
        return _nothing("no region here comes with cloud masks of several dates")
    figure, axis = plt.subplots(figsize=(WIDTH, 2.8))
    for (name, share), color in zip(shares.items(), PALETTE, strict=False):
        axis.plot(range(12), 100 * share, marker="o", markersize=4, label=name, color=color)
    axis.set(xticks=range(12), xticklabels=list(MONTHS), ylim=(0, None), ylabel="under cloud or shadow, %")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
