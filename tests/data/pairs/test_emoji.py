"""Emoji: pictures cut at the right place, names in one split, captions in other languages only as a fault."""

import numpy as np
import pytest
from pair_files import emoji_folder

from eelib.data.fetch import location
from eelib.data.manifests import manifest
from eelib.data.pairs.emoji_names import LANGUAGES, base_name, emoji_caption, foreign_name, read_emoji, split_of
from eelib.data.pairs.emoji_pairs import cut_sheet, emoji_pairs
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError


@pytest.fixture
def folder(tmp_path):
    return emoji_folder(tmp_path / "emoji")


def test_every_picture_has_its_cell_name_tone_and_keywords(folder):
    every = read_emoji(folder)
    assert [one.name for one in every] == ["dog face", "cat face", "waving hand sign", "waving hand sign", "man farmer", "woman farmer"]
    assert every[3].tone == "light skin tone" and every[3].cell == (0, 3) and every[3].base == every[2].base
    assert every[0].keywords == ("thing", "nice thing")  # ":D" is no word


def test_the_sheet_is_cut_without_its_margins_and_laid_on_white(folder):
    sheet = folder / "package/img/google/sheets-clean/64.png"
    images = cut_sheet(sheet, [(1, 0), (0, 3), (3, 3)], 32)
    assert images.shape == (3, 3, 32, 32)
    assert (images[0] == np.array([0, 40, 100])[:, None, None]).all()
    assert (images[1] == np.array([200, 0, 0])[:, None, None]).all()
    assert (images[2] == 255).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MAN FARMER", "WOMAN FARMER"),
        ("PERSON IN MANUAL WHEELCHAIR FACING RIGHT", "man in manual wheelchair"),
        ("CLOCK FACE ONE OCLOCK", "CLOCK FACE TWELVE-THIRTY"),
        ("WOMAN: BEARD", "man: beard"),
    ],
)
def test_variants_share_a_base(one, other):
    assert base_name(one) == base_name(other)


def test_different_things_do_not():
    assert len({base_name(name) for name in ("DOG FACE", "CAT FACE", "MAN FARMER", "MAN COOK", "MAN")}) == 5


def test_splits_have_their_shares():
    names = [f"name {k}" for k in range(4000)]
    shares = [np.mean([split_of(name) == part for name in names]) for part in ("train", "validation", "test")]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.03)


def test_captions_hold_the_name_and_vary(folder):
    one = read_emoji(folder)[3]
    texts = [emoji_caption(one, np.random.default_rng(k)) for k in range(40)]
    assert all("waving hand sign with light skin tone" in text.lower() for text in texts)
    assert len(set(texts)) > 10


def test_other_languages_come_from_the_package(folder):
    dog = read_emoji(folder)[0]
    names = {foreign_name(dog, np.random.default_rng(k)) for k in range(60)}
    assert "hundegesicht" in {name.lower() for name in names} and len(names) == len(LANGUAGES)


def test_a_damaged_file_is_one_clear_line(folder):
    (folder / "package/emoji.json").write_text("[{}]")
    with pytest.raises(InputError, match=r"cannot be read .* `eelib data verify emoji`"):
        read_emoji(folder)


def test_not_fetched_says_how():
    with pytest.raises(InputError, match="run `eelib data fetch emoji`"):
        emoji_pairs(manifest("emoji"), PairSizes())


def test_pairs_of_the_miniature(tmp_path, monkeypatch):
    entry = manifest("emoji")
    emoji_folder(location(entry))
    names = {"dog face": "train", "cat face": "validation", "farmer": "train", "waving hand sign": "test"}
    monkeypatch.setattr("eelib.data.pairs.emoji_pairs.split_of", names.__getitem__)
    pairs = emoji_pairs(entry, PairSizes(train=10, validation=10, test=10, size=32))
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [3, 1, 2]
    assert len(set(pairs.test.place)) == 1 and not set(pairs.test.place) & set(pairs.train.place)
    assert [pairs.classes[label] for label in pairs.test.labels] == ["a person or a part of the body"] * 2
    assert pairs.validation.image([0])[0, 1, 5, 5] == pytest.approx(40 / 255)
