"""Curves over the length of pre-training: paired growth, both bases, and the shortest first however the records come."""

import pytest
from readings import miou, readings

from eelib.errors import InputError
from eelib.report.embedding_earth.lengths import curves, length_conclusion, length_table
from eelib.report.embedding_earth.lengths_figure import length_curves

STARTS = {"random": 30, "raw": 50, "pretrained x 4": 60, "pretrained": 45, "pretrained x 0.25": 29}


def mean(right):
    return sum(miou(right + seed) for seed in range(3)) / 3


def test_a_curve_holds_score_gain_and_distance_to_raw_pixels_of_every_length():
    (item,) = curves(readings(STARTS))
    assert item.lengths == (0.25, 1.0, 4.0)
    for length, right in ((0.25, 29), (1.0, 45), (4.0, 60)):
        assert item.scores[length].value == pytest.approx(mean(right))
        assert item.gains[length].value == pytest.approx(mean(right) - mean(30))
        assert item.over_raw[length].value == pytest.approx(mean(right) - mean(50))
    assert item.raw_gain.value == pytest.approx(mean(50) - mean(30))
    assert item.growth.value == pytest.approx(mean(60) - mean(29))
    assert item.growth.low <= item.growth.value <= item.growth.high


def test_seeds_that_all_starts_share_cancel_in_the_growth():
    (item,) = curves(readings({"random": 20, "pretrained": 40, "pretrained x 2": 40}))
    assert (item.growth.low, item.growth.value, item.growth.high) == (0, 0, 0)


def test_the_conclusion_counts_what_the_curves_show():
    tuned = readings({"random": 40, "pretrained": 41, "pretrained x 4": 30}, suffix="fine-tuned", fraction=1.0, windows=100)
    text = length_conclusion(curves(readings(STARTS) + tuned))
    assert "**Linear probe**: from 0.25 × to 4 × the profile's steps, mIoU rises in 1 of 1 cases and falls in 0" in text
    assert "Better than a random start: 0 of 1 at 0.25 ×, 1 of 1 at 1 ×, 1 of 1 at 4 ×" in text
    assert "better than raw pixels: 0 of 1 at 0.25 ×, 0 of 1 at 1 ×, 1 of 1 at 4 ×" in text
    assert "**Fine-tuned**: from 1 × to 4 × the profile's steps, mIoU rises in 0 of 1 cases and falls in 1" in text
    assert "(Germany, simulated, 10 labelled windows)" in text


def test_every_row_leads_to_its_records():
    records = readings(STARTS)
    table = length_table(curves(records), "linear probe")
    assert all(one["key"] in table for one in records if one["arm"].startswith("pretrained"))
    assert table.count("<tr>") == 4
    assert length_table(curves(records), "fine-tuned") == ""


def test_one_length_is_no_curve():
    with pytest.raises(InputError, match="two lengths"):
        curves(readings({"random": 20, "pretrained": 30}))


def test_the_figure_holds_the_numbers():
    items = curves(readings(STARTS))
    (panel,) = length_curves(items).axes
    lines = {line.get_label(): line for line in panel.lines}
    drawn = lines["10 labelled windows"]
    assert drawn.get_xdata() == pytest.approx([0.25, 1, 4])
    assert drawn.get_ydata() == pytest.approx([100 * gain.value for gain in items[0].gains.values()])
    assert lines["raw pixels, as many"].get_ydata() == pytest.approx([100 * items[0].raw_gain.value] * 2)
