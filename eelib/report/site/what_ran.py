"""What a notebook ran, read off the records that it shows: where, which networks, how often, and how long it took to compute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from eelib.data.sources import source
from eelib.report.cases import NETWORK_TITLES, Record, percent
from eelib.report.clip_benchmark.models import ENCODERS
from eelib.report.values import duration


def what_ran(notebook: Mapping[str, object], by_name: Mapping[str, Record]) -> dict[str, str]:
    """Settings by label, resolved: what the profile stood for.

    Args:
        notebook: A notebook's record, which names its arms ``<experiment>/<key>``.
        by_name: All records under such names.
    """
    names = notebook.get("arms")
    read = [by_name[name] for name in names if name in by_name] if isinstance(names, Sequence) else []
    if not read:
        return {}
    every = _with_needs(read, {record["key"]: record for record in by_name.values()})
    seconds = sum(float(record.get("provenance", {}).get("seconds", 0)) for record in every)
    found = {
        "Data": _listed(sorted({title for record in read for title in places_of(record)})),
        "Networks": _listed(sorted({name for record in every for name in _networks(record)})),
        "Label shares": _listed(percent(share) for share in sorted({r["params"]["fraction"] for r in read if "fraction" in r["params"]})),
        "Seeds": _listed(str(seed) for seed in sorted({record["seed"] for record in read})),
        "Computed": f"{len(every)} records, {duration(seconds)} of one process in all",
    }
    return {label: text for label, text in found.items() if text}


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _with_needs(read: Sequence[Record], by_key: Mapping[str, Record]) -> list[Record]:
    """The records and all that they need, each once."""
    found, waiting = dict[str, Record](), list(read)
    while waiting:
        record = waiting.pop()
        if record["key"] not in found:
            found[record["key"]] = record
            waiting += [by_key[key] for key in record.get("needs", {}).values() if key in by_key]
    return list(found.values())


def places_of(record: Record) -> list[str]:
    """Regions or sets of pairs of a record, for people."""
    params = record["params"]
    regions = [params["region"]] if "region" in params else params.get("regions", [])
    if regions:
        return [source(region).title for region in regions]
    title = record.get("metrics", {}).get("title")  # a score of an image-text model knows the name of its pairs
    return [str(title)] if title else []


def _networks(record: Record) -> list[str]:
    names = [record["params"].get(part, {}).get("name") for part in ("encoder", "image")]
    return [_network(name) for name in names if name]


def _network(name: str) -> str:
    family, _, size = name.partition("_")
    return NETWORK_TITLES.get(name) or (f"{ENCODERS[family]} {size}" if family in ENCODERS else name)
