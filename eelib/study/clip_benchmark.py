"""The recipes of the image-text study: train a method, and ask a trained model everything.

Metrics of ``pair_train``::

    curves      {"step": [...], "loss": [...], "scale": [...], <term>: [...]} at about 20 steps; terms of weight 0 are absent
    parameters  {"image", "text", "text_embedding", "heads", "total"} numbers of weights; text_embedding is part of text
    memory      bytes of one step: {"weights", "optimiser" (gradients and moments), "activations" (kept for the backward pass)}
    samples, steps, pairs (of the training set), vocabulary, truncated (captions cut to the context; null: over COUNTED, in shards)
    monitors    alignment, uniformity, std and retrieval of validation pairs (eelib.evaluate.monitors)
    removed     rule of the V2-like filter to captions removed; faults: kind of fault to captions that have it
    notes       what was skipped or removed on the way to the pairs, one text each; absent where nothing was
    provenance.step_seconds, in the record's provenance: median time of one step

Metrics of ``pair_score``::

    title, simulated, classes, places (per test pair), labels (per test pair, -1 = none), days (day of year per test pair, or null)
    baselines   {"chance", "majority", "classes"}
    zero_shot   {<prompt set>: {"global": hits, "tokens": hits}}; "tokens" only where the model has a token-wise space
    linear      hits and {"validation": accuracy by weight decay}; knn: hits; few_shot: {"<k>": [hits, one per draw]}
    retrieval   {"global": r, "tokens": r}, r = {"image_to_text": ranks, "text_to_image": ranks (0 = found first, one per test pair),
                "recall": {direction: {"1", "5", "10"}}, "chance": {"1", "5", "10"}}
    variants    {<name>: title, classes, places, labels, days, baselines, zero_shot, retrieval as above}
    hits        {"top1", "top5": shares, "class_mean": mean recall, "correct": text of one 0 or 1 per test pair with labels >= 0};
                of zero_shot also "correct5", the same for the first five (absent from older records);
                unpack with eelib.evaluate.hits.unpack_hits, intervals from hits.hit_counts, agreement.hit_rate and statistics.bootstrap
"""

from __future__ import annotations

import statistics
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from eelib.data.pairs.pooled import load_data
from eelib.data.pairs.prompts import filled, prompts
from eelib.errors import InputError
from eelib.evaluate.embed import Embedder, OurEmbedder
from eelib.evaluate.monitors import embedding_monitors
from eelib.evaluate.robustness import varied, with_noise
from eelib.study.clip_cost import activation_bytes, optimiser_bytes, parameter_counts, weight_bytes
from eelib.study.clip_score import all_zero_shot, both_ways, described, probes
from eelib.study.pair_weights import Card, load_model, make_card, make_tokenizer, model_from_card, save_model
from eelib.train.fit import Progress, fit, seeded
from eelib.train.image_text import ImageText
from eelib.train.image_text_batches import PairBatches
from eelib.train.image_text_terms import Terms

if TYPE_CHECKING:
    from eelib.data.pairs.containers import Pairs, PairSet
    from eelib.data.tokens import Tokenizer
    from eelib.study.arm import Arm
    from eelib.study.recipes import PairScoreParams, PairTrainParams

COUNTED = 50_000  # most captions that are read from shards for nothing but a count
HELD_OUT = 256  # validation pairs that the monitors look at


def pair_train(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Train an image and a text encoder on pairs; leaves ``model.pt``."""
    params: PairTrainParams = arm.params  # type: ignore[assignment]
    data = load_data(params.data)
    train = _training_pairs(data)
    module, card = make_module(params, data, arm.seed)
    batches = PairBatches(train, module.tokenizer, params.recipe.batch_size, arm.seed)
    memory = {
        "weights": weight_bytes(module),
        "optimiser": optimiser_bytes(module),
        "activations": activation_bytes(module, module.prepare(batches.batch(0), 0)),
    }
    counts = parameter_counts(module)
    fit(module, batches, params.recipe.steps, folder, progress)
    save_model(module.model, card, folder)
    return {
        "curves": module.curves,
        "parameters": counts,
        "memory": memory,
        "samples": params.recipe.steps * params.recipe.batch_size,
        "steps": params.recipe.steps,
        "pairs": len(train),
        "vocabulary": module.tokenizer.size,
        "truncated": _truncated(train, module.tokenizer),
        "monitors": _monitors(OurEmbedder(module.model, module.tokenizer), data.validation),
        "removed": dict(data.removed),
        "faults": dict(Counter(kind for kind in train.faults or () if kind)),
        **({"notes": list(data.notes)} if data.notes else {}),
        "measured": {"step_seconds": statistics.median(module.seconds)} if module.seconds else {},
    }


def make_module(params: PairTrainParams, data: PairSet, seed: int) -> tuple[ImageText, Card]:
    """The training module as the seed makes it; encoders are drawn before heads, so every method starts from the same ones."""
    train = _training_pairs(data)
    tokenizer = make_tokenizer(params.text, lambda: [*train.texts, *_prompts_of(data)])
    card = make_card(params.image, params.text, params.method, params.recipe, data.bands, train, tokenizer)

    def make() -> ImageText:
        model = model_from_card(card)
        return ImageText(model, Terms(params.method, model), params.recipe, tokenizer, seed)

    module: ImageText = seeded(seed, make)  # type: ignore[assignment]
    return module, card


def _prompts_of(data: PairSet) -> list[str]:
    """Prompts that the model should be able to read."""
    return [prompt for row in filled(prompts(data.prompts), data.classes) for prompt in row] if data.classes else []


def pair_score(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Zero-shot, probes, retrieval and robustness of a trained model on pairs of places that it never saw."""
    params: PairScoreParams = arm.params  # type: ignore[assignment]
    data = load_data(params.data)
    embedder, bands = _embedder(params, needs)
    _same_bands(data, bands)
    test = embedder.images(data.test)
    found = described(data, data)
    found["zero_shot"] = all_zero_shot(embedder, test, data.test, data, params.score)
    found["retrieval"] = both_ways(embedder, test, data.test)
    progress(0.4)
    labelled = [part is not None and (part.labels >= 0).any() for part in (data.train, data.validation)]
    if data.train is not None and all(labelled) and found["zero_shot"]:
        found |= probes(embedder.images(data.train), embedder.images(data.validation), test, data, params.score)
    progress(0.7)
    return found | {"variants": _variants(params, embedder, bands, data)}


def _variants(params: PairScoreParams, embedder: Embedder, bands: list[str] | None, main: PairSet) -> dict[str, Any]:
    found = {}
    for variant in params.score.variants:
        data = load_data(varied(params.data, variant))
        _same_bands(data, bands)
        test = data.test if data.simulated or variant.noise is None else with_noise(data.test, variant.noise)
        images = embedder.images(test)
        zero_shot = all_zero_shot(embedder, images, test, data, params.score)
        found[variant.name] = described(data, main) | {"zero_shot": zero_shot, "retrieval": both_ways(embedder, images, test)}
    return found


def _embedder(params: PairScoreParams, needs: dict[str, Path]) -> tuple[Embedder, list[str] | None]:
    """The model to score and the bands that it reads; None: any three."""
    if params.open_clip is not None:
        from eelib.evaluate.open_clip_embedder import OpenClipEmbedder

        return OpenClipEmbedder(params.open_clip), None
    if "train" not in needs:
        raise InputError("a score needs an arm called 'train', or the name of a model with open_clip")
    model, tokenizer, card = load_model(needs["train"])
    return OurEmbedder(model, tokenizer, mask_pads=not card["count_pads"], margin=params.score.margin), list(card["bands"])


def _same_bands(data: PairSet, bands: list[str] | None) -> None:
    if bands is None and len(data.bands) != 3:
        raise InputError(
            f"{data.name} has {len(data.bands)} bands, models of open_clip read three: leave open_clip out, or name three channels"
        )
    if bands is not None and list(data.bands) != bands:
        raise InputError(
            f"{data.name} has the bands {', '.join(data.bands)}, the model was trained on {', '.join(bands)}: give both the same"
        )


def _training_pairs(data: PairSet) -> Pairs:
    if data.train is None:
        raise InputError(f"{data.name} has no training pairs: it serves evaluation only")
    return data.train


def _truncated(train: Pairs, tokenizer: Tokenizer) -> int | None:
    """How many captions do not fit the context; None where reading them all would cost too much."""
    if not isinstance(train.texts, tuple) and len(train) > COUNTED:
        return None
    return int(tokenizer.encode(train.texts).truncated.sum())


@torch.inference_mode()
def _monitors(embedder: OurEmbedder, pairs: Pairs) -> dict[str, float]:
    some = pairs.take(np.arange(min(len(pairs), HELD_OUT)))
    return embedding_monitors(embedder.images(some).global_, embedder.texts(list(some.texts)).global_)
