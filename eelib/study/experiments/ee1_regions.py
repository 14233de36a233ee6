"""EE1: does pre-training in a region beat random weights there? Design E1 of spec section 1.6.8."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from eelib.data.names import SIMULATED
from eelib.data.regions import fingerprint, is_simulated, load_region, region_dates, region_window
from eelib.settings import EncoderSettings, PretrainSettings, ProbeSettings, RegionSizes, SegmentSettings, ViewSettings
from eelib.study.arm import Arm
from eelib.study.parameters import Parameters as StudyParameters
from eelib.study.parameters import Profile
from eelib.study.recipes import PretrainParams, ProbeParams, SegmentParams
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


class Scale(StudyParameters):
    """What a profile decides."""

    profile: Profile
    regions: tuple[str, ...]
    seeds: tuple[int, ...]
    sizes: RegionSizes
    real: RegionSizes | None = Field(None, description="sizes of real regions, whose windows are few and cheap; None: the same")
    encoder: EncoderSettings
    pretrain: PretrainSettings
    segment: SegmentSettings
    probe: ProbeSettings


def scale(params: Parameters) -> Scale:
    """The profile's budget with the notebook's overrides."""
    chosen = SCALES[params.profile]
    pretrain, segment = chosen.pretrain, chosen.segment
    if params.pretrain_steps is not None:
        pretrain = pretrain.model_copy(update={"steps": params.pretrain_steps})
    if params.finetune_steps is not None:
        segment = segment.model_copy(update={"steps": params.finetune_steps})
    changes = {"pretrain": pretrain, "segment": segment, "seeds": params.seeds or chosen.seeds, "regions": params.regions or chosen.regions}
    return chosen.model_copy(update=changes)


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


def sizes_for(budget: Scale, region: str) -> RegionSizes:
    """Windows and dates of a region."""
    return budget.sizes if budget.real is None or is_simulated(region) else budget.real


def encoder_for(budget: Scale, region: str) -> EncoderSettings:
    """The profile's encoder with the number of dates that a region can give to each of two disjoint views."""
    length = region_dates(region, sizes_for(budget, region))
    half = max(4, length // 2 // 4 * 4)  # a multiple of 4 wastes nothing on padding
    return budget.encoder.model_copy(update={"num_dates": 1 if length == 1 else min(budget.encoder.num_dates, length)})


def view_size(wanted: int, region: str, budget: Scale) -> int:
    """A view leaves at least a quarter of the window's side to move in."""
    return min(wanted, region_window(region, sizes_for(budget, region)) * 3 // 4 // 4 * 4)


def pretrain_arm(budget: Scale, region: str, seed: int) -> Arm:
    """Pre-training in a region; experiment 'pretrain', because every experiment shares it."""
    encoder = encoder_for(budget, region)
    views: ViewSettings = budget.pretrain.views
    alone = encoder.num_dates == 1
    views = views.model_copy(
        update={
            "size": view_size(views.size, region, budget),
            "num_dates": min(views.num_dates, encoder.num_dates),
            "dates": "same" if alone else views.dates,
        }
    )
    params = PretrainParams(
        region=region, sizes=sizes_for(budget, region), encoder=encoder, recipe=budget.pretrain.model_copy(update={"views": views})
    )
    voxels = 2 * params.recipe.batch_size * params.recipe.steps * views.size**2 * encoder.num_dates
    return Arm("pretrain", "pretrained", seed, "pretrain", params, _data(region, budget), cost=_seconds(voxels, budget, region, encoder))


def segment_arm(budget: Scale, region: str, init: Init, fraction: float, seed: int) -> Arm:
    """Fine-tuning from one initialisation at one label fraction."""
    encoder = encoder_for(budget, region)
    recipe = budget.segment.model_copy(update={"size": view_size(budget.segment.size, region, budget)})
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


SCALES: dict[str, Scale] = {
    "smoke": Scale(
        profile="smoke",
        regions=("germany",),
        seeds=(0, 1),
        sizes=RegionSizes(unlabelled=16, train=10, validation=6, test=8, window=16, num_dates=8),
        encoder=EncoderSettings(width=4, num_dates=4),
        pretrain=PretrainSettings(steps=4, batch_size=4, anchors=16, views=ViewSettings(size=12)),
        segment=SegmentSettings(size=12, steps=4, batch_size=4, lrs=(3e-3,)),
        probe=ProbeSettings(penalties=(1e-3,), pixels=1000),
    ),
    "quick": Scale(
        profile="quick",
        regions=(*SIMULATED, "brandenburg", "romania"),
        seeds=(0, 1, 2),
        sizes=RegionSizes(validation=24, test=64),
        real=RegionSizes(test=100),
        encoder=EncoderSettings(),
        pretrain=PretrainSettings(),
        segment=SegmentSettings(),
        probe=ProbeSettings(),
    ),
    "full": Scale(
        profile="full",
        regions=(*SIMULATED, "brandenburg", "romania"),
        seeds=(0, 1, 2, 3, 4),
        sizes=RegionSizes(unlabelled=1024),
        encoder=EncoderSettings(width=16, num_dates=8),
        pretrain=PretrainSettings(steps=1000, views=ViewSettings(num_dates=8)),
        segment=SegmentSettings(steps=400, lrs=(1e-3, 3e-3, 1e-2)),
        probe=ProbeSettings(penalties=(1e-5, 1e-4, 1e-3, 1e-2)),
    ),
    "paper": Scale(
        profile="paper",
        regions=(*SIMULATED, "brandenburg", "romania"),
        seeds=(0, 1, 2, 3, 4),
        sizes=RegionSizes(unlabelled=20_000, train=2_000, validation=500, test=2_000, num_dates=32),
        encoder=EncoderSettings(width=64, num_dates=16),
        pretrain=PretrainSettings(steps=50_000, batch_size=32, lr=1e-3, views=ViewSettings(size=24, num_dates=16)),
        segment=SegmentSettings(size=24, steps=20_000, batch_size=32, lrs=(1e-4, 3e-4, 1e-3)),
        probe=ProbeSettings(penalties=(1e-5, 1e-4, 1e-3, 1e-2), pixels=200_000),
    ),
}
