"""Captions say what is there, in many ways, and always the same for the same generator."""

import re

import numpy as np
import pytest

from eelib.data import world
from eelib.data.pairs.captions import MONTHS, caption
from eelib.data.pairs.facts import tile_facts
from eelib.data.pairs.phrases import listed, plural, there
from eelib.data.pairs.vocabulary import ground_words, group_of, piece_words
from eelib.data.windows import IGNORE


def tiles(region, count=60):
    windows = world.simulate_windows(region, 0, range(count), size=32, num_dates=1, difficulty=world.Difficulty(cloud=0))
    classes = world.REGIONS[region].classes
    return [
        tile_facts(mask, classes, day_of_year=int(day), region="Here") for mask, (day,) in zip(windows.mask, windows.dates, strict=True)
    ]


@pytest.fixture(scope="module", params=list(world.REGIONS))
def facts(request):
    return tiles(request.param)


def rng(*words):
    return np.random.default_rng(words)


def test_same_generator_same_caption(facts):
    assert [caption(each, rng(1, k)) for k, each in enumerate(facts)] == [caption(each, rng(1, k)) for k, each in enumerate(facts)]


def test_every_class_that_a_caption_names_is_in_the_tile(facts):
    every = {name for each in facts for name in each.shares}
    for k, each in enumerate(facts):
        text = caption(each, rng(2, k)).lower()
        # A word that belongs to one class only may appear only where this class is.
        for name in every - set(each.shares):
            own = {words[0] for words in [ground_words(name)] if group_of(name) == "crop"}
            assert not any(re.search(rf"\b{word}\b", text) for word in own), (name, text)


def test_one_tile_can_be_described_in_many_ways(facts):
    rich = max(facts, key=lambda each: len(each.shares))
    assert len({caption(rich, rng(3, k)) for k in range(100)}) > 80


def test_captions_read_like_sentences(facts):
    for k, each in enumerate(facts):
        text = caption(each, rng(4, k))
        assert text[0].isupper() and text == text.strip()
        assert not re.search(r"\s\s|\s[,.;:]|[{}]|\bNone\b|,,|\ba [aeiou]\w*", text), text
        assert not re.search(r"\bthere is (scattered|single|a few|some \w+s\b|bits)", text), text
        assert 1 <= len(text.split()) <= 45, text


def test_month_is_the_month_of_the_image(facts):
    said = 0
    for k, each in enumerate(facts):
        text = caption(each, rng(5, k))
        found = [month for month in MONTHS if month in text]
        assert found in ([], [MONTHS[each.month - 1]])
        said += len(found)
    assert said > 5


def test_the_whole_tile_is_only_spoken_of_where_it_is_mapped():
    tile = np.full((20, 20), IGNORE)
    tile[:8, :10] = 0
    part = tile_facts(tile, ("forest", "water"))
    texts = [caption(part, rng(6, k)) for k in range(60)]
    assert not any("most of the picture" in text or "edge to edge" in text or "mainly" in text for text in texts)


def test_any_class_name_can_be_described():
    tile = np.zeros((16, 16), np.int64)
    tile[:, 8:] = 1
    text = " ".join(caption(tile_facts(tile, ("Permanent_Crop", "LowVegetation")), rng(7, k)) for k in range(40)).lower()
    assert "permanent crop" in text and "low vegetation" in text and "_" not in text


def test_nothing_mapped_is_said_so():
    nothing = tile_facts(np.full((8, 8), IGNORE), ("forest",))
    assert all("mapped" in caption(nothing, rng(8, k)) or "No land cover" in caption(nothing, rng(8, k)) for k in range(9))


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("winter wheat", "crop"),
        ("Meadow", "grass"),
        ("not forest", "other"),
        ("Dense forest", "trees"),
        ("SeaLake", "water"),
        ("road", "built"),
        ("other", "other"),
    ],
)
def test_groups(name, group):
    assert group_of(name) == group


def test_grammar():
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert there("a few houses") == "there are a few houses"
    assert there("a river in the east") == "there is a river in the east"
    assert plural("fields of wheat") and not plural("grass") and plural("wheat and maize")
    assert piece_words("water", "band") == ("a river", "a stream")
