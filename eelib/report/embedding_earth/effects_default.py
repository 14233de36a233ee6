"""What single changes are held against: the default and the random start, from the same records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from eelib.evaluate.statistics import Estimate, estimate, pooled_places
from eelib.report.cases import Draws, Group, Record, draw, groups, signed
from eelib.report.embedding_earth.effects import Effect, effects_rows
from eelib.report.tables import linked_mean

STARTS = {"random": "random start", "pretrained": "the default"}


@dataclass(frozen=True)
class Default:
    """Both starts without a change in one reading, mean over regions.

    Attributes:
        reading: How the result is read.
        scores: mIoU per start.
        gain: The default minus the random start, paired.
        records: Per start, all regions.
    """

    reading: str
    scores: dict[str, Estimate]
    gain: Estimate
    records: dict[str, tuple[Record, ...]]


def defaults(records: Iterable[Record]) -> list[Default]:
    """The default of every reading that was run with both starts."""
    found: dict[str, list[tuple[dict[str, Group], Draws[str]]]] = {}
    for case, starts in groups(records).items():
        if starts.keys() >= STARTS.keys():
            both = {name: starts[name] for name in STARTS}
            found.setdefault(case.reading, []).append((both, draw(case, both)))
    return [_default(reading, parts) for reading, parts in found.items()]


def _default(reading: str, parts: list[tuple[dict[str, Group], Draws[str]]]) -> Default:
    seeds, places = min(draws.seeds for _, draws in parts), pooled_places([draws.places for _, draws in parts])
    columns = {name: np.mean([draws.of[name] for _, draws in parts], 0) for name in STARTS}
    scores = {name: estimate(column, seeds, places) for name, column in columns.items()}
    gain = estimate(columns["pretrained"] - columns["random"], seeds, places)
    return Default(reading, scores, gain, {name: tuple(r for both, _ in parts for r in both[name].records) for name in STARTS})


def effects_and_defaults_table(items: Iterable[Effect], records: Iterable[Record], *, root: str = "../") -> str:
    """HTML: the random start and the default first, then every effect; below it what the default gains."""
    known = defaults(records)
    rows = [
        ((title, "–", one.reading), (linked_mean(one.scores[name], one.records[name], root), "–", "–", "–"))
        for one in known
        for name, title in STARTS.items()
    ]
    gains = "; ".join(f"{one.reading} {signed(one.gain)} points" for one in known)
    return f"{effects_rows(items, rows, root=root)}<p>Gain of the default over a random start: {gains}.</p>"
