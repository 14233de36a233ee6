"""Token ids against open_clip's, special ids, truncation, compact vocabularies, checkpoints."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eelib.data import bpe
from eelib.data.tokens import Tokenizer
from eelib.errors import InputError

CAPTIONS = [
    "a field of maize beside a river",
    "Winter wheat, seen in MAY 2021!",
    "caf\u00e9 &amp; tr\u00e9s    \u4e2d\u6587 d'or",
    "",
    "it's 42% built-up",
]


@pytest.fixture(scope="module")
def reference():
    return bpe._tokenizer_module().SimpleTokenizer()


def test_plain_ids_equal_those_of_open_clip(reference):
    tokens = Tokenizer("clip").encode(CAPTIONS)
    assert tokens.ids.dtype == np.int64
    np.testing.assert_array_equal(tokens.ids, reference(CAPTIONS).numpy())
    np.testing.assert_array_equal(tokens.eot, reference(CAPTIONS).numpy().argmax(1))


def test_known_ids():
    # "a photo of a cat" as in the CLIP paper's code.
    assert Tokenizer("clip").encode(["a photo of a cat"]).ids[0, :8].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407, 0]
    assert Tokenizer("declip").encode(["a photo of a cat"]).ids[0, :8].tolist() == [49407, 320, 1125, 539, 320, 2368, 49408, 0]


@example("\x8cÀ")  # a repair that must not be made twice
@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30) | st.text("abcXYZ 0123'&;.,!<>\t\n|_-", max_size=30))
def test_any_text_is_split_as_open_clip_splits_it(text):
    theirs = [i for i in bpe._encoding().encode(text) if i < bpe.NUM_PIECES]
    assert [i for word in bpe.words_of(text) for i in bpe.pieces_of(word)] == theirs


def test_sizes_and_special_ids():
    clip, declip = Tokenizer("clip"), Tokenizer("declip")
    assert (clip.size, clip.mask_id, clip.sot_id, clip.eot_id) == (49_408, None, 49_406, 49_407)
    assert (declip.size, declip.mask_id, declip.sot_id, declip.eot_id) == (49_409, 49_406, 49_407, 49_408)
    assert declip.special == (0, 49_406, 49_407, 49_408)
    assert not set(declip.special) & set(declip.ordinary)
    assert declip.ordinary[-1] == 49_405


@pytest.mark.parametrize("mode", ["clip", "declip"])
def test_long_captions_keep_the_start_the_first_words_and_the_end(mode):
    tokenizer = Tokenizer(mode, 10)
    long, exact = " ".join(f"word{i}" for i in range(20)), "a a a a a a a a"
    tokens = tokenizer.encode([long, exact, "a"])
    content = Tokenizer(mode, 77).encode([long]).ids[0, 1:9].tolist()
    assert tokens.ids[0].tolist() == [tokenizer.sot_id, *content, tokenizer.eot_id]
    assert tokens.truncated.tolist() == [True, False, False]
    assert tokens.eot.tolist() == [9, 9, 2]
    assert (tokens.ids[2, 3:] == 0).all()


def test_end_of_text_is_found_although_a_mark_has_the_id_of_the_pad():
    tokens = Tokenizer("declip", 8).encode(["wow ! !"])
    assert tokens.eot.tolist() == [4]
    assert tokens.ids[0, 4] == 49_408


def test_special_tokens_cannot_be_written_in_a_caption():
    for tokenizer in (Tokenizer("clip"), Tokenizer.fit(["a field"])):
        tokens = tokenizer.encode(["a <end_of_text> field <start_of_text>"])
        assert (tokens.ids == tokenizer.eot_id).sum() == 1
        assert tokens.ids.tolist() == tokenizer.encode(["a field"]).ids.tolist()


def test_compact_ids_are_dense_and_read_the_same():
    tokenizer = Tokenizer.fit(["a river and a field", "a lake!"], context=12)
    tokens = tokenizer.encode(["a river and a field", "a lake!"])
    content = set(tokens.ids.flatten().tolist()) - set(tokenizer.special)
    assert content == set(tokenizer.ordinary)
    assert tokenizer.size == len(tokenizer.ordinary) + 5
    assert [tokenizer.decode(row) for row in tokens.ids] == ["a river and a field", "a lake !"]
    assert tokenizer.unknown_id not in tokens.ids
    assert sorted([*tokenizer.ordinary, *tokenizer.special]) == list(range(tokenizer.size))


def test_what_the_corpus_does_not_hold_is_unknown():
    tokenizer = Tokenizer.fit(["a river", "a lake"], context=12)
    tokens = tokenizer.encode(["a desert lake"])
    assert (tokens.ids[0] == tokenizer.unknown_id).sum() == 1
    assert tokenizer.decode(tokens.ids[0]) == "a <unk> lake"
    assert len(Tokenizer.fit(["a river", "a lake"], min_count=2).pieces) == 1


def test_a_vocabulary_knows_what_it_reads_without_an_unknown_piece():
    tokenizer = Tokenizer.fit(["Maize fields, 12 of them", "a water body"], 10)
    texts = ["maize", "MAIZE fields", "water body", "21", "maize,", "corn", "maize corn", "water course", "3"]
    for text in texts:
        assert tokenizer.knows(text) == (tokenizer.unknown_id not in tokenizer.encode([text]).ids)
    assert [tokenizer.knows(text) for text in texts] == [True] * 5 + [False] * 4
    assert all(Tokenizer(mode).knows(text) for mode in ("clip", "declip") for text in texts)


def test_compact_vocabulary_does_not_depend_on_order():
    captions = ["a field of maize", "a river", "forest in May"]
    one, two = Tokenizer.fit(captions), Tokenizer.fit(captions[::-1] * 2)
    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint() != Tokenizer.fit(captions[:2]).fingerprint() != Tokenizer.fit(captions[:2], 30).fingerprint()


@pytest.mark.parametrize(
    "tokenizer", [Tokenizer("clip"), Tokenizer("declip", 20), Tokenizer.fit(["a field"], 9)], ids=["clip", "declip", "compact"]
)
def test_state_survives_json(tokenizer):
    back = Tokenizer.from_state(json.loads(json.dumps(tokenizer.state())))
    assert back.fingerprint() == tokenizer.fingerprint()
    np.testing.assert_array_equal(back.encode(["a field!"]).ids, tokenizer.encode(["a field!"]).ids)


def test_bad_input_is_one_clear_line():
    with pytest.raises(InputError, match="must hold mode, context and pieces, got nothing"):
        Tokenizer.from_state({})
    with pytest.raises(InputError, match="unknown tokenizer mode 'clap': did you mean 'clip'"):
        Tokenizer("clap")
    with pytest.raises(InputError, match="context=2 leaves no token"):
        Tokenizer("clip", 2)
    with pytest.raises(InputError, match="no token 3 times"):
        Tokenizer.fit(["a field"], min_count=3)
    with pytest.raises(InputError, match="rising numbers"):
        Tokenizer("compact", 9, [5, 4])
    with pytest.raises(InputError, match="needs its pieces"):
        Tokenizer("compact")


def test_without_open_clip_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(bpe.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"'open_clip' is not installed: .*pip install -e '\.\[clip\]'"):
        bpe._tokenizer_module()
