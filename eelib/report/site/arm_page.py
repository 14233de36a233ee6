"""The page of an arm: what its seeds found, and what they have in common."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from eelib.report.cases import percent
from eelib.report.site.what_ran import places_of
from eelib.report.values import is_long, show

Record = Mapping[str, Any]
Arm = Sequence[Record]
"""Records that differ by nothing but their seed, the smallest seed first."""

ARCHIVE = "records.tar.xz"  # records of an experiment repeat each other: a third of the size of a zip
SECTIONS = {"metrics": "Metrics", "params": "Parameters", "needs": "Built on", "data": "Data", "provenance": "Provenance"}
KEYED = re.compile(r'href="([^"]*/)?([0-9a-f]{16})\.html"')


def arms_of(records: Sequence[Record]) -> list[Arm]:
    """Records grouped by arm; where an arm needs others, these must be of the same arms too."""
    by_key = {record["key"]: record for record in records}
    numbers: dict[str, int] = {}  # of arms, by all that their records share
    known: dict[str, int] = {}  # by key

    def arm_of(key: str) -> int | str:
        if key not in by_key:
            return key
        if key not in known:
            record = by_key[key]
            needs = {name: arm_of(needed) for name, needed in record.get("needs", {}).items()}
            shared = repr([*(record.get(name) for name in ("experiment", "arm", "recipe", "params", "data")), needs])
            known[key] = numbers.setdefault(shared, len(numbers))
        return known[key]

    found = defaultdict(list)
    for record in sorted(records, key=lambda record: (record["experiment"], record["seed"], record["key"])):
        found[arm_of(record["key"])].append(record)
    return list(found.values())


def addresses(arms: Sequence[Arm]) -> dict[str, str]:
    """Where every record is shown, by key: ``../<experiment>/<page>.html#<key>``, relative to the pages of records."""
    return {record["key"]: f"../{record['experiment']}/{arm[0]['key']}.html#{record['key']}" for arm in arms for record in arm}


def relink(site: Path, found: Mapping[str, str], missing: Collection[str] = ()) -> None:
    """Lead every link to ``<key>.html`` to where that record is shown; notebooks do not know which seeds share a page.

    Links to missing records lead nowhere and say so.
    """

    def moved(link: re.Match[str]) -> str:
        if link[2] in missing:
            return 'title="this record is missing"'
        address = found.get(link[2])
        return link[0] if address is None else f'href="{link[1] or ""}{Path(address).name}"'

    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if (changed := KEYED.sub(moved, text)) != text:
            page.write_text(changed, encoding="utf-8")


def arm_page(arm: Arm, found: Mapping[str, str]) -> str:
    """The HTML page of one arm.

    Args:
        arm: Its records.
        found: Of :func:`addresses`; wherever such a key appears, it is linked.
    """
    first = arm[0]
    experiment, title = escape(first["experiment"]), escape(arm_title(first))
    alone = len(arm) == 1
    same = {} if alone else {name: _common([record.get(name) or {} for record in arm], name) for name in SECTIONS}
    seeds = "" if alone else "<p>" + " · ".join(f'<a href="#{record["key"]}">seed {record["seed"]}</a>' for record in arm) + "</p>"
    own = "".join(_own(record, same, found) for record in arm)
    common = "" if alone else f"<h2>All seeds</h2>\n{_sections(same, found)}"
    recipe = f", recipe <code>{escape(show(first['recipe']))}</code>" if first.get("recipe") else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {experiment}</title><link rel="stylesheet" href="../../_static/eelib.css"></head>
<body class="record"><script>document.body.dataset.theme = localStorage.getItem("theme") || "auto"</script><main>
<nav><a href="../../index.html">Report</a> / <a href="index.html">{experiment}</a> / {title}</nav>
<h1>{title}</h1>
{seeds}<p>Experiment <code>{experiment}</code>{recipe}.
The full files, with the arrays and long texts that are counted or left out here, are in <a href="{ARCHIVE}">{ARCHIVE}</a>.</p>
{own}{common}</main></body></html>
"""


def arm_title(record: Record) -> str:
    """Arm, regions and label share: ``pretrained fine-tuned, Germany (simulated), 10 % of the labels``."""
    share = record["params"].get("fraction")
    return ", ".join([record["arm"], *places_of(record), *([f"{percent(share)} of the labels"] if share is not None else [])])


def _common(parts: Sequence[Mapping[str, Any]], section: str) -> dict[str, Any]:
    """Fields that have the same value in all of them. Scores never count as such: two seeds may well agree in one by chance."""
    same = dict[str, Any]()
    for name, value in parts[0].items():
        values = [part.get(name) for part in parts]
        if all(isinstance(other, Mapping) for other in values):
            same |= {name: inner} if (inner := _common(values, section)) else {}  # type: ignore[arg-type]
        elif all(other == value for other in values) and not (section == "metrics" and isinstance(value, float)):
            same[name] = value
    return same


def _rest(part: Mapping[str, Any], same: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a section without the fields that all seeds have in common."""
    left = {name: _rest(value, same.get(name, {})) if isinstance(value, Mapping) else value for name, value in part.items()}
    return {name: value for name, value in left.items() if value != {} and (name not in same or isinstance(value, Mapping))}


def _own(record: Record, same: Mapping[str, Mapping[str, Any]], found: Mapping[str, str]) -> str:
    """One seed: what it does not have in common with the others."""
    key = escape(record["key"])
    parts = {name: _rest(record.get(name) or {}, same.get(name, {})) for name in SECTIONS}
    return f'<h2 id="{key}">Seed {escape(show(record["seed"]))} <code>{key}</code></h2>\n{_sections(parts, found)}'


def _sections(parts: Mapping[str, Mapping[str, Any]], found: Mapping[str, str]) -> str:
    return "".join(_section(SECTIONS[name], parts[name], found) for name in SECTIONS if parts[name])


def _section(title: str, content: Mapping[str, Any], found: Mapping[str, str]) -> str:
    groups = [list(group) for _, group in groupby(_rows(content), key=lambda row: tuple(row[1]))]
    width = max(1, *(len(_columns(group)) for group in groups))
    # without the end tags that HTML lets a page leave out: there are thousands of these tables
    lines = "".join(line for group in groups for line in _lines(group, width, found))
    return f'<h3>{title}</h3><div class="scroll"><table class="fields">{lines}</table></div>\n'


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


def _lines(group: Sequence[Row], width: int, found: Mapping[str, str]) -> Iterator[str]:
    """HTML table rows: values side by side under their names where several rows have the same ones."""
    span = f" colspan={width}" if width > 1 else ""
    columns = _columns(group)
    if not columns:
        for name, values in group:
            text = " · ".join(f"<i>{escape(key)}</i> {_cell(item, found)}" if key else _cell(item, found) for key, item in values.items())
            yield f"<tr><th>{escape(name)}<td{span}>{text}"
        return
    paths = [name.split(".") for name, _ in group]
    parents = zip(*(path[:-1] for path in paths), strict=False)
    shared = len(list(takewhile(lambda parts: len(set(parts)) == 1, parents)))
    yield f"<tr><th>{escape('.'.join(paths[0][:shared]))}" + "".join(f"<th>{escape(name)}" for name in columns)
    for path, (_, values) in zip(paths, group, strict=True):
        yield f"<tr><th>{escape('.'.join(path[shared:]))}" + "".join(f"<td>{_cell(values[name], found)}" for name in columns)


def _cell(value: object, found: Mapping[str, str]) -> str:
    if isinstance(value, list) and value and all(isinstance(item, str) and item in found for item in value):
        return ", ".join(_cell(item, found) for item in value)
    text = escape(show(value))
    return f'<a href="{found[value]}">{text}</a>' if isinstance(value, str) and value in found else text
