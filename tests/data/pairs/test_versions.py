"""V1-like and V2-like sets have equal counts and the same pool behind them."""

import numpy as np
import pytest

from eelib.data.pairs.containers import Pairs, held
from eelib.data.pairs.settings import FaultDoses, PairSizes
from eelib.data.pairs.versions import Pool, versioned
from eelib.errors import InputError

WORDS = ["oak", "elm", "ash", "fir", "yew", "fig", "bay", "box", "may", "ivy"]


def text(row):
    return f"The {WORDS[row % 10]} beside the {WORDS[row // 10 % 10]} and the {WORDS[row // 100 % 10]} in field"


def pool(most=None):
    def draw(count):
        images = np.arange(count, dtype=np.float32)[:, None, None, None] / 1000
        return Pairs(
            "toy", "Toy", tuple(text(k) for k in range(count)), held(images), np.arange(count), np.zeros(count, np.int64), True, "toy"
        )

    return Pool(draw, lambda row, rng: "Felder und Wald von oben", lambda row, rng: text(row), most)


def sizes(version, train=200, **doses):
    return PairSizes(train=train, version=version, doses=FaultDoses(**doses) if doses else FaultDoses())


@pytest.mark.parametrize("most", [None, 500])
def test_equal_counts(most):
    counts = {version: len(versioned(pool(most), sizes(version))[0]) for version in ("clean", "v1", "v2")}
    assert counts == {"clean": 200, "v1": 200, "v2": 200}


def test_a_finite_pool_cuts_both_versions_alike():
    v1, v2 = (versioned(pool(300), sizes(version, train=300))[0] for version in ("v1", "v2"))
    assert len(v1) == len(v2) < 250


@pytest.mark.parametrize("most", [None, 300])
@pytest.mark.parametrize("dose", [0.2, 0.8])
def test_spoilt_captions_are_as_many_as_clean_ones_whatever_the_dose(most, dose):
    doses = FaultDoses.only("camera", dose).model_dump()
    clean, spoilt, v1 = (versioned(pool(most), sizes(version, 300, **doses))[0] for version in ("clean", "spoilt", "v1"))
    assert len(clean) == len(spoilt) == 300
    assert np.mean([bool(fault) for fault in spoilt.faults]) == pytest.approx(dose, abs=0.08)
    assert np.array_equal(spoilt.place, clean.place) and len(v1) == (300 if most is None else sum(not fault for fault in spoilt.faults))
    if most is None:  # of an endless pool V1 is nothing else
        assert spoilt.texts == v1.texts


def test_v1_has_the_faults_and_v2_hardly_any():
    v1, v2 = (versioned(pool(), sizes(version))[0] for version in ("v1", "v2"))
    faulty = [np.mean([bool(kind) and kind != "wrong_image" for kind in part.faults]) for part in (v1, v2)]
    assert faulty[0] > 0.3 and faulty[1] < 0.05


def test_v2_is_the_pool_in_order_with_images_and_captions_together():
    v2, report = versioned(pool(), sizes("v2"))
    rows = (v2.image(np.arange(200)).ravel() * 1000).round().astype(int)
    assert rows.tolist() == report.kept[:200].tolist() == v2.place.tolist()
    for row, said, fault in zip(rows, v2.texts, v2.faults, strict=True):
        assert fault or said == text(row)


def test_a_filter_that_removes_everything_says_so():
    with pytest.raises(InputError, match="use version=clean"):
        versioned(pool(50), sizes("v2", train=50, **FaultDoses.only("camera", 1.0).model_dump()))


def test_captions_of_others_get_no_faults():
    own = Pool(pool().draw, None, None, 400)
    assert versioned(own, sizes("v1"))[0].faults is None
