"""HTML tables in which every mean leads to the records of its seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eelib.evaluate.statistics import Estimate
from eelib.report.cases import POINTS, Record, signed
from eelib.report.site.records_page import record_link

Cells = Sequence[str]


def html_table(left: Cells, right: Cells, rows: Iterable[tuple[Cells, Cells]]) -> str:
    """A table with text columns first and numbers after them.

    Args:
        left: Heads of the text columns.
        right: Heads of the columns of numbers.
        rows: Text cells and number cells of each row, as HTML.
    """
    head = "".join(f"<th>{name}</th>" for name in left) + "".join(f'<th class="number">{name}</th>' for name in right)
    body = "\n".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in texts)}" + "".join(f'<td class="number">{cell}</td>' for cell in numbers) + "</tr>"
        for texts, numbers in rows
    )
    return f'<div class="scroll"><table class="comparison"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def linked_mean(value: Estimate | None, records: Iterable[Record], root: str = "../", digits: int = 3, scale: float = 1) -> str:
    """A mean over seeds, times ``scale``; the small figures behind it are its seeds, and lead to their records."""
    if value is None:
        return "–"
    return f"{scale * value.value:.{digits}f}{seed_links(records, root)}"


def linked_percent(value: Estimate | None, records: Iterable[Record], root: str = "../") -> str:
    """:func:`linked_mean` in percent."""
    return linked_mean(value, records, root, digits=1, scale=POINTS)


def seed_links(records: Iterable[Record], root: str = "../") -> str:
    """Seeds as small figures that lead to their records."""
    links = " ".join(f'<a href="{root}{record_link(record).removeprefix("../")}">{record["seed"]}</a>' for record in records)
    return f"<sup>{links}</sup>"


def under(text: str, small: str) -> str:
    """A cell with a second, small line."""
    return f"{text}<br><small>{small}</small>"


def bold(value: Estimate, *, decided: bool | None = None) -> str:
    """A difference in points with its interval, bold where it excludes 0 (or where ``decided`` says so)."""
    decided = value.excludes_zero if decided is None else decided
    return f"<strong>{signed(value)}</strong>" if decided else signed(value)
