"""Which of many changes stand after the correction for their number, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eelib.evaluate.statistics import Estimate
from eelib.report.cases import signed


class Change(NamedTuple):
    """One change against its reference: a name and a place for people, the effect, and whether it stands after the correction."""

    name: str
    where: str
    effect: Estimate
    decided: bool


def changes_conclusion(changes: Sequence[Change], what: str) -> str:
    """How many changes help and hurt, and each that does, the largest first, in Markdown.

    Args:
        changes: All that were corrected together.
        what: What a change is, in the plural.
    """
    helped, hurt = ([change for change in changes if change.decided and (change.effect.value > 0) == up] for up in (True, False))
    alone = sum(change.effect.excludes_zero for change in changes)
    lines = [
        f"Of {len(changes)} {what}, {_agree(alone, 'has', 'have')} an interval that excludes 0 when looked at alone; "
        f"after Holm's correction {_agree(len(helped), 'helps', 'help')} and {_agree(len(hurt), 'hurts', 'hurt')}, "
        "the others are undecided at this budget.",
        "",
    ]
    for word, chosen in (("helps", helped), ("hurts", hurt)):
        ordered = sorted(chosen, key=lambda change: -abs(change.effect.value))
        lines += [f"* **{change.name}** {word}: {signed(change.effect)} points ({change.where})." for change in ordered]
    return "\n".join(lines)


def _agree(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
