"""A user's model of open_clip, from a file, goes through plan, scores and tables of clip7 beside the study's own."""

import pandas as pd
import pytest
from tiny_open_clip import know_tiny, save_tiny

from eelib.errors import InputError
from eelib.evaluate.open_clip_names import short_name
from eelib.report.clip_benchmark import evaluation as asked
from eelib.report.clip_benchmark.answers import evaluation_conclusion
from eelib.report.clip_benchmark.classes import class_table
from eelib.report.clip_benchmark.compared import compared
from eelib.report.clip_benchmark.models import models, models_of
from eelib.report.clip_benchmark.supervision import base_method, interactions
from eelib.report.clip_benchmark.tables import training_table
from eelib.study.arm import with_needs
from eelib.study.execute import run_one
from eelib.study.experiments import clip7_evaluation as clip7
from eelib.study.parameters import check
from eelib.study.store import Store

BESIDE = {"profile": "smoke", "seeds": [0, 1], "methods": ["clip", "filip"], "encoders": ["vit"]}


@pytest.fixture
def own(monkeypatch, tmp_path):
    """``own.pt`` in the working folder."""
    monkeypatch.chdir(tmp_path)
    open_clip = know_tiny(monkeypatch)
    save_tiny(open_clip, tmp_path / "own.pt")
    return open_clip


def planned(**values):
    return clip7.plan(check(clip7.Parameters, BESIDE | values))


def test_a_file_of_weights_is_scored_and_stands_in_every_table(own, tmp_path):
    arms = planned(open_clip=["tiny:own.pt"])
    for arm in with_needs(arms):
        run_one(arm, Store().root)
    records = [Store().record(arm) for arm in with_needs(arms)]
    found = models_of(records)
    name = f"tiny/{tmp_path / 'own.pt'}"
    assert [model.config.label for model in found] == ["clip", "filip", name]
    row = ("Germany, simulated", "open_clip", short_name(name))
    for table in (asked.prompt_table(found), asked.probe_table(found), asked.retrieval_table(found), asked.season_table(found)):
        assert row in table.index and table.loc[row].notna().all()
    assert row[1:] in class_table(found).columns
    assert (*row, "global") in asked.similarity_table(found).index
    assert {model.config.label for model, _ in asked.condition_changes(found)} == {"clip", "filip", name}
    assert row[2] in [text.get_text().partition(",")[0] for text in asked.condition_figure(found).axes[0].get_yticklabels()]
    text = evaluation_conclusion(found)
    assert f"**{row[2]}, a model of open_clip, Germany, simulated**: zero-shot top-1 " in text


def test_it_is_in_no_comparison_of_methods(own):
    arms = planned(open_clip=["tiny:own.pt"], encoders=["vit", "resnet"])
    for arm in with_needs(arms):
        run_one(arm, Store().root)
    records = [Store().record(arm) for arm in with_needs(arms)]
    found = models_of(records)
    without = [model for model in found if model.trained]
    assert len(without) == len(found) - 1 == 4
    assert [row.effect for row in compared(found, base_method)] == [row.effect for row in compared(without, base_method)]
    assert interactions(found) == interactions(without) != []
    pd.testing.assert_frame_equal(training_table(found), training_table(without))
    both = asked.prompt_table(found)
    pd.testing.assert_frame_equal(both[: len(without)], asked.prompt_table(without))
    alone = models([record for record in records if record["params"].get("open_clip")], [])
    assert asked.prompt_table(alone).iloc[0].equals(both.iloc[-1])
    assert evaluation_conclusion(found).startswith(evaluation_conclusion(without))


def test_a_plan_without_such_a_model_is_that_of_clip1_and_with_one_has_a_score_per_set_of_pairs(own):
    mine = planned(open_clip=["tiny:own.pt"], pairs=["germany", "ghana"])
    assert [arm.key for arm in mine[:-2]] == [arm.key for arm in planned(pairs=["germany", "ghana"])]
    assert [arm.params.data.sets for arm in mine[-2:]] == [("germany",), ("ghana",)]
    for arm in mine[-2:]:
        same = next(one for one in mine if one.params.data.sets == arm.params.data.sets)
        assert arm.params.data.sizes == same.params.data.sizes.model_copy(update={"bands": "rgb"})
        assert arm.params.score == same.params.score and not arm.needs and str(arm).startswith("clip7_evaluation/")


def test_another_file_at_the_same_path_is_another_arm(own, tmp_path):
    first = planned(open_clip=["tiny/own.pt"])[-1]
    assert planned(open_clip=["tiny:./own.pt"])[-1].key == first.key
    save_tiny(own, tmp_path / "own.pt", seed=1)
    assert planned(open_clip=["tiny:own.pt"])[-1].key != first.key


def test_published_weights_are_named_by_their_tag():
    params = check(clip7.Parameters, {"open_clip": ["ViT-B-32-quickgelu/openai", "ViT-B-32/laion2b-s34b-b79k"]})
    assert params.open_clip == ("ViT-B-32-quickgelu/openai", "ViT-B-32/laion2b_s34b_b79k")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("ViT-B-23/openai", "unknown architecture of open_clip 'ViT-B-23': did you mean 'ViT-B-32'"),
        ("ViT-B-32/opnai", "unknown weights of ViT-B-32 'opnai': did you mean 'openai'"),
        ("ViT-B-32:none.pt", "there is no weight file none.pt"),
        ("ViT-B-32/runs/none", "there is no weight file runs/none"),
        ("ViT-B-32", "has no weights: write architecture/tag"),
        ("ViT-S-32/mine", "knows no weights of ViT-S-32 called 'mine'"),
    ],
)
def test_every_mistake_is_one_line(name, word):
    with pytest.raises(InputError, match=word) as caught:
        check(clip7.Parameters, {"open_clip": [name]})
    assert "\n" not in str(caught.value)


def test_no_model_twice(own):
    with pytest.raises(InputError, match="none twice"):
        check(clip7.Parameters, {"open_clip": ["tiny:own.pt", "tiny/own.pt"]})
