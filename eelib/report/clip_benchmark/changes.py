"""Models whose label says what was changed: each against its reference, from records only."""

from __future__ import annotations

from collections.abc import Sequence

from eelib.report.changes import Change, changes_conclusion
from eelib.report.clip_benchmark.compared import Compared, compared
from eelib.report.clip_benchmark.models import Config, Model
from eelib.study.experiments.clip5_terms import BASE

TERM_TITLES = {
    "clip": "first contrast (0)",
    "multi_view": "multi-view (3)",
    "image": "image self-supervision (1)",
    "text": "masked language (2)",
    "neighbours": "nearest neighbour (4)",
    "tokens": "token alignment (5)",
}


def term_rows(found: Sequence[Model]) -> list[Compared]:
    """Methods without a term against the whole method, and the first term with another against the first alone."""
    return compared(found, _term_reference)


def _term_reference(config: Config) -> Config:
    method, _, change = config.label.partition(", ")
    alone = change.startswith(f"{BASE} and ")
    return config._replace(label=f"{method}, {BASE} alone" if alone else method)


def detail_rows(found: Sequence[Model]) -> list[Compared]:
    """Every changed detail against the same method without the change."""
    return compared(found, lambda config: config._replace(label=config.label.partition(", ")[0]))


def change_names(rows: Sequence[Compared]) -> list[str]:
    """Labels for people."""
    return [change_name(row.model.config) for row in rows]


def change_name(config: Config) -> str:
    """``"DeCLIP, without multi-view (3)"``; labels of details are for people already."""
    method, comma, change = config.title.partition(", ")
    how, _, term = change.rpartition(" ")
    if how in ("without", f"{BASE} and") and term in TERM_TITLES:
        change = f"{how} {TERM_TITLES[term]}"
    return f"{method}{comma}{change}".replace(f", {BASE} a", ", first contrast a")


def change_conclusion(rows: Sequence[Compared], what: str) -> str:
    """Which changes stand, in Markdown, computed from their numbers.

    Args:
        rows: Of :func:`term_rows` or :func:`detail_rows`.
        what: What a change is, in the plural.
    """
    changes = [
        Change(change_name(row.model.config), f"{row.model.config.encoder_title}, {row.model.data_title}", row.effect, row.decided)
        for row in rows
        if row.effect is not None
    ]
    return changes_conclusion(changes, what)
