"""What a longer fine-tuning does to random and pre-trained starts, to the gain between them, and beside what needs no fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eelib.errors import InputError
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import READINGS, Case, Group, Record, draw, groups, labelled_windows, signed, verdict
from eelib.report.embedding_earth.lengths import PREFIX, better_by_length, over, times
from eelib.report.tables import bold, html_table, linked_mean, under

MARK = " tuned x "  # between a start and the multiple of the profile's steps of fine-tuning
STARTS = ("random", "pretrained")
FROZEN = ("raw", "frozen")  # linear classifiers: on raw pixels, and on the frozen features of the pre-trained start
TITLES = {"random": "random start", "pretrained": "pre-trained", "raw": "linear on raw pixels", "frozen": "linear on pre-trained features"}


@dataclass(frozen=True)
class Tuning:
    """One case over the length of fine-tuning, given in multiples of the profile's steps, shortest first.

    Attributes:
        case: Region, network and label share.
        pretraining: Length of the pre-training, in multiples of the profile's steps.
        windows: Labelled training windows.
        scores: mIoU per start and length.
        frozen: mIoU of what is not fine-tuned, by the names in ``FROZEN``; those that were run.
        gains: Per length, paired difference pre-trained minus random.
        over: Per name in ``frozen``, start and length: paired difference to it.
        rises: Per start and length, the longest minus that, paired; none of the longest.
        growth: Gain at the longest minus gain at the shortest, paired.
        records: As ``scores``.
        frozen_records: As ``frozen``.
    """

    case: Case
    pretraining: float
    windows: int
    scores: Mapping[str, Mapping[float, Estimate]]
    frozen: Mapping[str, Estimate]
    gains: Mapping[float, Estimate]
    over: Mapping[str, Mapping[str, Mapping[float, Estimate]]]
    rises: Mapping[str, Mapping[float, Estimate]]
    growth: Estimate
    records: Mapping[str, Mapping[float, tuple[Record, ...]]]
    frozen_records: Mapping[str, tuple[Record, ...]]

    @property
    def lengths(self) -> tuple[float, ...]:
        """Shortest first."""
        return tuple(self.gains)


def tunings(records: Iterable[Record]) -> list[Tuning]:
    """All cases in which both starts were fine-tuned at two lengths or more.

    Raises:
        InputError: There is none.
    """
    every = groups(records)
    found = []
    for case, starts in every.items():
        tuned = _by_length(starts)
        if case.reading == READINGS[0] and len(tuned) > 1:
            frozen = _frozen(every.get(case._replace(reading=READINGS[1]), {}))
            found.append(_tuning(case, _pretraining(starts), tuned, frozen))
    if not found:
        raise InputError("a comparison needs records of both starts at two lengths of fine-tuning or more: run the arms first")
    return found


def _pretraining(starts: Mapping[str, Group]) -> float:
    """Length of the pre-training, from the names of starts: ``pretrained x 4 tuned x 0.25`` had 4."""
    trained = next(name.partition(MARK)[0] for name in starts if name.startswith("pretrained"))
    return float(trained.removeprefix(PREFIX)) if trained.startswith(PREFIX) else 1.0


def _by_length(starts: Mapping[str, Group]) -> dict[float, dict[str, Group]]:
    """Groups of both starts at each length that has both, shortest first."""
    found: dict[float, dict[str, Group]] = {}
    for name, group in starts.items():
        start, _, length = name.partition(MARK)
        found.setdefault(float(length or 1), {})["random" if start == "random" else "pretrained"] = group
    return {length: found[length] for length in sorted(found) if found[length].keys() == set(STARTS)}


def _frozen(starts: Mapping[str, Group]) -> dict[str, Group]:
    """What is read without fine-tuning."""
    trained = next((group for name, group in starts.items() if name.startswith("pretrained")), None)
    found = {"raw": starts.get("raw"), "frozen": trained}
    return {name: group for name, group in found.items() if group is not None}


def _tuning(case: Case, pretraining: float, tuned: Mapping[float, Mapping[str, Group]], frozen: Mapping[str, Group]) -> Tuning:
    named = {f"{start}{MARK}{length:g}": group for length, both in tuned.items() for start, group in both.items()}
    draws = draw(case, {**named, **frozen})
    columns = {start: {length: f"{start}{MARK}{length:g}" for length in tuned} for start in STARTS}
    first, *_, last = tuned
    gain = {length: draws.of[columns["pretrained"][length]] - draws.of[columns["random"][length]] for length in tuned}
    return Tuning(
        case,
        pretraining,
        named[columns["random"][first]].records[0]["metrics"]["windows"],
        {start: {length: draws.score(name) for length, name in names.items()} for start, names in columns.items()},
        {name: draws.score(name) for name in frozen},
        {length: draws.estimate(column) for length, column in gain.items()},
        {name: {start: over(name, names, draws) for start, names in columns.items()} for name in frozen},
        {start: {at: draws.difference(names[last], names[at]) for at in tuned if at != last} for start, names in columns.items()},
        draws.estimate(gain[last] - gain[first]),
        {start: {length: named[name].records for length, name in names.items()} for start, names in columns.items()},
        {name: group.records for name, group in frozen.items()},
    )


def gain_table(items: list[Tuning]) -> str:
    """HTML: what the pre-trained start is ahead of a random one and of linear classifiers, one row per case and length.

    Args:
        items: From :func:`tunings`.
    """
    shown = _shown(items)
    heads = ("gain over a random start", *(f"over {TITLES[base]}" for base in shown))
    return _table(items, heads, lambda item, length: [bold(item.gains[length]), *_differences(item, shown, length)])


def score_table(items: list[Tuning], *, root: str = "../") -> str:
    """HTML: mIoU of every start and of linear classifiers, one row per case and length; every mean leads to its records.

    Args:
        items: From :func:`tunings`.
        root: Relative path from the page that shows the table to the start of the site.
    """
    shown = _shown(items)
    return _table(items, [TITLES[one] for one in (*STARTS, *shown)], lambda item, length: _means(item, shown, length, root))


def _shown(items: list[Tuning]) -> list[str]:
    return [base for base in FROZEN if any(base in item.frozen for item in items)]


def _table(items: list[Tuning], heads: Sequence[str], numbers: Callable[[Tuning, float], list[str]]) -> str:
    rows = [
        ((under(item.case.title, f"{item.case.kind}, {labelled_windows(item.windows)}"), times(length)), numbers(item, length))
        for item in items
        for length in item.lengths
    ]
    return html_table(("region", "length"), heads, rows)


def _differences(item: Tuning, shown: list[str], length: float) -> list[str]:
    return [bold(item.over[base]["pretrained"][length]) if base in item.over else "–" for base in shown]


def _means(item: Tuning, shown: list[str], length: float, root: str) -> list[str]:
    tuned = [linked_mean(item.scores[start][length], item.records[start][length], root) for start in STARTS]
    return tuned + [linked_mean(item.frozen.get(base), item.frozen_records.get(base, ()), root) for base in shown]


def tuning_conclusion(items: list[Tuning]) -> str:
    """What a longer fine-tuning changes, in Markdown."""
    first, last = min(item.lengths[0] for item in items), max(item.lengths[-1] for item in items)
    lines = [f"* **Scores**{after(items)}: from {times(first)} to {times(last)} the profile's steps of fine-tuning, {_rises(items)}."]
    lines.append(_gain_sentence(items, f"from {times(first)} to {times(last)}"))
    for base in FROZEN:
        compared = [item.over[base] for item in items if base in item.over]
        if compared:
            told = ", ".join(f"{TITLES[start]}: {better_by_length(one[start] for one in compared)}" for start in STARTS)
            rival = TITLES[base].replace("linear", "a linear classifier")
            lines.append(f"* **Fine-tuned networks better than {rival}**{after(items)}: {told}.")
    return "\n".join(lines)


def after(items: Sequence[Tuning]) -> str:
    """How much longer than usual the pre-training was, ``, after 4 × the pre-training``; nothing where it was the usual one."""
    lengths = sorted({item.pretraining for item in items})
    return "" if lengths == [1] else f", after {' and '.join(map(times, lengths))} the pre-training"


def _gain_sentence(items: list[Tuning], span: str) -> str:
    grows, shrinks, open_ = verdict([item.growth for item in items])
    text = f"* **Gain**{after(items)}: pre-trained starts are better than random ones, by an interval that excludes 0, in "
    text += f"{better_by_length(item.gains for item in items)}; {span} the gain grows in {grows} of {len(items)} cases and shrinks in "
    text += f"{shrinks}, {open_} are undecided."
    longest = [(item, item.gains[item.lengths[-1]]) for item in items]
    named = [f"{signed(gain)} points ({item.case.with_windows(item.windows)})" for item, gain in longest if gain.excludes_zero]
    return f"{text} After the longest: {', '.join(named) or 'none is decided'}."


def _rises(items: list[Tuning]) -> str:
    found = []
    for start in STARTS:
        rises = [item.rises[start][item.lengths[0]] for item in items]
        up, down, _ = verdict(rises)
        most = max(rises, key=lambda rise: rise.value)
        found.append(f"mIoU of {TITLES[start]}s rises" if start == "random" else f"that of {TITLES[start]} ones")
        found[-1] += f" in {up} of {len(items)} cases and falls in {down} (at most {signed(most)} points)"
    return ", ".join(found)
