"""What a longer pre-training gives: score, gain and distance to raw pixels over its length, and growth from shortest to longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eelib.errors import InputError
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import Case, Draws, Group, Record, draw, groups, signed, verdict
from eelib.report.tables import bold, html_table, linked_mean, under

PREFIX = "pretrained x "


@dataclass(frozen=True)
class Curve:
    """One case over the length of pre-training, given in multiples of the profile's steps, shortest first.

    Attributes:
        case: Region, network, label share and reading.
        windows: Labelled training windows.
        scores: mIoU per length.
        gains: Per length, paired difference to a random start.
        over_raw: Per length, paired difference to a linear classifier on raw pixels; empty where there is no such arm.
        raw_gain: Raw pixels minus a random start; None where there is no such arm.
        growth: Score at the longest minus score at the shortest, paired.
        records: Per length.
    """

    case: Case
    windows: int
    scores: Mapping[float, Estimate]
    gains: Mapping[float, Estimate]
    over_raw: Mapping[float, Estimate]
    raw_gain: Estimate | None
    growth: Estimate
    records: Mapping[float, tuple[Record, ...]]

    @property
    def lengths(self) -> tuple[float, ...]:
        """Shortest first."""
        return tuple(self.scores)


def curves(records: Iterable[Record]) -> list[Curve]:
    """Curves of all cases that were run at two lengths or more.

    Raises:
        InputError: There is none.
    """
    found = [_curve(case, starts) for case, starts in groups(records).items() if "random" in starts and len(_by_length(starts)) > 1]
    if not found:
        raise InputError("a curve needs records at two lengths of pre-training or more: run the arms first")
    return found


def _by_length(starts: Mapping[str, Group]) -> dict[float, str]:
    """The start of each length, shortest first."""
    named = {1.0: "pretrained"} if "pretrained" in starts else {}
    named |= {float(start.removeprefix(PREFIX)): start for start in starts if start.startswith(PREFIX)}
    return dict(sorted(named.items()))


def _curve(case: Case, starts: Mapping[str, Group]) -> Curve:
    names, draws = _by_length(starts), draw(case, starts)
    first, *_, last = names.values()
    return Curve(
        case,
        starts["random"].records[0]["metrics"]["windows"],
        {length: draws.score(name) for length, name in names.items()},
        over("random", names, draws),
        over("raw", names, draws) if "raw" in starts else {},
        draws.difference("raw", "random") if "raw" in starts else None,
        draws.difference(last, first),
        {length: starts[name].records for length, name in names.items()},
    )


def over(base: str, names: Mapping[float, str], draws: Draws[str]) -> dict[float, Estimate]:
    """Paired difference of every length to one start."""
    return {length: draws.difference(name, base) for length, name in names.items()}


def times(length: float) -> str:
    """A length for people, ``4 ×`` with a space that does not break."""
    return f"{length:g}\N{NO-BREAK SPACE}×"


def length_table(items: Iterable[Curve], reading: str, *, root: str = "../") -> str:
    """HTML: one row per case and length; every mean leads to its records.

    Args:
        items: From :func:`curves`.
        reading: ``"fine-tuned"`` or ``"linear probe"``.
        root: Relative path from the page that shows the table to the start of the site.
    """
    chosen = [item for item in items if item.case.reading == reading]
    if not chosen:
        return ""
    with_raw = any(item.over_raw for item in chosen)
    rows = [
        (
            (under(item.case.title, item.case.kind), times(length)),
            (
                str(item.windows),
                bold(item.gains[length]),
                *((bold(item.over_raw[length]) if item.over_raw else "–",) if with_raw else ()),
                linked_mean(item.scores[length], item.records[length], root),
            ),
        )
        for item in chosen
        for length in item.lengths
    ]
    heads = ("labelled windows", f"{reading}: over a random start", *(("over raw pixels",) if with_raw else ()), "mIoU")
    return html_table(("region", "length"), heads, rows)


def length_conclusion(items: list[Curve]) -> str:
    """What the length changes, in Markdown."""
    return "\n".join(_sentence(reading, items) for reading in dict.fromkeys(item.case.reading for item in items))


def _sentence(reading: str, items: list[Curve]) -> str:
    chosen = [item for item in items if item.case.reading == reading]
    first, last = min(item.lengths[0] for item in chosen), max(item.lengths[-1] for item in chosen)
    up, down, open_ = verdict([item.growth for item in chosen])
    most = max(chosen, key=lambda item: item.growth.value)
    text = f"* **{reading.capitalize()}**: from {times(first)} to {times(last)} the profile's steps, mIoU rises in {up} of {len(chosen)} "
    text += f"cases and falls in {down}, with an interval that excludes 0; {open_} are undecided. The largest rise is "
    text += f"{signed(most.growth)} points ({most.case.with_windows(most.windows)}). "
    text += f"Better than a random start: {better_by_length(item.gains for item in chosen)}"
    if any(item.over_raw for item in chosen):
        text += f"; better than raw pixels: {better_by_length(item.over_raw for item in chosen)}"
    return f"{text}."


def better_by_length(items: Iterable[Mapping[float, Estimate]]) -> str:
    """At each length how many differences lie above 0, ``2 of 6 at 0.25 ×, 4 of 6 at 1 ×``."""
    found: dict[float, list[Estimate]] = {}
    for item in items:
        for length, value in item.items():
            found.setdefault(length, []).append(value)
    return ", ".join(f"{verdict(values)[0]} of {len(values)} at {times(length)}" for length, values in sorted(found.items()))
