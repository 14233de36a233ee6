"""What `eelib data check` says: what the files of a manifest are, and how they would be used."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import numpy as np

from eelib.data.own.census import Census
from eelib.data.own.cutting import dense_candidates
from eelib.data.own.places import LEAST_WINDOW
from eelib.data.own.plates import Plate, RasterPlate
from eelib.data.own.rasters import Box
from eelib.data.own.source import OwnSource
from eelib.data.regions import absent_classes
from eelib.data.splits import SPLITS
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError
from eelib.settings import RegionSizes

SAMPLED = 200  # plates whose pixels are read for the value ranges; fewer plates are read on more dates
MOST_PLACES = 4000  # whose footprints are compared
SIDE = 128  # pixels of the corner that is read


def check(source: OwnSource, window: int | None = None) -> Iterator[str]:
    """Lines for the user. Reads every mask, and a corner of up to 200 images, of series on up to 200 dates in all, at least two each.

    Args:
        source: The user's data, as the manifest describes them.
        window: Wanted window size; that of profile quick where None.

    Raises:
        InputError: Whatever would stop a run.
    """
    yield f"{source.title} ({source.entry.kind})"
    for name, text in source.found.facts.items():
        yield _line(name, text)
    if window is not None and (window < LEAST_WINDOW or window % 4):
        raise InputError(f"--window {window}: windows are multiples of 4 and at least {LEAST_WINDOW} px")
    if window is not None and source.window is not None and window > source.window:
        raise InputError(f"--window {window}: the largest that fits is {source.window} px ({source.layout.summary})")
    side = min(window or RegionSizes().window, source.window or RegionSizes().window)
    census = source.census(side)
    owner = source.owners(census.counts)
    ranges = value_ranges(source.found.plates)
    yield _line("values", "; ".join(f"{band} {low:.3g} to {high:.3g}" for band, (low, high) in zip(source.bands, ranges, strict=True)))
    yield _line("split", f"{source.layout.summary}: {_places(source, owner)}")
    yield _line("windows", f"{side} px (largest that fits: {source.window} px): {_windows(source, census, owner, side)}")
    yield from _share_lines(source, census.counts, owner)
    for note in (*source.found.notes, *_poor(census, side)):
        yield _line("left out", note)
    for warning in (*_range_warnings(ranges), *_class_warnings(source, census.counts, owner), *overlap_warnings(source, owner)):
        yield _line("warning", warning)


def next_command(source: OwnSource, manifest: str) -> str:
    """The command that follows a check, to be pasted into a shell; ``manifest`` as the user wrote it."""
    if source.classes:
        return f"eelib run ee1_regions --profile smoke --set {shlex.quote(f'regions=[{manifest}]')}"
    return f"eelib pretrain {shlex.quote(manifest)}"


def _line(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def value_ranges(plates: tuple[Plate, ...]) -> Floats:
    """First and 99th percentile of every band after scaling, ``(C, 2)``; the last rows are read, so a truncated file is found.

    Raises:
        InputError: A file is damaged or holds NaN.
    """
    some = np.unique(np.linspace(0, len(plates) - 1, min(SAMPLED, len(plates))).round().astype(int))
    parts = []
    for number in some:
        plate = plates[number]
        height, width = (min(length, SIDE) for length in plate.shape)
        box = Box(plate.shape[0] - height, (plate.shape[1] - width) // 2, height, width)
        for season, when in _some_dates(plate, max(2, SAMPLED // len(some))):
            pixels = plate.image(season, when, box)
            parts.append(pixels.swapaxes(0, 1).reshape(pixels.shape[1], -1)[:, ::7])
    values = np.concatenate(parts, 1)
    if np.isnan(values).all():
        raise InputError(f"{plates[0].path}: no pixel that was read has data; check 'nodata'")
    return np.asarray(np.nanpercentile(values, [1, 99], axis=1).T, np.float32)


def _some_dates(plate: Plate, most: int) -> Iterator[tuple[int, Ints]]:
    """Seasons of a plate and some of their dates, spread evenly over all; one date in other units than the rest must not go unseen."""
    dates = np.array([(season, at) for season, days in enumerate(plate.seasons) for at in range(len(days))])
    chosen = dates[np.unique(np.linspace(0, len(dates) - 1, min(most, len(dates))).round().astype(int))]
    for season in np.unique(chosen[:, 0]).tolist():
        yield season, chosen[chosen[:, 0] == season, 1]


def _places(source: OwnSource, owner: Ints) -> str:
    """Places per split."""
    if not source.classes:
        return f"{(owner <= 0).sum()} for pre-training, {(owner == 1).sum()} held out"
    text = ", ".join(f"{(owner == number).sum()} {split}" for number, split in enumerate(SPLITS))
    alone = int((owner == -1).sum())
    return f"{text}{f', {alone} for pre-training only' if alone else ''}"


def _windows(source: OwnSource, census: Census, owner: Ints, side: int) -> str:
    """Windows per set."""
    plates, layout = source.found.plates, source.layout
    pool = len(dense_candidates(plates, layout, np.flatnonzero(owner <= 0).tolist(), side))
    if not source.classes:
        held = len(dense_candidates(plates, layout, np.flatnonzero(owner == 1).tolist(), side))
        return f"{pool} unlabelled, {held} held out; no labels"
    found = source.candidates(census, owner)
    return f"{pool} unlabelled (overlapping), " + ", ".join(f"{len(found[split])} {split}" for split in SPLITS)


def _share_lines(source: OwnSource, counts: Ints, owner: Ints) -> Iterator[str]:
    """Class shares per split."""
    if not source.classes:
        return
    shares = _shares(counts, owner)
    width = max(14, *(len(name) + 2 for name in source.classes))
    yield f"  {'class':{width}}{'color':9}{''.join(f'{split:>12}' for split in SPLITS)}"
    for name, color, row in zip(source.classes, source.colors, shares.T, strict=True):
        yield f"  {name:{width}}{color:9}{''.join(f'{100 * share:>10.1f} %' for share in row)}"


def _shares(counts: Ints, owner: Ints) -> Floats:
    """Share of each class among the labelled pixels of each split, ``(3, K)``."""
    totals = np.stack([counts[owner == number].sum(0) for number in range(len(SPLITS))])
    return np.asarray(totals / np.maximum(totals.sum(1, keepdims=True), 1), np.float32)


def _poor(census: Census, side: int) -> list[str]:
    if not census.poor:
        return []
    return [f"{census.poor} window(s) of {side} px with less than 5 % labelled pixels: not for training or scores"]


def _range_warnings(ranges: Floats) -> list[str]:
    low, high = float(ranges[:, 0].min()), float(ranges[:, 1].max())
    if high > 2 or low < -0.5:
        return [f"values reach from {low:.3g} to {high:.3g} but should be about 0 to 1: declare 'scale' (and 'offset')"]
    if high < 0.02:
        return [f"values reach {high:.3g} only but should be about 0 to 1: declare a larger 'scale'"]
    return []


def _class_warnings(source: OwnSource, counts: Ints, owner: Ints) -> list[str]:
    """One line per split that lacks classes."""
    lines = []
    for split, shares in zip(SPLITS, _shares(counts, owner), strict=True):
        if absent := absent_classes(source.classes, shares):
            lines.append(f"{split} has no pixel of {', '.join(absent)}")
    return lines


def overlap_warnings(source: OwnSource, owner: Ints) -> list[str]:
    """A line where georeferenced images of different splits show the same ground."""
    where = [(number, found) for number in range(len(owner)) if (found := _bounds(source, number)) is not None]
    if len(where) > MOST_PLACES:
        return [f"whether images of different splits overlap on the map was not looked for: {len(where)} are more than {MOST_PLACES}"]
    if len(where) < 2:
        return []
    numbers, boxes = np.array([number for number, _ in where]), np.array([found for _, found in where])
    left, bottom, right, top, crs = boxes.T
    meet = (left[:, None] < right) & (left < right[:, None]) & (bottom[:, None] < top) & (bottom < top[:, None]) & (crs[:, None] == crs)
    part = np.maximum(owner[numbers], 0)  # what serves pre-training must not be seen again either
    count = int((meet & (part[:, None] < part)).sum())
    if not count:
        return []
    return [f"{count} pair(s) of images or blocks of different splits overlap on the map, so scores would flatter: declare 'split'"]


def _bounds(source: OwnSource, place: int) -> tuple[float, float, float, float, int] | None:
    """Left, bottom, right, top of a place on the map, and its coordinate reference system as a number."""
    number, box = source.layout.places[place]
    plate = source.found.plates[number]
    info = plate.files[0][0] if isinstance(plate, RasterPlate) else None
    if info is None or info.crs is None:
        return None
    a, b, c, d, e, f = info.transform
    corners = [(box.column + i * box.width, box.row + j * box.height) for i in (0, 1) for j in (0, 1)]
    x, y = ([p * column + q * row + shift for column, row in corners] for p, q, shift in ((a, b, c), (d, e, f)))
    return min(x), min(y), max(x), max(y), hash(info.crs)
