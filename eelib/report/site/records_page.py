"""The records of a site: one page per arm, one table per experiment, and the records themselves in an archive."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from eelib.report.site.arm_page import ARCHIVE, Record, addresses, arm_page, arms_of, relink
from eelib.report.values import flatten, show

COLUMNS = 6  # varying parameters, and metrics, in the table of an experiment
FIRST = (  # parameters by which a run is looked for; the others follow in the order of the records
    "region", "regions", "data.sets", "encoder.name", "image.name", "fraction", "recipe.objective", "recipe.steps", "init",
)  # fmt: skip


def record_link(record: Record) -> str:
    """Relative link to a record; valid on every notebook page of the site, where :func:`write_records` leads it to the page of its arm."""
    return f"../records/{record['experiment']}/{record['key']}.html"


def linked(record: Record, text: str) -> str:
    """HTML for ``text`` that leads to its record; for tables that are shown with ``escape=False``."""
    return f'<a href="{record_link(record)}">{escape(text)}</a>'


def write_records(records: Sequence[Record], out: Path, missing: Collection[str] = ()) -> None:
    """Write a page for every arm, ``records/<experiment>/<key of its first record>.html``, and one archive of full records per experiment.

    Links to records that the site's other pages have, by key, then lead to these pages.

    Args:
        records: Records in any order.
        out: Root of the rendered site, which holds ``_static/eelib.css`` and ``records/<experiment>/index.html``.
        missing: Keys of records that notebooks link but that are not there; what leads to them is no link then.
    """
    arms = arms_of(records)
    found = addresses(arms)
    relink(out, found, missing)
    for arm in arms:
        folder = out / "records" / arm[0]["experiment"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{arm[0]['key']}.html").write_text(arm_page(arm, found), encoding="utf-8")
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
    """HTML table of records: arm, key, what varies among them, seed, main metrics."""
    params = [flatten(record.get("params", {})) for record in records]
    metrics = [flatten(record.get("metrics", {})) for record in records]
    varying, scores = _varying(params), _scores(metrics)
    head = "".join(f"<th>{escape(name)}</th>" for name in ("arm", "key", *varying, "seed"))
    head += "".join(f'<th class="number">{escape(name)}</th>' for name in scores)
    rows = []
    for record, param, metric in sorted(zip(records, params, metrics, strict=True), key=lambda row: _order(row[0], row[1], varying)):
        key = f'<a href="{escape(record["key"])}.html"><code>{escape(record["key"][:10])}</code></a>'
        cells = [*(_short(param.get(name)) for name in varying), show(record["seed"])]
        row = f"<td>{escape(show(record['arm']))}</td><td>{key}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        row += "".join(f'<td class="number">{escape(_short(metric.get(name)))}</td>' for name in scores)
        rows.append(f"<tr>{row}</tr>")
    body = "\n".join(rows)
    return f'<div class="scroll"><table class="records"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _order(record: Record, param: Mapping[str, Any], varying: Sequence[str]) -> tuple[Any, ...]:
    return (*(_in_order(param.get(name)) for name in varying), str(record["arm"]), str(record["seed"]))


def _in_order(value: object) -> tuple[float, str]:
    """Numbers by their size, before texts."""
    return (value, "") if isinstance(value, (int, float)) else (float("inf"), show("" if value is None else value))


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:.3g}"
    return "" if value is None else show(value)


def _varying(params: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for param in params for name in param if name != "seed")
    varying = [name for name in names if len({show(param.get(name, "")) for param in params}) > 1]
    return sorted(varying, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))[:COLUMNS]


def _scores(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for metric in metrics for name, value in metric.items() if isinstance(value, float))
    return sorted(names, key=lambda name: "miou" not in name.lower())[:COLUMNS]
