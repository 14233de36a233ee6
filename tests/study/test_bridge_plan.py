"""The plan of the bridge: one network from four starts, equal budgets, and records that other notebooks have already."""

import pytest

from eelib.errors import InputError
from eelib.settings import IMAGE_PRESETS
from eelib.study.arm import with_needs
from eelib.study.experiments import bridge1_language_init as bridge
from eelib.study.experiments import clip1_supervision as clip1
from eelib.study.experiments import ee1_regions as ee1
from eelib.study.parameters import check
from eelib.study.recipes import PretrainParams, ProbeParams, SegmentParams

every_profile = pytest.mark.parametrize("profile", ["smoke", "quick", "full", "paper"])


def planned(module=bridge, **values):
    return module.plan(check(module.Parameters, values))


def network(arm):
    return arm.params.encoder.name


def started(arms):
    """Readings of image encoders by network, reading and start."""
    return {(network(arm), arm.recipe, arm.name.rpartition(" ")[0]): arm for arm in arms if network(arm) in IMAGE_PRESETS}


@every_profile
def test_every_profile_plans_each_arm_once(profile):
    arms = planned(profile=profile)
    assert len({arm.key for arm in arms}) == len(arms)
    assert profile not in ("full", "paper") or len({arm.seed for arm in arms}) >= 5
    names = [(arm.name, arm.seed, arm.params.region, arm.params.fraction, network(arm)) for arm in arms]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_usual_network_is_ee1s_and_language_is_clip1s(profile):
    arms = planned(profile=profile)
    first = {arm.key for arm in with_needs(planned(ee1, profile=profile))}
    assert {arm.key for arm in with_needs([arm for arm in arms if network(arm) == "unet3df"])} <= first
    whole = {arm.needs["input"].key: arm.needs["input"] for arm in arms if "input" in arm.needs}
    known = {arm.key for arm in with_needs(planned(clip1, profile=profile)) if arm.recipe == "pair_train"}
    shared = [arm for arm in whole.values() if arm.params.data.sets == ("germany",) or profile == "full"]
    assert shared and {arm.key for arm in shared} <= known


def test_starts_of_an_image_encoder_differ_in_their_weights_alone():
    arms = started(planned(profile="full", seeds=[0], regions=["germany"], fractions=[0.1]))
    for name in IMAGE_PRESETS:
        for recipe in ("probe", "segment"):
            chosen = {start: arm for (one, kind, start), arm in arms.items() if (one, kind) == (name, recipe) and start != "raw"}
            assert set(chosen) == {"random", "pretrained", "language", "both"}
            assert len({arm.needs["input"].key for arm in chosen.values()}) == 1
            assert len({arm.params.model_copy(update={"init": "random"}) for arm in chosen.values()}) == 1
            assert {start: arm.params.init for start, arm in chosen.items()} == dict.fromkeys(chosen, "pretrained") | {"random": "random"}


def test_fine_tuning_is_the_protocol_of_ee1():
    for profile in ("quick", "full"):
        mine = planned(profile=profile, regions=["ghana"], seeds=[0])
        for arm in mine:
            usual = next(one for one in mine if one.recipe == arm.recipe and network(one) == "unet3df")
            assert arm.params.recipe == usual.params.recipe
            assert arm.params.sizes.model_copy(update={"bands": None}) == usual.params.sizes


def test_bands_are_those_of_the_image_text_training():
    for arm in planned(profile="quick"):
        if "input" in arm.needs:
            assert arm.params.sizes.bands == arm.needs["input"].params.data.sizes.bands
            assert arm.params.region in arm.needs["input"].params.data.sets


def test_every_pretraining_reads_as_many_images():
    arms = started(planned(profile="full", seeds=[0], regions=["ghana"], fractions=[0.1]))
    for name in IMAGE_PRESETS:
        dense, language, both = (arms[name, "probe", start].needs["pretrain"] for start in ("pretrained", "language", "both"))
        wanted = language.params.recipe.steps * language.params.recipe.batch_size
        assert images(dense) == wanted
        assert images(both) + images(both.needs["start"]) == wanted
        assert both.needs["start"].params.recipe.samples == wanted // 2
        assert dense.params.recipe.model_copy(update={"steps": 1}) == both.params.recipe.model_copy(update={"steps": 1})
        assert "start" not in dense.needs


def images(arm):
    recipe = arm.params.recipe
    if isinstance(arm.params, PretrainParams):
        return 2 * recipe.batch_size * recipe.views.num_dates * recipe.steps
    return recipe.samples * len(arm.params.method.views)


def test_pairs_of_small_real_regions_are_split_as_the_readings_of_the_seed(monkeypatch):
    monkeypatch.setattr("eelib.data.pairs.load.pair_fingerprint", lambda name, sizes: f"{name} {sizes}")
    read = [arm for arm in planned(regions=["brandenburg", "germany"], seeds=[0, 1], encoders=["vit"]) if "input" in arm.needs]
    assert {arm.params.region for arm in read} == {"brandenburg", "germany"}
    for arm in read:
        trainings = [one for one in with_needs([arm]) if one.recipe == "pair_train"]
        assert {one.params.data.sizes.split for one in trainings} == {arm.params.sizes.split}
        assert arm.params.sizes.split == (arm.seed if arm.params.region == "brandenburg" else 0)


def test_image_text_models_of_a_small_real_region_are_scored_on_the_split_they_were_trained_on(monkeypatch):
    monkeypatch.setattr("eelib.data.pairs.load.pair_fingerprint", lambda name, sizes: f"{name} {sizes}")
    for arm in planned(clip1, pairs=["brandenburg"], seeds=[0, 1]):
        assert arm.params.data.sizes.split == arm.needs["train"].params.data.sizes.split


def test_more_views_of_a_pair_are_more_images():
    dense = [
        next(
            arm.needs["pretrain"]
            for key, arm in started(planned(seeds=[0], method=name, encoders=["vit"])).items()
            if key[2] == "pretrained"
        )
        for name in ("clip", "slip")
    ]
    assert images(dense[1]) == 3 * images(dense[0])


def test_every_parameter_reaches_the_arms():
    values = {"regions": ["france"], "seeds": [7], "encoders": ["resnet"], "fractions": [0.5], "method": "declip", "samples": 128}
    arms = planned(**values, pretrain_steps=3, finetune_steps=5)
    assert {(arm.params.region, arm.seed, arm.params.fraction) for arm in arms} == {("france", 7, 0.5)}
    assert {network(arm) for arm in arms} == {"unet3df", "resnet_series"}
    assert {arm.params.recipe.steps for arm in arms if isinstance(arm.params, SegmentParams)} == {5}
    needed = with_needs(arms)
    assert {arm.params.recipe.samples for arm in needed if arm.recipe == "pair_train"} == {128, 64}
    assert {arm.name for arm in needed if arm.recipe == "pair_train"} == {"declip", "declip, half"}
    assert {arm.params.recipe.steps for arm in needed if arm.recipe == "pretrain"} == {3, 1}


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"encoders": ["vitt"]}, "'vit'"),
        ({"encoders": ["vit", "vit"]}, "twice"),
        ({"method": "decip"}, "'declip'"),
        ({"samples": 1}, "'samples'"),
        ({"pairs": ["emoji"]}, "'pairs'"),
    ],
)
def test_every_mistake_is_named(values, word):
    with pytest.raises(InputError, match=word):
        check(bridge.Parameters, values)


def test_a_need_is_part_of_the_key_and_no_need_changes_none():
    arms = started(planned(seeds=[0], encoders=["vit"]))
    arm = arms["vit_series", "probe", "random"]
    assert isinstance(arm.params, ProbeParams)
    assert set(arm.identity["needs"]) == {"input"}
    assert set(arm.identity["params"]) == set(ProbeParams.model_fields)
    assert arms["vit_series", "probe", "raw"].needs == {}
