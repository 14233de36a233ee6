"""The arms that notebooks on images and texts share: a model that two of them mean is trained and scored once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from eelib.data.names import SIMULATED
from eelib.errors import InputError
from eelib.settings import describe
from eelib.settings_pairs import ImageEncoderSettings, MethodSettings, PairData, PairRecipe, ScoreVariant, TextEncoderSettings
from eelib.study.arm import Arm
from eelib.study.changes import changed, under
from eelib.study.pair_methods import RecipeName, method, recipe_for
from eelib.study.recipes import PairScoreParams, PairTrainParams

if TYPE_CHECKING:
    from eelib.data.pairs.settings import PairSizes
    from eelib.study.pair_budgets import PairBudget

TRAIN = "pair_train"  # experiment of all trainings
HOME = "clip1_supervision"  # experiment of the scores of models that are as clip1 has them
# By the fields of ScoreVariant. "clouds" is an ordinary archive of the same places, on other dates too; see eelib.evaluate.robustness.
CONDITIONS = {"clouds": {"cloud": 1.0}, "sensor noise": {"noise": 0.02}}
PICTURE_NOISE = 0.1  # standard deviation, brightness 0..1


@dataclass(frozen=True)
class Setup:
    """How one model is trained, but for its seed.

    Attributes:
        label: In tables.
        method: Terms and choices.
        image: Image encoder.
        text: Text encoder.
        data: Training pairs.
        recipe: Budget and rates.
        home: Experiment that its score belongs to.
    """

    label: str
    method: MethodSettings
    image: ImageEncoderSettings
    text: TextEncoderSettings
    data: PairData
    recipe: PairRecipe
    home: str = HOME

    def changed(self, home: str, label: str | None = None, **changes: Any) -> Setup:  # noqa: ANN401 - fields of this class
        """The setup with changes; itself where they change nothing, so that its record is shared."""
        other = replace(self, **changes)
        return self if other == self else replace(other, home=home, label=label or self.label)

    def sized(self, home: str, label: str | None = None, **sizes: Any) -> Setup:  # noqa: ANN401 - fields of PairSizes
        """With other training pairs."""
        data = self.data.model_copy(update={"sizes": self.data.sizes.model_copy(update=sizes)})
        return self.changed(home, label, data=data)

    def rebuilt(self, home: str, label: str | None = None, **choices: Any) -> Setup:  # noqa: ANN401 - fields of MethodSettings
        """With other choices in its method, validated.

        Raises:
            InputError: They do not go together with what the method was changed to.
        """
        try:
            made = MethodSettings(**dict(self.method) | choices)
        except ValidationError as error:
            raise InputError(f"{label or self.label}: {describe(error, MethodSettings)}") from None
        return self.changed(home, label, method=made)

    def overridden(self, settings: Mapping[str, Any]) -> Setup:
        """With settings by dotted name that hold whatever its recipe says; the patches of a ResNet cannot be frozen."""
        parts = {part: under(settings, f"{part}.") for part in ("method", "image", "recipe")}
        if not self.image.name.startswith("vit"):
            parts["image"] = {}
        try:
            return replace(self, **{part: changed(getattr(self, part), new, f"{part}.") for part, new in parts.items() if new})
        except InputError as error:
            raise InputError(f"{error} (in {self.label})") from None


def standard(budget: PairBudget, name: str, family: str, pairs: str, recipe: RecipeName = "unified", home: str = HOME) -> Setup:
    """A method as clip1 has it, or under the released recipe.

    Args:
        budget: What the profile may spend.
        name: ``clip``, ``slip``, ``filip``, ``declip`` or ``defilip``.
        family: ``vit`` or ``resnet``.
        pairs: Name of the set.
        recipe: Which of the two.
        home: Experiment that its score belongs to.
    """
    from eelib.data.pairs.load import has_colours

    sizes = sizes_of(budget, pairs)
    chosen = method(name, recipe, rgb=sizes.bands == "rgb" and has_colours(pairs)).model_copy(update={"heads": budget.heads})
    frozen = recipe == "released" and family == "vit"
    return Setup(
        label=name if recipe == "unified" else f"{name}, {recipe}",
        method=chosen,
        image=ImageEncoderSettings(name=budget.encoder(family), freeze_patch=frozen),
        text=budget.text,
        data=PairData(sets=(pairs,), sizes=sizes),
        recipe=recipe_for(name, recipe, budget.recipe),
        home=home,
    ).overridden(budget.overrides)


def train_arm(setup: Setup, seed: int) -> Arm:
    """The training of a setup."""
    params = PairTrainParams(data=setup.data, image=setup.image, text=setup.text, method=setup.method, recipe=setup.recipe)
    return Arm(TRAIN, setup.label, seed, "pair_train", params, fingerprints(setup.data), cost=_train_seconds(setup))


def score_arm(budget: PairBudget, setup: Setup, seed: int) -> Arm:
    """The score of a setup: whatever it was trained on, on the same clean test pairs, and probed with the same clean images."""
    params = score_params(budget, setup.data.sets)
    needs, cost = {"train": train_arm(setup, seed)}, 1.0 + 6e-4 * images_scored(params)
    return Arm(setup.home, setup.label, seed, "pair_score", params, fingerprints(params.data), needs, cost=cost)


def open_clip_arm(budget: PairBudget, name: str, sets: tuple[str, ...], home: str) -> Arm:
    """The score of a model of open_clip: asked as the study's own are, on the same test pairs in red, green and blue, without a training.

    Args:
        budget: What the profile may spend.
        name: From :func:`eelib.evaluate.open_clip_names.open_clip_name`.
        sets: Pairs, as those that the study's own models were trained on.
        home: Experiment that the score belongs to.
    """
    from eelib.evaluate.open_clip_names import weights_digest

    asked = score_params(budget, sets)
    data = asked.data.model_copy(update={"sizes": asked.data.sizes.model_copy(update={"bands": "rgb"})})
    params = PairScoreParams(data=data, score=asked.score, open_clip=name, weights=weights_digest(name))
    cost = 5 + 0.1 * images_scored(params)  # about, of a ViT-B/32 at 224 pixels with its texts
    return Arm(home, name, 0, "pair_score", params, fingerprints(data), cost=cost)


def score_params(budget: PairBudget, trained_on: tuple[str, ...]) -> PairScoreParams:
    """What a model that was trained on some sets is asked, and on which pairs.

    Raises:
        InputError: Nothing could be scored zero-shot, which is better said before anything is trained: the pairs have captions alone, or
            none for the test has a class.
    """
    from eelib.data.pairs.load import as_written, load_pairs

    sets = (budget.test_pairs,) if budget.test_pairs else trained_on
    pairs = sets[0]
    sizes = sizes_of(budget, pairs).model_copy(update={"version": "clean"})
    if as_written(pairs):
        scored = load_pairs(pairs, sizes)  # which reads what the fingerprint reads anyway
        if not scored.classes:
            raise InputError(f"{pairs}: has captions and no classes to score by; name its class_column, or a class folder in test_pairs")
        if not (scored.test.labels >= 0).any():
            raise InputError(f"{pairs}: no pair of the test has a class to score by; label some, or name a class folder in test_pairs")
    asked_under = budget.score.variants or variants(pairs)[: budget.conditions]
    asked = budget.score.model_copy(update={"variants": asked_under, "prompts": prompts_of(budget, pairs)})
    return PairScoreParams(data=PairData(sets=sets, sizes=sizes), score=asked)


def images_scored(params: PairScoreParams) -> int:
    """Images that a score embeds, about."""
    return params.data.sizes.train + len(params.score.variants) * params.data.sizes.test


def sizes_of(budget: PairBudget, pairs: str) -> PairSizes:
    """Sizes of a set; only simulated pairs have more than red, green and blue, and captions that somebody wrote are taken as they are.

    So are simulated ones where they are scored on pictures.
    """
    from eelib.data.pairs.load import as_written

    if pairs in SIMULATED and (budget.test_pairs or pairs) in SIMULATED:
        return budget.sizes
    return budget.sizes.model_copy(update={"bands": "rgb"} | ({"version": "clean"} if as_written(pairs) else {}))


def prompts_of(budget: PairBudget, pairs: str) -> tuple[str, ...]:
    """Prompt sets; those that speak of satellites are for images whose own prompts do."""
    from eelib.data.pairs.load import from_satellites

    return tuple(name for name in budget.score.prompts if from_satellites(pairs) or not name.startswith("satellite"))


def variants(pairs: str) -> tuple[ScoreVariant, ...]:
    """Conditions of the robustness test: a cloudy archive, noise and the next region for simulated pairs, noise for pictures."""
    if pairs not in SIMULATED:
        return (ScoreVariant(name="sensor noise", noise=PICTURE_NOISE),)
    other = SIMULATED[(SIMULATED.index(pairs) + 2) % len(SIMULATED)]
    changed = (ScoreVariant(name=name, **values) for name, values in CONDITIONS.items())
    return (*changed, ScoreVariant(name="another region", sets=(other,)))


def fingerprints(data: PairData) -> dict[str, str]:
    """Short hash per set of everything that decides its pairs; no simulated pixel and no sample is read for it."""
    return {name: hashlib.sha256(_identity(name, data).encode()).hexdigest()[:16] for name in data.sets}


def _identity(name: str, data: PairData) -> str:
    from eelib.data.pairs.load import pair_fingerprint

    if name not in SIMULATED and not name.endswith((".yaml", ".yml")):
        from eelib.data.manifests import manifest
        from eelib.data.pairs.emoji_pairs import emoji_identity
        from eelib.data.pairs.manifests import PairSampleManifest

        entry = manifest(name)
        if isinstance(entry, PairSampleManifest):
            return emoji_identity(entry, data.sizes)
    return pair_fingerprint(name, data.sizes)


def _train_seconds(setup: Setup) -> float:
    """Expected seconds on one core; only the time left is made from it."""
    weights, method_ = setup.method.weights, setup.method
    contrasts = len(method_.contrast_views) if weights.multi_view or weights.neighbours else 1
    views = max(contrasts, len(method_.views) if weights.image else 1)
    texts = len(method_.texts) if weights.multi_view or weights.neighbours else 1
    image = 6e-4 if setup.image.name.startswith("resnet") else 4e-4
    text = 2e-4 * (setup.text.layers or 2)
    return 3.0 + setup.recipe.samples * (views * image + texts * text + 2e-4 * bool(weights.tokens))
