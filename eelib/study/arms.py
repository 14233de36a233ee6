"""The arms that experiments share: one pre-training serves them all, and two notebooks that mean the same arm name the same record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from eelib.data.regions import fingerprint, region_bands, region_dates, region_window, require_labels
from eelib.settings import EncoderSettings, PretrainSettings, PublishedSettings, RegionSizes
from eelib.study.arm import Arm
from eelib.study.budgets import encoder_for, pretrain_recipe, require_dates, segment_recipe, sizes_for
from eelib.study.recipes import ExploreParams, Init, PixelParams, PretrainParams, ProbeParams, SegmentParams

if TYPE_CHECKING:
    from eelib.study.budgets import Budget

PRETRAIN = "pretrain"  # experiment of all pre-trainings, because every notebook shares them
PIXEL_SECONDS = 9.0
COST = {"vit_series": 0.6, "resnet_series": 0.4}  # of a voxel, against the usual network of that width
EXPLORE_SECONDS = 0.3
SHARES = (0.1, 1.0)  # label shares of ee1; readings at other shares belong to ee2


@dataclass(frozen=True)
class Start:
    """What a network starts from.

    Attributes:
        name: In tables; the arm is called ``"<name> probed"`` or ``"<name> fine-tuned"``.
        init: How the weights are made.
        source: The arm whose encoder is loaded; None with other initialisations.
        home: Experiment that its readings belong to; None: ee1 or ee2, by the label share.
        published: Which weights, with init 'published'.
        scaling: Training on images and texts whose scaling of bands is used; None: the region's own.
    """

    name: str
    init: Init
    source: Arm | None = None
    home: str | None = None
    published: PublishedSettings = field(default_factory=PublishedSettings)
    scaling: Arm | None = None


RANDOM = Start("random", "random")
RAW = Start("raw", "raw")


def pretrained(budget: Budget, region: str, seed: int, steps: int | None = None) -> Start:
    """Pre-trained in the region itself with the profile's recipe; with ``steps``, for as short as ee4 does it."""
    recipe = shortened(pretrain_recipe(budget, region), steps)
    return Start("pretrained", "pretrained", pretrain_arm(budget, region, seed, recipe), "ee4_ablations" if steps else None)


def shortened(recipe: PretrainSettings, steps: int | None) -> PretrainSettings:
    """The recipe with so many steps; itself where None."""
    return recipe.model_copy(update={"steps": steps}) if steps else recipe


def pretrain_arm(
    budget: Budget,
    regions: str | Sequence[str],
    seed: int,
    recipe: PretrainSettings | None = None,
    needs: Mapping[str, Arm] | None = None,
) -> Arm:
    """Pre-training on the unlabelled windows of one region or of several; the number of windows stays that of the budget.

    Args:
        budget: What the profile may spend.
        regions: Key of a data manifest or of a simulated region, e.g. ``germany``; or several.
        seed: Source of its randomness.
        recipe: None: that of the profile.
        needs: Arms called ``start`` and ``input``, see :class:`eelib.study.recipes.PretrainParams`.

    Raises:
        InputError: Views need more dates than the series have.
    """
    pool = (regions,) if isinstance(regions, str) else tuple(regions)
    narrow = min(pool, key=lambda region: region_window(region, sizes_for(budget, region)))
    encoder, recipe = encoder_for(budget, narrow), recipe or pretrain_recipe(budget, narrow)
    # No test block of this seed's readings, also not without its labels.
    sizes = sizes_for(budget, narrow).model_copy(update={"split": max(sizes_for(budget, region, seed).split for region in pool)})
    if len({region_bands(region, sizes) for region in pool}) > 1:  # what is sampled has all its bands unless it is told which
        sizes = sizes.model_copy(update={"bands": region_bands(narrow, sizes)})
    for region in pool:
        require_dates(recipe.views, region, region_dates(region, sizes_for(budget, region)))
    params = PretrainParams(regions=pool, sizes=sizes, encoder=encoder, recipe=recipe)
    voxels = 2 * recipe.batch_size * recipe.steps * recipe.views.size**2 * encoder.num_dates
    data = {region: fingerprint(region, params.sizes) for region in pool}
    cost = _seconds(voxels, budget, narrow, encoder)
    return Arm(PRETRAIN, "pretrained", seed, "pretrain", params, data, needs or {}, cost=cost)


def segment_arm(budget: Budget, region: str, start: Start, fraction: float, seed: int) -> Arm:
    """Fine-tuning from one start at one label share."""
    require_labels(region)
    encoder, recipe = encoder_for(budget, region), segment_recipe(budget, region)
    params = SegmentParams(
        region=region,
        sizes=sizes_for(budget, region, seed),
        encoder=encoder,
        init=start.init,
        fraction=fraction,
        recipe=recipe,
        published=start.published,
    )
    voxels = len(recipe.lrs) * recipe.batch_size * recipe.steps * recipe.size**2 * encoder.num_dates
    cost = _seconds(voxels, budget, region, encoder, len(recipe.lrs) * params.sizes.validation + params.sizes.test)
    name = f"{start.name} fine-tuned"
    return Arm(_home(start, fraction), name, seed, "segment", params, _data(region, params.sizes), _needs(start), cost=cost)


def probe_arm(budget: Budget, region: str, start: Start, fraction: float, seed: int) -> Arm:
    """Frozen linear probe of one start at one label share."""
    require_labels(region)
    encoder, sizes = encoder_for(budget, region), sizes_for(budget, region, seed)
    recipe, published = budget.probe, start.published
    params = ProbeParams(
        region=region, sizes=sizes, encoder=encoder, init=start.init, fraction=fraction, recipe=recipe, published=published
    )
    predicted = round(fraction * sizes.train) + sizes.validation + sizes.test
    cost = _seconds(0, budget, region, encoder, 0 if start.init == "raw" else predicted)
    name = f"{start.name} probed"
    return Arm(_home(start, fraction), name, seed, "probe", params, _data(region, params.sizes), _needs(start), cost=cost)


def pixel_arm(budget: Budget, region: str, classifier: Literal["forest", "boosting"], fraction: float, seed: int, home: str) -> Arm:
    """A classifier of single pixels without any network."""
    require_labels(region)
    sizes = sizes_for(budget, region, seed)
    params = PixelParams(region=region, sizes=sizes, classifier=classifier, fraction=fraction, recipe=budget.pixel)
    return Arm(home, f"{classifier} per pixel", seed, "pixels", params, _data(region, params.sizes), cost=PIXEL_SECONDS)


def explore_arm(budget: Budget, region: str, start: Start, seed: int, home: str) -> Arm:
    """A look at the embeddings of one start."""
    encoder, sizes = encoder_for(budget, region), sizes_for(budget, region, seed)
    params = ExploreParams(region=region, sizes=sizes, encoder=encoder, init=start.init, **budget.look.model_dump())
    cost = EXPLORE_SECONDS + _seconds(0, budget, region, encoder, 0 if start.init == "raw" else 2 * params.windows)
    return Arm(home, f"{start.name} explored", seed, "explore", params, _data(region, params.sizes), _needs(start), cost=cost)


def readings(budget: Budget, region: str, starts: Sequence[Start], fraction: float, seed: int, *, finetuned: bool = True) -> list[Arm]:
    """Every start probed and, unless it is raw pixels, fine-tuned."""
    arms = [probe_arm(budget, region, start, fraction, seed) for start in starts]
    return arms + [segment_arm(budget, region, start, fraction, seed) for start in starts if finetuned and start.init != "raw"]


def _home(start: Start, fraction: float) -> str:
    return start.home or ("ee1_regions" if fraction in SHARES else "ee2_label_scarcity")


def _needs(start: Start) -> dict[str, Arm]:
    found = {"pretrain": start.source, "input": start.scaling}
    return {name: arm for name, arm in found.items() if arm}


def _data(region: str, sizes: RegionSizes) -> dict[str, str]:
    return {region: fingerprint(region, sizes)}


def _seconds(trained: float, budget: Budget, region: str, encoder: EncoderSettings, predicted: int = 0) -> float:
    """Expected seconds on one core; only the time left is made from it.

    Args:
        trained: Input voxels (pixels times dates) of all training steps.
        budget: What the profile may spend.
        region: Key of a data manifest or of a simulated region, e.g. ``germany``.
        encoder: The network.
        predicted: Windows that are predicted with all their dates.
    """
    sizes = sizes_for(budget, region)
    read = predicted * region_window(region, sizes) ** 2 * region_dates(region, sizes)
    return 0.5 + 5e-6 * COST.get(encoder.name, 1.0) * float((encoder.width / 8) ** 1.5) * (trained + read / 5)
