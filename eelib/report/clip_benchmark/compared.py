"""Intervals for what image-text models were asked, and each model against its reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from eelib.errors import InputError
from eelib.evaluate.agreement import hit_rate
from eelib.evaluate.statistics import LEVEL, Estimate, Score, bootstrap, holm
from eelib.report.cases import Draws
from eelib.report.clip_benchmark.measures import Measure, zero_shot
from eelib.report.clip_benchmark.models import Config, Model, trained_ones


def draw(group: Sequence[Model], measure: Measure = zero_shot, *, score: Score = hit_rate) -> Draws[Config]:
    """Paired bootstrap over places and seeds.

    Args:
        group: Models that were asked about the same pairs.
        measure: What is counted.
        score: Counts to a score.

    Raises:
        InputError: Models were run with different seeds.
    """
    if len({model.seeds for model in group}) != 1:
        raise InputError(f"models to be compared were run with different seeds: {json.dumps({m.config.label: m.seeds for m in group})}")
    counts, places = [], np.empty(0, np.int64)
    for model in group:
        parts = [measure(model, score) for score in model.scores]
        places = parts[0][1]
        counts.append(np.stack([part for part, _ in parts]))
    scores = bootstrap(counts, places, score=score)
    seeds = len(group[0].seeds) if group[0].trained else 0
    return Draws(dict(zip((m.config for m in group), scores, strict=True)), seeds, len(np.unique(places)))


def draw_each(group: Sequence[Model], measure: Measure = zero_shot, *, score: Score = hit_rate) -> list[tuple[Model, Draws[Config]]]:
    """:func:`draw` of the study's own models together, and of each model of open_clip alone: those have one score, without a seed."""
    own = trained_ones(group)
    parts = [*([own] if own else []), *([model] for model in group if not model.trained)]
    return [(model, draws) for part in parts for draws in (draw(part, measure, score=score),) for model in part]


def by_data(found: Iterable[Model], name: Callable[[Config], str] = attrgetter("data")) -> dict[str, list[Model]]:
    """Models by the set of pairs, or by another name of it."""
    grouped: dict[str, list[Model]] = {}
    for model in found:
        grouped.setdefault(name(model.config), []).append(model)
    return grouped


@dataclass(frozen=True)
class Compared:
    """A model against a reference.

    Attributes:
        model: The setup that was trained and scored.
        score: Its score.
        effect: Paired difference to the reference; None for references themselves.
        adjusted: Its p-value after Holm's correction over all comparisons of the call; 1 for references.
    """

    model: Model
    score: Estimate
    effect: Estimate | None
    adjusted: float

    @property
    def decided(self) -> bool:
        """Whether the difference stands after the correction."""
        return self.effect is not None and self.adjusted < LEVEL


def compared(
    found: Sequence[Model],
    reference: Callable[[Config], Config],
    measure: Measure = zero_shot,
    group: Callable[[Config], str] = attrgetter("data"),
    margin: float = 0,
) -> list[Compared]:
    """Every model against the one that ``reference`` names for it; models whose reference is missing have no effect.

    Args:
        found: From :func:`models`; models of open_clip are left out.
        reference: Configuration to the configuration that it is held against; itself where it is a reference.
        measure: What is compared.
        group: Which models are asked about the same test pairs: those of one training set unless told.
        margin: Added to every effect.
    """
    rows: list[tuple[Model, Estimate, Estimate | None]] = []
    for models_ in by_data(trained_ones(found), group).values():
        draws = draw(models_, measure)
        for model in models_:
            base = reference(model.config)
            effect = None
            if base in draws.of and base != model.config:
                effect = draws.estimate(draws.of[model.config] - draws.of[base] + margin)
            rows.append((model, draws.score(model.config), effect))
    adjusted = iter(holm([effect.p for _, _, effect in rows if effect is not None]))
    return [Compared(model, score, effect, 1.0 if effect is None else float(next(adjusted))) for model, score, effect in rows]
