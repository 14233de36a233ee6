"""Noun phrases for the classes of a tile: the ground, one piece of it, where it lies, and how much of it there is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eelib.data.pairs.facts import TileFacts
from eelib.data.pairs.vocabulary import OWN_WORDS, ground_words, group_of, piece_words

Generator = np.random.Generator

STATES: dict[str, dict[str, tuple[str, ...]]] = {
    "crop": {"bare": ("bare", "empty"), "dry": ("sparse", "thin"), "green": ("green", "bright green"), "bloom": ("flowering", "yellow")},
    "grass": {"bare": ("parched", "brown"), "dry": ("dry", "yellowed"), "green": ("green", "lush")},
    "trees": {"bare": ("leafless", "bare"), "dry": ("sparse",), "green": ("green", "leafy")},
}
_SHARES = (
    (0.93, ("nothing but {}", "{} from edge to edge", "all {}")),
    (0.77, ("almost all {}", "{} nearly everywhere")),
    (0.58, ("about two thirds {}", "mostly {}", "for the most part {}")),
    (0.43, ("about half {}", "half of it {}", "roughly half {}")),
    (0.28, ("about a third {}", "a third of it {}", "a good part of it {}")),
    (0.16, ("about a fifth {}", "one fifth {}", "some {}")),
)
_LITTLE, _FEW = ("a little {}", "a bit of {}"), ("a few {}", "some {}")


def pick(rng: Generator, options: Sequence[str]) -> str:
    """One of the options."""
    return options[int(rng.integers(len(options)))]


def listed(words: Sequence[str]) -> str:
    """One, one and two, or one, two and three."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def plural(words: str) -> bool:
    """Whether a noun phrase takes "are", by its head noun."""
    head = words.split(" of ")[0].split(" in ")[0].split(" to ")[0].split()[-1]
    return " and " in words or (head.endswith("s") and not head.endswith(("ss", "us")))


def there(words: str) -> str:
    """There is, or there are."""
    return f"there {'are' if plural(words) else 'is'} {words}"


def plain(name: str) -> str:
    """The plainest word for a class."""
    return ground_words(name)[0]


def ground(name: str, facts: TileFacts, rng: Generator, *, state: float = 0.4) -> str:
    """Ground under a class, with its state at the probability ``state`` where it is known."""
    words = pick(rng, ground_words(name))
    adjectives = STATES.get(group_of(name), {}).get(facts.state.get(name, ""))
    if not adjectives or name in OWN_WORDS or rng.random() >= state:
        return words
    return f"{pick(rng, adjectives)} {words.removeprefix('open ')}"


def piece(name: str, facts: TileFacts, rng: Generator) -> str:
    """One piece of a class."""
    return pick(rng, piece_words(name, facts.shape.get(name, "patch")))


def where(name: str, facts: TileFacts, rng: Generator) -> str:
    """Where a class lies, ``""`` if all over the tile."""
    place = facts.position.get(name, "")
    side = place.removeprefix("in the ")
    if side in ("", "middle"):
        return place and pick(rng, ("in the middle", "in the centre"))
    if side in ("north", "south", "east", "west"):
        return pick(rng, (place, f"in the {side}ern part", f"to the {side}"))
    return pick(rng, (place, f"in the {side} corner", f"to the {side}"))


def placed(name: str, facts: TileFacts, rng: Generator) -> str:
    """One piece of a class and where it lies."""
    return f"{piece(name, facts, rng)} {where(name, facts, rng)}".strip()


def quantity(name: str, facts: TileFacts, rng: Generator) -> str:
    """How much of the tile a class covers, in words."""
    share, words = facts.shares[name], plain(name)
    frames = next((frames for least, frames in _SHARES if share >= least), _FEW if plural(words) else _LITTLE)
    return pick(rng, frames).format(words)


def minor(facts: TileFacts, rng: Generator, unsaid: Sequence[str] | None = None) -> str:
    """A class beside the largest; water and houses are what people mention first."""
    others = list(unsaid or list(facts.shares)[1:])
    striking = [name for name in others if group_of(name) in ("water", "built")]
    return pick(rng, striking if striking and rng.random() < 0.7 else others[:3])
