"""Pairs from the embedded world: any number, at places that no segmentation set uses."""

from __future__ import annotations

import numpy as np

from eelib.data import world
from eelib.data.pairs import world_tiles as tiles_on_disk
from eelib.data.pairs.captions import caption
from eelib.data.pairs.containers import Pairs, PairSet
from eelib.data.pairs.facts import TileFacts
from eelib.data.pairs.foreign import foreign_caption
from eelib.data.pairs.scenes import SCENES
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.tiles import brightness, pair_bands, write_captions
from eelib.data.pairs.versions import Pool, versioned
from eelib.data.pairs.world_tiles import FACTS_VERSION, world_tiles
from eelib.data.sources.simulated import SEED, SPACING, check_fits

PARTS = {"train": 4, "validation": 5, "test": 6}  # regions of places; 0 to 3 are those of segmentation


def world_pairs(name: str, sizes: PairSizes) -> PairSet:
    """Pairs of one simulated region; test places are their own, and their captions are always clean.

    Raises:
        InputError: Unknown band, a filter that keeps too little, or more pairs than there are places.
    """
    style = world.REGIONS[name]
    for part in PARTS:
        check_fits(name, part, getattr(sizes, part))
    pool = Pool(
        draw=lambda count: _pairs(name, "train", count, sizes),
        foreign=lambda row, rng: foreign_caption(_facts(name, row, sizes), rng),
        again=lambda row, rng: caption(_facts(name, row, sizes), rng),
    )
    train, report = versioned(pool, sizes)
    return PairSet(
        name=name,
        title=style.title,
        classes=SCENES,
        bands=pair_bands(world.BANDS, sizes, name),
        train=train,
        validation=_pairs(name, "validation", sizes.validation, sizes),
        test=_pairs(name, "test", sizes.test, sizes),
        simulated=True,
        attribution="simulated",
        notes=tuple(report.lines()) if report else (),
        removed=report.removed if report else {},
        prompts="satellite8",
    )


def world_identity(name: str, sizes: PairSizes) -> str:
    """Text that changes whenever a pixel or caption of the region could."""
    return f"world {world.VERSION}{world.sky_revision(sizes.cloud, 1)} {FACTS_VERSION} {SEED} {name} {sizes.model_dump_json()}"


def _pairs(name: str, part: str, count: int, sizes: PairSizes) -> Pairs:
    check_fits(name, part, getattr(sizes, part), count)  # a filter chooses from more than it keeps
    bands = pair_bands(world.BANDS, sizes, name)
    at = np.array([world.BANDS.index(band) for band in bands])
    first = PARTS[part] * SPACING
    tiles = world_tiles(name, SEED, first, count, sizes)
    places = np.arange(first, first + count)
    return Pairs(
        name=name,
        title=world.REGIONS[name].title,
        texts=write_captions(name, tiles.facts, [int(place) for place in places], sizes.seed),
        read=lambda rows: brightness(tiles.reflectance(rows, at), bands),
        place=places,
        labels=tiles.scenes,
        simulated=True,
        identity=f"{world_identity(name, sizes)} {part}",
        day_of_year=tiles.days,
    )


def _facts(name: str, row: int, sizes: PairSizes) -> TileFacts:
    """Facts of a training row; only its chunk is looked at."""
    chunk = tiles_on_disk.CHUNK
    start = row // chunk * chunk
    return world_tiles(name, SEED, PARTS["train"] * SPACING + start, chunk, sizes).facts[row - start]
