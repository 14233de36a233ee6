"""What an experiment affords at a profile, and the parameters that change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import Field, field_validator

from eelib.settings import Settings
from eelib.study.parameters import RegionParameters, each_once
from eelib.study.scales import SCALES, Scale


class Extent(Settings):
    """Where, how often and how an experiment runs at a profile. Experiments add their own fields."""

    regions: tuple[str, ...]
    seeds: tuple[int, ...]
    fractions: tuple[float, ...] = Field((0.1, 1.0), description="shares of the labelled training windows")
    finetuned: tuple[float, ...] = Field((0.1, 1.0), description="those of the shares at which networks are fine-tuned as well as probed")


class PretrainingParameters(RegionParameters):
    """What every experiment takes that pre-trains."""

    pretrain_steps: int | None = Field(None, ge=1, description="None: those of the profile")


class TrainingParameters(PretrainingParameters):
    """What every experiment takes that reads its networks with labels."""

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
    changes: dict[str, object] = {"regions": params.regions or chosen.regions, "seeds": params.seeds or chosen.seeds}
    if isinstance(params, TrainingParameters) and params.fractions is not None:
        changes |= {"fractions": params.fractions, "finetuned": params.fractions}
    return chosen.model_copy(update=changes)


def budget_of(params: PretrainingParameters) -> Scale:
    """The profile's budget per arm with the notebook's overrides."""
    chosen = SCALES[params.profile]
    pretrain, segment, single = chosen.pretrain, chosen.segment, chosen.single_date
    if params.pretrain_steps is not None:
        pretrain = pretrain.model_copy(update={"steps": params.pretrain_steps})
        single = single and single.model_copy(update={"pretrain_steps": params.pretrain_steps})
    if isinstance(params, TrainingParameters) and params.finetune_steps is not None:
        segment = segment.model_copy(update={"steps": params.finetune_steps})
        single = single and single.model_copy(update={"finetune_steps": params.finetune_steps})
    return chosen.model_copy(update={"pretrain": pretrain, "segment": segment, "single_date": single})
