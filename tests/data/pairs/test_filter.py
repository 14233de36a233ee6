"""The filter: each rule on texts it should and should not remove, and its scores on a pool whose faults are known."""

from collections import Counter

import numpy as np
import pytest

from eelib.data.pairs import world_tiles
from eelib.data.pairs.filter import RULES, FilterReport, PoolFacts, filter_captions, normal_form
from eelib.data.pairs.language import is_english, lexicon
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.world_pairs import world_pairs

POOL = PoolFacts(1000, Counter({"all rights reserved": 30, "a b c d": 3}), frozenset({"wheat", "barley", "river"}), 77)

REMOVED = {
    "file name": ["IMG_2043.JPG", "DSC01234", "P1010023.tif", "sunset over the bay.jpeg", "S2A_MSIL2A_20200612T103031"],
    "camera": ["OLYMPUS DIGITAL CAMERA", "Canon EOS 5D, ISO 400", "taken at f/8 and 1/250 s", "SONY DSC"],
    "web": [
        "see https://a.example/b",
        "<b>fields</b> of wheat",
        "more on www.a.example",
        "wheat &amp; barley by the road",
        "visit flickr.com for more",
    ],
    "short": ["wheat", "12 34", "green field", ""],
    "long": ["one more word " * 20],
    "boilerplate": ["All rights reserved!"],
    "language": ["Felder und Wald von oben", "vue aérienne sur les champs", "поле и лес сверху", "Weizen Gerste Raps"],
}
KEPT = [
    "Fields of wheat with a river in the north",
    "A 10 m wide stream beside 3 houses",
    "April 2020: the fields are green",
    "wheat, barley, river",
    "B&B at the lake, seen from above",
    "The Canon river valley in the dry season",
    "1914-1918 trenches near the wood",
]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in REMOVED.items() for text in texts])
def test_a_rule_removes_what_it_is_for(rule, text):
    assert RULES[rule](text, POOL)


@pytest.mark.parametrize("text", KEPT)
def test_no_rule_removes_an_ordinary_caption(text):
    assert [name for name, rule in RULES.items() if rule(text, POOL)] == []


def test_of_repeated_captions_the_first_is_kept_and_few_copies_are_no_boilerplate():
    texts = ["A wood beside the fields", "A river in the north", "a wood, beside the fields!", "There is a village here"]
    report = filter_captions(texts)
    assert report.kept.tolist() == [0, 1, 3]
    assert report.removed["duplicate"] == 1


def test_each_removed_caption_counts_once():
    report = filter_captions(["IMG_0001.JPG", "<a>IMG_0002.JPG</a>", "wheat", "The fields of wheat"])
    assert sum(report.removed.values()) == 4 - len(report.kept) == 3
    assert report.lines()[0] == "filter: 1 of 4 captions kept"


def test_the_context_decides_what_is_too_long():
    text = "the quick river runs beside the old wood and the new fields of wheat"
    assert filter_captions([text], context=77).kept.size == 1
    assert filter_captions([text], context=16).kept.size == 0


def filter_scores(report, faults):
    """How well the filter did where the faults are known: the share of removed captions that had one, and of faulty ones removed."""
    gone, bad = np.array([bool(reason) for reason in report.reasons]), np.array([bool(kind) for kind in faults])
    names = np.array(faults)
    recalls = {f"recall {kind}": gone[names == kind].mean() for kind in set(faults) - {""}}
    return {"precision": bad[gone].mean(), "recall": gone[bad].mean(), **recalls}


def test_scores_from_hand_counts():
    report = FilterReport(("web", "", "short", ""), {})
    scores = filter_scores(report, ["web", "wrong_image", "", ""])
    assert scores == {"precision": 0.5, "recall": 0.5, "recall web": 1.0, "recall wrong_image": 0.0}


def test_a_pool_teaches_its_own_words():
    known = lexicon(["a field of sorghum", "Feld mit Hirse"])
    assert "sorghum" in known and "hirse" not in known
    assert is_english("sorghum field", known) and not is_english("hirse feld", known)


def test_normal_form_ignores_case_numbers_and_punctuation():
    assert normal_form("Photo 12, of  the day!") == normal_form("photo 7 of the Day")


def test_scores_on_a_pool_with_known_faults_which_the_filter_never_sees(monkeypatch):
    monkeypatch.setattr(world_tiles, "CHUNK", 100)
    world_tiles._chunk.cache_clear()
    pool = world_pairs("ghana", PairSizes(train=300, validation=1, test=1, size=16, version="v1")).train
    scores = filter_scores(filter_captions(pool.texts), pool.faults)
    assert scores["precision"] > 0.93
    for kind in ("file_name", "camera", "web", "language", "short", "long"):
        assert scores[f"recall {kind}"] > 0.9, scores
    assert scores["recall wrong_image"] < 0.2  # no rule on texts can see it
