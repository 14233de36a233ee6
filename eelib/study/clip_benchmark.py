"""The recipes of the image-text study: train a method, and ask a trained model everything.

Metrics of ``pair_train``::

    curves      {"step": [...], "loss": [...], "scale": [...], <term>: [...]} at about 20 steps; terms of weight 0 are absent
    parameters  {"image", "text", "heads", "total", "text_embedding"} numbers of weights
    memory      bytes of one step: {"weights", "optimiser" (gradients and moments), "activations" (kept for the backward pass)}
    samples, steps, pairs (of the training set), vocabulary
    monitors    alignment, uniformity, std and retrieval of validation pairs (eelib.evaluate.monitors)
    filter      rule of the V2-like filter to captions removed
    provenance.step_seconds, in the record's provenance: median time of one step

Metrics of ``pair_score``::

    classes, places (N_test place ids), labels (N_test, -1 = none), days (day of year per test pair, or null)
    zero_shot   {<prompt set>: {"global": hits, "tokens": hits}}; "tokens" only where the method has a token-wise term
    linear      hits | {"penalty", "validation"};      knn  hits;      few_shot  {"<k>": [hits, one per draw]}
    retrieval   {"image_to_text": ranks, "text_to_image": ranks}; (N_test) 0 = found first, with "recall" {"1", "5", "10"} and "chance"
    variants    {<name>: {"title", "places", "zero_shot": hits, "retrieval": ...}}
    baselines   {"chance", "majority", "classes"}
    hits        {"top1", "top5": shares, "class_mean": mean recall, "correct": text of one 0 or 1 per test pair with labels >= 0}
                unpack with eelib.evaluate.hits.unpack_hits
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eelib.train.fit import Progress

if TYPE_CHECKING:
    from eelib.study.arm import Arm


def pair_train(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Train an image and a text encoder on pairs; leaves ``model.pt``."""
    raise NotImplementedError


def pair_score(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Zero-shot, probes, retrieval and robustness of a trained model on pairs of places that it never saw."""
    raise NotImplementedError
