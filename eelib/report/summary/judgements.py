"""How the claims of Embedding Earth are judged: a rule, applied to records, and the numbers behind the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import LEVEL, Estimate, estimate, holm, mean_over, pooled_places
from eelib.report.cases import READINGS, Draws, Record, draw, groups, percent, signed, verdict
from eelib.report.embedding_earth.comparison import Comparison, compare
from eelib.report.embedding_earth.transfer import Distance, by_distance, how_title, transfers

Word = Literal["held", "held in part", "undecided", "did not hold", "not comparable", "incomplete"]


@dataclass(frozen=True)
class Judgement:
    """What came out.

    Attributes:
        word: The verdict.
        evidence: Its numbers, one sentence of Markdown.
    """

    word: Word
    evidence: str


def by_side(effects: Sequence[Estimate]) -> Word:
    """The rule, for effects whose claimed side is above 0.

    *Held* where the 95 % intervals of all cases lie above 0. One case alone decides the other words, and of many one is soon found, so its
    p-value must stand after Holm's correction over all cases: *did not hold* where one stands below, *held in part* where one stands above
    and none below, else *undecided*.
    """
    if effects and all(effect.above() for effect in effects):
        return "held"
    above, below = standing(effects)
    return "did not hold" if below else "held in part" if above else "undecided"


def standing(effects: Sequence[Estimate]) -> tuple[int, int]:
    """How many of several effects lie above and below 0 after Holm's correction over all of them."""
    chosen = [effect for effect, p in zip(effects, holm([effect.p for effect in effects]), strict=True) if p < LEVEL]
    above = sum(effect.value > 0 for effect in chosen)
    return above, len(chosen) - above


def sides(effects: Sequence[Estimate], better: str, worse: str) -> str:
    """In how many cases which side is ahead, by intervals alone and after correction, in words."""
    (above, below, _), (stands, falls) = verdict(effects), standing(effects)
    text = f"{better} in {above} of {len(effects)} cases and {worse} in {below} by their intervals"
    return f"{text}, after Holm's correction in {stands} and {falls}"


def everywhere(records: Sequence[Record]) -> Judgement:
    """Fine-tuned gain over random weights in every case; the linear probe, of which the paper does not speak, is told beside it."""
    rows, parts = _readings(compare(records)), []
    for reading, chosen in rows.items():
        parts.append(f"{reading}: {sides([row.gain for row in chosen], 'better', 'worse')}")
    text = "; ".join(parts)
    return Judgement(by_side([row.gain for row in next(iter(rows.values()))]), f"{text[0].upper()}{text[1:]}.")


def largest(records: Sequence[Record]) -> Judgement:
    """The largest gain. Never a reproduction: the published number belongs to a table that is not public."""
    best = {reading: max(rows, key=lambda row: row.gain.value) for reading, rows in _readings(compare(records)).items()}
    parts = [f"{reading} {signed(row.gain)} points ({row.case.with_windows(row.windows)})" for reading, row in best.items()]
    return Judgement("not comparable", f"Our largest: {'; '.join(parts)}.")


def _readings(rows: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    """Rows by reading, fine-tuning first."""
    found = {reading: [row for row in rows if row.reading == reading] for reading in READINGS}
    return {reading: chosen for reading, chosen in found.items() if chosen}


def scarcest(records: Sequence[Record]) -> Judgement:
    """Gain at the fewest labels minus gain at all of them, averaged over regions; judged as fine-tuned where that was run."""
    found = {reading: _trend(records, reading) for reading in READINGS}
    told = {reading: value for reading, value in found.items() if value is not None}
    parts = "; ".join(f"{reading} {signed(value)}" for reading, value in told.items())
    text = f"Gain at the fewest labels minus gain at all labels, mean over regions: {parts} points."
    return Judgement(by_side([next(iter(told.values()))]), text)


def _trend(records: Sequence[Record], reading: str) -> Estimate | None:
    """Mean over networks and regions of the gain at the smallest label share minus that at the largest."""
    curves: dict[tuple[str, str], list[Draws[str]]] = {}
    for case, starts in groups(records).items():
        if case.reading == reading and {"random", "pretrained"} <= starts.keys():
            draws = draw(case, {name: starts[name] for name in ("random", "pretrained")})
            curves.setdefault((case.network, case.region), []).append(draws)
    ends = [(curve[0], curve[-1]) for curve in curves.values() if len(curve) > 1]
    if not ends:
        return None
    mean = mean_over([_gain(few) - _gain(every) for few, every in ends])
    return estimate(mean, min(few.seeds for few, _ in ends), pooled_places([few.places for few, _ in ends]))


def _gain(draws: Draws[str]) -> Array:
    difference: Array = draws.of["pretrained"] - draws.of["random"]
    return difference


def by_count(agree: int, against: int, cases: int) -> Word:
    """The rule, for cases that a corrected test puts on a side.

    Args:
        agree: Cases on the claimed side.
        against: Cases on the other.
        cases: All of them.
    """
    if against:
        return "did not hold"
    return "held" if agree and agree == cases else "held in part" if agree else "undecided"


def carries_over(records: Sequence[Record]) -> Judgement:
    """Gain over random weights of encoders from the other continent, at the fewest labels; as fine-tuned where that was run.

    The same reading with more labels is told beside it and does not count.
    """
    rows = [row for row in by_distance(transfers(records)) if "other continent" in row.how]
    if not rows:
        return Judgement("undecided", "No region of another continent was run.")
    few = min(row.fraction for row in rows)
    scarce = [row for row in rows if row.fraction == few]
    told = next(reading for reading in READINGS if any(row.reading == reading for row in scarce))
    text = f"Gain over a random start with {percent(few)} of the labels: {_by_how(scarce)} points."
    more = [row for row in rows if row.reading == told and row.fraction > few]
    for share in sorted({row.fraction for row in more}):
        text += f" Told beside and not judged, with {percent(share)}: {_by_how([row for row in more if row.fraction == share])}."
    return Judgement(by_side([row.gain for row in scarce if row.reading == told]), text)


def _by_how(rows: Iterable[Distance]) -> str:
    return "; ".join(f"{how_title(row.how)}, {row.reading} {signed(row.gain)}" for row in rows)
