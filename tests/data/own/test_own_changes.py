"""Files of a user's own regions that change while a process lives: keys and windows follow."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from photos import labels, photo, photo_folder, write
from test_scene_series import STACK, cube, rasters

from eelib.data import freshness
from eelib.data.freshness import looking_once
from eelib.data.own.files import sampled_digest
from eelib.data.own.source import COSMETIC
from eelib.data.pairs.load import pair_fingerprint
from eelib.data.pairs.settings import PairSizes
from eelib.data.regions import fingerprint, load_region, region_bands, region_window
from eelib.data.sources import source
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=20, train=10, validation=5, test=5, window=8)


def everything(path):
    """Fingerprint and the training pixels as they are now."""
    return fingerprint(path, SIZES), np.array(load_region(path, SIZES).train.image)


def test_rasters_that_are_replaced_added_or_resized(tmp_path):
    path = photo_folder(tmp_path)
    key, image = everything(path)
    assert fingerprint(path, SIZES) == key and load_region(path, SIZES) is load_region(path, SIZES)
    for number in range(12):
        write(tmp_path / "photos" / f"city_{number:02}.png", photo(labels(seed=number), seed=100 + number))
    replaced, other = everything(path)
    assert replaced != key and not np.array_equal(image, other)
    photo_folder(tmp_path, count=13)
    assert fingerprint(path, SIZES) not in (key, replaced)
    for folder in ("photos", "masks"):
        (tmp_path / folder / "city_12.png").unlink()
    assert fingerprint(path, SIZES) == key  # the first ones again
    photo_folder(tmp_path, size=32)
    assert fingerprint(path, SIZES) != replaced and region_window(path, SIZES.model_copy(update={"window": 64})) == 32


def test_pairs_that_are_made_from_a_region_follow_it(tmp_path):
    path = photo_folder(tmp_path, bands=["B04", "B03", "B02"])
    sizes = PairSizes(train=10, validation=5, test=5, size=16)
    before = pair_fingerprint(path, sizes)
    write(tmp_path / "photos" / "city_03.png", photo(labels(seed=3), seed=100))
    assert pair_fingerprint(path, sizes) != before


def test_an_edited_manifest(tmp_path):
    path = photo_folder(tmp_path)
    key, _ = everything(path)
    photo_folder(tmp_path, bands=["one", "two", "three"])
    assert fingerprint(path, SIZES) != key and region_bands(path, SIZES) == load_region(path, SIZES).bands == ("one", "two", "three")


def turned_rasters(folder):
    for path, image in zip(sorted((folder / "tile").iterdir()), STACK[:, :, ::-1], strict=True):
        write(path, image, crs="EPSG:32633")


def turned_cube(folder, put):
    (folder / "new").mkdir()
    cube(folder / "new", values=STACK[:, :, ::-1])
    put(folder / "new/cube.nc", folder / "cube.nc")


WAYS = {
    "rasters": (rasters, turned_rasters),
    "a cube that is replaced": (cube, lambda folder: turned_cube(folder, Path.rename)),
    "a cube that is overwritten": (cube, lambda folder: turned_cube(folder, shutil.copyfile)),
}


@pytest.mark.parametrize("way", WAYS)
def test_series_and_cubes_that_are_written_again(tmp_path, way):
    first, again = WAYS[way]
    path = first(tmp_path)
    key, image = everything(path)
    again(tmp_path)
    other, turned = everything(path)
    assert other != key and image.shape == turned.shape and not np.array_equal(image, turned)


def splits(folder, first):
    """Test images of a table or list of splits."""
    names = [f"city_{number:02}" for number in range(12)]
    held = names[first : first + 3]
    parts = {name: "test" if name in held else "val" if name == names[-1] else "train" for name in names}
    (folder / "splits.csv").write_text("\n".join(["image,split", *(f"{name},{part}" for name, part in parts.items())]))
    (folder / "test.txt").write_text("\n".join(held))
    (folder / "train.txt").write_text("\n".join(name for name, part in parts.items() if part == "train"))


@pytest.mark.parametrize(
    "split",
    [{"by": "table", "table": "splits.csv"}, {"by": "lists", "train": "train.txt", "validation": "city_11", "test": "test.txt"}],
)
def test_a_split_that_is_edited(tmp_path, split):
    splits(tmp_path, 0)
    path = photo_folder(tmp_path, split=split)
    key = fingerprint(path, SIZES)
    assert set(load_region(path, SIZES).test.place) <= {0, 1, 2}
    splits(tmp_path, 4)
    assert fingerprint(path, SIZES) != key and set(load_region(path, SIZES).test.place) <= {4, 5, 6}
    (tmp_path / (split.get("table") or "test.txt")).unlink()
    with pytest.raises(InputError, match=r"own\.yaml: .*(splits\.csv|test\.txt) cannot be read \(No such file.*\); correct 'split'$"):
        fingerprint(path, SIZES)


def test_a_plan_looks_at_files_once(tmp_path, monkeypatch):
    path = photo_folder(tmp_path)
    fingerprint(path, SIZES)
    looks = []
    monkeypatch.setattr(freshness, "stamp_of", lambda file, kept=freshness.stamp_of: looks.append(file) or kept(file))
    with looking_once():
        assert len({fingerprint(path, SIZES) for _ in range(5)}) == 1
    assert max(looks.count(file) for file in looks) == 1 and len(looks) >= 24


def test_without_such_a_split_keys_are_those_that_records_have(tmp_path):
    made = source(photo_folder(tmp_path))
    manifest = repr(made.entry.model_dump(exclude=COSMETIC))
    assert made.fingerprint() == hashlib.sha256(f"own 2 {manifest} {sampled_digest(made.found.files, tmp_path)}".encode()).hexdigest()
