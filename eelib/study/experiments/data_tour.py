"""The tour of the data: which regions it shows. Nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from eelib.data.regions import region_bands
from eelib.settings import RegionSizes
from eelib.study.arm import Arm
from eelib.study.budgets import BUDGETS, DataBudget, sizes_for, with_changes
from eelib.study.experiments.ee1_regions import EXTENTS
from eelib.study.parameters import RegionParameters

if TYPE_CHECKING:
    from eelib.data.windows import Scene

SMOKE_REGIONS = ("germany", "ghana")
SMOKE = DataBudget(sizes=RegionSizes(unlabelled=16, train=24, validation=8, test=8, num_dates=12))
CLOUD_SCENES = 40  # simulated places whose cloud masks are counted


class Parameters(RegionParameters):
    """Parameters of the notebook data_tour."""

    @classmethod
    def settings(cls) -> dict[str, type[BaseModel]]:
        """How many windows are shown, of which size."""
        return {"": DataBudget}

    def settle(self) -> None:
        """The sizes of all regions."""
        for region in plan_regions(self):
            region_bands(region, sizes(self, region))


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
    usual = BUDGETS[params.profile]
    shown = SMOKE if params.profile == "smoke" else DataBudget(sizes=usual.sizes, real=usual.real)
    return sizes_for(with_changes(shown, params.changes("")), region)


def scenes_of(region: str, params: Parameters) -> list[Scene]:
    """Scenes of a region with their cloud masks: all of a sample, some of a simulated region, none of other regions."""
    from eelib.data.brandenburg import load_scene
    from eelib.data.romania import load_scenes
    from eelib.data.world import REGIONS, simulate

    if region in REGIONS:
        return [simulate(region, 0, index, num_dates=sizes(params, region).num_dates) for index in range(CLOUD_SCENES)]
    return {"romania": load_scenes, "brandenburg": lambda: [load_scene()]}.get(region, list)()
