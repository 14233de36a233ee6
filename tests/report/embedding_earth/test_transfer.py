"""The transfer matrix: every cell against random and against home, averaged by distance, real and simulated apart."""

import numpy as np
import pytest
from photos import photo_folder
from readings import readings

from eelib.errors import InputError
from eelib.report.cases import signed
from eelib.report.embedding_earth.transfer import (
    HOME,
    by_distance,
    distance_table,
    exchange_table,
    ordered_places,
    transfer_conclusion,
    transfer_table,
    transfers,
)
from eelib.report.embedding_earth.transfer_figure import transfer_figure

GERMANY = {"random": 40, "pretrained": 60, "pretrained on france": 55, "pretrained on ghana": 50, "pretrained on all regions": 58}
GHANA = {"random": 30, "pretrained": 45, "pretrained on germany": 35, "pretrained on france": 25, "pretrained on all regions": 44}


def records():
    there = {"random as in romania": 20, "pretrained on romania": 30}
    real = {"random": 40, "pretrained": 50, "pretrained on simulated regions": 45}
    return [
        *readings(GERMANY | there, region="germany"),
        *readings(GHANA, region="ghana"),
        *readings(real, region="romania"),
    ]


def cell(origin, region):
    return next(one for one in transfers(records()) if (one.origin, one.case.region) == (origin, region))


def test_a_cell_is_held_against_random_and_against_home():
    near, far = cell("france", "germany"), cell("ghana", "germany")
    assert (near.how, far.how) == ("same continent", "other continent")
    assert 0 < far.gain.value < near.gain.value
    assert near.loss.value < 0
    home = cell("germany", "germany")
    assert home.loss is None
    assert home.gain.value + far.loss.value == pytest.approx(far.gain.value)


def test_an_exchange_is_held_against_its_own_random_start():
    there, here = cell("romania", "germany"), cell("simulated regions", "romania")
    assert there.exchange
    assert here.exchange
    assert there.loss is None  # home reads other bands
    assert there.base[0]["arm"] == "random as in romania probed"
    assert there.gain.value > 0
    assert here.loss.value < 0


def test_averages_by_distance_leave_real_regions_out():
    found = {item.how: item for item in by_distance(transfers(records()))}
    assert list(found) == [HOME, "same continent", "other continent", "all regions"]  # whatever the order of the records
    assert [item.how for item in by_distance(transfers(records()[::-1]))] == list(found)
    assert {how: item.cells for how, item in found.items()} == {
        "same region": 2,
        "same continent": 1,
        "all regions": 2,
        "other continent": 3,
    }
    parts = [cell("ghana", "germany"), cell("germany", "ghana"), cell("france", "ghana")]
    assert found["other continent"].gain.value == pytest.approx(np.mean([part.gain.value for part in parts]))
    assert found["other continent"].loss.value == pytest.approx(np.mean([part.loss.value for part in parts]))
    assert found["same region"].loss is None


def test_a_square_of_real_regions_alone_has_its_home():
    romania = {"random": 40, "pretrained": 60, "pretrained on brandenburg": 50}
    brandenburg = {"random": 30, "pretrained": 45, "pretrained on romania": 35}
    found = by_distance(transfers([*readings(romania, region="romania"), *readings(brandenburg, region="brandenburg")]))
    assert [(item.cells, item.loss is None) for item in found] == [(2, True), (2, False)] and found[0].how == HOME


def test_tables_hold_every_cell_once_with_its_records():
    cells = transfers(records())
    matrix, exchange = transfer_table(cells), exchange_table(cells)
    assert matrix.count("<tr>") - 1 + exchange.count("<tr>") - 1 == len(cells)
    for one in records():
        if one["arm"].startswith("pretrained"):
            assert (one["key"] in matrix) != (one["key"] in exchange)
    assert "all regions" in distance_table(by_distance(cells))


def test_each_label_share_has_a_table_of_its_own():
    cells = transfers([*records(), *readings(GERMANY, region="germany", fraction=1.0)])
    scarce, full = transfer_table(cells).split("<p><strong>linear probe, ")[1:]
    assert scarce.startswith("10 % of the labels</strong></p>")
    assert full.startswith("100 % of the labels</strong></p>")
    assert full.count("<tr>") - 1 == len(GERMANY) - 1
    assert "Ghana</td>" not in full


def test_the_heat_map_holds_the_gains():
    cells = transfers(records())
    figure = transfer_figure(cells)
    image = figure.axes[0].images[0].get_array()
    places = [place for place in ordered_places(cells) if place not in ("romania", "simulated regions")]
    assert image.shape == (len(places), 2)
    assert image[places.index("france"), 0] == pytest.approx(100 * cell("france", "germany").gain.value)


def test_a_region_that_only_its_own_pretraining_serves_is_no_column():
    own = {"random": 40, "pretrained": 50}
    more = [*records(), *(one for share in (0.1, 1.0) for one in readings(own, region="brandenburg", fraction=share))]
    cells = transfers(more)
    assert sum(cell.case.region == cell.origin == "brandenburg" for cell in cells) == 2
    panels = [axis for axis in transfer_figure(cells).axes if axis.images]
    assert {label.get_text() for axis in panels for label in axis.get_xticklabels()} == {"Germany", "Ghana"}


def test_the_conclusion_names_distances_and_exchanges():
    text = transfer_conclusion(transfers(records()))
    far = next(item for item in by_distance(transfers(records())) if item.how == "other continent")
    assert f"**Linear probe, 10 % of the labels**: {HOME} +" in text
    assert f"; a region of the other continent {signed(far.gain)} ({signed(far.loss)})" in text
    assert "better than a random start in 2 of 2 cases" in text


def test_nothing_to_transfer():
    with pytest.raises(InputError, match="pre-trained elsewhere"):
        transfers(readings({"random": 40}))


def test_own_regions_that_do_not_say_where_they_lie(tmp_path):
    one, other = photo_folder(tmp_path / "a", name="a", title="A"), photo_folder(tmp_path / "b", name="b", title="B")
    cells = transfers(
        [
            *readings({"random": 40, "pretrained": 60, f"pretrained on {other}": 55, "pretrained on all regions": 58}, region=one),
            *readings({"random": 30, "pretrained": 45, f"pretrained on {one}": 35, "pretrained on all regions": 44}, region=other),
        ]
    )
    found = {item.how: item.cells for item in by_distance(cells)}
    assert found == {HOME: 2, "other region": 2, "all regions": 2}
    assert "continent" in distance_table(by_distance(cells))
    assert "not stated +" in transfer_conclusion(cells)
    assert transfer_figure(cells).axes[0].images[0].get_array().shape == (3, 2)
