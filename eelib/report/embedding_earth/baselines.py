"""Ways to start against each other: every start against random, and against our own pre-training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eelib.data.sources import source
from eelib.errors import InputError
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import Case, Record, draw, groups, verdict
from eelib.report.tables import bold, html_table, linked_mean

OURS, RANDOM = "pretrained", "random"
TITLES = {
    "random": "random start",
    "raw": "raw pixels, linear",
    "pretrained": "Embedding Earth (ours)",
    "simclr": "SimCLR",
    "moco": "MoCo",
    "densecl": "DenseCL",
    "pixpro": "PixPro",
    "barlow": "Barlow Twins",
    "vicreg": "VICReg",
    "masked": "masked reconstruction",
    "published": "published weights",
    "forest": "random forest",
    "boosting": "gradient boosting",
}
SUPERVISED = "supervised on "


@dataclass(frozen=True)
class Baseline:
    """One way to start in one case.

    Attributes:
        case: Where and how it is read.
        start: Its name.
        score: mIoU.
        gain: Difference to the random start in the same reading; classifiers of single pixels are held against fine-tuning.
        lead: Our pre-training minus this start; None where there is none to hold against.
        records: Those of the start, one per seed.
    """

    case: Case
    start: str
    score: Estimate
    gain: Estimate | None
    lead: Estimate | None
    records: tuple[Record, ...]

    @property
    def title(self) -> str:
        """The start for people."""
        if self.start.startswith(SUPERVISED):
            return f"supervised, {source(self.start.removeprefix(SUPERVISED)).title}"
        return TITLES.get(self.start, self.start)


def baselines(records: Iterable[Record]) -> list[Baseline]:
    """Every start in every case, best first.

    Raises:
        InputError: There is none.
    """
    grouped, found = groups(records), []
    for case, starts in grouped.items():
        rivals = starts
        if case.reading == "per pixel":  # no network: held against what a user would do with one
            tuned = [other for other in grouped if other.reading == "fine-tuned" and (other[0], other[2]) == (case[0], case[2])]
            rivals = {**starts, **{name: grouped[tuned[0]][name] for name in (RANDOM, OURS)}} if tuned else starts
        draws = draw(case, rivals)
        rows = []
        for start, group in starts.items():
            gain = draws.difference(start, RANDOM) if RANDOM in rivals and start != RANDOM else None
            lead = draws.difference(OURS, start) if OURS in rivals and start != OURS else None
            rows.append(Baseline(case, start, draws.score(start), gain, lead, group.records))
        found += sorted(rows, key=lambda row: -row.score.value)
    if not found:
        raise InputError("there is no record of any start to compare: run the arms first")
    return found


def baseline_table(rows: Iterable[Baseline], reading: str, *, root: str = "../") -> str:
    """HTML of all starts of one reading."""
    body = [
        (
            (row.case.title, row.case.kind, row.title),
            (
                linked_mean(row.score, row.records, root),
                bold(row.gain) if row.gain else "–",
                bold(row.lead) if row.lead else "–",
            ),
        )
        for row in rows
        if row.case.reading == reading
    ]
    right = ("mIoU", "over a random start, points", "ours over this, points")
    return html_table(("region", "data", "start"), right, body)


def baseline_conclusion(rows: list[Baseline]) -> str:
    """Against whom our pre-training wins, in Markdown."""
    lines = []
    for reading in dict.fromkeys(row.case.reading for row in rows):
        chosen = [row for row in rows if row.case.reading == reading and row.lead is not None]
        if chosen:
            above, below, undecided = verdict([row.lead for row in chosen if row.lead])
            best = [next(row for row in rows if row.case == case) for case in dict.fromkeys(row.case for row in chosen)]
            named = "; ".join(f"{row.title} in {row.case.title} ({row.case.kind}, {row.score.value:.3f})" for row in best)
            text = f"* **{reading.capitalize()}**: our pre-training is better in {above} of {len(chosen)} comparisons, worse in {below}"
            lines.append(f"{text}, undecided in {undecided}. Highest mIoU: {named}.")
    return "\n".join(lines)
