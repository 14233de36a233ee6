"""The notebooks ee1 and ee2 on every miniature: the arms that a user of the real data set would run, and what the cells make of them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from miniatures import MODULES

from eelib.data.manifests import manifest
from eelib.data.regions import load_region, source
from eelib.evaluate.confusion import scores, unpack
from eelib.report.embedding_earth.comparison import compare, conclusion
from eelib.report.embedding_earth.comparison_table import comparison_table
from eelib.report.embedding_earth.gain_figure import gain_figure
from eelib.report.embedding_earth.map_figure import map_figure
from eelib.report.embedding_earth.scarcity import worth_conclusion, worth_table, worths
from eelib.report.embedding_earth.scarcity_figure import gain_curves, score_curves
from eelib.settings import RegionSizes
from eelib.study.execute import run
from eelib.study.experiments import ee1_regions, ee2_label_scarcity
from eelib.study.store import Store

READINGS = ("linear probe", "fine-tuned")


@pytest.fixture
def region_cache():
    """Regions of one test's data folder are not those of the next."""
    load_region.cache_clear()
    yield
    load_region.cache_clear()


@pytest.mark.slow
def test_ee1_and_ee2_run_on_every_data_set_and_their_records_explain_themselves(mini, region_cache):
    for name in MODULES:
        mini(name)
    tiny = {"profile": "smoke", "seeds": (0, 1), "regions": tuple(MODULES), "pretrain_steps": 2, "finetune_steps": 2}
    of_one, of_two = ee1_regions.Parameters(**tiny, fractions=(1.0,)), ee2_label_scarcity.Parameters(**tiny, fractions=(0.5, 1.0))
    plans = {"ee1": ee1_regions.plan(of_one), "ee2": ee2_label_scarcity.plan(of_two)}
    arms = {arm.key: arm for plan in plans.values() for arm in plan}
    records = run(list(arms.values()), jobs=1, quiet=True)
    assert len(records) == 2 * 10 * len(MODULES)  # two seeds of raw, random, pre-trained, two of them fine-tuned too, at two label shares
    for arm, record in zip(arms.values(), records, strict=True):
        (name,) = record["data"]
        region = ee1_regions.loaded(of_one, name)
        assert Store().has(arm)
        assert region.bands == manifest(name).bands
        counts = unpack(record["metrics"]["confusion"])
        assert counts.shape[1:] == (len(region.classes),) * 2
        assert counts.sum() == (region.test.mask >= 0).sum()
        assert record["metrics"]["scores"] == scores(counts)
        assert record["metrics"]["places"] == region.test.place.tolist()
    by_key = {record["key"]: record for record in records}
    cells_of_ee1(of_one, [by_key[arm.key] for arm in plans["ee1"]])
    cells_of_ee2([by_key[arm.key] for arm in plans["ee2"]])


def cells_of_ee1(params, records):
    """What the cells of ee1 show of these records: tables, figures, maps, conclusion."""
    rows = compare(records)
    assert {(row.region, row.kind, row.fraction) for row in rows} == {(name, "real", 1.0) for name in MODULES}
    assert len(rows) == 2 * len(MODULES)
    for row in rows:
        assert row.title == source(row.region).title and row.gain.seeds == 2 and len(row.records["pretrained"]) == 2
        assert row.gain.low <= row.gain.value <= row.gain.high
        assert row.gain.value == pytest.approx(row.scores["pretrained"].value - row.scores["random"].value)
    titles = {row.title for row in rows}
    for reading in READINGS:
        table = comparison_table(rows, reading)
        assert all(title in table for title in titles) and "nan " not in table
    drawn = gain_figure(rows).axes
    assert len(drawn) == 2 and all(any(title in label.get_text() for label in drawn[0].get_yticklabels()) for title in titles)
    examples = ee1_regions.example_runs(params)
    assert examples.keys() == {*MODULES}
    for name, runs in examples.items():
        figure = map_figure(ee1_regions.loaded(params, name), runs)
        assert sum(len(axis.images) for axis in figure.axes) == len(figure.axes) >= 4
        credited = " ".join(figure.legends[0].get_title().get_text().split())
        assert " ".join(manifest(name).attribution.split()) in credited
    text = conclusion(rows)
    assert text.count(f" of {len(MODULES)} cases") >= 2
    assert ", real, " in text and "nan" not in text and "simulated" not in text
    plt.close("all")


def cells_of_ee2(records):
    """What the cells of ee2 show: curves over label shares, and what pre-training is worth in labels."""
    rows, saved = compare(records), worths(records)
    assert {(row.region, row.fraction) for row in rows} == {(name, share) for name in MODULES for share in (0.5, 1.0)}
    for figure in (score_curves(rows), gain_curves(rows)):
        shown = [axis for axis in figure.axes if axis.lines]
        assert len(shown) == 2 * len(MODULES)
        assert all(len(line.get_xdata()) == 2 for axis in shown for line in axis.lines if line.get_marker() == "o")
    assert len(saved) == 2 * 2 * len(MODULES)
    for item in saved:
        assert (item.smallest, item.largest) == (0.5, 1.0) and len(item.records) == 2
        assert item.needed.value >= 0.5
    for reading in READINGS:
        table = worth_table(saved, reading)
        assert all(row.title in table for row in rows) and "nan " not in table
        assert comparison_table(rows, reading).count("<tr>") >= 2 * len(MODULES)
    assert worth_conclusion(saved).startswith("*")
    plt.close("all")


@pytest.mark.parametrize("name", MODULES)
def test_a_miniature_can_be_learnt(mini, name, region_cache):
    """A forest on bands and seasons, grown on training pixels, recalls classes of the test set better than chance."""
    from sklearn.ensemble import RandomForestClassifier

    mini(name)
    region = load_region(name, RegionSizes(unlabelled=2, train=120, validation=1, test=120, window=24, num_dates=8))

    def pixels(windows):
        t, c = windows.image.shape[1:3]
        table, label = windows.image.transpose(0, 3, 4, 1, 2).reshape(-1, t * c), windows.mask.ravel()
        return table[label >= 0][::8], label[label >= 0][::8]

    (train, classes), (test, truth) = pixels(region.train), pixels(region.test)
    forest = RandomForestClassifier(20, max_depth=12, class_weight="balanced", random_state=0).fit(train, classes)
    found = forest.predict(test)
    recall = np.mean([(found[truth == k] == k).mean() for k in np.unique(truth)])
    assert recall > 1.3 / len(np.unique(classes))
