"""Parameters of an experiment: strict, frozen, and the same from a notebook, from papermill and from the command line."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from eelib.errors import InputError
from eelib.settings import describe

Profile = Literal["smoke", "quick", "full", "paper"]
IPYTHON = {"In", "Out", "exit", "quit", "get_ipython", "open"}


class Parameters(BaseModel):
    """What every experiment takes. Experiments add their own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    profile: Profile = "smoke"
    seeds: tuple[int, ...] | None = Field(None, description="None: those of the profile")

    @field_validator("*", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: Any) -> Any:  # noqa: ANN401 - notebooks and YAML have no tuples
        return tuple(value) if isinstance(value, list) else value

    @field_validator("seeds")
    @classmethod
    def _no_seed_twice(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        return each_once(value)


def each_once(values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The values, if there are any and none stands twice.

    Raises:
        ValueError: Otherwise.
    """
    if values is not None and (not values or len(set(values)) < len(values)):
        raise ValueError("give at least one value and none twice")
    return values


class RegionParameters(Parameters):
    """What every experiment on regions takes."""

    regions: tuple[str, ...] | None = Field(None, description="None: all regions of the profile")

    @field_validator("regions")
    @classmethod
    def _known_regions(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        from eelib.data.spelling import as_in_the_papers, plain, spelt

        if value is None:
            return None
        names = tuple(spelt(name) for name in value)
        names = as_in_the_papers(names) if info.data.get("profile") == "paper" else names
        each_once(tuple(plain(name) for name in names))  # two paths may be one file
        return names

    @property
    def region_names(self) -> tuple[str, ...] | None:
        """The regions as sources know them, without the prefix that sets a simulated one apart from a data set."""
        from eelib.data.spelling import plain

        return self.regions and tuple(map(plain, self.regions))


P = TypeVar("P", bound=Parameters)


def check(model: type[P], values: Mapping[str, Any]) -> P:
    """Validate parameters.

    Raises:
        InputError: An unknown name, with the nearest that exists, or a wrong type; one line.
    """
    try:
        return model(**values)
    except ValidationError as error:
        problem = describe(error, model)
        raise InputError(problem if problem.startswith("unknown") else f"parameter {problem}") from None


def validate(model: type[P], namespace: Mapping[str, Any]) -> P:
    """Validate the parameters cell of a notebook, given its ``globals()``.

    Every public plain value that exists so far is taken to be a parameter, so a name that papermill injects by mistake, about which
    papermill only warns, stops the notebook before anything runs.
    """
    plain = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in IPYTHON and not (inspect.ismodule(value) or inspect.isclass(value) or callable(value))
    }
    return check(model, plain)


def parse_assignments(assignments: list[str]) -> dict[str, Any]:
    """``["seeds=[0, 1]", "profile=quick"]`` to values, each read as YAML.

    Raises:
        InputError: Something is not ``name=value``.
    """
    values = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(f"--set {text}: write name=value, for example --set seeds=[0,1]")
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"--set {text}: the value is not valid YAML") from error
    return values
