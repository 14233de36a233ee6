"""Schemas of users' manifests: what is refused names the field and the remedy."""

import pytest
from photos import CLASSES, manifest

from eelib.data.manifests import load_manifest
from eelib.errors import InputError

FOLDER = {"kind": "raster-folder", "images": "photos", "masks": "masks", "classes": CLASSES}
SERIES = {"kind": "scene-series", "scenes": [{"name": "a", "images": "tile"}], "date": "%Y%m%d"}


def load(tmp_path, **fields):
    from pathlib import Path

    return load_manifest(Path(manifest(tmp_path, **fields)))


def test_colours_are_accepted_as_users_write_them(tmp_path):
    classes = [{"name": "a", "color": "#FF0010"}, {"name": "b", "color": [1, 2, 255]}, {"name": "c"}]
    entry = load(tmp_path, **FOLDER | {"classes": classes, "ignore": "#FFFFFF"})
    assert entry.colors[:2] == ("#ff0010", "#0102ff")
    assert entry.colors[2].startswith("#")
    assert entry.ignore == ("#ffffff",)
    assert entry.images == ("photos",)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"imagess": "x"}, "'imagess'.*'images'"),
        ({"images": None}, "'images' is missing"),
        ({"masks": None}, "both 'masks' and 'classes'"),
        ({"classes": CLASSES[:1]}, "one class"),
        ({"classes": [*CLASSES, {"name": "field"}]}, "two classes have the name 'field'"),
        ({"classes": [*CLASSES, {"name": "x", "color": "#FFE63C"}]}, "two classes have the color '#ffe63c'"),
        ({"classes": [*CLASSES, {"name": "x", "value": 3}]}, "'value' for every class or for none"),
        ({"classes": [*CLASSES, {"name": "x", "colour": "#000000"}]}, r"classes\.3\.colour.*'color'"),
        ({"scale": 0}, "scale"),
        ({"mask_name": "mask"}, "'mask_name' must hold {stem}"),
        ({"split": {"by": "pattern"}}, "by: pattern needs the field 'pattern'"),
        ({"split": {"by": "block"}}, "split.by"),
        ({"split": {"train": "a*"}}, "'train' has no effect with by: auto"),
        ({"kind": "raster-foldr"}, "'raster-foldr'.*'raster-folder'"),
    ],
)
def test_wrong_fields_are_named(tmp_path, fields, words):
    with pytest.raises(InputError, match=words):
        load(tmp_path, **FOLDER | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date": None}, "'date' is missing"),
        ({"scenes": [{"name": "a", "images": "tile", "cube": "x.nc"}]}, "exactly one of 'images' and 'cube'"),
        ({"scenes": [{"name": "a", "images": "tile", "label": "x.tif"}]}, "'classes' exactly if a scene has a 'label'"),
        ({"scenes": []}, "scenes"),
    ],
)
def test_wrong_fields_of_series_are_named(tmp_path, fields, words):
    with pytest.raises(InputError, match=words):
        load(tmp_path, **SERIES | fields)


def test_torchgeo_splits_are_all_or_none(tmp_path):
    with pytest.raises(InputError, match="train, validation and test"):
        load(tmp_path, kind="torchgeo", dataset="LoveDA", splits={"train": {"split": "train"}})
