"""How much each profile spends on one arm of the image-text study, and the parameters that its notebooks share."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from eelib.data.pairs.settings import CAPTIONS_ALONE, FAULTS, PairSizes
from eelib.errors import InputError, unknown
from eelib.settings import Settings
from eelib.settings_pairs import (
    IMAGE_ENCODERS,
    HeadSizes,
    ImageEncoderSettings,
    MethodSettings,
    PairRecipe,
    ScoreSettings,
    TextEncoderSettings,
)
from eelib.study.changes import changed
from eelib.study.pair_methods import METHODS, RecipeName
from eelib.study.parameters import Parameters, Profile, among, each_once

FAMILIES = ("vit", "resnet")


class PairBudget(Settings):
    """What a profile spends on one arm of the image-text study."""

    profile: Profile
    sizes: PairSizes
    vit: str
    resnet: str
    text: TextEncoderSettings = TextEncoderSettings()
    heads: HeadSizes = HeadSizes()
    recipe: PairRecipe
    score: ScoreSettings = ScoreSettings()
    test_pairs: str | None = Field(
        None, description="set whose test pairs and classes every model is scored on; None: that of its training"
    )
    conditions: int = Field(3, ge=0, description="of the robustness test, the first so many")
    overrides: dict[str, Any] = Field({}, description="settings of every model, made after its recipe: method.*, image.*, recipe.*")

    @field_validator("vit", "resnet")
    @classmethod
    def _preset_is_of_the_family(cls, value: str, info: ValidationInfo) -> str:
        known = [name for name in IMAGE_ENCODERS if name.startswith(str(info.field_name))]
        if value not in known:
            raise unknown("image encoder", value, known)
        return value

    @field_validator("test_pairs")
    @classmethod
    def _known_score(cls, value: str | None) -> str | None:
        return value if value is None else _known_set(value)

    def encoder(self, family: str) -> str:
        """Preset of an encoder family."""
        preset: str = getattr(self, family)
        return preset


PAPER_PAIRS = ("yfcc15m_v2",)  # what the paper trains on (A)


class PairExtent(Settings):
    """On which pairs, how often and with which encoders an experiment runs at a profile. Experiments add their own fields."""

    pairs: tuple[str, ...] = ("germany",)
    seeds: tuple[int, ...]
    encoders: tuple[str, ...] = FAMILIES
    methods: tuple[str, ...] = tuple(METHODS)


class PairParameters(Parameters):
    """What every notebook of the image-text study takes."""

    extents: ClassVar[Mapping[str, PairExtent]] = {}
    sets: ClassVar[Mapping[str, str]] = {"samples": "recipe.samples", "test_pairs": "test_pairs"}
    unread: ClassVar[tuple[str, ...]] = ("overrides", "image.name")

    pairs: tuple[str, ...] | None = Field(None, description="sets of pairs, each on its own; None: those of the profile")
    methods: tuple[str, ...] | None = Field(None, description="None: those of the profile")
    encoders: tuple[str, ...] | None = Field(None, description="vit, resnet; None: both where the profile affords them")
    samples: int | None = Field(None, ge=1, description="pairs seen per training; None: those of the profile")
    test_pairs: str | None = Field(
        None, description="set of pairs to score every model on; None: the one of its training, imagenet where it has no classes"
    )

    @classmethod
    def settings(cls) -> dict[str, type[BaseModel]]:
        """The budget, what every model has after its recipe was made, and the extent."""
        return {"": PairBudget, **EVERY_MODEL, **super().settings()}

    def settle(self) -> None:
        """Every method under both recipes."""
        extent = pair_extent(self.extents, self)
        require_models(pair_budget(self), extent.methods, extent.encoders, extent.pairs)

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "method", tuple(METHODS))

    @field_validator("encoders")
    @classmethod
    def _known_encoders(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "family of image encoders", FAMILIES)

    @field_validator("pairs")
    @classmethod
    def _known_pairs(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return value if value is None else each_once(tuple(map(_known_set, value)))  # two paths may be one file

    @field_validator("test_pairs")
    @classmethod
    def _known_score(cls, value: str | None) -> str | None:
        return value if value is None else _known_set(value)


def _known_set(name: str) -> str:
    """The name, or the absolute path of a manifest: notebooks run in a folder of their own."""
    from eelib.data.names import SIMULATED
    from eelib.data.pairs.load import pair_names
    from eelib.data.sources import MANIFEST, absolute

    name = absolute(name)
    if name not in SIMULATED and not name.endswith(MANIFEST) and name not in pair_names():
        raise unknown("set of pairs", name, pair_names())
    return name


E = TypeVar("E", bound=PairExtent)


def pair_extent(table: Mapping[str, E], params: PairParameters) -> E:
    """The profile's extent with the notebook's overrides."""
    named = ("pairs", "seeds", "encoders", "methods")
    given = {name: value for name in named if (value := getattr(params, name, None)) is not None}
    return changed(table[params.profile].model_copy(update=given), params.extent_changes(), "extent.")


def pair_budget(params: PairParameters) -> PairBudget:
    """The profile's budget per arm with the notebook's overrides."""
    chosen = PAIR_BUDGETS[params.profile].model_copy(update={"test_pairs": _test_set(params)})
    if params.samples is not None:
        chosen = chosen.model_copy(update={"recipe": chosen.recipe.model_copy(update={"samples": params.samples})})
    return pair_with_changes(chosen, params)


# Settings of every model that a recipe decides from method to method, by what their names start with.
EVERY_MODEL: dict[str, type[BaseModel]] = {"method.": MethodSettings, "image.": ImageEncoderSettings}
RELEASED = ("weight_decay", "decay_embeddings")  # fields of the recipe that the released recipes set anew


def pair_with_changes(budget: PairBudget, params: Parameters, prefix: str = "") -> PairBudget:
    """A budget with the changes under a prefix; those of methods are kept for when a method is made.

    Raises:
        InputError: See :func:`eelib.study.changes.changed`.
    """
    changes = params.changes(prefix)
    late = {f"recipe.{name}": changes[f"recipe.{name}"] for name in RELEASED if f"recipe.{name}" in changes}
    for part in EVERY_MODEL:
        late |= {f"{part}{name}": value for name, value in params.changes(f"{prefix}{part}").items()}
    return changed(budget, changes, prefix).model_copy(update={"overrides": late})


def require_models(budget: PairBudget, methods: Sequence[str], encoders: Sequence[str], pairs: Sequence[str]) -> None:
    """Refuse changes that do not fit a method under one of the two recipes.

    Raises:
        InputError: For example views that a method counts on are missing.
    """
    from eelib.data.world import BANDS as KNOWN
    from eelib.study.pair_arms import standard

    for band in () if budget.sizes.bands == "rgb" else budget.sizes.bands:
        if band not in KNOWN:
            raise unknown("band", band, KNOWN)
    if (faulty := sum(budget.sizes.doses.of(kind) for kind in FAULTS)) > 1 + 1e-9:
        raise InputError(f"change sizes.doses: the doses add up to {faulty:.2f}; they are shares of one pool, at most 1 in all")
    recipes: tuple[RecipeName, ...] = ("unified", "released")
    for name, family, where, recipe in itertools.product(methods, encoders, pairs, recipes):
        standard(budget, name, family, where, recipe)


def _test_set(params: PairParameters) -> str | None:
    """The set to score on. Models of photographs that have captions and no classes are scored on ImageNet, as the paper's are (A)."""
    if params.test_pairs is not None:
        return params.test_pairs
    without = params.profile == "paper" if params.pairs is None else set(params.pairs) <= {*CAPTIONS_ALONE}
    return "imagenet" if without else None


PUBLISHED_HEADS = HeadSizes(simclr_width=4096, simclr_dim=256, simsiam_width=1024, simsiam_hidden=512, token_dim=256, bank=65_536)
BANDS = ("B02", "B03", "B04", "B08", "B11")  # captions speak of vegetation and soil, which infrared bands tell apart
PAIR_BUDGETS: dict[str, PairBudget] = {
    "smoke": PairBudget(
        profile="smoke",
        sizes=PairSizes(train=64, validation=32, test=48, version="v2", bands=BANDS),
        vit="vit_tiny",
        resnet="resnet_tiny",
        heads=HeadSizes(bank=32),
        recipe=PairRecipe(samples=64, batch_size=16),
        score=ScoreSettings(prompts=("auto", "name"), shots=(1,), draws=1, neighbours=3, penalties=(1e-3,)),
        conditions=1,
    ),
    "quick": PairBudget(
        profile="quick",
        sizes=PairSizes(train=2000, validation=200, test=600, version="v2", bands=BANDS),
        vit="vit_tiny",
        resnet="resnet_tiny",
        recipe=PairRecipe(samples=4_000, batch_size=32, lr=2e-3),
        score=ScoreSettings(prompts=("auto", "satellite1", "photo1", "photo6"), shots=(4,), penalties=(1e-3, 1e-1)),
    ),
    "full": PairBudget(
        profile="full",
        sizes=PairSizes(train=8000, test=1000, version="v2", bands=BANDS),
        vit="vit_tiny",
        resnet="resnet_tiny",
        recipe=PairRecipe(samples=25_600),
        score=ScoreSettings(prompts=("auto", "satellite1", "photo1", "photo6", "photo8", "photo80")),
    ),
    "paper": PairBudget(
        profile="paper",
        sizes=PairSizes(train=15_388_848, validation=10_000, test=50_000, size=224, version="v2"),
        vit="vit_b32",
        resnet="resnet50",
        text=TextEncoderSettings(name="text_base", tokens="declip"),
        heads=PUBLISHED_HEADS,
        recipe=PairRecipe(samples=128_001 * 4096, batch_size=4096, warmup=2500 / 128_001, standardise="imagenet", precision="bf16"),
        score=ScoreSettings(prompts=("photo1", "photo6", "photo8", "photo80"), margin=256 / 224),
    ),
}
