"""Presence of data sets: what is said about how to get them, what verify sees, what list shows."""

import hashlib

import pytest

from eelib.data.datasets import dataset_folder, how_to_get, inventory, listing, require_dataset, to_verify, verify_any, verify_dataset
from eelib.data.manifests import Download, FilePattern, dataset_names, manifest
from eelib.errors import InputError


@pytest.mark.parametrize("name", dataset_names())
def test_the_steps_name_the_page_the_folder_and_the_check(name):
    entry = manifest(name)
    text = "\n".join(how_to_get(entry))
    assert entry.landing in text
    assert str(dataset_folder(entry)) in text
    assert "FOLDER" not in text
    assert text.endswith(f"eelib data verify {name}")


@pytest.mark.parametrize("name", dataset_names())
def test_a_manifest_says_what_was_checked_and_what_is_our_reading(name):
    entry = manifest(name)
    assert "@" in entry.checked or "torchgeo 0.8.1" in entry.checked  # a commit or a release
    assert len(entry.reading) > 50
    assert len({item.color for item in entry.classes}) == len({item.value for item in entry.classes}) == len(entry.classes)
    if entry.normalisation:
        assert len(entry.normalisation.mean) == len(entry.normalisation.std) == len(entry.bands)


def test_miniatures_lack_only_the_number_of_files(mini):
    for name in dataset_names():
        mini(name)
        problems = verify_any(name)
        counted = any(item.count and item.count > 1 for item in manifest(name).files)
        assert bool(problems) == counted
        assert all("files instead of" in problem for problem in problems)


def test_missing_and_empty_files_are_named(mini):
    source, folder = mini("ghana_croptype", copy=True)
    next(folder.glob("npy/*")).write_bytes(b"")
    for path in folder.glob("truth/*"):
        path.unlink()
    problems = verify_dataset(source.entry)
    assert len(problems) == 2
    assert "empty; copy it again" in problems[0]
    assert "missing (labels)" in problems[1]


def test_an_archive_with_another_md5_is_named(tmp_path):
    entry = manifest("loveda")
    digest = hashlib.md5(b"right").hexdigest()
    entry = entry.model_copy(
        update={"downloads": (Download(name="a.zip", url="https://x", md5=digest),), "files": (FilePattern(glob="a.zip", what="archive"),)}
    )
    assert "not in" in verify_dataset(entry)[0]
    folder = dataset_folder(entry)
    folder.mkdir(parents=True)
    (folder / "a.zip").write_bytes(b"right")
    assert verify_dataset(entry) == []
    (folder / "a.zip").write_bytes(b"wrong")
    assert "another MD5" in verify_dataset(entry)[0]


def test_absence_is_an_error_and_presence_is_listed(mini):
    with pytest.raises(InputError, match=r"get it from https://github\.com/TUM-LMF/MTLCC"):
        require_dataset(manifest("mtlcc"))
    _, folder = mini("mtlcc", copy=True)
    assert require_dataset(manifest("mtlcc")) == folder
    assert to_verify() == ["brandenburg", "emoji", "romania", "mtlcc"]
    lines = inventory()
    at = next(i for i, line in enumerate(lines) if line.startswith("mtlcc"))
    assert "here" in lines[at]
    assert "Europe" in lines[at]
    absent = next(i for i, line in enumerate(lines) if line.startswith("loveda"))
    assert "by hand" in lines[absent]
    assert "CC-BY-NC-SA-4.0" in lines[absent + 1]
    assert "eelib data fetch loveda" in lines[absent + 1]


def test_the_listing_follows_names_and_sizes(mini):
    source, folder = mini("mtlcc", copy=True)
    before = listing(source.entry)
    assert listing(source.entry) == before
    (folder / "tileids" / "eval.tileids").write_text("1\n")
    assert listing(source.entry).digest != before.digest
