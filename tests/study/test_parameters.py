"""Parameters: strict, and the same from every side."""

import pytest

from eelib.errors import InputError
from eelib.study.budgets import BUDGETS
from eelib.study.experiments.ee1_regions import EXTENTS, Parameters, plan
from eelib.study.parameters import check, parse_assignments, validate


def test_lists_of_notebooks_and_yaml_become_tuples():
    params = check(Parameters, {"seeds": [1, 2], "fractions": [0.5]})
    assert params.seeds == (1, 2)
    assert params.fractions == (0.5,)


def test_a_notebooks_own_names_are_no_parameters():
    namespace = {"profile": "smoke", "_i1": "x", "In": [], "Out": {}, "pytest": pytest, "check": check, "Parameters": Parameters}
    assert validate(Parameters, namespace).profile == "smoke"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"sead": 1}, "'seeds'"),
        ({"profile": "quik"}, "'profile'"),
        ({"seeds": "0"}, "'seeds'"),
        ({"regions": "x.yaml"}, r"'regions': give a list, as in \[x\.yaml\], got 'x\.yaml'"),
        ({"seeds": [0.5]}, "'seeds"),
        ({"seeds": [True]}, "'seeds"),
        ({"seeds": []}, "at least one"),
        ({"regions": ["ghana", "ghana"]}, "twice"),
        ({"regions": ["atlantis"]}, "atlantis"),
        ({"fractions": [1.5]}, "fraction"),
        ({"fractions": []}, "fraction"),
        ({"fractions": [0.1, 0.1]}, "'fractions'.*twice"),
        ({"encoders": ["tsvit", "tsvit"]}, "'encoders'.*twice"),
        ({"finetune_steps": 0}, "'finetune_steps'"),
    ],
)
def test_every_mistake_is_named(values, word):
    with pytest.raises(InputError, match=word):
        validate(Parameters, values)


def test_they_cannot_be_changed_afterwards():
    with pytest.raises(Exception, match="frozen"):
        Parameters().profile = "full"


def test_assignments_are_yaml():
    assert parse_assignments(["seeds=[0, 1]", "profile=quick", "regions=null"]) == {"seeds": [0, 1], "profile": "quick", "regions": None}


@pytest.mark.parametrize("profile", BUDGETS)
def test_every_profile_plans_the_same_comparison(profile):
    extent = EXTENTS[profile]
    arms = plan(Parameters(profile=profile))
    cases = len(extent.regions) * len(extent.seeds) + len(extent.networks) * len(extent.network_regions) * len(extent.network_seeds)
    assert len(arms) == cases * 2 * 5
    assert len({arm.key for arm in arms}) == len(arms)
    assert len(extent.seeds) >= (5 if profile in ("full", "paper") else 2)


def test_both_starts_get_the_same_budget():
    """Arms that are compared differ in their start and in nothing else."""
    arms = plan(Parameters(profile="quick"))
    random, pretrained = ([arm for arm in arms if arm.name.startswith(f"{init} ")] for init in ("random", "pretrained"))
    for one, other in zip(random, pretrained, strict=True):
        assert one.params.model_dump() | {"init": "pretrained"} == other.params.model_dump()
        assert (one.seed, one.data) == (other.seed, other.data)
        assert set(other.needs) == {"pretrain"}
        assert other.needs["pretrain"].seed == other.seed
        assert other.needs["pretrain"].params.regions == (other.params.region,)
        assert other.needs["pretrain"].params.encoder == other.params.encoder


def test_one_pretraining_serves_every_label_share_and_reading():
    arms = plan(Parameters(profile="quick"))
    assert len({arm.needs["pretrain"].key for arm in arms if arm.needs}) == 6 * len(EXTENTS["quick"].seeds)


def test_overrides_reach_the_arms():
    arms = plan(Parameters(pretrain_steps=7, finetune_steps=9, seeds=(5,), regions=("ghana",)))
    assert {arm.seed for arm in arms} == {5}
    assert {arm.params.region for arm in arms} == {"ghana"}
    assert {arm.params.recipe.steps for arm in arms if arm.recipe == "segment"} == {9}
    assert {arm.needs["pretrain"].params.recipe.steps for arm in arms if arm.needs} == {7}
