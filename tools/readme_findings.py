"""Write what the reference run found: the headline into the README, between its two markers, everything into reports/README.md."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from eelib.report.cases import NETWORK
from eelib.report.embedding_earth.comparison import READINGS, Comparison, compare, conclusion, signed
from eelib.report.site.records_page import ARCHIVE
from eelib.report.summary.findings import CONCLUSIONS, arms_of, gap
from eelib.report.summary.ledger import ledger
from eelib.study.store import Store
from eelib.study.table import rows

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "reports" / "reference"
NOTEBOOKS = REFERENCE / "records" / "notebooks.json"  # which records each notebook of the reference run read
HEADLINE = "ee1_regions"
LENGTHS = {
    "ee7_length": "And with a shorter or longer pre-training:",
    "ee8_finetuning": "And with a shorter or longer fine-tuning, after the longest of these:",
}
PAGE = ROOT / "reports" / "README.md"
START, END = "<!-- findings: written by make reference -->", "<!-- end of findings -->"
HEAD = """| region | data | labelled windows | {} |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"""
INTRODUCTION = """# What the reference run found

Written by `make reference` from the records in `reference/records`. The same, with figures, and with every number leading to
its record, is in `reference/index.html`: clone the repository and open it in a browser. Whether the papers' claims held stands in
[the README](../README.md); the words are explained in [the glossary](../docs/glossary.md).
"""
COLUMNS = ("random", "pre-trained", "**gain** [95 %]", "raw pixels", "random", "pre-trained", "**gain** [95 %]")


def records(folder: Path = REFERENCE) -> list[dict[str, Any]]:
    """Every record of a site, from its archives."""
    found = []
    for path in sorted(folder.glob(f"records/*/{ARCHIVE}")):
        with tarfile.open(path) as archive:
            found += [json.load(archive.extractfile(entry)) for entry in archive]  # type: ignore[arg-type] # all are files
    return found


def findings(everything: list[dict[str, Any]]) -> str:
    """Markdown for the README: the headline with a line of numbers per region, and the ledger of claims."""
    notebooks = read_notebooks()
    compared = compare(arms_of(notebooks[HEADLINE], everything))
    usual = [row for row in compared if row.case.network == NETWORK]
    claims = ledger(notebooks, everything, "reports/reference/notebooks/{}.html")
    found = [conclusion(compared), ""]
    for name, head in LENGTHS.items():
        found += [head, "", CONCLUSIONS[name](arms_of(notebooks[name], everything)), ""]
    return "\n".join([*found, *_table(usual), "", "### The claims, one by one", "", claims])


def page(everything: list[dict[str, Any]]) -> str:
    """Markdown of reports/README.md: every case of the headline, then what every other notebook concludes, with its profile."""
    notebooks = read_notebooks()
    compared = compare(arms_of(notebooks[HEADLINE], everything))
    text = [INTRODUCTION, "## Pre-trained against random, in every region and network", "", conclusion(compared), "", *_table(compared)]
    for row in rows():
        if row.name in CONCLUSIONS and row.name in notebooks:
            found = CONCLUSIONS[row.name](arms_of(notebooks[row.name], everything)).strip()
            source = f"Profile `{notebooks[row.name]['parameters']['profile']}`; [tables and figures](reference/notebooks/{row.name}.html)."
            text += ["", f"## {row.title}", "", found, "", source]
    return "\n".join([*text, ""])


def read_notebooks() -> dict[str, Any]:
    """What each notebook of the reference run read, and with which parameters."""
    found: dict[str, Any] = json.loads(NOTEBOOKS.read_text(encoding="utf-8"))
    return found


def _table(compared: list[Comparison]) -> list[str]:
    tuned, probed = ([row for row in compared if row.reading == reading] for reading in READINGS[:2])
    names = " | ".join([f"fine-tuned: {name}" for name in COLUMNS[:3]] + [f"probe: {name}" for name in COLUMNS[3:]])
    return [HEAD.format(names), *(_line(a, b) for a, b in zip(tuned, probed, strict=True))]


def _line(tuned: Comparison, probed: Comparison) -> str:
    if (tuned.region, tuned.fraction) != (probed.region, probed.fraction):
        raise ValueError(f"{tuned.region} at {tuned.fraction:g} has no linear probe beside its fine-tuning")
    scores = [f"{tuned.scores[init].value:.3f}" for init in ("random", "pretrained")] + [_gain(tuned)]
    scores += [f"{probed.scores[init].value:.3f}" for init in ("raw", "random", "pretrained")] + [_gain(probed)]
    return " | ".join([f"| {tuned.title}", tuned.kind, str(tuned.windows), *scores]) + " |"


def _gain(row: Comparison) -> str:
    return f"**{signed(row.gain)}**" if row.gain.excludes_zero else signed(row.gain)


def keep_notebooks() -> None:
    """Keep which records each notebook read, and with which parameters."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((Store().root / "notebooks").glob("*.json"))}
    if HEADLINE not in found:
        print(f"{Store().root}: {HEADLINE} was not executed there: run `eelib study`, or set EELIB_RUNS to where it was", file=sys.stderr)
        sys.exit(2)
    kept = {name: {key: content[key] for key in ("parameters", "arms")} for name, content in found.items()}
    NOTEBOOKS.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def main() -> None:
    """Replace what stands between the markers, and the page."""
    keep_notebooks()
    path, everything = ROOT / "README.md", records()
    if lacking := [f"{name}: {missing}" for name, notebook in read_notebooks().items() if (missing := gap(name, notebook, everything))]:
        print(*lacking, sep="\n", file=sys.stderr)
        sys.exit(2)
    before, rest = path.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    path.write_text(f"{before}{START}\n{findings(everything)}\n{END}{after}", encoding="utf-8")
    PAGE.write_text(page(everything), encoding="utf-8")


if __name__ == "__main__":
    main()
