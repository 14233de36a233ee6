"""CLIP3: how much do the captions and their number matter? Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.data.pairs.load import as_written
from eelib.data.pairs.settings import FAULTS, PUBLISHED_VERSIONS, FaultDoses
from eelib.errors import InputError
from eelib.study.arm import Arm
from eelib.study.extent import shares
from eelib.study.pair_arms import Setup, score_arm, standard
from eelib.study.pair_budgets import PairExtent, PairParameters, pair_budget, pair_extent
from eelib.study.parameters import among, each_once

NAME = "clip3_data"


class Data(PairExtent):
    """Two versions for all methods and encoders; doses and amounts for the first method and encoder."""

    methods: tuple[str, ...] = ("clip", "declip")
    kinds: tuple[str, ...] = Field(FAULTS, description="of caption noise")
    doses: tuple[float, ...] = Field((0.2, 0.4), description="share of the captions with that noise")
    amounts: tuple[float, ...] = Field((0.25, 0.5), description="shares of the training pairs")

    @field_validator("amounts")
    @classmethod
    def _amounts_are_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return shares(value)


EXTENTS = {
    "smoke": Data(seeds=(0, 1), kinds=("wrong_image",), doses=(0.5,), amounts=(0.5,)),
    "quick": Data(seeds=(0, 1), encoders=("vit",), kinds=("wrong_image",), doses=(0.5,), amounts=(0.25,)),
    "full": Data(pairs=("germany", "emoji"), seeds=(0, 1, 2, 3, 4), doses=(0.2, 0.4, 0.8), amounts=(0.125, 0.25, 0.5)),
    "paper": Data(pairs=("yfcc15m_v1", "yfcc15m_v2"), seeds=(0, 1, 2), doses=(0.2, 0.4, 0.8), amounts=(0.1, 0.3)),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip3_data."""

    extents = EXTENTS
    unread = (*PairParameters.unread, "sizes.version")

    kinds: tuple[str, ...] | None = Field(None, description="kinds of caption noise; None: those of the profile")
    doses: tuple[float, ...] | None = Field(None, description="shares of the captions; None: those of the profile")

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "kind of caption noise", FAULTS)

    @field_validator("doses")
    @classmethod
    def _doses_are_shares(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (not value or not all(0 < dose <= 1 for dose in value)):
            raise ValueError("every dose must be above 0 and at most 1")
        return each_once(value)


def extent_of(params: Parameters) -> Data:
    """The profile's extent with the notebook's overrides."""
    given = {name: value for name in ("kinds", "doses") if (value := getattr(params, name)) is not None}
    return pair_extent(EXTENTS, params).model_copy(update=given)


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every score that the notebook reads. V2 is what clip1 trains on, so those models are clip1's.

    Raises:
        InputError: Two published versions would be scored on two test sets.
    """
    budget, extent = pair_budget(params), extent_of(params)
    published = published_versions(extent.pairs)
    if published and budget.test_pairs is None:
        raise InputError(f"{' and '.join(published)} are compared on one test set: name it, for example test_pairs=imagenet")
    setups = []
    for pairs in extent.pairs:
        for family in extent.encoders:
            for name in extent.methods:
                base = standard(budget, name, family, pairs)
                setups += [base] if pairs in published else [base.sized(NAME, version=version) for version in ("v2", "v1")]
        first = standard(budget, extent.methods[0], extent.encoders[0], pairs)
        setups += _amounts(first, extent) if pairs in published else _inside(first, extent)
    return [score_arm(budget, setup, seed) for setup in setups for seed in extent.seeds]


def published_versions(pairs: Sequence[str]) -> tuple[str, ...]:
    """Those of the sets that are V1 and V2 as their authors made them; one without the other is a set like any."""
    both = {name for two, one in PUBLISHED_VERSIONS.items() if {one, two} <= set(pairs) for name in (one, two)}
    return tuple(name for name in pairs if name in both)


def _inside(first: Setup, extent: Data) -> list[Setup]:
    """Doses and amounts of a set whose versions are made here: the pool, and what our filter keeps of it."""
    doses = () if as_written(first.data.sets[0]) else _doses(first, extent)
    return [first.sized(NAME, version="clean"), *doses, *_amounts(first.sized(NAME, version="v2"), extent)]


def _doses(base: Setup, extent: Data) -> list[Setup]:
    """One kind of noise at a time in as many pairs as the clean set has."""
    version = "v1" if base.data.sets[0] in SIMULATED else "spoilt"  # the same of an endless pool, and the key that it always had
    return [base.sized(NAME, version=version, doses=FaultDoses.only(kind, dose)) for kind in extent.kinds for dose in extent.doses]


def _amounts(base: Setup, extent: Data) -> list[Setup]:
    return [base.sized(NAME, train=max(2, round(share * base.data.sizes.train))) for share in extent.amounts]
