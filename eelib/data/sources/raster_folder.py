"""Kind raster-folder: images and masks in folders, matched by the stem of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from eelib.data.own.dates import date_finder, date_of
from eelib.data.own.files import MatchedFiles, by_stem, find_rasters, pair
from eelib.data.own.kinds import RasterFolderManifest
from eelib.data.own.masks import MaskCode
from eelib.data.own.pixels import Scaling
from eelib.data.own.plates import RasterPlate, ReadLabel, band_names, day_numbers, in_pixels, same_grid
from eelib.data.own.rasters import Box, RasterInfo, inspect
from eelib.data.own.source import Found, OwnSource, folder_of
from eelib.data.windows import Ints
from eelib.errors import InputError


def raster_folder_source(entry: RasterFolderManifest, name: str) -> OwnSource:
    """The source of a manifest; reads headers, no pixels.

    Raises:
        InputError: Files are missing, unmatched, damaged, or do not fit together.
    """
    folder = folder_of(name)
    pairs, masks = _pairs(entry, folder, name)
    chosen = [
        (stem, inspect(image), inspect(mask) if mask else None)
        for stem, image, mask in (*pairs.both, *((*item, None) for item in pairs.images_only))
    ]
    infos = [item for item in chosen if entry.smallest is None or min(item[1].shape) >= entry.smallest]
    if not infos:
        raise InputError(f"{name}: every image has a side below smallest={entry.smallest} px")
    images = [info for _, info, _ in infos]
    bands = band_names(images, entry.bands)
    if entry.georeferenced:
        _require_georeference(images)
    code, scaling = MaskCode.of(entry), Scaling(entry.scale, entry.offset, entry.nodata)
    code.refuse_unused((code.by_color(mask) for _, _, mask in infos if mask), name)
    days = _days(entry, images, name)
    plates = tuple(
        RasterPlate(stem, info.path, info.shape, (day,), _label(info, mask, code), scaling, ((info,),))
        for (stem, info, mask), day in zip(infos, days, strict=True)
    )
    notes = _notes(entry, pairs, len(chosen) - len(infos))
    files = tuple(sorted({*(info.path for info in images), *masks}))
    dated = entry.date is not None or "day_of_year" in entry.model_fields_set  # the default day is nobody's statement
    return OwnSource(entry, name, Found(plates, bands, files, describe_images(images, scaling, bands), notes, dated=dated))


def _pairs(entry: RasterFolderManifest, folder: Path, name: str) -> tuple[MatchedFiles, list[Path]]:
    """Images and masks by stem."""
    mask_paths = find_rasters(folder, entry.masks, f"{name}: masks") if entry.masks else []
    paths = find_rasters(folder, entry.images, f"{name}: images")
    both_ways = set(paths) & set(mask_paths)
    if both_ways:
        raise InputError(f"{name}: {min(both_ways)} is an image and a mask; narrow the patterns, for example 'folder/*_mask.png'")
    images = by_stem(paths, entry.image_name, "image", name)
    masks = by_stem(mask_paths, entry.mask_name, "mask", name) if entry.masks else {}
    pairs = pair(images, masks)
    if entry.masks and not entry.allow_unmatched:
        _refuse_unmatched(pairs, name)
    if entry.masks and not pairs.both:
        raise InputError(
            f"{name}: no image has a mask with the same stem; declare 'image_name' or 'mask_name', for example '{{stem}}_mask'"
        )
    return pairs, [mask for _, _, mask in pairs.both]


def _refuse_unmatched(pairs: MatchedFiles, name: str) -> None:
    remedy = "declare 'image_name' or 'mask_name' if their names differ, or 'allow_unmatched: true' to go on without them"
    if pairs.images_only:
        count = len(pairs.images_only)
        raise InputError(f"{name}: {count} image(s) have no mask, first {pairs.images_only[0][1].name}; {remedy}")
    if pairs.masks_only:
        raise InputError(f"{name}: {len(pairs.masks_only)} mask(s) have no image, first {pairs.masks_only[0].name}; {remedy}")


def _label(image: RasterInfo, mask: RasterInfo | None, code: MaskCode) -> ReadLabel | None:
    if mask is None:
        return None
    same_grid(image, mask, "mask")

    def read(box: Box) -> Ints:
        return code.read(mask, box)

    return read


def _days(entry: RasterFolderManifest, images: list[RasterInfo], name: str) -> list[Ints]:
    """One day of the year per image."""
    if entry.date is None:
        return [np.array([entry.day_of_year])] * len(images)
    finder = date_finder(entry.date, name)
    return [day_numbers([date_of(info.path, finder, entry.date)]) for info in images]


def _require_georeference(images: Iterable[RasterInfo]) -> None:
    for info in images:
        if info.crs is None:
            raise InputError(f"{info.path}: the image has no coordinate reference system, and the manifest says 'georeferenced: true'")


def _notes(entry: RasterFolderManifest, pairs: MatchedFiles, small: int) -> tuple[str, ...]:
    notes = []
    if entry.masks and pairs.images_only:
        notes.append(f"{len(pairs.images_only)} image(s) without mask, first {pairs.images_only[0][1].name}: for pre-training only")
    if pairs.masks_only:
        notes.append(f"{len(pairs.masks_only)} mask(s) without image, first {pairs.masks_only[0].name}: left out")
    if small:
        notes.append(f"{small} image(s) below {entry.smallest} px: left out")
    return tuple(notes)


def describe_images(images: list[RasterInfo], scaling: Scaling, bands: tuple[str, ...]) -> dict[str, str]:
    """What `eelib data check` shows of the files."""
    sizes = Counter(in_pixels(info.shape) for info in images)
    common = ", ".join(f"{count} of {size}" for size, count in sizes.most_common(3))
    kinds = Counter(info.dtype for info in images)
    numbers = ", ".join(f"{kind} x {scaling.factor(kind, images[0].path.name):.6g}" for kind in kinds)
    declared = sum(info.factors is not None for info in images) if scaling.scale is None else 0
    located = sum(info.crs is not None for info in images)
    return {
        "images": f"{len(images)}: {common}{', ...' if len(sizes) > 3 else ''} (height x width)",
        "bands": f"{len(bands)}: {', '.join(bands)}",
        "numbers": f"{numbers}; {declared} of {len(images)} by the scale and offset that they declare" if declared else numbers,
        "georeference": f"{located} of {len(images)}" if located else "none",
    }
