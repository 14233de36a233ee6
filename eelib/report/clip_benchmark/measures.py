"""What an image-text model is asked: records to hits and the places that they are resampled by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from eelib.data.windows import Ints
from eelib.evaluate.hits import Bools, hit_counts, unpack_hits
from eelib.report.cases import Record
from eelib.report.clip_benchmark.models import Model

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
