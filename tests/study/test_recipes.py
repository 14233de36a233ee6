"""The recipes of Embedding Earth, end to end on a tiny budget."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import make_region

from eelib.data.fractions import label_order
from eelib.errors import InputError
from eelib.evaluate.confusion import scores, unpack
from eelib.settings import (
    EncoderSettings,
    PixelSettings,
    PretrainSettings,
    ProbeSettings,
    PublishedSettings,
    RegionSizes,
    SegmentSettings,
    ViewSettings,
)
from eelib.study import embedding_earth, pixels, probing
from eelib.study.arm import Arm
from eelib.study.execute import run, run_one
from eelib.study.experiments.ee1_regions import Parameters, loaded, plan
from eelib.study.recipes import RECIPES, PixelParams, PretrainParams, ProbeParams, SegmentParams
from eelib.study.store import Store
from eelib.train import CHECKPOINT
from eelib.train.pretrain import Pretraining
from eelib.train.segment import Segmentation

TINY = Parameters(profile="smoke", seeds=(0,), fractions=(1.0,))
SIZES = RegionSizes(unlabelled=8, train=8, validation=8, test=8, window=16, num_dates=4)
ENCODER = EncoderSettings(width=4, num_dates=2)
TUNING = SegmentSettings(size=8, steps=4, batch_size=4, lrs=(1e-3, 1e-2))
TRAINING = PretrainSettings(steps=3, batch_size=4, anchors=8, views=ViewSettings(size=8, num_dates=2))


def arm_of(recipe, params, needs=None, seed=0):
    return Arm("test", recipe, seed, recipe, params, {"toy": "1"}, needs or {})


def segment_arm(init="random", region="toy", fraction=1.0, needs=None, **changes):
    params = {"region": region, "sizes": SIZES, "encoder": ENCODER, "init": init, "fraction": fraction, "recipe": TUNING} | changes
    return arm_of("segment", SegmentParams(**params), needs)


def probe_arm(init="random", region="toy", fraction=1.0, needs=None, **changes):
    recipe = ProbeSettings(penalties=(1e-3,), pixels=500)
    params = {"region": region, "sizes": SIZES, "encoder": ENCODER, "init": init, "fraction": fraction, "recipe": recipe} | changes
    return arm_of("probe", ProbeParams(**params), needs)


def pixel_arm(classifier="forest", fraction=1.0, pixels=500):
    recipe = PixelSettings(trees=5, leaves=(1, 50), pixels=pixels)
    return arm_of("pixels", PixelParams(region="toy", sizes=SIZES, classifier=classifier, fraction=fraction, recipe=recipe))


def pretrain_arm(*regions):
    return arm_of("pretrain", PretrainParams(regions=regions or ("toy",), sizes=SIZES, encoder=ENCODER, recipe=TRAINING))


def compute(arm, folder, needs=None):
    """Run a recipe on its own in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return RECIPES[arm.recipe].load()(arm, folder, needs or {}, lambda share: None)


@pytest.fixture
def regions(monkeypatch):
    """Toy regions by name, in the place of those of the study."""
    known = {"toy": make_region(), "other": replace(make_region(bands=("B02", "B04", "B08"), size=16), name="other")}
    for module in (embedding_earth, probing, pixels):
        monkeypatch.setattr(module, "load_region", lambda name, sizes: known[name])
    probing.frozen_features.cache_clear()
    yield known
    probing.frozen_features.cache_clear()


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


def test_the_pretrained_arm_starts_from_the_pretrained_weights(regions, tmp_path):
    compute(pretrain_arm(), tmp_path / "made")
    arm = segment_arm("pretrained", needs={"pretrain": pretrain_arm()})
    saved = torch.load(tmp_path / "made" / "encoder.pt", weights_only=True)
    started = embedding_earth._segmentation_model(arm, regions["toy"], {"pretrain": tmp_path / "made"})
    assert all(torch.equal(saved[name], part) for name, part in started.encoder.state_dict().items())
    random = embedding_earth._segmentation_model(segment_arm(), regions["toy"], {})
    assert torch.equal(random.head.weight, started.head.weight)  # only the encoder differs
    assert not torch.equal(random.encoder.en3[0].weight, started.encoder.en3[0].weight)


@pytest.mark.parametrize("source", ["pretrain", "segment"])
def test_weights_of_either_recipe_serve_another_region(regions, tmp_path, source):
    made = pretrain_arm("other") if source == "pretrain" else segment_arm(region="other")
    compute(made, tmp_path / "made")
    for number, arm in enumerate((segment_arm("pretrained", needs={"pretrain": made}), probe_arm("pretrained", needs={"pretrain": made}))):
        found = compute(arm, tmp_path / str(number), {"pretrain": tmp_path / "made"})
        assert unpack(found["confusion"]).sum() == (regions["toy"].test.mask >= 0).sum()


def test_the_best_learning_rate_is_the_one_that_is_kept_and_scored(regions, tmp_path):
    found = compute(segment_arm(), tmp_path / "arm")
    best = int(np.argmax([trial["validation"] for trial in found["validation"]]))
    assert found["lr"] == TUNING.lrs[best]
    kept = torch.load(tmp_path / "arm" / "model.pt", weights_only=True)
    trained = torch.load(tmp_path / "arm" / f"lr{best}" / "model.pt", weights_only=True)
    encoder = torch.load(tmp_path / "arm" / "encoder.pt", weights_only=True)
    assert all(torch.equal(kept[name], part) for name, part in trained.items())
    assert all(torch.equal(kept[f"encoder.{name}"], part) for name, part in encoder.items())
    assert compute(segment_arm(), tmp_path / "arm") == found  # resumed with both learning rates done


def fails(*arguments):
    raise RuntimeError("after the training")


@pytest.mark.parametrize("make", [pretrain_arm, segment_arm])
def test_a_finished_training_is_not_repeated_when_what_follows_it_fails(regions, tmp_path, monkeypatch, make):
    straight, arm = compute(make(), tmp_path / "straight"), make()
    folder = Store().folder(arm)
    with monkeypatch.context() as patch:
        patch.setattr(embedding_earth, "save_encoder", fails)
        with pytest.raises(RuntimeError, match="after the training"):
            run_one(arm, Store().root)
    for module in (Pretraining, Segmentation):
        monkeypatch.setattr(module, "training_step", fails)
    run_one(arm, Store().root)
    assert Store().record(arm)["metrics"] == straight
    saved, again = (torch.load(where / "encoder.pt", weights_only=True) for where in (tmp_path / "straight", folder))
    assert all(torch.equal(saved[name], part) for name, part in again.items())
    assert not list(folder.rglob(CHECKPOINT))  # the record is there, so nothing will go on from it


@pytest.mark.parametrize(("make", "name"), [(pretrain_arm, "encoder.pt"), (segment_arm, "lr1/model.pt"), (segment_arm, "model.pt")])
def test_a_full_disk_while_weights_are_saved_is_one_clear_line(regions, make, name):
    arm = make()
    path = Store().folder(arm) / name
    partial = path.with_name(f"{path.name}.partial")
    path.parent.mkdir(parents=True)
    partial.symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"the disk is full.*finished arms are kept"):
        run_one(arm, Store().root)
    assert not path.exists() and not partial.is_symlink()
    run_one(arm, Store().root)  # as after some space was freed
    assert path.stat().st_size > 0


def test_one_held_out_window_is_enough(regions, tmp_path):
    regions["toy"] = replace(regions["toy"], train=None, validation=None, test=None, held_out=regions["toy"].unlabelled.take(np.arange(1)))
    arm = pretrain_arm()
    recipe = arm.params.recipe.model_copy(update={"positives": "pooled"})
    arm = replace(arm, params=arm.params.model_copy(update={"recipe": recipe}))
    run_one(arm, Store().root)
    assert set(Store().record(arm)["metrics"]["monitors"]) == {"alignment", "retrieval", "count"}


def test_pooled_pretraining_sees_equal_shares_and_keeps_the_total(regions, tmp_path):
    found = compute(pretrain_arm("toy", "other"), tmp_path / "made")
    assert found["windows_per_region"] == [4, 4]
    assert found["windows"] == SIZES.unlabelled
    assert found["monitors"]["count"] > 0
    regions["other"] = replace(make_region(bands=("B02", "B03", "B08")), name="other")
    with pytest.raises(InputError, match=r"toy and other have different bands.*sizes\.bands"):
        compute(pretrain_arm("toy", "other"), tmp_path / "refused")


def test_a_region_without_labels_can_be_pretrained_on_but_not_scored(regions, tmp_path):
    regions["toy"] = replace(regions["toy"], train=None, validation=None, test=None, held_out=regions["toy"].unlabelled)
    assert compute(pretrain_arm(), tmp_path / "made")["windows"] == 8
    for arm in (segment_arm(), probe_arm(), pixel_arm()):
        with pytest.raises(InputError, match="region 'toy' has no labels"):
            compute(arm, tmp_path / arm.recipe)


@pytest.mark.parametrize("make", [segment_arm, probe_arm])
def test_weights_that_do_not_fit_are_refused_in_one_line(regions, tmp_path, make):
    made = pretrain_arm()
    compute(made, tmp_path / "made")

    def refused(message, folder="made", **changes):
        arm = make("pretrained", needs={"pretrain": made}, **changes)
        with pytest.raises(InputError, match=message) as caught:
            compute(arm, tmp_path / "arm", {"pretrain": tmp_path / folder})
        assert "\n" not in str(caught.value)
        assert "encoder.pt" in str(caught.value)

    refused("width=4 do not fit width=8", encoder=ENCODER.model_copy(update={"width": 8}))
    refused("num_dates=2 do not fit num_dates=4", encoder=ENCODER.model_copy(update={"num_dates": 4}))
    refused("missing or damaged", folder="nothing here")
    regions["toy"] = make_region(bands=("B02", "B04"))
    refused("3 bands where the region has 2")
    regions["toy"] = make_region(bands=("B04", "B02", "B08"))
    refused("the same bands in another order")
    regions["toy"] = make_region(bands=("B02", "B03", "B08"))
    refused(r"other bands \(B02, B04, B08 against B02, B03, B08\)")
    card = (tmp_path / "made" / "encoder.json").read_text()
    (tmp_path / "made" / "encoder.json").write_text(card.replace("unet3df", "convbigru"))
    refused("name=convbigru do not fit name=unet3df")


def test_published_weights_can_be_probed_and_are_not_mistaken_for_an_encoder_of_ours(regions, tmp_path):
    import torchgeo.models

    bands = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
    regions["toy"] = make_region(bands=bands)
    torch.save(torchgeo.models.resnet18(in_chans=13).state_dict(), tmp_path / "weights.pth")
    published = PublishedSettings(file=str(tmp_path / "weights.pth"))
    found = compute(probe_arm("published", published=published), tmp_path / "probe")
    assert unpack(found["confusion"]).sum() == (regions["toy"].test.mask >= 0).sum()
    tuned = segment_arm("published", published=published, recipe=TUNING.model_copy(update={"steps": 1, "lrs": (1e-3,)}))
    compute(tuned, tmp_path / "tuned")
    with pytest.raises(InputError, match=r"name=ResNet18_Weights\.SENTINEL2_ALL_MOCO do not fit name=unet3df"):
        compute(probe_arm("pretrained", needs={"pretrain": tuned}), tmp_path / "arm", {"pretrain": tmp_path / "tuned"})
    with pytest.raises(InputError, match=r"weights\.none: the published weights .* are not here"):
        compute(probe_arm("published", published=PublishedSettings(file=str(tmp_path / "weights.none"))), tmp_path / "none")


@pytest.mark.parametrize("classifier", ["forest", "boosting"])
def test_classifiers_of_single_pixels_learn_and_repeat_themselves(regions, tmp_path, classifier):
    # classes look alike only within a set
    regions["toy"] = replace(regions["toy"], validation=regions["toy"].train, test=regions["toy"].train)
    found = compute(pixel_arm(classifier), tmp_path / "one")
    assert found["scores"]["miou"] > 0.9
    assert found["pixels"] == 500
    assert found["leaf"] in (1, 50)
    assert compute(pixel_arm(classifier), tmp_path / "two") == found


def test_rows_of_pixels_hold_every_band_date_and_day():
    windows = make_region().train
    rows = pixels.pixel_rows(windows).reshape(8, 16, 16, -1)
    assert rows.shape[-1] == 4 * 3 + 4
    np.testing.assert_array_equal(rows[2, 3, 5, :12].reshape(4, 3), windows.image[2, :, :, 3, 5])
    np.testing.assert_array_equal(rows[2, 3, 5, 12:], windows.dates[2])


def test_all_classifiers_see_the_same_label_subset(regions, tmp_path):
    counts = [
        compute(arm, tmp_path / arm.recipe)["windows"]
        for arm in (segment_arm(fraction=0.5), probe_arm(fraction=0.5), pixel_arm(fraction=0.5))
    ]
    assert counts == [4, 4, 4]


@pytest.mark.parametrize("batch", [2, 3, 16])
def test_probes_do_not_depend_on_which_came_first(regions, tmp_path, monkeypatch, batch):
    monkeypatch.setattr(probing.FrozenFeatures, "BATCH", batch)
    alone = {}
    for fraction in (0.25, 1.0):
        probing.frozen_features.cache_clear()
        alone[fraction] = compute(probe_arm(fraction=fraction), tmp_path / f"alone {fraction}")
    probing.frozen_features.cache_clear()
    for fraction in (1.0, 0.25):
        assert compute(probe_arm(fraction=fraction), tmp_path / f"after {fraction}") == alone[fraction]
    assert probing.frozen_features.cache_info().hits == 1


def test_a_probe_embeds_the_labelled_windows_that_it_needs(regions, monkeypatch):
    monkeypatch.setattr(probing.FrozenFeatures, "BATCH", 3)
    region, seen = regions["toy"], []
    order = label_order(region.labelled("train"), 5)

    def embed(windows):
        seen.append(len(windows))
        return torch.from_numpy(np.array(windows.image[:, 0, :, :1, :1]))

    frozen = probing.FrozenFeatures(embed, region, 5)
    held_out = [len(region.labelled("validation")), len(region.labelled("test"))]
    wanted = torch.from_numpy(region.labelled("train").image[order][:, 0, :, :1, :1])
    for count, embedded in ((2, [3]), (3, [3]), (8, [3, 3, 2]), (4, [3, 3, 2])):
        assert torch.equal(frozen.train(count), wanted[:count])
        assert seen == held_out + embedded


@pytest.mark.parametrize("make", [segment_arm, probe_arm, pixel_arm])
def test_a_fraction_that_leaves_no_series_is_named(regions, tmp_path, make):
    with pytest.raises(InputError, match=r"label fraction 0\.01 of 8 windows leaves none: raise it to at least 0\.125"):
        compute(make(fraction=0.01), tmp_path / "arm")


@pytest.mark.parametrize("make", [segment_arm, probe_arm, pixel_arm])
def test_all_ignored_labels_are_named(regions, tmp_path, make):
    train = regions["toy"].train
    regions["toy"] = replace(regions["toy"], train=replace(train, mask=np.full_like(train.mask, -1)))
    with pytest.raises(InputError, match=r"every (label|pixel)"):
        compute(make(), tmp_path / "arm")


@pytest.mark.parametrize("make", [segment_arm, probe_arm, pixel_arm])
def test_a_class_that_a_split_lacks_is_recorded_and_said(regions, tmp_path, make, capsys):
    train = regions["toy"].train
    regions["toy"] = replace(regions["toy"], train=replace(train, mask=np.where(train.mask == 1, -1, train.mask)))
    found = compute(make(), tmp_path / "arm")
    assert found["missing_classes"] == {"train": ["b"], "validation": [], "test": []}
    assert "Toy: no pixel of b in the train windows (8)" in capsys.readouterr().out
    assert unpack(found["confusion"]).sum(0)[1].sum() > 0  # it is still scored


def test_boosting_with_one_class_is_refused(regions, tmp_path):
    train = regions["toy"].train
    regions["toy"] = replace(regions["toy"], train=replace(train, mask=np.where(train.mask == 1, 1, -1)))
    with pytest.raises(InputError, match="one class only"):
        compute(pixel_arm("boosting"), tmp_path / "arm")
