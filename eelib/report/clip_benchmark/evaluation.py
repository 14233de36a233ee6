"""All that trained models were asked, side by side with intervals; from records only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eelib.evaluate.robustness import SEASONS, season_of
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import POINTS, Record, signed
from eelib.report.clip_benchmark.classes import by_class, class_mean_rate
from eelib.report.clip_benchmark.compared import by_data, draw_each
from eelib.report.clip_benchmark.measures import Measure, among, few_shot, in_five, linear_probe, nearest, recall_at, under, zero_shot
from eelib.report.clip_benchmark.models import Model, short_title
from eelib.report.style import PALETTE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = {"image_to_text": "image → text", "text_to_image": "text → image"}
SIMILARITIES = ("global", "tokens")
CONDITIONS = {  # for people; others follow by name, each has one colour in all panels
    "clouds": "cloudy archive, other dates",
    "sensor noise": "sensor noise",
    "another region": "another region",
}
INDEX = ["data", "encoder", "method"]


def _index(model: Model) -> dict[str, str]:
    return dict(zip(INDEX, (model.data_title, model.config.encoder_title, model.config.title), strict=True))


def estimates(found: Sequence[Model], measures: Mapping[str, Measure]) -> dict[tuple[Model, str], Estimate]:
    """Every measure of every model with its interval."""
    return {
        (model, name): draws.score(model.config)
        for group in by_data(found).values()
        for name, measure in measures.items()
        for model, draws in draw_each(group, measure)
    }


def _table(found: Sequence[Model], measures: Mapping[str, Measure]) -> pd.DataFrame:
    cells = estimates(found, measures)
    rows = [{**_index(model), **{name: str(cells[model, name]) for name in measures}} for model in found]
    return pd.DataFrame(rows).set_index(INDEX)


def prompt_table(found: Sequence[Model]) -> pd.DataFrame:
    """Zero-shot top-1 by prompt set, by each model's own similarity, with intervals; empty where a set was not asked of the data."""
    asked = [(group, list(group[0].scores[0]["metrics"]["zero_shot"])) for group in by_data(found).values()]
    tables = [_table(group, {name: partial(zero_shot, prompts=name) for name in names}) for group, names in asked if names]
    return pd.concat(tables).fillna("") if tables else pd.DataFrame()


def similarity_table(found: Sequence[Model]) -> pd.DataFrame:
    """Top-1, top-5 and mean over classes by global and, where there are any, by token-wise scores, with intervals.

    The difference of the two similarities is paired: same pairs, same resamples. Records made before the five first were kept per pair
    have a mean of top-5 without an interval.
    """
    cells: dict[tuple[Model, str], dict[str, str]] = {}
    for group in by_data(found).values():
        draws = {how: dict(draw_each(having, partial(zero_shot, how=how))) for how in SIMILARITIES if (having := _having(group, how))}
        for how, of in draws.items():
            means = dict(draw_each(list(of), by_class(how), score=class_mean_rate))
            fives = _top5(list(of), how)
            for model, drawn in of.items():
                shown = {"top-1": str(drawn.score(model.config)), "top-5": fives[model]}
                shown["mean over classes"] = str(means[model].score(model.config))
                if how == "tokens":  # every model has the other
                    column = drawn.of[model.config] - draws["global"][model].of[model.config]
                    shown["over global, points"] = signed(drawn.estimate(column))
                cells[model, how] = shown
    ordered = [(model, how) for model in found for how in SIMILARITIES if (model, how) in cells]
    rows = [{**_index(model), "similarity": how, "trained for": model.aligns(how), **cells[model, how]} for model, how in ordered]
    return pd.DataFrame(rows).set_index([*INDEX, "similarity"]).fillna("")


def _having(group: Sequence[Model], how: str) -> list[Model]:
    return [model for model in group if how in _first(model.scores[0])]


def _first(score: Record) -> Mapping[str, Any]:
    """Hits by similarity, of the first prompt set; nothing where the data have no classes."""
    found: Mapping[str, Any] = next(iter(score["metrics"]["zero_shot"].values()), {})
    return found


def _top5(group: Sequence[Model], how: str) -> dict[Model, str]:
    kept = [model for model in group if all("correct5" in _first(score)[how] for score in model.scores)]
    intervals = {model: str(draws.score(model.config)) for model, draws in draw_each(kept, in_five(how=how))}
    return {model: f"{np.mean([_first(score)[how]['top5'] for score in model.scores]):.3f}" for model in group} | intervals


def probe_table(found: Sequence[Model]) -> pd.DataFrame:
    """Linear probe, few-shot probes and nearest neighbours on frozen image features, with intervals; of models that could be probed."""
    probed = [model for model in found if all("linear" in score["metrics"] for score in model.scores)]
    shots = dict.fromkeys(k for model in probed for k in model.scores[0]["metrics"]["few_shot"])
    measures: dict[str, Measure] = {"linear probe": linear_probe, "nearest neighbours": nearest}
    return _table(probed, measures | {f"{k} per class": few_shot(int(k)) for k in shots}) if probed else pd.DataFrame()


def retrieval_table(found: Sequence[Model], at: Sequence[int] = (1, 5, 10)) -> pd.DataFrame:
    """Recall both ways with intervals, and that of a random order."""
    table = _table(found, {f"{title}, {k}": recall_at(k, way) for way, title in WAYS.items() for k in at})
    for k in at:
        ways = [[f"{recall_chance(model, k, way):.3f}" for way in WAYS] for model in found]
        table[f"chance, {k}"] = [" / ".join(dict.fromkeys(both)) for both in ways]
    return table


def recall_chance(model: Model, k: int, way: str) -> float:
    """Recall at ``k`` of a random order; records made before each distinct answer was searched once have one for both ways."""
    chance = model.scores[0]["metrics"]["retrieval"][model.how]["chance"]
    return float(chance.get(way, chance)[str(k)])


def condition_changes(found: Sequence[Model]) -> dict[tuple[Model, str], Estimate]:
    """Top-1 under every other condition minus that of the plain test; paired where the places are the same."""
    changes = {}
    for group in by_data(found).values():
        plain = draw_each(group)
        for name in group[0].scores[0]["metrics"]["variants"]:
            for (model, before), (_, after) in zip(plain, draw_each(group, under(name)), strict=True):
                changes[model, name] = before.estimate(after.of[model.config] - before.of[model.config])
    return changes


def _condition_order(name: str) -> tuple[int, str]:
    return (list(CONDITIONS).index(name) if name in CONDITIONS else len(CONDITIONS)), name


def condition_figure(found: Sequence[Model]) -> Figure:
    """Change of top-1 under every condition, with 95 % intervals; one panel per set of pairs, a colour per condition in all of them."""
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    use_style()
    changes, groups = condition_changes(found), by_data(found)
    conditions = list(dict.fromkeys(name for _, name in sorted(changes, key=lambda key: _condition_order(key[1]))))
    figure, axes = plt.subplots(1, len(groups), figsize=(WIDTH, 1.4 + 0.3 * max(map(len, groups.values()))), squeeze=False)
    for axis, group in zip(axes[0], groups.values(), strict=True):
        axis.axvline(0, color="0.3", linewidth=1)
        names = [name for name in conditions if (group[0], name) in changes]
        for at, name in enumerate(names):
            values = [changes[model, name] for model in group]
            y = np.arange(len(group))[::-1] + 0.2 * ((len(names) - 1) / 2 - at)
            spread = [[POINTS * (v.value - v.low) for v in values], [POINTS * (v.high - v.value) for v in values]]
            color = PALETTE[conditions.index(name) % len(PALETTE)]
            axis.errorbar([POINTS * v.value for v in values], y, xerr=spread, fmt="o", color=color, markersize=3, capsize=2, linewidth=1)
        labels = [f"{model.config.title}, {model.config.encoder_title}" for model in group][::-1]
        axis.set_yticks(range(len(group)), labels, fontsize=7)
        axis.set_ylim(-0.6, len(group) - 0.4)
        axis.set_title(short_title(group[0].data_title), fontsize=8)
    titles = [CONDITIONS.get(name, name) for name in conditions]
    handles = [Line2D([], [], color=PALETTE[at % len(PALETTE)], marker="o", markersize=3, label=title) for at, title in enumerate(titles)]
    if handles:
        figure.legend(handles=handles, fontsize=7, loc="outside upper center", ncols=len(handles))
    figure.supxlabel("change of zero-shot top-1, points", fontsize="small")
    return figure


def season_table(found: Sequence[Model]) -> pd.DataFrame:
    """Top-1 by the season of the image, with intervals, where its date is known; behind it the number of images."""
    cells: dict[Model, dict[str, str]] = {}
    for group in by_data(found).values():
        seasons = _seasons(group[0].scores[0])
        for name in dict.fromkeys(season for season in SEASONS if season in set(seasons)):
            measure = among(lambda score, name=name: _seasons(score) == name)  # type: ignore[misc]
            for model, draws in draw_each(group, measure):
                cells.setdefault(model, {})[name] = f"{draws.score(model.config)} ({(seasons == name).sum()})"
    rows = [{**_index(model), **cells[model]} for model in found if model in cells]
    return pd.DataFrame(rows).set_index(INDEX).fillna("") if rows else pd.DataFrame()


def _seasons(score: Record) -> NDArray[np.str_]:
    """Season of each labelled test pair; empty where dates are unknown."""
    metrics = score["metrics"]
    if metrics["days"] is None:
        return np.empty(0, np.str_)
    return np.array(season_of(np.array(metrics["days"])[np.array(metrics["labels"]) >= 0]))
