"""Comparisons as an HTML table in which every mean leads to the records of its seeds."""

from __future__ import annotations

from collections.abc import Iterable

from eelib.evaluate.statistics import Estimate
from eelib.report.comparison import Comparison, Record, signed
from eelib.report.records_page import record_link

TITLES = {"random": "random start", "pretrained": "pre-trained", "raw": "raw pixels"}


def comparison_table(rows: Iterable[Comparison], reading: str, *, root: str = "../") -> str:
    """HTML of the comparisons of one reading; the small figures behind a mean are its seeds, and lead to their records.

    Args:
        rows: From :func:`eelib.report.comparison.compare`.
        reading: ``"fine-tuned"`` or ``"linear probe"``.
        root: Relative path from the page that shows the table to the start of the site.
    """
    chosen = [row for row in rows if row.reading == reading]
    inits = [init for init in TITLES if any(init in row.scores for row in chosen)]
    left, right = ("region", "data"), ("labelled windows", *(TITLES[init] for init in inits), "gain in points, 95 % interval")
    head = "".join(f"<th>{name}</th>" for name in left) + "".join(f'<th class="number">{name}</th>' for name in right)
    body = "\n".join(_row(row, inits, root) for row in chosen)
    return f'<div class="scroll"><table class="comparison"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _row(row: Comparison, inits: list[str], root: str) -> str:
    gain = f"<strong>{signed(row.gain)}</strong>" if row.gain.excludes_zero else signed(row.gain)
    means = [_linked(row.scores.get(init), row.records.get(init, ()), root) for init in inits]
    cells = [f"{row.windows} ({100 * row.fraction:g} %)", *means, gain]
    return f"<tr><td>{row.title}</td><td>{row.kind}</td>" + "".join(f'<td class="number">{cell}</td>' for cell in cells) + "</tr>"


def _linked(value: Estimate | None, records: Iterable[Record], root: str) -> str:
    if value is None:
        return "–"
    links = " ".join(f'<a href="{root}{record_link(record).removeprefix("../")}">{record["seed"]}</a>' for record in records)
    return f"{value.value:.3f}<sup>{links}</sup>"
