"""The report: executed notebooks and records rendered into one site that needs neither a server nor a network."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eelib.data.manifests import read_yaml
from eelib.errors import InputError
from eelib.report.site import pages
from eelib.study.store import Record, Store

STAMP = ".inputs"  # digest of what a site was built from; also marks a folder as one that may be replaced


class SiteError(RuntimeError):
    """The site was built with warnings or broken links."""


def build(store_root: Path, out: Path = Path("reports/html"), *, strict: bool = True, force: bool = False) -> Path:
    """Render everything that has run.

    The new site replaces the old one at the end, so a failed build leaves the old one in place.

    Args:
        store_root: The runs folder: ``<experiment>/<key>/record.json``, ``notebooks/<name>.ipynb`` and ``notebooks/<name>.json``.
        out: Folder of the site; its start page is ``index.html``.
        strict: Whether a warning or a broken link is an error. Otherwise they are printed.
        force: Rebuild although nothing has changed.

    Returns:
        The start page.

    Raises:
        InputError: ``out`` holds something that is not a site of this kind, or a record cannot be read.
        SiteError: A warning or a broken link, with ``strict``.
    """
    stamp = _digest(store_root)
    if out.exists() and any(out.iterdir()) and not (out / STAMP).exists():
        raise InputError(f"{out}: is not empty and was not made by 'eelib report'; name another folder or empty it")
    if not force and (out / STAMP).exists() and (out / STAMP).read_text() == stamp:
        return out / "index.html"
    with tempfile.TemporaryDirectory(prefix="eelib-report-") as folder:
        source, site = Path(folder, "source"), Path(folder, "html")
        warnings = _render(store_root, source, site)
        if warnings and strict:
            raise SiteError(f"the report has {len(warnings)} problems:\n" + "\n".join(warnings))
        print(*warnings, sep="\n", end="", file=sys.stderr)
        (site / STAMP).write_text(stamp)
        _replace(site, out)
    return out / "index.html"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it and run the notebook again") from error
    return content


def _digest(store_root: Path) -> str:
    """Digest of names, sizes and times of everything a site is made from."""
    root, code = pages.ROOT, Path(__file__).parents[1]
    found = [*store_root.glob("*/*/record.json"), *store_root.glob("notebooks/*")]
    found += [root / "study.yaml", *root.glob("docs/*.md"), *root.glob("data_manifests/*.yaml")]
    found += [path for path in (root / pages.BENCH, root / pages.BENCH_GPU) if path.exists()]
    found += [path for path in code.rglob("*") if path.suffix in {".py", ".css", ".js"}]
    lines = (f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(found))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _render(store_root: Path, source: Path, site: Path) -> list[str]:
    """Write the sources, run Sphinx, add the pages of records; returns all problems."""
    from eelib.report.site.links import problems
    from eelib.report.site.palette import slim_pictures
    from eelib.report.site.records_page import write_records
    from eelib.report.summary.findings import missing_arms

    records = Store(store_root).records()
    source.mkdir()
    chapters = _write_chapters(store_root, records, source)
    _write_records_index(records, chapters, source)
    experiments = {name: sum(record["experiment"] == name for record in records) for name in sorted({r["experiment"] for r in records})}
    headline = _headline(records, chapters, source)
    more = _write_bench(source)
    (source / "index.md").write_text(pages.start_page(headline, chapters, experiments, more), encoding="utf-8")
    (source / "data.md").write_text(pages.data_page(), encoding="utf-8")
    for name in pages.DOCS:
        shutil.copy(pages.ROOT / "docs" / f"{name}.md", source)
    warnings = _sphinx(source, site)
    slim_pictures(site)
    missing = {arm.rpartition("/")[2] for chapter in chapters if chapter.record for arm in missing_arms(chapter.record, records)}
    write_records(records, site, missing)
    return warnings + problems(site)


def _write_bench(source: Path) -> list[str]:
    """The page of ``make bench``, where that has run; returns the names of pages written."""
    from eelib.report.site.bench import read_bench
    from eelib.report.site.bench_page import NAME, bench_page

    bench = read_bench(pages.ROOT / pages.BENCH)
    if bench is None:
        return []
    text = bench_page(bench, source, read_bench(pages.ROOT / pages.BENCH_GPU))
    (source / f"{NAME}.md").write_text(text, encoding="utf-8")
    return [NAME]


def _headline(records: list[Record], chapters: Sequence[pages.Chapter], source: Path) -> str:
    """The main result, once its notebook has run, the ledger of claims, and what every other experiment concludes."""
    from eelib.report.summary.findings import finding
    from eelib.report.summary.headline import LONGER, NOTEBOOK, headline
    from eelib.report.summary.ledger import ledger

    done = [(chapter, chapter.record) for chapter in chapters if chapter.record is not None]
    longer = next((record for chapter, record in done if chapter.name == LONGER), None)
    text = "".join(headline(records, dict(record), source, longer) for chapter, record in done if chapter.name == NOTEBOOK)
    claims = ledger({chapter.name: record for chapter, record in done}, records)
    text += f"\n## The claims, one by one\n\n{claims}" if claims else ""
    others = [finding(chapter.name, chapter.title, record, records) for chapter, record in done]
    return text + ("\n## What the other experiments say\n\n" + "\n".join(filter(None, others)) if any(others) else "")


def _write_chapters(store_root: Path, records: Sequence[Record], source: Path) -> list[pages.Chapter]:
    """Copy every finished notebook as a page, in the order of the study; unfinished ones are only named."""
    import nbformat

    from eelib.report.site.notebook_page import prepare, title_of
    from eelib.report.site.what_ran import what_ran

    (source / "notebooks").mkdir()
    rows = {Path(row["notebook"]).name: row for row in read_yaml(pages.ROOT / "study.yaml")}
    finished = {path.stem: path for path in sorted((store_root / "notebooks").glob("*.json")) if path.with_suffix(".ipynb").exists()}
    by_name = {f"{record['experiment']}/{record['key']}": record for record in records}
    chapters = []
    for name in {**rows, **finished}:
        row, title, record = rows.get(name, {}), name, None
        if name in finished:
            record = _read(finished[name])
            notebook = nbformat.read(finished[name].with_suffix(".ipynb"), as_version=4)
            title = title_of(notebook, name)
            nbformat.write(prepare(notebook, name, record, what_ran(record, by_name)), source / "notebooks" / f"{name}.ipynb")
        family, claim = row.get("family", "Other notebooks"), row.get("claim", "")
        chapters.append(pages.Chapter(name, family, row.get("title", title), claim, record))
    return chapters


def _write_records_index(records: Sequence[Record], chapters: Sequence[pages.Chapter], source: Path) -> None:
    from eelib.report.site.records_page import experiment_page

    titles = {chapter.name: chapter.title for chapter in chapters if chapter.record is not None}
    for experiment in sorted({record["experiment"] for record in records}):
        folder = source / "records" / experiment
        folder.mkdir(parents=True)
        chosen = [record for record in records if record["experiment"] == experiment]
        text = experiment_page(experiment, chosen, titles.get(experiment, ""))
        (folder / "index.md").write_text(text, encoding="utf-8")


def _sphinx(source: Path, site: Path) -> list[str]:
    """Run Sphinx in this process; returns its warnings, one per line, with paths below ``source``."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    from eelib.report.site.theme import options

    messages = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            source, None, site, site.parent / "doctrees", "html", confoverrides=options(), status=None, warning=messages, freshenv=True
        )
        app.build()
    for leftover in ("objects.inv", ".buildinfo"):
        (site / leftover).unlink(missing_ok=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", messages.getvalue())  # terminal colours
    return [line.replace(f"{source}/", "") for line in plain.splitlines() if line.strip()]


def _replace(site: Path, out: Path) -> None:
    """Put the new site where the old one is, by two renames on the target's own disk."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(site, new)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
