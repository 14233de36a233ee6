"""What pre-training is worth in labels: curves over label shares, and where a random start catches up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from eelib.errors import InputError
from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import Estimate, crossing, estimate, spread
from eelib.report.cases import Case, Draws, Group, Record, draw, groups, percent
from eelib.report.tables import html_table, seed_links


@dataclass(frozen=True)
class Worth:
    """What pre-training is worth at one label share.

    Attributes:
        case: Where, and at which share pre-training is read.
        needed: Label share that the random start needs for the same mIoU; infinite where no share of the range suffices.
        gain: MIoU of pre-training minus that of the random start, both at this share.
        smallest: Smallest share that was run; a ``needed`` of this value means "or less".
        largest: Largest share that was run.
        records: Of the pre-trained arm.
    """

    case: Case
    needed: Estimate
    gain: Estimate
    smallest: float
    largest: float
    records: tuple[Record, ...]

    @property
    def factor(self) -> float:
        """How many times the labels the random start needs; the most that it may be where :attr:`censored`."""
        return self.needed.value / self.case.fraction

    @property
    def censored(self) -> bool:
        """Whether the random start needs the smallest share or less, and nobody knows how much less."""
        return self.needed.value <= self.smallest

    @property
    def side(self) -> int:
        """1 where the random start needs more labels by an interval, −1 where it needs fewer, else 0.

        At the smallest share the scores decide: no share below it was run, so ``needed`` cannot be less.
        """
        value, equal = (self.gain, 0.0) if self.case.fraction <= self.smallest else (self.needed, self.case.fraction)
        return int(value.above(equal)) - int(value.below(equal))


def worths(records: Iterable[Record]) -> list[Worth]:
    """Label shares that a random start needs to reach pre-training, for every case with at least two label shares.

    All label shares are drawn on the same resamples of places and seeds, so the interval is that of the curve as a whole.

    Raises:
        InputError: There is no case with two label shares.
    """
    curves: dict[tuple[str, str, str], dict[Case, Mapping[str, Group]]] = {}
    for case, starts in groups(records).items():
        if {"random", "pretrained"} <= starts.keys():
            curves.setdefault((case.reading, case.network, case.region), {})[case] = starts
    found = [item for cases in curves.values() if len(cases) > 1 for item in _of_curve(cases)]
    if not found:
        raise InputError("a curve needs records at two label shares or more: run the arms first")
    return found


def _of_curve(cases: Mapping[Case, Mapping[str, Group]]) -> list[Worth]:
    drawn = {case: draw(case, {name: starts[name] for name in ("random", "pretrained")}) for case, starts in cases.items()}
    fractions = [case.fraction for case in cases]
    random = np.stack([draws.of["random"] for draws in drawn.values()])
    return [
        Worth(
            case,
            _needed(random, draws, fractions),
            draws.difference("pretrained", "random"),
            fractions[0],
            fractions[-1],
            cases[case]["pretrained"].records,
        )
        for case, draws in drawn.items()
    ]


def _needed(random: Array, draws: Draws[str], fractions: list[float]) -> Estimate:
    gaps = spread(random - draws.of["pretrained"])
    return estimate(crossing(fractions, gaps.T), draws.seeds, draws.places)


def worth_table(items: Iterable[Worth], reading: str, *, root: str = "../") -> str:
    """HTML: label share of pre-training, share that the random start needs, and the ratio."""
    rows = []
    for item in items:
        if item.case.reading == reading:
            interval = f"{_share(item.needed.low, item)} to {_share(item.needed.high, item)}"
            ratio = f"{item.factor:.1f} times" if item.smallest < item.needed.value < math.inf else "–"
            needed = _share(item.needed.value, item)
            rows.append(
                (
                    (item.case.title, item.case.kind),
                    (f"{percent(item.case.fraction)}{seed_links(item.records, root)}", needed, interval, ratio),
                )
            )
    right = ("pre-trained with", "random start needs", "95 % interval", "labels saved")
    return html_table(("region", "data"), right, rows)


def _share(fraction: float, item: Worth) -> str:
    if math.isinf(fraction):
        return f"more than {percent(item.largest)}"
    return f"at most {percent(item.smallest)}" if fraction <= item.smallest else f"{100 * fraction:.3g} %"


def worth_conclusion(items: list[Worth]) -> str:
    """In how many cases pre-training is worth labels, in Markdown; the last label share has no larger one to compare with."""
    lines = []
    for reading in dict.fromkeys(item.case.reading for item in items):
        chosen = [item for item in items if item.case.reading == reading and item.case.fraction < item.largest]
        sides = [item.side for item in chosen]
        never = sum(item.needed.above(item.largest) for item in chosen)
        met = [item for item in chosen if item.needed.decidable and not math.isinf(item.needed.value)]
        text = f"* **{reading.capitalize()}**: below the full label set, a random start needs more labels than pre-training in "
        text += f"{sides.count(1)} of {len(chosen)} cases and fewer in {sides.count(-1)}, with an interval that excludes equal numbers."
        text += f" In {never} of them it never catches up within the range that was run, by the same interval."
        median = f" Where the curves meet, it needs {_median_factor(met)} times the labels in the median (point estimates)." if met else ""
        lines.append(text + median)
    return "\n".join(lines)


def _median_factor(items: list[Worth]) -> str:
    """The median of how many times the labels, ``at most`` where it depends on cases of which only an upper end is known."""
    most = float(np.median([item.factor for item in items]))
    least = float(np.median([0.0 if item.censored else item.factor for item in items]))
    return f"{'at most ' if least < most else ''}{most:.1f}"
