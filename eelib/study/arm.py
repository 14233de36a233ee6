"""An arm: one configuration with one seed, and the key under which its record is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from eelib.study.recipes import RECIPES


@dataclass(frozen=True)
class Arm:
    """One trained-and-scored configuration.

    Attributes:
        experiment: Folder of its record, for example ``"ee1_regions"``.
        name: What it is called in tables, for example ``"pretrained"``.
        seed: Source of all its randomness.
        recipe: A key of :data:`RECIPES`.
        params: Validated, frozen parameters of the recipe.
        data: Fingerprint of each region it reads.
        needs: Arms whose files it reads, under the name it knows them by.
        cost: Expected seconds on one core. Only the time left is made from it; it is not part of the key.
    """

    experiment: str
    name: str
    seed: int
    recipe: str
    params: BaseModel
    data: Mapping[str, str]
    needs: Mapping[str, Arm] = field(default_factory=dict)
    cost: float = 1.0

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that can change the result, and nothing else."""
        return {
            "experiment": self.experiment,
            "arm": self.name,
            "seed": self.seed,
            "recipe": f"{self.recipe}@{RECIPES[self.recipe].version}{self._revision}",
            "params": self.params.model_dump(mode="json"),
            "data": dict(self.data),
            "needs": {name: arm.key for name, arm in self.needs.items()},
        }

    @property
    def key(self) -> str:
        """Hash of the identity, 16 hex characters."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def _revision(self) -> str:
        """What stands behind the version where code changed under some choices only; empty for all others, whose keys stay."""
        revision = getattr(self.params, "revision", 0)
        return f".{revision}" if revision else ""

    def __str__(self) -> str:
        return f"{self.experiment}/{self.key}"


def with_needs(arms: Iterable[Arm]) -> list[Arm]:
    """All arms and everything they need, each once, needed ones first."""
    found: dict[str, Arm] = {}

    def visit(arm: Arm) -> None:
        if arm.key not in found:
            for needed in arm.needs.values():
                visit(needed)
            found[arm.key] = arm

    for arm in arms:
        visit(arm)
    return list(found.values())
