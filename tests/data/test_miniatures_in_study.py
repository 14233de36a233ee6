"""The notebook ee1 on every miniature: the arms that a user of the real data set would run, on a tiny budget."""

import numpy as np
import pytest
from miniatures import MODULES

from eelib.data.manifests import manifest
from eelib.data.regions import load_region
from eelib.data.sources import source as source_of
from eelib.evaluate.confusion import scores, unpack
from eelib.settings import RegionSizes
from eelib.study.execute import run
from eelib.study.experiments.ee1_regions import Parameters, loaded, plan
from eelib.study.store import Store


@pytest.fixture
def region_cache():
    """Sources and regions of one test's data folder are not those of the next."""
    for cache in (source_of, load_region):
        cache.cache_clear()
    yield
    for cache in (source_of, load_region):
        cache.cache_clear()


@pytest.mark.slow
def test_ee1_runs_on_every_data_set_and_its_records_explain_themselves(mini, region_cache):
    for name in MODULES:
        mini(name)
    params = Parameters(profile="smoke", seeds=(0,), fractions=(1.0,), regions=tuple(MODULES), pretrain_steps=2, finetune_steps=2)
    arms = plan(params)
    records = run(arms, jobs=1, quiet=True)
    assert len(arms) == 5 * len(MODULES)
    for arm, record in zip(arms, records, strict=True):
        (name,) = record["data"]
        region = loaded(params, name)
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
