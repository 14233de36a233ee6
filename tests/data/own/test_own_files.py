"""Finding, matching and recognising files."""

import os

import pytest

from eelib.data.own.files import CHUNK, by_stem, find_rasters, pair, sampled_digest
from eelib.errors import InputError


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return [folder / name for name in names]


def test_folders_patterns_and_files_are_relative_to_the_manifest(tmp_path):
    paths = touch(tmp_path, "a/1.tif", "a/2.TIF", "a/notes.txt", "a/.hidden.tif", "b/deep/3.jpg")
    assert find_rasters(tmp_path, ["a"], "images") == paths[:2]
    assert find_rasters(tmp_path, ["a/1.tif", "b/**/*.jpg"], "images") == [paths[0], paths[4]]
    assert find_rasters(tmp_path, [str(tmp_path / "a")], "images") == paths[:2]
    assert find_rasters(tmp_path / "b", ["../a/1.*"], "images")[0].samefile(paths[0])


def test_missing_and_empty_folders_are_named(tmp_path):
    touch(tmp_path, "a/notes.txt")
    with pytest.raises(InputError, match=r"images: .*/nix does not exist; relative paths start at"):
        find_rasters(tmp_path, ["nix"], "images")
    with pytest.raises(InputError, match=r"images: .*/a holds no raster \(\.tif"):
        find_rasters(tmp_path, ["a"], "images")
    with pytest.raises(InputError, match=r"\*\.png holds no raster"):
        find_rasters(tmp_path, ["a/*.png"], "images")


def test_stems_match_through_the_form_of_the_name(tmp_path):
    images = by_stem(touch(tmp_path, "a_rgb.png", "b_rgb.png", "readme.png"), "{stem}_rgb", "image")
    masks = by_stem(touch(tmp_path, "m/a.png", "m/c.png"), "{stem}", "mask")
    pairs = pair(images, masks)
    assert [stem for stem, _, _ in pairs.both] == ["a"]
    assert [stem for stem, _ in pairs.images_only] == ["b"]
    assert [path.name for path in pairs.masks_only] == ["c.png"]


def test_ambiguous_and_unfit_names_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"same stem 'a'"):
        by_stem(touch(tmp_path, "a.png", "a.jpg"), "{stem}", "image")
    with pytest.raises(InputError, match=r"no mask has a name of the form '\{stem\}_mask'; correct 'mask_name'"):
        by_stem(touch(tmp_path, "a.png"), "{stem}_mask", "mask")


def test_the_digest_follows_names_sizes_and_contents_but_not_time(tmp_path):
    paths = touch(tmp_path, "a.tif", "b.tif")
    big = bytes(10 * CHUNK)
    paths[0].write_bytes(big)
    first = sampled_digest(paths, tmp_path)
    os.utime(paths[0], (0, 0))
    assert sampled_digest(paths, tmp_path) == first
    for changed in (b"1" + big[1:], big[: 5 * CHUNK] + b"1" + big[5 * CHUNK + 1 :], big[:-1] + b"1", big + b"0"):
        paths[0].write_bytes(changed)
        assert sampled_digest(paths, tmp_path) != first
    paths[0].write_bytes(big)
    assert sampled_digest(paths, tmp_path) == first
    paths[1].rename(tmp_path / "c.tif")
    assert sampled_digest([paths[0], tmp_path / "c.tif"], tmp_path) != first
