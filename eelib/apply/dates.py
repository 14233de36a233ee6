"""When a scene was taken: from its name, or as the user says."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from eelib.errors import InputError

IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(\d{2})\2(\d{2})(?=\D|$|\d{6}(?!\d))")


def date_in(name: str) -> datetime.date | None:
    """First calendar date in a file name, written ``20170216``, ``2017-02-16`` or ``2017_02_16``."""
    for year, _, month, day in IN_NAME.findall(name):
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def dates_of(paths: Sequence[Path], given: str | None) -> list[datetime.date]:
    """A date per file.

    Args:
        paths: The files, in the order in which the user named them.
        given: Dates in that order, separated by commas: ``2017-02-16``, ``20170216``, or a day of the year alone; None: those in the names.

    Raises:
        InputError: A name holds no date, a given date is none, or their number does not fit.
    """
    if given is None:
        found = [date_in(path.name) for path in paths]
        for path, date in zip(paths, found, strict=True):
            if date is None:
                raise InputError(f"{path}: no date in the name (such as 20170216), and the network needs one: give --dates 2017-02-16")
        return [date for date in found if date is not None]
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != len(paths):
        raise InputError(f"--dates: {len(parts)} dates for {len(paths)} scene(s); give one per scene, in the same order")
    return [_parsed(part) for part in parts]


def _parsed(text: str) -> datetime.date:
    if text.isdecimal() and 1 <= int(text) <= 366:
        return datetime.date(2000, 1, 1) + datetime.timedelta(days=int(text) - 1)  # 2000 has 366 days
    date = date_in(text)
    if date is None:
        raise InputError(f"--dates: '{text}' is no date; write 2017-02-16, 20170216, or a day of the year from 1 to 366")
    return date


def day_of_year(date: datetime.date) -> int:
    """1 to 366."""
    return date.timetuple().tm_yday
