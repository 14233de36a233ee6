"""Comparisons, tables and figures are made from records alone, and say what the records say."""

import re

import numpy as np
import pytest
from readings import readings

from eelib.errors import InputError
from eelib.evaluate.confusion import pack, scores
from eelib.report.embedding_earth.comparison import compare, conclusion, signed
from eelib.report.embedding_earth.comparison_table import comparison_table
from eelib.report.embedding_earth.gain_figure import gain_figure
from eelib.report.embedding_earth.monitors import collapse_note, monitor_table


def record(arm, seed, right, region="germany", fraction=0.1, windows=10):
    """A record of a two-class arm with a given number of right pixels of 100 in each of 30 test windows."""
    counts = np.zeros((30, 2, 2), np.int64)
    counts[:, 0, 0] = counts[:, 1, 1] = right + np.arange(30) % 3
    counts[:, 0, 1] = counts[:, 1, 0] = 100 - counts[:, 0, 0]
    key = f"{arm}{seed}{region}{fraction}".encode().hex()
    metrics = {"confusion": pack(counts), "places": list(range(30)), "scores": scores(counts), "windows": windows}
    return {
        "experiment": "ee1_regions",
        "key": key,
        "arm": arm,
        "seed": seed,
        "params": {"region": region, "fraction": fraction},
        "metrics": metrics,
    }


def records(gain=10, raw=50, **options):
    found = []
    for seed in (0, 1, 2):
        for suffix in ("fine-tuned", "probed"):
            found += [
                record(f"random {suffix}", seed, 60 + seed, **options),
                record(f"pretrained {suffix}", seed, 60 + seed + gain, **options),
            ]
        found.append(record("raw probed", seed, raw, **options))
    return found


def test_gain_is_the_paired_difference_of_seed_means():
    rows = compare([*records(), *records(gain=-5, region="brandenburg", fraction=1.0)])
    assert [(row.reading, row.region, row.kind) for row in rows] == [
        ("fine-tuned", "germany", "simulated"),
        ("fine-tuned", "brandenburg", "real"),
        ("linear probe", "germany", "simulated"),
        ("linear probe", "brandenburg", "real"),
    ]
    first = rows[0]
    means = {
        init: np.mean([one["metrics"]["scores"]["miou"] for one in records() if one["arm"] == f"{init} fine-tuned"])
        for init in ("random", "pretrained")
    }
    assert first.scores["random"].value == pytest.approx(means["random"])
    assert first.gain.value == pytest.approx(means["pretrained"] - means["random"])
    assert first.gain.low > 0
    assert first.over_raw is None
    assert rows[1].gain.high < 0
    assert rows[2].over_raw.value > 0


def test_a_frozen_encoder_is_held_against_a_random_start_that_is_fine_tuned():
    found = [one for one in records() if one["arm"] != "random fine-tuned"]
    tuned = [record("random fine-tuned", seed, 50 + seed) for seed in (0, 1, 2)]
    probe = next(row for row in compare([*found, *tuned]) if row.reading == "linear probe")
    means = [
        np.mean([one["metrics"]["scores"]["miou"] for one in tuned + found if one["arm"] == arm])
        for arm in ("pretrained probed", "random fine-tuned")
    ]
    assert probe.over_tuned.value == pytest.approx(means[0] - means[1]) and probe.over_tuned.low > 0
    assert all(row.over_tuned is None for row in compare(records()) if row.reading == "fine-tuned")
    assert compare(found)[0].over_tuned is None
    assert "frozen pre-trained encoder is better than fine-tuning a random start in 1 of 1 cases" in conclusion(compare([*found, *tuned]))
    assert "frozen" not in conclusion(compare(records(fraction=1.0)))


def test_the_order_of_records_does_not_matter():
    mixed = records()
    assert compare(mixed[::-1])[0].gain == compare(mixed)[0].gain


def test_arms_of_different_seeds_are_never_compared():
    with pytest.raises(InputError, match="germany: arms to be compared were run with different seeds"):
        compare([one for one in records() if not (one["arm"] == "random probed" and one["seed"] == 2)])
    with pytest.raises(InputError, match="run the arms first"):
        compare([])


def test_the_table_shows_every_number_with_links_to_its_records():
    rows = compare(records())
    html = comparison_table(rows, "linear probe")
    links = re.findall(r'href="\.\./records/ee1_regions/(\w+)\.html">(\d)<', html)
    assert len(links) == 9
    assert {key for key, _ in links} <= {one["key"] for one in records()}
    assert f"{rows[1].scores['pretrained'].value:.3f}" in html
    assert f"<strong>{signed(rows[1].gain)}</strong>" in html
    assert "simulated" in html
    assert "10 (10 %)" in html
    assert 'href="records/' in comparison_table(rows, "linear probe", root="")


def test_undecided_gains_are_not_bold():
    rows = compare(records(gain=0))
    assert "<strong>" not in comparison_table(rows, "fine-tuned")


def test_the_conclusion_counts_what_the_intervals_say():
    text = conclusion(compare([*records(), *records(gain=-5, fraction=1.0), *records(gain=0, raw=90, region="ghana")]))
    fine, probe, _ = text.splitlines()
    assert "better in 1 of 3 cases and worse in 1" in fine
    assert "1 are undecided" in fine
    assert "(Germany, simulated, 10 labelled windows)" in fine
    assert "is better than a linear classifier on raw pixels in 2 of 3 cases and worse in 1" in probe


def test_the_figure_holds_the_numbers():
    rows = compare([*records(), *records(gain=3, fraction=1.0), *records(gain=-5, region="brandenburg")])
    figure = gain_figure(rows)
    drawn = sorted(round(float(x), 6) for axis in figure.axes for line in axis.containers for x in line.lines[0].get_xdata())
    assert drawn == sorted(round(100 * row.gain.value, 6) for row in rows)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert [label.rpartition("\n")[2] for label in labels] == ["real", "simulated"]


def test_a_record_that_is_given_twice_counts_once():
    once, twice = compare(records()), compare([*records(), *records()])
    assert [row.gain for row in once] == [row.gain for row in twice]
    assert [len(row.records["random"]) for row in twice] == [3, 3]


def test_two_records_of_one_seed_are_refused_by_name():
    other = {**record("random probed", 0, 55), "key": "another"}
    with pytest.raises(InputError, match=r"germany: two records of 'random probed' with seed 0: ee1_regions/\w+ and ee1_regions/another"):
        compare([*records(), other])


def test_monitor_table():
    values = {"std": 0.9, "alignment": 0.1, "uniformity": -2.0, "retrieval": 0.5, "count": 100.0}
    made = [{"key": str(seed), "seed": seed, "params": {"regions": ["ghana"]}, "metrics": {"monitors": values}} for seed in range(3)]
    table = monitor_table([*made, made[0]])
    ghana, germany = ("Ghana (simulated)", "UNet3Df"), ("Germany (simulated)", "UNet3Df")
    assert table.loc[ghana, "seeds"] == 3
    assert table.loc[ghana, "chance"] == 0.01
    few = {"alignment": 0.2, "retrieval": 1.0, "count": 1.0}  # one held-out window has no spread
    alone = {"key": "few", "seed": 0, "params": {"regions": ["germany"]}, "metrics": {"monitors": few}}
    table = monitor_table([*made, alone])
    assert table.loc[ghana, "std"] == 0.9
    assert table.loc[germany].isna().tolist() == [False, True, True, False, True, False, False, False]


def test_a_collapse_is_not_hidden_by_other_networks_or_seeds():
    def made(network, seed, std):
        values = {"std": std, "alignment": 0.1, "uniformity": -2.0, "retrieval": std / 10, "count": 100.0}
        params = {"regions": ["ghana"], "encoder": {"name": network}}
        return {"key": f"{network}{seed}", "seed": seed, "params": params, "metrics": {"monitors": values}}

    records = [made("unet3df", 0, 0.95), made("unet3df", 1, 0.85), made("unet3d", 0, 0.5), made("unet3d", 1, 0.7), made("unet3d", 2, 0.9)]
    table = monitor_table(records)
    assert table["std"].tolist() == [0.9, 0.7] and table["std, lowest"].tolist() == [0.85, 0.5]
    assert table["retrieval, lowest"].tolist() == [0.085, 0.05]
    said = "UNet3D in Ghana (simulated): 2 of 3 seeds, spread 0.50 to 0.70. The 3 others did not."
    assert f"where unrelated embeddings have 1): {said}" in collapse_note(records)
    assert collapse_note(records[:2]) == "No encoder collapsed, not even in part: all 2 have a spread of 0.85 or more."


@pytest.mark.parametrize(("seeds", "said"), [(1, "nothing is decided"), (2, "little is decided"), (3, None)])
def test_few_seeds_are_said(seeds, said):
    records = [record for record in readings({"random": 40, "pretrained": 70}) if record["seed"] < seeds]
    text = conclusion(compare(records))
    assert (said in text) if said else not re.search("One seed|Two seeds", text)
    assert ("better in 0 of 1 cases" in text) == (seeds == 1)


def test_few_test_places_are_said():
    records = readings({"random": 40, "pretrained": 70})
    assert "Few test places" not in conclusion(compare(records))
    for record in records:
        record["metrics"]["places"] = [0] * len(record["metrics"]["places"])
    text = conclusion(compare(records))
    assert "**Few test places** (Germany 1)" in text and "better in 0 of 1 cases" in text
