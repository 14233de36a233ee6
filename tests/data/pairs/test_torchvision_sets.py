"""The evaluation sets that torchvision reads, each on a miniature in its true format."""

from pathlib import Path

import numpy as np
import pytest
import torchvision_files
from pair_files import cut_short

from eelib.data.datasets import verify_any
from eelib.data.manifests import manifest, manifest_names
from eelib.data.pairs.literature import literature_pairs
from eelib.data.pairs.literature_files import pair_dataset_folder
from eelib.data.pairs.load import load_pairs
from eelib.data.pairs.manifests import PairDatasetManifest
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError

SIZES = PairSizes(train=1000, validation=1000, test=1000, size=16)
OTHERS = {"dtd", "sun397"}  # tested in test_literature.py


@pytest.fixture
def made(monkeypatch):
    """Makes a miniature where its manifest looks; files whose MD5 torchvision knows need only be there."""
    for module in ("cifar", "flowers102"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.check_integrity", lambda path, md5=None: Path(path).is_file())
    load_pairs.cache_clear()

    def make(name):
        folder = pair_dataset_folder(manifest(name))
        folder.mkdir(parents=True)
        return folder, tuple(torchvision_files.MAKERS[name](folder))

    return make


def test_every_set_of_torchvision_has_a_miniature():
    sets = {name for name in manifest_names() if isinstance(manifest(name), PairDatasetManifest) and manifest(name).torchvision}
    assert sets == {*torchvision_files.MAKERS, *OTHERS}


@pytest.mark.parametrize("name", torchvision_files.MAKERS)
def test_images_classes_and_splits(name, made):
    _, kinds = made(name)
    assert verify_any(name) == []
    pairs = load_pairs(name, SIZES)
    parts = {"train": pairs.train, "validation": pairs.validation, "test": pairs.test}
    assert pairs.classes[: len(kinds)] == kinds and len(pairs.classes) == (102 if name == "flowers102" else len(kinds))
    for split, part in parts.items():
        images = part.image(np.arange(len(part))).mean((2, 3)) * 255
        assert part.image([0]).shape == (1, 3, 16, 16)
        for (red, _, blue), label in zip(images, part.labels, strict=True):
            wanted = torchvision_files.colour(int(label), "test" if split == "test" else "train")
            assert abs(red - wanted[0]) < 8 and (name == "caltech101" or abs(blue - wanted[2]) < 8)
        assert list(part.texts) == [kinds[label] for label in part.labels]
        assert {*part.labels} <= set(range(len(kinds))) and len({*part.labels}) > 1
    learn, test = torchvision_files.TRAIN * len(kinds), torchvision_files.TEST * len(kinds)
    learn -= 8 * (name == "flowers102")  # its own validation images are left out
    if name == "caltech101":  # without a split of its own
        learn, test = round(0.8 * (learn + test)), learn + test - round(0.8 * (learn + test))
    assert [len(part) for part in parts.values()] == [learn - round(0.2 * learn), round(0.2 * learn), test]
    assert not set(pairs.train.place) & set(pairs.validation.place)
    if name == "caltech101":
        assert not set(pairs.test.place) & {*pairs.train.place, *pairs.validation.place}


@pytest.mark.parametrize("name", torchvision_files.MAKERS)
def test_a_file_that_is_missing_is_one_clear_line(name, made):
    folder, _ = made(name)
    gone = {
        "cifar10": "cifar-10-batches-py/data_batch_3",
        "cifar100": "cifar-100-python/meta",
        "food101": "food-101/meta/train.json",
        "oxford_pets": "oxford-iiit-pet/annotations/test.txt",
        "flowers102": "flowers-102/setid.mat",
        "stanford_cars": "stanford_cars/cars_test_annos_withlabels.mat",
        "caltech101": "caltech101/101_ObjectCategories/BACKGROUND_Google",
        "fgvc_aircraft": "fgvc-aircraft-2013b/data/variants.txt",
    }
    path = folder / gone[name]
    path.rename(folder / "elsewhere")
    with pytest.raises(InputError, match=f"{name}: torchvision cannot read .* there") as caught:
        literature_pairs(manifest(name), SIZES)
    assert f"eelib data fetch {name}" in str(caught.value)


def test_a_damaged_image_is_one_clear_line(made):
    folder, _ = made("food101")
    for path in folder.rglob("*.jpg"):
        cut_short(path, 0.9)
    with pytest.raises(InputError, match=r"food101: image \d+ cannot be read"):
        load_pairs("food101", SIZES).test.image([0])
