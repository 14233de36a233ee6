"""From plates to the windows of a region: which windows, decided from masks; then only those are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eelib.data.own.census import grid
from eelib.data.own.pixels import fill
from eelib.data.own.places import Layout
from eelib.data.own.plates import Plate
from eelib.data.own.rasters import Box
from eelib.data.windows import IGNORE, Floats, Ints, Windows

FIELDS = ("image", "dates", "place", "origin")
CHUNK = 2048  # windows read from top to bottom at a time
LEAST_VALID = 0.5  # share of pixels with data that a window for pre-training needs


@dataclass(frozen=True)
class Candidates:
    """Where windows may be cut: place, season, row, column of each, ``(N, 4)``."""

    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def shuffled(self) -> Candidates:
        """In a fixed random order, so that the first n are a fair sample for every n."""
        return Candidates(self.rows[np.random.default_rng(0).permutation(len(self))])


def candidates(plates: Sequence[Plate], layout: Layout, numbers: Sequence[int], corners: Sequence[Ints]) -> Candidates:
    """Every given corner of some places in every season.

    Args:
        plates: All plates.
        layout: All places.
        numbers: The places wanted.
        corners: Their window corners ``(N, 2)``.
    """
    rows = [np.zeros((0, 4), np.int64)]
    for place, found in zip(numbers, corners, strict=True):
        for season in range(len(plates[layout.places[place][0]].seasons)):
            rows.append(np.column_stack([np.full((len(found), 2), (place, season), np.int64), found]))
    return Candidates(np.concatenate(rows))


def dense_candidates(plates: Sequence[Plate], layout: Layout, numbers: Sequence[int], window: int) -> Candidates:
    """Windows that overlap by half, for pre-training."""
    corners = [grid(layout.places[place][1], layout.margin, window, window // 2) for place in numbers]
    return candidates(plates, layout, numbers, corners)


@dataclass(frozen=True)
class Cutter:
    """Reads windows of plates.

    Attributes:
        plates: All plates.
        layout: All places.
        window: Side of a window, pixels.
        num_dates: Dates per series, spread evenly over those of a season.
        bands: Number of bands.
    """

    plates: Sequence[Plate]
    layout: Layout
    window: int
    num_dates: int
    bands: int

    def labelled(self, wanted: Candidates, most: int) -> Windows:
        """At most so many labelled windows, in a fixed random order. Pixels without data on every date lose their label."""
        order, wanting = wanted.shuffled().rows, most
        parts: list[Windows] = []
        while not parts or (wanting and len(order)):
            parts.append(self._read(order[:wanting], labels=True)[0].take_labelled())
            order, wanting = order[wanting:], wanting - len(parts[-1])
        return _joined(parts)

    def unlabelled(self, wanted: Candidates, most: int) -> Windows:
        """At most so many windows with data in at least half of their pixels, in a fixed random order."""
        order = wanted.shuffled().rows
        kept, got = self._empty(min(most, len(order))), 0
        for start in range(0, len(order), CHUNK):
            windows, valid = self._read(order[start : start + CHUNK], labels=False)
            good = np.flatnonzero(valid >= LEAST_VALID)[: len(kept) - got]
            for name in FIELDS:
                getattr(kept, name)[got : got + len(good)] = getattr(windows, name)[good]
            got += len(good)
            if got == len(kept):
                break
        return Windows(**{name: getattr(kept, name)[:got] for name in FIELDS}, mask=None)

    def _empty(self, count: int) -> Windows:
        """Room for windows: filling it needs half the memory of joining parts."""
        image = np.empty((count, self.num_dates, self.bands, self.window, self.window), np.float32)
        numbers = [np.empty((count, *more), np.int64) for more in ((self.num_dates,), (), (2,))]
        return Windows(image, numbers[0], numbers[1], None, numbers[2])

    def _read(self, rows: Ints, labels: bool) -> tuple[Windows, Floats]:
        """Windows and the share of their pixels that have data."""
        count, side = len(rows), self.window
        room = self._empty(count)
        mask = np.full((count, side, side), IGNORE, np.int64) if labels else None
        valid = np.zeros(count, np.float32)
        for at in np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0])):  # files are read from top to bottom
            place, season, row, column = (int(value) for value in rows[at])
            plate, box = self.plates[self.layout.places[place][0]], Box(row, column, side, side)
            days = plate.seasons[season]
            when = np.linspace(0, len(days) - 1, self.num_dates).round().astype(np.int64)
            series = plate.image(season, when, box)
            seen = ~np.isnan(series).any(1)
            room.image[at], room.dates[at], valid[at] = fill(series), days[when], seen.mean()
            if mask is not None and plate.label is not None:
                mask[at] = np.where(seen.any(0), plate.label(box), IGNORE)
        return Windows(room.image, room.dates, rows[:, 0], mask, rows[:, 2:]), valid


def _joined(parts: Sequence[Windows]) -> Windows:
    """Labelled windows of several readings, mostly of one."""
    if len(parts) == 1:
        return parts[0]
    return Windows(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in (*FIELDS, "mask")})
