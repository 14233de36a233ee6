"""Webdataset shards: read in place, and never half."""

import tarfile

import numpy as np
import pytest
import yaml
from pair_files import cut_short, noisy, shards, tar_shard

from eelib.data.pairs.images import ImageReader
from eelib.data.pairs.load import load_pairs, pair_fingerprint
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.shards import ShardTexts, index_shards
from eelib.errors import InputError

SIZES = PairSizes(train=100, validation=100, test=100, size=16)


@pytest.fixture
def folder(tmp_path):
    return shards(tmp_path / "shards")


def index(folder):
    return index_shards(sorted(folder.glob("*.tar")), ("jpg", "png"), ("txt", "json"))


def load(folder, sizes=SIZES, **changes):
    entry = {"name": "mine", "kind": "image-text-shards", "title": "Mine", "description": "-", "folder": folder.name}
    path = folder.parent / "mine.yaml"
    path.write_text(yaml.safe_dump(entry | changes))
    return load_pairs(str(path), sizes)


@pytest.mark.parametrize("caption", ["txt", "json"])
def test_what_webdataset_wrote_is_what_is_read(tmp_path, caption):
    found = index(shards(tmp_path / "s", caption=caption))
    assert len(found) == 24
    assert list(ShardTexts(found)) == [f"caption of pair {key}" for key in found.keys]
    assert found.keys == tuple(f"{k:06d}" for k in range(24))


def test_pairs_keep_image_and_caption_together_and_apart_from_other_sets(folder):
    pairs = load(folder)
    parts = (pairs.train, pairs.validation, pairs.test)
    keys = [[int(text.split()[-1]) for text in part.texts] for part in parts]
    assert sorted(key for some in keys for key in some) == list(range(24))
    for part, some in zip(parts, keys, strict=True):
        assert np.allclose(part.image(np.arange(len(part))).mean((1, 2, 3)) * 255, some)


def test_globs_decide_the_split(folder):
    pairs = load(folder, shards="pairs-*.tar", validation="*-0001.tar", test="*-0002.tar")
    assert [int(text.split()[-1]) // 8 for text in (pairs.train.texts[0], pairs.validation.texts[0], pairs.test.texts[0])] == [0, 1, 2]
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [8, 8, 8]


@pytest.mark.parametrize("cut", [600, 5000, 100])
def test_a_shard_cut_short_is_an_error(folder, cut):
    path = folder / "pairs-0001.tar"
    content = path.read_bytes()
    path.write_bytes(content[:cut])
    with pytest.raises(InputError, match=r"pairs-0001\.tar: the shard is cut short"):
        index(folder)


def test_a_shard_cut_between_two_members_is_an_error_as_well(folder):
    path = folder / "pairs-0001.tar"
    with tarfile.open(path) as bundle:
        at = bundle.getmembers()[4].offset
    path.write_bytes(path.read_bytes()[:at])
    with pytest.raises(InputError, match="without an end mark"):
        index(folder)


def test_a_shard_that_is_lost_or_cut_after_its_index_was_made_is_named(folder):
    found = index(folder)
    path = found.paths[found.shard[-1]]
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(InputError, match=rf"^{path}: the shard cannot be read \(it was cut short .*\); copy it again$"):
        found.image_bytes(len(found) - 1)
    path.unlink()
    for read in (found.image_bytes, found.text):
        with pytest.raises(InputError, match=rf"^{path}: the shard cannot be read \(No such file.*\); copy it again$"):
            read(len(found) - 1)


def test_compressed_shards_are_refused(folder):
    with tarfile.open(folder / "pairs-0009.tar", "w:gz"):
        pass
    with pytest.raises(InputError, match="unpacked to plain"):
        index(folder)


def test_incomplete_pairs_are_counted_or_stop(folder):
    with tarfile.open(folder / "pairs-0009.tar", "w") as bundle:
        info = tarfile.TarInfo("lonely.txt")
        bundle.addfile(info)
    assert load(folder).notes == ("1 pair(s) skipped: no image or no caption",)
    with pytest.raises(InputError, match="'lonely' lacks an image or a caption"):
        load(folder, broken="stop")


def bad_members(folder):
    """A broken image, a blank caption, and a good pair."""
    picture = noisy(folder / "good.png").read_bytes()
    half = cut_short(noisy(folder / "half.jpg")).read_bytes()
    return [
        *(("half.jpg", half), ("half.txt", b"cut short")),
        *(("mute.png", picture), ("mute.txt", b" \n")),
        *(("good.png", picture), ("good.txt", b"a good one")),
    ]


def test_broken_images_and_empty_captions_are_dropped_when_the_shards_are_indexed(folder):
    tar_shard(folder / "pairs-0009.tar", bad_members(folder))
    pairs = load(folder)
    assert sorted(pairs.notes) == ["1 pair(s) skipped: empty caption", "1 pair(s) skipped: image not readable"]
    parts = (pairs.train, pairs.validation, pairs.test)
    assert sorted(text for part in parts for text in part.texts)[0] == "a good one" and sum(map(len, parts)) == 25
    assert all(len(part.image(np.arange(len(part)))) for part in parts)


def test_or_stop_with_one_line(folder):
    members = bad_members(folder)
    tar_shard(folder / "pairs-0009.tar", members)
    with pytest.raises(InputError, match=r"pairs-0009\.tar: half: not a readable image; replace it, or set broken: skip"):
        load(folder, broken="stop")
    tar_shard(folder / "pairs-0009.tar", members[2:])
    with pytest.raises(InputError, match=r"pairs-0009\.tar: mute: empty caption"):
        load(folder, broken="stop")


def test_a_shard_is_decoded_once_and_again_when_it_changes(folder, monkeypatch):
    tar_shard(folder / "pairs-0009.tar", bad_members(folder))
    first = load(folder)
    looked_at = []
    kept = ImageReader.stream_problem
    monkeypatch.setattr(ImageReader, "stream_problem", lambda self, content: looked_at.append(1) or kept(self, content))
    again = load(folder)
    assert len(looked_at) == 1 and again.notes == first.notes  # only the suspect with an image worth a look
    assert again.fingerprint() == first.fingerprint()
    tar_shard(folder / "pairs-0009.tar", bad_members(folder)[4:])
    assert load(folder).notes == () and len(looked_at) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(path.read_bytes().replace(b"caption of pair 000009", b"caption of pear 000009")),  # the same size
        lambda path: shards(path.parent, count=4),
        lambda path: path.rename(path.with_name("pairs-0005.tar")),
    ],
)
def test_the_key_follows_shards_that_change_while_the_process_lives(folder, change):
    load(folder)
    before = pair_fingerprint(str(folder.parent / "mine.yaml"), SIZES)
    change(folder / "pairs-0001.tar")
    assert pair_fingerprint(str(folder.parent / "mine.yaml"), SIZES) != before


def test_other_damage_is_one_clear_line(folder):
    with pytest.raises(InputError, match="no shard there"):
        load(folder, shards="*.tgz")
    picture = noisy(folder / "good.png").read_bytes()
    tar_shard(folder / "pairs-0009.tar", [("x.png", picture), ("x.txt", b"f\xfcr"), ("y.png", picture), ("y.json", b"[]")])
    found = index(folder)  # the new pairs come last
    with pytest.raises(InputError, match="not UTF-8"):
        found.text(24)
    with pytest.raises(InputError, match="no field 'caption'"):
        found.text(25)
    with pytest.raises(InputError, match="not UTF-8"):
        load(folder)  # before any training
    tar_shard(folder / "pairs-0009.tar", [("x.png", b"no image"), ("x.txt", b"text")])
    with pytest.raises(InputError, match="no complete pair for the train set; 1 skipped: image not readable"):
        load(folder, shards="pairs-0009.tar", validation="pairs-0000.tar", test="pairs-0001.tar")
