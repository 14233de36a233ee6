"""Numbers about embeddings: clusters against classes, neighbours of pixels, and the same pixels in two seasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eelib.data.sources import source
from eelib.errors import InputError
from eelib.evaluate.agreement import adjusted_rand, hit_rate, mutual_information
from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import Estimate, bootstrap, estimate
from eelib.report.cases import Group, Record
from eelib.report.tables import html_table, linked_mean, under

STARTS = {"raw": "raw pixels", "random": "random start", "pretrained": "pre-trained"}
SUFFIX = " explored"

# Measure: name for people, field of the record, counts to a score, field that holds what chance gives.
MEASURES: dict[str, tuple[str, str, Callable[[Any], Array], str | None]] = {
    "nmi": ("clusters, mutual information", "clusters", mutual_information, None),
    "rand": ("clusters, adjusted Rand", "clusters", adjusted_rand, None),
    "neighbours": ("nearest pixel elsewhere is of the class", "neighbours", hit_rate, "chance"),
    "seasons": ("pixel found again in another season", "seasons", hit_rate, "drift_chance"),
}


@dataclass(frozen=True)
class Look:
    """One measure of one region.

    Attributes:
        region: Key of the region, e.g. ``germany``.
        measure: A key of :data:`MEASURES`.
        scores: Per start.
        over: Pre-trained minus each other start.
        chance: What chance gives; None where chance is 0 by definition.
        records: Per start.
    """

    region: str
    measure: str
    scores: Mapping[str, Estimate]
    over: Mapping[str, Estimate]
    chance: float | None
    records: Mapping[str, tuple[Record, ...]]

    @property
    def title(self) -> str:
        """The region for people, simulated ones marked."""
        return source(self.region).title


def looks(records: Iterable[Record]) -> list[Look]:
    """All measures of all regions; those that need labels or several dates only where there are some.

    Raises:
        InputError: There is no record.
    """
    found: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        if record["arm"].endswith(SUFFIX):
            found.setdefault(record["params"]["region"], {}).setdefault(record["arm"].removesuffix(SUFFIX), []).append(record)
    made = [_look(region, measure, starts) for region, starts in found.items() for measure in MEASURES if _has(starts, measure)]
    if not made:
        raise InputError("there is no record of embeddings: run the arms first")
    return made


def _has(starts: Mapping[str, list[Record]], measure: str) -> bool:
    return all(MEASURES[measure][1] in record["metrics"] for records in starts.values() for record in records)


def _look(region: str, measure: str, starts: Mapping[str, list[Record]]) -> Look:
    _, field, score, chance = MEASURES[measure]
    groups = {name: Group.of(starts[name], field) for name in STARTS if name in starts}
    first = next(iter(groups.values()))
    seeds, places = len(first.seeds), len(np.unique(first.places))
    draws = dict(zip(groups, bootstrap([group.counts for group in groups.values()], first.places, score=score), strict=True))
    return Look(
        region,
        measure,
        {name: estimate(column, seeds, places) for name, column in draws.items()},
        {name: estimate(draws["pretrained"] - column, seeds, places) for name, column in draws.items() if name != "pretrained"},
        float(np.mean([record["metrics"][chance] for record in first.records])) if chance else None,
        {name: group.records for name, group in groups.items()},
    )


def look_table(items: Iterable[Look], *, root: str = "../") -> str:
    """HTML of all measures; every mean leads to its records."""
    rows = [
        (
            (under(item.title, MEASURES[item.measure][0]),),
            (
                "0" if item.chance is None else f"{item.chance:.3f}",
                *(linked_mean(item.scores.get(name), item.records.get(name, ()), root) for name in STARTS),
                *(_difference(item.over.get(name)) for name in ("raw", "random")),
            ),
        )
        for item in items
    ]
    right = ("chance", *STARTS.values(), "over raw pixels", "over random")
    return html_table(("region, measure",), right, rows)


def _difference(value: Estimate | None) -> str:
    if value is None:
        return "–"
    text = f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]".replace("-", "−")
    return f"<strong>{text}</strong>" if value.excludes_zero else text


def look_conclusion(items: list[Look]) -> str:
    """What the measures say, in Markdown."""
    lines = []
    for measure, (title, *_) in MEASURES.items():
        chosen = [item for item in items if item.measure == measure]
        if chosen:
            parts = []
            for name, against in (("random", "a random encoder"), ("raw", "raw pixels")):
                above, below = (sum(test(item.over[name]) for item in chosen) for test in (Estimate.above, Estimate.below))
                parts.append(f"above {against} in {above} of {len(chosen)} regions and below in {below}")
            lines.append(
                f"* **{title[0].upper()}{title[1:]}**: pre-trained embeddings are {', '.join(parts)}, with an interval that excludes 0."
            )
    return "\n".join(lines)
