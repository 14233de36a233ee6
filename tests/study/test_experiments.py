"""Plans: what means the same is the same arm, what is compared is comparable, and every option reaches an arm."""

import pytest
from photos import photo_folder

from eelib.data.continents import distance
from eelib.data.regions import region_bands
from eelib.errors import InputError
from eelib.settings import PretrainSettings
from eelib.study.arm import with_needs
from eelib.study.arms import RANDOM, pretrain_arm, probe_arm
from eelib.study.budgets import BUDGETS, aligned, encoder_for, pretrain_recipe, segment_recipe, sizes_for
from eelib.study.experiments import ee1_regions as ee1
from eelib.study.experiments import ee2_label_scarcity as ee2
from eelib.study.experiments import ee3_transfer as ee3
from eelib.study.experiments import ee4_ablations as ee4
from eelib.study.experiments import ee5_baselines as ee5
from eelib.study.experiments import ee6_embeddings as ee6
from eelib.study.experiments import ee7_length as ee7
from eelib.study.experiments import ee8_finetuning as ee8
from eelib.study.factors import FACTORS
from eelib.study.methods import METHODS
from eelib.study.parameters import check

ALL = (ee1, ee2, ee3, ee4, ee5, ee6, ee7, ee8)
every = pytest.mark.parametrize("module", ALL, ids=lambda module: module.__name__.rpartition(".")[2])


def keys(module, **values):
    return {arm.key: arm for arm in with_needs(module.plan(check(module.Parameters, values)))}


@every
@pytest.mark.parametrize("profile", ["smoke", "quick", "full", "paper"])
def test_every_profile_plans_each_arm_once(module, profile):
    arms = module.plan(check(module.Parameters, {"profile": profile}))
    assert arms
    assert len({arm.key for arm in arms}) == len(arms)
    assert profile not in ("full", "paper") or len({arm.seed for arm in arms}) >= 5
    assert_told_apart(arms)


def assert_told_apart(arms):
    names = [(arm.name, arm.seed, arm.params.region, getattr(arm.params, "fraction", 1), network(arm)) for arm in arms]
    assert len(set(names)) == len(names), "two arms of one notebook share name, seed, region, share and network"


def network(arm):
    return getattr(getattr(arm.params, "encoder", None), "name", None)


@every
def test_seeds_and_regions_reach_every_arm(module):
    arms = module.plan(check(module.Parameters, {"seeds": [7], "regions": ["france", "south_sudan"]}))
    assert {arm.seed for arm in arms} == {7}
    assert {arm.params.region for arm in arms} == {"france", "south_sudan"}


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_one_pretraining_serves_all(profile):
    first = keys(ee1, profile=profile)
    made = {key for key, arm in first.items() if arm.recipe == "pretrain"}
    for module in (ee2, ee3, ee6):
        own = {key: arm for key, arm in keys(module, profile=profile).items() if arm.recipe == "pretrain"}
        alone = [arm for arm in own.values() if len(arm.params.regions) == 1 and unsplit(arm) in (sizes(profile), real_sizes(profile))]
        assert alone
        assert {arm.key for arm in alone} <= made


def unsplit(arm):
    return arm.params.sizes.model_copy(update={"split": 0})


def test_small_real_regions_are_split_anew_for_every_seed_and_simulated_ones_are_not():
    arms = keys(ee1, profile="quick", regions=["germany", "brandenburg"]).values()
    for arm in arms:
        real = "brandenburg" in (arm.params.regions if arm.recipe == "pretrain" else (arm.params.region,))
        assert arm.params.sizes.split == (arm.seed if real else 0)
        assert all(needed.params.sizes.split == arm.params.sizes.split for needed in arm.needs.values())


def test_no_encoder_that_is_read_in_a_real_region_saw_the_test_blocks_of_that_seed():
    arms = ee3.plan(check(ee3.Parameters, {"profile": "full", "regions": ["germany", "brandenburg"]}))
    real = [(arm, needed) for arm in arms if arm.params.region == "brandenburg" for needed in arm.needs.values()]
    assert real
    for arm, needed in real:
        assert "brandenburg" not in needed.params.regions or needed.params.sizes.split == arm.params.sizes.split == arm.seed


def sizes(profile):
    return sizes_for(BUDGETS[profile], "germany")


def real_sizes(profile):
    return sizes_for(BUDGETS[profile], "romania")


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_readings_at_the_shares_of_ee1_are_those_of_ee1(profile):
    first = keys(ee1, profile=profile)
    arms = [arm for arm in keys(ee2, profile=profile).values() if arm.recipe != "pretrain"]
    assert {arm.key for arm in arms if arm.params.fraction in (0.1, 1.0)} <= first.keys()
    assert {arm.experiment for arm in arms if arm.params.fraction not in (0.1, 1.0)} == {"ee2_label_scarcity"}


def test_a_share_that_ee1_is_asked_for_is_the_arm_of_ee2():
    asked = keys(ee1, profile="quick", regions=["germany"], fractions=[0.25])
    assert asked.keys() <= keys(ee2, profile="quick", fractions=[0.25], regions=["germany"], seeds=[0, 1, 2]).keys()


def test_the_diagonal_and_the_random_row_of_the_matrix_are_those_of_ee1():
    first, matrix = keys(ee1, profile="full"), ee3.plan(check(ee3.Parameters, {"profile": "full"}))
    shared = [arm for arm in matrix if arm.name.split()[0] in ("random", "pretrained") and "on" not in arm.name.split()]
    shared = [arm for arm in shared if "as in" not in arm.name]
    probed = [arm for arm in shared if arm.recipe == "probe"]
    assert len(probed) == 5 * (4 + 2) * 2 * 2  # seeds, regions, starts, label shares
    assert len(shared) - len(probed) == 5 * 4 * 2 * 2  # fine-tuned, without the exchange with real regions
    assert {arm.key for arm in shared} <= first.keys()
    tuned = [arm for arm in matrix if arm.name.endswith(" fine-tuned")]
    assert len(tuned) == 5 * 4 * (2 + 3 + 2) * 2  # with encoders of three other regions, of all of them and of the other continent


def test_the_matrix_is_complete():
    arms = ee3.plan(check(ee3.Parameters, {"profile": "full", "seeds": [0], "fractions": [0.1]}))
    square = [arm for arm in arms if arm.recipe == "probe" and arm.params.region == "ghana" and arm.params.sizes.bands is None]
    square = [arm for arm in square if arm.params.sizes.num_dates > 1]
    wanted = ["random", "pretrained", "pretrained on germany", "pretrained on france", "pretrained on south_sudan"]
    wanted += ["pretrained on all regions", "pretrained on the other continent"]
    assert [arm.name.removesuffix(" probed") for arm in square] == wanted
    pools = {arm.name: arm.needs["pretrain"].params.regions for arm in square if arm.needs}
    assert pools["pretrained on the other continent probed"] == ("germany", "france")
    assert len(pools["pretrained on all regions probed"]) == 4
    assert len({arm.needs["pretrain"].params.sizes.unlabelled for arm in square if arm.needs}) == 1


def test_real_and_simulated_regions_meet_in_bands_and_dates():
    budget = BUDGETS["quick"]
    shared = aligned(budget, ["germany", "brandenburg"])
    assert {encoder_for(shared, region) for region in ("germany", "brandenburg")} == {encoder_for(budget, "brandenburg")}
    assert sizes_for(shared, "brandenburg") == sizes_for(budget, "brandenburg")  # so its own arms stay the same arms
    shared = aligned(budget, ["germany", "romania"])
    assert len(sizes_for(shared, "germany").bands) == 6
    assert sizes_for(shared, "romania") == sizes_for(budget, "romania")
    assert aligned(budget, ["germany", "ghana"]) == budget


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
@pytest.mark.parametrize("pool", [("germany", "romania"), ("romania", "ghana", "germany"), ("germany", "brandenburg")])
def test_a_pool_of_real_and_simulated_regions_has_bands_that_all_have(profile, pool):
    sizes = pretrain_arm(aligned(BUDGETS[profile], pool), pool, 0).params.sizes
    assert len({region_bands(region, sizes) for region in pool}) == 1
    assert pretrain_arm(BUDGETS[profile], ("germany", "ghana"), 0).params.sizes.bands is None


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_a_real_region_of_the_square_exchanges_nothing_more(profile):
    arms = ee3.plan(check(ee3.Parameters, {"profile": profile, "regions": ["germany", "ghana", "romania"]}))
    assert_told_apart(arms)
    assert {"pretrained on germany probed", "pretrained on all regions probed"} <= {
        arm.name for arm in arms if arm.params.region == "romania"
    }
    assert "pretrained on romania probed" in {arm.name for arm in arms if arm.params.region == "germany"}
    exchanged = {arm.params.region for arm in arms if arm.name == "pretrained on simulated regions probed"}
    assert exchanged == ({"brandenburg"} if profile == "full" else set())


def test_without_simulated_regions_nothing_is_exchanged_and_no_shared_bands_are_asked_for(tmp_path):
    paths = [photo_folder(tmp_path / name, title=name) for name in ("here", "there")]
    change = {"pretrain.temperature": 0.2}
    params = check(ee3.Parameters, {"profile": "quick", "regions": paths, "change": change})  # colours, of which Romania has none
    assert len({arm.params.region for arm in ee3.plan(params)}) == 2


def test_distance():
    assert distance("ghana", "ghana") == "same region"
    assert distance("ghana", "south_sudan") == "same continent"
    assert distance("ghana", "germany") == "other continent"
    assert distance("somewhere.yaml", "germany") == "other region"


def test_an_ablation_changes_its_factor_and_nothing_else():
    for factor in FACTORS:
        where = "romania" if any(level.only == "real" for level in FACTORS[factor]) else "germany"
        arms = ee4.plan(check(ee4.Parameters, {"profile": "quick", "factor": factor, "seeds": [0], "regions": [where]}))
        default = next(arm for arm in arms if arm.name == "pretrained probed")
        changed = [arm for arm in arms if arm.name.startswith(f"{factor} = ")]
        assert len(changed) == len(FACTORS[factor])
        for arm in changed:
            made, base = arm.needs["pretrain"].params, default.needs["pretrain"].params
            assert made != base, arm.name
            assert arm.params.recipe == default.params.recipe
            assert arm.params.fraction == default.params.fraction
            other_data = arm.params.sizes != default.params.sizes
            assert other_data == any(one.name == f"random, {arm.name}" for one in arms), "changed data need a random start of their own"
            assert other_data or made.sizes == base.sizes or factor == "unlabelled"


def test_a_factor_that_says_nothing_of_a_region_is_left_out_there():
    for factor, where, needed in (("same_ground", "ghana", "a real region"), ("cloud", "romania", "a simulated region of several dates")):
        with pytest.raises(InputError, match=f"factor: '{factor}' cannot be tried in '{where}': needs {needed}; set regions to others"):
            ee4.plan(check(ee4.Parameters, {"profile": "quick", "factor": factor, "regions": [where]}))
        both = check(ee4.Parameters, {"profile": "quick", "factor": factor, "regions": ["ghana", "romania"]})
        assert {arm.params.region for arm in ee4.plan(both) if arm.name.startswith(f"{factor} = ")} == {"ghana", "romania"} - {where}
    names = ("ghana", "romania")
    shown = {one: [row["factor"] for row in ee4.choices(check(ee4.Parameters, {"profile": "full", "regions": [one]}))] for one in names}
    assert "cloud" in shown["ghana"] and "same ground" not in shown["ghana"]
    assert "same ground" in shown["romania"] and "cloud" not in shown["romania"]


def test_every_choice_of_the_contrast_has_a_factor():
    changed = {name for levels in FACTORS.values() for level in levels for name in (*level.recipe, *level.views)}
    extra = {"steps", "views", "objective", "momentum", "queue", "global_weight", "lr", "weight_decay"}
    masked = {"hidden_dates", "hidden_patches", "patch"}
    assert set(PretrainSettings.model_fields) - extra - masked <= changed
    assert {"min_overlap", "crop", "flips", "dates", "gain", "noise", "band_drop", "date_drop", "level"} <= changed


@pytest.mark.parametrize(("profile", "longest"), [("quick", 2), ("full", 4)])
def test_a_length_changes_the_steps_of_pretraining_and_nothing_else(profile, longest):
    params = check(ee7.Parameters, {"profile": profile, "seeds": [0], "regions": ["germany"]})
    arms, usual = ee7.plan(params), pretrain_recipe(BUDGETS[profile], "germany").steps
    made = {arm.needs["pretrain"].params.recipe.steps: arm for arm in arms if arm.needs}
    assert sorted(made) == ee7.steps_of(params)["germany"] == [usual // 4, usual, longest * usual]
    assert {steps for steps, arm in made.items() if arm.experiment == ee7.NAME} == {usual // 4, longest * usual}
    trained = [arm.needs["pretrain"].params for arm in made.values()]
    assert len({str(one.model_copy(update={"recipe": one.recipe.model_copy(update={"steps": 0})})) for one in trained}) == 1
    assert {arm.key for arm in arms if arm.experiment != ee7.NAME} <= keys(ee1, profile=profile).keys()


def test_lengths_are_multiples_of_the_steps_that_are_asked_for():
    params = check(ee7.Parameters, {"lengths": [3, 0.001, 1], "pretrain_steps": 10, "regions": ["brandenburg", "ghana"]})
    assert ee7.steps_of(params) == {"brandenburg": [1, 10, 30], "ghana": [1, 10, 30]}


@pytest.mark.parametrize(("profile", "region", "longer"), [("quick", "germany", 2), ("full", "germany", 4), ("full", "brandenburg", 4)])
def test_a_longer_fine_tuning_is_the_same_for_both_starts_and_differs_in_its_steps_only(profile, region, longer):
    params = check(ee8.Parameters, {"profile": profile, "seeds": [0], "regions": [region], "fractions": [0.1], "lengths": [4, 1]})
    arms = {arm.name: arm for arm in ee8.plan(params)}
    tuned = {name: arm for name, arm in arms.items() if arm.recipe == "segment"}
    assert set(tuned) == {f"{start}{length} fine-tuned" for start in ("random", f"pretrained x {longer}") for length in ("", " tuned x 4")}
    usual = segment_recipe(BUDGETS[profile], region).steps
    assert [arm.params.recipe.steps for arm in tuned.values()] == [usual, usual, 4 * usual, 4 * usual]
    assert ee8.steps_of(params) == {region: [usual, 4 * usual]}
    blank = {"recipe": tuned["random fine-tuned"].params.recipe, "init": "random"}
    assert len({str(arm.params.model_copy(update=blank)) for arm in tuned.values()}) == 1
    other = {"profile": profile, "seeds": [0], "regions": [region], "fractions": [0.1]}
    known = keys(ee7, **other, lengths=[1, longer])
    assert {arm.key for arm in arms.values() if arm.experiment != ee8.NAME} <= known.keys()
    assert {arm.name for arm in arms.values() if arm.experiment == ee8.NAME} == {name for name in arms if "tuned x" in name}


def test_the_length_of_pretraining_reaches_what_is_fine_tuned():
    params = check(ee8.Parameters, {"pretrain_length": 3, "pretrain_steps": 10, "finetune_steps": 7, "lengths": [2, 1], "seeds": [0]})
    arms = [arm for arm in ee8.plan(params) if arm.needs]
    assert {arm.needs["pretrain"].params.recipe.steps for arm in arms} == {30}
    assert {arm.params.recipe.steps for arm in arms if arm.recipe == "segment"} == {7, 14}


def test_levels_that_need_several_dates_are_left_out_where_there_is_one():
    asked = {"profile": "quick", "factor": "dates", "seeds": [0]}
    arms = ee4.plan(check(ee4.Parameters, asked | {"regions": ["brandenburg", "germany"]}))
    assert {arm.name for arm in arms if arm.params.region == "brandenburg"} == {"random probed", "pretrained probed"}
    with pytest.raises(InputError, match="factor: 'dates' cannot be tried in 'brandenburg': needs a region of several dates"):
        ee4.plan(check(ee4.Parameters, asked | {"regions": ["brandenburg"]}))


def test_methods_share_budget_labels_and_readings():
    arms = ee5.plan(check(ee5.Parameters, {"profile": "quick", "seeds": [0]}))
    probes = {arm.name.removesuffix(" probed"): arm for arm in arms if arm.recipe == "probe"}
    assert set(METHODS) - {"embedding_earth"} <= probes.keys()
    recipes = [arm.needs["pretrain"].params.recipe for name, arm in probes.items() if name in METHODS or name == "pretrained"]
    assert len({(recipe.steps, recipe.batch_size, recipe.views) for recipe in recipes}) == 1
    assert len({(arm.params.fraction, arm.params.recipe, arm.params.sizes) for arm in probes.values()}) == 1
    taught = probes["supervised on france"].needs["pretrain"]
    assert (taught.recipe, taught.params.region, taught.params.fraction, taught.params.init) == ("segment", "france", 1.0, "random")
    assert taught.key in keys(ee1, profile="quick")
    assert {arm.params.classifier for arm in arms if arm.recipe == "pixels"} == {"forest", "boosting"}


def test_published_weights_take_part_where_a_file_is_named(tmp_path):
    file = tmp_path / "weights.pth"
    file.touch()
    named = ee5.plan(check(ee5.Parameters, {"seeds": [0], "published_file": str(file)}))
    chosen = [arm for arm in named if arm.name.startswith("published")]
    assert {arm.params.published.file for arm in chosen} == {str(file)}
    assert not any(arm.name.startswith("published") for arm in ee5.plan(check(ee5.Parameters, {"seeds": [0]})))


def test_alternatives_that_are_left_out_are_named_with_the_reason(tmp_path):
    (tmp_path / "weights.pth").touch()
    named = {"published_file": str(tmp_path / "weights.pth")}
    assert ee5.left_out(check(ee5.Parameters, {"profile": "quick", **named})) == []
    params = check(ee5.Parameters, {"profile": "quick", "regions": ["ghana", "romania", "brandenburg"], "seeds": [0]})
    lines = ee5.left_out(params)
    assert "supervised on ghana is left out in ghana: it is the region itself" in lines
    assert any(line.startswith("supervised on france is left out in romania: its network reads bands B02, B03, B04, B05") for line in lines)
    assert "supervised on ghana is left out in brandenburg: its network reads 8 dates at a time, the one of brandenburg 1" in lines
    assert lines[-1].startswith("published weights are left out in ") and "published_file names no file" in lines[-1]
    planned = {(arm.params.region, arm.name.removesuffix(" probed")) for arm in ee5.plan(params) if arm.recipe == "probe"}
    for region in ("ghana", "romania", "brandenburg"):
        for teacher in ("france", "ghana"):
            told = any(f"supervised on {teacher} is left out in {region}:" in line for line in lines)
            assert told != ((region, f"supervised on {teacher}") in planned)
    fewer = ee5.left_out(check(ee5.Parameters, {**named, "change": {"extent.methods": ["simclr"]}}))
    assert "moco is left out: it is not among extent.methods" in fewer and not any(line.startswith("simclr") for line in fewer)


def test_networks_are_named_and_run_where_they_are_asked_for():
    arms = ee1.plan(check(ee1.Parameters, {"encoders": ["tsvit", "unet3d"], "regions": ["ghana"], "seeds": [0], "fractions": [1.0]}))
    assert {network(arm) for arm in arms} == {"tsvit", "unet3d"}
    assert {network(arm.needs["pretrain"]) for arm in arms if arm.needs} == {"tsvit", "unet3d"}


@pytest.mark.parametrize(
    ("module", "values", "word"),
    [
        (ee1, {"encoders": ["unet3"]}, "'unet3d'"),
        (ee4, {"factor": "temprature"}, "'temperature'"),
        (ee2, {"fractions": [0.0]}, "fraction"),
        (ee5, {"published": "x"}, "'published_file'"),
        (ee6, {"region": ["ghana"]}, "'regions'"),
        (ee7, {"lengths": [0.0, 1.0]}, "above 0"),
        (ee7, {"lengths": [4]}, "two lengths"),
        (ee7, {"lengths": [2, 2]}, "twice"),
        (ee8, {"lengths": [1]}, "two lengths"),
        (ee8, {"pretrain_length": 0.0}, "pretrain_length"),
    ],
)
def test_every_mistake_is_named(module, values, word):
    with pytest.raises(InputError, match=word):
        check(module.Parameters, values)


def test_regions_without_a_common_band_are_refused(monkeypatch):
    from eelib.study import budgets

    bands = {"germany": ("B02",), "ghana": ("B08",)}
    monkeypatch.setattr(budgets, "region_bands", lambda region, sizes: bands[region])
    with pytest.raises(InputError, match="share no band"):
        aligned(BUDGETS["smoke"], ["germany", "ghana"])


def test_a_pool_is_one_arm_with_the_data_of_all():
    arm = pretrain_arm(BUDGETS["smoke"], ["germany", "ghana"], 0)
    assert set(arm.data) == {"germany", "ghana"}
    assert arm.params.regions == ("germany", "ghana")
    assert arm.params.recipe == pretrain_recipe(BUDGETS["smoke"], "germany")
    assert probe_arm(BUDGETS["smoke"], "germany", RANDOM, 1.0, 0).needs == {}
