"""eelib embed, segment and export: they work, and every mistake is one line with exit code 2."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from scenes import CLASSES, card, exported, numbers, write_scene
from test_cli import call, refused


@pytest.fixture
def scene(tmp_path):
    return write_scene(tmp_path / "s_20170216.tif", numbers())


@pytest.fixture
def network(tmp_path):
    return exported(tmp_path / "net")


def test_they_write_maps(capsys, tmp_path, scene, network):
    code, out, err = call(capsys, "segment", scene, "--run", network, "--out", tmp_path / "classes.tif")
    assert (code, out) == (0, "")
    assert "96 x 80 px in" in err
    code, _, _ = call(capsys, "embed", scene, "--run", network, "--out", tmp_path / "features.tif", "--half")
    assert code == 0
    with rasterio.open(tmp_path / "classes.tif") as classes, rasterio.open(tmp_path / "features.tif") as features:
        assert classes.read(1).max() < len(CLASSES)
        assert features.count == 8
        assert np.isfinite(features.read()).all()


def test_options_reach_the_reader(capsys, tmp_path, network):
    bare = write_scene(tmp_path / "bare.tif", numbers(bands=4).astype(np.int32), None, crs=None)
    options = ["--bands", "B03, B08,B04,B02", "--dates", "47", "--scale", "1e-4", "--offset", "-100", "--nodata", "0", "--no-crs"]
    code, _, err = call(capsys, "segment", bare, "--run", network, "--out", tmp_path / "c.tif", *options, "--statistics", "scene")
    assert code == 0, err
    with rasterio.open(tmp_path / "c.tif") as found:
        assert found.tags()["EELIB_DATES"] == "day 47"


def test_export_copies_a_network(capsys, tmp_path, network):
    code, out, _ = call(capsys, "export", network, tmp_path / "copy")
    assert code == 0
    assert out.split() == [str(tmp_path / "copy" / "encoder.json"), str(tmp_path / "copy" / "segmenter.json")]
    assert (tmp_path / "copy" / "segmenter.safetensors").read_bytes() == (network / "segmenter.safetensors").read_bytes()


def test_export_keeps_what_is_there(capsys, tmp_path, network):
    other = exported(tmp_path / "other", card("convbigru"))
    before = {path.name: path.read_bytes() for path in network.iterdir()}
    assert "encoder.safetensors: exists already; " in refused(capsys, "export", other, network)
    assert {path.name: path.read_bytes() for path in network.iterdir()} == before
    assert call(capsys, "export", other, network, "--overwrite")[0] == 0
    assert (network / "segmenter.safetensors").read_bytes() == (other / "segmenter.safetensors").read_bytes()


def test_mistakes_about_the_run(capsys, tmp_path, scene):
    out = tmp_path / "out.tif"
    assert "no finished runs" in refused(capsys, "embed", scene, "--run", "abc", "--out", out)
    assert "no finished runs" in refused(capsys, "export", "abc", tmp_path / "x")
    assert "no exported network" in refused(capsys, "segment", scene, "--run", tmp_path, "--out", out)
    assert not out.exists()


def test_mistakes_about_the_scene(capsys, tmp_path, scene, network):
    out = ("--run", network, "--out", tmp_path / "out.tif")
    assert "no such file" in refused(capsys, "segment", tmp_path / "absent.tif", *out)
    undated = write_scene(tmp_path / "scene.tif", numbers())
    assert "no date in the name" in refused(capsys, "segment", undated, *out)
    assert "'yesterday' is no date" in refused(capsys, "segment", undated, *out, "--dates", "yesterday")
    nowhere = write_scene(tmp_path / "n_20170216.tif", numbers(), crs=None)
    assert "--no-crs" in refused(capsys, "segment", nowhere, *out)
    other = write_scene(tmp_path / "o_20170216.tif", numbers(), ("R", "G", "B"))
    assert "the network reads B02, B04, B08" in refused(capsys, "segment", other, *out)
    assert "--bands names 2 bands but the file has 3" in refused(capsys, "segment", scene, *out, "--bands", "B02,B04")
    (tmp_path / "t_20170216.tif").write_text("no raster")
    assert "cannot be read as a raster" in refused(capsys, "segment", tmp_path / "t_20170216.tif", *out)
    assert not (tmp_path / "out.tif").exists()


def test_mistakes_about_the_output(capsys, tmp_path, scene, network):
    out = tmp_path / "out.tif"
    out.write_text("precious")
    assert "--overwrite" in refused(capsys, "segment", scene, "--run", network, "--out", out)
    assert out.read_text() == "precious"
    assert "this is an input" in refused(capsys, "segment", scene, "--run", network, "--out", scene, "--overwrite")
    assert "cannot be written" in refused(capsys, "embed", scene, "--run", network, "--out", tmp_path / "absent" / "out.tif")
    assert "ends in .tif" in refused(capsys, "embed", scene, "--run", network, "--out", tmp_path / "out.png")
    other = ("--probabilities", out)
    assert "--overwrite" in refused(capsys, "segment", scene, "--run", network, "--out", tmp_path / "new.tif", *other)
    assert "choose another name" in refused(capsys, "segment", scene, "--run", network, "--out", out, *other, "--overwrite")
    assert call(capsys, "segment", scene, "--run", network, "--out", out, "--overwrite")[0] == 0
    assert (tmp_path / "out.tif.aux.xml").exists()
    assert call(capsys, "embed", scene, "--run", network, "--out", out, "--overwrite")[0] == 0
    assert not (tmp_path / "out.tif.aux.xml").exists()  # class names of the map that was replaced
    with rasterio.open(out) as found:
        assert found.count == 8


def test_mistakes_about_permissions(capsys, tmp_path, scene, network, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir()
    forbidden = locked
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != forbidden)  # root may read and write anything
    options = ("--run", network, "--out")
    for command in ("embed", "segment"):
        err = refused(capsys, command, scene, *options, locked / "out.tif")
        assert f"no permission to write in {locked};" in err
        assert "make the folder" not in err
    forbidden = scene  # typer itself refuses the argument, but not what lies in a folder
    assert "s_20170216.tif: no permission to read it" in refused(capsys, "embed", tmp_path, *options, tmp_path / "out.tif")


def test_options_without_meaning(capsys, tmp_path, scene, network):
    out = ("--run", network, "--out", tmp_path / "out.tif")
    assert "run or scene" in refused(capsys, "embed", scene, *out, "--statistics", "mine")
    assert "a positive factor" in refused(capsys, "embed", scene, *out, "--scale", "0")


def test_a_checkpoint_of_another_model(capsys, tmp_path, scene, network):
    other = exported(tmp_path / "other", card("convbigru"))
    (network / "segmenter.safetensors").write_bytes((other / "segmenter.safetensors").read_bytes())
    assert "weights of another model" in refused(capsys, "segment", scene, "--run", network, "--out", tmp_path / "out.tif")
