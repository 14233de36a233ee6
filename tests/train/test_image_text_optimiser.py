"""Which weights decay, and the learning rate at the iterations that the paper names."""

import pytest
import torch
from test_image_text_training import module_of

from eelib.settings_pairs import PairRecipe
from eelib.study.pair_budgets import PAIR_BUDGETS
from eelib.study.pair_methods import METHODS, recipe_for
from eelib.train.image_text_optimiser import decay_groups, make_optimiser, warmup_cosine

STEPS, RISE, PEAK = 128_001, 2500, 1e-3


def published(iteration):
    """DeCLIP's released schedule (docs/clip_benchmark.md#recipes), in its own words."""
    import math

    if iteration <= RISE:
        return 1e-4 + (PEAK - 1e-4) * (iteration - 1) / 2499
    return 0.5 * PEAK * (1 + math.cos(math.pi * (iteration - RISE) / (STEPS - RISE)))


@pytest.mark.parametrize("iteration", [1, 2, 1000, 2499, 2500, 2501, 60_000, 128_000, 128_001])
def test_the_learning_rate_is_the_published_one(iteration):
    factor = warmup_cosine(STEPS, RISE, 0.1)
    assert PEAK * factor(iteration - 1) == pytest.approx(published(iteration), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("name", "peak"), [("clip", 1e-3), ("slip", 5e-4), ("filip", 5e-4), ("declip", 1e-3), ("defilip", 1e-3)])
def test_profile_paper_has_the_published_schedule(name, peak):
    """Of every method as released: 1e-4 at the first iteration, the peak at 2500, nothing at the last."""
    recipe = recipe_for(name, "released", PAIR_BUDGETS["paper"].recipe)
    assert (recipe.steps, recipe.batch_size, recipe.standardise) == (STEPS, 4096, "imagenet")
    optimiser = make_optimiser(torch.nn.Linear(2, 2), recipe)
    factor = optimiser["lr_scheduler"]["scheduler"].lr_lambdas[0]  # both groups have the same
    rates = [recipe.lr * factor(iteration - 1) for iteration in (1, RISE - 1, RISE, RISE + 1, STEPS)]
    assert rates[0] == pytest.approx(1e-4) and rates[2] == pytest.approx(peak) and rates[4] == pytest.approx(0, abs=1e-12)
    assert max(rates[1], rates[3]) < rates[2]


def test_without_warm_up_the_first_step_is_the_peak():
    assert warmup_cosine(10, 0, 0.1)(0) == pytest.approx(1.0, abs=0.03)
    assert warmup_cosine(10, 1, 0.1)(9) == pytest.approx(0.0)


@pytest.mark.parametrize("image", ["vit_tiny", "resnet_tiny"])
def test_only_matrices_decay(image):
    module = module_of(METHODS["defilip"], image=image)
    names = {id(weight): name for name, weight in module.named_parameters()}
    for embeddings in (False, True):
        decayed, free = decay_groups(module, embeddings)
        assert len(decayed) + len(free) == len(names) == len({id(weight) for weight in [*decayed, *free]})
        kept = [names[id(weight)] for weight in free]
        assert {"model.log_scale", "model.token_log_scale", "model.text.ln_final.weight", "model.text.project.bias"} <= set(kept)
        assert all(weight.ndim > 1 or "class_token" in names[id(weight)] for weight in decayed)
        assert ("model.text.embedding.weight" in kept) is ("model.text.positions" in kept) is not embeddings
        assert any("image" in names[id(weight)] and "project" in names[id(weight)] for weight in decayed)  # projections always decay
    if image == "vit_tiny":
        assert "model.image.class_token" in [names[id(weight)] for weight in decay_groups(module, False)[1]]
        assert "model.image.class_token" in [names[id(weight)] for weight in decay_groups(module, True)[0]]


def test_frozen_weights_are_left_out():
    module = module_of(METHODS["clip"])
    module.model.image.patches.weight.requires_grad_(False)
    assert not any(weight is module.model.image.patches.weight for part in decay_groups(module, True) for weight in part)


def test_the_optimiser_has_the_published_numbers():
    optimiser = make_optimiser(torch.nn.Linear(2, 2), PairRecipe(weight_decay=0.3, lr=2e-3, warmup=0))["optimizer"]
    assert optimiser.defaults["betas"] == (0.9, 0.98) and optimiser.defaults["eps"] == 1e-8
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.3, 0.0]
