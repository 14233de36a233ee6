"""CLIP6: the details that re-implementations differ on. Numbers are those of docs/clip_benchmark.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.pair_arms import Setup, score_arm, standard
from eelib.study.pair_budgets import PAPER_PAIRS, PairExtent, PairParameters, pair_budget, pair_extent
from eelib.study.pair_methods import TITLES
from eelib.study.parameters import among

NAME = "clip6_details"


@dataclass(frozen=True)
class Detail:
    """One choice that differs from the default.

    Attributes:
        number: In the table of docs/clip_benchmark.md.
        label: In tables.
        method: Where it matters.
        choices: Changed fields of the method.
        image: Changed fields of the image encoder.
        text: Changed fields of the text encoder.
        recipe: Changed fields of the recipe.
        family: Encoder family that it needs; None: any.
    """

    number: int
    label: str
    method: str
    choices: Mapping[str, Any] = field(default_factory=dict)
    image: Mapping[str, Any] = field(default_factory=dict)
    text: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    family: str | None = None

    def of(self, base: Setup) -> Setup:
        """The setup with this detail."""
        parts = {
            name: getattr(base, name).model_copy(update=dict(getattr(self, name)))
            for name in ("image", "text", "recipe")
            if getattr(self, name)
        }
        label = f"{base.label}, {self.label}"
        return base.changed(NAME, label, **parts) if parts else base.rebuilt(NAME, label, **self.choices)


DETAILS: dict[str, Detail] = {
    "clamp": Detail(2, "scale in [20, 100]", "clip", {"clamp": "declip"}),
    "no_clamp": Detail(2, "scale free", "clip", {"clamp": "none"}),
    "masked_contrast": Detail(4, "contrast on unmasked captions", "declip", {"texts": ("caption", "augmented")}),
    "bidirectional": Detail(5, "bidirectional text encoder", "declip", text={"bidirectional": True}),
    "bank_warm_up": Detail(8, "no warm-up of the bank", "declip", {"bank_warm_up": False}),
    "pads": Detail(15, "pads count as words", "filip", {"count_pads": True}),
    "top_k": Detail(16, "best quarter of the tokens", "filip", {"select": "ratio", "select_k": 0.25}),
    "masked_filip": Detail(4, "masked captions without their loss", "filip", {"texts": ("masked",)}),
    "frozen_patches": Detail(21, "patch embedding frozen", "clip", image={"freeze_patch": True}, family="vit"),
    "decay": Detail(25, "weight decay on embeddings", "clip", recipe={"decay_embeddings": True}),
}


class Details(PairExtent):
    """Which details."""

    encoders: tuple[str, ...] = ("vit",)
    details: tuple[str, ...] = Field(tuple(DETAILS), description="keys of DETAILS")


SHORT = ("clamp", "pads", "top_k")
EXTENTS = {
    "smoke": Details(seeds=(0, 1)),
    "quick": Details(seeds=(0, 1), details=SHORT),
    "full": Details(seeds=(0, 1, 2, 3, 4), encoders=("vit", "resnet")),
    "paper": Details(pairs=PAPER_PAIRS, seeds=(0, 1, 2), encoders=("vit", "resnet")),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip6_details."""

    extents = EXTENTS

    details: tuple[str, ...] | None = Field(None, description="None: those of the profile")

    @field_validator("details")
    @classmethod
    def _known_details(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "detail", DETAILS)


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every score that the notebook reads; references are clip1's."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    setups: list[Setup] = []
    for pairs in extent.pairs:
        for family in extent.encoders:
            chosen = [detail for detail in chosen_details(params) if detail.family in (None, family) and detail.method in extent.methods]
            bases = {name: standard(budget, name, family, pairs) for name in dict.fromkeys(detail.method for detail in chosen)}
            setups += [*bases.values(), *(detail.of(bases[detail.method]) for detail in chosen)]
    return [score_arm(budget, setup, seed) for setup in setups for seed in extent.seeds]


def choices(params: Parameters) -> list[dict[str, object]]:
    """Every detail with the setting that it changes: its default and what it is changed to."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    rows = []
    for detail in chosen_details(params):
        base = standard(budget, detail.method, detail.family or extent.encoders[0], extent.pairs[0])
        parts = {"method": detail.choices, "image": detail.image, "text": detail.text, "recipe": detail.recipe}
        for part, changes in parts.items():
            for name, value in changes.items():
                default = getattr(getattr(base, part), name)
                known = {"detail": detail.number, "method": TITLES[detail.method], "what": detail.label}
                rows.append({**known, "setting": f"{part}.{name}", "default": _shown(default), "changed to": _shown(value)})
    return rows


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def chosen_details(params: Parameters) -> list[Detail]:
    """The details of a run."""
    return [DETAILS[name] for name in params.details or pair_extent(EXTENTS, params).details]


def gather_gradients(rows: int = 32, dim: int = 64, scale: float = 14.3, seed: int = 0) -> dict[str, tuple[float, float]]:
    """What two ranks lose when rows of the other rank carry no gradient (detail 1).

    Both ranks are worked out here, in one process; that real ranks agree with it is a test of the losses.

    Args:
        rows: Per rank.
        dim: Length of an embedding, ``D``.
        scale: 1/τ.
        seed: Of the random embeddings, images near their texts.

    Returns:
        By way of gathering: cosine with the gradient of one process on the joined batch, and ratio of the norms.
    """
    import torch

    from eelib.losses import info_nce

    rng = np.random.default_rng(seed)
    texts = torch.from_numpy(rng.normal(size=(2 * rows, dim)))
    images = (texts + torch.from_numpy(rng.normal(size=texts.shape))).requires_grad_()
    (whole,) = torch.autograd.grad(info_nce(images, texts, scale), images)
    found = {}
    for name, keeps in (("with gradient", True), ("without gradient", False)):
        total = torch.zeros_like(whole)
        for rank in range(2):
            own = torch.arange(2 * rows) // rows == rank
            seen = images if keeps else torch.where(own[:, None], images, images.detach())
            loss = _rank_loss(images, seen, texts, own, scale)
            total += torch.autograd.grad(loss, images)[0] / 2
        cosine = float((total * whole).sum() / total.norm() / whole.norm())
        found[name] = (cosine, float(total.norm() / whole.norm()))
    return found


def _rank_loss(images: Any, seen: Any, texts: Any, own: Any, scale: float) -> Any:  # noqa: ANN401 - torch is imported late
    """InfoNCE of a rank's rows against everybody's."""
    from torch.nn.functional import cross_entropy, normalize

    labels = own.nonzero()[:, 0]
    forth = scale * normalize(images[own], dim=1) @ normalize(texts, dim=1).T
    back = scale * normalize(texts[own], dim=1) @ normalize(seen, dim=1).T
    return (cross_entropy(forth, labels) + cross_entropy(back, labels)) / 2
