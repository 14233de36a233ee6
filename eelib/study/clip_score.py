"""Everything a frozen image-text model is asked, from its embeddings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from eelib.data.pairs.containers import Pairs, PairSet
from eelib.data.pairs.prompts import OWN, prompts
from eelib.evaluate.embed import Embedder, ImageEmbedding
from eelib.evaluate.few_shot import shots
from eelib.evaluate.hits import baselines, hits, pack_hits, within
from eelib.evaluate.knn import knn_scores
from eelib.evaluate.linear_probe import ProbeData, labelled_part, linear_probe, probe_scores
from eelib.evaluate.retrieval import galleries, retrieval
from eelib.evaluate.zero_shot import class_texts, global_scores, token_scores, token_similarity
from eelib.settings_pairs import ScoreSettings


def described(data: PairSet, main: PairSet) -> dict[str, Any]:
    """What the hits of a record refer to.

    Args:
        data: Whose test pairs are scored.
        main: Whose training pairs say which class is the most frequent, where they have the same classes.
    """
    test = data.test
    seen = main.train.labels if main.train is not None and main.classes == data.classes else np.empty(0, np.int64)
    return {
        "title": data.title,
        "simulated": data.simulated,
        "classes": list(data.classes),
        "places": test.place.tolist(),
        "labels": test.labels.tolist(),
        "days": None if test.day_of_year is None else test.day_of_year.tolist(),
        "baselines": baselines(test.labels, seen, len(data.classes)),
    }


def zero_shot(
    embedder: Embedder, images: ImageEmbedding, pairs: Pairs, classes: Sequence[str], templates: Sequence[str], settings: ScoreSettings
) -> dict[str, Any]:
    """Hits of labelled pairs by global and, where the model has them, by token-wise scores."""
    texts = class_texts(embedder, templates, classes)
    known = torch.from_numpy(pairs.labels >= 0)
    labels = pairs.labels[pairs.labels >= 0]
    scores = {"global": global_scores(images.global_[known], texts).numpy()}
    if images.patches is not None:
        scores["tokens"] = token_scores(images.patches[known], texts, settings.token_ensemble).numpy()
    return {how: hits(found, labels) | {"correct5": pack_hits(within(found, labels, 5))} for how, found in scores.items()}


def all_zero_shot(embedder: Embedder, images: ImageEmbedding, pairs: Pairs, data: PairSet, settings: ScoreSettings) -> dict[str, Any]:
    """:func:`zero_shot` by prompt set, :data:`OWN` for a user's templates; nothing where the data have no classes."""
    if not data.classes or not (pairs.labels >= 0).any():
        return {}
    chosen = [data.prompts if name == "auto" else name for name in settings.prompts]
    asked = {one if isinstance(one, str) else OWN: prompts(one) for one in chosen}
    return {name: zero_shot(embedder, images, pairs, data.classes, templates, settings) for name, templates in asked.items()}


def both_ways(embedder: Embedder, images: ImageEmbedding, pairs: Pairs) -> dict[str, Any]:
    """Retrieval among the pairs, by global and by token-wise similarity."""
    captions = pairs.captions(np.arange(len(pairs)))
    texts, among = embedder.texts(captions), galleries(captions, image_names(pairs))
    similarity = (F.normalize(images.global_, dim=1) @ F.normalize(texts.global_, dim=1).T).numpy()
    found = {"global": retrieval(similarity, similarity, among)}
    if images.patches is not None and texts.words is not None:
        forth, back = token_similarity(images.patches, texts.words, texts.keep if texts.mask_pads else None)
        found["tokens"] = retrieval(forth.numpy(), back.numpy(), among)
    return found


def image_names(pairs: Pairs) -> list[str]:
    """A name per image, equal for equal pixels."""
    return [hashlib.sha256(pairs.image([row]).tobytes()).hexdigest() for row in range(len(pairs))]


def probes(
    train: ImageEmbedding, validation: ImageEmbedding, test: ImageEmbedding, data: PairSet, settings: ScoreSettings
) -> dict[str, Any]:
    """Linear probe, few-shot probes and nearest neighbours on image features."""
    assert data.train is not None
    known = data.test.labels >= 0
    features, labels = test.feature[torch.from_numpy(known)], data.test.labels[known]
    fit, choose = labelled_part(train.feature, data.train.labels), labelled_part(validation.feature, data.validation.labels)
    count = len(data.classes)

    def probed(part: ProbeData) -> tuple[dict[str, Any], dict[str, float]]:
        probe, tried = linear_probe(part, choose, count, settings.penalties)
        return hits(probe_scores(probe, features), labels), tried

    linear, tried = probed(fit)
    return {
        "linear": linear | {"validation": tried},
        "knn": hits(knn_scores(fit.features, fit.labels, features, count, settings.neighbours).numpy(), labels),
        "few_shot": {str(k): [probed(shots(fit, k, draw))[0] for draw in range(settings.draws)] for k in settings.shots},
    }
