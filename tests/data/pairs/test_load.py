"""Sets of pairs by name."""

import pytest

from eelib.data.pairs.load import load_pairs, pair_names
from eelib.data.pairs.settings import FaultDoses, PairSizes
from eelib.errors import InputError


def test_names_cover_regions_samples_and_the_literature():
    assert {"germany", "south_sudan", "brandenburg", "emoji", "rsicd", "yfcc15m_v1", "yfcc15m_v2", "imagenet"} <= set(pair_names())


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(InputError, match="unknown set of pairs 'emojy': did you mean 'emoji'"):
        load_pairs("emojy", PairSizes())


def test_a_manifest_that_is_missing_is_one_clear_line():
    with pytest.raises(InputError, match=r"nowhere\.yaml: cannot be read"):
        load_pairs("nowhere.yaml", PairSizes())


def test_settings_refuse_what_they_do_not_know():
    for wrong in ({"version": "v3"}, {"train": 1}, {"trian": 4}, {"size": 9}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            PairSizes(**wrong)
    assert FaultDoses.only("camera", 0.5).of("camera") == 0.5 and FaultDoses.none().of("long") == 0
