"""Plans of the image-text notebooks: what they share, and what an equal budget means."""

import importlib

import pytest
from pair_files import class_folder, picture

from eelib.data.pairs.settings import FaultDoses
from eelib.errors import InputError
from eelib.settings_pairs import TERMS
from eelib.study.arm import with_needs
from eelib.study.experiments import clip1_supervision as clip1
from eelib.study.pair_arms import fingerprints, prompts_of, score_arm, standard, train_arm, variants
from eelib.study.pair_budgets import PAIR_BUDGETS
from eelib.study.parameters import check
from eelib.study.table import rows

NAMES = [row.experiment for row in rows() if row.family == "CLIP-benchmark"]
every = pytest.mark.parametrize("name", NAMES)


def planned(name, profile="quick", **values):
    module = importlib.import_module(f"eelib.study.experiments.{name}")
    return module.plan(check(module.Parameters, {"profile": profile, **values}))


def trainings(arms):
    return [arm for arm in with_needs(arms) if arm.recipe == "pair_train"]


@every
@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_no_arm_is_planned_twice_and_every_score_has_its_training(name, profile):
    arms = planned(name, profile)
    assert len({arm.key for arm in arms}) == len(arms)
    assert all(arm.recipe == "pair_score" and arm.needs["train"].seed == arm.seed for arm in arms)
    assert len({arm.seed for arm in arms}) >= 2


@pytest.mark.parametrize(("profile", "seeds"), [("quick", 3), ("full", 5)])
def test_clip1_runs_five_methods_on_two_encoders_with_enough_seeds(profile, seeds):
    arms = planned("clip1_supervision", profile)
    cells = {(arm.needs["train"].name, arm.needs["train"].params.image.name) for arm in arms}
    assert len(cells) == 10
    assert len({arm.seed for arm in arms}) >= seeds


def test_under_the_unified_recipe_methods_differ_in_their_method_alone():
    arms = [arm for arm in trainings(planned("clip1_supervision")) if arm.seed == 0 and arm.params.image.name == "vit_tiny"]
    assert len({arm.params.recipe.model_dump_json() for arm in arms}) == len({arm.params.data.model_dump_json() for arm in arms}) == 1
    assert {view for arm in arms for view in arm.params.method.views} == {"satellite"}


def test_every_model_is_scored_on_the_same_clean_pairs():
    scored = {arm.params.data.model_dump_json() for name in NAMES for arm in planned(name, pairs=["germany"])}
    assert len(scored) == 1


def test_a_change_that_changes_nothing_is_the_same_record():
    budget = PAIR_BUDGETS["quick"]
    setup = standard(budget, "clip", "vit", "germany")
    same = setup.sized("clip3_data", "clip, v2", version="v2")
    other = setup.sized("clip3_data", "clip", version="v1")
    assert score_arm(budget, same, 0).key == score_arm(budget, setup, 0).key
    assert train_arm(other, 0).key != train_arm(setup, 0).key
    assert str(score_arm(budget, other, 0)).startswith("clip3_data/")


def test_every_dose_of_noise_has_as_many_pairs_as_clean_captions():
    """Of a finite set V1 is cut to what the filter leaves, of an endless one it is not: only there a dose is one of V1's."""

    def versions(pairs):
        sizes = [arm.params.data.sizes for arm in trainings(planned("clip3_data", "full", pairs=[pairs]))]
        assert {one.version for one in sizes if one.doses == FaultDoses()} == {"clean", "v1", "v2"}
        return {one.version for one in sizes if one.doses != FaultDoses()}

    assert versions("emoji") == {"spoilt"}
    assert versions("germany") == {"v1"}


def test_only_a_share_of_the_tokens_has_a_revised_recipe():
    """That share is of the kept tokens since; all other arms keep the keys that they had."""
    base = standard(PAIR_BUDGETS["quick"], "filip", "vit", "germany")
    recipes = {
        choices: train_arm(base.rebuilt("clip6_details", **dict(choices)), 0).identity["recipe"].partition("@")[2]
        for choices in (
            (),
            (("select", "topk"),),
            (("select", "ratio"), ("select_k", 0.25)),
            (("select", "ratio"), ("select_k", 0.25), ("count_pads", True)),  # where pads are words a share of all is what it was
        )
    }
    assert list(recipes.values()) == ["2", "2", "2.1", "2"]
    clip = standard(PAIR_BUDGETS["quick"], "clip", "vit", "germany").rebuilt("clip6_details", select="ratio", select_k=0.25)
    assert train_arm(clip, 0).identity["recipe"] == "pair_train@2", "a method without token-wise alignment selects nothing"


def test_changed_choices_are_validated():
    setup = standard(PAIR_BUDGETS["smoke"], "clip", "vit", "germany")
    with pytest.raises(ValueError, match="weights are 0"):
        setup.rebuilt("clip5_terms", weights=dict.fromkeys(TERMS, 0.0))


def test_the_samples_of_the_notebook_are_those_of_every_training():
    assert {arm.params.recipe.samples for arm in trainings(planned("clip1_supervision", samples=128))} == {128}


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"methods": ["decip"]}, "'declip'"),
        ({"encoders": ["vitt"]}, "'vit'"),
        ({"encoders": ["vit", "vit"]}, "twice"),
        ({"pairs": ["atlantis"]}, "atlantis"),
        ({"pairs": ["germany", "germany"]}, "'pairs'.*twice"),
        ({"regions": ["germany"]}, "'regions'.*pairs"),
        ({"samples": 0}, "'samples'"),
        ({"test_pairs": "germny"}, "germany"),
    ],
)
def test_every_mistake_is_named(values, word):
    with pytest.raises(InputError, match=word):
        check(clip1.Parameters, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("clip3_data", {"kinds": ["language", "language"]}),
        ("clip3_data", {"doses": [0.2, 0.2]}),
        ("clip6_details", {"details": ["pads", "pads"]}),
    ],
)
def test_nothing_is_given_twice(name, values):
    with pytest.raises(InputError, match=f"'{next(iter(values))}'.*none twice"):
        planned(name, **values)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A table of pictures with four captions, each many times, and a folder of two classes; named as in the folder they lie in."""
    lines = ["file,kind,text"]
    for n in range(60):
        picture(tmp_path / "images" / f"{n}.png", (3 * n, 80, 120))
        lines.append(f"{n}.png,{'abcd'[n % 4]},a field of kind {'abcd'[n % 4]} beside the road")
    (tmp_path / "captions.csv").write_text("\n".join(lines))
    head = "title: Mine\ndescription: Of a test\n"
    table = f"name: mine\nkind: image-text-table\n{head}table: captions.csv\nfolder: images\npath_column: file\ncaption_column: text\n"
    (tmp_path / "pairs.yaml").write_text(table)
    (tmp_path / "with_classes.yaml").write_text(f"{table}class_column: kind\n")
    class_folder(tmp_path / "places")
    (tmp_path / "places.yaml").write_text(f"name: places\nkind: class-folder\n{head}folder: places\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_own_captions_are_learnt_as_they_are(own):
    with pytest.raises(InputError, match=r"pairs\.yaml: has captions and no classes to score by; name its class_column"):
        planned("clip1_supervision", pairs=["pairs.yaml"])
    arms = planned("clip1_supervision", pairs=["pairs.yaml"], test_pairs="places.yaml")
    assert {arm.params.data.sizes.version for arm in trainings(arms)} == {"clean"}
    assert {arm.params.data.sets for arm in trainings(arms)} == {(str(own / "pairs.yaml"),)}  # wherever the notebook runs


def test_v1_against_v2_of_own_captions_needs_some_that_differ(own):
    with pytest.raises(InputError, match=r"keeps 0 of 4[0-9] captions of mine, 2 are wanted .removed: boilerplate"):
        planned("clip3_data", pairs=["pairs.yaml"], test_pairs="places.yaml")
    table = (own / "captions.csv").read_text().splitlines()
    longer = (f"{row} and the house of family {'abcdefgh'[n % 8]}{'ijklmnop'[n // 8]}" for n, row in enumerate(table[1:]))
    (own / "captions.csv").write_text("\n".join([table[0], *longer]))
    versions = {arm.params.data.sizes.version for arm in trainings(planned("clip3_data", pairs=["pairs.yaml"], test_pairs="places.yaml"))}
    assert versions == {"clean", "v1", "v2"}
    assert not any(
        arm.params.data.sizes.doses.wrong_image == 0.5
        for arm in trainings(planned("clip3_data", pairs=["pairs.yaml"], test_pairs="places.yaml"))
    )


@every
def test_every_model_can_be_scored_on_another_set(own, name):
    arms = planned(name, "smoke", pairs=["pairs.yaml" if name != "clip3_data" else "germany"], test_pairs="places.yaml")
    assert {arm.params.data.sets for arm in arms} == {(str(own / "places.yaml"),)}
    assert {arm.params.data.sizes.bands for arm in arms} == {arm.params.data.sizes.bands for arm in trainings(arms)} == {"rgb"}


def test_the_set_that_scores_does_not_change_a_training(own):
    one, other = (trainings(planned("clip1_supervision", pairs=["with_classes.yaml"], test_pairs=name)) for name in (None, "places.yaml"))
    assert {arm.key for arm in one} == {arm.key for arm in other}


def test_pairs_without_a_label_in_the_test_are_refused_before_anything_is_trained(own):
    head, *rows = (own / "captions.csv").read_text().splitlines()
    parts = [("train", "val", "test")[n % 3] for n in range(len(rows))]
    lines = [f"{row if part != 'test' else ',,'.join(row.split(',')[::2])},{part}" for row, part in zip(rows, parts, strict=True)]
    (own / "captions.csv").write_text("\n".join([f"{head},part", *lines]))
    with (own / "with_classes.yaml").open("a") as manifest:
        manifest.write("split_column: part\n")
    with pytest.raises(InputError, match=r"with_classes\.yaml: no pair of the test has a class to score by; label some"):
        planned("clip1_supervision", pairs=["with_classes.yaml"])


def test_released_colour_changes_are_for_colours(own):
    text = (own / "with_classes.yaml").read_text()
    for channels, view in (((3, 2, 1), "moco"), ((1,), "moco_bands"), ((1, 2, 3, 1), "moco_bands")):
        (own / "with_classes.yaml").write_text(f"{text}channels: {list(channels)}\n")
        arms = trainings(planned("clip2_recipe", "smoke", pairs=["with_classes.yaml"], methods=["slip"]))
        seen = {one for arm in arms for one in arm.params.method.views}
        assert view in seen and not {"moco", "moco_bands"} - {view} & seen, channels


def test_satellites_are_spoken_of_where_the_set_does(own):
    budget = PAIR_BUDGETS["quick"]
    assert "satellite1" not in prompts_of(budget, "with_classes.yaml") + prompts_of(budget, "emoji")
    with (own / "with_classes.yaml").open("a") as manifest:
        manifest.write("prompts: satellite8\n")
    assert "satellite1" in prompts_of(budget, "with_classes.yaml") and "satellite1" in prompts_of(budget, "romania")


def test_planning_with_the_emoji_reads_no_picture():
    data = train_arm(standard(PAIR_BUDGETS["smoke"], "clip", "vit", "emoji"), 0).params.data
    other = data.model_copy(update={"sizes": data.sizes.model_copy(update={"size": 64})})
    assert fingerprints(data) != fingerprints(other)  # there is no copy in the folder of this test


def test_the_other_region_of_the_robustness_test_is_on_the_other_continent():
    assert [variants(name)[2].sets for name in ("germany", "ghana")] == [("ghana",), ("germany",)]
    assert [variant.name for variant in variants("emoji")] == ["sensor noise"]


def test_gathered_rows_need_their_gradient():
    from eelib.study.experiments.clip6_details import gather_gradients

    found = gather_gradients()
    assert found["with gradient"] == pytest.approx((1, 1))
    cosine, ratio = found["without gradient"]
    assert cosine < 0.999 and ratio < 0.99


def test_every_detail_changes_its_training():
    from eelib.study.experiments.clip6_details import DETAILS

    for detail in DETAILS.values():
        base = standard(PAIR_BUDGETS["smoke"], detail.method, "vit", "germany")
        assert train_arm(detail.of(base), 0).key != train_arm(base, 0).key, detail.label


def test_the_ladder_of_declip_has_each_term_once_on_both_sides():
    from eelib.study.experiments.clip5_terms import ladders

    steps = ladders([standard(PAIR_BUDGETS["smoke"], "declip", "vit", "germany")])
    labels = [setup.label for setup in steps]
    assert len(set(labels)) == len(labels) == 1 + 5 + 1 + 4
    alone = next(setup for setup in steps if setup.label.endswith("alone"))
    assert alone.method.texts == ("caption", "augmented") and alone.method.weights.clip == 0.1


def test_terms_that_are_not_chosen_stay_where_they_are():
    from eelib.study.experiments.clip5_terms import ladders

    labels = [setup.label for setup in ladders([standard(PAIR_BUDGETS["smoke"], "declip", "vit", "germany")], ("neighbours", "tokens"))]
    assert labels == ["declip", "declip, without neighbours", "declip, clip alone", "declip, clip and neighbours"]
    with pytest.raises(InputError, match="'neighbours'"):
        planned("clip5_terms", change={"extent.terms": ["neighbour"]})
    with pytest.raises(InputError, match=r"extent\.terms.*none twice"):
        planned("clip5_terms", change={"extent.terms": ["image", "image"]})


def test_a_term_that_two_methods_add_to_the_first_is_compared_once():
    from eelib.study.experiments.clip5_terms import ladders

    labels = [setup.label for setup in ladders(standard(PAIR_BUDGETS["smoke"], name, "vit", "germany") for name in ("declip", "defilip"))]
    added = {label for label in labels if ", clip and " in label}
    assert added == {f"declip, clip and {term}" for term in ("multi_view", "image", "text", "neighbours")} | {"defilip, clip and tokens"}
    assert {"declip, clip alone", "defilip, clip alone"} <= set(labels)
