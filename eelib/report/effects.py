"""Effects of single choices on the gain of pre-training, with a correction for looking at many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from eelib.errors import InputError
from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import Estimate, estimate, holm, p_value
from eelib.report.cases import Draws, Record, draw, groups
from eelib.report.changes import Change, changes_conclusion
from eelib.report.tables import bold, html_table, linked_mean

RESAMPLES = 10_000  # so many, because the smallest p-value they can show is multiplied by the number of comparisons
LEVEL = 0.05
Part = tuple[str, Draws[str], tuple[Record, ...]]  # region, draws and records of one level


@dataclass(frozen=True)
class Effect:
    """One level of one factor against the default.

    Attributes:
        factor: The choice.
        level: What it was changed to.
        reading: How the result is read.
        score: mIoU, mean over regions.
        effect: Gain over a random start with this level, minus the gain with the default; the random start is that of the level's own
            data where the level changes them.
        p: Two-sided p-value of no effect.
        adjusted: The same after Holm's correction over all effects of a run.
        regions: Regions averaged over.
        records: Of the arms, all regions.
    """

    factor: str
    level: str
    reading: str
    score: Estimate
    effect: Estimate
    p: float
    adjusted: float
    regions: tuple[str, ...]
    records: tuple[Record, ...]

    @property
    def decided(self) -> bool:
        """Whether the effect stands after the correction."""
        return self.adjusted < LEVEL


def effects(records: Iterable[Record]) -> list[Effect]:
    """All effects, in the order in which the factors were run, averaged over regions.

    Raises:
        InputError: There is none.
    """
    found: dict[tuple[str, str], list[Part]] = {}
    for number, (case, starts) in enumerate(groups(records).items()):
        if "pretrained" in starts and "random" in starts:
            draws = draw(case, starts, resamples=RESAMPLES, seed=number)
            for start, group in starts.items():
                if " = " in start and not start.startswith("random"):
                    found.setdefault((case.reading, start), []).append((case.region, draws, group.records))
    if not found:
        raise InputError("there is no record of a changed recipe: run the arms first")
    columns = {key: np.mean([_effect(draws.of, key[1]) for _, draws, _ in parts], 0) for key, parts in found.items()}
    p_values = [p_value(column) for column in columns.values()]
    adjusted = holm(p_values)
    return [_made(key, found[key], columns[key], p, float(q)) for key, p, q in zip(columns, p_values, adjusted, strict=True)]


def _effect(of: Mapping[str, Array], start: str) -> Array:
    base = f"random, {start}" if f"random, {start}" in of else "random"
    effect: Array = (of[start] - of[base]) - (of["pretrained"] - of["random"])
    return effect


def _made(key: tuple[str, str], parts: list[Part], column: Array, p: float, adjusted: float) -> Effect:
    reading, start = key
    factor, _, level = start.partition(" = ")
    seeds, places = min(draws.seeds for _, draws, _ in parts), sum(draws.places for _, draws, _ in parts)
    score = estimate(np.mean([draws.of[start] for _, draws, _ in parts], 0), seeds, places)
    records = tuple(record for _, _, items in parts for record in items)
    regions = tuple(region for region, _, _ in parts)
    return Effect(factor, level, reading, score, estimate(column, seeds, places), p, adjusted, regions, records)


def factor_title(factor: str) -> str:
    """A factor for people."""
    return factor.replace("_", " ")


def level_title(level: str) -> str:
    """A level for people."""
    return {"False": "off", "True": "on"}.get(level, level.replace("_", " "))


def effects_table(items: Iterable[Effect], *, root: str = "../") -> str:
    """HTML: every effect with its interval and p-values; bold ones stand after the correction."""
    rows = [
        (
            (factor_title(item.factor), level_title(item.level), item.reading),
            (
                linked_mean(item.score, item.records, root),
                bold(item.effect, decided=item.decided),
                f"{item.p:.4f}",
                f"{item.adjusted:.3f}",
            ),
        )
        for item in items
    ]
    return html_table(("factor", "changed to", "reading"), ("mIoU", "effect in points, 95 % interval", "p", "p, corrected"), rows)


def effects_conclusion(items: list[Effect]) -> str:
    """Which effects stand, in Markdown."""
    changes = [Change(f"{factor_title(i.factor)} → {level_title(i.level)}", i.reading, i.effect, i.decided) for i in items]
    return changes_conclusion(changes, "changes to the default")
