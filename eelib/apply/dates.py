"""When a scene was taken: from its name, or as the user says."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from eelib.data.own.dates import dated
from eelib.errors import InputError

When = datetime.date | int  # a date, or where the year is not known a day of the year


def date_in(name: str) -> datetime.date | None:
    """First calendar date in a file name, as own data finds it."""
    found = dated(name)
    return found[1] if found else None


def dates_of(paths: Sequence[Path], given: str | None, seen: tuple[int, int] | None = None) -> list[When]:
    """A date per file.

    Args:
        paths: The files, in the order in which the user named them.
        given: Dates in that order, separated by commas: ``2017-02-16``, ``20170216``, or a day of the year alone; None: those in the names.
        seen: First and last day of the year of the network's training, where known. If it was one day, files without a date have that.

    Raises:
        InputError: A name holds no date, a given date is none, or their number does not fit.
    """
    if given is None:
        found = [date_in(path.name) for path in paths]
        for path, date in zip(paths, found, strict=True):
            if date is None and only_day(seen) is None:
                raise InputError(_dateless(path, seen))
        return [date or only_day(seen) or 0 for date in found]
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != len(paths):
        raise InputError(f"--dates: {len(parts)} dates for {len(paths)} scene(s); give one per scene, in the same order")
    return [_parsed(part) for part in parts]


def only_day(seen: tuple[int, int] | None) -> int | None:
    """The day of the year that a network has seen, if it is one, as after a training on images without dates."""
    return seen[0] if seen and seen[0] == seen[1] else None


def _dateless(path: Path, seen: tuple[int, int] | None) -> str:
    days = f", or a day of the year from {seen[0]} to {seen[1]}, as in its training" if seen else ""
    return f"{path}: no date in the name (such as 20170216), and the network needs one: give --dates 2017-02-16{days}"


def _parsed(text: str) -> When:
    if text.isdecimal() and 1 <= int(text) <= 366:
        return int(text)
    date = date_in(text)
    if date is None:
        raise InputError(f"--dates: '{text}' is no date; write 2017-02-16, 20170216, or a day of the year from 1 to 366")
    return date


def day_of_year(when: When) -> int:
    """1 to 366."""
    return when if isinstance(when, int) else when.timetuple().tm_yday


def in_order(when: When) -> datetime.date:
    """What dates are sorted by; days of the year among themselves, before the dates of our years."""
    return datetime.date(2000, 1, 1) + datetime.timedelta(days=when - 1) if isinstance(when, int) else when  # 2000 has 366 days


def date_text(when: When) -> str:
    """``2017-02-16`` or ``day 47``."""
    return f"day {when}" if isinstance(when, int) else str(when)
