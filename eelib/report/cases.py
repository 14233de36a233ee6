"""Records grouped into what can be compared: the same region, network, label share and reading, from different starts."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from eelib.data.sources import region_names, source
from eelib.data.windows import Ints
from eelib.errors import InputError
from eelib.evaluate.confusion import Array, unpack
from eelib.evaluate.statistics import Estimate, block_diagonal, bootstrap, estimate

Record = Mapping[str, Any]

READINGS = ("fine-tuned", "linear probe", "per pixel")
SUFFIX = {" fine-tuned": "fine-tuned", " probed": "linear probe", " per pixel": "per pixel"}  # of the name of an arm
POINTS = 100  # points of mIoU in 1.0
NETWORK = "unet3df"  # of records that name none
NETWORK_TITLES = {
    "unet3df": "UNet3Df",
    "unet3d": "UNet3D",
    "unet2d_clstm": "UNet2D-CLSTM",
    "convbigru": "ConvBiGRU",
    "tsvit": "TSViT",
    "vit_series": "ViT",
    "resnet_series": "ResNet",
}


class Case(NamedTuple):
    """What is held equal in a comparison."""

    region: str
    network: str
    fraction: float
    reading: str

    @property
    def place(self) -> str:
        """The region for people."""
        return source(self.region).title.removesuffix(" (simulated)")

    @property
    def network_title(self) -> str:
        """The network for people."""
        return NETWORK_TITLES.get(self.network, self.network)

    @property
    def title(self) -> str:
        """The region for people, with its network where that is not the usual one."""
        return self.place if self.network == NETWORK else f"{self.place}, {self.network_title}"

    @property
    def kind(self) -> str:
        """Whether the pixels are real."""
        return "simulated" if source(self.region).simulated else "real"

    def with_windows(self, windows: int) -> str:
        """The case in full, for sentences: region, kind of pixels and how many windows have labels."""
        return f"{self.title}, {self.kind}, {labelled_windows(windows)}"

    @property
    def order(self) -> tuple[Any, ...]:
        """Reading, network, region as the study lists them, scarcest labels first."""
        names = region_names()
        place = names.index(self.region) if self.region in names else len(names)
        return READINGS.index(self.reading), self.network != NETWORK, self.network, place, self.region, self.fraction


@dataclass(frozen=True)
class Group:
    """The records of one start over all seeds.

    Attributes:
        records: One per seed, in the order of seeds.
        counts: ``(S, N, K, K)`` confusion counts per seed and test window; windows of another seed's test set count nothing.
        places: ``(N,)`` place of each test window.
    """

    records: tuple[Record, ...]
    counts: Ints
    places: Ints

    @classmethod
    def of(cls, records: Iterable[Record], metric: str = "confusion") -> Group:
        """Group records that differ in their seed only; the same record twice is one record.

        Raises:
            InputError: Two records have one seed.
        """
        ordered = tuple(sorted({record["key"]: record for record in records}.values(), key=lambda record: record["seed"]))
        for one, other in pairwise(ordered):
            if one["seed"] == other["seed"]:
                what = f"{one['params']['region']}: two records of '{one['arm']}' with seed {one['seed']}"
                raise InputError(f"{what}: {one['experiment']}/{one['key']} and {other['experiment']}/{other['key']}")
        places = [np.array(record["metrics"]["places"]) for record in ordered]
        counts = [unpack(record["metrics"][metric]) for record in ordered]
        return cls(ordered, block_diagonal(counts), np.concatenate(places))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds in order."""
        return tuple(record["seed"] for record in self.records)


def reading_title(reading: str, fraction: float) -> str:
    """A reading and its label share for people."""
    return f"{reading}, {percent(fraction)} of the labels"


def groups(records: Iterable[Record]) -> dict[Case, dict[str, Group]]:
    """Per case the group of each start; records that are no reading are left out."""
    found: dict[Case, dict[str, list[Record]]] = {}
    for record in records:
        suffix = next((suffix for suffix in SUFFIX if record["arm"].endswith(suffix)), None)
        if suffix is not None:
            params = record["params"]
            network = params.get("encoder", {}).get("name", NETWORK)
            case = Case(params["region"], network, params["fraction"], SUFFIX[suffix])
            found.setdefault(case, {}).setdefault(record["arm"].removesuffix(suffix), []).append(record)
    ordered = sorted(found, key=lambda case: case.order)
    return {case: {start: Group.of(found[case][start]) for start in found[case]} for case in ordered}


K = TypeVar("K")


@dataclass(frozen=True)
class Draws(Generic[K]):
    """Bootstrap draws of the score of several starts or models on the same resamples.

    Attributes:
        of: Per start or model ``(R + 1, S)``, of every seed; row 0 is the estimate.
        seeds: Seeds of each; 0 where nothing was trained.
        places: Places resampled.
    """

    of: Mapping[K, Array]
    seeds: int
    places: int

    def estimate(self, column: Array) -> Estimate:
        """A difference of what is in ``of``, with its interval."""
        return estimate(column, self.seeds, self.places)

    def score(self, one: K) -> Estimate:
        """Score of a start or model; its interval ends at 0 and at 1, beyond which no score lies."""
        return self.estimate(self.of[one]).within(0, 1)

    def difference(self, one: K, base: K) -> Estimate:
        """Score of a start or model minus that of another."""
        return self.estimate(self.of[one] - self.of[base])


def draw(case: Case, starts: Mapping[str, Group], **options: Any) -> Draws[str]:  # noqa: ANN401
    """Paired bootstrap of all starts of a case.

    Raises:
        InputError: Starts were run with different seeds.
    """
    if len({group.seeds for group in starts.values()}) != 1:
        seeds = {start: group.seeds for start, group in starts.items()}
        raise InputError(f"{case.region}: arms to be compared were run with different seeds: {seeds}")
    first = next(iter(starts.values()))
    options = {"seed": zlib.crc32(case.region.encode()), **options}  # every page draws the same places of a region, and others of another
    scores = bootstrap([group.counts for group in starts.values()], first.places, **options)
    return Draws(dict(zip(starts, scores, strict=True)), len(first.seeds), len(np.unique(first.places)))


def signed(value: Estimate) -> str:
    """A difference of mIoU as points with its interval, ``+5.1 [+1.0, +9.2]``."""
    middle, low, high = (points(POINTS * number) for number in (value.value, value.low, value.high))
    return f"{middle} [{low}, {high}]"


def points(value: float | None, *, sign: bool = True) -> str:
    """A number of points, ``+5.1``; a dash where there is none."""
    return "–" if value is None else f"{value:{'+' if sign else ''}.1f}".replace("-", "−")


def labelled_windows(count: int) -> str:
    """How many windows have labels, ``1 labelled window``."""
    return f"{count} labelled window{'' if count == 1 else 's'}"


def percents(value: Estimate) -> str:
    """A share with its interval in percent, ``41.2 [38.0, 44.3]``."""
    return f"{POINTS * value.value:.1f} [{POINTS * value.low:.1f}, {POINTS * value.high:.1f}]"


def percent(fraction: float) -> str:
    """A label share, ``10 %``."""
    return f"{100 * fraction:g} %"


def verdict(differences: Sequence[Estimate]) -> tuple[int, int, int]:
    """How many intervals lie above 0, below 0, and on both sides."""
    above, below = sum(value.above() for value in differences), sum(value.below() for value in differences)
    return above, below, len(differences) - above - below
