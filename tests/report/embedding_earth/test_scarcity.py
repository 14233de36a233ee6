"""Labels that pre-training saves: read off the random start's curve, honest about where it never gets there."""

import math

import numpy as np
import pytest
from readings import miou, readings

from eelib.errors import InputError
from eelib.report.embedding_earth.comparison import compare
from eelib.report.embedding_earth.scarcity import worth_conclusion, worth_table, worths
from eelib.report.embedding_earth.scarcity_figure import gain_curves, score_curves

RANDOM = {0.01: 20, 0.1: 40, 1.0: 60}


def curve(pretrained):
    made = []
    for fraction, right in RANDOM.items():
        starts = {"random": right, "pretrained": pretrained[fraction], "raw": 30}
        made += readings(starts, fraction=fraction, windows=round(100 * fraction))
    return made


def test_the_needed_share_is_interpolated_in_the_logarithm_of_labels():
    first, second, _ = worths(curve({0.01: 40, 0.1: 50, 1.0: 70}))
    assert first.needed.value == pytest.approx(0.1, rel=1e-6)
    assert first.factor == pytest.approx(10, rel=1e-6)
    means = [np.mean([miou(right + seed) for seed in range(3)]) for right in (40, 50, 60)]
    share = (means[1] - means[0]) / (means[2] - means[0])
    assert second.needed.value == pytest.approx(10 ** (share - 1))
    assert first.needed.low <= first.needed.value <= first.needed.high


def test_where_the_random_start_never_gets_there_it_is_said():
    items = worths(curve({0.01: 70, 0.1: 75, 1.0: 80}))
    assert all(math.isinf(item.needed.value) for item in items)
    assert "more than 100 %" in worth_table(items, "linear probe")
    assert "needs more labels than pre-training in 2 of 2 cases" in worth_conclusion(items)
    assert "In 2 of them it never catches up" in worth_conclusion(items)


def test_where_pretraining_is_worse_it_costs_labels():
    items = worths(curve({0.01: 5, 0.1: 30, 1.0: 50}))
    assert items[0].needed.value == 0.01
    assert "at most 1 %" in worth_table(items, "linear probe")
    assert items[1].needed.high < 0.1
    assert "fewer in 2" in worth_conclusion(items)


@pytest.mark.parametrize(("shift", "more", "fewer"), [(10, 2, 0), (-10, 0, 2)])
def test_better_and_worse_count_alike_at_every_share(shift, more, fewer):
    """Below the smallest share nothing was run, so there the scores at that share decide."""
    text = worth_conclusion(worths(curve({fraction: right + shift for fraction, right in RANDOM.items()})))
    assert f"more labels than pre-training in {more} of 2 cases and fewer in {fewer}," in text


def test_the_median_counts_cases_below_the_range_as_at_most_its_smallest_share():
    even = worth_conclusion(worths(curve({0.01: 40, 0.1: 10, 1.0: 60})))  # 10 times; at most a tenth
    assert "it needs at most 5.1 times the labels in the median" in even
    more = [one | {"params": {**one["params"], "region": "ghana"}} for one in curve({0.01: 40, 0.1: 40, 1.0: 60})]  # 10; 1
    either = worth_conclusion(worths([*curve({0.01: 40, 0.1: 10, 1.0: 60}), *more]))
    assert "it needs 5.5 times the labels in the median" in either  # the mean of 1 and 10, however few labels the lowest needs
    worse = worth_conclusion(worths(curve({0.01: 5, 0.1: 10, 1.0: 50})))
    assert "In 0 of them it never catches up" in worse and "it needs at most 0.6 times the labels" in worse


def test_every_row_leads_to_its_records():
    records = curve({0.01: 40, 0.1: 50, 1.0: 70})
    table = worth_table(worths(records), "linear probe")
    assert all(one["key"] in table for one in records if one["arm"] == "pretrained probed")


def test_one_label_share_is_no_curve():
    with pytest.raises(InputError, match="two label shares"):
        worths(readings({"random": 20, "pretrained": 30}))


def test_the_figures_hold_the_numbers():
    rows = compare(curve({0.01: 40, 0.1: 50, 1.0: 70}))
    (panel,) = score_curves(rows).axes
    drawn = {line.get_label(): line.get_ydata() for line in panel.lines}
    assert drawn["pre-trained"] == pytest.approx([row.scores["pretrained"].value for row in rows])
    (panel,) = gain_curves(rows).axes
    assert panel.lines[-1].get_ydata() == pytest.approx([100 * row.gain.value for row in rows])
    assert panel.lines[-1].get_xdata() == pytest.approx([1, 10, 100])
