"""The ledger of claims: every verdict follows from the numbers, in both directions."""

import re
from pathlib import Path

import pytest
from pair_records import cell, pair_of_records
from readings import readings

from eelib.evaluate.statistics import Estimate
from eelib.report.clip_benchmark import judgements as clip
from eelib.report.clip_benchmark import supervision as clip_supervision
from eelib.report.summary import judgements as earth
from eelib.report.summary.findings import finding
from eelib.report.summary.judgements import by_side
from eelib.report.summary.ledger import CLAIMS, SURE, judged, ledger
from eelib.study.experiments.clip4_text_depth import deep
from eelib.study.table import rows

ROOT = Path(__file__).parents[3]


def interval(low, high, p=None):
    p = (0.01 if low > 0 or high < 0 else 0.5) if p is None else p
    return Estimate((low + high) / 2, low, high, 3, 30, p)


def paired(shares, seeds=range(4)):
    return [record for setup, share in shares for seed in seeds for record in pair_of_records(setup, seed, share)]


@pytest.mark.parametrize(
    ("intervals", "word"),
    [
        ([(1, 2), (0.1, 3)], "held"),
        ([(1, 2), (-1, 3)], "held in part"),
        ([(-1, 2), (-1, 3)], "undecided"),
        ([(1, 2), (-3, -1)], "did not hold"),
    ],
)
def test_the_rule(intervals, word):
    assert by_side([interval(*ends) for ends in intervals]) == word


def test_one_of_many_cases_must_stand_after_correction():
    alone, beside = interval(0.1, 3, 0.03), [interval(-1, 2)] * 9
    assert by_side([alone]) == "held"
    assert by_side([alone, *beside]) == "undecided"
    assert by_side([interval(0.1, 3, 0.001), *beside]) == "held in part"
    assert by_side([interval(-3, -0.1, 0.03), *beside]) == "undecided"
    assert by_side([interval(-3, -0.1, 0.001), *beside]) == "did not hold"
    assert by_side([interval(0.1, 3, 0.04)] * 10) == "held"  # that all lie there needs no correction


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_seed_decides_nothing(seeds):
    records = [r for r in readings({"random": 40, "pretrained": 70}, suffix="fine-tuned") if r["seed"] < seeds]
    assert earth.everywhere(records).word == ("undecided" if seeds == 1 else "held")


@pytest.mark.parametrize(("better", "word"), [((60, 70), "held"), ((60, 40), "held in part"), ((60, 20), "did not hold")])
def test_pre_training_everywhere(better, word):
    records = [
        record
        for region, right in zip(("germany", "ghana"), better, strict=True)
        for record in readings({"random": 40, "pretrained": right}, region=region, suffix="fine-tuned")
    ]
    found = earth.everywhere(records + readings({"random": 40, "pretrained": 80}))
    assert found.word == word
    assert found.evidence.startswith("Fine-tuned: better in") and "linear probe: better in 1 of 1 cases" in found.evidence
    assert "germany" not in earth.largest(records).evidence and earth.largest(records).word == "not comparable"


@pytest.mark.parametrize(("few", "every", "word"), [(60, 70, "held"), (50, 85, "did not hold")])
def test_scarce_labels(few, every, word):
    """Pre-training gains 20 or 10 points at few labels, 10 or 25 at all; the random start has 40 and 60 right pixels."""
    records = readings({"random": 40, "pretrained": few}, fraction=0.1) + readings({"random": 60, "pretrained": every}, fraction=1.0)
    assert earth.scarcest(records).word == word


@pytest.mark.parametrize(("far", "word"), [(55, "held"), (40, "undecided"), (30, "did not hold")])
def test_transfer(far, word):
    records = readings({"random": 40, "pretrained": 60, "pretrained on ghana": far}, region="germany")
    assert earth.carries_over(records).word == word


def test_transfer_is_judged_as_fine_tuned_where_that_was_run():
    starts = {"random": 40, "pretrained": 60, "pretrained on ghana": 55}
    tuned = readings(starts | {"pretrained on ghana": 40}, region="germany", suffix="fine-tuned")
    found = earth.carries_over(readings(starts, region="germany") + tuned)
    assert found.word == "undecided"
    assert "other continent, fine-tuned +0.0" in found.evidence and "other continent, linear probe +" in found.evidence
    every = readings(starts, region="germany", suffix="fine-tuned", fraction=1.0) + readings(starts, region="germany", fraction=1.0)
    more = earth.carries_over(readings(starts, region="germany") + tuned + every)
    assert more.word == "undecided"  # by the fewest labels alone
    few, _, beside = more.evidence.partition(" Told beside and not judged, with 100 %: ")
    assert "linear probe +" in few
    assert beside.startswith("a region of the other continent, fine-tuned +") and "probe" not in beside


@pytest.mark.parametrize(
    ("agree", "against", "word"), [(3, 0, "held"), (1, 0, "held in part"), (0, 0, "undecided"), (2, 1, "did not hold")]
)
def test_the_rule_for_cases_that_a_corrected_test_decides(agree, against, word):
    assert earth.by_count(agree, against, 3) == word


def test_one_region_cannot_say_whether_features_carry_over():
    assert earth.carries_over(readings({"random": 40, "pretrained": 60})).word == "undecided"


@pytest.mark.parametrize(("vit", "resnet", "word"), [(0.7, 0.2, "held"), (0.7, 0.5, "held in part"), (0.2, 0.5, "did not hold")])
def test_token_alignment(vit, resnet, word):
    shares = [(cell("clip"), 0.5), (cell("filip"), vit), (cell("clip", "resnet"), 0.5), (cell("filip", "resnet"), resnet)]
    found = clip.tokens_help_vits(paired(shares))
    assert found.word == word
    assert found.evidence.startswith("FILIP minus CLIP, top-1 in points: Germany, simulated: FILIP on the ViT ")


@pytest.mark.parametrize(("defilip", "word", "text"), [(0.9, "held", "ahead in 2 of 2"), (0.5, "did not hold", "behind in 1")])
def test_the_strongest(defilip, word, text):
    found = clip.defilip_leads(paired([(cell("clip"), 0.5), (cell("declip"), 0.7), (cell("defilip"), defilip)]))
    assert found.word == word and text in found.evidence


@pytest.mark.parametrize(("declip", "word"), [(0.8, "held"), (0.5, "undecided"), (0.2, "did not hold")])
def test_supervision(declip, word):
    assert clip.supervision_helps(paired([(cell("clip"), 0.5), (cell("declip"), declip)])).word == word


@pytest.mark.parametrize(("depths", "told"), [((6, 3), "3 text blocks minus the deepest"), ((3, 1), "1 text block minus the deepest")])
@pytest.mark.parametrize(("shallow", "word"), [(0.9, "held"), (0.2, "did not hold")])
def test_few_text_blocks(shallow, word, depths, told):
    many, few = (deep(cell("clip"), layers) for layers in depths)
    found = clip.few_blocks_suffice(paired([(many, 0.5), (few, shallow)]))
    assert found.word == word and told in found.evidence


@pytest.mark.parametrize("depths", [(6, 12), (4, 8), (3,)])
def test_without_a_shallow_text_encoder_beside_a_deeper_one_nothing_is_decided(depths):
    found = clip.few_blocks_suffice(paired([(deep(cell("clip"), layers), 0.5) for layers in depths]))
    assert found.word == "undecided" and found.evidence == "No text encoder of at most 3 blocks was run beside a deeper one."


def test_recipes():
    shares = [(cell("clip"), 0.5), (cell("clip", recipe="released"), 0.8)]
    assert clip.recipes_matter(paired(shares)).word == "held"
    assert clip.recipes_matter(paired([(cell("clip"), 0.5), (cell("clip", recipe="released"), 0.5)])).word == "undecided"


def test_an_interaction_of_one_encoder_is_undecided():
    assert clip.encoders_differ(paired([(cell("clip"), 0.5), (cell("slip"), 0.6)])).word == "undecided"


@pytest.mark.parametrize(("others", "word"), [((), "held"), ((0.9, 0.8), "held"), ((0.9, 0.8, 0.7, 0.6), "undecided")])
def test_an_interaction_on_one_of_many_sets_of_pairs_is_corrected(others, word, monkeypatch):
    values = iter((0.012, *others))
    monkeypatch.setattr(clip_supervision, "_interaction", lambda group, measure: _test(next(values)))
    monkeypatch.setattr(clip_supervision, "by_data", lambda found: dict.fromkeys(range(1 + len(others))))
    found = clip.encoders_differ(paired([(cell("clip"), 0.5)]))
    assert found.word == word and f"a set, p = {0.012 * (1 + len(others)):.3f}" in found.evidence
    assert ("corrected by Holm over" in found.evidence) == bool(others)


def _test(p):
    return clip_supervision.Interaction("a set", 0.1, p, p, 5, ("ViT", "ResNet"), ())


def test_every_claim_names_a_notebook_of_the_study_and_how_it_is_known():
    assert {claim.notebook for claim in CLAIMS} <= {row.name for row in rows()}
    assert {claim.known for claim in CLAIMS} <= set(SURE)


def test_the_glossary_explains_every_label():
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \*\*(\w+)\*\* \|", glossary.split("## A, A2, B and C")[1], re.MULTILINE) == list(SURE)


def test_only_notebooks_that_ran_are_judged_and_each_row_leads_to_its_page():
    records = readings({"random": 40, "pretrained": 60}, suffix="fine-tuned")
    notebooks = {"ee1_regions": {"arms": [f"{r['experiment']}/{r['key']}" for r in records], "parameters": {"profile": "quick"}}}
    assert [claim.notebook for claim, _ in judged(notebooks, records)] == ["ee1_regions"] * 2
    text = ledger(notebooks, records)
    assert "**[held](notebooks/ee1_regions)**" in text and "Profile `quick`" in text
    assert ledger({}, records) == ""


def test_a_claim_whose_records_are_not_all_there_has_no_verdict():
    records = readings({"random": 40, "pretrained": 60}, suffix="fine-tuned")
    arms = [f"{r['experiment']}/{r['key']}" for r in records]
    notebooks = {"ee1_regions": {"arms": arms, "parameters": {"profile": "quick", "seeds": [0, 1, 2], "regions": None}}}
    found = [judgement for _, judgement in judged(notebooks, records[:1] + records[2:])]
    assert {judgement.word for judgement in found} == {"incomplete"}
    command = "`eelib run ee1_regions --profile quick --set 'seeds=[0, 1, 2]'`"
    assert {judgement.evidence for judgement in found} == {f"1 of 6 records are missing: run {command}."}


def test_a_finding_whose_records_are_not_all_there_says_only_that():
    records = [r for fraction in (0.1, 1.0) for r in readings({"random": 40, "pretrained": 60}, fraction=fraction)]
    notebook = {"arms": [f"{r['experiment']}/{r['key']}" for r in records], "parameters": {"profile": "quick"}}
    assert "more labels" in finding("ee2_label_scarcity", "Scarcity", notebook, records)
    text = finding("ee2_label_scarcity", "Scarcity", notebook, records[2:])
    assert "2 of 12 records are missing: run `eelib run ee2_label_scarcity --profile quick`." in text and "more labels" not in text
    assert finding("data_tour", "Tour", notebook, []) == ""  # no notebook that concludes
