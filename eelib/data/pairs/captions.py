"""Captions from the facts of a tile, in as many phrasings as people would find; a pure function of facts and generator."""

from __future__ import annotations

from collections.abc import Callable

from eelib.data.pairs.facts import TileFacts
from eelib.data.pairs.phrases import Generator, ground, listed, minor, pick, piece, placed, plain, plural, quantity, there, where
from eelib.data.pairs.vocabulary import OWN_WORDS, group_of

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
MAPPED = 0.6  # share of labelled pixels from which something can be said about the whole tile


def caption(facts: TileFacts, rng: Generator) -> str:
    """One caption.

    Args:
        facts: What can be said.
        rng: Draws the phrasing.
    """
    if not facts.shares:
        return pick(rng, ("Nothing is mapped here", "A tile without any mapped land cover", "No land cover is known for this tile"))
    forms = [form for form, fits in FORMS if fits(facts)]
    text = forms[int(rng.integers(len(forms)))](facts, rng)
    text = _with_time(text, facts, rng) if facts.month and rng.random() < 0.45 else text
    text = _with_region(text, facts, rng) if facts.region and rng.random() < 0.22 else text
    return _finish(text, full_stop=_is_sentence(text) or rng.random() < 0.25)


def _finish(text: str, *, full_stop: bool) -> str:
    sentences = [part[:1].upper() + part[1:] for part in text.split(". ")]
    return ". ".join(sentences) + "." * full_stop


def _is_sentence(text: str) -> bool:
    return any(mark in text for mark in (" is ", " are ", " cover", ";", ". "))


def _names(facts: TileFacts, most: int) -> list[str]:
    return list(facts.shares)[:most]


# --- forms: each says something else about the tile ---


def _terse(facts: TileFacts, rng: Generator) -> str:
    return listed([ground(name, facts, rng) for name in _names(facts, int(rng.integers(2, 4)))])


def _lead(facts: TileFacts, rng: Generator) -> tuple[str, list[str]]:
    """The landscape as a whole, and the classes that it leaves unsaid."""
    first = next(iter(facts.shares))
    group, share, words = group_of(first), facts.shares[first], ground(first, facts, rng)
    crops = [name for name in facts.shares if group_of(name) == "crop" and facts.shares[name] > 0.08][:3]
    if len(crops) == 3 and group in ("crop", "grass") and rng.random() < 0.8:
        kinds = listed([plain(name) for name in crops])
        text = pick(rng, ("a patchwork of {}", "a mosaic of {}", "small fields of {}", "a mix of {}", "many small fields: {}")).format(
            kinds
        )
        return text, [name for name in facts.shares if name not in crops]
    if group == "trees" and share > 0.6 and first not in OWN_WORDS:
        words = pick(rng, ("dense forest", "a large wood", "closed woodland", "a forest", words))
    elif group == "crop" and share > 0.6:
        words = pick(rng, (f"one large field of {plain(first)}", f"wide {words}", words, f"a big field of {plain(first)}"))
    elif group == "grass" and share > 0.5 and not words.startswith("open"):
        words = pick(rng, (f"open {words}", f"wide {words}", words))
    return words, list(facts.shares)[1:]


def _lead_only(facts: TileFacts, rng: Generator) -> str:
    frames = ("{}", "{} seen from above", "{} from the air", "looking down on {}", "satellite view of {}", "aerial view: {}")
    return pick(rng, frames).format(_lead(facts, rng)[0])


def _with_feature(facts: TileFacts, rng: Generator) -> str:
    """The landscape and one thing in it."""
    lead, unsaid = _lead(facts, rng)
    if not unsaid:
        return lead
    name = minor(facts, rng, unsaid)
    feature = placed(name, facts, rng)
    busy = " and " in lead or ":" in lead
    frames = ("{0}, {1}", "{0} and {1}", "{0}; {2}", "{0}. {1}") if busy else ("{0} with {1}", "{0} and {1}", "{0}, {1}")
    return pick(rng, frames).format(lead, feature, there(feature))


def _around(facts: TileFacts, rng: Generator) -> str:
    """Houses or water with what surrounds them."""
    name = next(name for name in facts.shares if group_of(name) in ("water", "built"))
    others = listed([ground(other, facts, rng) for other in facts.shares if other != name][:2])
    thing = piece(name, facts, rng)
    if group_of(name) == "built":
        frames = (
            "{0} surrounded by {1}",
            "{1} around {0}",
            "{0} amid {1}",
            f"{{0}} and the {{1}} around {'them' if plural(thing) else 'it'}",
        )
    else:
        frames = ("{1} along {0}", "{0} between {1}" if " and " in others else "{0} in {1}", "{1} beside {0}", "{0} bordered by {1}")
    return pick(rng, frames).format(thing, others)


def _shares(facts: TileFacts, rng: Generator) -> str:
    """Shares in words."""
    said = _names(facts, int(rng.integers(1, 4)))
    parts = [quantity(name, facts, rng) for name in said]
    rest = [plain(name) for name in list(facts.shares)[1:4]]
    return f"{parts[0]}, the rest {listed(rest)}" if len(parts) == 1 and rest else ", ".join(parts)


def _most(facts: TileFacts, rng: Generator) -> str:
    """A full sentence about the largest class and another one."""
    first = next(iter(facts.shares))
    words = ground(first, facts, rng)
    whole = "most of the picture" if facts.shares[first] > 0.5 else "the largest part"
    start = pick(rng, (f"{whole} is {words}", f"{words} {'cover' if plural(words) else 'covers'} {whole}", f"it is mainly {words} here"))
    if len(facts.shares) == 1:
        return start
    feature = placed(minor(facts, rng), facts, rng)
    return pick(rng, (f"{start}, with {feature}", f"{start}; {there(feature)}", f"{start}, and {there(feature)}"))


def _border(facts: TileFacts, rng: Generator) -> str:
    """What borders what."""
    a, b = facts.borders[int(rng.integers(min(2, len(facts.borders))))]
    if facts.shares[a] < facts.shares[b]:
        a, b = b, a
    one = ground(a, facts, rng)
    other = piece(b, facts, rng) if facts.shares[b] < 0.2 else ground(b, facts, rng, state=0.2)
    frames = ["{0} next to {1}", "{0} bordering {1}", "where {0} {2} {1}", "{0} right beside {1}", "{0} up to the edge of {1}"]
    if min(facts.shares[a], facts.shares[b]) > 0.25:
        frames.append("{0} on one side, {1} on the other")
    return pick(rng, frames).format(one, other, "meet" if plural(one) else "meets")


def _place_first(facts: TileFacts, rng: Generator) -> str:
    """One thing and its place, then what is around it."""
    name = pick(rng, [name for name in facts.shares if name in facts.position][:3])
    others = listed([ground(other, facts, rng) for other in facts.shares if other != name][:2])
    thing, place = piece(name, facts, rng), where(name, facts, rng)
    frames = ("{0} {1}, otherwise {2}", "{0} {1} and {2} elsewhere", "{1} {3}, the rest is {2}", "{0} {1}, {2} all around")
    return pick(rng, frames).format(thing, place, others, there(thing))


# --- time and region ---


def _with_time(text: str, facts: TileFacts, rng: Generator) -> str:
    """Add the month or the season."""
    month = MONTHS[(facts.month or 1) - 1]
    options = [f"{month}: {text}", f"in {month}, {text}"]
    if not _is_sentence(text):
        options.append(f"{text}, {month}")
        options += [f"{text} in {month}"] * ("," not in text)
    if facts.season:
        article = "the " if "season" in facts.season else ""
        options.append(f"{facts.season}: {text}")
        if not _is_sentence(text):
            options += [f"{text}, {facts.season}"] + [f"{text} in {article}{facts.season}"] * ("," not in text)
    return pick(rng, options)


def _with_region(text: str, facts: TileFacts, rng: Generator) -> str:
    if _is_sentence(text) or ": " in text:
        return text if ": " in text else f"{facts.region}: {text}"
    return pick(rng, (f"{text}, {facts.region}", f"{facts.region}: {text}", f"{text}, somewhere in {facts.region}"))


def _has_feature(facts: TileFacts) -> bool:
    return len(facts.shares) > 1 and any(group_of(name) in ("water", "built") for name in facts.shares)


# Each form and when it fits; a form that stands twice is drawn twice as often.
Form = tuple[Callable[[TileFacts, Generator], str], Callable[[TileFacts], bool]]
FORMS: tuple[Form, ...] = (
    (_terse, lambda facts: len(facts.shares) > 1),
    (_lead_only, lambda facts: len(facts.shares) < 4 or facts.covered < MAPPED),
    (_with_feature, lambda facts: len(facts.shares) > 1),
    (_with_feature, lambda facts: len(facts.shares) > 2),
    (_around, _has_feature),
    (_around, _has_feature),
    (_shares, lambda facts: facts.covered >= MAPPED),
    (_most, lambda facts: facts.covered >= MAPPED),
    (_border, lambda facts: bool(facts.borders)),
    (_place_first, lambda facts: len(facts.shares) > 1 and bool(facts.position)),
)
