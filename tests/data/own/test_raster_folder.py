"""Kind raster-folder, from the manifest to windows, and every mistake in one line."""

import numpy as np
import pytest
from photos import CLASSES, COLORS, labels, manifest, photo, photo_folder, spoil, write

from eelib.data.regions import absent_classes, class_shares, fingerprint, load_region, split_shares
from eelib.data.sources import source
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=20, train=10, validation=5, test=5, window=16)


def load(path):
    return load_region(path, SIZES)


def test_a_folder_of_photographs_becomes_a_region(tmp_path):
    path = photo_folder(tmp_path)
    made, region = source(path), load(path)
    assert (made.bands, made.num_dates, made.window, made.simulated) == (("red", "green", "blue"), 1, 56, False)
    assert (region.title, region.classes) == ("own", ("field", "forest", "water"))
    assert region.train.image.shape == (10, 1, 3, 16, 16)
    assert (region.train.dates == 182).all()
    assert 0 <= region.train.image.min() < region.train.image.max() <= 1
    assert all(min(shares) > 0 and sum(shares) == pytest.approx(1, abs=1e-4) for shares in split_shares(region).values())


def test_windows_that_do_not_fit_are_cut_with_a_line(tmp_path, caplog):
    path = photo_folder(tmp_path)
    assert load_region(path, SIZES.model_copy(update={"window": 56})).train.image.shape[-1] == 56 and not caplog.messages
    assert load_region(path, SIZES.model_copy(update={"window": 400})).train.image.shape[-1] == 56
    assert caplog.messages == [f"{path}: windows are 56 px, the largest that fits, not sizes.window=400"]


def test_one_large_float_image_is_split_in_blocks(tmp_path):
    label = labels(200, 300)
    write(
        tmp_path / "i" / "a.tif",
        (photo(label, bands=5) / 255).astype(np.float32),
        crs="EPSG:32633",
        tiled=True,
        blockxsize=64,
        blockysize=64,
    )
    write(tmp_path / "m" / "a_mask.tif", label.astype(np.uint8), crs="EPSG:32633")
    bands = ["a", "b", "c", "d", "e"]
    path = manifest(
        tmp_path, kind="raster-folder", images="i", masks="m", mask_name="{stem}_mask", classes=CLASSES, bands=bands, georeferenced=True
    )
    region = load(path)
    assert region.bands == tuple(bands)
    assert "blocks" in source(path).layout.summary
    for row, column in region.test.origin:
        assert not (np.abs(region.unlabelled.origin - (row, column)).max(1) < 16).any()


def test_dates_come_from_names(tmp_path):
    for number in range(12):
        label = labels(seed=number)
        write(tmp_path / "photos" / f"p_2021{number + 1:02}01.png", photo(label))
        write(tmp_path / "masks" / f"p_2021{number + 1:02}01.png", COLORS[label].transpose(2, 0, 1))
    path = manifest(tmp_path, kind="raster-folder", images="photos", masks="masks", classes=CLASSES, date="_%Y%m%d")
    assert set(load(path).unlabelled.dates.ravel().tolist()) <= {1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335}


def test_without_labels_there_are_windows_to_pretrain_and_to_monitor(tmp_path):
    region = load(photo_folder(tmp_path, masks=None, classes=None))
    assert region.train is region.validation is region.test is None
    assert region.unseen().mask is None
    assert not set(region.unseen().place.tolist()) & set(region.unlabelled.place.tolist())
    with pytest.raises(InputError, match=r"own\.yaml' has no labels: use it for pre-training only"):
        region.labelled("train")


def test_unmatched_images_serve_pretraining_where_allowed(tmp_path):
    path = photo_folder(tmp_path, count=14, allow_unmatched=True)
    (tmp_path / "masks" / "city_00.png").unlink()
    (tmp_path / "photos" / "city_01.png").unlink()
    made = source(path)
    assert any("1 image(s) without mask, first city_00.png" in note for note in made.found.notes)
    assert any("1 mask(s) without image, first city_01.png" in note for note in made.found.notes)
    region = load_region(path, SIZES.model_copy(update={"unlabelled": 2000}))
    alone = next(number for number, (plate, _) in enumerate(made.layout.places) if made.found.plates[plate].name == "city_00")
    assert alone in region.unlabelled.place
    assert all(alone not in part.place for part in (region.train, region.validation, region.test))


def test_the_fingerprint_follows_manifest_and_files_but_not_the_title(tmp_path):
    first = fingerprint(photo_folder(tmp_path / "a"), SIZES)
    assert first == fingerprint(photo_folder(tmp_path / "b"), SIZES)  # another folder, the same data
    assert first == fingerprint(photo_folder(tmp_path / "c", title="Other"), SIZES)
    assert first != fingerprint(photo_folder(tmp_path / "d", scale=0.5), SIZES)
    path = photo_folder(tmp_path / "e")
    write(tmp_path / "e" / "photos" / "city_03.png", photo(labels(seed=99)))
    assert first != fingerprint(path, SIZES)


def test_an_edited_manifest_is_read_again(tmp_path):
    import os

    path = photo_folder(tmp_path)
    assert source(path).title == "own"
    photo_folder(tmp_path, title="New")
    os.utime(path, ns=(1, 1))
    assert source(path).title == "New"


def test_small_images_can_be_left_out(tmp_path):
    path = photo_folder(tmp_path)
    write(tmp_path / "photos" / "tiny.png", photo(labels(6, 6)))
    write(tmp_path / "masks" / "tiny.png", COLORS[labels(6, 6)].transpose(2, 0, 1))
    with pytest.raises(InputError, match=r"tiny \(6 px\).*'smallest'"):
        source(path)
    path = photo_folder(tmp_path, smallest=16)
    assert any("1 image(s) below 16 px" in note for note in source(path).found.notes)


def break_nothing(folder):
    """The manifest alone is wrong."""


def swap_sizes(folder):
    write(folder / "masks" / "city_03.png", COLORS[labels(64, 60)].transpose(2, 0, 1))


def paint(folder):
    rgb = COLORS[labels()]
    rgb[:2, :3] = (1, 2, 3)
    write(folder / "masks" / "city_03.png", rgb.transpose(2, 0, 1))


def add_bands(folder):
    write(folder / "photos" / "city_05.png", photo(labels(), bands=1))


def add_nan(folder):
    image = np.full((3, 64, 64), 0.5, np.float32)
    image[:, ::5, ::5] = np.nan
    for number in range(12):
        write(folder / "tifs" / f"city_{number:02}.tif", image)


def number_masks(folder):
    for path in (folder / "masks").iterdir():
        write(path, labels().astype(np.uint8))


def ignore_all(folder):
    for number in range(12):
        write(folder / "masks" / f"city_{number:02}.png", np.zeros((3, 64, 64), np.uint8))


def label_two(folder):
    for number in range(2, 12):
        write(folder / "masks" / f"city_{number:02}.png", np.zeros((3, 64, 64), np.uint8))


@pytest.mark.parametrize(
    ("fields", "spoil_it", "words"),
    [
        ({"images": "fotos"}, break_nothing, r"images: .*/fotos does not exist"),
        ({"images": "masks/*.tif"}, break_nothing, r"images: .*holds no raster"),
        ({"masks": "photos"}, break_nothing, r"city_00\.png is an image and a mask"),
        ({"mask_name": "{stem}_mask"}, break_nothing, r"no mask has a name of the form"),
        ({}, lambda folder: (folder / "masks" / "city_04.png").unlink(), r"1 image\(s\) have no mask, first city_04\.png.*allow_unmatched"),
        ({}, lambda folder: (folder / "photos" / "city_04.png").unlink(), r"1 mask\(s\) have no image, first city_04\.png"),
        ({}, swap_sizes, r"city_03\.png: the mask is 64 x 60 px but city_03\.png is 64 x 64 px"),
        ({}, paint, r"city_03\.png: 6 pixels have the colour #010203"),
        ({"coding": "value"}, break_nothing, r"pixels have the value"),
        ({}, add_bands, r"city_05\.png: the image has 1 bands but city_00\.png has 3"),
        ({"bands": ["r", "g"]}, break_nothing, r"city_00\.png: the image has 3 bands but 'bands' names 2"),
        ({}, lambda folder: spoil(folder / "photos" / "city_07.png"), r"city_07\.png: cannot be read as a raster"),
        ({}, lambda folder: spoil(folder / "masks" / "city_07.png"), r"city_07\.png: cannot be read as a raster"),
        ({"images": "tifs"}, add_nan, r"city_\d\d\.tif: \d+ pixel values are NaN or infinite; declare 'nodata"),
        ({"date": "%Y%m%d"}, break_nothing, r"city_00\.png: no date of the form '%Y%m%d'"),
        ({"georeferenced": True}, break_nothing, r"city_00\.png: the image has no coordinate reference system"),
        ({"ignore": 0}, break_nothing, r"'ignore' holds the number 0 but the masks are colour-coded; give a colour such as '#000000'"),
        (
            {"classes": [item | {"value": k} for k, item in enumerate(CLASSES)]},
            break_nothing,
            r"'classes' have a 'value' but the masks are",
        ),
        ({"ignore": "#000000"}, number_masks, r"'ignore' holds the colour #000000 but the masks hold numbers; give a number such as 255"),
        ({"tolerance": 9}, number_masks, r"'tolerance' has no effect because the masks hold numbers"),
        ({"ignore": "#000000"}, ignore_all, "every pixel of every mask is ignored"),
        ({"ignore": "#000000"}, label_two, r"2 place\(s\) with labels cannot be split"),
        ({"split": {"by": "pattern", "pattern": "(train)"}}, break_nothing, "puts no image into train"),
        ({"smallest": 100}, break_nothing, "every image has a side below smallest=100"),
    ],
)
def test_every_mistake_is_one_line_that_names_the_manifest_or_the_file(tmp_path, fields, spoil_it, words):
    path = photo_folder(tmp_path, **fields)
    spoil_it(tmp_path)
    with pytest.raises(InputError, match=words) as caught:
        load_region(path, SIZES)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_masks_elsewhere_on_the_map_are_refused(tmp_path):
    label = labels()
    write(tmp_path / "photos" / "a.tif", photo(label), crs="EPSG:32633", origin=(500000, 6000000))
    mask = write(tmp_path / "masks" / "a.tif", label.astype(np.uint8), crs="EPSG:32633", origin=(500010, 6000000))
    fields = {"kind": "raster-folder", "images": "photos", "masks": "masks", "classes": CLASSES}
    with pytest.raises(InputError, match=r"a\.tif: the mask lies elsewhere than a\.tif"):
        source(manifest(tmp_path, **fields))
    write(mask, label.astype(np.uint8), crs="EPSG:32634", origin=(500000, 6000000))
    with pytest.raises(InputError, match=r"the mask is in EPSG:32634 but a\.tif in EPSG:32633"):
        source(manifest(tmp_path, **fields, title="again"))


def test_a_class_that_a_split_lacks_is_named(tmp_path):
    path = photo_folder(tmp_path)
    label = labels(classes=2)
    for number in range(12):
        write(tmp_path / "masks" / f"city_{number:02}.png", COLORS[label].transpose(2, 0, 1))
    region = load(path)
    for split in ("train", "validation", "test"):
        assert absent_classes(region.classes, class_shares(region.labelled(split), 3)) == ["water"]
