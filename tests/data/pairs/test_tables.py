"""Pairs in a CSV or TSV file, and everything that can be wrong with one."""

import shutil

import pytest
import yaml
from pair_files import cut_short, noisy, picture, write_table

from eelib.data.pairs.images import ImageReader
from eelib.data.pairs.load import load_pairs, pair_fingerprint
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError

NAMES = ["oak", "elm", "ash", "fir", "yew", "fig", "bay", "box", "may", "ivy"]
SIZES = PairSizes(train=100, validation=100, test=100, size=16)


@pytest.fixture
def table(tmp_path):
    """A folder with 30 pictures and a table; the function writes the manifest with changes and loads it."""
    rows = []
    for k in range(30):
        picture(tmp_path / "images" / f"{k}.png", (8 * k, 100, 50))
        rows.append(
            (
                f"{k}.png",
                f"picture number {k} of the {NAMES[k % 10]} and {NAMES[k // 10]} series",
                ("train", "val", "test")[k % 3],
                "even" if k % 2 == 0 else "odd",
            )
        )
    write_table(tmp_path / "pairs.csv", rows, ("path", "caption", "part", "kind"))

    def load(sizes=SIZES, **changes):
        entry = {"name": "mine", "kind": "image-text-table", "title": "Mine", "description": "-", "table": "pairs.csv", "folder": "images"}
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(entry | changes))
        return load_pairs(str(path), sizes)

    load.folder, load.rows = tmp_path, rows
    return load


def test_columns_decide_split_and_class(table):
    pairs = table(split_column="part", class_column="kind")
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [10, 10, 10]
    assert pairs.classes == ("even", "odd")
    for part in (pairs.train, pairs.validation, pairs.test):
        for row in range(10):
            number = int(part.texts[row].split()[2])
            assert part.labels[row] == number % 2
            assert abs(part.image([row])[0, 0].mean() - 8 * number / 255) < 0.02  # the picture of this caption
    assert {text for part in (pairs.train, pairs.validation, pairs.test) for text in part.texts} == {row[1] for row in table.rows}


def test_without_a_split_every_image_is_in_one_set(table):
    rows = [row for row in table.rows for _ in range(2)]
    write_table(table.folder / "pairs.csv", [(a, f"{b} {k}") for k, (a, b, *_) in enumerate(rows)])
    pairs = table()
    places = [set(part.place.tolist()) for part in (pairs.train, pairs.validation, pairs.test)]
    assert not places[0] & places[1] | places[0] & places[2] | places[1] & places[2]
    assert sum(len(part) for part in (pairs.train, pairs.validation, pairs.test)) == 60


def test_tsv_and_byte_order_mark(table):
    (table.folder / "pairs.csv").rename(table.folder / "old.csv")
    write_table(table.folder / "pairs.tsv", [(row[0], row[1]) for row in table.rows])
    text = (table.folder / "pairs.tsv").read_text()
    (table.folder / "pairs.tsv").write_text("\ufeff" + text, encoding="utf-8")
    assert len(table(table="pairs.tsv").train) > 10


def test_bad_rows_are_skipped_and_counted(table):
    (table.folder / "images/3.png").write_bytes(b"not an image")
    (table.folder / "images/6.png").unlink()
    rows = [(a, "" if a == "9.png" else b, c) for a, b, c, _ in table.rows]
    write_table(table.folder / "pairs.csv", rows, ("path", "caption", "part"))
    pairs = table(split_column="part")
    assert len(pairs.train) == 7
    assert sorted(pairs.notes) == ["1 row(s) skipped: empty caption", "2 row(s) skipped: image missing or not readable"]


@pytest.mark.parametrize("ending", ["jpg", "png", "tif"])
def test_a_file_cut_short_is_skipped_or_stops_before_training(table, ending):
    file = cut_short(noisy(table.folder / f"images/half.{ending}"))
    write_table(table.folder / "pairs.csv", [(file.name, "half a picture"), *((a, b) for a, b, *_ in table.rows)])
    pairs = table()
    assert pairs.notes == ("1 row(s) skipped: image missing or not readable",)
    parts = (pairs.train, pairs.validation, pairs.test)
    assert sum(len(part.image(range(len(part)))) for part in parts) == 30
    with pytest.raises(InputError, match=rf"half\.{ending}: not a readable image; replace it"):
        table(broken="stop")


def test_a_file_without_the_band_is_skipped_with_the_reason(table):
    with pytest.raises(InputError, match=r"30 row\(s\) skipped: has 3 bands, the manifest asks for band 4"):
        table(channels=[4])


def test_images_are_decoded_once_and_suspects_again(table, monkeypatch):
    file = cut_short(noisy(table.folder / "images/half.jpg"))
    write_table(table.folder / "pairs.csv", [(file.name, "half a picture"), *((a, b) for a, b, *_ in table.rows)])
    table()
    looked_at, kept = [], ImageReader.problem
    monkeypatch.setattr(ImageReader, "problem", lambda self, path: looked_at.append(path.name) or kept(self, path))
    assert len(table().notes) == 1 and looked_at == ["half.jpg"]
    picture(table.folder / "images/0.png", (1, 2, 3), size=40)
    assert len(table().notes) == 1 and len(looked_at) == 32  # a file has changed: all of its folder


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "images/3.png").write_bytes(b"no"), r"3.png: not a readable image"),
        (lambda folder: (folder / "images/3.png").unlink(), r"3.png: the image is missing"),
        (lambda folder: write_table(folder / "pairs.csv", [("3.png", "")]), r"pairs.csv, line 2: empty caption"),
    ],
)
def test_or_stop_where_the_manifest_says_so(table, damage, message):
    damage(table.folder)
    with pytest.raises(InputError, match=message):
        table(broken="stop")


@pytest.mark.parametrize(
    ("change", "content", "message"),
    [
        ({"caption_column": "captoin"}, None, r"unknown column 'captoin': did you mean 'caption'\?"),
        (
            {"split_column": "part"},
            b"path,caption,part\n1.png,a b c,trian\n",
            r"pairs.csv, line 2: unknown split 'trian': did you mean 'train",
        ),
        ({}, b"path,caption\n../../secret.png,a b c\n", r"pairs.csv, line 2: the path '../../secret.png' leads out of"),
        ({}, b"path,caption\n/etc/passwd,a b c\n", r"leads out of"),
        ({}, b"path,caption\n1.png,f\xfcr\n", r"not UTF-8 text"),
        ({}, b"path,caption\n", r"no usable row"),
        ({"table": "none.csv"}, None, r"none.csv: the table is missing"),
        ({"shares": [0.5, 0.5, 0.5]}, None, r"'shares' must be three positive numbers"),
        ({"captoin_column": "x"}, None, r"unknown field 'captoin_column': did you mean 'caption_column'\?"),
    ],
)
def test_one_clear_line(table, change, content, message):
    if content is not None:
        (table.folder / "pairs.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        table(**change)
    assert "\n" not in str(caught.value)


HEADER = "path,caption,kind,part\n"
GOOD = "".join(f"{k}.png,a picture of number {k},even,{('train', 'val', 'test')[k % 3]}\n" for k in range(9))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("9.png,a tree, a house, and a road,even,train", "6 fields, 4 columns: quote the caption"),
        ("9.png,a tree,even", "3 fields, 4 columns: give every column a field, an empty one too"),
        ('9.png,"a "red" tree",even,train', "double quotes within a quoted text"),
    ],
)
def test_a_row_with_too_many_or_too_few_fields_is_skipped_or_stops(table, row, problem):
    (table.folder / "pairs.csv").write_text(f"{HEADER}{GOOD}{row}\n10.png,the last one,odd,train\n")
    pairs = table(split_column="part", class_column="kind")
    assert pairs.classes == ("even", "odd") and "the last one" in pairs.train.texts
    assert len(pairs.notes) == 1 and pairs.notes[0].startswith("1 row(s) skipped: ") and problem in pairs.notes[0]
    with pytest.raises(InputError) as caught:
        table(split_column="part", class_column="kind", broken="stop")
    assert f"pairs.csv, line 11: {problem}" in str(caught.value) or ("line 11: not readable" in str(caught.value) and '"' in row)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("after", ["", '10.png,"a house",odd,train\n', "10.png,a house,odd,train\n" * 9000])
def test_a_quote_that_is_not_closed_swallows_no_rows(table, after):
    (table.folder / "pairs.csv").write_text(f'{HEADER}{GOOD}9.png,"a tree,even,train\n{after}')
    for broken in ("skip", "stop"):
        with pytest.raises(InputError, match=r"pairs.csv, line 11: a quote is opened and not closed"):
            table(split_column="part", class_column="kind", broken=broken)


def test_captions_may_be_quoted_and_run_over_lines(table):
    rows = "".join(f'{k}.png,"a ""red"" tree,\nnumber {k}",even,{("train", "val", "test")[k % 3]}\n\n' for k in range(9))
    (table.folder / "pairs.csv").write_text(HEADER + rows)
    pairs = table(split_column="part", class_column="kind", broken="stop")
    assert not pairs.notes and 'a "red" tree, number 0' in pairs.train.texts


def test_a_wrong_folder_is_named_with_the_most_frequent_reason(table):
    write_table(table.folder / "pairs.csv", [("0.png", ""), *((a, b) for a, b, *_ in table.rows)])
    with pytest.raises(InputError, match=r"0 in all; 30 row\(s\) skipped: image missing or not readable") as caught:
        table(folder="imagse")
    assert str(caught.value).endswith(f"0.png in {table.folder / 'imagse'}: set 'folder' in the manifest to where the images are")
    assert "\n" not in str(caught.value)


def test_captions_of_people_get_no_faults_but_the_filter_applies(table):
    rows = [(a, "IMG_0001.JPG" if k < 9 else b, "train" if k < 20 else ("val", "test")[k % 2]) for k, (a, b, *_) in enumerate(table.rows)]
    write_table(table.folder / "pairs.csv", rows, ("path", "caption", "part"))
    v1 = table(SIZES.model_copy(update={"version": "v1"}), split_column="part")
    v2 = table(SIZES.model_copy(update={"version": "v2"}), split_column="part")
    kept = 11  # of 20 training rows 9 have a file name
    assert len(v1.train) == len(v2.train) == kept
    assert v1.train.faults is None and "IMG_0001.JPG" in v1.train.texts
    assert "IMG_0001.JPG" not in v2.train.texts and v2.removed["file name"] == 9


@pytest.fixture
def of_bitmaps(table):
    """A table whose images all have the same number of bytes; the function gives the key of its data as it is now."""

    def write(places=6, said="picture", name="images"):
        rows = [(f"{k}.bmp", f"{said} {k}", ("train", "val", "test")[k % 3], f"{k % 3} {k % places}") for k in range(30)]
        write_table(table.folder / "pairs.csv", rows, ("path", "caption", "part", "site"))
        for k in range(30):
            picture(table.folder / name / f"{k}.bmp", (8 * k, 100, 50))
        table(split_column="part", place_column="site", folder=name)

    write()
    write.again = write
    write.key = lambda: pair_fingerprint(str(table.folder / "mine.yaml"), SIZES)
    write.folder = table.folder
    return write


CHANGES = {
    "pixels": lambda data: picture(data.folder / "images/7.bmp", (250, 0, 0)),
    "places": lambda data: data.again(places=30),
    "captions": lambda data: data.again(said="another"),
    "folder": lambda data: data.again(name="other"),
    "an image": lambda data: (data.folder / "images/7.bmp").unlink(),
    "manifest": lambda data: (data.folder / "mine.yaml").write_text((data.folder / "mine.yaml").read_text() + "prompts: satellite8\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_key_follows_whatever_changes_while_the_process_lives(of_bitmaps, change):
    before = of_bitmaps.key()
    assert of_bitmaps.key() == before
    CHANGES[change](of_bitmaps)
    assert of_bitmaps.key() != before


def test_a_copy_with_other_time_stamps_has_the_same_key(of_bitmaps, tmp_path):
    shutil.copytree(of_bitmaps.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("copy", "data"), copy_function=shutil.copyfile)
    assert pair_fingerprint(str(tmp_path / "copy/mine.yaml"), SIZES) == of_bitmaps.key()


def test_an_image_that_was_missing_is_used_as_soon_as_it_is_there(of_bitmaps):
    path, size = of_bitmaps.folder / "images/7.bmp", lambda: len(load_pairs(str(of_bitmaps.folder / "mine.yaml"), SIZES).validation)
    path.rename(path.with_suffix(".away"))
    assert size() == 9
    path.with_suffix(".away").rename(path)
    assert size() == 10


def test_one_image_or_site_is_one_place_however_it_is_spelt(table):
    """Otherwise what is trained on is tested too."""
    spellings = ("{}", "./{}", "../images/{}", ".//{}")
    rows = [(spellings[k].format(a), f"{b} {k}", f"  site  {a} " if k % 2 else f"site {a}") for a, b, *_ in table.rows for k in range(4)]
    write_table(table.folder / "pairs.csv", rows, ("path", "caption", "site"))
    pairs = table()
    places = [set(part.place.tolist()) for part in (pairs.train, pairs.validation, pairs.test)]
    assert sum(map(len, places)) == 30
    sited = table(place_column="site")
    places = [set(part.place.tolist()) for part in (sited.train, sited.validation, sited.test)]
    assert sum(map(len, places)) == 30
