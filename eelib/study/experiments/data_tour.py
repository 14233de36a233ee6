"""The tour of the data: which regions it shows. Nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eelib.settings import RegionSizes
from eelib.study.arm import Arm
from eelib.study.experiments.ee1_regions import EXTENTS
from eelib.study.parameters import RegionParameters as Parameters
from eelib.study.scales import SCALES, sizes_for

if TYPE_CHECKING:
    from eelib.data.windows import Scene

SMOKE_REGIONS = ("germany", "ghana")
CLOUD_SCENES = 40  # simulated places whose cloud masks are counted


def plan(params: Parameters) -> list[Arm]:
    """No arms."""
    return []


def plan_regions(params: Parameters) -> tuple[str, ...]:
    """Regions that the notebook shows."""
    if params.region_names is not None:
        return params.region_names
    return SMOKE_REGIONS if params.profile == "smoke" else EXTENTS[params.profile].regions


def sizes(params: Parameters, region: str) -> RegionSizes:
    """Sizes of the sets: those of the experiments at this profile, so that the tour shows what they train on."""
    if params.profile == "smoke":
        return RegionSizes(unlabelled=16, train=24, validation=8, test=8, num_dates=12)
    return sizes_for(SCALES[params.profile], region)


def scenes_of(region: str, params: Parameters) -> list[Scene]:
    """Scenes of a region with their cloud masks: all of a sample, some of a simulated region, none of other regions."""
    from eelib.data.brandenburg import load_scene
    from eelib.data.romania import load_scenes
    from eelib.data.world import REGIONS, simulate

    if region in REGIONS:
        return [simulate(region, 0, index, num_dates=sizes(params, region).num_dates) for index in range(CLOUD_SCENES)]
    return {"romania": load_scenes, "brandenburg": lambda: [load_scene()]}.get(region, list)()
