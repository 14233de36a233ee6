"""Published numbers beside which ours stand: other data, other scale, always in columns and tables of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from eelib.study.pair_methods import TITLES

SOURCE = (
    "DeCLIP repository (A): zero-shot on ImageNet with 80 prompts, ViT-B/32 and ResNet-50 after 32 epochs of YFCC15M-V2, "
    "released recipes, one run each"
)
IMAGENET: dict[str, dict[str, float]] = {
    "vit": {"clip": 32.8, "slip": 34.3, "filip": 39.5, "declip": 43.2, "defilip": 45.0},  # ViT-B/32
    "resnet": {"clip": 37.2, "slip": 28.5, "filip": 21.3, "declip": 44.4},  # ResNet-50
}
DOUBTED = ("slip", "filip")  # on the ResNet
CAVEAT = "published SLIP and FILIP on the ResNet cannot be reproduced from the public code (detail 19)"

# the only published pair of the same method on both versions; labels are short enough for a cell of a table, which cuts at 50 characters
VERSIONS_SOURCE = "PyramidCLIP (A): ImageNet zero-shot top-1, %"
VERSIONS: dict[str, tuple[float, float]] = {"ResNet-50": (43.8, 47.8), "ViT-B/32": (41.7, 46.0), "ViT-B/16": (45.9, 50.7)}  # V1, V2

SCALE = {"trained on": "YFCC15M-V2, 15.4 million pairs", "encoder": "ViT-B/32"}  # of all numbers below
SETS = (
    "CIFAR-10",
    "CIFAR-100",
    "Food-101",
    "Oxford Pets",
    "Flowers-102",
    "SUN397",
    "Stanford Cars",
    "DTD",
    "Caltech-101",
    "FGVC Aircraft",
)
DOWNSTREAM_SOURCE = "ALIP (A2): zero-shot accuracy, %"
DOWNSTREAM = {  # in the order of SETS, then ImageNet and the mean of all eleven
    "clip": (63.7, 33.2, 34.6, 20.1, 50.1, 35.7, 2.6, 15.5, 59.9, 1.2, 32.8, 31.8),
    "slip": (50.7, 25.5, 33.3, 23.5, 49.0, 34.7, 2.8, 14.4, 59.9, 1.7, 34.3, 30.0),
    "filip": (65.5, 33.5, 43.1, 24.1, 52.7, 50.7, 3.3, 24.3, 68.8, 3.2, 39.5, 37.2),
    "declip": (66.7, 38.7, 52.5, 33.8, 60.8, 50.3, 3.8, 27.7, 74.7, 2.1, 43.2, 41.3),
    "defilip": (70.1, 46.8, 54.5, 40.3, 63.7, 52.4, 4.6, 30.2, 75.0, 3.3, 45.0, 44.2),
}
PROBE_SOURCE = "ALIP (A2): linear probe, %"
PROBE = {  # in the order of SETS, then their mean
    "clip": (86.5, 64.7, 69.2, 64.6, 90.6, 66.0, 24.9, 61.3, 79.1, 23.1, 63.0),
    "declip": (89.2, 69.0, 75.4, 72.2, 94.4, 71.6, 31.0, 68.8, 87.9, 27.6, 68.7),
}
RETRIEVAL_SOURCE = "ALIP (A2): recall at 1 / 5 / 10, %"
RETRIEVAL_SETS = ("Flickr30k, image → text", "COCO, image → text", "Flickr30k, text → image", "COCO, text → image")
RETRIEVAL = {  # recall at 1, 5, 10 per set and direction
    "clip": ((34.9, 63.9, 75.9), (20.8, 43.9, 55.7), (23.4, 47.2, 58.9), (13.0, 31.7, 42.7)),
    "slip": ((47.8, 76.5, 85.9), (27.7, 52.6, 63.9), (32.3, 58.7, 68.8), (18.2, 39.2, 51.0)),
    "declip": ((51.4, 80.2, 88.9), (28.3, 53.2, 64.5), (34.3, 60.3, 70.7), (18.4, 39.6, 51.4)),
}


def published_top1(method: str, family: str) -> float | None:
    """ImageNet zero-shot top-1 in %; None where there is none."""
    return IMAGENET.get(family, {}).get(method)


def published_effect(method: str, family: str) -> float | None:
    """Points over CLIP with the same encoder; None where there is no number."""
    value = published_top1(method, family)
    return None if value is None else round(value - IMAGENET[family]["clip"], 1)


def published_interaction(method: str) -> float | None:
    """Effect on the ResNet minus effect on the ViT, points; None where there is no number."""
    vit, resnet = published_effect(method, "vit"), published_effect(method, "resnet")
    return None if vit is None or resnet is None else round(resnet - vit, 1)


def is_doubted(method: str, family: str) -> bool:
    """Whether :data:`CAVEAT` is about the published number."""
    return family == "resnet" and method in DOUBTED


def published_downstream() -> pd.DataFrame:
    """Zero-shot accuracy of published models on eleven sets, %; rows say by whom, trained on what, and how we know."""
    return _table(DOWNSTREAM, (*SETS, "ImageNet", "mean"), DOWNSTREAM_SOURCE)


def published_probes() -> pd.DataFrame:
    """Linear probe of published models on ten sets, %."""
    return _table(PROBE, (*SETS, "mean"), PROBE_SOURCE)


def published_retrieval() -> pd.DataFrame:
    """Recall of published models at 1, 5 and 10, %."""
    texts = {method: tuple(" / ".join(f"{value:.1f}" for value in recalls) for recalls in row) for method, row in RETRIEVAL.items()}
    return _table(texts, RETRIEVAL_SETS, RETRIEVAL_SOURCE)


def published_versions() -> pd.DataFrame:
    """ImageNet zero-shot top-1 of one method after training on either version of YFCC15M, %."""
    columns = [f"trained on {name}" for name in ("V1", "V2")]
    table = pd.DataFrame.from_dict(VERSIONS, orient="index", columns=columns)
    table["V2 over V1, points"] = (table[columns[1]] - table[columns[0]]).round(1)
    table.index = pd.MultiIndex.from_product([[VERSIONS_SOURCE], VERSIONS], names=("published", "encoder"))
    return table


def _table(rows: Mapping[str, Sequence[Any]], columns: Sequence[str], what: str) -> pd.DataFrame:
    known = {"published": what, **SCALE}
    table = pd.DataFrame([{**known, "method": TITLES[method], **dict(zip(columns, row, strict=True))} for method, row in rows.items()])
    return table.set_index([*known, "method"])
