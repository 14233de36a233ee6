"""Manifests that users write for their own data. The descriptions of the fields are the reference table in docs/own_data.md."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from eelib.data.manifest_base import Manifest
from eelib.settings import Settings

Names = tuple[str, ...]
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


class RasterFolderManifest(OwnManifest):
    """Images and masks in folders, matched by the stem of their names."""

    kind: Literal["raster-folder"]
    images: Names = Field(min_length=1, description="folder, file or pattern such as 'photos/*.jpg', relative to the manifest; or several")
    masks: Names = Field((), description="the same for masks; leave out where there are no labels")
    image_name: str = Field("{stem}", description="how an image's name holds the stem, for example '{stem}_rgb'")
    mask_name: str = Field("{stem}", description="how a mask's name holds the stem, for example '{stem}_mask'")
    allow_unmatched: bool = Field(False, description="images without mask serve pre-training only, masks without image are left out")
    coding: Literal["auto", "value", "color"] = Field("auto", description="how masks name classes; auto: by colour where they have colours")
    tolerance: int = Field(0, ge=0, le=128, description="largest difference per channel from a declared colour, for masks saved as JPEG")
    date: str | None = Field(None, description="how names hold the date, for example '%Y%m%d' (%Y %m %d %j); default: no dates")
    day_of_year: int = Field(182, ge=1, le=366, description="day of the year of images without date")
    georeferenced: bool = Field(False, description="refuse images without a coordinate reference system")
    smallest: int | None = Field(None, ge=8, description="leave out images with a shorter side, pixels")

    _some = field_validator("images", "masks", mode="before")(as_tuple)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.masks) != bool(self.classes):
            raise ValueError("give both 'masks' and 'classes', or neither")
        for field in ("image_name", "mask_name"):
            if getattr(self, field).count("{stem}") != 1:
                raise ValueError(f"'{field}' must hold {{stem}} once, for example '{{stem}}_mask'")
        return self


class SceneEntry(Settings):
    """One footprint with all its dates."""

    name: str = Field(min_length=1, description="for messages and splits")
    images: Names = Field((), description="folder or pattern of rasters, one per date, relative to the manifest")
    cube: str | None = Field(None, description="NetCDF file or Zarr folder with a time coordinate, instead of images")
    label: str | None = Field(None, description="label raster on the same grid")

    _some = field_validator("images", mode="before")(as_tuple)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.images) == bool(self.cube):
            raise ValueError("give exactly one of 'images' and 'cube'")
        return self


class SceneSeriesManifest(OwnManifest):
    """Scenes with dates: one raster per date, or a cube."""

    kind: Literal["scene-series"]
    scenes: tuple[SceneEntry, ...] = Field(min_length=1, description="the footprints")
    date: str | None = Field(None, description="how the names of rasters hold the date, for example 'S2_%Y%m%d' (%Y %m %d %j)")
    time: str = Field("time", description="name of a cube's time coordinate")
    band_dim: str | None = Field(None, description="name of a cube's band dimension; default: every band is a variable")
    coding: Literal["auto", "value", "color"] = Field("auto", description="how label rasters name classes")
    tolerance: int = Field(0, ge=0, le=128, description="largest difference per channel from a declared colour")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if any(scene.images for scene in self.scenes) and self.date is None:
            raise ValueError("'date' is missing: say how file names hold the date, for example date: '%Y%m%d'")
        if any(scene.label for scene in self.scenes) != bool(self.classes):
            raise ValueError("give 'classes' exactly if a scene has a 'label'")
        return self


class TorchgeoManifest(OwnManifest):
    """A data set class of torchgeo whose samples hold an image and a mask."""

    kind: Literal["torchgeo"]
    dataset: str = Field(description="class in torchgeo.datasets, for example 'LandCoverAI100'")
    arguments: dict[str, Any] = Field({}, description="arguments of the class; root is relative to the manifest")
    splits: dict[Literal["train", "validation", "test"], dict[str, Any]] = Field(
        {}, description="further arguments per split, for example {train: {split: train}, ...}; leave out to split automatically"
    )
    window: int = Field(32, ge=8, multiple_of=4, description="largest window; smaller images are left out")

    @model_validator(mode="after")
    def _all_splits(self) -> Self:
        if self.splits and len(self.splits) < 3:
            raise ValueError("'splits' needs train, validation and test")
        return self
