"""One folder per class."""

import numpy as np
import pytest
import yaml
from pair_files import class_folder, cut_short, noisy, picture

from eelib.data.pairs.load import load_pairs, pair_fingerprint
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError

SIZES = PairSizes(train=100, validation=100, test=100, size=16)


def load(folder, **changes):
    entry = {"name": "mine", "kind": "class-folder", "title": "Mine", "description": "-", "folder": folder.name}
    path = folder.parent / "mine.yaml"
    path.write_text(yaml.safe_dump(entry | changes))
    return load_pairs(str(path), SIZES)


def test_folders_are_classes_and_captions_are_their_names(tmp_path):
    pairs = load(class_folder(tmp_path / "sets", count=20))
    assert pairs.classes == ("annual crop", "sea lake")
    parts = (pairs.train, pairs.validation, pairs.test)
    assert sum(map(len, parts)) == 40
    for part in parts:
        reds = part.image(np.arange(len(part)))[:, 0].mean((1, 2)) * 255
        assert ((reds > 70).astype(int) == part.labels).all()
        assert part.captions(range(len(part))) == [pairs.classes[label] for label in part.labels]


def test_names_for_prompts(tmp_path):
    pairs = load(class_folder(tmp_path / "sets", count=20), names={"SeaLake": "a sea or lake"})
    assert pairs.classes == ("annual crop", "a sea or lake")


def test_split_folders_are_kept(tmp_path):
    for part, count in (("train", 5), ("val", 3), ("test", 4)):
        class_folder(tmp_path / "sets" / part, count=count)
    pairs = load(tmp_path / "sets")
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [10, 6, 8]
    assert len(pairs.classes) == 2


def test_a_broken_image_is_skipped_and_counted(tmp_path):
    folder = class_folder(tmp_path / "sets", count=20)
    (folder / "SeaLake" / "x.jpg").write_bytes(b"no")
    cut_short(noisy(folder / "SeaLake" / "half.jpg"))
    cut_short(noisy(folder / "SeaLake" / "half.tif"))
    pairs = load(folder)
    assert pairs.notes == ("3 row(s) skipped: image missing or not readable",)
    assert sum(len(part.image(np.arange(len(part)))) for part in (pairs.train, pairs.validation, pairs.test)) == 40


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: picture(folder / "SeaLake" / "new.png", (1, 2, 3)),
        lambda folder: picture(folder / "Pasture" / "1.png", (1, 2, 3)),
        lambda folder: (folder / "SeaLake" / "SeaLake_3.bmp").rename(folder / "SeaLake" / "Lake_3.bmp"),
        lambda folder: picture(folder / "SeaLake" / "SeaLake_3.bmp", (1, 2, 3)),
    ],
)
@pytest.mark.parametrize("parts", [False, True])
def test_the_key_follows_images_that_come_go_or_change_while_the_process_lives(tmp_path, parts, change):
    folders = [tmp_path / "sets" / part for part in ("train", "val", "test")] if parts else [tmp_path / "sets"]
    for folder in folders:
        class_folder(folder, count=20, ending="bmp")
    load(tmp_path / "sets")
    before = pair_fingerprint(str(tmp_path / "mine.yaml"), SIZES)
    change(folders[0])
    assert pair_fingerprint(str(tmp_path / "mine.yaml"), SIZES) != before


def test_one_clear_line(tmp_path):
    folder = class_folder(tmp_path / "sets", count=3)
    (folder / "Empty").mkdir()
    with pytest.raises(InputError, match="Empty: a class folder without images"):
        load(folder)
    (folder / "Empty").rmdir()
    with pytest.raises(InputError, match=r"unknown class folder of .* 'SeeLake': did you mean 'SeaLake'"):
        load(folder, names={"SeeLake": "x"})
    picture(tmp_path / "one" / "only" / "a.png", (1, 2, 3))
    with pytest.raises(InputError, match="holds 1 class folder"):
        load(tmp_path / "one")
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "nowhere")
