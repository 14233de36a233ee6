"""Text augmentation of captions in the manner of EDA: one of three small edits per caption.

The choice of the three is that of github.com/Sense-GVT/DeCLIP, their rates are the defaults of textaugment (github.com/dsfsi/textaugment).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from eelib.data.synonyms import Synonyms, load_synonyms
from eelib.errors import InputError

CORE = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # a word without the punctuation around it

# Words that carry grammar rather than content; a synonym of one of them would be of another word that is spelt alike.
FUNCTION_WORDS = """
a an the this that these those and or but nor so if than then as at by for from in into of off on onto out over per to under up upon with
within without is are was were be been being am do does did has have had having can could may might must shall should will would i me my we
us our you your he him his she her it its they them their who whom which what when where why how not no all any both each more most other
such only own same too very s t just
"""
STOP_WORDS = frozenset(FUNCTION_WORDS.split())


class TextAugment:
    """Edits captions; every edit is a function of (seed, step, row) alone, whichever rank or worker makes it (detail 23).

    Per caption one of three is drawn with equal probability:

    * replacement: one word that is no stop word and has a synonym becomes one of its synonyms;
    * swap: two words change places;
    * deletion: every word is left out with probability ``deletion``, but one word at least stays.

    A caption of one word, or of none, is returned as it is: no edit would leave its meaning.

    Args:
        synonyms: Synonyms by lower-case word; those of :func:`eelib.data.synonyms.load_synonyms` where None.
        deletion: Probability in [0, 1).

    Raises:
        InputError: ``deletion`` out of range.
    """

    def __init__(self, synonyms: Synonyms | None = None, deletion: float = 0.1) -> None:
        if not 0 <= deletion < 1:
            raise InputError(f"deletion={deletion} must be at least 0 and below 1")
        self.synonyms = load_synonyms() if synonyms is None else synonyms
        self.deletion = deletion

    def __call__(self, captions: Sequence[str], seed: int, step: int, rows: Sequence[int]) -> list[str]:
        """One edited version of each caption.

        Args:
            captions: N captions.
            seed: Seed of the run.
            step: Training step, so that the same pair is edited anew when it comes again.
            rows: N row numbers in the data set (or in the joined batch), which tell the captions of a step apart.

        Raises:
            InputError: Not one row number per caption.
        """
        if len(rows) != len(captions):
            raise InputError(f"{len(captions)} captions need as many row numbers, got {len(rows)}")
        # Text seeds are hashed with SHA-512 by `random`, the same everywhere; several times cheaper than a NumPy generator per caption.
        return [self.edit(text, random.Random(f"{seed}:{step}:{int(row)}")) for text, row in zip(captions, rows, strict=True)]

    def edit(self, caption: str, rng: random.Random) -> str:
        """One edit of one caption."""
        words = caption.split()
        if len(words) < 2:
            return caption
        return " ".join(rng.choice((self.replace, self.swap, self.delete))(words, rng))

    def replace(self, words: list[str], rng: random.Random) -> list[str]:
        """A word becomes a synonym; unchanged if none has one. Punctuation around it stays."""
        known = [
            (n, core)
            for n, core in enumerate(map(CORE.search, words))
            if core and core[0].lower() in self.synonyms and core[0].lower() not in STOP_WORDS
        ]
        if not known:
            return words
        at, core = rng.choice(known)
        new = rng.choice(self.synonyms[core[0].lower()])
        return [*words[:at], words[at][: core.start()] + new + words[at][core.end() :], *words[at + 1 :]]

    def swap(self, words: list[str], rng: random.Random) -> list[str]:
        """Two places exchange their words."""
        words = list(words)
        one, other = rng.sample(range(len(words)), 2)
        words[one], words[other] = words[other], words[one]
        return words

    def delete(self, words: list[str], rng: random.Random) -> list[str]:
        """Each word goes with probability ``deletion``; if all would, one drawn at random stays."""
        return [word for word in words if rng.random() >= self.deletion] or [rng.choice(words)]
