"""What the evaluation of trained models says, in Markdown, computed from records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eelib.evaluate.statistics import Estimate
from eelib.report.cases import POINTS, points
from eelib.report.clip_benchmark.classes import by_class, class_mean_rate
from eelib.report.clip_benchmark.compared import by_data, draw_each
from eelib.report.clip_benchmark.evaluation import CONDITIONS, WAYS, condition_changes, estimates, recall_chance
from eelib.report.clip_benchmark.measures import among, known_labels, recall_at, zero_shot
from eelib.report.clip_benchmark.models import Model, trained_ones

HIGH = 1.5  # times chance, from which on naming the most frequent class is a hard baseline


def evaluation_conclusion(found: Sequence[Model]) -> str:
    """How far above chance and the most frequent class, and what other conditions cost; models of open_clip in lines of their own."""
    lines = []
    for group in by_data(trained_ones(found)).values():
        title, count = group[0].data_title, len(group)
        classes = bool(group[0].scores[0]["metrics"]["zero_shot"])
        lines += [f"* **Zero-shot, {title}**: {_zero_shot(group)}"] if classes else []
        for way, name in WAYS.items():
            recall = estimates(group, {"5": recall_at(5, way)})
            above = sum(recall[model, "5"].above(recall_chance(model, 5, way)) for model in group)
            lines.append(
                f"* **Retrieval, {name}, {title}**: {above} of {count} models are above a random order by an interval (recall at 5)."
            )
        lines += [f"* **Robustness, {title}**: {_robustness(group)}."] if classes else []
    return "\n".join([*lines, *_others(found)])


def _zero_shot(group: Sequence[Model]) -> str:
    """Chance and the most frequent class of training are two floors; the mean over classes has chance as its only one."""
    baselines, count = group[0].scores[0]["metrics"]["baselines"], len(group)
    chance, majority = baselines["chance"], baselines["majority"]
    top = {model: draws.score(model.config) for model, draws in draw_each(group)}
    means = {model: draws.score(model.config) for model, draws in draw_each(group, by_class(), score=class_mean_rate)}
    over = {floor: sum(value.above(floor) for value in top.values()) for floor in (chance, majority)}
    even = sum(value.above(chance) for value in means.values())
    best = max(group, key=lambda model: top[model].value)
    text = f"of {count} models, by an interval, {over[chance]} are above chance ({chance:.3f}) and {over[majority]} above always naming "
    text += f"the most frequent class of training ({majority:.3f}); by the mean over classes, {even} are above chance. "
    text += f"The best top-1 is that of {best.config.title} with a {best.config.encoder_title}, {top[best]}."
    return text if over[majority] == count else f"{text} {_why_the_majority_wins(group)}"


def _why_the_majority_wins(group: Sequence[Model]) -> str:
    """The share of the class that the baseline names, and how models do on it and on all others."""
    metrics = group[0].scores[0]["metrics"]
    labels = known_labels(group[0].scores[0])
    shares = np.bincount(labels, minlength=len(metrics["classes"])) / len(labels)
    fits = np.flatnonzero(np.isclose(shares, metrics["baselines"]["majority"]))
    if len(fits) != 1:  # classes of the same size: records do not say which of them training had most of
        return f"The largest class is {_percent(shares.max())} of the test pairs."
    named = int(fits[0])
    own, rest = (_mean_top1(group, named, inside=inside) for inside in (True, False))
    if metrics["baselines"]["majority"] < HIGH * metrics["baselines"]["chance"]:
        return f'The class that it names, "{metrics["classes"][named]}", is {_percent(shares[named])} of the test pairs.'
    text = (
        f'The baseline is high because "{metrics["classes"][named]}" is {_percent(shares[named])} of the test pairs; prompts tell a model '
    )
    text += (
        f"nothing of such shares. Models name that class rightly in {_percent(own)} of its pairs (the baseline in all) and the others in "
    )
    return f"{text}{_percent(rest)} of theirs (the baseline in none), means over models."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _mean_top1(group: Sequence[Model], label: int, *, inside: bool) -> float:
    chosen = among(lambda score: (known_labels(score) == label) == inside)
    return float(np.mean([draws.score(model.config).value for model, draws in draw_each(group, chosen)]))


def _others(found: Sequence[Model]) -> list[str]:
    """A line per model of open_clip, which counts in no other."""
    others = [model for model in found if not model.trained and model.scores[0]["metrics"]["zero_shot"]]
    top = estimates(others, {"": zero_shot})
    text = "* **{}, a model of open_clip, {}**: zero-shot top-1 {}; it has no seeds, so the interval is over places alone."
    return [text.format(model.config.title, model.data_title, top[model, ""]) for model in others]


def _robustness(group: Sequence[Model]) -> str:
    """How many models of one set of pairs each condition hurts, and by how much."""
    changes: dict[str, list[Estimate]] = {}
    for (_, name), change in condition_changes(group).items():
        changes.setdefault(name, []).append(change)
    parts = []
    for name, values in changes.items():
        hurt = sum(value.below() for value in values)
        least, most = max(value.value for value in values), min(value.value for value in values)
        text = f"{CONDITIONS.get(name, name)}: {hurt} of {len(values)} models lose by an interval "
        parts.append(f"{text}(top-1 {points(POINTS * least)} to {points(POINTS * most)} points)")
    return "; ".join(parts) or "no other condition was tested"
