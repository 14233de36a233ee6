"""`eelib data new` writes a manifest that `eelib data check` accepts."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from photos import COLORS, labels, photo, photo_folder, write

from eelib.data.own.template import what_next, write_template
from eelib.data.sources import source
from eelib.errors import InputError
from eelib.settings import RegionSizes


def test_colours_bands_and_folders_are_found(tmp_path):
    Path(photo_folder(tmp_path)).unlink()
    path = write_template(tmp_path)
    content = yaml.safe_load(path.read_text())
    assert (content["images"], content["masks"], content["bands"]) == ("photos", "masks", ["red", "green", "blue"])
    counts = np.bincount(np.concatenate([labels(seed=number).ravel() for number in range(12)]))
    expected = [f"#{COLORS[k][0]:02x}{COLORS[k][1]:02x}{COLORS[k][2]:02x}" for k in np.argsort(-counts, kind="stable")]
    assert [item["color"] for item in content["classes"]] == expected
    assert source(str(path)).load(RegionSizes(unlabelled=4, train=4, validation=2, test=2, window=16)).train is not None


def test_names_in_one_folder_are_told_apart(tmp_path):
    for number in range(12):
        write(tmp_path / f"t{number}_sat.tif", photo(labels(seed=number), bands=4).astype(np.uint16))
        write(tmp_path / f"t{number}_label.tif", labels(seed=number).astype(np.uint8) + 5)
    content = yaml.safe_load(write_template(tmp_path).read_text())
    assert (content["images"], content["masks"]) == ("*_sat.tif", "*_label.tif")
    assert (content["image_name"], content["mask_name"]) == ("{stem}_sat", "{stem}_label")
    assert sorted(item["value"] for item in content["classes"]) == [5, 6, 7]
    assert content["bands"] == ["band1", "band2", "band3", "band4"]
    assert source(str(next(tmp_path.glob("*.yaml")))).classes


@pytest.mark.parametrize(("kind", "nodata"), [(np.uint8, 255), (np.float32, -9999), (np.float32, np.nan)])
def test_nodata_of_the_masks_is_ignored_and_no_class(tmp_path, kind, nodata):
    for number in range(12):
        label = labels(seed=number).astype(kind)
        label[:16] = nodata
        write(tmp_path / "images" / f"t{number}.tif", photo(labels(seed=number)))
        write(tmp_path / "masks" / f"t{number}.tif", label, nodata=nodata)
    path = write_template(tmp_path)
    content = yaml.safe_load(path.read_text())
    assert sorted(item["value"] for item in content["classes"]) == [0, 1, 2]
    assert content.get("ignore") == (None if np.isnan(nodata) else [nodata])
    assert source(str(path)).load(RegionSizes(unlabelled=4, train=4, validation=2, test=2, window=16)).train is not None


def test_nodata_of_a_palette_is_ignored_by_its_colour(tmp_path):
    palette = {0: (0, 0, 0), 1: (255, 0, 0), 2: (0, 255, 0)}
    for number in range(3):
        write(tmp_path / "images" / f"t{number}.tif", photo(labels(seed=number)))
        write(tmp_path / "masks" / f"t{number}.tif", labels(seed=number).astype(np.uint8), nodata=0, palette=palette)
    content = yaml.safe_load(write_template(tmp_path).read_text())
    assert content["ignore"] == ["#000000"] and {item["color"] for item in content["classes"]} == {"#ff0000", "#00ff00"}


def test_images_alone_make_a_manifest_for_pretraining(tmp_path):
    write(tmp_path / "My Scenes" / "a.tif", photo(labels(200, 200), bands=1))
    path = write_template(tmp_path / "My Scenes")
    assert path.name == "my_scenes.yaml"
    assert not source(str(path)).classes


def test_it_offers_what_the_masks_can_use_and_quotes_the_path(tmp_path):
    folder = tmp_path / "my city"
    Path(photo_folder(folder)).unlink()
    path = write_template(folder)
    assert '# ignore: ["#000000"]' in path.read_text()
    assert what_next(path) == f"{path}: give the classes their names, then run `eelib data check '{path}'`"
    write(tmp_path / "plain" / "a.tif", photo(labels(200, 200)))
    path = write_template(tmp_path / "plain")
    assert what_next(path) == f"{path}: run `eelib data check {path}`"


def test_smeared_masks_are_not_listed(tmp_path):
    Path(photo_folder(tmp_path)).unlink()
    write(tmp_path / "masks" / "city_00.png", np.random.default_rng(0).integers(0, 255, (3, 64, 64), dtype=np.uint8))
    assert "smeared by JPEG?" in write_template(tmp_path).read_text()


def dated(folder):
    for place in ("west", "east"):
        for day in ("20210201", "20210501", "20210801"):
            write(folder / place / f"S2_{day}.tif", photo(labels(), bands=2).astype(np.uint16), crs="EPSG:32633")


def dated_with_dots(folder):
    for day in ("2021.02.01", "2021.05.01"):
        write(folder / f"S2_{day}.tif", photo(labels(), bands=2).astype(np.uint16))


def dated_with_label(folder):
    for day in ("2021-02-01", "2021-05-01"):
        write(folder / f"S2_{day}_10m.tif", photo(labels(), bands=2).astype(np.uint16))
    write(folder / "label.tif", labels().astype(np.uint8))


def classes(folder):
    for kind in ("forest", "meadow"):
        for number in range(3):
            write(folder / "train" / kind / f"{kind}_{number}.png", photo(labels()))


def captions(folder):
    rows = [f"{number}.png,a field number {number}" for number in range(3)]
    for number in range(3):
        write(folder / "images" / f"{number}.png", photo(labels()))
    (folder / "captions.csv").write_text("\n".join(["file,text", *rows]))


def cube(folder):
    (folder / "west.nc").write_bytes(b"")
    write(folder / "west_label.tif", labels().astype(np.uint8))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (dated, "S2_20210201.tif and S2_20210501.tif are dates of one place: write a manifest of kind scene-series with date: '%Y%m%d'"),
        (dated_with_dots, "kind scene-series with date: '%Y.%m.%d', see docs/own_data.md, 'Dated series'"),
        (dated_with_label, "kind scene-series with date: '%Y-%m-%d', see docs/own_data.md, 'Dated series'"),
        (classes, "folders forest, meadow and no masks: if these are classes, write a manifest of kind class-folder, see docs/pairs.md"),
        (captions, "captions.csv holds captions of images: write a manifest of kind image-text-table, see docs/pairs.md"),
        (cube, "west.nc is a cube: write a manifest of kind scene-series, see docs/own_data.md, 'Dated series'"),
    ],
)
def test_a_folder_of_another_kind_gives_a_line_and_no_draft(tmp_path, make, words):
    make(tmp_path)
    with pytest.raises(InputError) as caught:
        write_template(tmp_path)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.yaml"))


def test_dated_images_with_a_mask_each_and_a_table_of_splits_are_a_raster_folder(tmp_path):
    for number in range(1, 10):
        write(tmp_path / "images" / f"a_2021010{number}.tif", photo(labels(seed=number)))
        write(tmp_path / "masks" / f"a_2021010{number}.tif", labels(seed=number).astype(np.uint8))
    (tmp_path / "splits.csv").write_text("image,split\n" + "\n".join(f"a_2021010{number}.tif,train" for number in range(1, 10)))
    assert source(str(write_template(tmp_path))).classes


def test_split_folders_above_images_and_masks_are_all_found(tmp_path):
    for number in range(12):
        part = ("train", "val", "test")[number % 3]
        write(tmp_path / part / "images" / f"{number}.png", photo(labels(seed=number)))
        write(tmp_path / part / "masks" / f"{number}.png", COLORS[labels(seed=number)].transpose(2, 0, 1))
    path = write_template(tmp_path)
    content = yaml.safe_load(path.read_text())
    assert (content["images"], content["masks"]) == ("*/images/*.png", "*/masks/*.png")
    assert len(source(str(path)).found.plates) == 12


def test_nothing_is_overwritten_and_nothing_made_of_nothing(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        write_template(tmp_path / "nix")
    with pytest.raises(InputError, match="holds no image"):
        write_template(tmp_path)
    write(tmp_path / "a.tif", photo(labels()))
    write_template(tmp_path)
    with pytest.raises(InputError, match="exists already"):
        write_template(tmp_path)
