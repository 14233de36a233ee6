"""Comparisons of random and pre-trained starts as an HTML table."""

from __future__ import annotations

from collections.abc import Iterable

from eelib.report.cases import percent
from eelib.report.embedding_earth.comparison import Comparison
from eelib.report.tables import bold, html_table, linked_mean, under

TITLES = {"random": "random start", "pretrained": "pre-trained", "raw": "raw pixels"}


def comparison_table(rows: Iterable[Comparison], reading: str, *, root: str = "../") -> str:
    """HTML of the comparisons of one reading; the small figures behind a mean are its seeds, and lead to their records.

    The gain comes first, so that it is seen on a narrow screen as well.

    Args:
        rows: From :func:`eelib.report.embedding_earth.comparison.compare`.
        reading: ``"fine-tuned"`` or ``"linear probe"``.
        root: Relative path from the page that shows the table to the start of the site.
    """
    chosen = [row for row in rows if row.reading == reading]
    inits = [init for init in TITLES if any(init in row.scores for row in chosen)]
    return html_table(
        ("region",),
        ("labelled windows", "test places", "gain in points, 95 % interval", *(TITLES[init] for init in inits)),
        [((under(row.title, row.kind),), _numbers(row, inits, root)) for row in chosen],
    )


def _numbers(row: Comparison, inits: list[str], root: str) -> list[str]:
    means = [linked_mean(row.scores.get(init), row.records.get(init, ()), root) for init in inits]
    return [f"{row.windows} ({percent(row.fraction)})", str(row.gain.places), bold(row.gain), *means]
