"""The recipes of Embedding Earth, end to end on a tiny budget."""

import numpy as np
import pytest
import torch

from eelib.data.regions import load_region
from eelib.errors import InputError
from eelib.evaluate.confusion import scores, unpack
from eelib.study import embedding_earth
from eelib.study.execute import run
from eelib.study.experiments.ee1_regions import Parameters, loaded, plan
from eelib.study.store import Store

TINY = Parameters(profile="smoke", seeds=(0,), fractions=(1.0,))


@pytest.fixture
def by_name():
    arms = plan(TINY)
    run(arms, jobs=1, quiet=True)
    return {arm.name: (arm, Store().record(arm)) for arm in arms}


@pytest.mark.slow
def test_every_arm_leaves_scores_that_its_counts_explain(by_name):
    test = loaded(TINY, "germany").test
    assert set(by_name) == {"raw probed", "random probed", "pretrained probed", "random fine-tuned", "pretrained fine-tuned"}
    for arm, record in by_name.values():
        counts = unpack(record["metrics"]["confusion"])
        assert counts.sum() == (test.mask >= 0).sum()
        assert record["metrics"]["scores"] == scores(counts)
        assert len(record["metrics"]["places"]) == len(test)
        examples = np.load(Store().folder(arm) / "examples.npz")["predicted"]
        assert examples.shape[1:] == test.mask.shape[1:]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_record_bit_for_bit(by_name, tmp_path, monkeypatch):
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "again"))
    arms = plan(TINY)
    for arm, record in zip(arms, run(arms, jobs=1, quiet=True), strict=True):
        assert record["metrics"] == by_name[arm.name][1]["metrics"]


@pytest.mark.slow
def test_the_pretrained_arm_starts_from_the_pretrained_weights(by_name):
    arm, _ = by_name["pretrained fine-tuned"]
    needs = {name: Store().folder(need) for name, need in arm.needs.items()}
    region = load_region("germany", arm.params.sizes)
    saved = torch.load(needs["pretrain"] / "encoder.pt", weights_only=True)
    started = embedding_earth._segmentation_model(arm, region, needs)
    assert all(torch.equal(saved[name], part) for name, part in started.encoder.state_dict().items())
    other, _ = by_name["random fine-tuned"]
    random = embedding_earth._segmentation_model(other, region, {})
    assert torch.equal(random.head.weight, started.head.weight)  # only the encoder differs
    assert not torch.equal(random.encoder.en3[0].weight, started.encoder.en3[0].weight)


def test_all_ignored_labels_are_named(monkeypatch, tmp_path):
    from toys import make_region

    region = make_region()
    mask = np.full_like(region.train.mask, -1)
    empty = region.train.__class__(region.train.image, region.train.dates, region.train.place, mask, region.train.origin)
    monkeypatch.setattr(embedding_earth, "load_region", lambda *_: region.__class__(**{**region.__dict__, "train": empty}))
    for name in ("random fine-tuned", "raw probed"):
        arm = next(arm for arm in plan(TINY) if arm.name == name)
        with pytest.raises(InputError, match=r"every (label|pixel)"):
            embedding_earth.__dict__[arm.recipe](arm, tmp_path, {}, lambda share: None)
