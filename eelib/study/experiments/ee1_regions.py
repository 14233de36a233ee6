"""EE1: does pre-training in a region beat random weights there? Claims: docs/method.md#embedding-earth-what-is-known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.data.regions import load_region
from eelib.errors import unknown
from eelib.settings import ENCODERS
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, pretrained, readings, segment_arm
from eelib.study.budgets import Budget, sizes_for
from eelib.study.changes import changed
from eelib.study.extent import BUILT_IN, Extent, TrainingParameters, budget_of, extent_of, known_regions
from eelib.study.parameters import among, check_seed
from eelib.study.store import Store

if TYPE_CHECKING:
    from eelib.data.windows import Region

NETWORKS = ("unet3d", "unet2d_clstm", "convbigru", "tsvit")


class Networks(Extent):
    """The profile's network runs in every region; others where there is time for them."""

    networks: tuple[str, ...] = Field((), description="other networks")
    network_regions: tuple[str, ...] = Field((), description="where they run")
    network_seeds: tuple[int, ...] = Field((), description="how often")

    @field_validator("networks")
    @classmethod
    def _networks_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ENCODERS:
                raise unknown("network", name, ENCODERS)
        return value

    @field_validator("network_seeds")
    @classmethod
    def _seeds_are_seeds(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        for seed in value:
            check_seed(seed)
        return value

    @field_validator("network_regions")
    @classmethod
    def _regions_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return known_regions(value)


EXTENTS = {
    "smoke": Networks(regions=("germany",), seeds=(0, 1)),
    "quick": Networks(regions=BUILT_IN, seeds=(0, 1, 2)),  # with two, an interval is three times as wide
    "full": Networks(regions=BUILT_IN, seeds=(0, 1, 2, 3, 4), networks=NETWORKS, network_regions=("germany",), network_seeds=(0, 1, 2)),
    "paper": Networks(regions=BUILT_IN, seeds=(0, 1, 2, 3, 4), networks=NETWORKS, network_regions=BUILT_IN, network_seeds=(0, 1, 2, 3, 4)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee1_regions."""

    extents = EXTENTS
    sets = {**TrainingParameters.sets, "encoders": "encoder.name"}  # noqa: RUF012 - declared in the base

    encoders: tuple[str, ...] | None = Field(None, description="networks, each in every region; None: those of the profile")

    @field_validator("encoders")
    @classmethod
    def _known_networks(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "network", ENCODERS)

    def settle(self) -> None:
        """The budget with every network."""
        super().settle()
        budget = budget_of(self)
        for name in self.encoders or extent_of(EXTENTS, self).networks:
            changed(budget.encoder, {"name": name}, "encoder.")


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads; pre-trainings come along as what they need."""
    extent = extent_of(EXTENTS, params)
    return [
        arm
        for budget, region, seeds in _cases(params, extent)
        for seed in seeds
        for fraction in extent.fractions
        for arm in readings(budget, region, _starts(budget, region, seed), fraction, seed, finetuned=fraction in extent.finetuned)
    ]


def _cases(params: Parameters, extent: Networks) -> list[tuple[Budget, str, tuple[int, ...]]]:
    """Budget (with its network), region and seeds of every comparison."""
    budget = budget_of(params)
    first, *others = params.encoders or (budget.encoder.name, *extent.networks)
    cases = [(_with(budget, first), region, extent.seeds) for region in extent.regions]
    for name in others:
        chosen = [region for region in extent.regions if params.encoders or region in extent.network_regions]
        seeds = extent.seeds if params.encoders else params.seeds or extent.network_seeds
        cases += [(_with(budget, name), region, seeds) for region in chosen]
    return cases


def _with(budget: Budget, network: str) -> Budget:
    return budget.model_copy(update={"encoder": budget.encoder.model_copy(update={"name": network})})


def _starts(budget: Budget, region: str, seed: int) -> tuple[Start, ...]:
    return (RAW, RANDOM, pretrained(budget, region, seed))


def example_runs(params: Parameters, fraction: float | None = None) -> dict[str, dict[str, Path]]:
    """Folders of the fine-tuned arms of the first network and seed per region, by title: for example maps.

    Args:
        params: Validated parameters of the notebook.
        fraction: Label share; the largest where None.

    Returns:
        Nothing where no network is fine-tuned.
    """
    extent, store = extent_of(EXTENTS, params), Store()
    tuned, found = [share for share in extent.fractions if share in extent.finetuned], dict[str, dict[str, Path]]()
    if not tuned:
        return {}
    chosen = max(tuned) if fraction is None else fraction
    for budget, region, (seed, *_) in _cases(params, extent):
        starts = {"random start": RANDOM, "pre-trained": pretrained(budget, region, seed)}
        arms = {title: segment_arm(budget, region, start, chosen, seed) for title, start in starts.items()}
        found.setdefault(region, {title: store.folder(arm) for title, arm in arms.items()})
    return found


def loaded(params: Parameters, region: str) -> Region:
    """A region as the arms of the first seed saw it."""
    return load_region(region, sizes_for(budget_of(params), region, extent_of(EXTENTS, params).seeds[0]))
