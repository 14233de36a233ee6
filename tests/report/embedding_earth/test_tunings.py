"""Curves over the length of fine-tuning: paired gains, their growth, and what is read without fine-tuning beside them."""

import pytest
from readings import miou, readings

from eelib.errors import InputError
from eelib.report.embedding_earth.tunings import gain_table, score_table, tuning_conclusion, tunings
from eelib.report.embedding_earth.tunings_figure import tuning_curves
from eelib.report.summary.headline import unfinished

TUNED = {"random": 30, "pretrained x 4": 45, "random tuned x 4": 60, "pretrained x 4 tuned x 4": 62}
FROZEN = {"raw": 55, "pretrained x 4": 40, "random": 20}


def records(tuned=TUNED, frozen=FROZEN, **options):
    return readings(tuned, suffix="fine-tuned", **options) + readings(frozen, **options)


def mean(right):
    return sum(miou(right + seed) for seed in range(3)) / 3


def test_every_length_has_scores_gains_and_distances():
    (item,) = tunings(reversed(records()))
    assert item.lengths == (1.0, 4.0)
    assert (item.case.reading, item.windows) == ("fine-tuned", 10)
    for length, random, trained in ((1.0, 30, 45), (4.0, 60, 62)):
        assert item.scores["random"][length].value == pytest.approx(mean(random))
        assert item.scores["pretrained"][length].value == pytest.approx(mean(trained))
        assert item.gains[length].value == pytest.approx(mean(trained) - mean(random))
        assert item.over["raw"]["random"][length].value == pytest.approx(mean(random) - mean(55))
        assert item.over["frozen"]["pretrained"][length].value == pytest.approx(mean(trained) - mean(40))
    assert list(item.rises["random"]) == [1.0]
    assert item.rises["random"][1.0].value == pytest.approx(mean(60) - mean(30))
    assert item.growth.value == pytest.approx((mean(62) - mean(60)) - (mean(45) - mean(30)))
    assert item.growth.high < 0
    assert {name: score.value for name, score in item.frozen.items()} == pytest.approx({"raw": mean(55), "frozen": mean(40)})


def test_an_equal_gain_at_both_lengths_has_not_grown_whatever_the_seeds_add():
    same = {"random": 30, "pretrained": 40, "random tuned x 2": 30, "pretrained tuned x 2": 40}
    (item,) = tunings(records(same))
    assert (item.growth.low, item.growth.value, item.growth.high) == pytest.approx((0, 0, 0))


def test_a_case_without_linear_classifiers_stands_alone():
    (item,) = tunings(records(frozen={}))
    assert not item.frozen and not item.over
    assert "linear" not in tuning_conclusion([item]) and "linear" not in gain_table([item]) + score_table([item])


def test_the_conclusion_counts_what_the_curves_show():
    opposite = {"random": 30, "pretrained x 4": 30, "random tuned x 4": 30, "pretrained x 4 tuned x 4": 50}
    text = tuning_conclusion(tunings(records() + records(opposite, fraction=1.0, windows=100)))
    assert "mIoU of random starts rises in 1 of 2 cases and falls in 0" in text
    assert "that of pre-trained ones in 2 of 2 cases and falls in 0" in text
    assert "better than random ones, by an interval that excludes 0, in 1 of 2 at 1 ×, 2 of 2 at 4 ×" in text
    assert "the gain grows in 1 of 2 cases and shrinks in 1, 0 are undecided" in text
    longest = text.partition("After the longest: ")[2].partition("\n")[0]
    assert longest.count("(Germany, simulated, ") == 2 and longest.endswith("100 labelled windows).")
    assert longest.startswith(f"+{100 * (mean(62) - mean(60)):.1f} [")
    told = "random start: 0 of 2 at 1 ×, 1 of 2 at 4 ×, pre-trained: 0 of 2 at 1 ×, 1 of 2 at 4 ×"
    assert f"raw pixels**, after 4 × the pre-training: {told}" in text


def test_a_longer_pre_training_is_named_and_the_usual_one_is_not():
    longer, usual = records(), records({"random": 30, "pretrained": 45, "random tuned x 4": 60, "pretrained tuned x 4": 62})
    assert [item.pretraining for item in tunings(longer) + tunings(usual)] == [4.0, 1.0]
    assert tuning_conclusion(tunings(longer)).count(", after 4\N{NO-BREAK SPACE}× the pre-training: ") == 4
    assert "the pre-training" not in tuning_conclusion(tunings(usual))


def test_the_headline_says_how_far_fine_tuning_is_from_finished():
    text = unfinished(records())
    assert "with 4 × its steps random starts score higher in 1 of 1 cases by an interval" in text
    assert f"there {100 * (mean(60) - mean(30)):.1f} points on average" in text
    assert text.endswith("(notebooks/ee8_finetuning).")
    shorter = TUNED | {"random tuned x 0.25": 10, "pretrained x 4 tuned x 0.25": 12}  # than what the headline reads, as at profile full
    assert unfinished(records(shorter)) == text
    flat = {"random": 30, "pretrained x 4": 30, "random tuned x 4": 30, "pretrained x 4 tuned x 4": 50}
    assert unfinished(records(flat)) == ""


def test_every_mean_leads_to_its_records():
    made = records()
    table, gains = score_table(tunings(made)), gain_table(tunings(made))
    shown = [one["key"] for one in made if one["arm"] != "random probed"]
    assert all(key in table for key in shown)
    assert table.count("<tr>") == gains.count("<tr>") == 3
    assert gains.count("<strong>") == 6


def test_one_length_or_one_start_is_no_curve():
    with pytest.raises(InputError, match="two lengths of fine-tuning"):
        tunings(records({"random": 20, "pretrained": 30}))
    with pytest.raises(InputError, match="both starts"):
        tunings(records({"random": 20, "random tuned x 4": 30, "pretrained": 30}))


def test_the_figure_holds_the_numbers():
    few, all_ = tunings(records() + records(fraction=1.0, windows=100))
    figure = tuning_curves([few, all_])
    above, below = figure.axes
    random, trained, raw = above.lines[:3]
    for line, start in ((random, "random"), (trained, "pretrained")):
        assert line.get_xdata() == pytest.approx([1, 4])
        assert line.get_ydata() == pytest.approx([score.value for score in few.scores[start].values()])
    assert raw.get_ydata() == pytest.approx([mean(55)] * 2)
    assert below.lines[1].get_ydata() == pytest.approx([100 * gain.value for gain in few.gains.values()])
    assert above.lines[0].get_color() != above.lines[3].get_color()
    assert [text.get_text() for text in figure.legends[0].get_texts()][-2:] == ["10 % of the labels", "100 % of the labels"]
