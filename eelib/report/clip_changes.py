"""Models whose label says what was changed: each against its reference, from records only."""

from __future__ import annotations

from collections.abc import Sequence

from eelib.report.cases import signed
from eelib.report.clip_cases import Compared, Config, Model, compared
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
    """``"DeCLIP, without multi-view (3)"``."""
    words = config.title.split(" ")
    return " ".join([*words[:-1], TERM_TITLES.get(words[-1], words[-1])]).replace(f", {BASE} a", ", first contrast a")


def change_conclusion(rows: Sequence[Compared], what: str) -> str:
    """Which changes stand, in Markdown, computed from their numbers.

    Args:
        rows: Of :func:`term_rows` or :func:`detail_rows`.
        what: What a change is, in the plural.
    """
    changes = [row for row in rows if row.effect is not None]
    helped = [row for row in changes if row.decided and row.effect and row.effect.value > 0]
    hurt = [row for row in changes if row.decided and row.effect and row.effect.value < 0]
    alone = sum(row.effect is not None and row.effect.excludes_zero for row in changes)
    text = (
        f"Of {len(changes)} {what}, {alone} have an interval that excludes 0 when looked at alone; after Holm's correction {len(helped)} "
    )
    lines = [text + f"help and {len(hurt)} hurt, the others are undecided at this budget.", ""]
    for word, chosen in (("helps", helped), ("hurts", hurt)):
        ordered = sorted(chosen, key=lambda row: -abs(row.effect.value) if row.effect else 0)
        for row in ordered:
            if row.effect:
                where = f"{row.model.config.encoder_title}, {row.model.data_title}"
                lines.append(f"* **{change_name(row.model.config)}** {word}: {signed(row.effect)} points ({where}).")
    return "\n".join(lines)
