"""CLIP5: what does each term of DeCLIP and DeFILIP give? Leave one out, add one in. Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.settings_pairs import TERMS, MethodSettings
from eelib.study.arm import Arm
from eelib.study.pair_arms import Setup, score_arm, standard
from eelib.study.pair_budgets import PAPER_PAIRS, PairExtent, PairParameters, pair_budget, pair_extent
from eelib.study.parameters import among

NAME = "clip5_terms"
BASE = "clip"  # the term that all others are added to


class Ladder(PairExtent):
    """Which terms."""

    terms: tuple[str, ...] = Field(TERMS, description="left out and added in, where a method has them")

    @field_validator("terms")
    @classmethod
    def _known_terms(cls, value: tuple[str, ...]) -> tuple[str, ...] | None:
        return among(value, "term", TERMS)


EXTENTS = {
    "smoke": Ladder(seeds=(0, 1), methods=("declip",), encoders=("vit",)),
    "quick": Ladder(seeds=(0, 1), methods=("declip",), encoders=("vit",), terms=("multi_view", "neighbours")),
    "full": Ladder(seeds=(0, 1, 2, 3, 4), methods=("declip", "defilip")),
    "paper": Ladder(pairs=PAPER_PAIRS, seeds=(0, 1, 2), methods=("declip", "defilip")),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip5_terms."""

    extents = EXTENTS


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every score that the notebook reads; complete methods are clip1's."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    setups = [
        setup
        for pairs in extent.pairs
        for family in extent.encoders
        for setup in ladders((standard(budget, name, family, pairs) for name in extent.methods), extent.terms)
    ]
    return [score_arm(budget, setup, seed) for setup in setups for seed in extent.seeds]


def ladders(wholes: Iterable[Setup], chosen: Sequence[str] = TERMS) -> list[Setup]:
    """What is compared of several methods and some terms; one that two methods add to the same first term is one comparison, not two."""
    rungs: list[Setup] = []
    added: list[MethodSettings] = []
    for whole in wholes:
        more = [setup for setup in additions(whole, chosen) if setup.method not in added]
        added += [setup.method for setup in more]
        rungs += [*reductions(whole, chosen), *more]
    return rungs


def reductions(whole: Setup, chosen: Sequence[str]) -> list[Setup]:
    """The whole method, without each chosen term, and its first term alone; weights stay as they are."""
    terms = terms_of(whole)
    less = [with_terms(whole, f"without {term}", [other for other in terms if other != term]) for term in terms if term in chosen]
    alone = [with_terms(whole, f"{BASE} alone", [BASE])] if BASE in terms and len(terms) > 1 else []
    return [whole, *less, *alone]


def additions(whole: Setup, chosen: Sequence[str]) -> list[Setup]:
    """The first term with each other chosen term of a method that has more than these two; weights stay as they are."""
    terms = terms_of(whole)
    return [with_terms(whole, f"{BASE} and {term}", [BASE, term]) for term in terms if term in chosen and term != BASE and len(terms) > 2]


def terms_of(whole: Setup) -> list[str]:
    """Terms of a method that have a weight."""
    return [term for term in TERMS if getattr(whole.method.weights, term)]


def with_terms(whole: Setup, label: str, terms: list[str]) -> Setup:
    """Some of the terms of a method; captions that meet images are masked only where the masked words are predicted (detail 4)."""
    weights = {term: getattr(whole.method.weights, term) if term in terms else 0.0 for term in TERMS}
    texts = tuple("caption" if text == "masked" and "text" not in terms else text for text in whole.method.texts)
    return whole.rebuilt(NAME, f"{whole.label}, {label}", weights=weights, texts=texts)
