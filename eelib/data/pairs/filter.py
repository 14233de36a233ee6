"""The filter behind the V2-like sets: one small rule per function, none of which ever sees an image or a hidden fault flag.

The exact rules behind DeCLIP's published list are not known; these are ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eelib.data.pairs.language import is_english, lexicon
from eelib.data.windows import Ints

LEAST_WORDS = 3
WORDS_PER_TOKEN = 0.6  # what is longer than this share of the context, in words, cannot be read whole
REPEATED = 0.0015  # share of the pool from which a repeated text is boilerplate
REPEATED_LEAST = 4  # and never below so many copies

_EXTENSION = re.compile(r"\.(jpe?g|png|gif|tiff?|jp2|bmp|raw|nef|cr2|heic|svg)\b", re.I)
_CODE = re.compile(r"(?=\S*\d\S*\d\S*\d)(?=\S*[A-Za-z_])[\w().-]+", re.A)
_CAMERA = re.compile(
    r"exif|digital (still )?camera|camera pictures|\b(sony dsc|canon eos|nikon d\d+|panasonic dmc|olympus|kodak|fujifilm|pentax|leica)\b"
    r"|\bf/\d|\biso ?\d{2,}|\b1/\d+ ?s|\b\d+ ?mm\b|\bmsi l\d[a-c]\b",
    re.I,
)
_WEB = re.compile(r"https?:|www\.|<[^<>]{1,200}>|&(\w{2,8}|#\d+);|\b[\w-]+\.(com|org|net|info|example)\b", re.I)


@dataclass(frozen=True)
class PoolFacts:
    """What a rule may know about the pool as a whole: texts only.

    Attributes:
        size: Captions in the pool.
        copies: Normalised text to how often it occurs.
        words: Words that occur beside English function words.
        context: Tokens that the text encoder reads.
    """

    size: int
    copies: Counter[str]
    words: frozenset[str]
    context: int


@dataclass(frozen=True)
class FilterReport:
    """What the filter did to a pool.

    Attributes:
        reasons: Per caption the rule that removed it, ``""`` if it was kept.
        removed: Rule to how many captions it removed; each caption counts for the first rule that fires.
    """

    reasons: tuple[str, ...]
    removed: dict[str, int]

    @property
    def kept(self) -> Ints:
        """Rows that were kept, in order."""
        return np.array([row for row, reason in enumerate(self.reasons) if not reason], np.int64)

    def lines(self) -> list[str]:
        """The report in words, one line per rule."""
        total = len(self.reasons)
        return [
            f"filter: {len(self.kept)} of {total} captions kept",
            *(f"{rule}: {count} removed" for rule, count in self.removed.items()),
        ]


def normal_form(caption: str) -> str:
    """Lower case, single spaces, no punctuation, every number the same: what counts as the same text."""
    return " ".join(re.sub(r"[^\w]+", " ", re.sub(r"\d+", "0", caption.lower())).split())


def is_file_name(caption: str, pool: PoolFacts) -> bool:
    """An image extension, or a single word that mixes letters with at least three digits."""
    return bool(_EXTENSION.search(caption)) or bool(_CODE.fullmatch(caption.strip()))


def is_camera(caption: str, pool: PoolFacts) -> bool:
    """A maker's string or exposure data."""
    return bool(_CAMERA.search(caption))


def is_web(caption: str, pool: PoolFacts) -> bool:
    """An address, a tag or an HTML entity."""
    return bool(_WEB.search(caption))


def is_short(caption: str, pool: PoolFacts) -> bool:
    """Fewer than three words with a letter."""
    return sum(any(c.isalpha() for c in word) for word in caption.split()) < LEAST_WORDS


def is_long(caption: str, pool: PoolFacts) -> bool:
    """More words than the text encoder can read."""
    return len(caption.split()) > WORDS_PER_TOKEN * pool.context


def is_foreign(caption: str, pool: PoolFacts) -> bool:
    """Not English, by function words, letters and the words of the pool's own English captions."""
    return not is_english(caption, pool.words)


def is_boilerplate(caption: str, pool: PoolFacts) -> bool:
    """The same text under many images."""
    return pool.copies[normal_form(caption)] >= max(REPEATED_LEAST, REPEATED * pool.size)


RULES: dict[str, Callable[[str, PoolFacts], bool]] = {
    "file name": is_file_name,
    "camera": is_camera,
    "web": is_web,
    "short": is_short,
    "long": is_long,
    "boilerplate": is_boilerplate,
    "language": is_foreign,
}
DUPLICATE = "duplicate"


def filter_captions(captions: Sequence[str], *, context: int = 77) -> FilterReport:
    """Apply every rule to a pool; of captions that occur again only the first is kept.

    Args:
        captions: The pool in order.
        context: Tokens of the text encoder.
    """
    pool = PoolFacts(len(captions), Counter(map(normal_form, captions)), lexicon(captions), context)
    reasons, seen = [], set()
    for text in captions:
        reason = next((name for name, rule in RULES.items() if rule(text, pool)), "")
        form = normal_form(text)
        if not reason and form in seen:
            reason = DUPLICATE
        if not reason:
            seen.add(form)
        reasons.append(reason)
    counts = Counter(reasons)
    return FilterReport(tuple(reasons), {rule: counts[rule] for rule in (*RULES, DUPLICATE)})
