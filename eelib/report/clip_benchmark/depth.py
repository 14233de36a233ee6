"""Text depth: what it gives and what it costs; from records only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eelib.report.cases import POINTS, percents, signed
from eelib.report.clip_benchmark.compared import Compared, compared
from eelib.report.clip_benchmark.models import Model
from eelib.report.style import PALETTE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIGITS = {"parameters": 2, "milliseconds": 1, "megabytes": 1}
MARKERS = ("o", "s", "^", "D")
COSTS = {"parameters": "weights, millions", "milliseconds": "time of a step, ms", "megabytes": "memory of a step, MB"}


def depth_rows(found: Sequence[Model], *, margin: float = 0) -> list[Compared]:
    """Every depth against the deepest of the same method and encoder.

    Args:
        found: All models.
        margin: Top-1 that a depth may lose without counting as worse, added to every effect.
    """
    deepest = max(model.config.layers or 0 for model in found)
    return compared(found, lambda config: config._replace(layers=deepest), margin=margin)


def cost_of(model: Model) -> dict[str, float]:
    """What a training of this model costs: weights of all encoders and heads, time and memory of one step (means over seeds)."""
    metrics = [record["metrics"] for record in model.trainings]
    seconds = [record["provenance"].get("step_seconds", np.nan) for record in model.trainings]
    return {
        "parameters": float(np.mean([one["parameters"]["total"] for one in metrics])) / 1e6,
        "milliseconds": 1e3 * float(np.median(seconds)),
        "megabytes": float(np.mean([sum(one["memory"].values()) for one in metrics])) / 2**20,
    }


def cost_table(rows: Sequence[Compared]) -> pd.DataFrame:
    """Cost and score of every depth."""
    table = [
        {
            "data": row.model.data_title,
            "encoder": row.model.config.encoder_title,
            "method": row.model.config.title,
            "layers": row.model.config.layers,
            **{COSTS[name]: f"{value:.{DIGITS[name]}f}" for name, value in cost_of(row.model).items()},
            "of that text blocks, millions": f"{_blocks(row.model) / 1e6:.2f}",
            "top-1, %": percents(row.score),
            "against the deepest, points": signed(row.effect) if row.effect else "–",
        }
        for row in rows
    ]
    return pd.DataFrame(table).set_index(["data", "encoder", "method", "layers"])


def _blocks(model: Model) -> float:
    counts = model.trainings[0]["metrics"]["parameters"]
    return float(counts["text"] - counts["text_embedding"])


def depth_figure(rows: Sequence[Compared]) -> Figure:
    """Quality, weights, step time and memory over the depth of the text encoder; lines are drawn a little beside each other."""
    import matplotlib.pyplot as plt

    use_style()
    figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 4.8), sharex=True)
    panels = dict(zip(("top-1", *COSTS), axes.ravel(), strict=True))
    groups: dict[str, list[Compared]] = {}
    for row in rows:
        config = row.model.config
        groups.setdefault(f"{config.title}, {config.encoder_title}, {row.model.data_title}", []).append(row)
    for at, (label, line) in enumerate(groups.items()):
        dodge = 0.22 * (at - (len(groups) - 1) / 2)  # so that equal lines and bars stand beside each other
        x = [(row.model.config.layers or 0) + dodge for row in line]
        look = {"color": PALETTE[at % len(PALETTE)], "marker": MARKERS[at % len(MARKERS)], "markersize": 3.5, "linewidth": 1.2}
        top = [POINTS * row.score.value for row in line]
        spread = [
            [POINTS * (row.score.value - row.score.low) for row in line],
            [POINTS * (row.score.high - row.score.value) for row in line],
        ]
        panels["top-1"].errorbar(x, top, yerr=spread, capsize=2, label=label, **look)
        for name in COSTS:
            panels[name].plot(x, [cost_of(row.model)[name] for row in line], **look)
    for name, axis in panels.items():
        axis.set_xticks(sorted({row.model.config.layers or 0 for row in rows}))
        axis.set_title(COSTS.get(name, "zero-shot top-1, %"), fontsize=8)
        if name != "top-1":
            axis.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=2, fontsize=7)
    figure.supxlabel("blocks of the text encoder", fontsize="small")
    return figure


def depth_conclusion(rows: Sequence[Compared]) -> str:
    """The least depth that loses nothing that can be seen, and what it saves; in Markdown, computed."""
    groups: dict[tuple[str, str, str], list[Compared]] = {}
    for row in rows:
        config = row.model.config
        groups.setdefault((row.model.data_title, config.encoder_title, config.title), []).append(row)
    lines = []
    for name, line in groups.items():
        deepest = max(line, key=lambda row: row.model.config.layers or 0)
        least = deepest
        for row in sorted(line, key=lambda row: -(row.model.config.layers or 0)):
            if row.effect is not None and row.effect.below():
                break  # what is shallower still is no answer, even where its interval is too wide to tell
            least = row
        few, many = least.model.config.layers or 0, deepest.model.config.layers
        text = f"* **{', '.join(name)}**: every depth below {many} blocks is worse than {many} by an interval"
        if least.effect is not None:
            be, blocks = ("is", "block") if few == 1 else ("are", "blocks")
            told = "better than" if least.effect.above() else "not told apart from"
            text = f"* **{', '.join(name)}**: {few} {blocks} {be} {told} {many}"
            small, large = cost_of(least.model), cost_of(deepest.model)
            saved = ", ".join(f"{100 * (1 - small[key] / large[key]):.0f} % of the {what}" for key, what in _SAVED.items())
            text += f" ({signed(least.effect)} points); it saves {saved}"
        lines.append(f"{text}.")
    note = "An interval that includes 0 is no proof of equality: its lower end is the loss that cannot be ruled out."
    return "\n".join([*lines, "", note])


_SAVED = {"parameters": "weights", "milliseconds": "time", "megabytes": "memory"}
