"""From masks to class ids: integer values, palettes, and colours through the class list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eelib.data.own.manifests import OwnClass, OwnManifest
from eelib.data.own.rasters import Box, RasterInfo, read
from eelib.data.windows import IGNORE, Ints
from eelib.errors import InputError

UNKNOWN = -2
RECOUNT = 1 << 24  # pixels; of larger masks a message counts one block only


@dataclass(frozen=True)
class MaskCode:
    """What the numbers in masks mean.

    Attributes:
        classes: Class list.
        ignore: Values and colours that count as no label.
        coding: By value, by colour, or decided for each mask.
        tolerance: Largest difference per channel from a declared colour.
    """

    classes: tuple[OwnClass, ...]
    ignore: tuple[int | str, ...]
    coding: Literal["auto", "value", "color"] = "auto"
    tolerance: int = 0

    @classmethod
    def of(cls, entry: OwnManifest) -> MaskCode:
        """The code that a manifest declares."""
        return cls(entry.classes, entry.ignore, getattr(entry, "coding", "auto"), getattr(entry, "tolerance", 0))

    def refuse_unused(self, by_color: Iterable[bool], where: str) -> None:
        """Refuse what would have no effect: numbers where every mask is colour-coded, colours and a tolerance where none is.

        Args:
            by_color: Of every mask, see :meth:`by_color`.
            where: The manifest, for messages.

        Raises:
            InputError: Names the field and what to write.
        """
        found = set(by_color)
        numbers = [value for value in self.ignore if isinstance(value, int)]
        colors = [value for value in self.ignore if isinstance(value, str)]
        if found == {True} and numbers:
            raise InputError(
                f"{where}: 'ignore' holds the number {numbers[0]} but the masks are colour-coded; give a colour such as '#000000'"
            )
        if found == {True} and any(item.value is not None for item in self.classes):
            raise InputError(f"{where}: 'classes' have a 'value' but the masks are colour-coded; leave it out, their 'color' counts")
        if found == {False} and colors:
            raise InputError(f"{where}: 'ignore' holds the colour {colors[0]} but the masks hold numbers; give a number such as 255")
        if found == {False} and self.tolerance:
            raise InputError(f"{where}: 'tolerance' has no effect because the masks hold numbers, not colours; leave it out")

    def by_color(self, info: RasterInfo) -> bool:
        """Whether a mask names classes by colour: with three bands, or a palette and a class list without values."""
        if self.coding != "auto":
            return self.coding == "color"
        return info.count >= 3 or (info.palette is not None and all(item.color and item.value is None for item in self.classes))

    def read(self, info: RasterInfo, box: Box) -> Ints:
        """Class ids ``(height, width)`` of a window of a mask, -1 = ignore.

        Raises:
            InputError: A value or colour that the manifest does not declare, with the file and how many pixels have it.
        """
        whole = Box(0, 0, *info.shape)
        try:
            return self._decode(info, box)
        except InputError:
            if box != whole and info.shape[0] * info.shape[1] <= RECOUNT:
                self._decode(info, whole)  # says the same with the count of the whole mask
            raise

    def _decode(self, info: RasterInfo, box: Box) -> Ints:
        numbers = read(info.path, box)
        if self.by_color(info):
            return self.colors(_rgb(numbers, info), str(info.path))
        return self.values(numbers[0], str(info.path), info.nodata)

    def values(self, numbers: np.ndarray, name: str, nodata: float | None = None) -> Ints:
        """Class ids of integer values; NaN is no label.

        Args:
            numbers: Any shape, any type that holds integers.
            name: Of the file, for messages.
            nodata: A further value without label; a class's value is never one.

        Raises:
            InputError: Fractions, infinity, or a value that no class has.
        """
        also, missing = _without_label(numbers, nodata)
        known = np.where(missing, 0, numbers)
        if numbers.dtype.kind == "f" and not (np.isfinite(known) & (known == np.round(known))).all():
            raise InputError(f"{name}: the mask holds fractions or infinity; class values must be whole numbers")
        table = {value: IGNORE for value in (*also, *self.ignore) if isinstance(value, int)}
        table |= {position if item.value is None else item.value: position for position, item in enumerate(self.classes)}
        labels = np.where(missing, IGNORE, _look_up(known.astype(np.int64), table))
        if (labels == UNKNOWN).any():
            value = int(numbers[labels == UNKNOWN][0])
            count = int((numbers == value).sum())
            raise InputError(
                f"{name}: {count} pixels have the value {value}, which no class has "
                f"(known: {_listed(sorted(table))}); add a class with 'value: {value}' or 'ignore: [{value}]'"
            )
        return labels

    def colors(self, rgb: np.ndarray, name: str) -> Ints:
        """Class ids of colours ``(3, ...)``.

        Raises:
            InputError: A class has no colour, or a pixel has a colour that no class has.
        """
        table = {_code(value): IGNORE for value in self.ignore if isinstance(value, str)}
        for position, item in enumerate(self.classes):
            if item.color is None:
                raise InputError(f"{name}: the mask is colour-coded but class '{item.name}' has no 'color' in the manifest")
            table[_code(item.color)] = position
        codes = (rgb[0].astype(np.int64) << 16) | (rgb[1].astype(np.int64) << 8) | rgb[2].astype(np.int64)
        labels = _look_up(codes, table)
        if self.tolerance and (labels == UNKNOWN).any():
            labels = self._nearest(codes, labels, table)
        if (labels == UNKNOWN).any():
            code = int(codes[labels == UNKNOWN][0])
            remedy = "save masks as PNG, or declare a 'tolerance'" if name.lower().endswith((".jpg", ".jpeg")) else "add it to 'ignore'"
            raise InputError(
                f"{name}: {int((codes == code).sum())} pixels have the colour #{code:06x}, which no class has "
                f"(known: {_listed([f'#{known:06x}' for known in table])}); add a class, or {remedy}"
            )
        return labels

    def _nearest(self, codes: Ints, labels: Ints, table: dict[int, int]) -> Ints:
        """Unknown colours to the nearest declared one, where it is within the tolerance."""
        known, rest = np.array(list(table)), np.unique(codes[labels == UNKNOWN])
        distance = np.abs(_channels(rest)[:, None] - _channels(known)[None]).max(2)
        near = known[distance.argmin(1)]
        good = distance.min(1) <= self.tolerance
        more = {int(code): table[int(to)] for code, to in zip(rest[good], near[good], strict=True)}
        return np.where(labels == UNKNOWN, _look_up(codes, more), labels) if more else labels


def _without_label(numbers: np.ndarray, nodata: float | None) -> tuple[tuple[int, ...], np.ndarray]:
    """The nodata number where a class could have it as its value, and pixels that are NaN or a nodata number that no class can have."""
    missing = np.isnan(numbers) if numbers.dtype.kind == "f" else np.zeros(numbers.shape, bool)
    if nodata is None:
        return (), missing
    if float(nodata).is_integer() and abs(nodata) < 2**63:
        return (int(nodata),), missing
    return (), missing | (numbers == nodata)


def _look_up(numbers: Ints, table: dict[int, int]) -> Ints:
    keys = np.array(sorted(table), np.int64)
    at = np.searchsorted(keys, numbers).clip(0, len(keys) - 1)
    ids = np.array([table[int(key)] for key in keys], np.int64)
    return np.asarray(np.where(keys[at] == numbers, ids[at], UNKNOWN))


def _rgb(numbers: np.ndarray, info: RasterInfo) -> np.ndarray:
    """Colours ``(3, h, w)`` of a mask with three bands or a palette."""
    if info.count >= 3:
        return numbers[:3]
    if info.palette is None:
        raise InputError(f"{info.path}: 'coding: color' but the mask has {info.count} band(s) and no palette")
    table = np.zeros((3, max(256, int(numbers[0].max()) + 1)), np.int64)
    for value, color in info.palette.items():
        table[:, value] = color
    return np.asarray(table[:, numbers[0]])


def _code(color: str) -> int:
    return int(color.removeprefix("#"), 16)


def _channels(codes: Ints) -> Ints:
    return np.stack([codes >> 16 & 255, codes >> 8 & 255, codes & 255], 1)


def _listed(known: Sequence[object], most: int = 8) -> str:
    return ", ".join(map(str, known[:most])) + (", ..." if len(known) > most else "")
