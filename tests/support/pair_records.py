"""Records of image-text models whose scores are chosen."""

import numpy as np

from eelib.evaluate.hits import baselines, hits, pack_hits, within
from eelib.report.clip_benchmark.models import models
from eelib.study.pair_arms import score_arm, standard, train_arm
from eelib.study.pair_budgets import PAIR_BUDGETS

COUNT, CLASSES = 200, 4
BUDGET = PAIR_BUDGETS["smoke"]
LABELS = np.arange(COUNT) % CLASSES


def answers(share, rng, columns=CLASSES):
    """Scores that put the true class first with a given probability."""
    scores = rng.random((COUNT, columns))
    scores[np.arange(COUNT), LABELS] = np.where(rng.random(COUNT) < share, 2, -1)
    return hits(scores, LABELS) | {"correct5": pack_hits(within(scores, LABELS, 5))}


def asked(share, rng, tokens, alone=True):
    """What a model was asked; with token-wise similarities alone, its global embeddings know nothing."""
    found = {"global": answers(0.25 if tokens and alone else share, rng)} | ({"tokens": answers(share, rng)} if tokens else {})
    ranks = np.where(rng.random(COUNT) < share, 0, 50).tolist()
    one = {"image_to_text": ranks, "text_to_image": ranks, "chance": {"1": 1 / COUNT, "5": 5 / COUNT, "10": 10 / COUNT}}
    return {
        "title": "Germany (simulated)",
        "simulated": True,
        "classes": list("abcd"),
        "places": list(range(COUNT)),
        "labels": LABELS.tolist(),
        "days": [1 + 7 * k % 360 for k in range(COUNT)],
        "baselines": baselines(LABELS, LABELS, CLASSES),
        "zero_shot": {"satellite8": found, "name": found},
        "retrieval": dict.fromkeys(("global", "tokens") if tokens else ("global",), one),
    }


def pair_of_records(setup, seed, share):
    """Score and training of a setup whose top-1 is about ``share``."""
    rng = np.random.default_rng([seed, int(1000 * share)])
    train, score = train_arm(setup, seed), score_arm(BUDGET, setup, seed)
    weights = setup.method.weights
    tokens, alone = weights.tokens > 0, not (weights.clip or weights.multi_view or weights.neighbours)
    metrics = asked(share, rng, tokens, alone)
    metrics |= {"linear": answers(share, rng), "knn": answers(share, rng), "few_shot": {"1": [answers(share, rng)]}}
    metrics["variants"] = {"clouds": asked(share - 0.2, rng, tokens, alone)}
    layers = setup.text.layers or 2
    trained = {
        "monitors": {"std": 1, "alignment": 0.5, "uniformity": -2, "retrieval": 0.5, "count": 32},
        "curves": {"loss": [3.0, 1.0]},
        "pairs": setup.data.sizes.train,
        "samples": 64,
        "parameters": {"image": 1e6, "text": 1e6 * layers, "text_embedding": 5e5, "total": 1e6 * (1 + layers)},
        "memory": {"weights": 1000 * layers, "activations": 500},
        "removed": {"language": 3} if setup.data.sizes.version == "v2" else {},
        "faults": {"language": 3} if setup.data.sizes.version == "v1" else {},
    }
    measured = {"step_seconds": 0.01 * layers}
    return (
        {**score.identity, "key": score.key, "metrics": metrics, "provenance": {}},
        {**train.identity, "key": train.key, "metrics": trained, "provenance": measured},
    )


def collected(shares, seeds=(0, 1, 2)):
    """Models from ``[(setup, share), ...]``."""
    both = [pair_of_records(setup, seed, share) for setup, share in shares for seed in seeds]
    return models([score for score, _ in both], [train for _, train in both])


def cell(name, family="vit", recipe="unified"):
    return standard(BUDGET, name, family, "germany", recipe)
