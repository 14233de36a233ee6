"""Edits of captions: which, how often, never empty, the same for the same draw."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eelib.data.synonyms import load_synonyms, readable
from eelib.data.text_augment import STOP_WORDS, TextAugment
from eelib.errors import InputError

CAPTION = "A satellite picture of maize fields, bordered by a river"
TABLE = {"river": ("stream", "water course"), "fields": ("plots",), "of": ("about",)}


@pytest.fixture
def augment():
    return TextAugment(TABLE)


def test_the_same_seed_step_and_row_give_the_same_edit_in_any_batch(augment):
    rows = list(range(40))
    whole = augment([CAPTION] * 40, seed=3, step=7, rows=rows)
    assert whole == augment([CAPTION] * 40, 3, 7, rows)
    assert whole[20:] == augment([CAPTION] * 20, 3, 7, rows[20:])  # the second of two ranks
    assert whole != augment([CAPTION] * 40, 4, 7, rows)
    assert whole != augment([CAPTION] * 40, 3, 8, rows)
    assert len(set(whole)) > 10


def test_only_synonyms_that_can_be_read_are_drawn():
    table = readable(TABLE, lambda text: text != "water course")
    assert table == {"river": ("stream",), "fields": ("plots",), "of": ("about",)}
    assert readable(TABLE, lambda text: text == "plots") == {"fields": ("plots",)}, "a word without one stays as it is"
    assert readable(TABLE, lambda text: True) == TABLE
    augment = TextAugment(readable(TABLE, lambda text: False))
    assert {" ".join(augment.replace(CAPTION.split(), random.Random(n))) for n in range(9)} == {CAPTION}


def test_global_random_state_is_neither_read_nor_changed(augment):
    random.seed(0)
    before = random.getstate()
    first = augment([CAPTION], 0, 0, [0])
    assert random.getstate() == before
    random.seed(1)
    assert augment([CAPTION], 0, 0, [0]) == first


def test_replacement_changes_one_word_and_keeps_its_punctuation(augment):
    found = {" ".join(augment.replace(CAPTION.split(), random.Random(n))) for n in range(60)}
    assert found == {
        CAPTION.replace("river", "stream"),
        CAPTION.replace("river", "water course"),
        CAPTION.replace("fields,", "plots,"),
    }  # "of" is a stop word although the table has it
    assert augment.replace(["no", "match"], random.Random(0)) == ["no", "match"]


def test_swap_exchanges_two_words(augment):
    words = ["one", "two", "three", "four", "five"]
    for n in range(30):
        swapped = augment.swap(words, random.Random(n))
        assert sorted(swapped) == sorted(words)
        assert sum(a != b for a, b in zip(words, swapped, strict=True)) == 2
    assert words == ["one", "two", "three", "four", "five"]


def test_deletion_rate_and_order(augment):
    words = [str(n) for n in range(50)]
    kept = [augment.delete(words, random.Random(n)) for n in range(200)]
    share = sum(map(len, kept)) / (200 * 50)
    assert abs(share - 0.9) < 4 * (0.9 * 0.1 / 10_000) ** 0.5
    assert all(sorted(part, key=int) == part for part in kept)


def test_deletion_leaves_one_word():
    kept = Counter(" ".join(TextAugment(TABLE, 0.99).delete(["a", "b", "c"], random.Random(n))) for n in range(300))
    assert "" not in kept
    assert min(kept[word] for word in "abc") > 50


def test_the_three_edits_are_equally_likely(augment):
    words = ["the", "river", "is", "near", "the", "fields"]
    edits = [augment.edit(" ".join(words), random.Random(n)).split() for n in range(3000)]
    replaced = sum("stream" in edit or "water" in edit or "plots" in edit for edit in edits)
    shorter = sum(len(edit) < 6 for edit in edits)
    assert abs(replaced / 3000 - 1 / 3) < 0.035
    # Deletion leaves six words untouched with probability .9^6 = .531.
    assert abs(shorter / 3000 - (1 - 0.9**6) / 3) < 0.035


@given(st.text(max_size=60), st.integers(0, 10))
def test_no_caption_is_emptied(caption, row):
    edited = TextAugment(TABLE, 0.9)([caption], 0, 0, [row])[0]
    assert bool(edited.strip()) == bool(caption.strip())


@pytest.mark.parametrize("caption", ["river", " river! ", ""])
def test_a_single_word_stays(augment, caption):
    assert set(augment([caption] * 30, 0, 0, range(30))) == {caption}


def test_own_table_is_symmetric_and_holds_no_stop_word():
    synonyms = load_synonyms()
    assert len(synonyms) > 300
    assert all(word in synonyms[other] for word, others in synonyms.items() for other in others)
    assert not STOP_WORDS & set(synonyms)
    assert "corn" in synonyms["maize"]
    assert "grassland" not in synonyms.get("meadow", ())


def test_wordnet_folder_is_read(tmp_path):
    noun = "  1 This software is licensed\n00001740 03 n 02 maize 0 Indian_corn 0 001 @ 00001930 n 0000 | tall annual  \n"
    for part in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{part}").write_text(noun if part == "noun" else "00001740 00 a 02 arid 0 dry(a) 0 000 | no rain  \n")
    synonyms = load_synonyms(tmp_path)
    assert synonyms == {"maize": ("indian corn",), "indian corn": ("maize",), "arid": ("dry",), "dry": ("arid",)}


def test_bad_input_is_named(augment, tmp_path):
    with pytest.raises(InputError, match=r"cannot read synonyms from .*none.csv: No such file"):
        load_synonyms(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"caf\xe9,bar\n")
    with pytest.raises(InputError, match=r"latin.csv: not UTF-8"):
        load_synonyms(tmp_path / "latin.csv")
    (tmp_path / "empty.csv").write_text("# nothing\nlonely\n")
    with pytest.raises(InputError, match="no group of two or more words"):
        load_synonyms(tmp_path / "empty.csv")
    with pytest.raises(InputError, match="2 captions need as many row numbers, got 1"):
        augment(["a", "b"], 0, 0, [0])
    with pytest.raises(InputError, match="deletion=1 must be"):
        TextAugment(TABLE, 1)
