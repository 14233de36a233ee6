"""Several sets of pairs as one."""

from dataclasses import replace

import numpy as np
import pytest
from toy_pairs import toy_pairs, toy_set

from eelib.data.pairs import pooled
from eelib.data.pairs.load import pair_fingerprint
from eelib.data.pairs.pooled import load_data
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError
from eelib.settings_pairs import PairData

DATA = PairData(sets=("one", "two"), sizes=PairSizes(train=7, validation=4, test=4))


@pytest.fixture
def sets(monkeypatch):
    known = {"one": replace(toy_set(), name="one"), "two": replace(toy_set(), name="two")}

    def load(name, sizes):
        parts = {part: toy_pairs(getattr(sizes, part), seed=n) for n, part in enumerate(("train", "validation", "test"))}
        return replace(known[name], **parts)

    monkeypatch.setattr(pooled, "load_pairs", load)
    return known


def test_the_total_stays_and_rows_keep_their_owner(sets):
    data = load_data(DATA)
    assert (len(data.train), len(data.validation), len(data.test)) == (7, 4, 4)
    first, second = toy_pairs(4, seed=0), toy_pairs(3, seed=0)
    rows = [6, 0, 4, 3]
    expected = np.stack([second.image([2])[0], first.image([0])[0], second.image([0])[0], first.image([3])[0]])
    assert np.array_equal(data.train.image(rows), expected)
    assert data.train.captions(rows) == [second.texts[2], first.texts[0], second.texts[0], first.texts[3]]
    assert data.train.labels.tolist() == [*first.labels, *second.labels]
    assert len(np.unique(data.train.place)) == 7  # equal place numbers of different sets are different places
    assert data.title == "Toy and Toy" and data.train.day_of_year is None


def test_one_set_is_itself(sets):
    assert load_data(PairData(sets=("one",), sizes=DATA.sizes)).name == "one"


@pytest.mark.parametrize(("what", "change"), [("bands", {"bands": ("x", "y", "z")}), ("classes", {"classes": ("x",)})])
def test_sets_that_differ_cannot_be_pooled(sets, what, change):
    sets["two"] = replace(sets["two"], **change)
    with pytest.raises(InputError, match=f"different {what}"):
        load_data(DATA)


def test_the_fingerprint_of_simulated_sets_needs_no_images():
    sizes = (PairSizes(), PairSizes(cloud=1.0))
    assert len({pair_fingerprint(name, size) for name in ("germany", "ghana") for size in sizes}) == 4
