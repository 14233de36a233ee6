"""Collapse monitors of pre-trainings: a table, and which encoders collapsed in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from eelib.data.sources import source
from eelib.report.cases import NETWORK, NETWORK_TITLES

NAMES = ("std", "alignment", "uniformity", "retrieval")
PARTLY = 0.8  # a spread below this is called a collapse in part: most encoders are above 0.9
INDEX = ["region", "network"]


def monitor_table(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Monitors per region and network, mean over seeds; of spread and retrieval the lowest of all seeds too.

    ``chance`` is the retrieval of unrelated embeddings.

    Args:
        records: Records of pre-trainings.
    """
    grouped = _frame(records).groupby(INDEX, sort=False)
    table = grouped[[*NAMES, "chance"]].mean()
    table.insert(0, "seeds", grouped.seeds.nunique())
    table.insert(2, "std, lowest", grouped["std"].min())
    table.insert(6, "retrieval, lowest", grouped["retrieval"].min())
    return table.round({name: 5 if name == "chance" else 3 for name in table.columns})


def collapse_note(records: Iterable[Mapping[str, Any]]) -> str:
    """Which encoders collapsed in part, in Markdown, computed from the spread of their embeddings."""
    frame = _frame(records).dropna(subset=["std"])
    if frame.empty:
        return "Whether an encoder collapsed is not known: the spread of no embeddings was measured."
    found = []
    for (region, network), group in frame.groupby(INDEX, sort=False):
        low = group["std"][group["std"] < PARTLY]
        if len(low):
            span = f"{low.min():.2f} to {low.max():.2f}" if len(low) > 1 else f"{low.min():.2f}"
            found.append(f"{network} in {region}: {len(low)} of {len(group)} seeds, spread {span}")
    if not found:
        return f"No encoder collapsed, not even in part: all {len(frame)} have a spread of {frame['std'].min():.2f} or more."
    text = f"Some encoders **collapsed in part** (a spread below {PARTLY:g}, where unrelated embeddings have 1): {'; '.join(found)}. "
    others = int((frame["std"] >= PARTLY).sum())
    return f"{text}The {others} others did not." if others else f"{text}There is no other."


def _frame(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    unique = {record["key"]: record for record in records}
    return pd.DataFrame([_row(record) for record in unique.values()])


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    params, monitors = record["params"], record["metrics"]["monitors"]
    network = params.get("encoder", {}).get("name", NETWORK)
    return {
        "region": ", ".join(source(region).title for region in params["regions"]),
        "network": NETWORK_TITLES.get(network, network),
        "seeds": record["seed"],
        **{name: monitors.get(name, np.nan) for name in NAMES},  # one window has no spread
        "chance": 1 / monitors["count"],
    }
