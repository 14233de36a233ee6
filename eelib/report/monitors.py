"""Table of the collapse monitors of pre-trainings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from eelib.data.sources import source

NAMES = ("std", "alignment", "uniformity", "retrieval")


def monitor_table(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Monitors per region, mean over seeds; ``chance`` is the retrieval of unrelated embeddings.

    Args:
        records: Records of pre-trainings.
    """
    unique = {record["key"]: record for record in records}
    rows = [
        {
            "region": ", ".join(source(region).title for region in record["params"]["regions"]),
            "seeds": record["seed"],
            **{name: record["metrics"]["monitors"].get(name, np.nan) for name in NAMES},  # one window has no spread
            "chance": 1 / record["metrics"]["monitors"]["count"],
        }
        for record in unique.values()
    ]
    grouped = pd.DataFrame(rows).groupby("region", sort=False)
    table = grouped[[*NAMES, "chance"]].mean().round({**dict.fromkeys(NAMES, 3), "chance": 5})
    table.insert(0, "seeds", grouped.seeds.nunique())
    return table
