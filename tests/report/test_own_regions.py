"""Figures and tables of regions whose bands and labels are not those of Sentinel-2."""

from dataclasses import replace

import numpy as np
import pytest
from toys import make_region

from eelib.report import tour_figures as tour
from eelib.report.imagery import clearest, find_band, rgb_bands, true_color


@pytest.mark.parametrize(
    ("bands", "at"),
    [
        (("B02", "B03", "B04", "B08"), [2, 1, 0]),
        (("blue", "Green", "RED", "nir"), [2, 1, 0]),
        (("red", "green", "blue"), [0, 1, 2]),
        (("band1", "band2", "band3", "band4"), [0, 1, 2]),
        (("gray",), [0, 0, 0]),
        (("vv", "vh"), [0, 0, 0]),
    ],
)
def test_every_image_can_be_shown(bands, at):
    assert rgb_bands(bands) == at
    image = np.random.default_rng(0).random((len(bands), 8, 8)).astype(np.float32)
    shown = true_color(image, bands)
    assert shown.shape == (8, 8, 3)
    assert 0 <= shown.min() <= shown.max() <= 1


def test_the_clearest_date_needs_blue_red_and_near_infrared():
    series = np.full((3, 3, 4, 4), 0.3, np.float32)
    series[2, 0], series[2, 1], series[2, 2] = 0.02, 0.03, 0.4
    assert clearest(series, ("blue", "red", "NIR")) == 2
    assert clearest(series, ("a", "b", "c")) == 1
    assert find_band(("B08",), ("a", "b08")) == 1


def test_a_region_without_labels_has_a_tour():
    whole = make_region(bands=("band1", "band2"))
    bare = replace(whole, train=None, validation=None, test=None, classes=(), held_out=whole.validation)
    table = tour.share_table([bare, whole])
    assert table.iloc[0][["train", "validation", "test", "classes"]].tolist() == [0, 0, 0, 0]
    assert len(tour.split_share_table([bare, whole])) == len(whole.classes)
    assert tour.split_share_table([bare]).empty
    for figure in (tour.class_share_figure([bare]), tour.vegetation_figure([bare, whole]), tour.cloud_figure({})):
        assert "no region here" in figure.texts[0].get_text()


def test_a_missing_class_stands_out():
    whole = make_region()
    poorer = replace(whole, test=replace(whole.test, mask=np.where(whole.test.mask == 1, 0, whole.test.mask)))
    assert tour.split_share_table([poorer]).loc[("Toy", "b"), "test"] == "missing"
