"""Names of regions, apart from what they are, so that commands can list them at once."""

SIMULATED = ("germany", "france", "ghana", "south_sudan")

SIMULATED_PREFIX = "simulated:"
"""``simulated:ghana`` is the simulated region wherever ``ghana`` could mean the data set."""

ALIASES = {"southsudan": "southsudan_croptype", "t31tfm_1618": "t31tfm", "solar_plants": "solar_plants_brazil"}
"""Other names of data sets of the literature: mostly the folder in which their owners hand them out."""

COUNTERPARTS = {
    "germany": ("mtlcc",),
    "france": ("pastis", "t31tfm"),
    "ghana": ("ghana_croptype",),
    "south_sudan": ("southsudan_croptype",),
}
"""Data sets of the literature from the country whose style a simulated region has."""

NAMESAKES = {"ghana": "ghana_croptype", "south_sudan": "southsudan_croptype"}
"""Simulated regions whose name is also that of a data set, but for the ending."""
