"""Simulated tiles on disk, in chunks: made once, mapped into memory afterwards, and shared by all numbers of pairs and caption seeds."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eelib.data import world
from eelib.data.fetch import data_folder, lock, writable
from eelib.data.pairs.facts import TileFacts, tile_facts
from eelib.data.pairs.scenes import scene_of
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.tiles import season_names, vegetation_index
from eelib.data.windows import Floats, Ints

CHUNK = 200  # tiles per file
LEVELS = 10_000  # stored numbers per unit of reflectance, as in the products of the satellite
IMAGES, FACTS = "image.npy", "facts.json"
DAMAGED = (OSError, ValueError, KeyError, TypeError)  # what reading says of files that are absent or damaged
FACTS_VERSION = 1  # bump when facts or scene rules change


@dataclass(frozen=True)
class Tiles:
    """Simulated tiles, one date each.

    Attributes:
        chunks: Stored images, each ``(CHUNK, 10, H, W)`` uint16, memory-mapped.
        facts: What can be said about each.
        scenes: ``(N,)`` scene class.
        days: ``(N,)`` day of year.
    """

    chunks: tuple[NDArray[np.uint16], ...]
    facts: tuple[TileFacts, ...]
    scenes: Ints
    days: Ints

    def reflectance(self, rows: Ints, bands: Ints) -> Floats:
        """Images ``(n, C, H, W)`` of some rows and bands."""
        size = self.chunks[0].shape[-1]
        out = np.empty((len(rows), len(bands), size, size), np.float32)
        for chunk in np.unique(rows // CHUNK):
            here = np.flatnonzero(rows // CHUNK == chunk)
            out[here] = self.chunks[chunk][np.ix_(rows[here] % CHUNK, bands)]
        return out / np.float32(LEVELS)


def world_tiles(region: str, seed: int, first: int, count: int, sizes: PairSizes) -> Tiles:
    """The first ``count`` tiles from place ``first`` on; what a longer call makes begins with what a shorter one made."""
    look, folder = (sizes.size, sizes.cloud, sizes.noise), str(data_folder())
    wanted = [(region, seed, start, *look, folder) for start in range(first, first + count, CHUNK)]
    for chunk in wanted:
        if not (_path(*chunk) / IMAGES).exists():
            _make(*chunk, wait=False)  # what another process is making is left to it: arms that begin together share the work
    chunks = [_chunk(*chunk) for chunk in wanted]
    facts = tuple(fact for chunk in chunks for fact in chunk.facts)
    scenes, days = (np.concatenate([getattr(chunk, part) for chunk in chunks]) for part in ("scenes", "days"))
    return Tiles(tuple(chunk.chunks[0] for chunk in chunks), facts[:count], scenes[:count], days[:count])


@functools.lru_cache(maxsize=128)
def _chunk(region: str, seed: int, first: int, size: int, cloud: float, noise: float, folder: str) -> Tiles:
    """One chunk, from disk where it was made before."""
    path = _path(region, seed, first, size, cloud, noise, folder)
    try:
        return _load(path)
    except DAMAGED:
        _make(region, seed, first, size, cloud, noise, folder, wait=True)
    return _load(path)


def _make(region: str, seed: int, first: int, size: int, cloud: float, noise: float, folder: str, *, wait: bool) -> None:
    """Store a chunk that is absent or damaged; one that another process is making is waited for, or left to it."""
    path = _path(region, seed, first, size, cloud, noise, folder)
    with writable(path), lock(path.with_name(f"{path.name}.lock"), wait=wait) as held:
        if held and not _is_whole(path):
            _save(path, *_simulate(region, seed, first, size, world.Difficulty(cloud=cloud, noise=noise)))


def _is_whole(path: Path) -> bool:
    try:
        _load(path)
    except DAMAGED:
        return False
    return True


def _path(region: str, seed: int, first: int, size: int, cloud: float, noise: float, folder: str) -> Path:
    version = f"v{world.VERSION}{world.sky_revision(cloud, 1)}.{FACTS_VERSION}"
    return Path(folder) / "world_pairs" / f"{region}-{version}-{seed}-{first}-{size}px-cloud{cloud:g}-noise{noise:g}"


def _simulate(
    region: str, seed: int, first: int, size: int, difficulty: world.Difficulty
) -> tuple[NDArray[np.uint16], list[dict[str, object]]]:
    """Images ``(CHUNK, 10, H, W)`` and what is known about each."""
    classes, seasons = world.REGIONS[region].classes, season_names(region)
    place = world.REGIONS[region].title.split(" (")[0]
    images = np.empty((CHUNK, len(world.BANDS), size, size), np.uint16)
    known: list[dict[str, object]] = []
    for row in range(CHUNK):
        scene = world.simulate(region, seed, first + row, size=size, num_dates=1, difficulty=difficulty)
        image, label, day = scene.image[0], scene.label, int(scene.day_of_year[0])
        assert label is not None and scene.clear is not None
        images[row] = (image * LEVELS).round().clip(0, 2**16 - 1)
        ndvi = vegetation_index(image, world.BANDS) if scene.clear.mean() > 0.9 else None  # clouds hide how green the ground is
        facts = tile_facts(label, classes, ndvi=ndvi, day_of_year=day, seasons=seasons, region=place)
        known.append({"facts": asdict(facts), "scene": scene_of(label, classes), "day": day})
    return images, known


def _save(path: Path, images: NDArray[np.uint16], known: list[dict[str, object]]) -> None:
    """Both files under their final names only when they are complete; the images last, because they are looked for first."""
    partial = path / f".{os.getpid()}"
    partial.write_text(json.dumps(known), encoding="utf-8")
    partial.replace(path / FACTS)
    with partial.open("wb") as out:
        np.save(out, images)
    partial.replace(path / IMAGES)


def _load(path: Path) -> Tiles:
    images = np.load(path / IMAGES, mmap_mode="r")
    known = json.loads((path / FACTS).read_text(encoding="utf-8"))
    facts = tuple(TileFacts(**item["facts"] | {"borders": tuple((a, b) for a, b in item["facts"]["borders"])}) for item in known)
    scenes, days = (np.array([item[part] for item in known], np.int64) for part in ("scene", "day"))
    return Tiles((images,), facts, scenes, days)
