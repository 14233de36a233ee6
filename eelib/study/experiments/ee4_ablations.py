"""EE4: which choices of the contrast matter? One factor at a time against the default (docs/method.md#every-choice-is-a-parameter)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.data.regions import source
from eelib.errors import InputError, unknown
from eelib.settings import PretrainSettings
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, Start, pretrain_arm, pretrained, readings, shortened
from eelib.study.budgets import Budget, has_one_date, pretrain_recipe, sizes_for
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of, short_steps
from eelib.study.factors import FACTORS, UNITS, Level

NAME = "ee4_ablations"


class Ablation(Extent):
    """Short pre-trainings, so that there can be many."""

    factors: tuple[str, ...] = Field(tuple(FACTORS), description="with factor='all'")
    levels: int = Field(9, ge=1, description="most levels per factor, with factor='all'")
    steps: int | None = Field(None, ge=1, description="of pre-training; None: those of the other experiments")

    @field_validator("factors")
    @classmethod
    def _factors_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in FACTORS:
                raise unknown("factor", name, FACTORS)
        return value


SHORT = ("temperature", "positives", "negatives", "dates", "crop", "level")
EXTENTS = {
    "smoke": Ablation(
        regions=("germany",), seeds=(0, 1), fractions=(1.0,), finetuned=(), factors=("temperature", "crop", "cloud"), levels=1, steps=2
    ),
    "quick": Ablation(regions=("germany",), seeds=(0, 1), fractions=(0.1,), finetuned=(), factors=SHORT, levels=1, steps=80),
    "full": Ablation(regions=("germany",), seeds=(0, 1, 2, 3, 4), fractions=(0.1,), finetuned=(), steps=240),
    "paper": Ablation(regions=SIMULATED, seeds=(0, 1, 2, 3, 4), fractions=(0.1,), finetuned=(0.1,)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee4_ablations."""

    extents = EXTENTS

    factor: str = Field("all", description="one factor with all its levels, or 'all': those that the profile affords")

    @field_validator("factor")
    @classmethod
    def _known_factor(cls, value: str) -> str:
        if value != "all" and value not in FACTORS:
            raise unknown("factor", value, ["all", *FACTORS])
        return value

    def settle(self) -> None:
        """Every level on top of the changes."""
        super().settle()
        budget, extent = budget_of(self), extent_of(EXTENTS, self)
        for region in extent.regions:
            _starts(budget, region, 0, chosen_levels(self), None)


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads: random, the default, every level, and a random start for levels that change the data.

    Raises:
        InputError: None of the levels says anything of any of the regions.
    """
    extent = extent_of(EXTENTS, params)
    budget, levels = budget_of(params), chosen_levels(params)
    if not _tried(budget, extent.regions, levels):
        needed = " or ".join(dict.fromkeys(_needs(level) for _, level in levels))
        where = ", ".join(map(repr, extent.regions))
        raise InputError(f"factor: '{params.factor}' cannot be tried in {where}: needs {needed}; set regions to others")
    return [
        arm
        for region in extent.regions
        for seed in extent.seeds
        for fraction in extent.fractions
        for where, start in _starts(budget, region, seed, levels, short_steps(params, budget, region, extent.steps))
        for arm in readings(where, region, [start], fraction, seed, finetuned=fraction in extent.finetuned)
    ]


def chosen_levels(params: Parameters) -> list[tuple[str, Level]]:
    """Factor and level of every ablation of a run."""
    extent = extent_of(EXTENTS, params)
    if params.factor != "all":
        return [(params.factor, level) for level in FACTORS[params.factor]]
    return [(factor, level) for factor in extent.factors for level in FACTORS[factor][: extent.levels]]


def described(params: Parameters) -> str:
    """Where, how often and how the default and its changes are trained and read, resolved from the profile."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    lines = [f"regions: {', '.join(source(region).title for region in extent.regions)}"]
    lines += [f"labels: {', '.join(f'{100 * share:g} %' for share in extent.fractions)} of the training windows"]
    tuned = [f"{100 * share:g} %" for share in extent.fractions if share in extent.finetuned]
    lines += [f"read by a linear probe{' and, with ' + ', '.join(tuned) + ', by fine-tuning' if tuned else ' alone'}"]
    lines += [f"seeds: {', '.join(map(str, extent.seeds))}"]
    steps = {source(region).title: _recipe(params, budget, region).steps for region in extent.regions}
    lines += ["steps of pre-training: " + ", ".join(f"{count} in {region}" for region, count in steps.items())]
    return "\n".join(lines)


def choices(params: Parameters) -> list[dict[str, str]]:
    """Every factor with its default in the first region, its levels and their unit."""
    budget, regions = budget_of(params), extent_of(EXTENTS, params).regions
    recipe, sizes = _recipe(params, budget, regions[0]), sizes_for(budget, regions[0])
    levels: dict[str, list[Level]] = {}
    for factor, level in _tried(budget, regions, chosen_levels(params)):
        levels.setdefault(factor, []).append(level)
    return [
        {
            "factor": factor.replace("_", " "),
            "default": _words(group[0].of_default(recipe, sizes)),
            "changed to": ", ".join(_words(level.label) for level in group),
            "unit": UNITS.get(factor, ""),
        }
        for factor, group in levels.items()
    ]


def _tried(budget: Budget, regions: Sequence[str], levels: Sequence[tuple[str, Level]]) -> list[tuple[str, Level]]:
    """Those that say something of a region at least."""
    return [(factor, level) for factor, level in levels if any(_fits(level, budget, region) for region in regions)]


def _fits(level: Level, budget: Budget, region: str) -> bool:
    if level.series and has_one_date(budget, region):
        return False
    return level.only is None or (level.only == "simulated") == source(region).simulated


def _needs(level: Level) -> str:
    """What :func:`_fits` asks for, in words."""
    return f"a {f'{level.only} ' if level.only else ''}region{' of several dates' if level.series else ''}"


def _words(value: str) -> str:
    return {"True": "on", "False": "off"}.get(value, value.replace("_", " "))


def _recipe(params: Parameters, budget: Budget, region: str) -> PretrainSettings:
    return shortened(pretrain_recipe(budget, region), short_steps(params, budget, region, extent_of(EXTENTS, params).steps))


def _starts(budget: Budget, region: str, seed: int, levels: list[tuple[str, Level]], steps: int | None) -> list[tuple[Budget, Start]]:
    """Every start with the budget it is read under."""
    recipe = shortened(pretrain_recipe(budget, region), steps)
    starts = [(budget, RANDOM), (budget, pretrained(budget, region, seed, steps))]
    for factor, level in levels:
        if not _fits(level, budget, region):
            continue
        name, read = f"{factor} = {level.label}", level.of_data(budget, pretraining=False)
        made = pretrain_arm(level.of_data(budget, pretraining=True), region, seed, level.of_recipe(recipe))
        starts += [(read, Start(f"random, {name}", "random", None, NAME))] if level.sizes else []
        starts.append((read, Start(name, "pretrained", made, NAME)))
    return starts
