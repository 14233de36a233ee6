"""`eelib data check`: what a new user runs first."""

import os

import numpy as np
import pytest
from photos import CLASSES, COLORS, labels, manifest, photo, photo_folder, spoil, write

from eelib import cli
from eelib.data.own.check import next_command
from eelib.data.sources import source


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(["data", "check", *map(str, arguments)])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def test_it_says_what_was_found(tmp_path, capsys, monkeypatch):
    photo_folder(tmp_path, title="My city")
    monkeypatch.chdir(tmp_path)
    code, out, _ = call(capsys, "own.yaml")
    assert code == 0
    for words in (
        "My city (raster-folder)",
        "12: 12 of 64 x 64 px (height x width)",
        "3: red, green, blue",
        "uint8 x 0.00392157",
        "whole images, windows 4 px from their edges: 7 train, 2 validation, 3 test",
        "32 px (largest that fits: 56 px)",
        "forest",
        "eelib run ee1_regions --profile smoke --set 'regions=[own.yaml]'",
    ):
        assert words in out
    assert "warning" not in out


def test_shares_and_windows_are_those_of_the_masks(tmp_path, capsys):
    path = photo_folder(tmp_path, split={"by": "lists", "train": "city_0*", "validation": "city_10", "test": "city_11"})
    _, out, _ = call(capsys, path, "--window", "16")
    counts = [np.bincount(np.concatenate([labels(seed=n).ravel() for n in group]), minlength=3) for group in (range(10), [10], [11])]
    for at, item in enumerate(CLASSES):
        line = next(line for line in out.splitlines() if line.split()[:1] == [item["name"]])
        assert line.split()[2::2] == [f"{100 * count[at] / count.sum():.1f}" for count in counts]
    assert "490 unlabelled" not in out
    assert "90 train, 9 validation, 9 test" in out  # three by three windows of 16 in 56 px


def test_it_warns_of_scales_and_missing_classes(tmp_path, capsys):
    path = photo_folder(tmp_path, scale=1)
    label = labels(classes=2)
    for number in range(12):
        write(tmp_path / "masks" / f"city_{number:02}.png", COLORS[label].transpose(2, 0, 1))
    _, out, _ = call(capsys, path)
    assert "should be about 0 to 1: declare 'scale'" in out
    assert "test has no pixel of water" in out
    _, out, _ = call(capsys, photo_folder(tmp_path / "dark", scale=1e-6))
    assert "declare a larger 'scale'" in out


@pytest.mark.parametrize(("step", "pairs"), [(640, 0), (320, 1)])
def test_it_warns_of_images_of_different_splits_that_overlap(tmp_path, capsys, step, pairs):
    """Twelve images of 640 m in a row, side by side or each over half of the next."""
    names = [f"a{number:02}" for number in range(12)]
    for number, name in enumerate(names):
        write(tmp_path / "i" / f"{name}.tif", photo(labels(seed=number)), crs="EPSG:32633", origin=(500000 + step * number, 6000000))
        write(tmp_path / "m" / f"{name}.tif", labels(seed=number).astype(np.uint8))
    split = {"by": "lists", "train": names[:6], "validation": names[6:9], "test": names[9:]}
    path = manifest(tmp_path, kind="raster-folder", images="i", masks="m", classes=CLASSES, split=split)
    assert ("2 pair(s) of images or blocks of different splits overlap" in call(capsys, path)[1]) == bool(pairs)


def test_unlabelled_data_lead_to_pretraining(tmp_path, capsys):
    code, out, _ = call(capsys, photo_folder(tmp_path, masks=None, classes=None))
    assert code == 0
    assert "11 for pre-training, 1 held out" in out
    assert "eelib pretrain" in out


@pytest.mark.parametrize(
    ("spoil_it", "fields", "word"),
    [
        (lambda folder: None, {"imags": "x"}, "'imags'"),
        (lambda folder: spoil(folder / "photos" / "city_03.png"), {}, "city_03.png"),
        (lambda folder: write(folder / "masks" / "city_03.png", np.ones((3, 64, 64), np.uint8)), {}, "4096 pixels have the colour #010101"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(tmp_path, capsys, spoil_it, fields, word):
    path = photo_folder(tmp_path, **fields)
    spoil_it(tmp_path)
    code, _, err = call(capsys, path)
    assert code == 2
    assert err.count("\n") == 1
    assert word in err


def test_the_next_command_can_be_pasted(tmp_path):
    made = source(photo_folder(tmp_path))
    assert next_command(made, "my city/own.yaml") == "eelib run ee1_regions --profile smoke --set 'regions=[my city/own.yaml]'"
    made = source(photo_folder(tmp_path / "b", masks=None, classes=None))
    assert next_command(made, "my city/own.yaml") == "eelib pretrain 'my city/own.yaml'"


def test_sizes_are_height_by_width(tmp_path, capsys):
    write(tmp_path / "i" / "a.tif", photo(labels(160, 192)))
    assert "1: 1 of 160 x 192 px (height x width)" in call(capsys, manifest(tmp_path, kind="raster-folder", images="i"))[1]


def test_odd_windows_and_samples_are_refused(tmp_path, capsys):
    assert "multiples of 4" in call(capsys, photo_folder(tmp_path), "--window", "30")[2]
    code, _, err = call(capsys, photo_folder(tmp_path), "--window", "60")
    assert code == 2 and "--window 60: the largest that fits is 56 px (whole images" in err
    assert "eelib data verify" in call(capsys, "romania")[2]
    assert "nix.yaml" in call(capsys, tmp_path / "nix.yaml")[2]


def test_truncated_tiles_are_found_where_headers_are_intact(tmp_path, capsys):
    image = np.random.default_rng(0).integers(0, 9999, (2, 256, 256)).astype(np.uint16)
    for number in range(3):
        path = write(tmp_path / "i" / f"a{number}.tif", image, tiled=True, blockxsize=64, blockysize=64)
    spoil(path)
    code, _, err = call(capsys, manifest(tmp_path, kind="raster-folder", images="i"))
    assert code == 2
    assert "a2.tif: cannot be read" in err


def test_a_relative_path_means_the_same_everywhere(tmp_path, monkeypatch):
    from eelib.study.experiments.ee1_regions import Parameters, plan
    from eelib.study.parameters import check

    path = photo_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    params = check(Parameters, {"regions": ["own.yaml"]})
    assert params.regions == (os.path.realpath(path),)
    assert len(plan(params)) == 20
    with pytest.raises(ValueError, match="twice"):
        check(Parameters, {"regions": ["own.yaml", path]})


def test_a_plan_that_needs_labels_fails_before_anything_is_computed(tmp_path, capsys):
    path = photo_folder(tmp_path, masks=None, classes=None)
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", "ee1_regions", "--set", f"regions=[{path}]"])
    assert stop.value.code == 2
    assert "has no labels" in capsys.readouterr().err
