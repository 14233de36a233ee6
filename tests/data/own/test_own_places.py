"""Whole images or blocks, and who decides the split."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from eelib.data.own.manifests import Split
from eelib.data.own.places import declared_owners, lay_out
from eelib.errors import InputError


@dataclass
class Plate:
    name: str
    shape: tuple = (64, 64)
    folder: str = "photos"
    path: Path = field(init=False)

    def __post_init__(self):
        self.path = Path("/data") / self.folder / f"{self.name}.tif"


def plates(count, *shape):
    return [Plate(f"p{number:02}", shape or (64, 64)) for number in range(count)]


def test_many_images_are_split_as_wholes_and_few_in_blocks():
    whole = lay_out(plates(10), Split(), "m")
    assert len(whole.places) == 10
    assert (whole.margin, whole.window) == (4, 56)
    assert "whole images" in whole.summary
    blocks = lay_out(plates(2, 1024, 2048), Split(), "m")
    assert len(blocks.places) == 2 * 32
    assert "blocks of 256 px" in blocks.summary
    assert (blocks.margin, blocks.window) == (16, 224)
    assert len(lay_out(plates(2), Split(by="images"), "m").places) == 2


def test_small_scenes_get_smaller_blocks():
    layout = lay_out(plates(1, 100, 100), Split(), "m")
    assert len(layout.places) >= 24
    assert layout.window >= 8
    assert layout.window % 4 == 0


@pytest.mark.parametrize("block", [32, 50, 64])
@pytest.mark.parametrize("gap", [0, 3, 10])
def test_windows_of_different_places_keep_the_gap(block, gap):
    from eelib.data.own.census import grid

    layout = lay_out(plates(1, 200, 150), Split(by="blocks", block=block, gap=gap), "m")
    corners = [grid(box, layout.margin, 8, 8) for _, box in layout.places]
    for number, here in enumerate(corners):
        for there in corners[number + 1 :]:
            steps = np.abs(here[:, None] - there[None]).max(2)
            assert steps.min() - 8 >= gap
    for (_, box), found in zip(layout.places, corners, strict=True):
        assert (found >= (box.row + layout.margin, box.column + layout.margin)).all()
        assert (found + 8 <= (box.row + box.height - layout.margin, box.column + box.width - layout.margin)).all()


@pytest.mark.parametrize(
    ("given", "split", "words"),
    [
        (plates(2, 40, 40), {"by": "blocks", "block": 64}, "at most 40 px wide or high, no block of 64 px"),
        (plates(2), {"by": "blocks", "block": 16, "gap": 10}, "a block of 16 px with margins of 5 px leaves no window of 8 px"),
        ([*plates(11), Plate("tiny", (6, 90))], {}, r"tiny \(6 px\).*'smallest'"),
    ],
)
def test_what_does_not_fit_is_named(given, split, words):
    with pytest.raises(InputError, match=f"m: .*{words}"):
        lay_out(given, Split(**split), "m")


def owners(split, given=None, folder=Path("/data")):
    return declared_owners(given or plates(6), Split(**split), folder, "m").tolist()


def test_a_pattern_in_the_path_decides():
    given = [Plate(f"p{number}", folder=part) for number, part in enumerate(["train", "train", "val", "test", "other"])]
    assert owners({"by": "pattern", "pattern": "^(train|val|test)/"}, given) == [0, 0, 1, 2, -1]


def test_lists_decide_by_name_pattern_or_file(tmp_path):
    (tmp_path / "test.txt").write_text("p04\n\np05.tif\n")
    split = {"by": "lists", "train": ["p00", "p01"], "validation": "p02", "test": "test.txt"}
    assert owners(split, folder=tmp_path) == [0, 0, 1, -1, 2, 2]
    assert owners(split | {"train": "p0[01]"}, folder=tmp_path) == [0, 0, 1, -1, 2, 2]


def test_a_table_decides(tmp_path):
    (tmp_path / "s.csv").write_text("image,split\np00.tif,train\np01,val\nphotos/p02.tif,test\n")
    assert owners({"by": "table", "table": "s.csv"}, folder=tmp_path) == [0, 1, 2, -1, -1, -1]
    (tmp_path / "s.csv").write_text("image,split\nP00.TIF,train\np01.png,val\nphotos/P02,test\nelsewhere.tif,test\n")
    assert owners({"by": "table", "table": "s.csv"}, folder=tmp_path) == [0, 1, 2, -1, -1, -1]


@pytest.mark.parametrize(
    ("split", "content", "words"),
    [
        ({"by": "pattern", "pattern": "train_"}, None, "has no group"),
        ({"by": "pattern", "pattern": "(train"}, None, "not a regular expression"),
        ({"by": "pattern", "pattern": "(p)0"}, None, "'p' is no split"),
        ({"by": "pattern", "pattern": "(train)_"}, None, "puts no image into train; stems are for example 'p00'"),
        ({"by": "lists", "train": "p*", "validation": "p01", "test": "p02"}, None, "'p01' is in train and in validation"),
        ({"by": "lists", "train": "nix.txt", "validation": "p01", "test": "p02"}, None, r"nix\.txt cannot be read"),
        ({"by": "table", "table": "nix.csv"}, None, r"nix\.csv cannot be read"),
        ({"by": "table", "table": "s.csv"}, "a,b\n1,2\n", "columns 'image' and 'split'"),
        ({"by": "table", "table": "s.csv"}, "image,split\np00,train\np00,test\n", "'p00' appears twice"),
        ({"by": "table", "table": "s.csv"}, "image,split\np00,train\np00.tif,test\n", "'p00' is in train and in test; give it one row"),
        ({"by": "table", "table": "s.csv"}, "image,split\nP00,train\np00.png,test\n", "'p00' is in train and in test; give it one row"),
        ({"by": "table", "table": "s.csv"}, "image,split\np00,practice\n", "'practice' is no split"),
    ],
)
def test_wrong_declarations_are_named(tmp_path, split, content, words):
    if content:
        (tmp_path / "s.csv").write_text(content)
    with pytest.raises(InputError, match=words):
        owners(split, folder=tmp_path)
