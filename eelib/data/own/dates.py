"""Dates in file names."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from eelib.errors import InputError

IN_NAME = re.compile(r"(?<!\d)(?P<Y>(?:19|20)\d{2})(?P<between>[-_.]?)(?P<m>\d{2})(?P=between)(?P<d>\d{2})(?=\D|$|\d{6}(?!\d))")
DIRECTIVES = {"%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d{2})", "%d": r"(?P<d>\d{2})", "%j": r"(?P<j>\d{3})"}


def date_finder(pattern: str, where: str) -> re.Pattern[str]:
    """A regular expression from a pattern such as ``S2_%Y%m%d``; it may match anywhere in a name.

    Args:
        pattern: Text with ``%Y``, and ``%m`` and ``%d``, or ``%j``.
        where: The manifest, for messages.

    Raises:
        InputError: The pattern does not determine a day.
    """
    parts = re.split(r"(%.)", pattern)
    used = [part for part in parts if part.startswith("%")]
    if sorted(used) not in (["%Y", "%d", "%m"], ["%Y", "%j"]):
        raise InputError(f"{where}: date: '{pattern}' must hold %Y with %m and %d, or with %j, each once; for example '%Y%m%d'")
    return re.compile("".join(DIRECTIVES.get(part) or re.escape(part) for part in parts))


def dated(name: str) -> tuple[re.Match[str], date] | None:
    """Where in a name its first calendar date stands, with groups ``Y``, ``between``, ``m`` and ``d``, and the date.

    Written ``20170216``, ``2017-02-16``, ``2017_02_16`` or ``2017.02.16``; the time of the day may follow as six digits.
    """
    for found in IN_NAME.finditer(name):
        try:
            return found, date(int(found["Y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
    return None


def date_of(path: Path, finder: re.Pattern[str], pattern: str) -> date:
    """The date in a file's name.

    Raises:
        InputError: There is none, or no such day exists.
    """
    for found in finder.finditer(path.stem):
        part = {key: int(value) for key, value in found.groupdict().items()}
        try:
            if "j" not in part:
                return date(part["Y"], part["m"], part["d"])
            day = date(part["Y"], 1, 1) + timedelta(days=part["j"] - 1)
            if day.year == part["Y"] and part["j"] > 0:
                return day
        except ValueError:
            continue
    raise InputError(f"{path}: no date of the form '{pattern}' in the name; correct 'date' in the manifest or rename the file")
