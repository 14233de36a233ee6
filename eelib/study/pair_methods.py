"""CLIP, SLIP, FILIP, DeCLIP and DeFILIP as values of the same settings, and the recipes that train them (docs/clip_benchmark.md)."""

from __future__ import annotations

from typing import Literal

from eelib.errors import unknown
from eelib.settings_pairs import MethodSettings, PairRecipe, TermWeights

RecipeName = Literal["unified", "released"]

# DeCLIP's released 0.4 on the mean of four blocks is 0.1 on the first and 0.3 on the mean of the further three.
_DECLIP = {"clip": 0.1, "multi_view": 0.3, "image": 0.2, "text": 0.2, "neighbours": 0.2}
_TWO_VIEWS = {"views": ("moco", "moco"), "contrast_views": (0, 1), "texts": ("masked", "augmented"), "image_term": "simsiam"}

METHODS: dict[str, MethodSettings] = {
    "clip": MethodSettings(weights=TermWeights(clip=1.0)),
    "slip": MethodSettings(weights=TermWeights(clip=1.0, image=1.0), views=("base", "moco", "moco"), image_views=(1, 2)),
    "filip": MethodSettings(weights=TermWeights(tokens=1.0), views=("moco",)),
    "declip": MethodSettings(weights=TermWeights(**_DECLIP), **_TWO_VIEWS),
    "defilip": MethodSettings(weights=TermWeights(**_DECLIP, tokens=0.2), **_TWO_VIEWS),
}
TITLES = {"clip": "CLIP", "slip": "SLIP", "filip": "FILIP", "declip": "DeCLIP", "defilip": "DeFILIP"}

# What the released configurations and code do differently from method to method (docs/clip_benchmark.md#recipes and its details).
RELEASED_METHOD: dict[str, dict[str, object]] = {
    "clip": {"clamp": "declip"},
    "slip": {"clamp": "declip"},
    "filip": {"clamp": "declip", "texts": ("masked",), "count_pads": True, "select": "topk"},
    "declip": {"clamp": "declip", "bank_warm_up": False},
    "defilip": {"clamp": "declip", "bank_warm_up": False, "count_pads": True, "select": "topk"},
}
RELEASED_RATES: dict[str, tuple[float, float]] = {  # peak learning rate over that of CLIP, weight decay
    "clip": (1.0, 0.1),
    "slip": (0.5, 0.5),
    "filip": (0.5, 0.5),
    "declip": (1.0, 0.1),
    "defilip": (1.0, 0.1),
}


def method(name: str, recipe: RecipeName = "unified", augmentation: str | None = "satellite", *, rgb: bool = True) -> MethodSettings:
    """A method under a recipe.

    Args:
        name: A key of :data:`METHODS`.
        recipe: ``unified``: every view of every method is drawn in the same way, and details are decided alike; ``released``: views
            and details as the released code has them per method.
        augmentation: That of all views of the unified recipe, None: the method's own. The default has no flip, because captions name
            directions. The released recipe keeps the method's own.
        rgb: Whether images have red, green, blue; False puts ``moco_bands`` in the place of ``moco``, whose colour changes need them.

    Raises:
        InputError: Unknown method.
    """
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    chosen = METHODS[name]
    own = chosen.views if rgb else tuple("moco_bands" if view == "moco" else view for view in chosen.views)
    if recipe == "released":
        return MethodSettings(**dict(chosen) | RELEASED_METHOD[name] | {"views": own})
    return chosen.model_copy(update={"views": own if augmentation is None else (augmentation,) * len(own)})


def recipe_for(name: str, recipe: RecipeName, base: PairRecipe) -> PairRecipe:
    """Learning rate and weight decay of a method.

    Args:
        name: A key of :data:`METHODS`.
        recipe: ``unified``: ``base`` for every method; ``released``: ``base.lr`` is CLIP's, the others keep their published ratio to it,
            start their warm-up at the same rate as CLIP (or at their peak where that is lower), and have their weight decay and decay of
            embeddings.
        base: Budget, batch and the learning rate of CLIP.

    Raises:
        InputError: Unknown method.
    """
    if name not in RELEASED_RATES:
        raise unknown("method", name, RELEASED_RATES)
    if recipe == "unified":
        return base
    ratio, decay = RELEASED_RATES[name]
    start = min(1.0, base.lr_start / ratio)  # a share of the peak; the published warm-up starts at 1e-4 for all of them
    return base.model_copy(update={"lr": base.lr * ratio, "lr_start": start, "weight_decay": decay, "decay_embeddings": True})
