"""What each pre-training of the bridge spent, from the records of trainings."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from eelib.report.cases import NETWORK_TITLES, Record
from eelib.settings import IMAGE_PRESETS
from eelib.study.pair_methods import TITLES

_SERIES = {preset: name for name, presets in IMAGE_PRESETS.items() for preset in presets.values()}


def spent_table(records: Iterable[Record]) -> pd.DataFrame:
    """Steps, images and megapixels that the encoder read, and median seconds on the machine that ran it.

    An image is one view of a pair, or one date of one view of a series. Retrieval is that of matching embeddings on held-out data, beside
    its chance: pixels of two views, or images and captions.

    Args:
        records: Of trainings of recipes ``pretrain`` and ``pair_train``.
    """
    rows = []
    for record in {record["key"]: record for record in records}.values():
        language = record["recipe"].startswith("pair_train")
        network, what, steps, images, side = (_language if language else _dense)(record)
        monitors = record["metrics"]["monitors"]
        rows.append(
            {
                "network": NETWORK_TITLES.get(network, network),
                "pre-training": what,
                "steps": steps,
                "images": images,
                "megapixels": images * side**2 / 1e6,
                "seconds": record["provenance"]["seconds"],
                "retrieval": monitors["retrieval"],
                "chance": 1 / monitors["count"],
            }
        )
    keys = ["network", "pre-training", "steps", "images", "megapixels"]
    table = pd.DataFrame(rows).groupby(keys, sort=False)
    found = table[["retrieval", "chance"]].mean()
    found.insert(0, "median seconds", table.seconds.median())
    return found.reset_index(keys[2:]).round({"megapixels": 2, "median seconds": 1, "retrieval": 3, "chance": 4})


def _language(record: Record) -> tuple[str, str, int, int, int]:
    params = record["params"]
    samples, views = record["metrics"]["samples"], len(params["method"]["views"])
    name, *rest = record["arm"].split(", ", 1)
    title = ", ".join(["language", TITLES.get(name, name), *rest])
    return _SERIES[params["image"]["name"]], title, record["metrics"]["steps"], samples * views, params["data"]["sizes"]["size"]


def _dense(record: Record) -> tuple[str, str, int, int, int]:
    recipe = record["params"]["recipe"]
    images = 2 * recipe["batch_size"] * recipe["steps"] * recipe["views"]["num_dates"]
    started = "dense contrast from language, half" if "start" in record["needs"] else "dense contrast"
    return record["params"]["encoder"]["name"], started, recipe["steps"], images, recipe["views"]["size"]
