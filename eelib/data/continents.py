"""On which continent a region lies; for simulated ones, which continent their style is of."""

from __future__ import annotations

import functools
from pathlib import Path

from eelib.data.names import SIMULATED
from eelib.data.sources import MANIFEST


def continent(region: str) -> str | None:
    """Name of the continent, as the region's manifest says; None where it says nothing, or where there is no such manifest."""
    from eelib.data.manifests import manifest_folder

    if region in SIMULATED:
        from eelib.data.world import REGIONS

        return REGIONS[region].continent
    path = Path(region) if region.endswith(MANIFEST) else manifest_folder() / f"{region}.yaml"
    return _stated(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.lru_cache(maxsize=64)
def _stated(path: Path, changed: int) -> str | None:
    """What a manifest says, read anew when it was edited."""
    from eelib.data.manifests import load_manifest

    return getattr(load_manifest(path), "continent", None)


def distance(source: str, target: str) -> str:
    """``"same region"``, ``"same continent"``, ``"other continent"``, or ``"other region"`` where a continent is not known."""
    here, there = continent(target), continent(source)
    if source == target:
        return "same region"
    if here is None or there is None:
        return "other region"
    return "same continent" if here == there else "other continent"
