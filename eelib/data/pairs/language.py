"""Is a short caption English? Function words, foreign letters, and the words of a pool's own English captions."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ENGLISH = """
a an the of and or with without in on at to from by for near next beside between among along around over under above below behind
is are was were be it its this that these those there here where when some one two three many few small large
"""
_OTHERS = """
der das den dem des ein eine einen einem und oder mit ohne auf aus bei von vom zum zur im am neben unter zwischen ist sind nicht
le la les du des une et ou avec sans dans sur sous par pour près côté de entre est sont vue au aux
el los las un una con sin en del al por para junto lado desde son vista
lo gli della dello delle di che nel nella sul sono
um uma os da dos das com sem na em ao são
dan dengan yang ke dari ve ile bir
"""
ENGLISH, OTHERS = frozenset(_ENGLISH.split()), frozenset(_OTHERS.split())
LEAST_KNOWN = 0.5  # of the words of a caption without function words must be known

_WORD = re.compile(r"[^\W\d_]+")


def words_of(caption: str) -> list[str]:
    """Lower-case words."""
    return _WORD.findall(caption.lower())


def lexicon(captions: Iterable[str]) -> frozenset[str]:
    """Words of the captions that English function words mark as English: the pool teaches its own vocabulary."""
    known: set[str] = set()
    for caption in captions:
        words = words_of(caption)
        english, other = _votes(words)
        if english > other and caption.isascii():
            known.update(words)
    return frozenset(known)


def is_english(caption: str, known: frozenset[str]) -> bool:
    """Whether a caption reads as English.

    Args:
        caption: A short text.
        known: From :func:`lexicon`.
    """
    words = words_of(caption)
    if not words:
        return False
    letters = "".join(words)
    if sum(not c.isascii() for c in letters) > 0.2 * len(letters):
        return False
    english, other = _votes(words)
    if english != other:
        return english > other
    return sum(word in known for word in words) >= LEAST_KNOWN * len(words)


def _votes(words: list[str]) -> tuple[int, int]:
    return sum(word in ENGLISH for word in words), sum(word in OTHERS and word not in ENGLISH for word in words)
