"""The page on the image-text study names settings that exist, with the defaults that they have."""

import re
from pathlib import Path

import pytest

from eelib import settings_pairs
from eelib.settings_pairs import TERMS
from eelib.study.pair_methods import METHODS, TITLES

PAGE = (Path(__file__).parents[1] / "docs" / "clip_benchmark.md").read_text(encoding="utf-8")
SWITCHES = re.findall(r"`([A-Z]\w+)\.(\w+)`(?: = ([\w.]+\w))?", PAGE)


def test_all_details_are_decided():
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 33))


@pytest.mark.parametrize(("model", "field", "default"), SWITCHES)
def test_switches_exist_and_have_the_stated_default(model, field, default):
    known = getattr(settings_pairs, model).model_fields
    assert field in known
    if default:
        value = known[field].default
        assert (str(value) if not isinstance(value, float) else f"{value:g}") == default


@pytest.mark.parametrize("term", TERMS)
def test_the_table_of_weights_is_the_code(term):
    row = re.search(rf"^\| `{term}` \|(.*)$", PAGE, re.MULTILINE)[1].split("|")
    for cell, name in zip(row[1:6], TITLES, strict=True):
        assert float(cell.strip() or 0) == pytest.approx(getattr(METHODS[name].weights, term))
