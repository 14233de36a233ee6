"""Tables of image-text models that several notebooks show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eelib.report.clip_benchmark.compared import Compared
from eelib.report.clip_benchmark.models import Model, trained_ones
from eelib.report.tables import bold, html_table, linked_percent

LOSSES = ("pairs skipped", "captions truncated")
MONITORS = ("std", "alignment", "uniformity", "retrieval")


def training_table(found: Sequence[Model]) -> pd.DataFrame:
    """Monitors and cost of every training, mean over seeds; ``chance`` is the retrieval of unrelated embeddings.

    Pairs that were skipped while reading and captions cut to the context stand in columns that are there where some record tells them.
    """
    rows = []
    for model in trained_ones(found):
        metrics = [record["metrics"] for record in model.trainings]
        monitors = {name: _mean([one["monitors"][name] for one in metrics if name in one["monitors"]]) for name in MONITORS}
        rows.append(
            {
                "data": model.data_title,
                "encoder": model.config.encoder_title,
                "model": model.config.title,
                "seeds": len(metrics),
                "pairs": metrics[0]["pairs"],
                "samples": metrics[0]["samples"],
                **_losses(metrics[0]),
                **monitors,
                "chance": 1 / metrics[0]["monitors"]["count"],
                "last loss": float(np.mean([one["curves"]["loss"][-1] for one in metrics])),
            }
        )
    table = pd.DataFrame(rows).set_index(["data", "encoder", "model"]).round(3)
    return table.drop(columns=[name for name in LOSSES if (table[name] == "").all()])


def _losses(metrics: Mapping[str, Any]) -> dict[str, object]:
    """What a training did not see of its pairs; of the notes those on skipped rows, as what the filter removed is told elsewhere."""
    skipped = "; ".join(note for note in metrics.get("notes") or () if "skipped" in note)
    truncated = metrics.get("truncated")
    return dict(zip(LOSSES, (skipped, "" if truncated is None else truncated), strict=True))


def _mean(values: Sequence[float]) -> float:
    """NaN of none: one validation pair has no spread."""
    return float(np.mean(values)) if values else float("nan")


def effect_table(
    rows: Sequence[Compared], what: Sequence[str], heads: tuple[str, ...], score: str, effect: str, *, root: str = "../"
) -> str:
    """HTML of models against their references.

    Args:
        rows: From :func:`eelib.report.clip_benchmark.compared.compared`.
        what: Text of the last text column, one per row.
        heads: Its head.
        score: Head of the score, which is shown in percent.
        effect: Head of the difference.
        root: Where links start.
    """
    body = [
        (
            (row.model.data_title, row.model.config.encoder_title, text),
            (
                linked_percent(row.score, row.model.scores, root),
                bold(row.effect, decided=row.decided) if row.effect else "–",
                f"{row.adjusted:.3f}" if row.effect else "–",
            ),
        )
        for row, text in zip(rows, what, strict=True)
    ]
    return html_table(("data", "encoder", *heads), (f"{score}, %", effect, "p, corrected"), body)
