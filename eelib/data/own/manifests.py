"""What manifests of users' own data share. The descriptions of the fields are the reference table in docs/own_data.md."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from eelib.data.manifest_base import Manifest
from eelib.settings import Settings

Names = tuple[str, ...]
LIST = ".txt"  # a name in a split that ends so is a file of names
Continent = Literal["Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"]
PALETTE = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#222255", "#999933", "#cc6677")


def as_hex(value: object) -> object:
    """``[255, 0, 0]`` or ``"#FF0000"`` as ``"#ff0000"``; anything else as it is, for the schema to refuse."""
    if isinstance(value, list | tuple) and len(value) == 3 and all(isinstance(part, int) and 0 <= part <= 255 for part in value):
        return "#{:02x}{:02x}{:02x}".format(*value)
    return value.lower() if isinstance(value, str) else value


def as_tuple(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """A single value as a tuple of one."""
    return (value,) if isinstance(value, str | int) else value


class OwnClass(Settings):
    """One class; its id is its position in the list."""

    name: str = Field(min_length=1, description="for tables and figures")
    color: str | None = Field(None, pattern="^#[0-9a-f]{6}$", description="'#rrggbb' or [r, g, b], in figures and in colour-coded masks")
    value: int | None = Field(None, description="pixel value in integer masks; default: the position in the list, from 0")

    _hex = field_validator("color", mode="before")(as_hex)


class Split(Settings):
    """How train, validation and test are kept apart."""

    by: Literal["auto", "blocks", "images", "pattern", "lists", "table"] = Field(
        "auto", description="auto: whole images where there are at least 10, otherwise blocks of the map"
    )
    block: int | None = Field(None, ge=16, description="side of a block, pixels; default: the largest that gives 24 blocks, at most 256")
    gap: int | None = Field(
        None,
        ge=0,
        description="least distance between windows of different places, pixels; default: an eighth of a block, or 8",
    )
    pattern: str | None = Field(None, description="regular expression whose first group is train, val(idation) or test in the image's path")
    table: str | None = Field(None, description="CSV file with the columns image (stem) and split")
    train: Names = Field((), description="stems or patterns, or a .txt file with one per line")
    validation: Names = Field((), description="as train")
    test: Names = Field((), description="as train")

    _one = field_validator("train", "validation", "test", mode="before")(as_tuple)

    @property
    def files(self) -> tuple[str, ...]:
        """The table or the lists that say which image is where, relative to the folder of the manifest."""
        lists = (name for name in (*self.train, *self.validation, *self.test) if name.endswith(LIST))
        return (*([self.table] if self.table else []), *lists)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {"pattern": ("pattern",), "table": ("table",), "lists": ("train", "validation", "test")}.get(self.by, ())
        for field in needed:
            if not getattr(self, field):
                raise ValueError(f"by: {self.by} needs the field '{field}'")
        for field in ("pattern", "table", "train", "validation", "test"):
            if getattr(self, field) and field not in needed:
                raise ValueError(f"the field '{field}' has no effect with by: {self.by}")
        return self


class OwnManifest(Manifest):
    """What all kinds of users' data share."""

    title: str = Field("", description="for tables and figures; default: the name")
    description: str = Field("", description="for readers")
    attribution: str = Field("", description="credit line under figures")
    continent: Continent | None = Field(
        None, description="Africa, Antarctica, Asia, Europe, North America, Oceania or South America; ee3_transfer groups by it"
    )
    classes: tuple[OwnClass, ...] = Field((), description="class list; leave out where there are no labels")
    bands: Names | None = Field(None, min_length=1, description="names of all bands in order; default: from the files")
    scale: float | None = Field(
        None, gt=0, description="value = (number + offset) * scale, wanted about 0..1; default: 1/255 (8 bit), 1/10000 (16 bit), 1 (float)"
    )
    offset: float = Field(0.0, description="added before scaling, for example -1000 for Sentinel-2 products since 2022")
    nodata: float | None = Field(None, description="number of pixels without data, .nan for NaN; default: what the file declares")
    ignore: tuple[int | str, ...] = Field((), description="mask values, or colours '#rrggbb', that count as no label")
    split: Split = Field(Split(), description="see below")

    _one = field_validator("ignore", mode="before")(as_tuple)

    @field_validator("ignore")
    @classmethod
    def _ignored(cls, value: tuple[int | str, ...]) -> tuple[object, ...]:
        return tuple(as_hex(item) for item in value)

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        if len(self.classes) == 1:
            raise ValueError("'classes' has one class: give at least two, or none for data without labels")
        if 0 < sum(item.value is None for item in self.classes) < len(self.classes):
            raise ValueError("'classes': give 'value' for every class or for none")
        for field in ("name", "color", "value"):
            given = [getattr(item, field) for item in self.classes if getattr(item, field) is not None]
            if len(set(given)) < len(given):
                twice = next(value for value in given if given.count(value) > 1)
                raise ValueError(f"'classes': two classes have the {field} {twice!r}")
        return self

    @property
    def colors(self) -> tuple[str, ...]:
        """A colour per class, where none is given from a palette."""
        return tuple(item.color or PALETTE[position % len(PALETTE)] for position, item in enumerate(self.classes))
