"""The kinds of manifests that users write for their own data."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from eelib.data.own.manifests import Names, OwnManifest, as_tuple
from eelib.settings import Settings


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
    day_of_year: int = Field(
        182, ge=1, le=366, description="day of the year of images without date; captions name a month only where it is given"
    )
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
