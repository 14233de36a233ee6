"""V1 against V2 as the two data sets of the paper, on miniatures of them: same plan, records and table as with the downloads."""

import pytest
from pair_files import class_folder, shards

from eelib.data.manifests import manifest
from eelib.data.pairs.literature_files import pair_dataset_folder
from eelib.errors import InputError
from eelib.report.clip_benchmark.data import (
    amount_names,
    amount_rows,
    data_conclusion,
    dose_figure,
    dose_rows,
    filter_table,
    version_names,
    version_rows,
)
from eelib.report.clip_benchmark.judgements import versions_differ
from eelib.report.clip_benchmark.models import models
from eelib.report.clip_benchmark.tables import effect_table
from eelib.study.arm import with_needs
from eelib.study.execute import run
from eelib.study.experiments import clip1_supervision, clip3_data, clip4_text_depth, clip5_terms, clip6_details
from eelib.study.pair_arms import standard
from eelib.study.pair_budgets import pair_budget
from eelib.study.parameters import check

BOTH = ("yfcc15m_v1", "yfcc15m_v2")


@pytest.fixture
def literature(monkeypatch):
    """Both lists as shards, not of one size, and an ImageNet of two classes."""
    import open_clip

    for name, each in zip(BOTH, (40, 50), strict=True):
        shards(pair_dataset_folder(manifest(name)), each=each)
    monkeypatch.setattr(open_clip, "IMAGENET_CLASSNAMES", ["tench", "goldfish"])
    class_folder(pair_dataset_folder(manifest("imagenet")) / "val", ("n01440764", "n01443537"), count=30)


def planned(module, **values):
    params = check(module.Parameters, values)
    return params, module.plan(params)


def trained_on(arms):
    return {arm.needs["train"].params.data.sets for arm in arms}


@pytest.mark.parametrize("module", [clip4_text_depth, clip5_terms, clip6_details])
def test_at_paper_the_pairs_are_the_papers(literature, module):
    _, arms = planned(module, profile="paper")
    assert trained_on(arms) == {("yfcc15m_v2",)}
    assert {arm.params.data.sets for arm in arms} == {("imagenet",)}
    assert {arm.needs["train"].params.data.sizes.bands for arm in arms} == {"rgb"}


def test_at_paper_the_versions_are_two_data_sets_and_v2_is_clip1s(literature):
    _, arms = planned(clip3_data, profile="paper")
    assert trained_on(arms) == {(name,) for name in BOTH}
    assert {arm.params.data.sets for arm in arms} == {("imagenet",)}
    assert {arm.needs["train"].params.data.sizes.version for arm in arms} == {"clean"}  # no filter of ours, no noise
    assert len({arm.key for arm in arms}) == len(arms) == 3 * (2 * 2 * 2 + 2 * 2)  # versions x methods x encoders, and two amounts of each
    ours = {arm.key for arm in planned(clip1_supervision, profile="paper", seeds=[0])[1]}
    full = [
        arm for arm in arms if arm.seed == 0 and arm.needs["train"].params.data.sets == ("yfcc15m_v2",) and arm.experiment != "clip3_data"
    ]
    assert len(full) == 4 and {arm.key for arm in full} <= ours


def test_one_version_alone_is_a_set_like_any(literature):
    assert clip3_data.published_versions(["yfcc15m_v2", "germany"]) == ()
    assert clip3_data.published_versions(["germany", *BOTH]) == BOTH


def test_who_is_scored_on_imagenet():
    def scored(**values):
        return pair_budget(check(clip1_supervision.Parameters, values)).test_pairs

    assert scored(profile="paper") == scored(pairs=["cc3m"]) == "imagenet"
    assert scored(profile="paper", pairs=["germany"]) is scored(profile="full") is None
    assert scored(profile="paper", test_pairs="eurosat") == "eurosat"


def test_two_versions_need_one_test_set(literature):
    with pytest.raises(
        InputError, match="yfcc15m_v1 and yfcc15m_v2 are compared on one test set: name it, for example test_pairs=imagenet"
    ):
        planned(clip3_data, pairs=["germany", *BOTH])


@pytest.mark.slow
def test_the_table_of_versions_compares_the_two_sets(literature, tmp_path):
    """The cells of the notebook; workers know the true number of ImageNet's classes, so another test set stands in for it."""
    class_folder(tmp_path / "places", count=30)
    places = tmp_path / "places.yaml"
    places.write_text("name: places\nkind: class-folder\ntitle: Places\ndescription: Of a test\nfolder: places\n")
    _, arms = planned(clip3_data, pairs=[*BOTH], methods=["clip"], encoders=["vit"], samples=32, test_pairs=str(places))
    scores = run(arms, jobs=1, quiet=True)
    trainings = run([arm for arm in with_needs(arms) if arm.recipe == "pair_train"], jobs=1, quiet=True)
    found = models(scores, trainings)
    versions, doses, amounts = version_rows(found), dose_rows(found), amount_rows(found)
    assert version_names(versions) == ["CLIP, YFCC15M V1", "CLIP, YFCC15M V2"]
    assert [row.model.config.data for row in versions] == [*BOTH]
    one, two = versions
    assert one.effect is None and two.effect is not None
    assert two.effect.value == pytest.approx(two.score.value - one.score.value)
    assert two.effect.seeds == 2 and two.effect.places == len(set(two.model.scores[0]["metrics"]["places"]))
    assert doses == [] and dose_figure(doses).texts and filter_table(found).empty
    assert sorted(amount_names(amounts)) == sorted(
        f"{row.model.trainings[0]['metrics']['pairs']} pairs of {name}"
        for row, name in zip(amounts, ["YFCC15M V1", "YFCC15M V1", "YFCC15M V2", "YFCC15M V2"], strict=True)
    )
    text = data_conclusion(versions, doses, amounts)
    assert "* **V2 against V1 of YFCC15M, two data sets scored on Places, real**: better in" in text and "of 1 cases" in text
    assert "V2-like" not in text and "pairs of YFCC15M V2 change top-1" in text
    assert "YFCC15M V2</td>" in effect_table(versions, version_names(versions), ("trained on",), "top-1", "over V1, points")
    assert versions_differ([*scores, *trainings]).evidence.startswith("V2 minus V1, top-1 in points: Places")


def test_a_better_version_is_told_and_scores_on_two_sets_are_not_compared(literature, monkeypatch):
    import pair_records

    def shown(*tests):
        both = []
        for name, share, test in zip(BOTH, (0.4, 0.7), tests, strict=True):
            monkeypatch.setattr(pair_records, "BUDGET", pair_records.BUDGET.model_copy(update={"test_pairs": test}))
            setup = standard(pair_records.BUDGET, "clip", "vit", name)
            both += [pair_records.pair_of_records(setup, seed, share) for seed in range(3)]
        return version_rows(models([score for score, _ in both], [train for _, train in both]))

    assert shown("germany", "imagenet") == []
    rows = shown("imagenet", "imagenet")
    assert [row.model.config.data for row in rows if row.effect] == ["yfcc15m_v2"] and rows[1].effect.low > 0.1
    assert "better in 1 of 1 cases" in data_conclusion(rows, [], [])
