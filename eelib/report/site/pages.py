"""Pages that the site writes itself: start page, data page, list of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from eelib.data.manifests import SampleManifest
from eelib.report.site.notebook_page import facts

ROOT = Path(__file__).parents[3]
DOCS = ("method", "howto", "own_data", "apply", "datasets", "clip_benchmark", "pairs", "scale", "glossary")
BENCH = "reports/bench.json"
BENCH_GPU = "reports/bench_gpu.json"

WELCOME = """Two papers of 2022 ask how contrastive pre-training pays off when labels are scarce: *Embedding Earth* for satellite
imagery, *CLIP-benchmark* for images with text. This site is what our re-examination finds; every number in it leads to its record.
"""


@dataclass(frozen=True)
class Chapter:
    """One notebook of the study and, once it has run, its record."""

    name: str
    family: str
    title: str
    claim: str
    record: Mapping[str, Any] | None


def toctree(entries: Sequence[str], caption: str) -> str:
    """A table of contents that only the navigation shows."""
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(entries) + "\n```\n"


def start_page(headline: str, chapters: Sequence[Chapter], experiments: Mapping[str, int], more: Sequence[str] = ()) -> str:
    """MyST text of ``index.md``.

    Args:
        headline: MyST text of the main result; empty before there is one.
        chapters: All notebooks of the study.
        experiments: Number of records per experiment.
        more: Further pages of background.
    """
    done = [chapter for chapter in chapters if chapter.record is not None]
    text = f"# Contrastive pre-training for Earth observation\n\n{WELCOME}\n{headline or _nothing_yet()}\n"
    if chapters:
        text += "\n## Notebooks\n\n" + _chapter_table(chapters)
    for family in dict.fromkeys(chapter.family for chapter in done):
        text += "\n" + toctree([f"notebooks/{chapter.name}" for chapter in done if chapter.family == family], family)
    text += "\n" + toctree(["data", *more, *DOCS], "Background")
    if experiments:
        text += "\n" + toctree([f"{name} <records/{name}/index>" for name in experiments], "Records")
    return text


def _nothing_yet() -> str:
    return ":::{note}\nNothing has run yet. `make study` runs what is missing and renders this site again.\n:::"


def _chapter_table(chapters: Sequence[Chapter]) -> str:
    lines = ["| | notebook | tests the claim | last run |", "|---|---|---|---|"]
    for chapter in chapters:
        title, ran = chapter.title, "not yet"
        if chapter.record is not None:
            known = facts(chapter.record)
            title = f"[{title}](notebooks/{chapter.name})"
            ran = ", ".join(known[label] for label in ("Date", "Profile") if label in known)
        lines.append(f"| {chapter.family} | {title} | {chapter.claim} | {ran} |")
    return "\n".join(lines) + "\n"


def data_page() -> str:
    """MyST text of the data page: the real samples from their manifests, the simulated regions from the world itself."""
    from eelib.data.manifests import dataset_names, manifest, sample, sample_names
    from eelib.data.sources import source
    from eelib.data.world import REGIONS, Difficulty
    from eelib.report.site.dataset_pages import dataset_section

    text = "# Data\n\nEvery figure and table names its region. Simulated regions are styles, not measurements: nothing they show is a "
    text += "statement about a country.\n"
    text += "\n## Real imagery\n\n" + "\n".join(_manifest_section(sample(name)) for name in sample_names())
    text += "\n## Data sets of the literature\n\nTheir owners hand them out; the loaders are tested on miniatures in the same format. "
    text += "[How to get each, and what was checked](datasets.md).\n\n"
    text += "\n".join(dataset_section(manifest(name)) for name in dataset_names())
    text += "\n## Simulated regions\n\nSentinel-2 series of four landscapes on two continents, computed where they are needed, "
    text += "from measured spectra, crop calendars, field shapes, clouds and a sensor.\n\n"
    for name, style in REGIONS.items():
        text += f"### {style.title}\n\nRegion `{name}`, {style.continent}. Classes:\n\n"
        known = source(name)
        text += swatch_list(zip(known.classes, known.colors, strict=True)) + "\n"
    text += "\n### How hard the world is\n\nDefaults of the simulator's parameters; each can be varied.\n\n"
    text += "| parameter | default | meaning |\n|---|---|---|\n"
    return text + "".join(f"| `{name}` | {field.default} | {field.description} |\n" for name, field in Difficulty.model_fields.items())


def _manifest_section(entry: SampleManifest) -> str:
    origin = f"`pip download {entry.channel.pip}`" if entry.channel.pip else f"<{entry.channel.url}>"
    megabytes = sum(item.bytes for item in entry.files) / 1e6
    facts = {
        "Source": entry.source,
        "Licence": entry.licence,
        "Attribution": entry.attribution,
        "Cite": entry.citation,
        "From": f"{origin}, {len(entry.files)} files, {megabytes:.1f} MB, each checked against its SHA-256",
        "Bands": ", ".join(entry.bands),
        "Splits": entry.splits,
    }
    swatches = swatch_list((item.name, item.color) for item in entry.classes)
    return f"### {entry.title}\n\n{entry.description}\n\n{swatches}\n{fact_table(facts)}\n"


def fact_table(facts: Mapping[str, str]) -> str:
    """A table of labels and values."""
    rows = "".join(f"| {label} | {value.replace('|', chr(92) + '|')} |\n" for label, value in facts.items())
    return f"| | |\n|---|---|\n{rows}"


def swatch_list(classes: Any) -> str:  # noqa: ANN401 - an iterable of (name, colour or None)
    """Class names with their colours."""
    items = ""
    for name, color in classes:
        swatch = f'<span class="swatch" style="background:{color}"></span>' if color else ""
        items += f"<li>{swatch}{escape(name.replace('_', ' '))}</li>"
    return f'<ul class="classes">{items}</ul>\n'
