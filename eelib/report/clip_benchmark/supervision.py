"""Methods against CLIP, and whether their effects depend on the image encoder: from records only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import LEVEL, Estimate, holm, interaction_test
from eelib.report.cases import POINTS, percents, points, signed
from eelib.report.clip_benchmark.compared import Compared, by_data, compared, draw
from eelib.report.clip_benchmark.measures import Measure, zero_shot
from eelib.report.clip_benchmark.models import Config, Model, trained_ones
from eelib.report.clip_benchmark.published import CAVEAT, SOURCE, is_doubted, published_effect, published_interaction, published_top1
from eelib.report.tables import bold, html_table, linked_percent

BASE = "clip"
DAGGER = "†"  # at published numbers that CAVEAT is about


def base_method(config: Config) -> Config:
    """CLIP with the same encoder and data; under its own recipe."""
    recipe = config.label.partition(", ")[2]
    return config._replace(label=f"{BASE}, {recipe}" if recipe else BASE)


def supervision(found: Sequence[Model], measure: Measure = zero_shot) -> list[Compared]:
    """Every method against CLIP."""
    return compared(found, base_method, measure)


@dataclass(frozen=True)
class Contrast:
    """How much more a method gives over CLIP on one encoder than on another.

    Attributes:
        method: Its label.
        title: For people.
        difference: Effect on the second encoder minus effect on the first.
        adjusted: p-value after Holm's correction over all methods and sets of pairs.
    """

    method: str
    title: str
    difference: Estimate
    adjusted: float

    @property
    def decided(self) -> bool:
        """Whether it stands after the correction."""
        return self.adjusted < LEVEL


@dataclass(frozen=True)
class Interaction:
    """The test of method against encoder on one set of pairs.

    Attributes:
        data: The set for people.
        size: Root mean square of what main effects of methods and encoders leave over.
        p: Of the interaction test over places and seeds.
        adjusted: The same after Holm's correction over all sets.
        seeds: Seeds per cell.
        encoders: Titles of the two encoders, first and second.
        contrasts: One per method.
    """

    data: str
    size: float
    p: float
    adjusted: float
    seeds: int
    encoders: tuple[str, str]
    contrasts: tuple[Contrast, ...]

    @property
    def decided(self) -> bool:
        """Whether it stands after the correction."""
        return self.adjusted < LEVEL


def interactions(found: Sequence[Model], measure: Measure = zero_shot) -> list[Interaction]:
    """One test per set of pairs on which the same methods ran with two encoders; corrected over all sets, contrasts over all of theirs."""
    tests = [test for group in by_data(trained_ones(found)).values() if (test := _interaction(group, measure)) is not None]
    of_sets = map(float, holm([test.p for test in tests]))
    of_contrasts = map(float, holm([item.difference.p for test in tests for item in test.contrasts]))
    return [
        replace(test, adjusted=next(of_sets), contrasts=tuple(replace(item, adjusted=next(of_contrasts)) for item in test.contrasts))
        for test in tests
    ]


def _interaction(group: Sequence[Model], measure: Measure) -> Interaction | None:
    encoders = list(dict.fromkeys(model.config.encoder for model in group))
    table = {(m.config.label, m.config.encoder): m for m in group}
    labels = [name for name in dict.fromkeys(m.config.label for m in group) if all((name, encoder) in table for encoder in encoders)]
    if len(encoders) != 2 or len(labels) < 2 or BASE not in labels:
        return None
    chosen = [table[name, encoder] for name in labels for encoder in encoders]
    draws = draw(chosen, measure)
    of = {(m.config.label, m.config.encoder): draws.of[m.config] for m in chosen}
    differences = {name: draws.estimate(_contrast(of, name, encoders)) for name in labels if name != BASE}
    size, p = interaction_test(np.array([[of[name, encoder] for encoder in encoders] for name in labels]), draws.seeds, draws.places)
    contrasts = tuple(Contrast(name, table[name, encoders[0]].config.title, value, value.p) for name, value in differences.items())
    titles = (table[BASE, encoders[0]].config.encoder_title, table[BASE, encoders[1]].config.encoder_title)
    return Interaction(chosen[0].data_title, size, p, p, draws.seeds, titles, contrasts)


def _contrast(of: dict[tuple[str, str], Array], name: str, encoders: Sequence[str]) -> Array:
    first, second = (of[name, encoder] - of[BASE, encoder] for encoder in encoders)
    return second - first


def supervision_table(rows: Sequence[Compared], *, root: str = "../") -> str:
    """HTML: every method with every encoder; published numbers in their own columns, doubted ones with a mark and its reason below."""
    body: list[tuple[Sequence[str], Sequence[str]]] = []
    for row in rows:
        config, baselines = row.model.config, row.model.scores[0]["metrics"]["baselines"]
        method, family = config.label.partition(", ")[0], config.family
        ours = (linked_percent(row.score, row.model.scores, root), bold(row.effect, decided=row.decided) if row.effect else "–")
        mark = DAGGER if is_doubted(method, family) else ""
        over = f"{points(published_effect(method, family))}{mark}" if row.effect else "–"
        others = (f"{points(published_top1(method, family), sign=False)}{mark}", over)
        floor = f"{POINTS * baselines['chance']:.1f} / {POINTS * baselines['majority']:.1f}"
        body.append(((row.model.data_title, config.encoder_title, config.title), (*ours, floor, *others)))
    right = ("top-1, %", "over CLIP, points", "chance / majority, %", "published top-1, %", "published over CLIP, points")
    return _with_caveat(html_table(("data", "encoder", "method"), right, body))


def _with_caveat(table: str) -> str:
    return f"{table}<p>Published: {SOURCE}.{f'<br>{DAGGER} {CAVEAT}.' if DAGGER in table else ''}</p>"


def interaction_table(tests: Sequence[Interaction]) -> str:
    """HTML: per method how its effect differs between the encoders."""
    body = [
        (
            (test.data, item.title),
            (bold(item.difference, decided=item.decided), f"{item.adjusted:.3f}", _published(item)),
        )
        for test in tests
        for item in test.contrasts
    ]
    heads = ("effect on ResNet − effect on ViT, points", "p, corrected", "published difference")
    return _with_caveat(html_table(("data", "method"), heads, body))


def _published(item: Contrast) -> str:
    """The published difference, marked where the number of the ResNet in it is doubted."""
    return points(published_interaction(item.method)) + (DAGGER if is_doubted(item.method, "resnet") else "")


def supervision_conclusion(rows: Sequence[Compared], tests: Sequence[Interaction]) -> str:
    """What the comparison says, in Markdown, computed from its numbers."""
    lines = []
    for data in dict.fromkeys(row.model.data_title for row in rows):
        chosen = [row for row in rows if row.model.data_title == data]
        for encoder in dict.fromkeys(row.model.config.encoder_title for row in chosen):
            lines.append(_ranking(data, encoder, [row for row in chosen if row.model.config.encoder_title == encoder]))
    return "\n".join([*lines, *(_sentence(test) for test in tests)])


def _ranking(data: str, encoder: str, rows: Sequence[Compared]) -> str:
    best = max(rows, key=lambda row: row.score.value)
    better = [row.model.config.title for row in rows if row.decided and row.effect and row.effect.value > 0]
    worse = [row.model.config.title for row in rows if row.decided and row.effect and row.effect.value < 0]
    majority = max(best.model.scores[0]["metrics"]["baselines"][name] for name in ("chance", "majority"))
    above = sum(row.score.above(majority) for row in rows)
    text = (
        f"* **{data}, {encoder}**: better than CLIP after correction: {', '.join(better) or 'none'}; worse: {', '.join(worse) or 'none'}."
    )
    text += f" Highest top-1: {best.model.config.title}, {percents(best.score)} %."
    return f"{text} {above} of {len(rows)} are above chance and majority by an interval."


def _sentence(test: Interaction) -> str:
    depends = "depends" if test.decided else "is not shown to depend"
    text = f"* **Method × encoder, {test.data}**: the effect of supervision {depends} on the encoder (interaction over places and "
    text += (
        f"{test.seeds} seeds, p = {test.p:.4f}, corrected for all sets of pairs {test.adjusted:.3f}; beyond the main effects cells differ "
    )
    text += f"by {100 * test.size:.1f} points)."
    decided = [f"{item.title} {signed(item.difference)}" for item in test.contrasts if item.decided]
    if decided:
        text += f" Gain on the {test.encoders[1]} minus gain on the {test.encoders[0]}, after correction: {'; '.join(decided)} points."
    known = {item.title: published_interaction(item.method) for item in test.contrasts}
    published = [f"{title} {points(value)}" for title, value in known.items() if value is not None]
    return f"{text} Published at another scale: {', '.join(published)}." if published else text
