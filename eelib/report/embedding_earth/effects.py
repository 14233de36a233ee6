"""Effects of single choices on the gain of pre-training, with a correction for looking at many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eelib.errors import InputError
from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import LEVEL, Estimate, estimate, holm, mean_over, pooled_places
from eelib.report.cases import NETWORK, Case, Draws, Record, draw, groups, reading_title
from eelib.report.changes import Change, changes_conclusion
from eelib.report.tables import Cells, bold, html_table, linked_mean

Part = tuple[str, Draws[str], tuple[Record, ...]]  # region, draws and records of one level


@dataclass(frozen=True)
class Effect:
    """One level of one factor against the default.

    Attributes:
        factor: The choice.
        level: What it was changed to.
        reading: How the result is read: reading, label share and, if not the usual one, network.
        score: mIoU, mean over regions.
        effect: Gain over a random start with this level, minus the gain with the default; the random start is that of the level's own
            data where the level changes them.
        adjusted: Its p-value after Holm's correction over all effects of a run.
        regions: Regions averaged over.
        records: Of the arms, all regions.
    """

    factor: str
    level: str
    reading: str
    score: Estimate
    effect: Estimate
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
    for case, starts in groups(records).items():
        if "pretrained" in starts and "random" in starts:
            draws = draw(case, starts)
            for start, group in starts.items():
                if " = " in start and not start.startswith("random"):
                    found.setdefault((_how(case), start), []).append((case.region, draws, group.records))
    if not found:
        raise InputError("there is no record of a changed recipe: run the arms first")
    made = [_made(*key, parts) for key, parts in found.items()]
    corrected = holm([item.effect.p for item in made])
    return [replace(item, adjusted=float(p)) for item, p in zip(made, corrected, strict=True)]


def _how(case: Case) -> str:
    """What regions are averaged under: effects at other label shares, or of other networks, are others."""
    how = reading_title(case.reading, case.fraction)
    return how if case.network == NETWORK else f"{how}, {case.network_title}"


def _effect(of: Mapping[str, Array], start: str) -> Array:
    base = f"random, {start}" if f"random, {start}" in of else "random"
    effect: Array = (of[start] - of[base]) - (of["pretrained"] - of["random"])
    return effect


def _made(how: str, start: str, parts: list[Part]) -> Effect:
    """Not yet corrected for the others."""
    factor, _, level = start.partition(" = ")
    size = min(draws.seeds for _, draws, _ in parts), pooled_places([draws.places for _, draws, _ in parts])
    score = estimate(mean_over([draws.of[start] for _, draws, _ in parts]), *size).within(0, 1)
    effect = estimate(mean_over([_effect(draws.of, start) for _, draws, _ in parts]), *size)
    regions, records = tuple(region for region, _, _ in parts), tuple(record for _, _, items in parts for record in items)
    return Effect(factor, level, how, score, effect, effect.p, regions, records)


def factor_title(factor: str) -> str:
    """A factor for people."""
    return factor.replace("_", " ")


def level_title(level: str) -> str:
    """A level for people."""
    return {"False": "off", "True": "on"}.get(level, level.replace("_", " "))


def effects_table(items: Iterable[Effect], *, root: str = "../") -> str:
    """HTML: every effect with its interval and p-values; bold ones stand after the correction."""
    return effects_rows(items, (), root=root)


def effects_rows(items: Iterable[Effect], first: Sequence[tuple[Cells, Cells]], *, root: str = "../") -> str:
    """The same table with other rows before the effects."""
    rows = [
        (
            (factor_title(item.factor), level_title(item.level), item.reading),
            (
                linked_mean(item.score, item.records, root),
                bold(item.effect, decided=item.decided),
                f"{item.effect.p:.4f}",
                f"{item.adjusted:.3f}",
            ),
        )
        for item in items
    ]
    return html_table(
        ("factor", "changed to", "reading"), ("mIoU", "effect in points, 95 % interval", "p", "p, corrected"), [*first, *rows]
    )


def effects_conclusion(items: list[Effect]) -> str:
    """Which effects stand, in Markdown."""
    changes = [Change(f"{factor_title(i.factor)} → {level_title(i.level)}", i.reading, i.effect, i.decided) for i in items]
    return changes_conclusion(changes, "changes to the default")
