"""How much each profile spends on Embedding Earth, and how that fits a region's windows and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field

from eelib.data.regions import region_bands, region_dates, region_window, source
from eelib.errors import InputError
from eelib.settings import (
    EncoderSettings,
    LookSettings,
    PixelSettings,
    PretrainSettings,
    ProbeSettings,
    RegionSizes,
    SegmentSettings,
    Settings,
    ViewSettings,
)
from eelib.study.changes import changed, under
from eelib.study.parameters import Profile


class SingleDate(Settings):
    """Budget of regions with one date, where a step costs a fraction of one on a series."""

    width: int = Field(16, ge=1, description="channels of the first stage")
    view_size: int = Field(20, ge=4, multiple_of=4, description="height and width of a view in pixels")
    batch_size: int = Field(8, ge=2, description="series per step of pre-training; batch norm needs the more series, the fewer dates")
    lr: float = Field(1e-3, gt=0, description="peak learning rate of pre-training")
    pretrain_steps: int = Field(420, ge=1)
    finetune_steps: int = Field(50, ge=1)


class DataBudget(Settings):
    """How many windows a profile takes."""

    sizes: RegionSizes
    real: RegionSizes | None = Field(None, description="sizes of real regions, whose windows are few and cheap; None: the same")


S = TypeVar("S", bound=DataBudget)


class Budget(DataBudget):
    """What a profile spends on one arm of Embedding Earth."""

    profile: Profile
    encoder: EncoderSettings
    single_date: SingleDate | None = Field(None, description="what differs for regions with one date; None: nothing")
    pretrain: PretrainSettings
    segment: SegmentSettings
    probe: ProbeSettings
    pixel: PixelSettings = PixelSettings()
    look: LookSettings = LookSettings()


# What is set for regions with one date as well, unless it is set for them alone.
SINGLE = {
    "encoder.width": "single_date.width",
    "pretrain.views.size": "single_date.view_size",
    "pretrain.batch_size": "single_date.batch_size",
    "pretrain.lr": "single_date.lr",
    "pretrain.steps": "single_date.pretrain_steps",
    "segment.steps": "single_date.finetune_steps",
}


def with_changes(budget: S, changes: Mapping[str, Any]) -> S:
    """A budget with changed settings, each of which reaches every region.

    What changes ``sizes`` changes ``real`` as well, and what has another value for regions with one date (:data:`SINGLE`) changes there as
    well; ``real`` and ``single_date`` may be named on their own, also where the budget has none.

    Raises:
        InputError: See :func:`eelib.study.changes.changed`.
    """
    found, update = dict(changes), dict[str, Any]()
    if under(changes, "real.") and budget.real is None:
        update["real"] = budget.sizes
    if isinstance(budget, Budget) and under(changes, "single_date.") and budget.single_date is None:
        update["single_date"] = _as_series(budget)
    budget = budget.model_copy(update=update)
    for name, value in changes.items():
        other = f"real.{name.removeprefix('sizes.')}" if name.startswith("sizes.") else SINGLE.get(name, "")
        part = other.partition(".")[0]
        if other and part not in changes and getattr(budget, part) is not None:
            found.setdefault(other, value)
    return changed(budget, found)


def _as_series(budget: Budget) -> SingleDate:
    """The values that regions with one date have in a budget without any of their own."""
    pretrain = budget.pretrain
    return SingleDate(
        width=budget.encoder.width,
        view_size=pretrain.views.size,
        batch_size=pretrain.batch_size,
        lr=pretrain.lr,
        pretrain_steps=pretrain.steps,
        finetune_steps=budget.segment.steps,
    )


def require_room(budget: Budget, regions: Sequence[str], changes: Mapping[str, Any]) -> None:
    """Refuse changes that would be cut to what fits in every region.

    Raises:
        InputError: A view or a crop is too large for the windows, or there are more dates than the series or the encoder have.
    """
    if any(changes.get(name) for name in ("sizes.split", "real.split")) and not any(
        source(region).resplit or source(region).splits > 1 for region in regions
    ):
        raise InputError(f"change sizes.split: {', '.join(regions)} have one split each")
    widest = max(view_size(10**6, region, budget) for region in regions)
    dates = max(region_dates(region, sizes_for(budget, region)) for region in regions)
    room = max(source(region).window or 10**6 for region in regions)
    most = {
        "sizes.window": (room, "pixels: the largest window that fits the images or blocks of a region"),
        "real.window": (room, "pixels: the largest window that fits the images or blocks of a region"),
        "pretrain.views.size": (widest, "pixels: views leave a quarter of the window free (sizes.window)"),
        "single_date.view_size": (widest, "pixels: views leave a quarter of the window free (sizes.window)"),
        "segment.size": (widest, "pixels: crops leave a quarter of the window free (sizes.window)"),
        "encoder.num_dates": (dates, "dates: the series have no more (sizes.num_dates)"),
        "pretrain.views.num_dates": (min(dates, budget.encoder.num_dates), "dates: the network reads no more (encoder.num_dates)"),
    }
    for name, (limit, why) in most.items():
        if name in changes and changes[name] > limit:
            raise InputError(f"change {name}: at most {limit} {why}, got {changes[name]}")


def sizes_for(budget: DataBudget, region: str, seed: int = 0) -> RegionSizes:
    """Windows and dates of a region.

    The seed chooses the geographic split of regions that are split anew for each, counted on from the budget's ``split``; other regions
    have that split if there are several, and else their only one.

    Raises:
        InputError: The region has several official splits, but not so many.
    """
    here = source(region)
    sizes = budget.sizes if budget.real is None or here.simulated else budget.real
    if here.resplit:
        return sizes.model_copy(update={"split": sizes.split + seed})
    if sizes.split >= here.splits > 1:
        raise InputError(f"split {sizes.split} of region '{region}': it has {here.splits} official splits, 0 to {here.splits - 1}")
    return sizes if here.splits > 1 or not sizes.split else sizes.model_copy(update={"split": 0})


def has_one_date(budget: Budget, region: str) -> bool:
    """Whether the region's series have a single date."""
    return region_dates(region, sizes_for(budget, region)) == 1


def encoder_for(budget: Budget, region: str) -> EncoderSettings:
    """The profile's encoder with as many dates as the region has."""
    length = region_dates(region, sizes_for(budget, region))
    changes = {"num_dates": min(budget.encoder.num_dates, length)}
    if has_one_date(budget, region) and budget.single_date:
        changes["width"] = budget.single_date.width
    return budget.encoder.model_copy(update=changes)


def view_size(wanted: int, region: str, budget: Budget) -> int:
    """A view leaves at least a quarter of the window's side to move in."""
    return min(wanted, region_window(region, sizes_for(budget, region)) * 3 // 4 // 4 * 4)


def pretrain_recipe(budget: Budget, region: str) -> PretrainSettings:
    """The profile's recipe, fitted to the region's windows and dates.

    Raises:
        InputError: Views shall have all dates of the series, or disjoint ones, and the network reads fewer, or the series have fewer.
    """
    encoder, recipe, single = encoder_for(budget, region), budget.pretrain, budget.single_date
    views: dict[str, object] = {"num_dates": min(recipe.views.num_dates, encoder.num_dates)}
    length = region_dates(region, sizes_for(budget, region))
    if recipe.views.dates == "all":
        if encoder.num_dates < length:
            raise InputError(
                f"pretrain.views.dates=all: series of region '{region}' have {length} dates, the network reads {encoder.num_dates}: "
                f"set encoder.num_dates={length}, or sizes.num_dates={encoder.num_dates}"
            )
        views["num_dates"] = length
    size, update = recipe.views.size, dict[str, object]()
    if has_one_date(budget, region):
        views["dates"] = "same"
        if single:
            size, update = single.view_size, {"batch_size": single.batch_size, "steps": single.pretrain_steps, "lr": single.lr}
    views["size"] = view_size(size, region, budget)
    fitted = recipe.views.model_copy(update=views)
    require_dates(fitted, region, length)
    return recipe.model_copy(update=update | {"views": fitted})


def require_dates(views: ViewSettings, region: str, length: int) -> None:
    """Refuse views that need more dates than the series have.

    Raises:
        InputError: For example disjoint views of 8 dates from series of 11.
    """
    needed = views.num_dates * (2 if views.dates == "disjoint" else 1)
    if needed > length:
        raise InputError(
            f"pretrain.views.dates={views.dates}: two views of {views.num_dates} dates need {needed}, series of region '{region}' have "
            f"{length}: set pretrain.views.num_dates to at most {length * views.num_dates // needed}"
        )


def segment_recipe(budget: Budget, region: str) -> SegmentSettings:
    """The profile's recipe, fitted to the region's windows and dates."""
    changes: dict[str, int] = {"size": view_size(budget.segment.size, region, budget)}
    if has_one_date(budget, region) and budget.single_date:
        changes["steps"] = budget.single_date.finetune_steps
    return budget.segment.model_copy(update=changes)


def aligned(budget: Budget, regions: Sequence[str]) -> Budget:
    """A budget under which one encoder fits all regions: the bands and dates that they share. The same budget where they agree anyway.

    Raises:
        InputError: The regions share no band.
    """
    offered = [region_bands(region, sizes_for(budget, region)) for region in regions]
    common = tuple(band for band in min(offered, key=len) if all(band in bands for bands in offered))
    if not common:
        raise InputError(f"regions {', '.join(regions)} share no band, so no encoder fits them all")
    fewest = min(encoder_for(budget, region).num_dates for region in regions)
    changes = {}
    for field in ("sizes", "real"):
        simulated = field == "sizes"
        members = [region for region in regions if source(region).simulated == simulated]
        sizes = budget.sizes if simulated else budget.real or budget.sizes
        update: dict[str, object] = {"bands": common} if any(set(source(region).bands) != set(common) for region in members) else {}
        if any(encoder_for(budget, region).num_dates != fewest for region in members):
            update["num_dates"] = fewest
        changes[field] = sizes.model_copy(update=update) if update else getattr(budget, field)
    if budget.real is None and changes["real"] is None and changes["sizes"] != budget.sizes:
        changes["real"] = budget.sizes
    return budget.model_copy(update=changes)


BUDGETS: dict[str, Budget] = {
    "smoke": Budget(
        profile="smoke",
        sizes=RegionSizes(unlabelled=16, train=10, validation=6, test=8, window=16, num_dates=8),
        encoder=EncoderSettings(width=4, num_dates=4),
        pretrain=PretrainSettings(steps=4, batch_size=4, anchors=16, views=ViewSettings(size=12)),
        segment=SegmentSettings(size=12, steps=4, batch_size=4, lrs=(3e-3,)),
        probe=ProbeSettings(penalties=(1e-3,), pixels=1000),
    ),
    "quick": Budget(
        profile="quick",
        sizes=RegionSizes(validation=16, test=40),
        real=RegionSizes(test=100),
        encoder=EncoderSettings(),
        single_date=SingleDate(pretrain_steps=280),
        pretrain=PretrainSettings(),
        segment=SegmentSettings(steps=40, lrs=(7e-3,)),
        probe=ProbeSettings(penalties=(1e-4,)),
    ),
    "full": Budget(
        profile="full",
        sizes=RegionSizes(unlabelled=512, validation=24, test=80),
        real=RegionSizes(unlabelled=512, validation=24),
        encoder=EncoderSettings(),
        single_date=SingleDate(pretrain_steps=2400, finetune_steps=200),
        pretrain=PretrainSettings(steps=1600),
        segment=SegmentSettings(steps=200, lrs=(2e-3, 6e-3)),
        probe=ProbeSettings(penalties=(1e-5, 1e-4, 1e-3)),
    ),
    "paper": Budget(
        profile="paper",
        sizes=RegionSizes(unlabelled=20_000, train=2_000, validation=500, test=2_000, num_dates=32),
        encoder=EncoderSettings(width=64, num_dates=16),
        pretrain=PretrainSettings(steps=50_000, batch_size=32, lr=1e-3, views=ViewSettings(size=24, num_dates=16)),
        segment=SegmentSettings(size=24, steps=20_000, batch_size=32, lrs=(1e-4, 3e-4, 1e-3)),
        probe=ProbeSettings(penalties=(1e-5, 1e-4, 1e-3, 1e-2), pixels=200_000),
    ),
}
