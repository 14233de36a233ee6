"""Zero-shot accuracy class by class, from the hits that records hold per test pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eelib.data.windows import Ints
from eelib.evaluate.confusion import Array
from eelib.report.cases import Record
from eelib.report.clip_benchmark.compared import by_data, draw_each
from eelib.report.clip_benchmark.measures import Measure, among, known_labels, zero_shot
from eelib.report.clip_benchmark.models import Model


def by_class(how: str | None = None) -> Measure:
    """Hits and misses ``(N, K, 2)`` of the labelled test pairs, each in the row of its class; for :func:`class_mean_rate`."""

    def measure(model: Model, score: Record) -> tuple[Ints, Ints]:
        counts, places = zero_shot(model, score, how=how)
        labels = known_labels(score)
        wide = np.zeros((len(labels), len(score["metrics"]["classes"]), 2), np.int64)
        wide[np.arange(len(labels)), labels] = counts[:, 0]
        return wide, places

    return measure


def class_mean_rate(counts: NDArray[np.int64]) -> Array:
    """Mean over classes of their share of hits, ``(...)`` from ``(..., K, 2)``; classes that a resample does not hold are left out."""
    counts = np.asarray(counts, np.float64)
    asked = counts.sum(-1)
    rate = counts[..., 0] / np.where(asked > 0, asked, 1)
    mean: Array = rate.sum(-1) / (asked > 0).sum(-1)
    return mean


def class_table(found: Sequence[Model]) -> pd.DataFrame:
    """Share of the test pairs of each class that a model names rightly, with intervals over the places of the class and seeds.

    Rows are classes with their number of test pairs, columns models; empty where data have no such model.
    """
    parts = [_of_data(group) for group in by_data(found).values() if group[0].scores[0]["metrics"]["zero_shot"]]
    table: pd.DataFrame = pd.concat(parts).fillna("") if parts else pd.DataFrame()
    return table


def _of_data(group: Sequence[Model]) -> pd.DataFrame:
    score = group[0].scores[0]
    labels, rows, cells = known_labels(score), [], []
    for label, name in enumerate(score["metrics"]["classes"]):
        if count := int((labels == label).sum()):
            measure = among(lambda record, label=label: known_labels(record) == label)  # type: ignore[misc]
            cells.append([str(draws.score(model.config)) for model, draws in draw_each(group, measure)])
            rows.append((group[0].data_title, name, count))
    ordered = [model for model, _ in draw_each(group)]
    columns = pd.MultiIndex.from_tuples([(model.config.encoder_title, model.config.title) for model in ordered])
    return pd.DataFrame(cells, index=pd.MultiIndex.from_tuples(rows, names=("data", "class", "test pairs")), columns=columns)
