"""Dates in file names."""

from datetime import date
from pathlib import Path

import pytest

from eelib.data.own.dates import date_finder, date_of
from eelib.errors import InputError


@pytest.mark.parametrize(
    ("pattern", "name", "day"),
    [
        ("%Y%m%d", "S2A_20210315T101021.tif", date(2021, 3, 15)),
        ("_%Y-%m-%d", "photo_2020-02-29_a.png", date(2020, 2, 29)),
        ("%Y%j", "LC08_2020366.tif", date(2020, 12, 31)),
        ("%d.%m.%Y", "01.12.1999.jpg", date(1999, 12, 1)),
        ("%Y%m%d", "tile_99999999_20210101.tif", date(2021, 1, 1)),
    ],
)
def test_a_date_is_found_anywhere_in_the_name(pattern, name, day):
    assert date_of(Path(name), date_finder(pattern, "m"), pattern) == day


@pytest.mark.parametrize("name", ["photo.tif", "20211301.tif", "2021.tif"])
def test_a_name_without_such_a_date_is_named(name):
    with pytest.raises(InputError, match=rf"{name}: no date of the form '%Y%m%d'"):
        date_of(Path(name), date_finder("%Y%m%d", "m"), "%Y%m%d")


def test_day_366_of_a_common_year_is_no_date():
    with pytest.raises(InputError, match="no date"):
        date_of(Path("2021366.tif"), date_finder("%Y%j", "m"), "%Y%j")


@pytest.mark.parametrize("pattern", ["%Y%m", "%H%M", "date", "%Y%m%d%d", "%m%d"])
def test_a_pattern_that_leaves_the_day_open_is_refused(pattern):
    with pytest.raises(InputError, match=r"my\.yaml: date: .* must hold %Y"):
        date_finder(pattern, "my.yaml")
