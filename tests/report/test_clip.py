"""Reports of the image-text study are made from records alone, and say what the records say."""

import pytest
from pair_records import BUDGET, cell, collected, pair_of_records

from eelib.data.pairs.settings import FaultDoses, PairSizes
from eelib.errors import InputError
from eelib.report.cases import points
from eelib.report.clip_cases import compared, draw, models, recall_at, under
from eelib.report.clip_changes import change_conclusion, change_names, term_rows
from eelib.report.clip_data import amount_rows, data_conclusion, dose_rows, expected_cost, fault_of, pair_count, version_rows
from eelib.report.clip_depth import cost_table, depth_conclusion, depth_rows
from eelib.report.clip_evaluation import evaluation_conclusion, prompt_table, retrieval_table, season_table, similarity_table
from eelib.report.clip_published import published_effect, published_interaction
from eelib.report.clip_recipe import agreement, method_rows, recipe_conclusion, recipe_rows
from eelib.report.clip_supervision import interaction_table, interactions, supervision, supervision_conclusion, supervision_table
from eelib.report.clip_tables import training_table


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
    assert "39.5" in html and "−22.6" in html  # published columns
    assert f"../records/clip1_supervision/{found[0].scores[0]['key']}.html" in html
    assert set(training_table(found)["seeds"]) == {5}
    for record in found[0].trainings:  # with one validation pair there is no spread to speak of
        del record["metrics"]["monitors"]["std"], record["metrics"]["monitors"]["uniformity"]
    assert training_table(found)[["std", "alignment", "uniformity"]].isna().sum().tolist() == [1, 0, 1]


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


def test_versions_doses_and_amounts_are_told_apart():
    base = cell("clip")
    most = BUDGET.sizes.train
    found = collected(
        [
            (base, 0.7),
            (base.sized("clip3_data", version="v1"), 0.4),
            (base.sized("clip3_data", version="clean"), 0.8),
            (base.sized("clip3_data", version="v1", doses=FaultDoses.only("wrong_image", 0.5)), 0.5),
            (base.sized("clip3_data", train=most // 2), 0.45),
        ]
    )
    versions, doses, amounts = version_rows(found), dose_rows(found), amount_rows(found)
    assert [row.model.config.version for row in versions if row.effect] == ["v2"] and versions[-1].effect.low > 0
    assert [row.model.config.fault for row in doses if row.effect] == ["wrong_image 0.5"]
    assert [row.model.config.pairs for row in amounts] == [most // 2, most] and amounts[0].effect.high < 0
    text = data_conclusion(versions, doses, amounts)
    assert "better in 1 of 1 cases" in text and "wrong image at 0.5" in text and f"{most // 2} pairs change" in text
    assert "Why not better" not in text


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
    assert f"30 % of those in the V1-like set, should change top-1 by −{100 * lost:.1f} points" in text and "3 seeds and 200 places" in text


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
    assert "not worse than 12 blocks by an interval has 3" in text and "69 % of the weights" in text and "75 % of the time" in text
    assert list(cost_table(rows)["weights, millions"]) == [2, 4, 13]


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


def test_everything_that_was_asked_is_shown():
    found = collected([(cell("clip"), 0.8), (cell("filip"), 0.7)])
    assert list(prompt_table(found).columns) == ["satellite8", "name"]
    assert similarity_table(found).loc[("Germany, simulated", "ViT", "FILIP", "tokens"), "trained for"]
    assert retrieval_table(found)["chance, 5"].tolist() == ["0.025"] * 2
    assert len(season_table(found).columns) == 4
    recall = draw(found, recall_at(5, "image_to_text")).score(found[0].config)
    assert recall.value == pytest.approx(0.8, abs=0.05)
    assert draw(found, under("clouds")).score(found[0].config).value == pytest.approx(0.6, abs=0.05)
    text = evaluation_conclusion(found)
    assert "2 of 2 models are above chance and majority" in text
    assert "clouds: 2 of 2 models lose by an interval (top-1 −" in text


def test_published_numbers_keep_their_gaps():
    assert published_effect("defilip", "resnet") is published_interaction("defilip") is None
    assert published_interaction("declip") == -3.2
    assert isinstance(BUDGET.sizes, PairSizes)
