"""How long ``make study`` took, from the records that it left."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(store.root.glob("notebooks/*.json"))]
    chosen = [notebook for notebook in notebooks if notebook.get("parameters", {}).get("profile") == profile]
    known = {record["key"]: record for record in store.records()} if chosen else {}
    waiting = [arm.split("/")[-1] for notebook in chosen for arm in notebook.get("arms", ())]
    found: dict[str, dict] = {}
    while waiting:
        key = waiting.pop()
        if key in known and key not in found:
            found[key] = known[key]
            waiting += known[key].get("needs", {}).values()
    return list(found.values())


def spans_of(records: Sequence[dict]) -> list[tuple[float, float]]:
    """Beginning and end of the arms of records."""
    spans = []
    for record in records:
        known = record.get("provenance", {})
        if "started" in known and "seconds" in known:
            start = datetime.fromisoformat(known["started"]).timestamp()
            spans.append((start, start + float(known["seconds"])))
    return spans
