"""From a key to a network: what arms leave is found, chosen by validation, described, and exported."""

import json

import numpy as np
import pytest
import torch
from networks import inputs
from toys import make_region

from eelib.apply import cards, runs
from eelib.errors import InputError
from eelib.models import SegmentationModel, build
from eelib.models.exported import ENCODER, SEGMENTER, load_encoder, load_segmenter
from eelib.settings import EncoderSettings, RegionSizes
from eelib.study.store import Store
from eelib.train.batches import Normaliser
from eelib.train.fit import seeded

NETWORK = EncoderSettings(width=4, num_dates=2)


class ToySource:
    colors = ("#111111", "#222222", "#333333")


@pytest.fixture(autouse=True)
def _toy_region(monkeypatch):
    monkeypatch.setattr(runs, "load_region", lambda name, sizes: make_region())
    monkeypatch.setattr(cards, "source", lambda name: ToySource())


def model(seed, classes=3):
    return seeded(seed, lambda: SegmentationModel(build(bands=3, **NETWORK.model_dump()), classes)).eval()


def arm(recipe, key, metrics=None, **params):
    """Folder of a finished arm, without weights."""
    folder = Store().root / "toys" / key
    folder.mkdir(parents=True)
    content = {"region": "toy", "sizes": RegionSizes().model_dump(mode="json"), "encoder": NETWORK.model_dump(), **params}
    record = {"experiment": "toys", "arm": "a", "seed": 3, "recipe": f"{recipe}@1", "params": content, "key": key, "metrics": metrics or {}}
    (folder / "record.json").write_text(json.dumps(record))
    return folder


def pretrained(key="aa11"):
    folder = arm("pretrain", key, {"monitors": {"std": 0.1}})
    torch.save(model(0).encoder.state_dict(), folder / "encoder.pt")
    return folder


def fine_tuned(key="ab22"):
    trials = [{"lr": 0.1, "validation": 0.2}, {"lr": 0.01, "validation": 0.3}]
    folder = arm("segment", key, {"lr": 0.01, "validation": trials, "confusion": [1, 2], "scores": {"miou": 0.3}})
    for number in range(2):
        (folder / f"lr{number}").mkdir()
        torch.save(model(number).state_dict(), folder / f"lr{number}" / "model.pt")
    return folder


def test_a_key_its_beginning_or_a_folder():
    folder = pretrained()
    fine_tuned()
    assert runs.find_run("aa11") == runs.find_run("aa") == runs.find_run("toys/aa1") == runs.find_run(str(folder)) == folder


def test_keys_that_name_no_run_or_several():
    with pytest.raises(InputError, match="no finished runs"):
        runs.find_run("aa")
    pretrained()
    fine_tuned()
    with pytest.raises(InputError, match=r"2 runs begin so \(toys/aa11, toys/ab22\)"):
        runs.find_run("a")
    with pytest.raises(InputError, match="--run aa12: unknown run: did you mean 'aa11'"):
        runs.find_run("aa12")
    unfinished = Store().root / "toys" / "cc33"
    unfinished.mkdir()
    with pytest.raises(InputError, match="--run cc33: unknown run"):
        runs.find_run("cc33")


def test_only_runs_that_hold_a_network_are_proposed():
    for number in range(6):
        arm("probe", f"bb0{number}")
    with pytest.raises(InputError, match="none of the 6 here holds a network"):
        runs.find_run("bb07")
    (pretrained("ab11") / "encoder.pt").unlink()
    pretrained("ac11")
    fine_tuned("ad22")
    with pytest.raises(InputError, match=r"unknown run; runs that hold a network: toys/a[cd]\d\d, toys/a[cd]\d\d \(runs"):
        runs.find_run("zzzz")
    with pytest.raises(InputError, match="did you mean 'ac11'"):
        runs.find_run("toys/ac12")


def test_the_model_of_the_chosen_learning_rate():
    fine_tuned()
    found, card = runs.open_run("ab", SEGMENTER)
    assert torch.equal(found.head.weight, model(1).head.weight)
    encoder, _ = runs.open_run("ab", ENCODER)
    assert torch.equal(encoder.en3[0].weight, model(1).encoder.en3[0].weight)
    assert not encoder.training
    assert card.classes == ("a", "b", "c")
    assert card.colors == ToySource.colors
    assert card.metrics["scores"] == {"miou": 0.3}
    assert "confusion" not in card.metrics


def test_a_model_that_the_arm_left_as_its_choice_goes_first():
    folder = fine_tuned()
    torch.save(model(7).state_dict(), folder / "model.pt")
    assert torch.equal(runs.open_run("ab", SEGMENTER)[0].head.weight, model(7).head.weight)


def test_the_card_of_a_pretraining():
    pretrained()
    encoder, card = runs.open_run("aa", ENCODER)
    assert (card.record, card.regions, card.bands, card.classes) == ("aa11", ("toy",), ("B02", "B04", "B08"), ())
    assert card.embed_dim == encoder.embed_dim
    assert (card.recipe["kind"], card.recipe["encoder"]) == ("pretrain@1", NETWORK.model_dump())
    wanted = Normaliser.of(make_region().unlabelled)
    for kept, exact in ((card.centre, wanted.centre), (card.scale, wanted.scale)):
        assert np.array_equal(np.array(kept[0], np.float32), exact.flatten().numpy())


@pytest.mark.parametrize("regions", [None, ["toy", "toy"]])
def test_exported_and_read_back(tmp_path, regions):
    folder = fine_tuned()
    if regions:
        record = json.loads((folder / "record.json").read_text())
        record["params"] |= {"regions": regions}
        (folder / "record.json").write_text(json.dumps(record))
    written = runs.export_run("ab", tmp_path / "out")
    assert [path.name for path in written] == ["encoder.json", "segmenter.json"]
    series, days = inputs(1, 2)
    wanted = model(1)
    assert torch.equal(load_segmenter(tmp_path / "out")[0](series, days), wanted(series, days))
    encoder, card = load_encoder(tmp_path / "out")
    assert torch.equal(encoder(series, days), wanted.encoder(series, days))
    assert len(card.centre) == len(regions or ["toy"])
    assert torch.equal(runs.open_run(str(tmp_path / "out"), SEGMENTER)[0](series, days), wanted(series, days))


def test_runs_without_what_is_wanted(tmp_path):
    pretrained()
    with pytest.raises(InputError, match="a pre-training has no classes; use `eelib embed`"):
        runs.open_run("aa", SEGMENTER)
    arm("probe", "dd44")
    with pytest.raises(InputError, match="a run of recipe 'probe' keeps no network"):
        runs.open_run("dd", ENCODER)
    (fine_tuned() / "lr1" / "model.pt").unlink()
    with pytest.raises(InputError, match=r"the run without weights: .*lr1"):
        runs.open_run("ab", SEGMENTER)
    arm("segment", "ee55", {"lr": 1, "validation": [{"lr": 1}]}, init="published")
    with pytest.raises(InputError, match="published weights"):
        runs.open_run("ee", SEGMENTER)
    runs.export_run("aa", tmp_path)
    with pytest.raises(InputError, match="an encoder without classes: use `eelib embed`"):
        runs.open_run(str(tmp_path), SEGMENTER)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="no exported network"):
        runs.open_run(str(tmp_path / "nothing"), ENCODER)


def test_weights_that_are_damaged_or_of_another_model():
    folder = pretrained()
    torch.save(build("convbigru", bands=3, num_dates=2, width=4).state_dict(), folder / "encoder.pt")
    with pytest.raises(InputError, match=r"encoder\.pt: weights of another model"):
        runs.open_run("aa", ENCODER)
    torch.save(build("unet3df", bands=4, num_dates=2, width=4).state_dict(), folder / "encoder.pt")
    with pytest.raises(InputError, match=r"encoder\.pt: weights of another size: 'en3\.0\.weight'"):
        runs.open_run("aa", ENCODER)
    (folder / "encoder.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"encoder\.pt: these weights are damaged"):
        runs.open_run("aa", ENCODER)
