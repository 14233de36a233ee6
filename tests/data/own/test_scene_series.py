"""Kind scene-series: rasters per date and cubes."""

import sys

import numpy as np
import pytest
import rasterio
import xarray as xr
from photos import CLASSES, labels, manifest, write

from eelib import cli
from eelib.data.regions import load_region
from eelib.data.sources import _source, source
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=20, train=10, validation=5, test=5, window=8)
RNG = np.random.default_rng(0)
STACK = RNG.integers(1, 5000, (4, 2, 96, 96)).astype(np.uint16)
TIMES = np.array(["2021-02-01", "2021-05-01", "2021-08-01", "2021-11-01"], "datetime64[ns]")


def rasters(tmp_path, **fields):
    for image, time in zip(STACK, TIMES, strict=True):
        write(tmp_path / "tile" / f"S2_{str(time)[:10].replace('-', '')}.tif", image, crs="EPSG:32633")
    write(tmp_path / "label.tif", labels(96, 96).astype(np.uint8), crs="EPSG:32633")
    scene = {"name": "west", "images": "tile", "label": "label.tif"}
    return manifest(tmp_path, **{"kind": "scene-series", "scenes": [scene], "date": "S2_%Y%m%d", "classes": CLASSES, **fields})


def cube(tmp_path, *, band_dim=None, values=STACK, encoding=None, **fields):
    if band_dim:
        data = xr.Dataset({"sr": (("time", "band", "y", "x"), values)}, coords={"time": TIMES, "band": ["red", "nir"]})
    else:
        data = xr.Dataset({name: (("time", "y", "x"), values[:, at]) for at, name in enumerate(("red", "nir"))}, coords={"time": TIMES})
    data.to_netcdf(tmp_path / "cube.nc", engine="h5netcdf", encoding={name: encoding or {} for name in data.data_vars})
    write(tmp_path / "label.tif", labels(96, 96).astype(np.uint8))
    scene = {"name": "west", "cube": "cube.nc", "label": "label.tif"}
    return manifest(tmp_path, **{"kind": "scene-series", "scenes": [scene], "classes": CLASSES, "band_dim": band_dim, **fields})


@pytest.mark.parametrize("make", [rasters, cube, lambda path: cube(path, band_dim="band")])
def test_windows_are_the_numbers_in_the_files(tmp_path, make):
    path = make(tmp_path)
    region = load_region(path, SIZES)
    assert region.train.dates[0].tolist() == [32, 121, 213, 305]
    for part in (region.train, region.unlabelled, region.test):
        for image, (row, column) in zip(part.image, part.origin, strict=True):
            assert np.allclose(image, STACK[:, :, row : row + 8, column : column + 8] * 1e-4)
    label = labels(96, 96)
    for mask, (row, column) in zip(region.test.mask, region.test.origin, strict=True):
        assert np.array_equal(mask, label[row : row + 8, column : column + 8])


def check(path):
    with pytest.raises(SystemExit) as stop:
        cli.main(["data", "check", path])
    return stop.value.code


def test_types_of_different_scale_in_one_series_are_refused(tmp_path, capsys):
    path = rasters(tmp_path)
    write(tmp_path / "tile" / "S2_20210501.tif", STACK[1].astype(np.float32), crs="EPSG:32633")
    with pytest.raises(InputError, match=r"S2_20210501.tif: holds float32 but S2_20210201.tif of the same series uint16.*convert.*'scale'"):
        load_region(path, SIZES)
    assert check(path) == 2 and "S2_20210501.tif: holds float32" in capsys.readouterr().err
    region = load_region(rasters(tmp_path, scale=1e-4), SIZES)  # the declared scale is that of all
    assert region.train.image.max() <= 0.5
    path = rasters(tmp_path)
    write(tmp_path / "tile" / "S2_20210501.tif", STACK[1].astype(np.int16), crs="EPSG:32633")
    load_region.cache_clear()
    assert load_region(path, SIZES).train.image.max() <= 0.5  # 16 bit with and without sign have the same scale


@pytest.mark.parametrize(
    ("bands", "fits"), [(["nir", "red"], False), (["x", "red"], False), (["red", "nir"], True), (["B04", "B08"], True)]
)
def test_bands_that_contradict_the_names_in_the_file_are_refused(tmp_path, bands, fits):
    (tmp_path / "b").mkdir()
    paths = [rasters(tmp_path / "a", bands=bands), cube(tmp_path / "b", band_dim="band", bands=bands)]
    for path in (tmp_path / "a" / "tile").glob("*.tif"):
        with rasterio.open(path, "r+") as out:
            out.descriptions = ("red", "nir")
    for path in paths:
        if fits:
            assert source(path).bands == tuple(bands)
            continue
        with pytest.raises(InputError, match=f"its bands are red, nir but 'bands' says {', '.join(bands)}: give them in the order"):
            source(path)


def test_the_check_reads_dates_between_the_first_and_the_last(tmp_path, capsys):
    path = rasters(tmp_path)
    for number, (image, time) in enumerate(zip(STACK, TIMES, strict=True)):
        values = image.astype(np.float32) * (1 if number == 1 else 1e-4)
        write(tmp_path / "tile" / f"S2_{str(time)[:10].replace('-', '')}.tif", values, crs="EPSG:32633")
    assert check(path) == 0
    assert "declare 'scale'" in capsys.readouterr().out


NORTH, WEST = 5_000_000 - 10 * np.arange(96) - 5, 300_000 + 10 * np.arange(96) + 5  # pixel centres of `placed`


def placed(folder, *, down=True, right=True, dims=("y", "x"), rows=NORTH, columns=WEST, label="EPSG:32633", **fields):
    """STACK as a cube with coordinates, stored from north to south (down) and west to east (right) or not, and a north-up label."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = (slice(None, None, 1 if down else -1), slice(None, None, 1 if right else -1))
    coords = {"time": TIMES, dims[0]: rows[steps[0]], dims[1]: columns[steps[1]]}
    stored = STACK[..., steps[0], steps[1]]
    data = xr.Dataset({name: (("time", *dims), stored[:, at]) for at, name in enumerate(("red", "nir"))}, coords=coords)
    data.to_netcdf(folder / "cube.nc", engine="h5netcdf")
    scene = {"name": "west", "cube": "cube.nc"}
    if label is not None:
        write(folder / "label.tif", labels(96, 96).astype(np.uint8), crs=label or None, origin=(300_000, 5_000_000))
        scene["label"], fields["classes"] = "label.tif", CLASSES
    return manifest(folder, **{"kind": "scene-series", "scenes": [scene], **fields})


def agree(part, stack=STACK, label=None):
    """Whether windows hold what lies at their corners."""
    label = labels(96, 96) if label is None else label
    for number, (row, column) in enumerate(part.origin):
        assert np.allclose(part.image[number], stack[:, :, row : row + 8, column : column + 8] * 1e-4)
        assert part.mask is None or np.array_equal(part.mask[number], label[row : row + 8, column : column + 8])


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("down", [True, False])
def test_a_cube_is_turned_as_its_label_lies(tmp_path, down, right):
    region = load_region(placed(tmp_path, down=down, right=right), SIZES)
    agree(region.train)
    agree(region.unlabelled)


def test_a_cube_without_label_is_read_from_north_to_south(tmp_path):
    path = placed(tmp_path, down=False, label=None)
    agree(load_region(path, SIZES).unlabelled)
    assert source(path).found.facts["backwards"] == "west (rows)"


def test_a_label_that_runs_from_south_to_north_fits_a_cube_that_does(tmp_path):
    path = placed(tmp_path, down=False)
    upward = rasterio.Affine(10, 0, 300_000, 0, 10, 5_000_000 - 960)
    with rasterio.open(tmp_path / "label.tif", "r+") as label:
        label.transform = upward
    agree(load_region(path, SIZES).train, STACK[:, :, ::-1])


def test_without_a_transform_a_label_is_taken_to_fit(tmp_path):
    agree(load_region(placed(tmp_path, down=False, label=""), SIZES).train, STACK[:, :, ::-1])


def test_coordinates_may_name_the_corners_of_pixels(tmp_path):
    agree(load_region(placed(tmp_path, down=False, rows=(NORTH + 5).astype(np.float32), columns=WEST - 5), SIZES).train)


@pytest.mark.parametrize(("down", "same"), [(True, True), (False, False)])
def test_only_cubes_that_are_turned_have_another_fingerprint_than_they_had(tmp_path, monkeypatch, down, same):
    path = placed(tmp_path, down=down)
    now = source(path).fingerprint()
    monkeypatch.setattr("eelib.data.sources.scene_series.turns", lambda *_: (False, False))
    _source.cache_clear()
    assert (source(path).fingerprint() == now) == same


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"rows": NORTH - 10},
            r"label\.tif: the label covers x 300005 to 300955, y 4999045 to 4999995 but the cube cube\.nc .* y 4999035 to",
        ),
        ({"rows": NORTH / 100, "columns": WEST / 100}, "both must cover the same pixels"),
        ({"dims": ("x", "y")}, r"cube\.nc: its rows are 'x' and its columns 'y': transpose it"),
        ({"dims": ("a", "b"), "rows": WEST, "columns": NORTH}, r"cube\.nc: its rows are 'a' and its columns 'b': transpose it"),
    ],
)
def test_cubes_and_labels_that_lie_elsewhere_are_named(tmp_path, options, words):
    with pytest.raises(InputError, match=words) as caught:
        source(placed(tmp_path, **options))
    assert "\n" not in str(caught.value)


def test_bands_of_a_cube_are_its_variables_or_labels(tmp_path):
    assert source(cube(tmp_path / "a" if (tmp_path / "a").mkdir() is None else None)).bands == ("red", "nir")
    (tmp_path / "b").mkdir()
    assert source(cube(tmp_path / "b", bands=["nir"])).bands == ("nir",)
    (tmp_path / "c").mkdir()
    assert source(cube(tmp_path / "c", band_dim="band")).bands == ("red", "nir")


def test_packed_cubes_are_unpacked_once_and_fill_values_are_no_data(tmp_path):
    values = STACK.astype(np.float32) / 10_000
    values[:, :, 10:12, 20:22] = np.nan
    path = cube(tmp_path, values=values, encoding={"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -1})
    region = load_region(path, SIZES.model_copy(update={"train": 500}))
    for image, mask, (row, column) in zip(region.train.image, region.train.mask, region.train.origin, strict=True):
        there = values[:, :, row : row + 8, column : column + 8]
        seen = ~np.isnan(there)
        assert np.allclose(image[seen], there[seen], atol=1e-4)
        assert np.isfinite(image).all()
        assert (mask[~seen.all((0, 1))] == -1).all()


@pytest.mark.parametrize("bands", [("red", "nir"), ("nir", "red")])
def test_every_variable_of_a_cube_has_its_own_scale_type_and_fill_value(tmp_path, bands):
    dims, red = ("time", "y", "x"), STACK[:, 0] / np.float32(10_000)
    red[:, 40] = np.nan
    packed = {"red": {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -1}}
    data = xr.Dataset({"red": (dims, red), "nir": (dims, STACK[:, 1])}, coords={"time": TIMES})
    data.to_netcdf(tmp_path / "cube.nc", engine="h5netcdf", encoding=packed)
    path = manifest(tmp_path, kind="scene-series", scenes=[{"name": "west", "cube": "cube.nc"}], bands=list(bands))
    region = load_region(path, SIZES.model_copy(update={"unlabelled": 100}))
    for image, (row, column) in zip(region.unlabelled.image, region.unlabelled.origin, strict=True):
        there = STACK[:, :, row : row + 8, column : column + 8] * 1e-4
        known = np.arange(row, row + 8) != 40
        assert np.allclose(image[:, bands.index("red"), known], there[:, 0, known], atol=1e-6)
        assert np.allclose(image[:, bands.index("nir")], there[:, 1])
    assert source(path).found.reading == "scaled by variable"


def test_years_with_few_dates_are_left_out(tmp_path):
    path = rasters(tmp_path)
    write(tmp_path / "tile" / "S2_20220101.tif", STACK[0], crs="EPSG:32633")
    made = source(path)
    assert made.num_dates == 4
    assert any("years 2022 have few dates" in note for note in made.found.notes)


def test_without_labels_a_series_pretrains(tmp_path):
    path = rasters(tmp_path, scenes=[{"name": "west", "images": "tile"}], classes=None)
    region = load_region(path, SIZES)
    assert region.test is None
    assert region.unlabelled.image.shape[1:] == (4, 2, 8, 8)


def test_bad_series_are_named(tmp_path):
    def wrong(path, words):
        with pytest.raises(InputError, match=words) as caught:
            load_region(path, SIZES)
        assert "\n" not in str(caught.value)

    wrong(rasters(tmp_path, date="%Y-%m-%d"), r"S2_20210201\.tif: no date of the form")
    wrong(rasters(tmp_path, scenes=[{"name": "a", "images": "nix"}], classes=None), "scene a: .*nix does not exist")
    wrong(rasters(tmp_path, scenes=[{"name": "a", "images": "tile", "label": "nix.tif"}]), r"the label .*nix\.tif does not exist")
    write(tmp_path / "label.tif", labels(90, 96).astype(np.uint8), crs="EPSG:32633")
    path = tmp_path / "tile" / "other_S2_20210201.tif"
    write(path, STACK[0], crs="EPSG:32633")
    wrong(rasters(tmp_path, title="b"), "a second raster of 2021-02-01")
    write(path.rename(tmp_path / "tile" / "S2_20210701.tif"), STACK[0, :, :90], crs="EPSG:32633")
    wrong(rasters(tmp_path, title="c"), r"S2_20210701\.tif: the raster is 90 x 96 px but S2_20210201\.tif is 96 x 96 px")


def test_bad_cubes_are_named(tmp_path):
    def wrong(words, **options):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with pytest.raises(InputError, match=words) as caught:
            load_region(cube(folder, **options), SIZES)
        assert "\n" not in str(caught.value)

    wrong("no time coordinate 't'", time="t")
    wrong("no variable 'blue'", bands=["blue"])
    values = STACK.astype(np.float32)
    values[0, 0] = np.nan
    wrong(r"cube\.nc: \d+ pixel values are NaN", values=values, encoding={"_FillValue": None})
    (tmp_path / "cube.nc").write_bytes(b"broken")
    scene = {"name": "west", "cube": "cube.nc"}
    with pytest.raises(InputError, match=r"cube\.nc: cannot be read as a cube"):
        source(manifest(tmp_path / "x", kind="scene-series", scenes=[scene | {"cube": str(tmp_path / "cube.nc")}]))
    with pytest.raises(InputError, match=r"nix\.nc does not exist"):
        source(manifest(tmp_path / "y", kind="scene-series", scenes=[scene | {"cube": "nix.nc"}]))


def test_zarr_asks_for_its_package_where_it_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "zarr", None)
    (tmp_path / "cube.zarr").mkdir()
    path = manifest(tmp_path, kind="scene-series", scenes=[{"name": "a", "cube": "cube.zarr"}])
    with pytest.raises(SystemExit) as stop:
        cli.main(["data", "check", path])
    assert stop.value.code == 2
    assert "pip install zarr" in capsys.readouterr().err


def test_scenes_with_other_bands_are_named(tmp_path):
    rasters(tmp_path)
    write(tmp_path / "east" / "S2_20210201.tif", STACK[0, :1], crs="EPSG:32633")
    scenes = [{"name": "west", "images": "tile"}, {"name": "east", "images": "east"}]
    with pytest.raises(InputError, match="scene 'east' has the bands gray"):
        source(manifest(tmp_path, kind="scene-series", scenes=scenes, date="%Y%m%d"))
