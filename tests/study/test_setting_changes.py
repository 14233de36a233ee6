"""The parameter ``change``: any setting of a notebook by its dotted name."""

import json
from typing import Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from eelib.errors import InputError
from eelib.settings import PretrainSettings, RegionSizes, SegmentSettings
from eelib.study.arm import with_needs
from eelib.study.budgets import BUDGETS
from eelib.study.changes import changed, flat
from eelib.study.execute import run
from eelib.study.experiments import bridge1_language_init, clip1_supervision, data_tour, ee1_regions
from eelib.study.extent import budget_of
from eelib.study.factors import FACTORS
from eelib.study.pair_arms import standard
from eelib.study.pair_budgets import pair_budget
from eelib.study.parameters import parse_assignments
from eelib.study.table import row, rows

# Values of the settings for which the one that is made up below would not be valid; with what else they need.
MOMENTUM, DECLIP, VIEWS = {"pretrain.branch": "momentum"}, {"extent.methods": ["declip"]}, {"method.views": ["base", "base", "base"]}
NETWORK = {"extent.networks": ["convbigru"], "extent.network_regions": ["germany"], "extent.network_seeds": [3]}
VALUES = {
    "sizes.bands": (["B02", "B03"], {}),
    "real.bands": (["B02", "B03"], {}),
    "sizes.window": (20, {}),
    "sizes.size": (64, {}),
    "real.window": (12, {}),
    "real.num_dates": (6, {}),
    "encoder.name": ("convbigru", {}),
    "encoder.num_dates": (3, {}),
    "pretrain.objective": ("vicreg", {"pretrain.views.dates": "same"}),
    "pretrain.queue": (16, MOMENTUM),
    "pretrain.views.dates": ("same", {}),
    "pretrain.views.size": (8, {}),
    "pretrain.views.num_dates": (2, {}),
    "single_date.view_size": (8, {}),
    "segment.size": (8, {}),
    "extent.regions": (["ghana", "france"], {}),
    "extent.fractions": ([0.5], {"extent.finetuned": [0.5]}),
    "extent.networks": (["tsvit"], NETWORK),
    "extent.network_regions": (["ghana"], NETWORK | {"extent.regions": ["germany", "ghana"]}),
    "extent.network_seeds": ([5], NETWORK),
    "extent.exchanged": (["romania"], {}),
    "extent.receivers": (["germany"], {"extent.exchanged": ["romania"]}),
    "extent.probe_exchange": (True, {"extent.exchanged": ["romania"]}),
    "extent.factors": (["flips"], {}),
    "extent.methods": (["defilip"], {}),
    "extent.finetuned": ([], {}),
    "extent.teachers": (["france"], {}),
    "extent.pairs": (["ghana"], {}),
    "extent.encoders": (["resnet"], {}),
    "extent.kinds": (["short"], {}),
    "extent.details": (["pads"], {}),
    "extent.terms": (["image"], {}),
    "vit": ("vit_small", {"extent.encoders": ["vit"]}),
    "resnet": ("resnet_small", {"extent.encoders": ["resnet"]}),
    "text.name": ("text_small", {}),
    "test_pairs": ("ghana", {"extent.pairs": ["germany"]}),
    "image.freeze_patch": (True, {"extent.encoders": ["vit"]}),
    "score.margin": (2.0, {}),
    "score.prompts": (["photo1"], {}),
    "score.variants": ([{"name": "fog", "sets": None, "cloud": 2.0, "noise": None}], {}),
    "conditions": (2, {"score.draws": 1}),
    "method.views": (VIEWS["method.views"], {}),
    "method.contrast_views": ([1, 2], VIEWS),
    "method.image_views": ([1, 0], DECLIP),
    "method.texts": (["masked", "caption"], {}),
    "method.synonyms": ("all", DECLIP | {"method.deletion": 0.2}),  # all is not written, for the sake of old keys
    "method.weights.image": (0.7, DECLIP),
    "method.weights.multi_view": (0.7, DECLIP),
}
TUNED = {"ee4_ablations": {"extent.finetuned": [1.0]}, "ee7_length": {"extent.finetuned": [1.0]}}  # which fine-tune nothing at smoke
EXCEPTIONS = {  # where a notebook needs another value
    ("ee4_ablations", "extent.finetuned"): ([1.0], {}),
    ("ee7_length", "extent.finetuned"): ([1.0], {}),
    ("ee8_finetuning", "extent.fractions"): ([0.5], {}),
    ("ee8_finetuning", "extent.lengths"): ([1.0, 3.0], {}),
    ("ee8_finetuning", "extent.pretrain_length"): (2.0, {}),
    ("ee5_baselines", "extent.methods"): (["simclr"], {}),
    ("ee4_ablations", "pretrain.objective"): ("vicreg", {"extent.factors": ["crop"]}),
    ("ee5_baselines", "pretrain.objective"): ("vicreg", {"extent.methods": ["pixpro"]}),
    ("ee5_baselines", "pretrain.queue"): (16, MOMENTUM | {"extent.methods": ["moco"]}),
    ("ee5_baselines", "pretrain.global_weight"): (0.3, {"extent.methods": ["densecl"]}),
    ("ee5_baselines", "pretrain.branch"): ("momentum", {"extent.methods": ["simclr"]}),
    ("ee5_baselines", "pretrain.positives"): ("feature", {"extent.methods": ["simclr"]}),
}

RENAMED = {
    "single_date.view_size": "size",
    "single_date.pretrain_steps": "steps",
    "single_date.finetune_steps": "steps",
    "vit": "name",
    "resnet": "name",
}


def leaves(model, prefix):
    """Dotted name to type of every field that is no model itself."""
    for name, field in model.model_fields.items():
        choices = get_args(field.annotation) if get_origin(field.annotation) in (Union, type(int | None)) else (field.annotation,)
        inner = next((item for item in choices if isinstance(item, type) and issubclass(item, BaseModel)), None)
        if inner:
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", next(item for item in choices if item is not type(None))


def another(kind, old):
    """Another value of a type, near the old one and so in range."""
    if get_origin(kind) is Literal:
        return next(item for item in get_args(kind) if item != old)
    if get_origin(kind) is tuple:
        return [another(get_args(kind)[0], item) for item in old or (None,)]
    if kind is bool:
        return not old
    if kind is int:
        return 8 if old is None else old + 4
    assert kind is float, f"give a value of type {kind} in VALUES"
    return old / 2 if old else 0.5


def value_at(settings, name):
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def before(experiment, params, name):
    """The value that a setting has without a change."""
    prefix = max((start for start in params.settings() if name.startswith(start)), key=len)
    short = name.removeprefix("language.")
    if prefix == "extent.":
        return value_at(params.extents["smoke"], name.removeprefix(prefix))
    if prefix.endswith(("method.", "image.")):
        return value_at(standard(pair_budget(clip1_supervision.Parameters()), "declip", "vit", "germany"), short)
    if prefix == "language.":
        return value_at(bridge1_language_init.pair_budget(params), short)
    if experiment == "data_tour":
        return value_at(data_tour.SMOKE, short.replace("real.", "sizes."))
    budget = pair_budget(params) if experiment.startswith("clip") else budget_of(params)
    return value_at(BUDGETS["quick"] if short.startswith(("real.", "single_date.")) else budget, short)


def plan_of(experiment, change, **more):
    """All that is planned, as text: parameters, names, seeds and data of all arms, and the sizes that the tour shows."""
    item = row(experiment)
    params = item.validated({"change": change, **more})
    if experiment == "data_tour":
        return json.dumps([data_tour.sizes(params, region).model_dump() for region in data_tour.plan_regions(params)])
    arms = with_needs(item.plan(params))
    return json.dumps([[arm.name, arm.seed, sorted(arm.data), arm.params.model_dump(mode="json")] for arm in arms])


def keys(experiment, change, **more):
    item = row(experiment)
    return [arm.key for arm in with_needs(item.plan(item.validated({"change": change, **more})))]


def proposals(experiment):
    """Every setting of a notebook: name, another value, changes that this value needs, and parameters under which it shows."""
    params, names = row(experiment).validated({}), set(row(experiment).model().changeable())
    for prefix, model in params.settings().items():
        for name, kind in leaves(model, prefix):
            short, more = name.removeprefix("language."), {}
            if (
                name not in names
                or name.endswith(".split")
                or (experiment.startswith("bridge") and name.startswith(("real.", "single_date.")))
            ):
                continue  # simulated regions have one split; captions of a real region need its files
            value, needs = EXCEPTIONS.get((experiment, name)) or VALUES.get(short) or (another(kind, before(experiment, params, name)), {})
            if name.startswith(("real.", "single_date.")):
                more = {
                    "regions": ["romania" if name.startswith("real.") else "brandenburg", *(["germany"] * (experiment == "ee3_transfer"))]
                }
            if short != name:
                more, needs = {"method": "declip"}, {f"language.{need}": needed for need, needed in needs.items() if "extent" not in need}
            yield name, value, needs, more


@pytest.mark.parametrize("experiment", [item.name for item in rows()])
def test_every_setting_reaches_what_is_planned(experiment):
    together, plans = {}, {}
    for name, value, needs, more in proposals(experiment):
        usual = TUNED.get(experiment, {}) if name != "extent.finetuned" else {}
        if not needs and not name.startswith("extent."):
            together.setdefault(json.dumps(more), dict(usual))[name] = value
            continue
        without = usual | {need: needed for need, needed in needs.items() if need != name}
        base = plans.setdefault(json.dumps([without, more]), plan_of(experiment, without, **more))
        assert plan_of(experiment, {**without, name: value}, **more) != base, f"{experiment}: {name} = {value} changes nothing"
    for more, changes in together.items():
        text = plan_of(experiment, changes, **json.loads(more))
        for name, value in changes.items():
            key = RENAMED.get(name.removeprefix("language."), name.rpartition(".")[2])
            written = f'"{key}": {json.dumps(value)}'
            assert name.startswith("extent.") or written in text or f"{written}.0" in text, (
                f"{experiment}: {written} of {name} does not arrive"
            )


def test_equal_changes_have_equal_keys_and_other_changes_others():
    before = keys("ee1_regions", None)
    assert keys("ee1_regions", {}) == before
    assert keys("ee1_regions", {"pretrain.temperature": 0.1, "probe.pixels": 1000}) == before, "what changes nothing is the same arm"
    dotted, nested = keys("ee1_regions", {"pretrain.temperature": 0.2}), keys("ee1_regions", {"pretrain": {"temperature": 0.2}})
    assert dotted == nested == keys("ee1_regions", parse_assignments(["change={pretrain.temperature: 2e-1}"])["change"])
    assert 0 < len(set(dotted) & set(before)) < len(before), "arms that do not pre-train are the same"
    before = keys("clip1_supervision", None)
    assert keys("clip1_supervision", {"method.select_k": 16, "method.temperature": 0.07}) == before
    assert not set(keys("clip1_supervision", {"method.select_k": 8})) & set(before)


@pytest.mark.parametrize("experiment", ["clip1_supervision", "clip2_recipe", "clip3_data", "clip5_terms", "clip6_details"])
def test_the_synonyms_of_old_records_are_one_change_away(experiment):
    def trained(change):
        arms = with_needs(row(experiment).plan(row(experiment).validated({"change": change})))
        return [arm for arm in arms if arm.recipe == "pair_train"]

    now, before = trained(None), trained({"method.synonyms": "all"})
    assert {arm.params.method.synonyms for arm in before} == {"all"}, "also where a method was made from another one"
    assert not any("synonyms" in arm.params.method.model_dump() for arm in before)
    assert trained({"method.synonyms": "known"}) == now
    edited = ["augmented" in arm.params.method.met_texts for arm in now]
    assert any(edited) and not all(edited)
    assert [one.key != other.key for one, other in zip(now, before, strict=True)] == edited


def test_switches_reach_every_method_under_both_recipes():
    def trained(change):
        item = row("clip2_recipe")
        arms = with_needs(item.plan(item.validated({"change": change})))
        return [arm.params for arm in arms if arm.recipe == "pair_train"]

    usual = trained(None)
    assert len({params.method.clamp for params in usual}) == len({params.recipe.weight_decay for params in usual}) == 2
    changed = trained({"method.clamp": "none", "method.heads.bank": 64, "recipe.weight_decay": 0.3, "recipe.lr": 0.01})
    assert {(params.method.clamp, params.method.heads.bank, params.recipe.weight_decay) for params in changed} == {("none", 64, 0.3)}
    assert {params.recipe.lr for params in changed} == {0.01, 0.005}, "released recipes keep their ratio to CLIP's rate"


def arms_of(change, **more):
    item = row("ee1_regions")
    return item.plan(item.validated({"profile": "quick", "change": change, **more}))


def recipe_of(change, region):
    return next(arm.needs["pretrain"].params for arm in arms_of(change, regions=[region]) if arm.needs)


def test_regions_with_one_date_follow_unless_they_are_named_themselves():
    general = {"pretrain.lr": 0.02, "pretrain.batch_size": 6, "pretrain.views.size": 16, "encoder.width": 12, "pretrain.steps": 33}
    for region in ("germany", "brandenburg"):
        found = recipe_of(general, region)
        assert (found.recipe.lr, found.recipe.batch_size, found.recipe.steps) == (0.02, 6, 33)
        assert (found.recipe.views.size, found.encoder.width) == (16, 12)
    own = general | {"single_date.lr": 0.03, "single_date.width": 20}
    assert (recipe_of(own, "brandenburg").recipe.lr, recipe_of(own, "brandenburg").encoder.width) == (0.03, 20)
    assert (recipe_of(own, "germany").recipe.lr, recipe_of(own, "germany").encoder.width) == (0.02, 12)
    steps = {arm.params.recipe.steps for arm in arms_of({"segment.steps": 7}, regions=["brandenburg"]) if arm.recipe == "segment"}
    assert steps == {7}


def test_sizes_are_those_of_real_regions_too_unless_these_are_named():
    for change, simulated, real in (({"sizes.test": 9}, 9, 9), ({"real.test": 9}, 40, 9), ({"sizes.test": 9, "real.test": 8}, 9, 8)):
        assert recipe_of(change, "germany").sizes.test == simulated
        assert recipe_of(change, "brandenburg").sizes.test == real
    item = row("ee1_regions")
    params = item.validated({"change": {"real.window": 12, "sizes.test": 5}})  # smoke has no sizes of its own for real regions
    assert (budget_of(params).real.window, budget_of(params).real.test, budget_of(params).sizes.window) == (12, 5, 16)


def test_asked_lengths_are_not_shortened_by_experiments_with_short_pretrainings():
    for experiment in ("ee4_ablations", "ee5_baselines"):
        item = row(experiment)
        plans = [item.plan(item.validated({"profile": "quick", "change": change})) for change in (None, {"pretrain.steps": 33})]
        steps = [{arm.needs["pretrain"].params.recipe.steps for arm in arms if arm.name == "pretrained probed"} for arms in plans]
        assert steps == [{80}, {33}]


@pytest.mark.parametrize(
    ("experiment", "change", "words"),
    [
        ("ee1_regions", {"pretrain.temprature": 1}, "unknown setting 'pretrain.temprature': did you mean 'pretrain.temperature'"),
        ("ee1_regions", {"lr": 1}, "did you mean 'pretrain.lr'"),
        ("ee1_regions", {"profile": "full"}, "unknown setting 'profile'"),
        ("ee1_regions", {"pretrain.lr": "fast"}, "change pretrain.lr: Input should be a valid number, got 'fast'"),
        ("ee1_regions", {"pretrain.steps": 2.5}, "change pretrain.steps: Input should be a valid integer"),
        ("ee1_regions", {"pretrain.lr": -1}, "change pretrain.lr: Input should be greater than 0, got -1"),
        ("ee1_regions", {"pretrain.queue": 8}, "change pretrain.queue: queue=8 needs branch='momentum'"),
        ("ee1_regions", {"pretrain": 3}, "change pretrain: give fields with their values"),
        ("ee1_regions", {"sizes.bands": "B02"}, r"change sizes\.bands: give a list, as in \[B02\], got 'B02'"),
        ("ee1_regions", {"pretrain.views.size": 16}, "change pretrain.views.size: at most 12 pixels"),
        ("ee1_regions", {"encoder.num_dates": 9}, "change encoder.num_dates: at most 8 dates"),
        ("ee1_regions", {"sizes.bands": ["B99"]}, "unknown band of region germany 'B99'"),
        ("ee1_regions", {"extent.networks": ["tsvit"], "encoder.width": 3}, "tsvit has 4 heads"),
        ("ee1_regions", {"extent.regions": ["atlantis"]}, "change extent.regions: 'regions': unknown region 'atlantis'"),
        ("ee1_regions", {"real": None, "real.test": 3}, "change real: give it or real.test, not both"),
        ("ee1_regions", {1: 2}, "Input should be a valid string"),
        ("ee1_regions", {"pretrain.lr": 1, "pretrain": {"lr": 2}}, "'pretrain.lr' stands twice"),
        ("ee3_transfer", {"extent.exchanged": ["atlantis"]}, "unknown region 'atlantis'"),
        ("ee4_ablations", {"extent.factors": ["temprature"]}, "did you mean 'temperature'"),
        ("ee4_ablations", {"pretrain.objective": "barlow", "extent.factors": ["positives"]}, "level positives = feature: "),
        ("ee5_baselines", {"extent.methods": ["simclear"]}, "did you mean 'simclr'"),
        ("ee5_baselines", {"pretrain.objective": "barlow"}, "method simclr: "),
        ("ee6_embeddings", {"segment.lrs": [0.1]}, "unknown setting 'segment.lrs'"),
        ("clip1_supervision", {"method.views": ["moco"]}, r"change method.views: contrast_views or image_views name view 2.*\(in slip\)"),
        ("clip1_supervision", {"score.prompts": ["photo7"]}, "change score.prompts: unknown prompt set 'photo7'"),
        ("clip1_supervision", {"vit": "resnet50"}, "change vit: unknown image encoder 'resnet50'"),
        ("clip1_supervision", {"sizes.bands": ["B99"]}, "unknown band 'B99'"),
        ("clip1_supervision", {"sizes.doses.web": 0.9}, "change sizes.doses: the doses add up to 1.34"),
        ("clip3_data", {"extent.kinds": ["shortt"]}, "did you mean 'short'"),
        ("bridge1_language_init", {"language.recipe.lrr": 1}, "did you mean 'language.recipe.lr'"),
    ],
)
def test_every_mistake_is_one_line_before_anything_runs(experiment, change, words):
    with pytest.raises(InputError, match=words) as error:
        row(experiment).validated({"change": change})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("parameter", "value", "setting"), [("seeds", [3], "extent.seeds"), ("pretrain_steps", 9, "pretrain.steps")])
def test_a_parameter_and_a_change_of_the_same_are_refused(parameter, value, setting):
    with pytest.raises(InputError, match=f"change {setting}: the parameter {parameter} sets this already"):
        row("ee1_regions").validated({parameter: value, "change": {setting: value}})


def test_settings_are_changed_together_and_stay_as_they_were_written():
    assert flat({"a": {"b": [1, [2]]}, "c": 3}) == {"a.b": (1, (2,)), "c": 3}
    before = PretrainSettings()
    after = changed(before, {"queue": 8, "branch": "momentum", "views.crop": False})
    assert (after.queue, after.branch, after.views.crop, before.queue) == (8, "momentum", False, 0)
    assert changed(before, {}) == changed(before, {"temperature": 0.1}) == before
    assert changed(SegmentSettings(), {"lrs": (1,)}).lrs == (1.0,)
    with pytest.raises(InputError, match=r"change here\.window: Input should be a multiple of 4"):
        changed(RegionSizes(), {"window": 30}, "here.")


def test_maps_are_left_out_where_nothing_is_fine_tuned():
    params = row("ee1_regions").validated({"change": {"extent.finetuned": []}})
    assert ee1_regions.example_runs(params) == {}


def test_views_of_all_dates_need_a_network_that_reads_as_many():
    change = {"pretrain.views.dates": "all"}
    with pytest.raises(InputError, match=r"have 16 dates, the network reads 8: set encoder.num_dates=16, or sizes.num_dates=8"):
        arms_of(change, regions=["germany"])
    views = recipe_of(change | {"encoder.num_dates": 16}, "germany").recipe.views
    assert (views.dates, views.num_dates) == ("all", 16)
    assert recipe_of(change | {"encoder.num_dates": 11}, "romania").recipe.views.num_dates == 11
    assert recipe_of(change, "brandenburg").recipe.views.dates == "same", "a single date is all there is"
    assert "all" not in [level.label for level in FACTORS["dates"]]


def test_views_that_need_more_dates_than_there_are_are_refused_before_anything_runs():
    with pytest.raises(InputError, match=r"two views of 8 dates need 16, series of region 'romania' have 11: set .* to at most 5"):
        arms_of({"pretrain.views.dates": "disjoint"}, regions=["romania"])
    assert recipe_of({"pretrain.views.dates": "disjoint", "pretrain.views.num_dates": 5}, "romania").recipe.views.num_dates == 5
    with pytest.raises(InputError, match="need 10, series of region 'germany' have 8"):
        row("ee4_ablations").validated({"factor": "dates", "change": {"encoder.num_dates": 5, "pretrain.views.num_dates": 5}})


def test_a_network_is_pretrained_on_all_dates(tmp_path, monkeypatch):
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path))
    change = {"pretrain.views.dates": "all", "encoder.num_dates": 8, "pretrain.steps": 2, "encoder.width": 2}
    item = row("ee1_regions")
    arms = item.plan(item.validated({"seeds": [0], "fractions": [1.0], "change": change}))
    (record,) = run([next(arm for arm in arms if arm.name == "pretrained probed")], jobs=1, quiet=True)
    assert 0 <= record["metrics"]["scores"]["miou"] <= 1
