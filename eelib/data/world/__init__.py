"""The embedded world: simulated Sentinel-2 series of four styles of agricultural landscape on two continents.

Everything is a pure function of ``(region, seed, index)``. Nothing here is tuned to make a method look good; see docs/method.md.
"""

from eelib.data.world.regions import REGIONS, Difficulty, RegionStyle
from eelib.data.world.simulate import VERSION, simulate, simulate_windows, sky_revision
from eelib.data.world.spectra import BANDS

__all__ = ["BANDS", "REGIONS", "VERSION", "Difficulty", "RegionStyle", "simulate", "simulate_windows", "sky_revision"]
