"""Effects of single choices: on the gain, paired, and corrected for their number."""

import pytest
from readings import readings

from eelib.errors import InputError
from eelib.report.embedding_earth.effects import effects, effects_conclusion, effects_table
from eelib.report.embedding_earth.effects_default import defaults, effects_and_defaults_table
from eelib.report.embedding_earth.effects_figure import effects_figure

STARTS = {"random": 30, "pretrained": 50, "temperature = 0.5": 40, "crop = off": 50, "cloud = none": 70, "random, cloud = none": 50}


def found():
    return {(item.factor, item.level): item for item in effects(readings(STARTS))}


def test_an_effect_is_a_change_of_the_gain():
    items = found()
    assert list(items) == [("temperature", "0.5"), ("crop", "off"), ("cloud", "none")]
    assert items["temperature", "0.5"].effect.value < 0
    assert items["temperature", "0.5"].decided
    assert items["crop", "off"].effect.value == 0
    assert not items["crop", "off"].decided
    easier = items["cloud", "none"]
    scores = {name: [one for one in readings(STARTS) if one["arm"] == f"{name} probed"] for name in STARTS}
    mean = {name: sum(one["metrics"]["scores"]["miou"] for one in rows) / 3 for name, rows in scores.items()}
    wanted = (mean["cloud = none"] - mean["random, cloud = none"]) - (mean["pretrained"] - mean["random"])
    assert easier.effect.value == pytest.approx(wanted), "easier data are no effect of their own"


def test_regions_are_averaged():
    one = effects(readings({"random": 30, "pretrained": 50, "crop = off": 60}))[0]
    other = effects(readings({"random": 30, "pretrained": 50, "crop = off": 40}))[0]
    second = readings({"random": 30, "pretrained": 50, "crop = off": 40}, region="ghana")
    both = effects([*readings({"random": 30, "pretrained": 50, "crop = off": 60}), *second])[0]
    assert both.effect.value == pytest.approx((one.effect.value + other.effect.value) / 2)
    assert both.regions == ("germany", "ghana")
    assert len(both.records) == 6


def test_more_comparisons_ask_for_more():
    many = STARTS | {f"anchors = {count}": 50 for count in range(20)}
    alone, among = found()["temperature", "0.5"], effects(readings(many))[0]
    assert among.effect.p == pytest.approx(alone.effect.p)
    assert among.adjusted > alone.adjusted


def test_label_shares_and_networks_are_not_averaged():
    """A change that helps with few labels and hurts with all of them is two effects, not one near 0."""
    few, every = ({"random": 40, "pretrained": 50, "temperature = 0.5": right} for right in (70, 30))
    records = [one for share, starts in ((0.1, few), (1.0, every)) for one in readings(starts, fraction=share)]
    found = {item.reading: item.effect.value for item in effects(records)}
    assert list(found) == ["linear probe, 10 % of the labels", "linear probe, 100 % of the labels"]
    assert found["linear probe, 10 % of the labels"] > 0.1 > -0.1 > found["linear probe, 100 % of the labels"]


def test_tables_figures_and_words_agree():
    items = list(found().values())
    table = effects_table(items)
    assert table.count("<strong>") == sum(item.decided for item in items)
    assert all(record["key"] in table for item in items for record in item.records)
    figure = effects_figure(items)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["cloud → none", "crop → off", "temperature → 0.5"]
    text = effects_conclusion(items)
    assert "Of 3 changes" in text
    assert "**temperature → 0.5** hurts" in text


def test_the_default_and_the_random_start_stand_before_what_is_held_against_them():
    made = readings(STARTS)
    (one,) = defaults(made)
    table = effects_and_defaults_table(list(found().values()), made)
    assert one.gain.value == pytest.approx(one.scores["pretrained"].value - one.scores["random"].value)
    assert table.index("random start") < table.index("the default") < table.index("temperature")
    assert f"Gain of the default over a random start: linear probe +{100 * one.gain.value:.1f} [" in table
    assert all(record["key"] in table for record in made if record["arm"] in ("random probed", "pretrained probed"))


def test_the_choices_are_told_with_their_defaults_and_units():
    from eelib.study.experiments import ee4_ablations as ee4

    params = ee4.Parameters(profile="full")
    rows = {row["factor"]: row for row in ee4.choices(params)}
    assert rows["guard radius"] == {"factor": "guard radius", "default": "3.0", "changed to": "0.0, 6.0", "unit": "pixels"}
    assert (rows["crop"]["default"], rows["photometric"]["default"]) == ("on", "gain 0.05, noise 0.002")
    assert (rows["head width"]["default"], rows["steps"]["default"], rows["unlabelled"]["default"]) == (
        "that of the features",
        "240",
        "512",
    )
    text = ee4.described(params)
    assert "regions: Germany (simulated)" in text and "labels: 10 %" in text and "a linear probe alone" in text


def test_the_details_are_told_with_their_defaults():
    from eelib.study.experiments import clip6_details as clip6

    rows = clip6.choices(clip6.Parameters(profile="quick"))
    assert [(row["method"], row["setting"], row["default"], row["changed to"]) for row in rows] == [
        ("CLIP", "method.clamp", "open_clip", "declip"),
        ("FILIP", "method.count_pads", "False", "True"),
        ("FILIP", "method.select", "all", "ratio"),
        ("FILIP", "method.select_k", "16", "0.25"),
    ]


def test_nothing_was_changed():
    with pytest.raises(InputError, match="changed recipe"):
        effects(readings({"random": 30, "pretrained": 50}))
