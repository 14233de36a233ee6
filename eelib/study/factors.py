"""The choices of the contrast, one at a time: what each level of each factor changes in the default recipe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from eelib.settings import recombined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eelib.settings import PretrainSettings, RegionSizes
    from eelib.study.budgets import Budget


UNSET = {"head_width": "that of the features", "bands": "all of the sensor"}  # what None stands for
UNITS = {
    "guard_radius": "pixels",
    "head_depth": "layers",
    "head_width": "channels",
    "embed_dim": "dimensions",
    "anchors": "pixels per series and step",
    "min_overlap": "share of a view's area",
    "photometric": "gain: share; noise: reflectance",
    "batch_shift": "reflectance",
    "band_drop": "probability",
    "date_drop": "probability",
    "batch_size": "series per step",
    "unlabelled": "windows for pre-training",
    "steps": "of pre-training",
    "precision": "bits",
    "cloud": "multiple of the region's odds of cloud",
}


@dataclass(frozen=True)
class Level:
    """One level of a factor.

    Attributes:
        label: What it is called in tables.
        recipe: Changed fields of the recipe.
        views: Changed fields of its views.
        sizes: Changed fields of the region's sizes, for pre-training and for labels alike.
        steps: Factor on the steps.
        unlabelled: Factor on the windows for pre-training.
        series: Whether it needs more than one date.
        only: The kind of region that it says something of: clouds can be chosen of the simulator, real series may show one place twice.
    """

    label: str
    recipe: Mapping[str, Any] = field(default_factory=dict)
    views: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, Any] = field(default_factory=dict)
    steps: float = 1.0
    unlabelled: float = 1.0
    series: bool = False
    only: Literal["simulated", "real"] | None = None

    def of_recipe(self, recipe: PretrainSettings) -> PretrainSettings:
        """The recipe with this level's changes, validated.

        Raises:
            InputError: They do not go together with what the recipe was changed to.
        """
        views = recipe.views.model_dump() | dict(self.views)
        changes = {**self.recipe, "views": views, "steps": max(1, round(self.steps * recipe.steps))}
        return recombined(recipe, changes, f"level {', '.join(map(str, {**self.recipe, **self.views})) or self.label} = {self.label}")

    def of_default(self, recipe: PretrainSettings, sizes: RegionSizes) -> str:
        """What this level changes, as it is in the default: one value, or several with their names."""
        found = {
            **{name: getattr(recipe, name) for name in self.recipe},
            **{name: getattr(recipe.views, name) for name in self.views},
            **{name: getattr(sizes, name) for name in self.sizes},
            **({"steps": recipe.steps} if self.steps != 1 else {}),
            **({"windows": sizes.unlabelled} if self.unlabelled != 1 else {}),
        }
        shown = {name: UNSET.get(name, "none") if value is None else value for name, value in found.items()}
        return ", ".join(f"{name} {value}" if len(shown) > 1 else str(value) for name, value in shown.items())

    def of_data(self, budget: Budget, *, pretraining: bool) -> Budget:
        """The budget with this level's sizes; the number of unlabelled windows changes for pre-training only."""

        def changed(sizes: Any) -> Any:  # noqa: ANN401 - RegionSizes or None
            if sizes is None:
                return None
            fewer = {"unlabelled": max(2, round(self.unlabelled * sizes.unlabelled))} if pretraining else {}
            return sizes.model_copy(update={**self.sizes, **fewer})

        return budget.model_copy(update={"sizes": changed(budget.sizes), "real": changed(budget.real)})


def _levels(name: str, *values: Any, series: bool = False) -> tuple[Level, ...]:  # noqa: ANN401
    """Levels that set one field of the recipe."""
    return tuple(Level(str(value), recipe={name: value}, series=series) for value in values)


def _view_levels(name: str, *values: Any, series: bool = False) -> tuple[Level, ...]:  # noqa: ANN401
    """Levels that set one field of the recipe's views."""
    return tuple(Level(str(value), views={name: value}, series=series) for value in values)


# The first level of a factor is the one that short profiles run. Defaults are those of eelib.settings.
FACTORS: dict[str, tuple[Level, ...]] = {
    "temperature": _levels("temperature", 0.5, 0.05, 0.2),
    "positives": _levels("positives", "feature", "pooled"),
    "negatives": _levels("negatives", "other_images", "same_image"),
    "guard_radius": _levels("guard_radius", 0.0, 6.0),
    "same_ground": (Level("exclude", recipe={"same_ground": "exclude"}, only="real"),),
    "branch": _levels("branch", "momentum"),
    "head_depth": _levels("head_depth", 1, 3),
    "head_width": _levels("head_width", 64, 128),
    "head_norm": _levels("head_norm", False),
    "embed_dim": _levels("embed_dim", 16, 128),
    "anchors": _levels("anchors", 36, 72),
    "dates": _view_levels("dates", "same", "disjoint", series=True),
    "crop": (Level("off", views={"crop": False}),),
    "min_overlap": _view_levels("min_overlap", 0.75, 0.5),
    "flips": (Level("off", views={"flips": False}),),
    "photometric": (Level("off", views={"gain": 0.0, "noise": 0.0}), Level("strong", views={"gain": 0.2, "noise": 0.01})),
    "batch_shift": _view_levels("batch_shift", 0.02),
    "band_drop": _view_levels("band_drop", 0.1),
    "date_drop": _view_levels("date_drop", 0.1, series=True),
    "level": _view_levels("level", "batch"),
    "batch_size": _levels("batch_size", 2, 8),
    "unlabelled": (Level("a quarter", unlabelled=0.25), Level("half", unlabelled=0.5)),
    "precision": _levels("precision", "bf16"),
    "steps": (Level("half", steps=0.5), Level("double", steps=2.0)),
    "bands": (Level("10 m only", sizes={"bands": ("B02", "B03", "B04", "B08")}),),
    "cloud": (
        Level("none", sizes={"cloud": 0.0}, series=True, only="simulated"),
        Level("six times the odds", sizes={"cloud": 6.0}, series=True, only="simulated"),  # Germany: a third of the pixels clear, not two
    ),
}
