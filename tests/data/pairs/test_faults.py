"""Faults come at their dose, nested, and only where they are said to be."""

import numpy as np
import pytest

from eelib.data.pairs.faults import spoil
from eelib.data.pairs.settings import FAULTS, FaultDoses
from eelib.errors import InputError

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
TEXTS = [f"Wide fields of wheat beside wood number {word}" for word in WORDS] * 40


def other(row, rng):
    return f"ein Feld von oben {row}"


def again(row, rng):
    return f"retold {row}"


@pytest.mark.parametrize("kind", FAULTS)
def test_dose_is_the_share_and_a_larger_dose_contains_the_smaller(kind):
    low, high = (spoil(TEXTS, FaultDoses.only(kind, dose), 0, other, again)[1] for dose in (0.2, 0.6))
    for kinds, dose in ((low, 0.2), (high, 0.6)):
        assert set(kinds) == {"", kind}
        assert abs(np.mean([bool(each) for each in kinds]) - dose) < 4 * (dose * (1 - dose) / len(TEXTS)) ** 0.5
    assert all(b for a, b in zip(low, high, strict=True) if a)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_changes_the_caption_and_its_absence_does_not(kind):
    texts, kinds = spoil(TEXTS, FaultDoses.only(kind, 0.5), 1, other, again)
    for before, after, fault in zip(TEXTS, texts, kinds, strict=True):
        assert (before != after) == bool(fault)


def test_a_longer_pool_begins_with_the_shorter():
    short, long = spoil(TEXTS[:50], FaultDoses(), 0, other, again), spoil(TEXTS, FaultDoses(), 0, other, again)
    assert (long[0][:50], long[1][:50]) == short


def test_a_wrong_image_is_another_row_before_it():
    texts, kinds = spoil(TEXTS, FaultDoses.only("wrong_image", 1.0), 0, other, again)
    assert kinds[0] == "" and texts[0] == TEXTS[0]
    assert all(int(text.split()[1]) < row for row, text in enumerate(texts) if row)


def test_doses_above_one_are_refused():
    with pytest.raises(InputError, match=r"add up to 2\.17"):
        spoil(TEXTS[:3], FaultDoses(file_name=0.9, camera=0.9), 0, other, again)


def test_no_dose_no_fault():
    assert spoil(TEXTS, FaultDoses.none(), 0, other, again) == (TEXTS, [""] * len(TEXTS))
