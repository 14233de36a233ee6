"""Miniatures of the data sets of the literature: a few tiles in the true format on disk, from the simulated world.

Made when a test needs them, never committed. By hand: ``python tests/data/miniatures/make.py pastis FOLDER``.
"""

import importlib

MODULES = {
    "pastis": "pastis",
    "mtlcc": "mtlcc",
    "t31tfm": "t31tfm",
    "ghana_croptype": "sustainbench",
    "southsudan_croptype": "sustainbench",
    "loveda": "loveda",
    "solar_plants_brazil": "solar_plants",
}


def make(name, folder):
    """Write the miniature of a data set into ``folder / name``; returns that folder."""
    target = folder / name
    importlib.import_module(f"miniatures.{MODULES[name]}").write(target, name)
    return target
