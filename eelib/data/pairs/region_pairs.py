"""Pairs from any labelled region: windows of its segmentation sets, described by the caption generator."""

from __future__ import annotations

import functools

import numpy as np

from eelib.data.pairs.captions import caption
from eelib.data.pairs.containers import NO_LABEL, Pairs, PairSet
from eelib.data.pairs.facts import TileFacts, tile_facts
from eelib.data.pairs.foreign import foreign_caption
from eelib.data.pairs.scenes import SCENES, scene_of
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.tiles import brightness, pair_bands, season_names, vegetation_index, write_captions
from eelib.data.pairs.versions import Pool, versioned
from eelib.data.windows import IGNORE, Ints, Region, Windows
from eelib.errors import InputError
from eelib.settings import RegionSizes

ALL = 1_000_000  # windows asked for per set: whatever a region has
LEAST_SCENES = 3  # different scene classes among the training tiles
MOST_DATES = 4  # images of one place in a series; more would repeat the map too often


def region_pairs(name: str, sizes: PairSizes) -> PairSet:
    """Pairs of one region; its geographic split holds, and a place is in one set with all its dates.

    Raises:
        InputError: Unknown region or band, data not fetched, or no labels.
    """
    from eelib.data.regions import load_region, source

    origin = source(name)
    dates = min(MOST_DATES, origin.num_dates or MOST_DATES)
    window = sizes.size - sizes.size % 4
    wanted = RegionSizes(unlabelled=2, train=ALL, validation=ALL, test=ALL, window=window, num_dates=dates, split=sizes.split)
    region = load_region(name, wanted)
    read = functools.partial(_pairs, region, sizes=sizes, fingerprint=origin.fingerprint(), dated=origin.dated)
    train, facts = read(region.labelled("train"), part="train")
    pool = Pool(
        draw=lambda count: train.take(np.arange(count)),
        foreign=lambda row, rng: foreign_caption(facts[row], rng),
        again=lambda row, rng: caption(facts[row], rng),
        most=len(train),
    )
    chosen, report = versioned(pool, sizes)
    validation, test = (read(region.labelled(part), part=part)[0] for part in ("validation", "test"))
    return PairSet(
        name=name,
        title=region.title,
        classes=SCENES if _by_scene(region) else region.classes,
        bands=pair_bands(region.bands, sizes, name),
        train=chosen,
        validation=validation.take(np.arange(min(len(validation), sizes.validation))),
        test=test.take(np.arange(min(len(test), sizes.test))),
        simulated=region.simulated,
        attribution=region.attribution,
        notes=tuple(report.lines()) if report else (),
        removed=report.removed if report else {},
        prompts="satellite8",
        files=origin.files,
    )


def _pairs(
    region: Region, windows: Windows, *, sizes: PairSizes, part: str, fingerprint: str, dated: bool
) -> tuple[Pairs, tuple[TileFacts, ...]]:
    """A pair per window and date, in a fixed random order."""
    if windows.mask is None:
        raise InputError(f"{region.name}: captions are written from labels, and this region has none")
    bands = pair_bands(region.bands, sizes, region.name)
    at = np.array([region.bands.index(band) for band in bands])
    count, dates = windows.dates.shape
    order = np.random.default_rng(0).permutation(count * dates)
    row, when = order // dates, order % dates
    facts = tuple(_facts(region, windows, int(r), int(t), dated) for r, t in zip(row, when, strict=True))
    rule = scene_of if _by_scene(region) else largest_class
    scenes = np.array([rule(label, region.classes) for label in windows.mask], np.int64)
    pairs = Pairs(
        name=region.name,
        title=region.title,
        texts=write_captions(region.name, facts, [int(k) for k in order], sizes.seed),
        read=lambda rows: brightness(windows.image[row[rows], when[rows]][:, at], bands),
        place=windows.place[row],
        labels=scenes[row],
        simulated=region.simulated,
        identity=f"region {fingerprint} {sizes.model_dump_json()} {part}{'' if dated else ' undated'}",
        day_of_year=windows.dates[row, when] if dated else None,
    )
    return pairs, facts


def largest_class(label: Ints, classes: tuple[str, ...]) -> int:
    """The class that covers most of a tile, -1 where nothing is labelled."""
    counts = np.bincount(label[label != IGNORE], minlength=len(classes))
    return int(counts.argmax()) if counts.any() else NO_LABEL


def _by_scene(region: Region) -> bool:
    """Whether the scene classes tell the tiles of a region apart; where they do not, the largest class of a tile is its zero-shot class."""
    found = {scene_of(label, region.classes) for label in np.asarray(region.labelled("train").mask)} - {NO_LABEL}
    return len(found) >= LEAST_SCENES


def _facts(region: Region, windows: Windows, row: int, date: int, dated: bool) -> TileFacts:
    assert windows.mask is not None
    image, day = windows.image[row, date], int(windows.dates[row, date]) if dated else None  # a made-up day is nothing to caption
    place = region.title.split(" (")[0]
    ndvi = vegetation_index(image, region.bands)
    return tile_facts(windows.mask[row], region.classes, ndvi=ndvi, day_of_year=day, seasons=season_names(region.name), region=place)
