"""Random against pre-trained initialisation, from records only: one row per region, label share and way of reading the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eelib.errors import InputError
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import READINGS, Case, Group, Record, draw, groups, percent, signed, verdict

TUNED = "random, fine-tuned"
SCARCE = 0.1  # label share from which on labels are called scarce
FEW_SEEDS, FEW_PLACES = 3, 6
SEEDS = {
    1: "One seed tells nothing of how much the next would differ, so nothing is decided.",
    2: "Two seeds leave Student's t one degree of freedom: intervals are wide, and little is decided.",
}

__all__ = ["READINGS", "Comparison", "Record", "compare", "conclusion", "signed"]


@dataclass(frozen=True)
class Comparison:
    """Initialisations compared in one case.

    Attributes:
        case: Region, network, label share and reading.
        windows: Labelled training windows.
        scores: mIoU per initialisation: ``"random"``, ``"pretrained"`` and, in the probe, ``"raw"`` pixels.
        gain: Paired difference pre-trained minus random.
        over_raw: Paired difference pre-trained minus raw pixels; None where there is no such arm.
        over_tuned: Of a linear probe, paired difference to a random start that is fine-tuned instead; None where that was not run.
        records: Records per initialisation, in the order of seeds.
    """

    case: Case
    windows: int
    scores: Mapping[str, Estimate]
    gain: Estimate
    over_raw: Estimate | None
    over_tuned: Estimate | None
    records: Mapping[str, tuple[Record, ...]]

    @property
    def region(self) -> str:
        """Name of the region."""
        return self.case.region

    @property
    def fraction(self) -> float:
        """Share of the labelled training windows."""
        return self.case.fraction

    @property
    def reading(self) -> str:
        """``"fine-tuned"`` or ``"linear probe"``."""
        return self.case.reading

    @property
    def title(self) -> str:
        """The region for people."""
        return self.case.title

    @property
    def kind(self) -> str:
        """Whether the pixels are real."""
        return self.case.kind


def compare(records: Iterable[Record]) -> list[Comparison]:
    """Comparisons of all regions, networks, label shares and readings, scarcest labels first.

    Args:
        records: Records of ee1 or ee2; pre-trainings among them are left out.

    Raises:
        InputError: Nothing to compare, or two arms to be compared were run with different seeds.
    """
    every = groups(records)
    found = [_compared(case, every) for case, starts in every.items() if {"random", "pretrained"} <= starts.keys()]
    if not found:
        raise InputError("there is no record of a random and a pre-trained arm to compare: run the arms first")
    return found


def _compared(case: Case, every: Mapping[Case, Mapping[str, Group]]) -> Comparison:
    starts, tuned = every[case], every.get(case._replace(reading=READINGS[0]), {}).get("random")
    arms = {init: starts[init] for init in ("random", "pretrained", "raw") if init in starts}
    other = {TUNED: tuned} if tuned is not None and case.reading == READINGS[1] and tuned.seeds == arms["random"].seeds else {}
    draws = draw(case, arms | other)
    return Comparison(
        case,
        arms["random"].records[0]["metrics"]["windows"],
        {init: draws.score(init) for init in arms},
        draws.difference("pretrained", "random"),
        draws.difference("pretrained", "raw") if "raw" in arms else None,
        draws.difference("pretrained", TUNED) if other else None,
        {init: group.records for init, group in arms.items()},
    )


def conclusion(rows: list[Comparison]) -> str:
    """What comparisons say, in Markdown, computed from their numbers: in how many cases the interval lies above or below 0."""
    lines = []
    for reading in dict.fromkeys(row.reading for row in rows):
        chosen = [row for row in rows if row.reading == reading]
        above, below, undecided = verdict([row.gain for row in chosen])
        best = max(chosen, key=lambda row: row.gain.value)
        text = f"* **{reading.capitalize()}**: pre-training is better in {above} of {len(chosen)} cases and worse in {below}, with an "
        text += f"interval that excludes 0; {undecided} are undecided. The largest gain is {signed(best.gain)} points "
        text += f"({best.case.with_windows(best.windows)})."
        over = [row.over_raw for row in chosen if row.over_raw is not None]
        if over:
            text += f" It is better than a linear classifier on raw pixels in {sum(value.above() for value in over)} of {len(over)} cases"
            text += f" and worse in {sum(value.below() for value in over)}."
        lines.append(text)
    return "\n".join([*lines, *_frozen_or_tuned(rows), *_too_few(rows)])


def _too_few(rows: list[Comparison]) -> list[str]:
    """What keeps intervals wide, where seeds or test places are few."""
    seeds, found = min(row.gain.seeds for row in rows), []
    if seeds < FEW_SEEDS:
        found.append(f"* **{SEEDS[seeds]}** Points show how large gains are about; profile `full` has five seeds.")
    few = {row.case.place: row.gain.places for row in rows if row.gain.places < FEW_PLACES}
    if few:
        told = ", ".join(f"{place} {count}" for place, count in few.items())
        found.append(f"* **Few test places** ({told}): intervals are wide, and one place decides nothing. Larger or more scenes have more.")
    return found


def _frozen_or_tuned(rows: list[Comparison]) -> list[str]:
    """How few labels are best used: on a frozen encoder, or on a whole network without pre-training."""
    few = [row for row in rows if row.over_tuned is not None and row.fraction <= SCARCE]
    if not few:
        return []
    above, below, undecided = verdict([row.over_tuned for row in few if row.over_tuned is not None])
    text = f"* **At {percent(SCARCE)} of the labels or fewer**, a linear layer on the frozen pre-trained encoder is better than "
    return [f"{text}fine-tuning a random start in {above} of {len(few)} cases and worse in {below}; {undecided} are undecided."]
