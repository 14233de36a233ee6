"""Which loader reads which data set of the literature."""

from __future__ import annotations

import importlib

from eelib.data.manifests import DatasetManifest
from eelib.data.sources.tiles import TileSource

LOADERS = {
    "pastis": "PastisSource",
    "mtlcc": "MtlccSource",
    "t31tfm": "T31tfmSource",
    "sustainbench": "SustainBenchSource",
    "loveda": "LoveDaSource",
    "solar_plants": "SolarPlantsSource",
}


def dataset_source(entry: DatasetManifest, name: str) -> TileSource:
    """The source of a manifest of kind `dataset`; ``name`` is what the user wrote."""
    module = importlib.import_module(f"eelib.data.sources.{entry.format}")
    made: TileSource = getattr(module, LOADERS[entry.format])(entry, name)
    return made
