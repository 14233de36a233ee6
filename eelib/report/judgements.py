"""How the claims of Embedding Earth are judged: a rule, applied to records, and the numbers behind the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import Estimate, estimate
from eelib.report.cases import READINGS, Draws, Record, draw, groups, percent, signed, verdict
from eelib.report.comparison import Comparison, compare
from eelib.report.transfer import Distance, by_distance, how_title, transfers

Word = Literal["held", "held in part", "undecided", "did not hold", "not comparable"]


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

    *Held* where the 95 % intervals of all cases lie above 0, *held in part* where some do and none lies below, *undecided* where none lies
    on either side, *did not hold* where one lies below.
    """
    above, below, _ = verdict(effects)
    return by_count(above, below, len(effects))


def everywhere(records: Sequence[Record]) -> Judgement:
    """Fine-tuned gain over random weights in every case; the linear probe, of which the paper does not speak, is told beside it."""
    rows, parts = _readings(compare(records)), []
    for reading, chosen in rows.items():
        above, below, undecided = verdict([row.gain for row in chosen])
        parts.append(f"{reading}: better in {above} of {len(chosen)} cases, worse in {below}, undecided in {undecided}")
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
    """Regions are resampled on their own, the label shares of one region on the same draws."""
    curves: dict[str, list[Draws[str]]] = {}
    numbers: dict[str, int] = {}
    for case, starts in groups(records).items():
        if case.reading == reading and {"random", "pretrained"} <= starts.keys():
            seed = numbers.setdefault(case.region, len(numbers))
            curves.setdefault(case.region, []).append(draw(case, {name: starts[name] for name in ("random", "pretrained")}, seed=seed))
    ends = [(curve[0], curve[-1]) for curve in curves.values() if len(curve) > 1]
    if not ends:
        return None
    mean = np.mean([_gain(few) - _gain(every) for few, every in ends], 0)
    return estimate(mean, min(few.seeds for few, _ in ends), sum(few.places for few, _ in ends))


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
        text += f" With {percent(share)}: {_by_how([row for row in more if row.fraction == share])}."
    return Judgement(by_side([row.gain for row in scarce if row.reading == told]), text)


def _by_how(rows: Iterable[Distance]) -> str:
    return "; ".join(f"{how_title(row.how)}, {row.reading} {signed(row.gain)}" for row in rows)
