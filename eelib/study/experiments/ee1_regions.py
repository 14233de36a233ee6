"""EE1: does pre-training in a region beat random weights there? Design E1 of spec section 1.6.8."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from eelib.data.regions import fingerprint, load_region, region_dates, region_window
from eelib.settings import EncoderSettings
from eelib.study.arm import Arm
from eelib.study.parameters import Parameters as StudyParameters
from eelib.study.recipes import PretrainParams, ProbeParams, SegmentParams
from eelib.study.scales import SCALES, Scale, encoder_for, pretrain_recipe, segment_recipe, sizes_for
from eelib.study.store import Store

if TYPE_CHECKING:
    from eelib.data.windows import Region

TITLE = "Pre-trained against random in every region"
CLAIM = "Embedding Earth: pre-training beats random initialisation in every tested case, up to +25 points mIoU"
NAME = "ee1_regions"

Init = Literal["random", "pretrained"]


class Parameters(StudyParameters):
    """Parameters of the notebook ee1_regions."""

    fractions: tuple[float, ...] = Field((0.1, 1.0), description="shares of the labelled training windows")
    pretrain_steps: int | None = Field(None, ge=1, description="None: those of the profile")
    finetune_steps: int | None = Field(None, ge=1, description="None: those of the profile")

    @field_validator("fractions")
    @classmethod
    def _fractions_are_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(0 < fraction <= 1 for fraction in value):
            raise ValueError("every fraction must be above 0 and at most 1")
        return value


def scale(params: Parameters) -> Scale:
    """The profile's budget with the notebook's overrides."""
    chosen = SCALES[params.profile]
    pretrain, segment, single = chosen.pretrain, chosen.segment, chosen.single_date
    if params.pretrain_steps is not None:
        pretrain = pretrain.model_copy(update={"steps": params.pretrain_steps})
        single = single and single.model_copy(update={"pretrain_steps": params.pretrain_steps})
    if params.finetune_steps is not None:
        segment = segment.model_copy(update={"steps": params.finetune_steps})
        single = single and single.model_copy(update={"finetune_steps": params.finetune_steps})
    changes = {"pretrain": pretrain, "segment": segment, "single_date": single}
    return chosen.model_copy(update=changes | {"seeds": params.seeds or chosen.seeds, "regions": params.regions or chosen.regions})


def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads; pre-trainings come along as what they need."""
    budget = scale(params)
    return [
        arm
        for region in budget.regions
        for seed in budget.seeds
        for fraction in params.fractions
        for arm in (
            probe_arm(budget, region, "raw", fraction, seed),
            *(probe_arm(budget, region, init, fraction, seed) for init in ("random", "pretrained")),
            *(segment_arm(budget, region, init, fraction, seed) for init in ("random", "pretrained")),
        )
    ]


def pretrain_arm(budget: Scale, region: str, seed: int) -> Arm:
    """Pre-training in a region; experiment 'pretrain', because every experiment shares it."""
    encoder, recipe = encoder_for(budget, region), pretrain_recipe(budget, region)
    params = PretrainParams(regions=(region,), sizes=sizes_for(budget, region), encoder=encoder, recipe=recipe)
    voxels = 2 * recipe.batch_size * recipe.steps * recipe.views.size**2 * encoder.num_dates
    return Arm("pretrain", "pretrained", seed, "pretrain", params, _data(region, budget), cost=_seconds(voxels, budget, region, encoder))


def segment_arm(budget: Scale, region: str, init: Init, fraction: float, seed: int) -> Arm:
    """Fine-tuning from one initialisation at one label fraction."""
    encoder, recipe = encoder_for(budget, region), segment_recipe(budget, region)
    params = SegmentParams(region=region, sizes=sizes_for(budget, region), encoder=encoder, init=init, fraction=fraction, recipe=recipe)
    needs = {"pretrain": pretrain_arm(budget, region, seed)} if init == "pretrained" else {}
    voxels = len(recipe.lrs) * recipe.batch_size * recipe.steps * recipe.size**2 * encoder.num_dates
    cost = _seconds(voxels, budget, region, encoder, len(recipe.lrs) * params.sizes.validation + params.sizes.test)
    return Arm(NAME, f"{init} fine-tuned", seed, "segment", params, _data(region, budget), needs, cost=cost)


def example_runs(params: Parameters, fraction: float | None = None) -> dict[str, dict[str, Path]]:
    """Folders of the fine-tuned arms of the first seed per region, by title: for example maps.

    Args:
        params: Of the notebook.
        fraction: Label share; the largest where None.
    """
    budget, store = scale(params), Store()
    chosen = max(params.fractions) if fraction is None else fraction
    inits: dict[str, Init] = {"random start": "random", "pre-trained": "pretrained"}
    return {
        region: {title: store.folder(segment_arm(budget, region, init, chosen, budget.seeds[0])) for title, init in inits.items()}
        for region in budget.regions
    }


def loaded(params: Parameters, region: str) -> Region:
    """A region with the sizes that the arms used."""
    return load_region(region, sizes_for(scale(params), region))


def probe_arm(budget: Scale, region: str, init: Literal["random", "pretrained", "raw"], fraction: float, seed: int) -> Arm:
    """Frozen linear probe of one initialisation at one label fraction."""
    encoder = encoder_for(budget, region)
    params = ProbeParams(region=region, sizes=sizes_for(budget, region), encoder=encoder, init=init, fraction=fraction, recipe=budget.probe)
    needs = {"pretrain": pretrain_arm(budget, region, seed)} if init == "pretrained" else {}
    predicted = round(params.sizes.train * fraction) + params.sizes.validation + params.sizes.test
    cost = _seconds(0, budget, region, encoder, 0 if init == "raw" else predicted)
    return Arm(NAME, f"{init} probed", seed, "probe", params, _data(region, budget), needs, cost=cost)


def _data(region: str, budget: Scale) -> dict[str, str]:
    return {region: fingerprint(region, sizes_for(budget, region))}


def _seconds(trained: float, budget: Scale, region: str, encoder: EncoderSettings, predicted: int = 0) -> float:
    """Expected seconds on one core; only the time left is made from it.

    Args:
        trained: Input voxels (pixels times dates) of all training steps.
        budget: Of the profile.
        region: Where.
        encoder: The network.
        predicted: Windows that are predicted with all their dates.
    """
    sizes = sizes_for(budget, region)
    read = predicted * region_window(region, sizes) ** 2 * region_dates(region, sizes)
    return 1 + 3e-6 * float((encoder.width / 8) ** 1.5) * (trained + read / 3)
