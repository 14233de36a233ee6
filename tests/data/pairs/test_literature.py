"""Data sets of the literature: every manifest is valid and says how to get the data; loaders read miniatures in the true format."""

import hashlib

import numpy as np
import pytest
from pair_files import class_folder, picture, rsicd, shards, split_lists

from eelib.data.manifests import manifest, manifest_names
from eelib.data.pairs.literature import literature_pairs
from eelib.data.pairs.literature_files import how_to_get_pairs, pair_dataset_folder, verify_pair_dataset
from eelib.data.pairs.manifests import PairDatasetManifest
from eelib.data.pairs.prompts import PROMPT_SETS
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError

SIZES = PairSizes(train=1000, validation=1000, test=1000, size=16)
NAMES = [name for name in manifest_names() if isinstance(manifest(name), PairDatasetManifest)]


@pytest.mark.parametrize("name", NAMES)
def test_manifest_says_how_to_get_the_data(name):
    entry = manifest(name)
    lines = how_to_get_pairs(entry)
    assert any(str(pair_dataset_folder(entry)) in line for line in lines) and entry.prompts in PROMPT_SETS
    assert verify_pair_dataset(entry)[0].startswith(f"{name}: not in")
    with pytest.raises(InputError, match=f"{name}: not in .* `eelib data fetch {name}` says how to get it"):
        literature_pairs(entry, SIZES)


def test_v1_and_v2_are_two_sets():
    one, two = manifest("yfcc15m_v1"), manifest("yfcc15m_v2")
    assert (one.pairs.value, two.pairs.value) == (14_829_396, 15_388_848) and one.landing != two.landing


@pytest.mark.parametrize("name", ["rsicd", "rsitmd", "ucm_captions", "sydney_captions"])
def test_captions_in_rsicd_json(name):
    entry = manifest(name)
    folder = pair_dataset_folder(entry)
    rsicd(folder, entry.annotations, entry.folder)
    pairs = literature_pairs(entry, SIZES)
    assert [len(set(part.place)) for part in (pairs.train, pairs.validation, pairs.test)] == [6, 2, 2]
    assert len(pairs.train) == 6 * 4  # of five sentences two are the same
    row = next(row for row, text in enumerate(pairs.test.texts) if text == "airport number 9 .")
    assert pairs.test.image([row])[0, 0].mean() == pytest.approx(180 / 255, abs=0.02)


def test_data_of_the_literature_keep_the_keys_that_their_records_have():
    entry = manifest("rsicd")
    folder = pair_dataset_folder(entry)
    rsicd(folder, entry.annotations, entry.folder)
    test = literature_pairs(entry, SIZES).test
    files = [sorted((folder / entry.folder).iterdir())[place] for place in test.place]
    lines = [f"{file.name} {file.stat().st_size} {text} " for file, text in zip(files, test.texts, strict=True)]
    content = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    assert test.identity == f"rsicd rsicd-json {entry.splits} {content} test {SIZES.model_dump_json()}"


def test_rsicd_json_that_is_none(tmp_path):
    entry = manifest("rsicd")
    folder = rsicd(pair_dataset_folder(entry))
    (folder / entry.annotations).write_text('{"images": [{"filename": "a.jpg"}]}')
    with pytest.raises(InputError, match="an image lacks 'split'"):
        literature_pairs(entry, SIZES)
    (folder / entry.annotations).write_text("[]")
    with pytest.raises(InputError, match="not a JSON file with a list 'images'"):
        literature_pairs(entry, SIZES)


def test_ucmerced_and_resisc45_with_their_lists():
    for name, prefix, kinds, ending in (("ucmerced", "uc_merced", None, "png"), ("resisc45", "resisc45", ("sea_ice", "airport"), "jpg")):
        entry = manifest(name)
        folder = pair_dataset_folder(entry)
        kinds = kinds or tuple(entry.names)
        class_folder(folder / entry.folder, kinds, count=8, ending=ending)
        split_lists(folder, prefix, kinds, 8)
        pairs = literature_pairs(entry, SIZES)
        assert [len(part) // len(kinds) for part in (pairs.train, pairs.validation, pairs.test)] == [3, 2, 2]  # the last is in no list
        assert pairs.classes == (tuple(entry.names[kind] for kind in sorted(kinds)) if entry.names else ("airport", "sea ice"))


def test_eurosat_in_true_colour_from_thirteen_bands():
    import rasterio

    entry = manifest("eurosat")
    folder = pair_dataset_folder(entry)
    kinds = tuple(entry.names)
    for number, kind in enumerate(kinds):
        for k in range(1, 9):
            path = folder / entry.folder / kind / f"{kind}_{k}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.open(path, "w", driver="GTiff", count=13, height=64, width=64, dtype="uint16") as target:
                for band in range(1, 14):
                    target.write(np.full((64, 64), 100 * band + 10 * number, np.uint16), band)
    split_lists(folder, "eurosat", kinds, 8)
    pairs = literature_pairs(entry, SIZES)
    assert len(pairs.classes) == 10 and pairs.bands == ("band 4", "band 3", "band 2")
    for row in range(5):
        wanted = np.array([400, 300, 200]) + 10 * pairs.test.labels[row]
        assert pairs.test.image([row])[0].mean((1, 2)) == pytest.approx(wanted / 3000, abs=1e-4)


def test_shards_of_cc3m_and_yfcc():
    for name in ("cc3m", "yfcc15m_v1", "yfcc15m_v2"):
        entry = manifest(name)
        shards(pair_dataset_folder(entry))
        pairs = literature_pairs(entry, SIZES)
        assert sum(len(part) for part in (pairs.train, pairs.validation, pairs.test)) == 24


def test_imagenet_takes_its_names_from_open_clip(monkeypatch):
    import open_clip

    monkeypatch.setattr(open_clip, "IMAGENET_CLASSNAMES", ["tench", "goldfish"])
    entry = manifest("imagenet")
    folder = pair_dataset_folder(entry) / "val"
    class_folder(folder, ("n01440764", "n01443537"), count=30)
    pairs = literature_pairs(entry, SIZES)
    assert pairs.classes == ("tench", "goldfish") and len(pairs.test) > 40
    class_folder(folder, ("n01484850",), count=2)
    with pytest.raises(InputError, match="3 class folders instead of 2"):
        literature_pairs(entry, SIZES)


def test_a_torchvision_set_with_its_own_split():
    entry = manifest("dtd")
    folder = pair_dataset_folder(entry) / "dtd" / "dtd"
    (folder / "labels").mkdir(parents=True)
    for split, numbers in (("train", range(10)), ("val", range(10, 12)), ("test", range(12, 16))):
        lines = []
        for number, kind in enumerate(("banded", "dotted")):
            for k in numbers:
                picture(folder / "images" / kind / f"{kind}_{k:04d}.jpg", (200 * number, 50, 50))
                lines.append(f"{kind}/{kind}_{k:04d}.jpg")
        (folder / "labels" / f"{split}1.txt").write_text("\n".join(lines) + "\n")
    pairs = literature_pairs(entry, SIZES)
    assert pairs.classes == ("banded", "dotted")
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [16, 4, 8]
    assert not set(pairs.train.place) & set(pairs.validation.place)
    reds = pairs.test.image(np.arange(8))[:, 0].mean((1, 2))
    assert ((reds > 0.4).astype(int) == pairs.test.labels).all()
    damaged = folder / "images" / "dotted" / "dotted_0013.jpg"
    damaged.write_bytes(b"no image")
    with pytest.raises(InputError, match=r"dtd: image \d+ cannot be read \(.*dotted_0013\.jpg.*\); copy it again"):
        pairs.test.image(np.arange(8))
    damaged.unlink()
    with pytest.raises(InputError, match=r"dtd: image \d+ cannot be read \(.*dotted_0013\.jpg.*\); copy it again"):
        pairs.test.image(np.arange(8))


def test_a_torchvision_set_without_a_split_is_cut_apart():
    entry = manifest("sun397")
    folder = pair_dataset_folder(entry) / "SUN397"
    (folder / "a").mkdir(parents=True)
    kinds = ("abbey", "airfield")
    (folder / "ClassName.txt").write_text("\n".join(f"/a/{kind}" for kind in kinds) + "\n")
    for kind in kinds:
        for k in range(10):
            picture(folder / "a" / kind / f"sun_{kind}{k}.jpg", (9 * k, 9, 9))
    pairs = literature_pairs(entry, SIZES)
    parts = [set(part.place.tolist()) for part in (pairs.train, pairs.validation, pairs.test)]
    assert [len(part) for part in parts] == [13, 3, 4] and len(set.union(*parts)) == 20


def test_the_command_line_says_how_to_get_a_set_and_checks_what_is_there(capsys):
    from eelib.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(["data", "fetch", "rsicd"])
    said = capsys.readouterr()
    assert stopped.value.code == 2 and "RSICD_optimal" in said.out and "downloaded by hand" in said.err
    rsicd(pair_dataset_folder(manifest("rsicd")))
    with pytest.raises(SystemExit) as done:
        main(["data", "verify", "rsicd"])
    assert done.value.code == 0 and "rsicd: intact" in capsys.readouterr().out
