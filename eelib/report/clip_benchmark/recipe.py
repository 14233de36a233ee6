"""The released recipe against the unified one, and what both say about the published ranking; from records only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from eelib.report.cases import signed
from eelib.report.clip_benchmark.compared import Compared, compared
from eelib.report.clip_benchmark.models import Model
from eelib.report.clip_benchmark.published import published_top1
from eelib.report.clip_benchmark.supervision import base_method

RELEASED = ", released"


def recipe_rows(found: Sequence[Model]) -> list[Compared]:
    """Every method under the released recipe against itself under the unified one."""
    return compared(found, lambda config: config._replace(label=config.label.removesuffix(RELEASED)))


def method_rows(found: Sequence[Model]) -> list[Compared]:
    """Every method against CLIP under the same recipe."""
    return compared(found, base_method)


def recipe_names(rows: Sequence[Compared]) -> list[str]:
    """Method and recipe of every row."""
    return [f"{row.model.config.title.removesuffix(RELEASED)}, {_recipe(row)} recipe" for row in rows]


def _recipe(row: Compared) -> str:
    return "released" if row.model.config.label.endswith(RELEASED) else "unified"


def agreement(rows: Sequence[Compared]) -> tuple[int, int]:
    """Pairs of methods that stand in the published order, and how many pairs there are; ties count as not."""
    scored = []
    for row in rows:
        known = published_top1(row.model.config.label.partition(", ")[0], row.model.config.family)
        if known is not None:
            scored.append((row.score.value, known))
    pairs = list(combinations(scored, 2))
    return sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs), len(pairs)


def recipe_conclusion(changes: Sequence[Compared], methods: Sequence[Compared]) -> str:
    """What the recipe changes, in Markdown, computed from its numbers."""
    lines = []
    for key in dict.fromkeys((row.model.data_title, row.model.config.encoder_title) for row in changes):
        mine = [row for row in changes if _key(row) == key and row.effect is not None]
        stand = [f"{row.model.config.title.removesuffix(RELEASED)} {signed(row.effect)}" for row in mine if row.decided and row.effect]
        text = f"* **{', '.join(key)}**: the released recipe changes {len(stand)} of {len(mine)} methods by an amount that stands after "
        lines.append(f"{text}correction{': ' + '; '.join(stand) + ' points' if stand else ''}. {_orders(methods, key)}")
    return "\n".join(lines)


def _orders(methods: Sequence[Compared], key: tuple[str, str]) -> str:
    found = []
    for recipe in ("unified", "released"):
        right, count = agreement([row for row in methods if _key(row) == key and _recipe(row) == recipe])
        if count:
            found.append(f"{right} of {count} under the {recipe} recipe")
    return f"Pairs of methods in the published order: {', '.join(found)}." if found else ""


def _key(row: Compared) -> tuple[str, str]:
    return row.model.data_title, row.model.config.encoder_title
