"""Whole scenes: tiles leave no trace, maps lie where the scene lies, and nothing half-made remains."""

import datetime
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from scenes import BANDS, CLASSES, COLORS, PLACE, card, exported, numbers, untrained, write_scene

from eelib.apply import inference, whole
from eelib.apply.reading import Reading
from eelib.apply.whole import Request, embed, segment, softmax
from eelib.errors import InputError
from eelib.models import ENCODERS
from eelib.settings import IMAGE_PRESETS

STEP = 64


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    monkeypatch.setattr(inference.Inference, "step", STEP)


@pytest.fixture
def scene(tmp_path):
    return write_scene(tmp_path / "s_20170216.tif", numbers(203, 171))


def at_once(made, images, days, features=False):
    """Output of the network for the whole scene in one pass, ``(D, H, W)``."""
    model = untrained(made)
    series = torch.from_numpy(np.stack(images).astype(np.float32) * np.float32(1e-4))
    series = ((series - 0.2) / 0.08).clamp(-5, 5)
    with torch.no_grad():
        return (model.encoder if features else model)(series[None], torch.tensor([days]))[0].numpy()


def run(function, tmp_path, scenes, made, name="out.tif", reading=None, **options):
    """Apply an exported network; returns path and lines for the user."""
    said, out = [], tmp_path / name
    request = Request(tuple(scenes), str(exported(tmp_path / "net", made)), out, reading or Reading())
    function(request, said.append, **options)
    return out, said


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "tsvit" and name not in IMAGE_PRESETS])
def test_tiles_give_what_the_whole_scene_gives_everywhere(name, tmp_path, scene):
    made = card(name)
    out, _ = run(embed, tmp_path, [scene], made)
    with rasterio.open(out) as found:
        features = found.read()
    wanted = at_once(made, [numbers(203, 171)], [47], features=True)
    assert features.shape == wanted.shape
    assert np.abs(features - wanted).max() < 1e-4 * wanted.std((1, 2)).mean()


def test_without_a_margin_they_would_not(tmp_path, scene, monkeypatch):
    monkeypatch.setattr(inference.Inference, "margin", 0)
    out, _ = run(embed, tmp_path, [scene], card())
    with rasterio.open(out) as found:
        wanted = at_once(card(), [numbers(203, 171)], [47], features=True)
        error = np.abs(found.read() - wanted).max(0) / wanted.std((1, 2)).mean()
    assert error.max() > 0.1
    assert error[:32, :32].max() < 1e-4  # only near the seams


def test_series_over_tiles(tmp_path):
    images = [numbers(150, 140, seed=seed) for seed in range(3)]
    days = [47, 121, 200]
    for image, day in zip(images, days, strict=True):
        date = datetime.date(2018, 1, 1) + datetime.timedelta(days=day - 1)
        write_scene(tmp_path / f"s_{date:%Y%m%d}.tif", image)
    made = card("unet2d_clstm", num_dates=3)
    out, said = run(segment, tmp_path, sorted(tmp_path.glob("s_*.tif")), made)
    with rasterio.open(out) as found:
        classes = found.read(1)
    scores = at_once(made, images, days)
    sure = np.sort(scores, 0)[-1] - np.sort(scores, 0)[-2] > 1e-4
    assert sure.mean() > 0.95
    assert (classes == scores.argmax(0))[sure].all()
    assert not any("warning" in line for line in said)


def test_a_class_map_says_where_and_what_it_is(tmp_path, scene):
    out, said = run(segment, tmp_path, [scene], card())
    with rasterio.open(out) as found:
        assert found.crs.to_string() == "EPSG:32633"
        assert found.transform == PLACE
        assert (found.count, found.shape, found.dtypes, found.nodata) == (1, (203, 171), ("uint8",), 255)
        colors = found.colormap(1)
        assert ["#{:02x}{:02x}{:02x}".format(*colors[value][:3]) for value in range(4)] == list(COLORS)
        assert [found.tags()[f"CLASS_{value}"] for value in range(4)] == list(CLASSES)
        assert found.tags()["EELIB_DATES"] == "2017-02-16"
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert set(np.unique(found.read(1))) <= {0, 1, 2, 3}
    assert "forest &amp; scrub" in (tmp_path / "out.tif.aux.xml").read_text()
    assert any("4 classes" in line for line in said)


@pytest.mark.parametrize("name", ["scene.tif", "scene_20170216.tif"])
def test_after_a_training_without_dates_the_network_is_told_its_one_day(tmp_path, name):
    made, scene = card("tsvit", days=(182, 182), window=16), write_scene(tmp_path / name, numbers(48, 48))
    out, said = run(embed, tmp_path, [scene], made)
    other, quiet = run(embed, tmp_path, [scene], made, "other.tif", Reading(dates="182"))
    with rasterio.open(out) as found, rasterio.open(other) as wanted:
        assert np.array_equal(found.read(), wanted.read(), equal_nan=True)
        assert found.tags()["EELIB_DATES"] == ("day 182" if name == "scene.tif" else "2017-02-16")
        assert wanted.tags()["EELIB_DATES"] == "day 182"
    assert sum("day 182 of the year" in line for line in said) == 1
    assert not any("day 182 of the year" in line for line in quiet)
    told, _ = run(embed, tmp_path, [scene], made, "told.tif", Reading(dates="47"))
    with rasterio.open(out) as found, rasterio.open(told) as wanted:
        assert not np.allclose(found.read(), wanted.read(), equal_nan=True)


def test_probabilities_agree_with_the_classes(tmp_path, scene):
    second = tmp_path / "shares.tif"
    out, _ = run(segment, tmp_path, [scene], card(), probabilities=second)
    with rasterio.open(out) as classes, rasterio.open(second) as shares:
        assert shares.descriptions == CLASSES
        chance = shares.read() * shares.scales[0]
        chosen = classes.read(1)
    np.testing.assert_allclose(chance.sum(0), 1, atol=4 * 0.004)
    np.testing.assert_allclose(chance, softmax(at_once(card(), [numbers(203, 171)], [47])), atol=0.003)
    assert (np.take_along_axis(chance, chosen[None].astype(int), 0)[0] >= chance.max(0) - 1e-6).all()


def test_both_maps_may_have_the_same_stem(tmp_path, scene):
    second = tmp_path / "m.tiff"
    out, _ = run(segment, tmp_path, [scene], card(), "m.tif", probabilities=second)
    with rasterio.open(out) as classes, rasterio.open(second) as shares:
        assert (classes.count, shares.count) == (1, len(CLASSES))
        assert classes.descriptions == ("class",)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_one_file_by_two_paths_is_noticed(tmp_path, scene, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for other in (Path("out.tif"), tmp_path / "net" / ".." / "out.tif"):
        with pytest.raises(InputError, match=r"--probabilities: .*out\.tif is the map of the classes"):
            run(segment, tmp_path, [scene], card(), probabilities=other)


def test_overviews_of_a_large_map(tmp_path):
    monkeypatched = write_scene(tmp_path / "s_20170216.tif", numbers(600, 700))
    out, _ = run(segment, tmp_path, [monkeypatched], card())
    with rasterio.open(out) as found:
        assert found.overviews(1) == [2]
        assert found.profile["tiled"]


def test_half_precision_is_close(tmp_path, scene):
    full, _ = run(embed, tmp_path, [scene], card(), "full.tif")
    half, _ = run(embed, tmp_path, [scene], card(), "half.tif", half=True)
    with rasterio.open(full) as one, rasterio.open(half) as other:
        assert other.tags(1, ns="IMAGE_STRUCTURE")["NBITS"] == "16"
        np.testing.assert_allclose(other.read(), one.read(), rtol=2e-3, atol=1e-4)


def test_gaps_stay_gaps_and_do_not_spread(tmp_path):
    image = numbers(203, 171)
    image[:, 20:40, 100:130] = 0
    image[:, 120:, :] = 0  # whole tiles
    path = write_scene(tmp_path / "s_20170216.tif", image, nodata=0)
    out, _ = run(embed, tmp_path, [path], card())
    with rasterio.open(out) as found:
        missing = np.isnan(found.read())
    assert (missing == (image[0] == 0)).all()
    classes, _ = run(segment, tmp_path, [path], card(), "classes.tif")
    with rasterio.open(classes) as found:
        assert ((found.read(1) == 255) == (image[0] == 0)).all()


def test_what_the_user_is_told(tmp_path, scene):
    made = card(num_dates=4)
    _, said = run(segment, tmp_path, [scene], made, "a.tif")
    assert any(line.startswith("warning: the network was trained on 4 dates and the scene has 1") for line in said)
    more = [write_scene(tmp_path / f"t_2017-0{month}-01.tif", numbers()) for month in range(1, 7)]
    _, said = run(segment, tmp_path, more, made, "b.tif")
    assert any(line.startswith("6 dates, read 4 at a time in 2 interleaved subsets") for line in said)
    _, said = run(segment, tmp_path, [scene], card(), "c.tif", Reading(scale=1.0))
    assert any("check --scale" in line for line in said)


def test_statistics_of_the_scene(tmp_path, scene):
    """A network that was trained in several regions, and one that is asked to, normalise by the scene: its scale no longer matters."""
    made = card(regions=("toy", "other"), centre=((0.2,) * 3,) * 2, scale=((0.1,) * 3,) * 2)
    maps = []
    for number, scale in enumerate((1e-4, 5e-4)):
        out, said = run(segment, tmp_path, [scene], made, f"{number}.tif", Reading(scale=scale))
        assert "normalised with statistics of the scene itself" in said
        with rasterio.open(out) as found:
            maps.append(found.read(1))
    assert (maps[0] == maps[1]).mean() > 0.98
    request = Request((scene,), str(tmp_path / "net"), tmp_path / "x.tif", Reading(), "run")
    with pytest.raises(InputError, match="trained in 2 regions"):
        segment(request, print)


def test_a_scene_without_reference(tmp_path):
    path = write_scene(tmp_path / "s_20170216.tif", numbers(), crs=None)
    out, _ = run(segment, tmp_path, [path], card(), reading=Reading(georeferenced=False))
    with rasterio.open(out) as found:
        assert found.crs is None
        assert found.shape == (96, 80)


def test_an_empty_scene(tmp_path):
    path = write_scene(tmp_path / "s_20170216.tif", np.zeros((3, 80, 80), np.uint16), nodata=0)
    with pytest.raises(InputError, match="no part of the scene has data"):
        run(segment, tmp_path, [path], card())


def test_existing_maps_are_kept_and_nothing_half_made_remains(tmp_path, scene, monkeypatch):
    out, _ = run(segment, tmp_path, [scene], card())
    before = out.read_bytes()
    request = Request((scene,), str(tmp_path / "net"), out, Reading())
    with pytest.raises(InputError, match=r"exists already; .* --overwrite"):
        segment(request, print)

    def broken(*arguments):
        raise InputError("damaged")

    monkeypatch.setattr(whole.Scene, "read", broken)
    with pytest.raises(InputError, match="damaged"):
        segment(Request((scene,), str(tmp_path / "net"), out, Reading(), overwrite=True), print)
    assert out.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    monkeypatch.undo()
    segment(Request((scene,), str(tmp_path / "net"), out, Reading(), overwrite=True), print)
    with rasterio.open(out) as found:
        assert found.shape == (203, 171)


def test_outputs_that_are_refused_before_anything_is_read(tmp_path, scene):
    exported(tmp_path / "net")
    for out, message in (
        (scene, "this is an input"),
        (tmp_path / "out.png", "ends in .tif"),
        (tmp_path / "absent" / "out.tif", "cannot be written"),
    ):
        with pytest.raises(InputError, match=message):
            embed(Request((scene,), str(tmp_path / "net"), out, Reading(), overwrite=True), print)
    shutil.rmtree(tmp_path / "net")


def test_bands_of_the_checkpoint(tmp_path):
    path = write_scene(tmp_path / "s_20170216.tif", numbers(), ("B02", "B03", "B04"))
    with pytest.raises(InputError, match="the network reads B02, B04, B08, the file has B02, B03, B04; missing: B08"):
        run(segment, tmp_path, [path], card(bands=BANDS))


def test_a_series_with_clouds_on_every_date_is_normalised_by_what_is_seen(tmp_path):
    """Clouds are marked as nodata and filled from other dates, as docs/own_data.md says."""
    rng, days = np.random.default_rng(0), ("20170115", "20170401", "20170715", "20171001")
    scenes = []
    for seed, day in enumerate(days):
        image = numbers(203, 171, seed=seed)
        image[:, rng.random((203, 171)) < 0.02] = 0
        scenes.append(write_scene(tmp_path / f"s_{day}.tif", image, nodata=0))
    for number, several in enumerate((False, True)):
        regions = {"regions": ("toy", "other"), "centre": ((0.2,) * 3,) * 2, "scale": ((0.1,) * 3,) * 2} if several else {}
        out, _ = run(segment, tmp_path, scenes, card(num_dates=4, **regions), f"{number}.tif")
        with rasterio.open(out) as found:
            assert (found.read(1) != found.nodata).mean() > 0.99
