"""Parameters of an experiment: strict, frozen, and the same from a notebook, from papermill and from the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from eelib.errors import InputError, unknown
from eelib.settings import describe
from eelib.study.changes import flat, require_known, setting_names, under

Profile = Literal["smoke", "quick", "full", "paper"]
IPYTHON = {"In", "Out", "exit", "quit", "get_ipython", "open"}


class Parameters(BaseModel):
    """What every experiment takes. Experiments add their own fields.

    Attributes:
        extents: Profile to where and how often the experiment runs there: its fields are the settings ``extent.*``.
        sets: Parameter to the setting that it stands for, so that nobody gives both.
        unread: Beginnings of the names of settings that the experiment does not read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    extents: ClassVar[Mapping[str, BaseModel]] = {}
    sets: ClassVar[Mapping[str, str]] = {}
    unread: ClassVar[tuple[str, ...]] = ()

    profile: Profile = "smoke"
    seeds: tuple[int, ...] | None = Field(None, description="None: those of the profile")
    change: dict[str, Any] | None = Field(None, description="any other setting by its dotted name; None: all as the profile has them")

    @field_validator("*", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: Any) -> Any:  # noqa: ANN401 - notebooks and YAML have no tuples
        return tuple(value) if isinstance(value, list) else value

    @field_validator("seeds")
    @classmethod
    def _seeds_can_be_drawn_from(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        for seed in value or ():
            check_seed(seed)
        return each_once(value)

    @field_validator("change")
    @classmethod
    def _dotted(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return value and flat(value)

    @model_validator(mode="after")
    def _changes_fit(self) -> Self:
        """Make the budget and the extent once, so that a change that does not fit stops everything before it starts."""
        if self.change:
            require_known(self.change, self.changeable())
            for parameter, setting in {**{name: f"extent.{name}" for name in type(self).model_fields}, **self.sets}.items():
                if getattr(self, parameter) is not None and setting in self.change:
                    raise InputError(f"change {setting}: the parameter {parameter} sets this already; give one of them")
            self.settle()
        return self

    @classmethod
    def settings(cls) -> dict[str, type[BaseModel]]:
        """The models whose fields are settings, by what their dotted names start with."""
        return {"extent.": type(next(iter(cls.extents.values())))} if cls.extents else {}

    @classmethod
    def changeable(cls) -> list[str]:
        """Dotted names that ``change`` takes."""
        names = [name for prefix, model in cls.settings().items() for name in setting_names(model, prefix)]
        skipped = tuple(f"{start}." for start in cls.unread)
        return [name for name in names if name.rpartition(".")[2] != "profile" and not f"{name}.".startswith(skipped)]

    def changes(self, prefix: str) -> dict[str, Any]:
        """The changes under a prefix of :meth:`settings`, without it; those under no longer prefix where it is empty."""
        others = [other for other in self.settings() if other.startswith(prefix) and other != prefix]
        found = under(self.change or {}, prefix)
        return {name: value for name, value in found.items() if not f"{prefix}{name}".startswith(tuple(others))}

    def extent_changes(self) -> dict[str, Any]:
        """Changed fields of the extent; one that is called like a parameter is held to what is asked of the parameter."""
        found = self.changes("extent.")
        for name in found.keys() & type(self).model_fields.keys():
            try:
                found[name] = getattr(check(type(self), {name: found[name]}), name)
            except InputError as error:
                raise InputError(f"change extent.{name}: {str(error).removeprefix('parameter ')}") from None
        return found

    def settle(self) -> None:
        """Make everything that changes reach.

        Raises:
            InputError: A change does not fit.
        """


def check_seed(seed: int) -> None:
    """Refuse what not every random generator takes for a seed.

    Raises:
        ValueError: It is below 0, or has more than 32 bits.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"a seed is a whole number from 0 to {2**32 - 1}")


def each_once(values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The values, if there are any and none stands twice.

    Raises:
        ValueError: Otherwise.
    """
    if values is not None and (not values or len(set(values)) < len(values)):
        raise ValueError("give at least one value and none twice")
    return values


def among(values: tuple[str, ...] | None, what: str, known: Collection[str]) -> tuple[str, ...] | None:
    """The values, if every one is known and none stands twice.

    Args:
        values: None where nothing was chosen.
        what: What one of them is, for the message.
        known: What there is.

    Raises:
        InputError: An unknown one, with the nearest that exists.
        ValueError: As :func:`each_once`.
    """
    for name in values or ():
        if name not in known:
            raise unknown(what, name, known)
    return each_once(values)


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


class _Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number, as everybody means it, and not only 1.0e-3."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789"))


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
            values[name] = yaml.load(value, Loader=_Loader)
        except yaml.YAMLError as error:
            raise InputError(f"--set {text}: the value is not valid YAML") from error
    return values
