"""The notebooks ee1 and ee2 on every miniature: the arms that a user of the real data set would run, on a tiny budget."""

import numpy as np
import pytest
from miniatures import MODULES

from eelib.data.manifests import manifest
from eelib.data.regions import load_region
from eelib.evaluate.confusion import scores, unpack
from eelib.settings import RegionSizes
from eelib.study.execute import run
from eelib.study.experiments import ee1_regions, ee2_label_scarcity
from eelib.study.store import Store


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
    tiny = {"profile": "smoke", "seeds": (0,), "regions": tuple(MODULES), "pretrain_steps": 2, "finetune_steps": 2}
    of_one = ee1_regions.Parameters(**tiny, fractions=(1.0,))
    arms = {
        arm.key: arm
        for arm in (*ee1_regions.plan(of_one), *ee2_label_scarcity.plan(ee2_label_scarcity.Parameters(**tiny, fractions=(0.5, 1.0))))
    }
    records = run(list(arms.values()), jobs=1, quiet=True)
    assert len(records) == 10 * len(MODULES)  # raw, random, pre-trained, two of them fine-tuned too, at two label shares
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
