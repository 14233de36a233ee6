"""How the numbers and bands of a file become what a network reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eelib.data.own.pixels import DEFAULT_SCALES
from eelib.errors import InputError


@dataclass(frozen=True)
class Reading:
    """How files become reflectance.

    Attributes:
        bands: Names of the files' bands, in order; None: as the files say, else those of the network.
        dates: Of the scenes, see :func:`dates_of`.
        scale: Factor to reflectance; None: as the file says, else by its type (8 bit: 1/255, 16 bit: 1e-4, floating point: 1).
        offset: Added to the numbers in the file before that.
        nodata: Number that marks missing pixels, besides what the files declare.
        georeferenced: Whether a coordinate reference system is required.
    """

    bands: tuple[str, ...] | None = None
    dates: str | None = None
    scale: float | None = None
    offset: float = 0.0
    nodata: float | None = None
    georeferenced: bool = True


def band_indexes(
    name: str, count: int, named: tuple[str, ...] | None, wanted: tuple[str, ...], given: tuple[str, ...] | None
) -> tuple[int, ...]:
    """Band numbers, from 1, in the network's order: by name where names are known; else number and order must be the network's.

    Args:
        name: Of the file, for messages.
        count: Bands in the file.
        named: Their names, where the file has them for all.
        wanted: The network's bands.
        given: Their names as the user gives them.

    Raises:
        InputError: A band is missing, or the number does not fit.
    """
    if given is not None and len(given) != count:
        raise InputError(f"{name}: --bands names {len(given)} bands but the file has {count}; name all, in the file's order")
    names = given or named
    if names is None:
        if count != len(wanted):
            raise InputError(
                f"{name}: {count} bands without names but the network reads {len(wanted)} ({', '.join(wanted)}): "
                "name all of the file's with --bands"
            )
        return tuple(range(1, count + 1))
    absent = [band for band in wanted if band not in names]
    if absent:  # no other band is proposed for one: a network makes nothing of what it was not trained on
        has = "--bands names" if given else "the file has"
        remedy = (
            "correct --bands if a name is misspelt"
            if given
            else "if only the names differ, name all bands in the file's order with --bands"
        )
        raise InputError(f"{name}: the network reads {', '.join(wanted)}, {has} {', '.join(names)}; missing: {', '.join(absent)}; {remedy}")
    return tuple(names.index(band) + 1 for band in wanted)


def factor_and_offset(source: Any, index: int, reading: Reading) -> tuple[float, float]:  # noqa: ANN401
    """Factor and offset of a band, reflectance being ``(number + offset) * factor``.

    Raises:
        InputError: There is no usual scale for the type of the numbers.
    """
    declared = source.scales[index - 1], source.offsets[index - 1]
    dtype = source.dtypes[index - 1]
    if reading.scale is None and declared != (1.0, 0.0):
        return declared[0], declared[1] / declared[0] + reading.offset
    factor = reading.scale or DEFAULT_SCALES.get(dtype)
    if factor is None:
        raise InputError(f"{source.name}: numbers of type {dtype} have no usual scale; give --scale, the factor to reflectance")
    return factor, reading.offset
