"""What an experiment affords at a profile, and the parameters that change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import BaseModel, Field, field_validator

from eelib.data.names import SIMULATED
from eelib.data.regions import region_bands, source
from eelib.data.sources import absolute
from eelib.settings import Settings
from eelib.study.budgets import BUDGETS, Budget, has_one_date, pretrain_recipe, require_room, sizes_for, with_changes
from eelib.study.changes import changed
from eelib.study.parameters import RegionParameters, each_once

BUILT_IN = (*SIMULATED, "brandenburg", "romania")


class Extent(Settings):
    """Where, how often and how an experiment runs at a profile. Experiments add their own fields."""

    regions: tuple[str, ...]
    seeds: tuple[int, ...]
    fractions: tuple[float, ...] = Field((0.1, 1.0), description="shares of the labelled training windows")
    finetuned: tuple[float, ...] = Field((0.1, 1.0), description="those of the shares at which networks are fine-tuned as well as probed")

    @field_validator("finetuned")
    @classmethod
    def _finetuned_are_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return shares(value)


def shares(value: tuple[float, ...]) -> tuple[float, ...]:
    """The values, if each is a share.

    Raises:
        ValueError: Otherwise.
    """
    if not all(0 < share <= 1 for share in value):
        raise ValueError("every share must be above 0 and at most 1")
    return value


def known_regions(value: tuple[str, ...]) -> tuple[str, ...]:
    """Regions by their names, paths of manifests made absolute.

    Raises:
        InputError: One of them is unknown.
    """
    names = tuple(absolute(name) for name in value)
    for name in names:
        if name not in BUILT_IN:  # no file is read for those, so that tables of extents cost nothing
            source(name)
    return names


class PretrainingParameters(RegionParameters):
    """What every experiment takes that pre-trains."""

    extents: ClassVar[Mapping[str, Extent]] = {}
    sets: ClassVar[Mapping[str, str]] = {"pretrain_steps": "pretrain.steps"}
    unread: ClassVar[tuple[str, ...]] = ("look", "pixel")

    pretrain_steps: int | None = Field(None, ge=1, description="None: those of the profile")

    @classmethod
    def settings(cls) -> dict[str, type[BaseModel]]:
        """The budget and the extent."""
        return {"": Budget, **super().settings()}

    def settle(self) -> None:
        """The budget in every region."""
        budget, extent = budget_of(self), extent_of(self.extents, self)
        for region in extent.regions:
            region_bands(region, sizes_for(budget, region))
            pretrain_recipe(budget, region)
        require_room(budget, extent.regions, self.changes(""))


class TrainingParameters(PretrainingParameters):
    """What every experiment takes that reads its networks with labels."""

    sets: ClassVar[Mapping[str, str]] = {**PretrainingParameters.sets, "finetune_steps": "segment.steps"}

    fractions: tuple[float, ...] | None = Field(None, description="shares of the labelled training windows; None: those of the profile")
    finetune_steps: int | None = Field(None, ge=1, description="None: those of the profile")

    @field_validator("fractions")
    @classmethod
    def _fractions_are_shares(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (not value or not all(0 < fraction <= 1 for fraction in value)):
            raise ValueError("every fraction must be above 0 and at most 1")
        return each_once(value)


E = TypeVar("E", bound=Extent)


def extent_of(table: Mapping[str, E], params: PretrainingParameters) -> E:
    """The profile's extent with the notebook's overrides; label shares that are asked for are fine-tuned as well."""
    chosen = table[params.profile]
    changes: dict[str, object] = {"regions": params.region_names or chosen.regions, "seeds": params.seeds or chosen.seeds}
    if isinstance(params, TrainingParameters) and params.fractions is not None:
        changes |= {"fractions": params.fractions, "finetuned": params.fractions}
    return changed(chosen.model_copy(update=changes), params.extent_changes(), "extent.")


def budget_of(params: PretrainingParameters) -> Budget:
    """The profile's budget per arm with the notebook's overrides."""
    chosen = BUDGETS[params.profile]
    pretrain, segment, single = chosen.pretrain, chosen.segment, chosen.single_date
    if params.pretrain_steps is not None:
        pretrain = pretrain.model_copy(update={"steps": params.pretrain_steps})
        single = single and single.model_copy(update={"pretrain_steps": params.pretrain_steps})
    if isinstance(params, TrainingParameters) and params.finetune_steps is not None:
        segment = segment.model_copy(update={"steps": params.finetune_steps})
        single = single and single.model_copy(update={"finetune_steps": params.finetune_steps})
    chosen = chosen.model_copy(update={"pretrain": pretrain, "segment": segment, "single_date": single})
    return with_changes(chosen, params.changes(""))


def short_steps(params: PretrainingParameters, budget: Budget, region: str, steps: int | None) -> int | None:
    """Steps of an experiment with short pre-trainings, unless the budget's own were asked for."""
    named = params.changes("")
    asked = "pretrain.steps" in named or (has_one_date(budget, region) and "single_date.pretrain_steps" in named)
    return None if params.pretrain_steps is not None or (asked and "steps" not in params.changes("extent.")) else steps
