"""Published numbers beside which ours stand: other data, other scale, always in columns of their own (spec section 2.9)."""

from __future__ import annotations

SOURCE = "DeCLIP repository: ImageNet zero-shot top-1 in %, YFCC15M-V2, 32 epochs, 80 prompts, released recipes, one run each"
IMAGENET: dict[str, dict[str, float]] = {
    "vit": {"clip": 32.8, "slip": 34.3, "filip": 39.5, "declip": 43.2, "defilip": 45.0},  # ViT-B/32
    "resnet": {"clip": 37.2, "slip": 28.5, "filip": 21.3, "declip": 44.4},  # ResNet-50
}
CAVEAT = "SLIP and FILIP on the ResNet cannot be reproduced from the public code"  # detail 19

VERSIONS_SOURCE = "PyramidCLIP: ImageNet zero-shot top-1 in %, the only published pair of the same method on both versions"
VERSIONS: dict[str, tuple[float, float]] = {"ResNet-50": (43.8, 47.8), "ViT-B/32": (41.7, 46.0), "ViT-B/16": (45.9, 50.7)}  # V1, V2

PROBE_SOURCE = "ALIP: linear probe of ViT-B/32 trained on YFCC15M-V2, mean over ten sets, %"
PROBE = {"clip": 63.0, "declip": 68.7}
RETRIEVAL_SOURCE = "ALIP: recall at 1 on Flickr30k of ViT-B/32 trained on YFCC15M-V2, %, image to text and text to image"
RETRIEVAL = {"clip": (34.9, 23.4), "slip": (47.8, 32.3), "declip": (51.4, 34.3)}


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
