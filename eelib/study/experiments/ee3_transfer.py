"""EE3: does pre-training carry over to another region? Claims: docs/method.md#embedding-earth-what-is-known."""

from __future__ import annotations

from pydantic import Field, field_validator

from eelib.data.continents import distance
from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.data.regions import source
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, Start, pretrain_arm, pretrained, readings
from eelib.study.budgets import Budget, aligned
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of, known_regions

NAME = "ee3_transfer"


class Transfer(Extent):
    """The square of regions, and the real regions that exchange encoders with simulated ones."""

    exchanged: tuple[str, ...] = Field((), description="real regions")
    receivers: tuple[str, ...] = Field((), description="simulated regions that take encoders of real ones")
    probe_exchange: bool = Field(False, description="whether encoders exchanged with real regions are only probed")

    @field_validator("exchanged", "receivers")
    @classmethod
    def _regions_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return known_regions(value)

    @property
    def simulated(self) -> tuple[str, ...]:
        """The simulated regions of the square."""
        return tuple(region for region in self.regions if source(region).simulated)

    @property
    def partners(self) -> tuple[str, ...]:
        """The real regions that exchange encoders with the simulated ones; those of the square do so there."""
        return tuple(real for real in self.exchanged if real not in self.regions) if self.simulated else ()


EXTENTS = {
    "smoke": Transfer(regions=("germany", "ghana"), seeds=(0, 1), fractions=(1.0,), finetuned=(1.0,)),
    "quick": Transfer(regions=SIMULATED, seeds=(0, 1), fractions=(0.1,), finetuned=(), exchanged=("romania",)),
    "full": Transfer(
        regions=SIMULATED, seeds=(0, 1, 2, 3, 4), exchanged=("romania", "brandenburg"), receivers=("germany", "ghana"), probe_exchange=True
    ),
    "paper": Transfer(regions=SIMULATED, seeds=(0, 1, 2, 3, 4), exchanged=("romania", "brandenburg"), receivers=SIMULATED),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee3_transfer."""

    extents = EXTENTS

    @field_validator("regions")
    @classmethod
    def _two_regions(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(value) < 2:
            raise ValueError("give at least two regions: each is pre-trained on for the labels of the others")
        return value

    def settle(self) -> None:
        """The budget that all regions share, and those that the exchanges share."""
        super().settle()
        extent = extent_of(EXTENTS, self)
        for pool in (extent.regions, *((*extent.simulated, real) for real in extent.partners)):
            aligned(budget_of(self), pool)


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. The diagonal and the random row are ee1's where the regions have the same bands."""
    extent = extent_of(EXTENTS, params)
    budget = aligned(budget_of(params), extent.regions)
    own = None if budget == budget_of(params) else NAME
    exchange_tuned = () if extent.probe_exchange else extent.finetuned
    return [
        arm
        for seed in extent.seeds
        for fraction in extent.fractions
        for cells, tuned in ((_square(budget, extent, seed, own), extent.finetuned), (_exchange(params, extent, seed), exchange_tuned))
        for target, (scale, starts) in cells
        for arm in readings(scale, target, starts, fraction, seed, finetuned=fraction in tuned)
    ]


Cells = list[tuple[str, tuple[Budget, list[Start]]]]


def _square(budget: Budget, extent: Transfer, seed: int, own: str | None) -> Cells:
    """Every region with every start: random, each region, all regions, the other continent."""
    everything = pretrain_arm(budget, extent.regions, seed)
    cells: Cells = []
    for target in extent.regions:
        starts = [Start("random", "random", None, own), Start("pretrained", "pretrained", pretrain_arm(budget, target, seed), own)]
        starts += [_from(place, pretrain_arm(budget, place, seed)) for place in extent.regions if place != target]
        far = [place for place in extent.regions if distance(place, target) == "other continent"]
        starts += [_from("all regions", everything)] if len(extent.regions) > 1 else []
        starts += [_from("the other continent", pretrain_arm(budget, far, seed))] if len(far) > 1 else []
        cells.append((target, (budget, starts)))
    return cells


def _exchange(params: Parameters, extent: Transfer, seed: int) -> Cells:
    """Simulated regions to a real one and back, with the bands and dates that both have; each with a random start of the same kind."""
    cells: Cells = []
    for real in extent.partners:
        budget = aligned(budget_of(params), [*extent.simulated, real])
        here = [RANDOM, pretrained(budget, real, seed), _from("simulated regions", pretrain_arm(budget, extent.simulated, seed))]
        cells.append((real, (budget, here)))
        there = [Start(f"random as in {real}", "random", None, NAME), _from(real, pretrain_arm(budget, real, seed))]
        cells += [(region, (budget, there)) for region in extent.receivers if region in extent.simulated]
    return cells


def _from(place: str, arm: Arm) -> Start:
    return Start(f"pretrained on {place}", "pretrained", arm, NAME)
