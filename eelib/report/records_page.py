"""Pages of records: one small HTML page per record, one table per experiment, and the records themselves in an archive."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]

ARCHIVE = "records.tar.xz"  # records of an experiment repeat each other: a third of the size of a zip
LONGEST = 24  # items of a list that is shown in full
WIDEST = 200  # characters of a text that is shown in full
COLUMNS = 6  # varying parameters, and metrics, in the table of an experiment
SECTIONS = {"metrics": "Metrics", "params": "Parameters", "needs": "Built on", "data": "Data", "provenance": "Provenance"}


def record_link(record: Record) -> str:
    """Relative link to a record's page; valid on every notebook page of the site."""
    return f"../records/{record['experiment']}/{record['key']}.html"


def linked(record: Record, text: str) -> str:
    """HTML for ``text`` that leads to its record; for tables that are shown with ``escape=False``."""
    return f'<a href="{record_link(record)}">{escape(text)}</a>'


def flatten(value: object, prefix: str = "") -> dict[str, Any]:
    """Leaves of nested mappings under dotted names; lists are leaves."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    leaves: dict[str, Any] = {}
    for name, item in value.items():
        leaves |= flatten(item, f"{prefix}.{name}" if prefix else str(name))
    return leaves


def shape_of(value: object) -> tuple[int, ...]:
    """Lengths of nested lists, read along their first elements."""
    return (len(value), *(shape_of(value[0]) if value else ())) if isinstance(value, list) else ()


def show(value: object) -> str:
    """A value as short text: floats with four digits, long lists by their shape."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return f"text of {len(value)} characters" if is_long(value) else value
    if isinstance(value, list):
        return f"array {' × '.join(map(str, shape_of(value)))}" if is_long(value) else ", ".join(map(show, value))
    return json.dumps(value)


def is_long(value: object) -> bool:
    """Whether :func:`show` counts a value instead of writing it out."""
    if isinstance(value, list):
        return len(shape_of(value)) > 1 or len(value) > LONGEST or any(isinstance(item, Mapping) for item in value)
    return isinstance(value, str) and len(value) > WIDEST


def write_records(records: Sequence[Record], out: Path) -> None:
    """Write ``records/<experiment>/<key>.html`` for every record, and one archive of full records per experiment.

    Args:
        records: Records in any order.
        out: Root of the rendered site, which holds ``_static/eelib.css`` and ``records/<experiment>/index.html``.
    """
    pages = {record["key"]: f"../{record['experiment']}/{record['key']}.html" for record in records}
    for record in records:
        folder = out / "records" / record["experiment"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{record['key']}.html").write_text(record_page(record, pages), encoding="utf-8")
    for experiment in sorted({record["experiment"] for record in records}):
        chosen = (record for record in records if record["experiment"] == experiment)
        _write_archive(chosen, out / "records" / experiment / ARCHIVE)


def _write_archive(records: Iterable[Record], path: Path) -> None:
    with tarfile.open(path, "w:xz") as archive:
        for record in sorted(records, key=lambda item: str(item["key"])):
            text = json.dumps(record, separators=(",", ":")).encode()
            entry = tarfile.TarInfo(f"{record['experiment']}/{record['key']}/record.json")  # without a date: same records, same bytes
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))


def record_page(record: Record, pages: Mapping[str, str]) -> str:
    """The HTML page of one record.

    Args:
        record: The record.
        pages: Links to other records' pages by key; wherever such a key appears, it is linked.
    """
    experiment, key = escape(record["experiment"]), escape(record["key"])
    title = escape(f"{record['arm']}, seed {record['seed']}")
    sections = "".join(_section(SECTIONS[name], record.get(name), pages) for name in SECTIONS)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {experiment}</title><link rel="stylesheet" href="../../_static/eelib.css"></head>
<body class="record"><script>document.body.dataset.theme = localStorage.getItem("theme") || "auto"</script><main>
<nav><a href="../../index.html">Report</a> / <a href="index.html">{experiment}</a> / {key}</nav>
<h1>{title}</h1>
<p>Record <code>{key}</code> of experiment <code>{experiment}</code>{_recipe(record)}.
The full file, with the arrays and long texts that are counted or left out here, is in <a href="{ARCHIVE}">{ARCHIVE}</a>.</p>
{sections}</main></body></html>
"""


def _recipe(record: Record) -> str:
    return f", recipe <code>{escape(show(record['recipe']))}</code>" if record.get("recipe") else ""


def _section(title: str, content: object, pages: Mapping[str, str]) -> str:
    if not content:
        return ""
    rows = _rows(content if isinstance(content, Mapping) else {"": content})
    groups = [list(group) for _, group in groupby(rows, key=lambda row: tuple(row[1]))]
    width = max(1, *(len(_columns(group)) for group in groups))
    # without the end tags that HTML lets a page leave out: there are thousands of these pages
    lines = "".join(line for group in groups for line in _lines(group, width, pages))
    return f'<h2>{title}</h2><div class="scroll"><table class="fields">{lines}</table></div>\n'


Row = tuple[str, Mapping[str, Any]]  # dotted name, and the values that share a line


def _rows(content: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    """A row per value of the mapping itself, and one for all values together of each mapping below it."""
    nested = {f"{prefix}{name}": item for name, item in content.items() if isinstance(item, Mapping)}
    values = {str(name): item for name, item in content.items() if not isinstance(item, Mapping)}
    if not prefix:
        yield from ((name, {"": item}) for name, item in values.items())
    elif values:
        yield prefix.removesuffix("."), values
    for name, item in nested.items():
        yield from _rows(item, f"{name}.")


def _columns(group: Sequence[Row]) -> list[str]:
    """Columns of a group of rows whose values have the same names; long values have none, nor has a row that stands alone."""
    if len(group) == 1:
        return []
    return [name for name in group[0][1] if name and not all(is_long(values[name]) for _, values in group)]


def _lines(group: Sequence[Row], width: int, pages: Mapping[str, str]) -> Iterator[str]:
    """HTML table rows: values side by side under their names where several rows have the same ones."""
    span = f" colspan={width}" if width > 1 else ""
    columns = _columns(group)
    if not columns:
        for name, values in group:
            text = " · ".join(f"<i>{escape(key)}</i> {_cell(item, pages)}" if key else _cell(item, pages) for key, item in values.items())
            yield f"<tr><th>{escape(name)}<td{span}>{text}"
        return
    paths = [name.split(".") for name, _ in group]
    parents = zip(*(path[:-1] for path in paths), strict=False)
    shared = len(list(takewhile(lambda parts: len(set(parts)) == 1, parents)))
    yield f"<tr><th>{escape('.'.join(paths[0][:shared]))}" + "".join(f"<th>{escape(name)}" for name in columns)
    for path, (_, values) in zip(paths, group, strict=True):
        yield f"<tr><th>{escape('.'.join(path[shared:]))}" + "".join(f"<td>{_cell(values[name], pages)}" for name in columns)


def _cell(value: object, pages: Mapping[str, str]) -> str:
    if isinstance(value, list) and value and all(isinstance(item, str) and item in pages for item in value):
        return ", ".join(_cell(item, pages) for item in value)
    text = escape(show(value))
    return f'<a href="{pages[value]}">{text}</a>' if isinstance(value, str) and value in pages else text


def experiment_page(experiment: str, records: Sequence[Record], notebook: str = "") -> str:
    """MyST text of an experiment's page: one table per recipe with all its records.

    Args:
        experiment: The experiment.
        records: Its records.
        notebook: Title of the notebook page of the same name; empty where there is none.
    """
    tables = []
    recipes = sorted({show(record.get("recipe", "")) for record in records})
    for recipe in recipes:
        chosen = [record for record in records if show(record.get("recipe", "")) == recipe]
        tables.append((f"## Recipe `{recipe}`\n\n" if len(recipes) > 1 else "") + records_table(chosen))
    source = f"Behind the page [{notebook}](../../notebooks/{experiment}.ipynb): " if notebook else ""
    count = f"{len(records)} records" if len(records) != 1 else "One record"
    return (
        f"# Records of `{experiment}`\n\n{source}{count}. A key leads to everything that is known about its run; "
        f'<a href="{ARCHIVE}">{ARCHIVE}</a> holds the files themselves, with counts per class and image.\n\n' + "\n\n".join(tables) + "\n"
    )


def records_table(records: Sequence[Record]) -> str:
    """HTML table of records: arm, what varies among them, seed, main metrics, key."""
    params = [flatten(record.get("params", {})) for record in records]
    metrics = [flatten(record.get("metrics", {})) for record in records]
    varying, scores = _varying(params), _scores(metrics)
    head = "".join(f"<th>{escape(name)}</th>" for name in ("arm", *varying, "seed"))
    head += "".join(f'<th class="number">{escape(name)}</th>' for name in scores) + "<th>key</th>"
    rows = []
    for record, param, metric in sorted(zip(records, params, metrics, strict=True), key=lambda row: _order(row[0], row[1], varying)):
        cells = [show(record["arm"]), *(show(param.get(name, "")) for name in varying), show(record["seed"])]
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        row += "".join(f'<td class="number">{escape(_score(metric.get(name)))}</td>' for name in scores)
        rows.append(f'<tr>{row}<td><a href="{escape(record["key"])}.html"><code>{escape(record["key"][:10])}</code></a></td></tr>')
    body = "\n".join(rows)
    return f'<div class="scroll"><table class="records"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _order(record: Record, param: Mapping[str, Any], varying: Sequence[str]) -> tuple[Any, ...]:
    return (*(show(param.get(name, "")) for name in varying), str(record["arm"]), str(record["seed"]))


def _score(value: object) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else show(value)


def _varying(params: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for param in params for name in param if name != "seed")
    return [name for name in names if len({show(param.get(name, "")) for param in params}) > 1][:COLUMNS]


def _scores(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for metric in metrics for name, value in metric.items() if isinstance(value, float))
    return sorted(names, key=lambda name: "miou" not in name.lower())[:COLUMNS]
