"""Language supervision as a start for dense land cover: against random weights, dense contrast, and both together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eelib.errors import InputError
from eelib.evaluate.statistics import LEVEL, Estimate, holm
from eelib.report.cases import Case, Record, draw, groups, percent, signed, verdict
from eelib.report.tables import bold, html_table, linked_mean, under

STARTS = {
    "raw": "raw pixels",
    "random": "random start",
    "pretrained": "dense contrast",
    "language": "language",
    "both": "language, then dense",
}
PAIRS = (  # what is compared, each with what it is held against
    ("pretrained", "random"),
    ("language", "random"),
    ("language", "pretrained"),
    ("both", "pretrained"),
    ("both", "language"),
)


@dataclass(frozen=True)
class Difference:
    """One start minus another.

    Attributes:
        value: In mIoU, with its interval.
        adjusted: P-value of no difference after Holm's correction over all differences of the image encoders.
    """

    value: Estimate
    adjusted: float

    @property
    def decided(self) -> bool:
        """Whether it stands after the correction."""
        return self.adjusted < LEVEL


@dataclass(frozen=True)
class Bridge:
    """All starts of one network in one case.

    Attributes:
        case: Region, network, label share and reading.
        windows: Labelled training windows.
        scores: mIoU per start.
        differences: Those of :data:`PAIRS` that the case has.
        gains: Over a random start, per other start.
        records: Per start, in the order of seeds.
    """

    case: Case
    windows: int
    scores: Mapping[str, Estimate]
    gains: Mapping[str, Estimate]
    differences: Mapping[tuple[str, str], Difference]
    records: Mapping[str, tuple[Record, ...]]

    @property
    def has_language(self) -> bool:
        """Whether its network is an image encoder that language could supervise."""
        return "language" in self.scores

    @property
    def best(self) -> str:
        """Start with the highest mIoU, raw pixels left out."""
        return max((start for start in self.scores if start != "raw"), key=lambda start: self.scores[start].value)


def bridges(records: Iterable[Record]) -> list[Bridge]:
    """Every case, image encoders and the usual network alike; trainings among the records are left out.

    Raises:
        InputError: There is no reading of a network that language supervised, or starts were run with different seeds.
    """
    drawn = {case: (starts, draw(case, starts)) for case, starts in groups(records).items()}
    if not any("language" in starts for starts, _ in drawn.values()):
        raise InputError("there is no record of a start from language supervision: run the arms first")
    asked = [(case, pair) for case, (starts, _) in drawn.items() for pair in PAIRS if set(pair) <= starts.keys()]
    p_values = {(case, pair): drawn[case][1].difference(*pair).p for case, pair in asked}
    family = [key for key in asked if "language" in drawn[key[0]][0]]  # the usual network is there for scale, not as a test
    adjusted = {**p_values, **dict(zip(family, map(float, holm([p_values[key] for key in family])), strict=True))}
    found = []
    for case, (starts, draws) in drawn.items():
        differences = {pair: Difference(draws.difference(*pair), adjusted[one, pair]) for one, pair in asked if one == case}
        scores = {start: draws.score(start) for start in STARTS if start in starts}
        gains = {start: draws.difference(start, "random") for start in scores if start != "random"}
        windows = next(iter(starts.values())).records[0]["metrics"]["windows"]
        read = {start: group.records for start, group in starts.items()}
        found.append(Bridge(case, windows, scores, gains, differences, read))
    return found


def readings_of(rows: Iterable[Bridge]) -> list[str]:
    """Readings in the order of the rows."""
    return list(dict.fromkeys(row.case.reading for row in rows))


def bridge_table(rows: Sequence[Bridge], reading: str, *, root: str = "../") -> str:
    """HTML: mIoU of every start, mean over seeds; the highest of a row, raw pixels left out, is bold, all of them where they are equal.

    Starts that were not read in this way have no column.
    """
    shown = [start for start in STARTS if any(start in row.scores for row in rows if row.case.reading == reading)]
    body = []
    for row in rows:
        if row.case.reading == reading:
            numbers = [_score(row, start, root) for start in shown]
            body.append((_left(row), (f"{row.windows} ({percent(row.case.fraction)})", *numbers)))
    return html_table(("region", "network"), ("labelled windows", *(STARTS[start] for start in shown)), body)


def _score(row: Bridge, start: str, root: str) -> str:
    score = row.scores.get(start)
    text = linked_mean(score, row.records.get(start, ()), root)
    best = score is not None and start != "raw" and f"{score.value:.3f}" == f"{row.scores[row.best].value:.3f}"
    return f"<strong>{text}</strong>" if best else text


def difference_table(rows: Iterable[Bridge], reading: str) -> str:
    """HTML: paired differences between starts in points; bold ones stand after the correction."""
    body = []
    for row in rows:
        if row.case.reading == reading and row.has_language:
            cells = [row.differences.get(pair) for pair in PAIRS]
            numbers = [bold(cell.value, decided=cell.decided) if cell else "–" for cell in cells]
            body.append((_left(row), (percent(row.case.fraction), *numbers)))
    heads = [f"{STARTS[start]} − {STARTS[base]}" for start, base in PAIRS]
    return html_table(("region", "network"), ("labels", *heads), body)


def _left(row: Bridge) -> tuple[str, str]:
    return under(row.case.place, row.case.kind), row.case.network_title


def bridge_conclusion(rows: Sequence[Bridge]) -> str:
    """What language supervision gives as a start, in Markdown."""
    lines = []
    for reading in readings_of(rows):
        chosen = [row for row in rows if row.case.reading == reading and row.has_language]
        if chosen:
            count = f"{len(chosen)} case{'s' if len(chosen) > 1 else ''}"
            text = f"* **{reading.capitalize()}**, {count} of image encoder, region and label share:"
            lines += [text, *(f"  * {item}" for item in (*_comparisons(chosen), *_scale(rows, chosen)))]
    return "\n".join([*lines, "", CAVEAT])


CAVEAT = (
    "What does not stand after Holm's correction over all differences is undecided, which does not mean equal. "
    "Captions are written from maps, so language learnt from labels of a kind, and dense contrast from none."
)


def _comparisons(rows: Sequence[Bridge]) -> list[str]:
    """One line per comparison: in how many cases it stands, and from where to where it goes."""
    found = []
    for start, base in PAIRS:
        differences = [row.differences[start, base] for row in rows if (start, base) in row.differences]
        if differences:
            better = sum(item.decided and item.value.value > 0 for item in differences)
            worse = sum(item.decided and item.value.value < 0 for item in differences)
            ordered = sorted((item.value for item in differences), key=lambda value: value.value)
            above, below, _ = verdict(ordered)
            text = f"*{STARTS[start]}* against *{STARTS[base]}*: better in {above} and worse in {below} of {len(ordered)} by its interval "
            text += f"alone, better in {better} and worse in {worse} after correction; "
            span = f"from {signed(ordered[0])} to {signed(ordered[-1])}" if len(ordered) > 1 else signed(ordered[0])
            found.append(f"{text}{span} points.")
    return found


def _scale(rows: Sequence[Bridge], chosen: Sequence[Bridge]) -> list[str]:
    """How the image encoders stand beside raw pixels and the usual network."""
    found = []
    floor = [row for row in chosen if "raw" in row.scores]
    if floor:
        above = sum(row.scores[row.best].value > row.scores["raw"].value for row in floor)
        found.append(f"the best start has a higher mIoU than a linear classifier on raw pixels in {above} of {len(floor)}.")
    reading = chosen[0].case.reading
    usual = {(row.case.region, row.case.fraction): row for row in rows if not row.has_language and row.case.reading == reading}
    pairs = [(row, usual[row.case.region, row.case.fraction]) for row in chosen if (row.case.region, row.case.fraction) in usual]
    if pairs:
        above = sum(row.scores[row.best].value > other.scores[other.best].value for row, other in pairs)
        found.append(f"the best start has a higher mIoU than the best of the usual network, UNet3Df, in {above} of {len(pairs)}.")
    return found
