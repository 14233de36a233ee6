"""The one table of the study: which notebooks, with which parameters, testing which claim."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, TypeAdapter, ValidationError

from eelib.data.manifests import read_yaml
from eelib.errors import InputError, unknown
from eelib.settings import Settings, describe

if TYPE_CHECKING:
    from eelib.study.arm import Arm
    from eelib.study.parameters import Parameters


class Cost(Settings):
    """What a notebook costs at one profile; a test holds it to the plan.

    Attributes:
        arms: Arms that are trained or read back, with those they need.
        minutes: Expected duration on two cores.
    """

    arms: int = Field(ge=1)
    minutes: float = Field(gt=0)


class Row(Settings):
    """One notebook of the study."""

    notebook: str = Field(min_length=1)
    family: str
    title: str
    claim: str
    experiment: str
    cost: dict[str, Cost] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """Last part of the notebook's path; what `eelib run` takes."""
        return self.notebook.rpartition("/")[2]

    @property
    def path(self) -> Path:
        """The notebook's file."""
        return project_folder() / "notebooks" / f"{self.notebook}.ipynb"

    def model(self) -> type[Parameters]:
        """The model that validates the notebook's parameters."""
        model: type[Parameters] = self._module().Parameters
        return model

    def validated(self, values: dict[str, Any]) -> Parameters:
        """The row's parameters with ``values`` on top.

        Raises:
            InputError: An unknown name or a wrong type.
        """
        from eelib.study.parameters import check

        return check(self.model(), {**self.parameters, **values})

    def plan(self, params: Parameters) -> list[Arm]:
        """The arms whose records the notebook reads; none where nothing is trained."""
        arms: list[Arm] = self._module().plan(params)
        return arms

    def regions(self, params: Parameters) -> set[str]:
        """Regions that the notebook and its arms read."""
        from eelib.study.arm import with_needs

        shown = getattr(self._module(), "plan_regions", lambda _: ())(params)
        return {region for arm in with_needs(self.plan(params)) for region in arm.data} | set(shown)

    def _module(self) -> Any:  # noqa: ANN401 - a module
        return importlib.import_module(f"eelib.study.experiments.{self.experiment}")


def project_folder() -> Path:
    """The checkout: ``$EELIB_PROJECT`` or the folder above the package."""
    return Path(os.environ.get("EELIB_PROJECT") or Path(__file__).parents[2])


def rows(path: Path | None = None) -> list[Row]:
    """All rows of study.yaml.

    Raises:
        InputError: The file is missing or does not fit the schema.
    """
    path = path or project_folder() / "study.yaml"
    try:
        return TypeAdapter(list[Row]).validate_python(read_yaml(path))
    except ValidationError as error:
        raise InputError(f"{path}: {describe(error, Row)}") from error


def row(name: str) -> Row:
    """The row of a notebook, by its name or its path under notebooks/.

    Raises:
        InputError: There is none; names the nearest.
    """
    found = [item for item in rows() if name.removesuffix(".ipynb") in (item.name, item.notebook)]
    if not found:
        raise unknown("notebook", name, [item.name for item in rows()])
    return found[0]
