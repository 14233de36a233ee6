"""On which continent a region lies; for simulated ones, which continent their style is of."""

from __future__ import annotations

from eelib.data.names import SIMULATED

CONTINENTS = {
    "brandenburg": "Europe",
    "romania": "Europe",
    "pastis": "Europe",
    "mtlcc": "Europe",
    "t31tfm": "Europe",
    "ghana_croptype": "Africa",
    "southsudan_croptype": "Africa",
}


def continent(region: str) -> str | None:
    """Name of the continent; None where nobody wrote it down."""
    if region in SIMULATED:
        from eelib.data.world import REGIONS

        return REGIONS[region].continent
    return CONTINENTS.get(region)


def distance(source: str, target: str) -> str:
    """``"same region"``, ``"same continent"``, ``"other continent"``, or ``"other region"`` where a continent is not known."""
    here, there = continent(target), continent(source)
    if source == target:
        return "same region"
    if here is None or there is None:
        return "other region"
    return "same continent" if here == there else "other continent"
