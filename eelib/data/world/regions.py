"""The four landscape styles: classes, calendars, field shapes, rain and clouds.

Days are days of the year in an average year. Crop calendars are rounded to about half a month from

* Germany, France: the crop calendar of the JRC MARS Bulletin; phenological reports of Deutscher Wetterdienst; flowering of rapeseed from
  d'Andrimont et al. (2020, Remote Sensing of Environment 239), who saw it from 21 April to 19 May in Germany;
* Ghana, South Sudan: the crop calendars of the FAO GIEWS country briefs and the GEOGLAM Crop Monitor for Early Warning (one rainy season
  in northern Ghana and in most of South Sudan; sowing from May to July, harvest from September to December).

Leaf areas, monthly cloud shares and soil moisture are round numbers of the right size, not measurements. All of this is a style, not a
claim about a country: the report says "simulated" wherever a number comes from here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eelib.settings import Settings

Months = tuple[float, float, float, float, float, float, float, float, float, float, float, float]


class Difficulty(Settings):
    """What makes the world hard. Defaults are meant to be realistic; every field may be varied, and the map stays the same map.

    Clouds decide the dates that are chosen as well, and with them what the fields look like.
    """

    cloud: float = Field(1.0, ge=0, description="factor on the odds of cloud, region by month: 1 to 2 becomes f to 2")
    most_cloud: float = Field(0.6, gt=0, le=1, description="scenes with a larger share of cloud are not used, as in a catalogue query")
    noise: float = Field(0.004, ge=0, description="standard deviation of sensor noise, reflectance")
    gain: float = Field(0.03, ge=0, description="standard deviation of the gain of a date and band")
    haze: float = Field(0.012, ge=0, description="mean added reflectance of haze at 490 nm")
    timing: float = Field(9.0, ge=0, description="standard deviation of a field's calendar, days")
    season: float = Field(7.0, ge=0, description="standard deviation of a place's season, days")
    vigour: float = Field(0.2, ge=0, description="standard deviation of a field's leaf area, relative")
    texture: float = Field(0.15, ge=0, description="standard deviation of leaf area within a field, relative")
    spread: float = Field(0.25, ge=0, description="how freely a class draws from all canopies; 0 gives each class its own")
    blur: float = Field(0.55, gt=0, description="standard deviation of the sensor's point spread, pixels of the band")


class Cover(Settings):
    """One class. Without ``harvest`` it is perennial."""

    name: str
    kind: Literal["crop", "grass", "trees", "water", "built"]
    share: float = 0.0  # of the farmland, for crops and grass
    lai: float = 0.0  # leaf area index at the peak
    winter: float = 0.0  # leaf area index before green-up; of perennials outside of the season
    green: float = 0.0  # day of half green-up
    rise: float = 9.0  # time scale of green-up, days
    senesce: float = 999.0  # day of half senescence
    fall: float = 8.0  # time scale of senescence, days
    harvest: float | None = None
    dry: float = 0.8  # share of the lost leaf area that stands as dry matter
    stubble: float = 0.3  # ground cover of what the harvest leaves
    canopy: float = 0.5  # typical place among canopies sorted by near-infrared reflectance
    wet: float = 0.0  # preference for low ground
    cuts: int = 0  # most mowings in a year
    flower: float | None = None  # day of yellow bloom
    flooded: bool = False  # stands in water for the first weeks


class RegionStyle(Settings):
    """One landscape."""

    title: str
    continent: Literal["Europe", "Africa"]
    soil: str
    covers: tuple[Cover, ...]
    layout: Literal["strips", "plots"]
    block: float  # size of a block of parcels between tracks, pixels of 10 m
    parcel: tuple[float, float]  # width and length of strips, or spacing and elongation of plots, pixels
    trees: float  # share of the ground under closed trees
    parkland: float  # share of the remaining pixels with a single tree
    settlement: float  # probability of a settlement in a window of 32 pixels
    dense: float  # share of built pixels within a settlement
    water: float  # probability of a river or pond in a window of 32 pixels
    roofs: tuple[str, str]
    weeds: float  # leaf area index of weeds on wet idle ground
    next_crop: float  # probability that the following crop, or a catch crop, greens before the end of the year
    drought: float  # share of leaf area that grass loses in a dry summer
    fire: float  # probability that savanna burns in a dry season; stubble burns a third as often
    dust: float  # relative increase of haze in the dry season
    cloud: Months  # mean share of the sky under cloud
    rain: Months  # soil moisture, 0 to 1

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; class id = position."""
        return tuple(cover.name for cover in self.covers)


WATER = Cover(name="water", kind="water", dry=0)
BUILT = Cover(name="built-up", kind="built", lai=1.8, winter=0.8, green=105, rise=15, senesce=295, fall=15, dry=0.3, canopy=0.4)
COMPOUND = Cover(name="built-up", kind="built", lai=1.0, winter=0.25, green=150, rise=18, senesce=315, fall=18, canopy=0.35)

GERMANY = RegionStyle(
    title="Germany (simulated)",
    continent="Europe",
    soil="soil_germany",
    covers=(
        Cover(name="winter wheat", kind="crop", share=0.26, winter=0.7, lai=5.0, green=106, rise=12, senesce=190, fall=7, harvest=212, stubble=0.5, canopy=0.5),
        Cover(name="winter barley", kind="crop", share=0.12, winter=1.1, lai=4.5, green=98, rise=12, senesce=171, fall=7, harvest=190, stubble=0.5, canopy=0.45),
        Cover(name="rapeseed", kind="crop", share=0.10, winter=1.3, lai=4.3, green=92, rise=11, senesce=183, fall=9, harvest=202, dry=0.6, canopy=0.6, flower=124),
        Cover(name="maize", kind="crop", share=0.18, lai=4.2, green=172, rise=8, senesce=262, fall=10, harvest=270, stubble=0.2, canopy=0.55),
        Cover(name="sugar beet", kind="crop", share=0.07, lai=4.2, green=166, rise=9, senesce=325, fall=25, harvest=288, dry=0.1, stubble=0.1, canopy=0.75),
        Cover(name="potato", kind="crop", share=0.06, lai=4.0, green=161, rise=7, senesce=242, fall=8, harvest=262, dry=0.4, stubble=0.1, canopy=0.6),
        Cover(name="grassland", kind="grass", share=0.21, winter=1.3, lai=3.4, green=102, rise=14, senesce=300, fall=20, dry=0.3, canopy=0.4, wet=0.8, cuts=4),
        Cover(name="trees", kind="trees", winter=2.0, lai=4.8, green=118, rise=6, senesce=292, fall=9, dry=0.1, canopy=0.5),
        WATER,
        BUILT,
    ),
    layout="strips", block=34, parcel=(11, 24),
    trees=0.2, parkland=0.003, settlement=0.22, dense=0.85, water=0.2, roofs=("tile", "road"),
    weeds=0.25, next_crop=0.6, drought=0.25, fire=0, dust=0,
    cloud=(0.7, 0.66, 0.6, 0.56, 0.56, 0.56, 0.53, 0.51, 0.52, 0.6, 0.7, 0.72),
    rain=(0.85, 0.8, 0.65, 0.5, 0.5, 0.5, 0.5, 0.45, 0.5, 0.6, 0.8, 0.85),
)  # fmt: skip

FRANCE = RegionStyle(
    title="France (simulated)",
    continent="Europe",
    soil="soil_france",
    covers=(
        Cover(name="winter wheat", kind="crop", share=0.25, winter=0.9, lai=4.8, green=93, rise=12, senesce=177, fall=7, harvest=198, stubble=0.5, canopy=0.5),
        Cover(name="winter barley", kind="crop", share=0.09, winter=1.2, lai=4.3, green=85, rise=12, senesce=160, fall=7, harvest=178, stubble=0.5, canopy=0.45),
        Cover(name="rapeseed", kind="crop", share=0.09, winter=1.5, lai=4.2, green=79, rise=11, senesce=170, fall=9, harvest=188, dry=0.6, canopy=0.6, flower=108),
        Cover(name="maize", kind="crop", share=0.17, lai=4.0, green=166, rise=8, senesce=254, fall=10, harvest=278, stubble=0.4, canopy=0.55),
        Cover(name="sunflower", kind="crop", share=0.10, lai=3.0, green=166, rise=8, senesce=230, fall=8, harvest=256, canopy=0.55),
        Cover(name="vineyard", kind="crop", share=0.08, winter=0.35, lai=1.3, green=130, rise=12, senesce=292, fall=10, dry=0.1, canopy=0.4, wet=-0.8),
        Cover(name="grassland", kind="grass", share=0.22, winter=1.4, lai=3.3, green=90, rise=14, senesce=305, fall=20, dry=0.4, canopy=0.4, wet=0.8, cuts=3),
        Cover(name="trees", kind="trees", winter=1.4, lai=4.6, green=108, rise=6, senesce=298, fall=9, dry=0.1, canopy=0.5),
        WATER,
        BUILT,
    ),
    layout="strips", block=28, parcel=(10, 18),
    trees=0.17, parkland=0.006, settlement=0.22, dense=0.8, water=0.2, roofs=("tile", "road"),
    weeds=0.25, next_crop=0.55, drought=0.5, fire=0, dust=0,
    cloud=(0.62, 0.58, 0.52, 0.5, 0.48, 0.42, 0.36, 0.37, 0.42, 0.52, 0.6, 0.64),
    rain=(0.8, 0.7, 0.6, 0.55, 0.5, 0.35, 0.2, 0.2, 0.35, 0.55, 0.7, 0.8),
)  # fmt: skip

GHANA = RegionStyle(
    title="Ghana (simulated)",
    continent="Africa",
    soil="soil_ghana",
    covers=(
        Cover(name="groundnut", kind="crop", share=0.16, lai=2.6, green=187, senesce=258, fall=10, harvest=273, dry=0.5, stubble=0.05, canopy=0.45),
        Cover(name="maize", kind="crop", share=0.26, lai=3.0, green=191, senesce=263, fall=9, harvest=286, stubble=0.35, canopy=0.55),
        Cover(name="rice", kind="crop", share=0.11, lai=3.6, green=214, rise=10, senesce=299, harvest=321, stubble=0.4, canopy=0.6, wet=1.6, flooded=True),
        Cover(name="soya bean", kind="crop", share=0.13, lai=3.4, green=208, senesce=284, fall=7, harvest=304, dry=0.5, stubble=0.15, canopy=0.65),
        Cover(name="savanna", kind="grass", share=0.34, winter=0.45, lai=2.0, green=147, rise=18, senesce=309, fall=18, canopy=0.35),
        Cover(name="trees", kind="trees", winter=1.2, lai=2.8, green=125, rise=18, senesce=342, fall=20, dry=0.2, canopy=0.4),
        WATER,
        COMPOUND,
    ),
    layout="plots", block=30, parcel=(8, 1.4),
    trees=0.12, parkland=0.05, settlement=0.25, dense=0.45, water=0.2, roofs=("metal", "dirt"),
    weeds=1.0, next_crop=0, drought=0, fire=0.35, dust=1.5,
    cloud=(0.2, 0.25, 0.4, 0.5, 0.55, 0.62, 0.7, 0.74, 0.68, 0.5, 0.26, 0.2),
    rain=(0.05, 0.05, 0.15, 0.3, 0.5, 0.6, 0.7, 0.8, 0.8, 0.5, 0.15, 0.05),
)  # fmt: skip

SOUTH_SUDAN = RegionStyle(
    title="South Sudan (simulated)",
    continent="Africa",
    soil="soil_south_sudan",
    covers=(
        Cover(name="sorghum", kind="crop", share=0.30, lai=2.6, green=186, rise=12, senesce=301, fall=14, harvest=326, stubble=0.45, canopy=0.5),
        Cover(name="maize", kind="crop", share=0.14, lai=2.8, green=173, senesce=241, fall=9, harvest=262, stubble=0.35, canopy=0.55),
        Cover(name="rice", kind="crop", share=0.08, lai=3.4, green=217, rise=10, senesce=307, harvest=328, stubble=0.4, canopy=0.6, wet=1.6, flooded=True),
        Cover(name="groundnut", kind="crop", share=0.12, lai=2.4, green=178, senesce=250, fall=10, harvest=266, dry=0.5, stubble=0.05, canopy=0.45),
        Cover(name="savanna", kind="grass", share=0.36, winter=0.35, lai=2.2, green=143, rise=18, senesce=316, fall=18, canopy=0.35),
        Cover(name="trees", kind="trees", winter=1.1, lai=2.9, green=122, rise=18, senesce=342, fall=20, dry=0.2, canopy=0.4),
        WATER,
        COMPOUND,
    ),
    layout="plots", block=34, parcel=(7, 1.3),
    trees=0.12, parkland=0.03, settlement=0.2, dense=0.4, water=0.22, roofs=("metal", "dirt"),
    weeds=1.0, next_crop=0, drought=0, fire=0.5, dust=0.8,
    cloud=(0.2, 0.25, 0.4, 0.5, 0.58, 0.6, 0.66, 0.66, 0.6, 0.52, 0.35, 0.22),
    rain=(0.05, 0.05, 0.15, 0.35, 0.55, 0.65, 0.75, 0.8, 0.7, 0.5, 0.2, 0.05),
)  # fmt: skip

REGIONS: dict[str, RegionStyle] = {"germany": GERMANY, "france": FRANCE, "ghana": GHANA, "south_sudan": SOUTH_SUDAN}
