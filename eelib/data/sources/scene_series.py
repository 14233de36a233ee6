"""Kind scene-series: footprints with many dates, as one raster per date or as a cube, with an optional label raster."""

from __future__ import annotations

from datetime import date
from itertools import compress
from pathlib import Path

from eelib.data.own.cubes import CubePlate, inspect_cube
from eelib.data.own.dates import date_finder, date_of
from eelib.data.own.files import find_rasters
from eelib.data.own.kinds import SceneEntry, SceneSeriesManifest
from eelib.data.own.masks import MaskCode
from eelib.data.own.orientation import turns
from eelib.data.own.pixels import Scaling
from eelib.data.own.plates import Plate, RasterPlate, ReadLabel, band_names, by_season, day_numbers, in_pixels, same_grid
from eelib.data.own.rasters import Box, RasterInfo, inspect
from eelib.data.own.source import Found, OwnSource, folder_of
from eelib.data.windows import Ints
from eelib.errors import InputError


def scene_series_source(entry: SceneSeriesManifest, name: str) -> OwnSource:
    """The source of a manifest; reads headers, no pixels.

    Raises:
        InputError: Files are missing, damaged, have no date, or do not fit together.
    """
    folder = folder_of(name)
    made = [(_cube if scene.cube else _rasters)(entry, scene, folder, name) for scene in entry.scenes]
    bands = made[0][1]
    for scene, (_, theirs, _, _) in zip(entry.scenes, made, strict=True):
        if theirs != bands:
            raise InputError(f"{name}: scene '{scene.name}' has the bands {', '.join(theirs)}, '{entry.scenes[0].name}' {', '.join(bands)}")
    code = MaskCode.of(entry)
    code.refuse_unused((code.by_color(inspect(_label_path(scene, folder))) for scene in entry.scenes if scene.label), name)
    plates = tuple(plate for plate, _, _, _ in made)
    files = tuple(sorted({path for _, _, paths, _ in made for path in paths}))
    notes = tuple(note for _, _, _, notes in made for note in notes)
    return OwnSource(entry, name, Found(plates, bands, files, _facts(plates, bands), notes, reading=_reading(plates)))


Made = tuple[Plate, tuple[str, ...], list[Path], list[str]]


def _rasters(entry: SceneSeriesManifest, scene: SceneEntry, folder: Path, name: str) -> Made:
    """A scene of one raster per date: plate, bands, files, notes."""
    form = str(entry.date)
    finder = date_finder(form, name)
    infos = [inspect(path) for path in find_rasters(folder, scene.images, f"{name}: scene {scene.name}")]
    days = [date_of(info.path, finder, form) for info in infos]
    for at, day in enumerate(days):
        if day in days[:at]:
            first = infos[days.index(day)].path
            raise InputError(f"{infos[at].path}: a second raster of {day}, after {first.name}; one raster per date, narrow the pattern")
        same_grid(infos[0], infos[at], "raster")
    _same_units(infos, Scaling(entry.scale, entry.offset, entry.nodata))
    bands = band_names(infos, entry.bands)
    seasons = by_season(days)
    dates = tuple(day_numbers([days[at] for at in season]) for season in seasons)
    files = tuple(tuple(infos[at] for at in season) for season in seasons)
    label, masks = _label(entry, scene, folder, infos[0])
    plate = RasterPlate(scene.name, infos[0].path, infos[0].shape, dates, label, Scaling(entry.scale, entry.offset, entry.nodata), files)
    return plate, bands, [*(info.path for info in infos), *masks], _left_out(scene, days, seasons)


def _same_units(infos: list[RasterInfo], scaling: Scaling) -> None:
    """Refuse a series whose types of numbers have different default scales: some dates would be thousands of times brighter than others.

    Files that declare factors of their own are read by these.
    """
    infos = [info for info in infos if info.factors is None]
    for first, info in zip(infos[:1] * len(infos), infos, strict=True):
        if scaling.factor(info.dtype, str(info.path)) != scaling.factor(first.dtype, str(first.path)):
            raise InputError(
                f"{info.path}: holds {info.dtype} but {first.path.name} of the same series {first.dtype}, which have different default "
                "scales; convert one to the type of the other, or declare 'scale' in the manifest if one scale is right for both"
            )


def _cube(entry: SceneSeriesManifest, scene: SceneEntry, folder: Path, name: str) -> Made:
    """A scene in a cube: plate, bands, files, notes."""
    path = folder / Path(str(scene.cube)).expanduser()
    info = inspect_cube(path, entry)
    days: list[date] = info.times.tolist()
    if len(set(days)) < len(days):
        raise InputError(f"{path}: two time steps have the same date; merge them, the series needs one per date")
    seasons = by_season(days)
    dates = tuple(day_numbers([days[at] for at in season]) for season in seasons)
    label, masks = _label(entry, scene, folder, info.shape)
    scaling = Scaling(entry.scale, entry.offset, entry.nodata)
    for numbers in info.numbers:
        if not numbers.scaled:
            scaling.factor(numbers.dtype, str(path))  # says so now where there is none
    positions = tuple(tuple(season) for season in seasons)
    turned = turns(info, inspect(masks[0]) if masks else None)
    plate = CubePlate(scene.name, path, info.shape, dates, label, scaling, info, entry, positions, turned)
    files = sorted(child for child in path.rglob("*") if child.is_file()) if path.is_dir() else [path]
    return plate, info.bands, [*files, *masks], _left_out(scene, days, seasons)


def _label(
    entry: SceneSeriesManifest, scene: SceneEntry, folder: Path, grid: RasterInfo | tuple[int, int]
) -> tuple[ReadLabel | None, list[Path]]:
    """Reader of a scene's label raster, and its file."""
    if scene.label is None:
        return None, []
    path = _label_path(scene, folder)
    if not path.is_file():
        raise InputError(f"scene {scene.name}: the label {path} does not exist; relative paths start at the folder of the manifest")
    info = inspect(path)
    if isinstance(grid, RasterInfo):
        same_grid(grid, info, "label")
    elif grid != info.shape:
        sizes = f"the label is {in_pixels(info.shape)} but the cube {in_pixels(grid)} (height x width)"
        raise InputError(f"{path}: {sizes}; both must cover the same pixels")
    code = MaskCode.of(entry)

    def read(box: Box) -> Ints:
        return code.read(info, box)

    return read, [path]


def _label_path(scene: SceneEntry, folder: Path) -> Path:
    return folder / Path(str(scene.label)).expanduser()


def _left_out(scene: SceneEntry, days: list[date], seasons: list[list[int]]) -> list[str]:
    kept = {days[season[0]].year for season in seasons}
    lost = sorted({day.year for day in days} - kept)
    return [f"scene {scene.name}: years {', '.join(map(str, lost))} have few dates: left out"] if lost else []


def _turned(plates: tuple[Plate, ...]) -> str:
    """Cubes that are not read in the order of the file."""
    names = ("rows", "columns")
    cubes = [(plate.name, plate.turned) for plate in plates if isinstance(plate, CubePlate)]
    return ", ".join(f"{name} ({' and '.join(compress(names, turned))})" for name, turned in cubes if any(turned))


def _reading(plates: tuple[Plate, ...]) -> str:
    """What is not read as the whole file once was; part of the fingerprint, so that windows of before are not taken for it."""
    mixed = any(isinstance(plate, CubePlate) and len(set(plate.info.numbers)) > 1 for plate in plates)
    return _turned(plates) + ("scaled by variable" if mixed else "")


def _facts(plates: tuple[Plate, ...], bands: tuple[str, ...]) -> dict[str, str]:
    """What `eelib data check` shows of the scenes."""
    sizes = ", ".join(f"{plate.name} {in_pixels(plate.shape)}" for plate in plates[:4])
    counts = [len(days) for plate in plates for days in plate.seasons]
    turned = _turned(plates)
    return {
        "scenes": f"{len(plates)}: {sizes}{', ...' if len(plates) > 4 else ''} (height x width)",
        "dates": f"{min(counts)} to {max(counts)} per year, {len(counts)} scene years; a series has at most {min(counts)}",
        "bands": f"{len(bands)}: {', '.join(bands)}",
        "labels": f"{sum(plate.label is not None for plate in plates)} of {len(plates)} scenes",
        **({"backwards": turned} if turned else {}),
    }
