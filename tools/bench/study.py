"""How long ``make study`` took, from the records that it left."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eelib.study.store import Store

PAUSE = 60.0  # seconds without any arm after which a run counts as interrupted


def study_time(spans: Sequence[tuple[float, float]], cores: int) -> tuple[float, float]:
    """Minutes that a study ran, and the share of the cores that were busy with arms.

    Breaks between arms count unless they are longer than :data:`PAUSE`; those are taken for interruptions.

    Args:
        spans: Beginning and end of every arm, in seconds.
        cores: Of the machine; an arm keeps one busy.
    """
    total, reached = 0.0, None
    for start, end in sorted(spans):
        if reached is None or start - reached > PAUSE:
            total, reached = total + end - start, end
        elif end > reached:
            total, reached = total + end - reached, end
    busy = sum(end - start for start, end in spans)
    return total / 60, busy / (total * cores)


def records_of(store: Store, profile: str = "quick") -> list[dict]:
    """Records of the arms that the notebooks of a profile read, and of all that these needed."""
    return [record for records in records_by_notebook(store, (), profile).values() for record in records]


def records_by_notebook(store: Store, order: Sequence[str], profile: str = "quick") -> dict[str, list[dict]]:
    """The same by notebook; an arm that several need stands at the first of them.

    Args:
        store: The runs folder.
        order: Names of notebooks, in the order of the study; others come after them.
        profile: Of the notebooks.
    """
    place = {name: at for at, name in enumerate(order)}
    paths = sorted(store.root.glob("notebooks/*.json"), key=lambda path: (place.get(path.stem, len(place)), path.stem))
    notebooks = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    chosen = {name: found for name, found in notebooks.items() if found.get("parameters", {}).get("profile") == profile}
    left = {record["key"]: record for record in store.records()} if chosen else {}
    shares: dict[str, list[dict]] = {}
    for name, notebook in chosen.items():
        waiting = [arm.split("/")[-1] for arm in notebook.get("arms", ())]
        shares[name] = []
        while waiting:
            if (record := left.pop(waiting.pop(), None)) is not None:
                shares[name].append(record)
                waiting += record.get("needs", {}).values()
    return shares


def minutes_of(shares: Mapping[str, Sequence[dict]], chosen: Collection[str], cores: int) -> float:
    """Minutes of a study that fell to some of its notebooks: its duration, shared out by the seconds of the arms.

    Arms of several notebooks run side by side, so no notebook has a duration of its own.

    Args:
        shares: Of :func:`records_by_notebook`.
        chosen: Names of notebooks.
        cores: Of the machine.
    """
    spans = {name: spans_of(records) for name, records in shares.items()}
    seconds = {name: sum(end - start for start, end in found) for name, found in spans.items()}
    minutes, _ = study_time([span for found in spans.values() for span in found], cores)
    return minutes * sum(seconds[name] for name in chosen) / sum(seconds.values())


def spans_of(records: Sequence[dict]) -> list[tuple[float, float]]:
    """Beginning and end of the arms of records."""
    spans = []
    for record in records:
        known = record.get("provenance", {})
        if "started" in known and "seconds" in known:
            start = datetime.fromisoformat(known["started"]).timestamp()
            spans.append((start, start + float(known["seconds"])))
    return spans
