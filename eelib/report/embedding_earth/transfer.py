"""Pre-training in one region, labels in another: gain over a random start, and loss against pre-training at home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eelib.data.continents import distance
from eelib.data.sources import region_names, source
from eelib.errors import InputError
from eelib.evaluate.confusion import Array
from eelib.evaluate.statistics import Estimate, estimate, mean_over, pooled_places
from eelib.report.cases import POINTS, READINGS, Case, Draws, Record, draw, groups, percent, reading_title, signed, verdict
from eelib.report.tables import bold, html_table, linked_mean, under

PREFIX = "pretrained on "
POOLS = ("all regions", "the other continent")
HOME = "same region"
HOW = {
    "same continent": "a region of the same continent",
    "other continent": "a region of the other continent",
    "other region": "a region whose continent, or that of the labels, is not stated",
    "the other continent": "all regions of the other continent together",
    "all regions": "all regions together",
}


NO_HOME = (
    "A dash: no network was pre-trained at home with the bands and dates that the simulated region shares with the real one, "
    "so there is nothing to hold it against."
)


@dataclass(frozen=True)
class Transfer:
    """One cell of the matrix.

    Attributes:
        case: Where the labels are.
        origin: Where the pre-training was: a region, or what a pool is called.
        how: Distance between the two.
        score: mIoU.
        gain: Difference to the random start.
        loss: Difference to pre-training at home; None where there is no such arm.
        draws: Gain and, where there is one, loss, on every resample.
        records: Those of this start, one per seed.
        base: Records of the random start.
    """

    case: Case
    origin: str
    how: str
    score: Estimate
    gain: Estimate
    loss: Estimate | None
    draws: Mapping[str, Array]
    records: tuple[Record, ...]
    base: tuple[Record, ...]

    @property
    def exchange(self) -> bool:
        """Whether pixels of one side are real and of the other simulated."""
        return self.how == "real and simulated"


def transfers(records: Iterable[Record]) -> list[Transfer]:
    """Every cell of the matrix and every exchange between real and simulated regions.

    Raises:
        InputError: There is none.
    """
    found = []
    for case, starts in groups(records).items():
        draws = draw(case, starts)
        for start in starts:
            origin = case.region if start == "pretrained" else start.removeprefix(PREFIX)
            base = f"random as in {origin}" if f"random as in {origin}" in starts else "random"
            if start == "pretrained" or start.startswith(PREFIX):
                found.append(_cell(case, origin, start, base, draws, {name: group.records for name, group in starts.items()}))
    if not found:
        raise InputError("there is no record of a network that was pre-trained elsewhere: run the arms first")
    return found


def _cell(case: Case, origin: str, start: str, base: str, draws: Draws[str], records: Mapping[str, tuple[Record, ...]]) -> Transfer:
    home = "pretrained" in draws.of and base == "random"
    return Transfer(
        case,
        origin,
        _distance(origin, case.region),
        draws.score(start),
        draws.difference(start, base),
        draws.difference(start, "pretrained") if home and start != "pretrained" else None,
        {"gain": draws.of[start] - draws.of[base]} | ({"loss": draws.of[start] - draws.of["pretrained"]} if home else {}),
        records[start],
        records[base],
    )


def _distance(origin: str, region: str) -> str:
    if origin in POOLS:
        return origin
    if origin == "simulated regions" or source(origin).simulated != source(region).simulated:
        return "real and simulated"
    return distance(origin, region)


def how_title(how: str) -> str:
    """A distance for people."""
    return HOW.get(how, how)


def place_title(origin: str) -> str:
    """A place of pre-training for people."""
    known = origin not in (*POOLS, "simulated regions")
    return source(origin).title.removesuffix(" (simulated)") if known else origin


@dataclass(frozen=True)
class Distance:
    """Average over all cells of one distance.

    Attributes:
        how: The distance.
        reading: How the result is read.
        fraction: Label share.
        cells: Cells averaged.
        gain: Mean gain over a random start.
        loss: Mean difference to pre-training at home.
    """

    how: str
    reading: str
    fraction: float
    cells: int
    gain: Estimate
    loss: Estimate | None


def by_distance(cells: Iterable[Transfer]) -> list[Distance]:
    """Averages over targets, nearest first; exchanges of real with simulated regions are left out, and what they are held against.

    Places are resampled in each target on its own; the draw of seeds is one for all, because several targets read the same encoders.
    """
    found: dict[tuple[str, float, str], list[Transfer]] = {}
    cells = list(cells)
    mixed = any(cell.exchange for cell in cells)
    for cell in cells:
        if not cell.exchange and (cell.how != HOME or not mixed or source(cell.case.region).simulated):
            found.setdefault((cell.case.reading, cell.case.fraction, cell.how), []).append(cell)
    return [
        Distance(how, reading, fraction, len(chosen), _mean(chosen, "gain"), None if how == HOME else _mean(chosen, "loss"))
        for (reading, fraction, how), chosen in sorted(found.items(), key=lambda one: _order(*one[0]))
    ]


def _order(reading: str, fraction: float, how: str) -> tuple[int, float, int]:
    return READINGS.index(reading), fraction, [HOME, *HOW].index(how)


def _mean(cells: list[Transfer], what: str) -> Estimate:
    places = pooled_places([cell.gain.places for cell in cells])
    return estimate(mean_over([cell.draws[what] for cell in cells]), min(cell.gain.seeds for cell in cells), places)


def distance_table(items: Iterable[Distance]) -> str:
    """HTML: average gain and loss by distance between the region of pre-training and the region of the labels."""
    rows = [
        (
            (how_title(item.how), item.reading),
            (percent(item.fraction), str(item.cells), bold(item.gain), bold(item.loss) if item.loss else "–"),
        )
        for item in items
    ]
    right = ("labels", "cells", "gain over random, points", "difference to home, points")
    return html_table(("pre-trained in", "reading"), right, rows)


def exchange_table(cells: Sequence[Transfer], *, root: str = "../") -> str:
    """HTML: pre-training on simulated regions for real ones and the other way round."""
    rows = []
    for cell in cells:
        if cell.exchange:
            base = Estimate(cell.score.value - cell.gain.value, 0, 0, cell.score.seeds, cell.score.places)
            means = (linked_mean(base, cell.base, root), linked_mean(cell.score, cell.records, root))
            how = f"{cell.case.kind}; {reading_title(cell.case.reading, cell.case.fraction)}"
            left = (place_title(cell.origin), under(cell.case.title, how))
            rows.append((left, (bold(cell.gain), bold(cell.loss) if cell.loss else "–", *means)))
    right = ("gain, points", "difference to home, points", "random start", "pre-trained")
    table = html_table(("pre-trained on", "labels in"), right, rows)
    return f"{table}<p>{NO_HOME}</p>" if any(cell.exchange and cell.loss is None for cell in cells) else table


def transfer_table(cells: Iterable[Transfer], *, root: str = "../") -> str:
    """HTML: every cell of the matrix with its records, a table per reading and label share."""
    found: dict[str, list[Transfer]] = {}
    for cell in cells:
        if not cell.exchange:
            found.setdefault(reading_title(cell.case.reading, cell.case.fraction), []).append(cell)
    return "\n".join(f"<p><strong>{head}</strong></p>\n{_matrix_table(chosen, root)}" for head, chosen in found.items())


def _matrix_table(cells: Iterable[Transfer], root: str) -> str:
    rows = [
        (
            (cell.case.title, cell.origin if cell.origin in POOLS else under(place_title(cell.origin), cell.how)),
            (bold(cell.gain), bold(cell.loss) if cell.loss else "–", linked_mean(cell.score, cell.records, root)),
        )
        for cell in cells
    ]
    return html_table(("labels in", "pre-trained in"), ("gain over random, points", "difference to home, points", "mIoU"), rows)


def ordered_places(cells: Iterable[Transfer]) -> list[str]:
    """Places of pre-training in the order of the study, pools last."""
    places = {cell.origin for cell in cells}
    names = [name for name in region_names() if name in places]
    return [*names, *sorted(places - {*names, *POOLS}), *(pool for pool in POOLS if pool in places)]


def transfer_conclusion(cells: list[Transfer]) -> str:
    """What the matrix and the exchanges say, in Markdown."""
    found: dict[str, list[Distance]] = {}
    for item in by_distance(cells):
        found.setdefault(reading_title(item.reading, item.fraction).capitalize(), []).append(item)
    lines = [f"* **{head}**: {'; '.join(map(_told, items))}." for head, items in found.items()]
    if lines:
        lines.insert(0, "Points over a random start and, in parentheses, over pre-training at home; means over the cells of a distance:\n")
    swapped = [cell for cell in cells if cell.exchange]
    if swapped:
        above, below, undecided = verdict([cell.gain for cell in swapped])
        best = max(swapped, key=lambda cell: POINTS * cell.gain.value)
        text = f"* **Between real and simulated**: better than a random start in {above} of {len(swapped)} cases, worse in {below}, "
        text += f"undecided in {undecided}; at best {signed(best.gain)} points ({place_title(best.origin)} for {best.case.title}, "
        lines.append(text + f"{best.case.reading}).")
    return "\n".join(lines)


def _told(item: Distance) -> str:
    text = f"{how_title(item.how)} {signed(item.gain)}"
    return text if item.loss is None else f"{text} ({signed(item.loss)})"
