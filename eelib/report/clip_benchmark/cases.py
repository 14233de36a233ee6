"""Records of image-text models grouped by what was trained, and intervals for what they were asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from eelib.data.pairs.settings import FAULTS, FaultDoses
from eelib.data.windows import Ints
from eelib.errors import InputError
from eelib.evaluate.agreement import hit_rate
from eelib.evaluate.hits import Bools, hit_counts, unpack_hits
from eelib.evaluate.open_clip_names import short_name
from eelib.evaluate.statistics import LEVEL, Estimate, Score, bootstrap, holm
from eelib.report.cases import Draws, Record
from eelib.study.pair_methods import TITLES

OPEN_CLIP = "open-clip"  # encoder of models that were trained elsewhere; no name of an encoder of the study
ENCODERS = {"vit": "ViT", "resnet": "ResNet", OPEN_CLIP: "open_clip"}
OWN_SCORES = "tokens"  # of a method that learns token-wise similarities alone


class Config(NamedTuple):
    """What a model was trained on and how, but for its seed."""

    data: str
    label: str
    encoder: str
    version: str
    fault: str
    pairs: int
    layers: int | None
    samples: int

    @property
    def family(self) -> str:
        """``vit`` or ``resnet``."""
        return self.encoder.partition("_")[0]

    @property
    def encoder_title(self) -> str:
        """The encoder family for people."""
        return ENCODERS.get(self.family, self.family)

    @property
    def title(self) -> str:
        """The label for people."""
        if self.encoder == OPEN_CLIP:
            return short_name(self.label)
        name, *rest = self.label.split(", ", 1)
        return ", ".join([TITLES.get(name, name), *rest])


@dataclass(frozen=True, eq=False)  # a model is itself, records cannot be hashed
class Model:
    """The records of one configuration over all seeds.

    Attributes:
        config: What it is.
        scores: Records of its scores, in the order of seeds.
        trainings: Records of its trainings, in the same order; none of a model of open_clip.
    """

    config: Config
    scores: tuple[Record, ...]
    trainings: tuple[Record, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds in order."""
        return tuple(record["seed"] for record in self.scores)

    @property
    def trained(self) -> bool:
        """Whether the study trained it; models of open_clip stand beside the others and are in no test of methods."""
        return bool(self.trainings)

    @property
    def how(self) -> str:
        """The similarity that its training shaped: ``tokens`` where no term has global embeddings meet, else ``global``."""
        if not self.trained:
            return "global"
        weights = self.trainings[0]["params"]["method"]["weights"]
        return "global" if weights["clip"] or weights["multi_view"] or weights["neighbours"] else OWN_SCORES

    @property
    def data_title(self) -> str:
        """The data for people."""
        metrics = self.scores[0]["metrics"]
        return str(metrics["title"]).removesuffix(" (simulated)") + (", simulated" if metrics["simulated"] else ", real")


def short_title(title: str) -> str:
    """The data for a label of a figure: without what stands in round brackets."""
    return re.sub(r" \([^)]*\)", "", title)


def models(scores: Iterable[Record], trainings: Iterable[Record]) -> list[Model]:
    """Every configuration, by data, encoder and method, whatever the order of the records; models of open_clip last.

    Raises:
        InputError: There is no score, or the training of one is missing.
    """
    by_key, found = {record["key"]: record for record in trainings}, dict[Config, list[Record]]()
    every, others = {record["key"]: record for record in scores}.values(), []
    for record in every:
        if record["params"].get("open_clip"):
            others.append(record)
        elif record["needs"].get("train") not in by_key:
            raise InputError(f"{record['experiment']}/{record['key']}: the record of its training is missing")
        else:
            found.setdefault(_config(record, by_key[record["needs"]["train"]]), []).append(record)
    if not every:
        raise InputError("there is no score of an image-text model: run the arms first")
    made = []
    for config, records in found.items():
        ordered = tuple(sorted(records, key=lambda record: record["seed"]))
        made.append(Model(config, ordered, tuple(by_key[record["needs"]["train"]] for record in ordered)))
    made += [Model(_elsewhere(record, made), (record,), ()) for record in others]
    return sorted(made, key=lambda model: _order(model.config))


def trained_ones(found: Iterable[Model]) -> list[Model]:
    """Without models of open_clip."""
    return [model for model in found if model.trained]


def _elsewhere(score: Record, trained: Sequence[Model]) -> Config:
    """Beside the first of the study's own models that were asked about the same pairs."""
    names = score["params"]["data"]["sets"]
    beside = (model.config.data for model in trained if model.scores[0]["params"]["data"]["sets"] == names)
    return Config(next(beside, "+".join(names)), score["params"]["open_clip"], OPEN_CLIP, "", "", 0, None, 0)


def _order(config: Config) -> tuple[object, ...]:
    """Encoders as they are listed above, methods as the study lists them, a method itself before its changes."""
    encoders, methods, (method, _, change) = list(ENCODERS), list(TITLES), config.label.partition(", ")
    encoder = encoders.index(config.family) if config.family in encoders else len(encoders)
    listed = methods.index(method) if method in methods else len(methods)
    return config.data, encoder, listed, method, change, config.layers or 0, config.version, config.fault, config.pairs, config.samples


def models_of(records: Iterable[Record]) -> list[Model]:
    """Every configuration, from the scores and trainings among the records."""
    every = list(records)
    scores, trainings = ([one for one in every if one["recipe"].partition("@")[0] == kind] for kind in ("pair_score", "pair_train"))
    return models(scores, trainings)


def _config(score: Record, training: Record) -> Config:
    params = training["params"]
    sizes = params["data"]["sizes"]
    fault = fault_title(sizes["doses"]) if sizes["version"] in ("v1", "spoilt") else ""
    names = params["data"]["sets"]
    return Config(
        "+".join(names),
        score["arm"],
        params["image"]["name"],
        sizes["version"],
        fault,
        sizes["train"],
        params["text"]["layers"],
        params["recipe"]["samples"],
    )


def fault_title(doses: Mapping[str, float]) -> str:
    """``"language 0.4"`` for one kind of fault, ``"mixed"`` for the default mixture."""
    if FaultDoses(**doses) == FaultDoses():
        return "mixed"
    return ", ".join(f"{kind} {doses[kind]:g}" for kind in FAULTS if doses[kind])


Measure = Callable[[Model, Record], tuple[Ints, Ints]]


def zero_shot(model: Model, score: Record, *, how: str | None = None, prompts: str | None = None) -> tuple[Ints, Ints]:
    """Top-1 hits and places of the labelled test pairs; by the model's own similarity and the first prompt set unless told."""
    found = score["metrics"]["zero_shot"]
    return _hits(found[prompts or next(iter(found))][how or model.how], score["metrics"])


def in_five(*, how: str | None = None) -> Measure:
    """Pairs whose class is among the first five, by the first prompt set."""

    def measure(model: Model, score: Record) -> tuple[Ints, Ints]:
        found = next(iter(score["metrics"]["zero_shot"].values()))[how or model.how]
        return _hits({"correct": found["correct5"]}, score["metrics"])

    return measure


def known_labels(score: Record) -> Ints:
    """Classes of the labelled test pairs."""
    labels = np.array(score["metrics"]["labels"])
    return labels[labels >= 0]


def among(chosen: Callable[[Record], Bools], measure: Measure | None = None) -> Measure:
    """A measure of some of the labelled test pairs alone; places that hold none of them are not resampled.

    Args:
        chosen: Record to the pairs that are kept, ``(N,)``.
        measure: Of all pairs; :func:`zero_shot` where None.
    """

    def part(model: Model, score: Record) -> tuple[Ints, Ints]:
        counts, places = (measure or zero_shot)(model, score)
        rows = chosen(score)
        return counts[rows], places[rows]

    return part


def linear_probe(model: Model, score: Record) -> tuple[Ints, Ints]:
    """Hits of the linear probe."""
    return _hits(score["metrics"]["linear"], score["metrics"])


def nearest(model: Model, score: Record) -> tuple[Ints, Ints]:
    """Hits of the nearest-neighbour classifier."""
    return _hits(score["metrics"]["knn"], score["metrics"])


def few_shot(shots: int) -> Measure:
    """Hits of few-shot probes, all draws of the shots together."""

    def measure(model: Model, score: Record) -> tuple[Ints, Ints]:
        parts = [_hits(draw, score["metrics"]) for draw in score["metrics"]["few_shot"][str(shots)]]
        return np.sum([counts for counts, _ in parts], 0), parts[0][1]

    return measure


def recall_at(k: int, direction: str) -> Measure:
    """Queries whose answer is among the first k; ``image_to_text`` or ``text_to_image``."""

    def measure(model: Model, score: Record) -> tuple[Ints, Ints]:
        ranks = np.array(score["metrics"]["retrieval"][model.how][direction])
        return hit_counts(ranks < k), np.array(score["metrics"]["places"])

    return measure


def under(condition: str) -> Measure:
    """Zero-shot hits under another condition."""

    def measure(model: Model, score: Record) -> tuple[Ints, Ints]:
        return zero_shot(model, {"metrics": score["metrics"]["variants"][condition]})

    return measure


def _hits(hits: Mapping[str, Any], metrics: Mapping[str, Any]) -> tuple[Ints, Ints]:
    known = np.array(metrics["labels"]) >= 0
    return hit_counts(unpack_hits(hits["correct"])), np.array(metrics["places"])[known]


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
