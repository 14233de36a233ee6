"""The data page's part on data sets of the literature, from their manifests alone."""

from __future__ import annotations

from eelib.data.manifests import Manifest
from eelib.report.site.pages import fact_table, swatch_list


def dataset_section(entry: Manifest) -> str:
    """MyST text of one data set: classes, facts, what was checked and what is our reading, published scores."""
    from eelib.data.manifests import DatasetManifest

    assert isinstance(entry, DatasetManifest)
    facts = {
        "Region": f"`{entry.name}`, {entry.continent}",
        "Source": entry.source,
        "Licence": entry.licence,
        "Attribution": entry.attribution,
        "Cite": entry.citation,
        "From": f"<{entry.landing}>; {entry.size}",
        "Bands": ", ".join(entry.bands),
        "Ignored": entry.ignored,
        "Splits": entry.splits,
        "Checked": entry.checked,
        "Our reading": entry.reading,
    }
    for item in entry.references:
        facts[f"Published: {item.model}"] = (
            facts.get(f"Published: {item.model}", "") + f"{item.metric} {item.value} ({item.source}; {item.tag}). "
        )
    swatches = swatch_list((item.name, item.color) for item in entry.classes)
    return f"### {entry.title}\n\n{entry.description}\n\n{swatches}\n{fact_table(facts)}\n"
