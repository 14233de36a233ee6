"""The four landscape styles: classes, calendars, field shapes and clouds.

Calendars are days of the year at which half of the green-up or senescence is over, rounded to about half a month after the FAO crop
calendar and the GEOGLAM Crop Monitor calendars. Monthly cloud shares are rounded climatology. Both are styles, not measurements: the
report says "simulated" wherever a number comes from here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eelib.settings import Settings


class Difficulty(Settings):
    """What makes the world hard. Defaults are meant to be realistic; every field may be varied."""

    cloud: float = Field(1.0, ge=0, description="factor on the regional cloud share")
    most_cloud: float = Field(0.6, gt=0, le=1, description="scenes with a larger share of cloud are not used, as in a catalogue query")
    noise: float = Field(0.004, ge=0, description="standard deviation of sensor noise, reflectance")
    gain: float = Field(0.03, ge=0, description="standard deviation of the gain of a date")
    haze: float = Field(0.02, ge=0, description="mean added reflectance of haze at 490 nm")
    timing: float = Field(9.0, ge=0, description="standard deviation of a field's calendar, days")
    season: float = Field(7.0, ge=0, description="standard deviation of a place's season, days")
    vigour: float = Field(0.15, ge=0, description="standard deviation of a field's cover, relative")
    texture: float = Field(0.12, ge=0, description="standard deviation of cover within a field, relative")
    spread: float = Field(0.25, ge=0, description="how freely a class draws from all canopies; 0 gives each class its own")
    blur: float = Field(0.55, gt=0, description="standard deviation of the sensor's point spread at 10 m, pixels")


class Cycle(Settings):
    """One growing cycle of a cover."""

    start: float  # day of half green-up
    end: float  # day of half senescence
    rise: float = 9.0  # time scale of green-up, days
    fall: float = 7.0  # time scale of senescence, days
    cover: float = 0.85  # green cover at the peak
    straw: float = 0.6  # share of the lost green that stands as dry matter


class Cover(Settings):
    """One class."""

    name: str
    kind: Literal["crop", "grass", "trees", "water", "built"]
    share: float  # of the crop area for crops and grass; of the window where it occurs otherwise
    cycles: tuple[Cycle, ...] = ()
    base: float = 0.0  # green cover outside the cycles
    canopy: float = 0.5  # typical place among canopies sorted by near-infrared reflectance


class RegionStyle(Settings):
    """One landscape."""

    title: str
    continent: str
    soil: str
    covers: tuple[Cover, ...]
    field_length: tuple[float, float]  # pixels of 10 m, across and along
    layout: Literal["strips", "patches"]
    trees: float  # mean share of the window under trees
    settlement: float  # probability of a settlement in a window
    water: float  # probability of a river or pond
    cloud: tuple[float, ...]  # monthly mean share of the sky under cloud
    rain: tuple[float, ...]  # monthly soil moisture, 0 to 1

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; class id = position."""
        return tuple(cover.name for cover in self.covers)


def _trees(deciduous: float, start: float, end: float) -> Cover:
    return Cover(
        name="trees", kind="trees", share=1, base=0.85 - deciduous, cycles=(Cycle(start=start, end=end, cover=deciduous),), canopy=0.3
    )


WATER = Cover(name="water", kind="water", share=1)
BUILT = Cover(name="built-up", kind="built", share=1)

GERMANY = RegionStyle(
    title="Germany (simulated)",
    continent="Europe",
    soil="soil_germany",
    covers=(
        Cover(name="winter wheat", kind="crop", share=0.26, base=0.02, canopy=0.55, cycles=(Cycle(start=92, end=196), Cycle(start=-45, end=110, cover=0.3))),
        Cover(name="winter barley", kind="crop", share=0.12, base=0.02, canopy=0.5, cycles=(Cycle(start=85, end=178), Cycle(start=-60, end=105, cover=0.35))),
        Cover(name="rapeseed", kind="crop", share=0.12, base=0.02, canopy=0.65, cycles=(Cycle(start=80, end=186), Cycle(start=-95, end=90, cover=0.5))),
        Cover(name="maize", kind="crop", share=0.2, base=0.02, canopy=0.6, cycles=(Cycle(start=165, end=265),)),
        Cover(name="sugar beet", kind="crop", share=0.08, base=0.02, canopy=0.75, cycles=(Cycle(start=160, end=305, straw=0.1),)),
        Cover(name="grassland", kind="grass", share=0.22, base=0.4, canopy=0.45, cycles=(Cycle(start=95, end=305, rise=14, fall=18, cover=0.4),)),
        _trees(0.45, 118, 292),
        WATER,
        BUILT,
    ),
    field_length=(10, 22),
    layout="strips",
    trees=0.22,
    settlement=0.35,
    water=0.3,
    cloud=(0.7, 0.66, 0.6, 0.56, 0.56, 0.56, 0.53, 0.51, 0.52, 0.6, 0.7, 0.72),
    rain=(0.85, 0.8, 0.65, 0.5, 0.5, 0.5, 0.5, 0.45, 0.5, 0.6, 0.8, 0.85),
)  # fmt: skip

FRANCE = RegionStyle(
    title="France (simulated)",
    continent="Europe",
    soil="soil_france",
    covers=(
        Cover(name="winter wheat", kind="crop", share=0.24, base=0.02, canopy=0.55, cycles=(Cycle(start=78, end=180), Cycle(start=-45, end=95, cover=0.35))),
        Cover(name="rapeseed", kind="crop", share=0.1, base=0.02, canopy=0.65, cycles=(Cycle(start=68, end=174), Cycle(start=-95, end=80, cover=0.5))),
        Cover(name="maize", kind="crop", share=0.2, base=0.02, canopy=0.6, cycles=(Cycle(start=155, end=256),)),
        Cover(name="sunflower", kind="crop", share=0.14, base=0.02, canopy=0.55, cycles=(Cycle(start=152, end=234, cover=0.75),)),
        Cover(name="vineyard", kind="crop", share=0.1, base=0.12, canopy=0.4, cycles=(Cycle(start=122, end=288, cover=0.35, straw=0.2),)),
        Cover(name="grassland", kind="grass", share=0.22, base=0.4, canopy=0.45, cycles=(Cycle(start=78, end=190, fall=20, cover=0.4), Cycle(start=262, end=330, cover=0.2))),
        _trees(0.55, 108, 298),
        WATER,
        BUILT,
    ),
    field_length=(9, 17),
    layout="strips",
    trees=0.2,
    settlement=0.35,
    water=0.3,
    cloud=(0.62, 0.58, 0.52, 0.5, 0.48, 0.42, 0.36, 0.37, 0.42, 0.52, 0.6, 0.64),
    rain=(0.8, 0.7, 0.6, 0.55, 0.5, 0.35, 0.2, 0.2, 0.35, 0.55, 0.7, 0.8),
)  # fmt: skip

GHANA = RegionStyle(
    title="Ghana (simulated)",
    continent="Africa",
    soil="soil_ghana",
    covers=(
        Cover(name="groundnut", kind="crop", share=0.18, base=0.04, canopy=0.5, cycles=(Cycle(start=178, end=268, cover=0.7),)),
        Cover(name="maize", kind="crop", share=0.25, base=0.04, canopy=0.6, cycles=(Cycle(start=174, end=264, cover=0.75),)),
        Cover(name="rice", kind="crop", share=0.14, base=0.04, canopy=0.65, cycles=(Cycle(start=204, end=306, cover=0.8),)),
        Cover(name="soya bean", kind="crop", share=0.15, base=0.04, canopy=0.55, cycles=(Cycle(start=196, end=287, cover=0.8),)),
        Cover(name="savanna", kind="grass", share=0.28, base=0.15, canopy=0.35, cycles=(Cycle(start=142, end=316, rise=18, fall=20, cover=0.5),)),
        _trees(0.3, 130, 335),
        WATER,
        BUILT,
    ),
    field_length=(6, 7),
    layout="patches",
    trees=0.16,
    settlement=0.35,
    water=0.25,
    cloud=(0.2, 0.25, 0.4, 0.5, 0.55, 0.62, 0.7, 0.74, 0.68, 0.5, 0.26, 0.2),
    rain=(0.05, 0.05, 0.15, 0.3, 0.5, 0.6, 0.7, 0.8, 0.8, 0.5, 0.15, 0.05),
)  # fmt: skip

SOUTH_SUDAN = RegionStyle(
    title="South Sudan (simulated)",
    continent="Africa",
    soil="soil_south_sudan",
    covers=(
        Cover(name="sorghum", kind="crop", share=0.3, base=0.04, canopy=0.55, cycles=(Cycle(start=172, end=306, cover=0.75),)),
        Cover(name="maize", kind="crop", share=0.16, base=0.04, canopy=0.6, cycles=(Cycle(start=160, end=252, cover=0.75),)),
        Cover(name="rice", kind="crop", share=0.1, base=0.04, canopy=0.65, cycles=(Cycle(start=198, end=316, cover=0.8),)),
        Cover(name="groundnut", kind="crop", share=0.14, base=0.04, canopy=0.5, cycles=(Cycle(start=168, end=262, cover=0.7),)),
        Cover(name="savanna", kind="grass", share=0.3, base=0.12, canopy=0.35, cycles=(Cycle(start=138, end=322, rise=18, fall=20, cover=0.55),)),
        _trees(0.35, 124, 338),
        WATER,
        BUILT,
    ),
    field_length=(5, 7),
    layout="patches",
    trees=0.18,
    settlement=0.3,
    water=0.3,
    cloud=(0.2, 0.25, 0.4, 0.5, 0.58, 0.6, 0.66, 0.66, 0.6, 0.52, 0.35, 0.22),
    rain=(0.05, 0.05, 0.15, 0.35, 0.55, 0.65, 0.75, 0.8, 0.7, 0.5, 0.2, 0.05),
)  # fmt: skip

REGIONS: dict[str, RegionStyle] = {"germany": GERMANY, "france": FRANCE, "ghana": GHANA, "south_sudan": SOUTH_SUDAN}
