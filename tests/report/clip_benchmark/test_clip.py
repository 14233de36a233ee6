"""Reports of the image-text study are made from records alone, and say what the records say."""

import re

import numpy as np
import pytest
from pair_records import BUDGET, cell, collected, pair_of_records

from eelib.data.pairs.settings import FaultDoses, PairSizes
from eelib.errors import InputError
from eelib.evaluate.hits import baselines
from eelib.report.cases import points
from eelib.report.clip_benchmark.answers import evaluation_conclusion
from eelib.report.clip_benchmark.changes import change_conclusion, change_names, detail_rows, term_rows
from eelib.report.clip_benchmark.classes import class_table
from eelib.report.clip_benchmark.compared import compared, draw
from eelib.report.clip_benchmark.data import amount_rows, data_conclusion, dose_rows, expected_cost, fault_of, pair_count, version_rows
from eelib.report.clip_benchmark.depth import cost_table, depth_conclusion, depth_rows
from eelib.report.clip_benchmark.evaluation import probe_table, prompt_table, retrieval_table, season_table, similarity_table
from eelib.report.clip_benchmark.measures import recall_at, under
from eelib.report.clip_benchmark.models import models
from eelib.report.clip_benchmark.published import (
    IMAGENET,
    SOURCE,
    published_downstream,
    published_effect,
    published_interaction,
    published_probes,
    published_retrieval,
    published_versions,
)
from eelib.report.clip_benchmark.recipe import agreement, method_rows, recipe_conclusion, recipe_rows
from eelib.report.clip_benchmark.supervision import interaction_table, interactions, supervision, supervision_conclusion, supervision_table
from eelib.report.clip_benchmark.tables import training_table
from eelib.study.pair_arms import standard


def test_a_method_that_helps_one_encoder_and_hurts_the_other_is_an_interaction():
    found = collected(
        [
            *((cell(name, "vit"), share) for name, share in (("clip", 0.4), ("filip", 0.7), ("declip", 0.6))),
            *((cell(name, "resnet"), share) for name, share in (("clip", 0.5), ("filip", 0.3), ("declip", 0.7))),
        ],
        seeds=range(5),  # with three seeds of three methods no result is rare enough
    )
    rows, (test,) = supervision(found), interactions(found)
    assert [row.effect is None for row in rows] == [True, False, False] * 2
    filip = next(item for item in test.contrasts if item.method == "filip")
    assert filip.difference.value == pytest.approx((0.3 - 0.5) - (0.7 - 0.4), abs=0.12)
    assert filip.decided and test.p < 0.05
    text = supervision_conclusion(rows, [test])
    assert "depends on the encoder" in text and "better than CLIP after correction: FILIP, DeCLIP; worse: none" in text
    html = supervision_table(rows) + interaction_table([test])
    assert "39.5" in html and "−22.6†" in html and "21.3†" in html and "44.4<" in html  # published columns
    assert html.count("cannot be reproduced from the public code") == 2  # below both tables
    assert f"Published: {SOURCE}." in html  # whose they are
    assert "†" not in supervision_table([row for row in rows if row.model.config.family == "vit"])
    assert f"../records/clip1_supervision/{found[0].scores[0]['key']}.html" in html
    assert set(training_table(found)["seeds"]) == {5}
    for record in found[0].trainings:  # with one validation pair there is no spread to speak of
        del record["metrics"]["monitors"]["std"], record["metrics"]["monitors"]["uniformity"]
    assert training_table(found)[["std", "alignment", "uniformity"]].isna().sum().tolist() == [1, 0, 1]


def test_trainings_tell_what_was_skipped_and_truncated_where_records_know():
    found = collected([(cell("clip"), 0.5), (cell("slip"), 0.5)])
    assert not {"pairs skipped", "captions truncated"} & set(training_table(found))
    for training in found[0].trainings:
        training["metrics"] |= {"notes": ["3 row(s) skipped: broken image", "filter: 9 of 10 captions kept"], "truncated": None}
    for training in found[1].trainings:
        training["metrics"] |= {"truncated": 7}
    table = training_table(found)
    assert table["pairs skipped"].tolist() == ["3 row(s) skipped: broken image", ""]
    assert table["captions truncated"].tolist() == ["", 7] and str(table["captions truncated"].iloc[1]) == "7"


def test_one_encoder_alone_has_no_interaction():
    assert interactions(collected([(cell("clip"), 0.4), (cell("slip"), 0.5)])) == []


def test_filip_is_scored_by_the_similarity_that_it_trains():
    (model,) = collected([(cell("filip"), 0.9)])
    assert model.how == "tokens"
    assert draw([model]).score(model.config).value == pytest.approx(0.9, abs=0.05)
    assert [m.how for m in collected([(cell("defilip"), 0.5), (cell("clip"), 0.5)])] == ["global", "global"]


def test_a_score_without_its_training_and_unequal_seeds_are_refused():
    score, train = pair_of_records(cell("clip"), 0, 0.5)
    with pytest.raises(InputError, match="training is missing"):
        models([score], [])
    with pytest.raises(InputError, match="no score"):
        models([], [train])
    others = [pair_of_records(cell("slip"), seed, 0.5) for seed in (0, 1)]
    found = models([score, *(s for s, _ in others)], [train, *(t for _, t in others)])
    with pytest.raises(InputError, match="different seeds"):
        compared(found, lambda config: config)


@pytest.mark.parametrize("dosed", ["v1", "spoilt"])
def test_versions_doses_and_amounts_are_told_apart(dosed):
    base = cell("clip")
    most = BUDGET.sizes.train
    found = collected(
        [
            (base, 0.7),
            (base.sized("clip3_data", version="v1"), 0.4),
            (base.sized("clip3_data", version="clean"), 0.8),
            (base.sized("clip3_data", version=dosed, doses=FaultDoses.only("wrong_image", 0.5)), 0.5),
            (base.sized("clip3_data", train=most // 2), 0.45),
        ]
    )
    versions, doses, amounts = version_rows(found), dose_rows(found), amount_rows(found)
    assert [row.model.config.version for row in versions if row.effect] == ["v2"] and versions[-1].effect.low > 0
    assert [row.model.config.fault for row in doses if row.effect] == ["wrong_image 0.5"]
    assert [row.model.config.pairs for row in amounts] == [most // 2, most] and amounts[0].effect.high < 0
    text = data_conclusion(versions, doses, amounts)
    assert "better in 1 of 1 cases" in text and "wrong image at 0.5" in text and f"{most // 2} pairs change" in text
    assert "would be seen" not in text


def test_an_undecided_difference_of_the_versions_is_explained_by_the_doses():
    base = cell("clip")
    doses = [base.sized("clip3_data", version="v1", doses=FaultDoses.only(*one)) for one in (("wrong_image", 0.5), ("language", 0.5))]
    pairs = [(base, 0.5), (base.sized("clip3_data", version="v1"), 0.5), (base.sized("clip3_data", version="clean"), 0.7)]
    found = collected([*pairs, (doses[0], 0.5), (doses[1], 0.65)])
    rows = dose_rows(found)
    lost, share = expected_cost(rows)
    effects = {fault_of(row)[0]: -row.effect.value for row in rows if row.effect}
    assert lost == pytest.approx(effects["wrong image"] * 0.05 / 0.5 + effects["language"] * 0.1 / 0.5)
    assert share == pytest.approx(0.15 / 0.5)
    text = data_conclusion(version_rows(found), rows, [])
    assert "whose kinds are 30 % of the faults there, we expect the faults of the V1-like set to change top-1 by " in text
    assert f"by −{100 * lost:.1f} points (linear in the dose); with 3 seeds and 200 places only differences above about" in text


def test_a_set_that_is_too_small_for_an_amount_is_one_model():
    base = cell("clip")
    most = BUDGET.sizes.train
    found = collected([(base, 0.7), (base.sized("clip3_data", train=most // 2), 0.45), (base.sized("clip3_data", train=most // 4), 0.4)])
    for model in found:
        for training in model.trainings:
            training["metrics"]["pairs"] = min(training["metrics"]["pairs"], most // 2)
    assert [pair_count(row.model) for row in amount_rows(found)] == [most // 4, most // 2]


def test_below_the_majority_class_the_mean_of_the_classes_is_told_too():
    base = cell("clip")
    rule = base.sized("clip3_data", version="v1", doses=FaultDoses.only("wrong_image", 0.5))
    found = collected(
        [(base, 0.3), (base.sized("clip3_data", version="v1"), 0.5), (base.sized("clip3_data", version="clean"), 0.5), (rule, 0.4)]
    )
    versions, doses = version_rows(found), dose_rows(found)
    assert "majority" not in data_conclusion(versions, doses, [])
    for model in found:
        for score in model.scores:
            score["metrics"]["baselines"]["majority"] = 0.9
    text = data_conclusion(versions, doses, [])
    v2, v1 = (next(m for m in found if m.config.version == version and m.config.fault in ("", "mixed")) for version in ("v2", "v1"))
    means = [sum(s["metrics"]["zero_shot"]["satellite8"]["global"]["class_mean"] for s in model.scores) / 3 for model in (v2, v1)]
    assert "worse in 1" in text and "All models are below the majority class (0.900)" in text
    assert f"changes by {points(100 * (means[0] - means[1]))} to" in text


def test_depth_is_held_against_the_deepest_and_its_savings_are_counted():
    from eelib.study.experiments.clip4_text_depth import deep

    rows = depth_rows(collected([(deep(cell("clip"), layers), share) for layers, share in ((1, 0.3), (3, 0.7), (12, 0.7))]))
    assert [row.effect is None for row in rows] == [False, False, True]
    text = depth_conclusion(rows)
    assert "3 blocks are not told apart from 12 (+0.0 [" in text and "69 % of the weights" in text and "75 % of the time" in text
    assert list(cost_table(rows)["weights, millions"]) == ["2.00", "4.00", "13.00"]


def test_a_depth_is_enough_only_if_no_deeper_one_is_worse():
    from eelib.study.experiments.clip4_text_depth import deep

    shares = ((1, 0.7), (3, 0.3), (6, 0.7), (12, 0.7))
    text = depth_conclusion(depth_rows(collected([(deep(cell("clip"), layers), share) for layers, share in shares])))
    assert "6 blocks are not told apart from 12" in text
    better = depth_conclusion(depth_rows(collected([(deep(cell("clip"), layers), share) for layers, share in ((3, 0.8), (12, 0.4))])))
    assert "3 blocks are better than 12" in better


def test_one_seed_decides_no_depth():
    from eelib.study.experiments.clip4_text_depth import deep

    rows = depth_rows(collected([(deep(cell("clip"), layers), share) for layers, share in ((1, 0.2), (12, 0.8))], seeds=(0,)))
    assert "1 block is not told apart from 12" in depth_conclusion(rows)


def test_both_similarities_of_defilip_are_trained():
    found = {model.config.title: model for model in collected([(cell(name), 0.7) for name in ("defilip", "filip", "clip")])}
    asked = {title: (model.aligns("global"), model.aligns("tokens"), model.how) for title, model in found.items()}
    assert asked == {"DeFILIP": (True, True, "global"), "FILIP": (False, True, "tokens"), "CLIP": (True, False, "global")}


def test_terms_left_out_and_added_have_their_own_references():
    from eelib.study.experiments.clip5_terms import ladders

    shares = {"declip": 0.7, "declip, without image": 0.4, "declip, clip alone": 0.4, "declip, clip and image": 0.7}
    found = collected([(setup, shares.get(setup.label, 0.7)) for setup in ladders([cell("declip")]) if setup.label in shares])
    rows = {row.model.config.label: row for row in term_rows(found)}
    assert rows["declip, without image"].effect.high < 0 < rows["declip, clip and image"].effect.low
    assert rows["declip"].effect is None
    assert rows["declip, clip alone"].effect.high < 0  # against the whole method
    assert "DeCLIP, without image self-supervision (1)" in change_names(list(rows.values()))
    assert "**DeCLIP, first contrast and image self-supervision (1)** helps" in change_conclusion(list(rows.values()), "terms")


def test_details_are_called_what_their_labels_say():
    from eelib.study.experiments.clip6_details import DETAILS

    setups = [cell(name) for name in ("clip", "filip", "declip")]
    changed = [detail.of(setup) for detail in DETAILS.values() for setup in setups if setup.label == detail.method]
    rows = detail_rows(collected([(setup, 0.5) for setup in (*setups, *changed)]))
    assert {name.partition(", ")[2] for name in change_names(rows)} == {"", *(detail.label for detail in DETAILS.values())}


def test_the_recipe_is_compared_method_by_method_and_with_the_published_order():
    shares = {"clip": 0.3, "slip": 0.4, "filip": 0.6}
    found = collected(
        [(cell(name), share) for name, share in shares.items()]
        + [(cell(name, recipe="released"), 0.9 - share) for name, share in shares.items()]
    )
    changes, methods = recipe_rows(found), method_rows(found)
    assert [row.effect is not None for row in changes] == [False, True] * 3
    assert agreement([row for row in methods if "released" not in row.model.config.label]) == (3, 3)
    assert "3 of 3 under the unified recipe, 0 of 3 under the released recipe" in recipe_conclusion(changes, methods)


def test_data_with_other_prompt_sets_stand_in_the_same_table():
    elsewhere = standard(BUDGET, "clip", "vit", "ghana", "unified")
    scores, trainings = zip(*(pair_of_records(setup, 0, 0.8) for setup in (cell("clip"), elsewhere)), strict=True)
    asked = scores[1]["metrics"]["zero_shot"]
    scores[1]["metrics"]["zero_shot"] = {"picture4": asked["satellite8"], "name": asked["name"]}
    table = prompt_table(models(scores, trainings))
    assert list(table.columns) == ["satellite8", "name", "picture4"]
    assert (table != "").to_numpy().tolist() == [[True, True, False], [False, True, True]]


def test_everything_that_was_asked_is_shown():
    found = collected([(cell("clip"), 0.8), (cell("filip"), 0.7)])
    assert list(prompt_table(found).columns) == ["satellite8", "name"]
    assert retrieval_table(found)["chance, 5"].tolist() == ["0.025"] * 2
    recall = draw(found, recall_at(5, "image_to_text")).score(found[0].config)
    assert recall.value == pytest.approx(0.8, abs=0.05)
    assert draw(found, under("clouds")).score(found[0].config).value == pytest.approx(0.6, abs=0.05)
    text = evaluation_conclusion(found)
    assert "of 2 models, by an interval, 2 are above chance (0.250) and 2 above always naming the most frequent class" in text
    assert "by the mean over classes, 2 are above chance. The best top-1 is that of CLIP with a ViT, 0." in text
    assert "baseline is high" not in text
    assert "cloudy archive, other dates: 2 of 2 models lose by an interval (top-1 −" in text, "not the effect of clouds alone"


def test_chance_of_both_ways_is_told_where_they_differ():
    found = collected([(cell("clip"), 0.8), (cell("slip"), 0.7)])
    for model in found:
        for score in model.scores:
            for kind in score["metrics"]["retrieval"].values():
                kind["chance"] = {"image_to_text": {"1": 0.1, "5": 0.5, "10": 1.0}, "text_to_image": {"1": 0.1, "5": 0.95, "10": 1.0}}
    assert retrieval_table(found)[["chance, 1", "chance, 5"]].to_numpy().tolist() == [["0.100", "0.500 / 0.950"]] * 2
    text = evaluation_conclusion(found)
    assert "image → text, Germany, simulated**: 2 of 2" in text and "text → image, Germany, simulated**: 0 of 2" in text


def test_models_that_could_not_be_probed_are_left_out_of_the_probes():
    found = collected([(cell("clip"), 0.8), (cell("slip"), 0.7)])
    for score in found[0].scores:
        for name in ("linear", "knn", "few_shot"):
            score["metrics"].pop(name, None)
    assert list(probe_table(found).index.get_level_values("method")) == ["SLIP"]
    assert probe_table(found[:1]).empty


def test_a_majority_that_wins_is_explained_by_its_share():
    found = collected([(cell("clip"), 0.5), (cell("slip"), 0.45)])
    labels = np.array([2] * 120 + [0] * 40 + [1] * 20 + [3] * 20)  # hits stay as they are, whatever the class
    for model in found:
        for score in model.scores:
            score["metrics"] |= {"labels": labels.tolist(), "baselines": baselines(labels, labels, 4)}
    bits = [score["metrics"]["zero_shot"]["satellite8"]["global"]["correct"] for model in found for score in model.scores]
    own = np.mean([part[:120].count("1") / 120 for part in bits])
    rest = np.mean([part[120:].count("1") / 80 for part in bits])
    text = evaluation_conclusion(found)
    assert "2 are above chance (0.250) and 0 above always naming the most frequent class of training (0.600)" in text
    assert 'because "c" is 60 % of the test pairs' in text
    assert f"rightly in {100 * own:.0f} % of its pairs (the baseline in all) and the others in {100 * rest:.0f} % of theirs" in text


def test_data_without_classes_have_no_zero_shot_to_conclude_about():
    found = collected([(cell("clip"), 0.5)])
    for score in found[0].scores:
        score["metrics"] |= {"zero_shot": {}, "baselines": {"chance": None, "majority": None, "classes": 0}, "variants": {}}
    assert "Zero-shot" not in (text := evaluation_conclusion(found)) and "Retrieval" in text


def told(cell):
    """Value, low and high of a cell."""
    return tuple(map(float, re.findall(r"[-+−]?[\d.]+", cell.replace("−", "-"))[:3]))


def test_similarities_have_intervals_and_their_difference_is_paired():
    found = collected([(cell("clip"), 0.8), (cell("filip"), 0.7)])
    table = similarity_table(found)
    assert [row[2:] for row in table.index] == [("CLIP", "global"), ("FILIP", "global"), ("FILIP", "tokens")]
    own = table.loc[("Germany, simulated", "ViT", "FILIP", "tokens")]
    assert own["trained for"] and not table.iloc[1]["trained for"]
    for column, name in {"top-1": "top1", "top-5": "top5", "mean over classes": "class_mean"}.items():
        value, low, high = told(own[column])
        stored = np.mean([score["metrics"]["zero_shot"]["satellite8"]["tokens"][name] for score in found[1].scores])
        assert value == pytest.approx(stored, abs=6e-4) and (low < value < high or name == "top5")
    value, low, high = told(own["over global, points"])
    assert low < value < high and value == pytest.approx(100 * (told(own["top-1"])[0] - told(table.iloc[1]["top-1"])[0]), abs=0.1)
    assert table.iloc[0]["over global, points"] == ""
    for score in found[1].scores:
        del score["metrics"]["zero_shot"]["satellite8"]["tokens"]["correct5"]
    assert similarity_table(found).loc[own.name, "top-5"] == "1.000"  # an older record: a mean without an interval


def test_accuracy_is_told_class_by_class():
    found = collected([(cell("clip"), 0.8), (cell("filip"), 0.7)])
    for score in found[0].scores:
        hits = score["metrics"]["zero_shot"]["satellite8"]["global"]
        hits["correct"] = "".join("0" if k % 4 == 2 else bit for k, bit in enumerate(hits["correct"]))
    table = class_table(found)
    assert list(table.index) == [("Germany, simulated", name, 50) for name in "abcd"]
    clip = table[("ViT", "CLIP")]
    assert clip.iloc[2] == "0.000 [0.000, 0.000]"
    for row, text in enumerate(clip):
        bits = [score["metrics"]["zero_shot"]["satellite8"]["global"]["correct"][row::4] for score in found[0].scores]
        assert told(text)[0] == pytest.approx(np.mean([bit == "1" for part in bits for bit in part]), abs=6e-4)
        assert row == 2 or told(text)[1] < told(text)[0] < told(text)[2]


def test_a_class_without_pairs_and_data_without_classes_are_left_out():
    found = collected([(cell("clip"), 0.8)])
    for score in found[0].scores:
        score["metrics"]["classes"] = list("abcde")
    assert [row[1] for row in class_table(found).index] == list("abcd")
    assert told(similarity_table(found)["mean over classes"].iloc[0])[0] == pytest.approx(0.8, abs=0.05)
    for score in found[0].scores:
        score["metrics"]["zero_shot"] = {}
    assert class_table(found).empty


def test_seasons_have_intervals_and_the_number_of_their_images():
    found = collected([(cell("clip"), 0.8)])
    table = season_table(found)
    assert list(table.columns) == ["winter", "spring", "summer", "autumn"]
    counts = [int(re.search(r"\((\d+)\)$", text)[1]) for text in table.iloc[0]]
    assert sum(counts) == 200
    values = [told(text) for text in table.iloc[0]]
    assert all(low < value < high for value, low, high in values)
    assert np.average([value for value, _, _ in values], weights=counts) == pytest.approx(
        draw(found).score(found[0].config).value, abs=1e-3
    )
    for score in found[0].scores:
        score["metrics"]["days"] = None
    assert season_table(found).empty


@pytest.mark.parametrize("table", [published_downstream(), published_probes()])
def test_published_means_are_those_of_their_rows(table):
    sets = table.drop(columns="mean")
    assert (sets.mean(axis=1) - table["mean"]).abs().max() < 0.06  # rounded to a tenth
    assert {"trained on", "encoder", "published", "method"} == set(table.index.names)


def test_published_tables_say_what_they_are_and_agree_with_each_other():
    downstream, recall = published_downstream(), published_retrieval()
    for label, method in zip(downstream.index.get_level_values("method"), IMAGENET["vit"], strict=True):
        assert downstream["ImageNet"].xs(label, level="method").item() == IMAGENET["vit"][method]
    assert all("(A2)" in text for text in [*downstream.index.get_level_values(0), *recall.index.get_level_values(0)])
    texts = [str(part) for table in (downstream, recall, published_versions()) for row in table.index for part in row]
    assert max(map(len, texts)) <= 50  # pandas cuts longer ones, and with them how a number is known
    assert recall.iloc[2, 0] == "51.4 / 80.2 / 88.9"
    assert published_versions()["V2 over V1, points"].tolist() == [4.0, 4.3, 4.8]


def test_published_numbers_keep_their_gaps():
    assert published_effect("defilip", "resnet") is published_interaction("defilip") is None
    assert published_interaction("declip") == -3.2
    assert isinstance(BUDGET.sizes, PairSizes)
