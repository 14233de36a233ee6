"""Write what the reference run found into the README, between its two markers: part of ``make reference``."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from eelib.report.comparison import READINGS, Comparison, compare, conclusion, signed
from eelib.report.findings import CONCLUSIONS, arms_of
from eelib.report.ledger import ledger
from eelib.report.records_page import ARCHIVE
from eelib.study.store import Store
from eelib.study.table import rows

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "reports" / "reference"
NOTEBOOKS = REFERENCE / "records" / "notebooks.json"  # which records each notebook of the reference run read
HEADLINE = "ee1_regions"
LINK = "reports/reference/notebooks/{}.html"
START, END = "<!-- findings: written by make reference -->", "<!-- end of findings -->"
HEAD = """| region | data | labelled windows | {} |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"""
COLUMNS = ("random", "pre-trained", "**gain** [95 %]", "raw pixels", "random", "pre-trained", "**gain** [95 %]")


def records(folder: Path = REFERENCE) -> list[dict[str, Any]]:
    """Every record of a site, from its archives."""
    found = []
    for path in sorted(folder.glob(f"records/*/{ARCHIVE}")):
        with tarfile.open(path) as archive:
            found += [json.load(archive.extractfile(entry)) for entry in archive]  # type: ignore[arg-type] # all are files
    return found


def findings() -> str:
    """Markdown of the reference run: the headline with a line of numbers per case, then what every other notebook concludes."""
    everything, notebooks = records(), json.loads(NOTEBOOKS.read_text(encoding="utf-8"))
    compared = compare(arms_of(notebooks[HEADLINE], everything))
    tuned, probed = ([row for row in compared if row.reading == reading] for reading in READINGS[:2])
    lines = [_line(a, b) for a, b in zip(tuned, probed, strict=True)]
    names = " | ".join([f"fine-tuned: {name}" for name in COLUMNS[:3]] + [f"probe: {name}" for name in COLUMNS[3:]])
    text = [conclusion(compared), "", HEAD.format(names), *lines]
    text += ["", "### The claims, one by one", "", ledger(notebooks, everything, LINK)]
    text += ["", "<details><summary>What the other notebooks conclude</summary>"]
    for row in rows():
        if row.name in CONCLUSIONS and row.name in notebooks:
            text += ["", f"### {row.title}", "", CONCLUSIONS[row.name](arms_of(notebooks[row.name], everything)).strip()]
    return "\n".join([*text, "", "</details>"])


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
    kept = {name: {key: content[key] for key in ("parameters", "arms")} for name, content in found.items()}
    NOTEBOOKS.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def main() -> None:
    """Replace what stands between the markers."""
    keep_notebooks()
    path = ROOT / "README.md"
    before, rest = path.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    path.write_text(f"{before}{START}\n{findings()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
