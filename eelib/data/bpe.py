"""CLIP's byte-pair encoding from open_clip's SimpleTokenizer, whose vocabulary and merges lie inside its wheel."""

from __future__ import annotations

import importlib.util
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from eelib.errors import InputError, missing_extra

NUM_PIECES = 49_406  # byte-pair pieces, numbered from 0; special tokens come after them


def words_of(caption: str) -> list[str]:
    """Cleaned and lower-cased words, numbers digit by digit, and runs of punctuation, as CLIP splits them."""
    if caption.isascii() and caption.isprintable() and "&" not in caption:
        text = " ".join(caption.split()).lower()  # what the full cleaning leaves of plain text, at a tenth of the time
    else:
        text = _encoding().clean_fn(caption)
    words: list[str] = _encoding().pat.findall(text)
    return words


@lru_cache(1 << 17)
def pieces_of(word: str) -> tuple[int, ...]:
    """Piece numbers of one cleaned word. Special tokens written out in a caption are no words of it."""
    encoding = _encoding()
    letters = "".join(encoding.byte_encoder[byte] for byte in word.encode())
    # Not `encode`: it cleans again, and cleaning a part of a cleaned text can change it (repaired "\x8cÀ" is one example).
    pieces = (encoding.encoder[piece] for piece in encoding.bpe(letters).split(" "))
    return tuple(piece for piece in pieces if piece < NUM_PIECES)


def text_of(piece: int) -> str:
    """What a piece reads, with a space where a word ends."""
    text: str = _encoding().decode([piece])
    return text


@cache
def _encoding() -> Any:  # noqa: ANN401 - open_clip carries no types
    return _tokenizer_module().SimpleTokenizer()


def _tokenizer_module() -> ModuleType:
    """open_clip's tokenizer file on its own: importing the whole package takes seconds for models that are not needed here."""
    package = importlib.util.find_spec("open_clip")
    if package is None or package.origin is None:
        raise InputError(missing_extra("open_clip"))
    spec = importlib.util.spec_from_file_location("_eelib_clip_tokenizer", Path(package.origin).with_name("tokenizer.py"))
    if spec is None or spec.loader is None:
        raise InputError("open-clip-torch carries no tokenizer file: pip install --force-reinstall --no-deps open-clip-torch")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
