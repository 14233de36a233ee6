"""Kind torchgeo, on a miniature in the true layout of LoveDA."""

import numpy as np
import pytest
from photos import labels, manifest, photo, write
from races import meanwhile

from eelib.data.regions import load_region
from eelib.data.sources import _source, source
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=20, train=10, validation=5, test=5, window=16)


def loveda(tmp_path, count=12, part="Train", size=48, start=0):
    for number in range(start, start + count):
        label = labels(size, size, number, classes=7) + 1
        write(tmp_path / "loveda" / part / "Rural" / "images_png" / f"{number}.png", photo(label, seed=number))
        write(tmp_path / "loveda" / part / "Rural" / "masks_png" / f"{number}.png", label.astype(np.uint8))


def describe(tmp_path, **fields):
    arguments = {"root": "loveda", "split": "train", "scene": ["rural"]}
    classes = [{"name": name, "value": number} for number, name in enumerate("abcdefg", 1)]
    content = {"kind": "torchgeo", "dataset": "LoveDA", "arguments": arguments, "scale": 1 / 255, "classes": classes, "ignore": 0}
    return manifest(tmp_path, **content | fields)


def test_samples_become_a_region(tmp_path):
    loveda(tmp_path)
    path = describe(tmp_path)
    made, region = source(path), load_region(path, SIZES)
    assert made.bands == ("red", "green", "blue")
    assert "whole images" in made.layout.summary
    assert region.train.image.shape == (10, 1, 3, 16, 16)
    plate = made.found.plates[int(region.train.place[0])]
    row, column = region.train.origin[0]
    whole = made.found.plates[0].samples.data[plate.number]
    assert np.allclose(region.train.image[0, 0], whole["image"].numpy()[:, row : row + 16, column : column + 16] / 255)
    assert np.array_equal(region.train.mask[0], whole["mask"].numpy()[row : row + 16, column : column + 16] - 1)


def test_class_names_are_torchgeos_where_none_are_given(tmp_path):
    loveda(tmp_path)
    made = source(describe(tmp_path, classes=None, ignore=None))
    assert made.classes == tuple(made.found.plates[0].samples.data.classes)
    assert len(made.colors) == len(made.classes)


def test_declared_splits_are_kept_and_small_samples_left_out(tmp_path):
    loveda(tmp_path, 6)
    loveda(tmp_path, 4, "Val", start=100)
    loveda(tmp_path, 1, "Val", size=16, start=200)
    splits = {"train": {"split": "train"}, "validation": {"split": "val"}, "test": {"split": "val"}}
    made = source(describe(tmp_path, splits=splits, arguments={"root": "loveda", "scene": ["rural"]}))
    assert made.found.owners.tolist() == [0] * 6 + [1] * 4 + [2] * 4
    assert any("2 sample(s) below window=32 px" in note for note in made.found.notes)
    region = made.load(SIZES)
    assert set(region.unlabelled.place.tolist()) <= set(range(6))


def test_two_processes_may_read_the_sizes_at_the_same_time(tmp_path, monkeypatch):
    loveda(tmp_path)
    path = describe(tmp_path)
    meanwhile(monkeypatch, lambda: _source.__wrapped__(path, 0))
    assert len(list((tmp_path / "data" / "own").iterdir())) == 1


def test_sizes_are_read_once(tmp_path, monkeypatch):
    loveda(tmp_path)
    path = describe(tmp_path)
    source(path)
    monkeypatch.setattr("eelib.data.own.samples.SampleSet._sample", lambda self, number: pytest.fail("read again"))
    again = source(describe(tmp_path, title="again"))
    assert len(again.found.plates) == 12


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dataset": "LoveDa"}, "'LoveDa'.*'LoveDA'"),
        ({"dataset": "Landsat8"}, "unknown torchgeo data set of samples 'Landsat8'"),
        ({"arguments": {"root": "nix", "split": "train"}}, "torchgeo cannot make LoveDA"),
        ({"arguments": {"root": "loveda", "splitt": "train"}}, "splitt"),
        ({"bands": ["a", "b"]}, "3 bands but 'bands' names 2"),
        ({"window": 64}, "every sample is smaller than window=64"),
        ({"classes": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]}, r"sample \d+: \d+ pixels have the value"),
    ],
)
def test_mistakes_are_named(tmp_path, fields, words):
    loveda(tmp_path)
    with pytest.raises(InputError, match=words) as caught:
        load_region(describe(tmp_path, **fields), SIZES)
    assert "\n" not in str(caught.value)
