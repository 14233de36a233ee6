"""Random against pre-trained initialisation, from records only: one row per region, label share and way of reading the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eelib.data.sources import region_names, source
from eelib.data.windows import Ints
from eelib.errors import InputError
from eelib.evaluate.confusion import unpack
from eelib.evaluate.statistics import Estimate, bootstrap, estimate

Record = Mapping[str, Any]

READINGS = ("fine-tuned", "linear probe")
SUFFIX = {" fine-tuned": "fine-tuned", " probed": "linear probe"}  # of the name of an arm
POINTS = 100  # points of mIoU in 1.0


@dataclass(frozen=True)
class Group:
    """The records of one arm over all seeds.

    Attributes:
        records: One per seed, in the order of seeds.
        counts: ``(S, N, K, K)`` confusion counts per seed and test window.
        places: ``(N,)`` place of each test window.
    """

    records: tuple[Record, ...]
    counts: Ints
    places: Ints

    @classmethod
    def of(cls, records: Iterable[Record]) -> Group:
        """Group records that differ in their seed only."""
        ordered = tuple(sorted(records, key=lambda record: record["seed"]))
        counts = np.stack([unpack(record["metrics"]["confusion"]) for record in ordered])
        return cls(ordered, counts, np.array(ordered[0]["metrics"]["places"]))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds in order."""
        return tuple(record["seed"] for record in self.records)


def groups(records: Iterable[Record]) -> dict[tuple[str, float, str, str], Group]:
    """Groups by ``(region, label fraction, reading, initialisation)``; records without confusion counts are left out."""
    found: dict[tuple[str, float, str, str], list[Record]] = {}
    for record in records:
        suffix = next((suffix for suffix in SUFFIX if record["arm"].endswith(suffix)), None)
        if suffix is not None:
            params = record["params"]
            key = (params["region"], params["fraction"], SUFFIX[suffix], record["arm"].removesuffix(suffix))
            found.setdefault(key, []).append(record)
    return {key: Group.of(found[key]) for key in found}


@dataclass(frozen=True)
class Comparison:
    """Initialisations compared in one region, at one label share, in one reading.

    Attributes:
        region: Name of the region.
        fraction: Share of the labelled training windows.
        windows: Labelled training windows.
        reading: ``"fine-tuned"`` or ``"linear probe"``.
        scores: mIoU per initialisation: ``"random"``, ``"pretrained"`` and, in the probe, ``"raw"`` pixels.
        gain: Paired difference pre-trained minus random.
        over_raw: Paired difference pre-trained minus raw pixels; None where there is no such arm.
        records: Records per initialisation, in the order of seeds.
    """

    region: str
    fraction: float
    windows: int
    reading: str
    scores: Mapping[str, Estimate]
    gain: Estimate
    over_raw: Estimate | None
    records: Mapping[str, tuple[Record, ...]]

    @property
    def title(self) -> str:
        """The region for people."""
        return source(self.region).title.removesuffix(" (simulated)")

    @property
    def kind(self) -> str:
        """Whether the pixels are real."""
        return "simulated" if source(self.region).simulated else "real"


def compare(records: Iterable[Record]) -> list[Comparison]:
    """Comparisons of all regions, label shares and readings, scarcest labels first.

    Args:
        records: Records of ee1; pre-trainings among them are left out.

    Raises:
        InputError: Nothing to compare, or two arms to be compared were run with different seeds.
    """
    grouped, found = groups(records), []
    for region, fraction, reading in dict.fromkeys(key[:3] for key in grouped):
        inits = ("random", "pretrained", "raw")
        arms = {init: grouped[region, fraction, reading, init] for init in inits if (region, fraction, reading, init) in grouped}
        if {"random", "pretrained"} <= arms.keys():
            found.append(_compared(region, fraction, reading, arms))
    if not found:
        raise InputError("there is no record of a random and a pre-trained arm to compare: run the arms first")
    names = region_names()
    place = {name: number for number, name in enumerate(names)}  # users' own regions come last
    return sorted(found, key=lambda item: (READINGS.index(item.reading), place.get(item.region, len(names)), item.region, item.fraction))


def _compared(region: str, fraction: float, reading: str, arms: Mapping[str, Group]) -> Comparison:
    if len({group.seeds for group in arms.values()}) != 1:
        raise InputError(f"{region}: arms to be compared were run with different seeds: {[group.seeds for group in arms.values()]}")
    first = arms["random"]
    seeds, places = len(first.seeds), len(np.unique(first.places))
    draws = dict(zip(arms, bootstrap([group.counts for group in arms.values()], first.places).T, strict=True))
    return Comparison(
        region,
        fraction,
        first.records[0]["metrics"]["windows"],
        reading,
        {init: estimate(values, seeds, places) for init, values in draws.items()},
        estimate(draws["pretrained"] - draws["random"], seeds, places),
        estimate(draws["pretrained"] - draws["raw"], seeds, places) if "raw" in draws else None,
        {init: group.records for init, group in arms.items()},
    )


def signed(value: Estimate) -> str:
    """A difference of mIoU as points with its interval, ``+5.1 [+1.0, +9.2]``."""
    return f"{POINTS * value.value:+.1f} [{POINTS * value.low:+.1f}, {POINTS * value.high:+.1f}]".replace("-", "−")


def conclusion(rows: list[Comparison]) -> str:
    """What comparisons say, in Markdown, computed from their numbers: in how many cases the interval lies above or below 0."""
    lines = []
    for reading in dict.fromkeys(row.reading for row in rows):
        chosen = [row for row in rows if row.reading == reading]
        above, below = sum(row.gain.low > 0 for row in chosen), sum(row.gain.high < 0 for row in chosen)
        best = max(chosen, key=lambda row: row.gain.value)
        text = f"* **{reading.capitalize()}**: pre-training is better in {above} of {len(chosen)} cases and worse in {below}, with an "
        text += f"interval that excludes 0; {len(chosen) - above - below} are undecided. The largest gain is {signed(best.gain)} points "
        text += f"({best.title}, {best.kind}, {best.windows} labelled windows)."
        over = [row.over_raw for row in chosen if row.over_raw is not None]
        if over:
            text += f" It beats a linear classifier on raw pixels in {sum(value.low > 0 for value in over)} of {len(over)} cases"
            text += f" and falls short of it in {sum(value.high < 0 for value in over)}."
        lines.append(text)
    return "\n".join(lines)
