"""Dates of scenes."""

import datetime
from pathlib import Path

import pytest

from eelib.apply.dates import date_in, date_text, dates_of, day_of_year, in_order
from eelib.errors import InputError

WINTER = datetime.date(2017, 2, 16)


@pytest.mark.parametrize(
    "name",
    [
        "T33UUU_20170216T102101_B02.jp2",
        "scene 2017-02-16.tif",
        "2017_02_16.tif",
        "a.2017.02.16.tif",
        "12345678_20170216.tif",
        "20170216102101.tif",
    ],
)
def test_in_a_name(name):
    assert date_in(name) == WINTER


@pytest.mark.parametrize("name", ["scene.tif", "20171316.tif", "2017021.tif", "201702160.tif", "2017-0216.tif"])
def test_no_date_in_a_name(name):
    assert date_in(name) is None


def test_as_the_user_gives_them():
    paths = [Path("a.tif"), Path("b.tif"), Path("c.tif")]
    assert [day_of_year(date) for date in dates_of(paths, "2017-02-16, 20201231,200")] == [47, 366, 200]


def test_what_is_wrong_is_named():
    with pytest.raises(InputError, match=r"a\.tif: no date in the name .* --dates"):
        dates_of([Path("a.tif")], None)
    with pytest.raises(InputError, match="1 dates for 2 scene"):
        dates_of([Path("a.tif"), Path("b.tif")], "47")
    for text in ("367", "0", "yesterday", "2017-02-30"):
        with pytest.raises(InputError, match=f"'{text}' is no date"):
            dates_of([Path("a.tif")], text)


def test_days_of_the_year_stay_what_they_are():
    given = dates_of([Path("a.tif"), Path("b.tif"), Path("c.tif")], "182,2017-02-16,47")
    assert [date_text(when) for when in sorted(given, key=in_order)] == ["day 47", "day 182", "2017-02-16"]


def test_files_without_date_have_the_only_day_of_the_training():
    paths = [Path("a.tif"), Path("b_20170216.tif")]
    assert dates_of(paths, None, (182, 182)) == [182, WINTER]
    with pytest.raises(InputError, match="a day of the year from 47 to 310"):
        dates_of(paths, None, (47, 310))
