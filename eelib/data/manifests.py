"""Manifests: what a data set is, where it comes from, and how to know that it is intact."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from eelib.data.manifest_base import Manifest as Manifest
from eelib.data.manifest_fetched import Channel, FetchedManifest, FileEntry
from eelib.data.names import ALIASES
from eelib.data.own.kinds import RasterFolderManifest, SceneSeriesManifest, TorchgeoManifest
from eelib.data.pairs.manifests import PAIR_KINDS
from eelib.errors import InputError, unknown
from eelib.settings import Settings, describe

__all__ = ["Channel", "FetchedManifest", "FileEntry", "Manifest", "SampleManifest", "load_manifest", "manifest", "manifest_names", "sample"]


class ClassEntry(Settings):
    """One class of the label raster; its id is its position in the list."""

    name: str
    color: str = Field(pattern="^#[0-9a-f]{6}$")
    source: str = Field("", description="the label as the source writes it")


class SampleManifest(FetchedManifest):
    """Labelled rasters that `eelib data fetch` can bring."""

    kind: Literal["sample"]
    continent: str
    bands: tuple[str, ...] = Field(min_length=1)
    classes: tuple[ClassEntry, ...] = Field(min_length=2)


class LabelledClass(ClassEntry):
    """One class of a data set of the literature, with the id under which its files hold it."""

    value: int = Field(description="id in the label rasters of the source; ids that no class names are ignored")


class FilePattern(Settings):
    """Files that belong to a data set: a glob below its folder and how many there should be."""

    glob: str = Field(min_length=1)
    count: int | None = Field(None, ge=1, description="None: no number was found in a source that can be cited")
    what: str
    optional: bool = False


class Download(Settings):
    """An archive to download by hand."""

    name: str
    url: str
    md5: str | None = Field(None, pattern="^[0-9a-f]{32}$", description="None: none was found")
    stated: str = Field("", description="where URL and MD5 were read")


class Normalisation(Settings):
    """Published statistics per band. Kept for reference: this study standardises with the unlabelled windows it reads."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    unit: str
    source: str


class Reference(Settings):
    """A published score, for comparison with ours."""

    model: str
    metric: str
    value: float
    tag: Literal["A", "A2"] = Field(description="A: read in the source named; A2: read in a source that quotes it")
    source: str


class DatasetManifest(Manifest):
    """A data set of the literature, which its owners hand out: `eelib data fetch` says how to get it."""

    kind: Literal["dataset"]
    version: str
    format: Literal["pastis", "mtlcc", "t31tfm", "sustainbench", "loveda", "solar_plants"] = Field(description="which loader reads it")
    continent: str
    source: str
    landing: str = Field(pattern="^https?://", description="page that says how to get the data")
    licence: str
    attribution: str
    citation: str
    size: str
    obtain: tuple[str, ...] = Field(min_length=1, description="the steps that bring the data into its folder")
    downloads: tuple[Download, ...] = ()
    files: tuple[FilePattern, ...] = Field(min_length=1)
    bands: tuple[str, ...] = Field(min_length=1)
    scale: float = Field(gt=0, description="what a digital number is multiplied by")
    classes: tuple[LabelledClass, ...] = Field(min_length=2)
    ignored: str = Field(description="which pixels neither loss nor metric sees")
    tile: int = Field(ge=8, description="height and width of a tile, pixels")
    num_dates: int | None = Field(None, ge=1, description="fewest dates of a series; None: not known, shorter series repeat dates")
    splits: str
    folds: dict[Literal["train", "validation", "test"], tuple[int, ...]] | None = None
    normalisation: Normalisation | None = None
    references: tuple[Reference, ...] = ()
    checked: str = Field(description="what was compared with the source's own code")
    reading: str = Field(description="what is our own reading of the format or the protocol")

    @property
    def fingerprint(self) -> str:
        """Everything in the manifest that decides pixels, labels or splits."""
        fields = {"name", "version", "format", "bands", "scale", "classes", "tile", "num_dates", "folds"}
        return self.model_dump_json(include=fields)


KINDS: dict[str, type[Manifest]] = {
    "sample": SampleManifest,
    "dataset": DatasetManifest,
    "raster-folder": RasterFolderManifest,
    "scene-series": SceneSeriesManifest,
    "torchgeo": TorchgeoManifest,
    **PAIR_KINDS,
}


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which the same key twice is an error instead of a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{key}' appears twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Parse a YAML file with unique keys.

    Raises:
        InputError: The file is missing or not valid YAML; names file and line.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise InputError(f"{where}: not valid YAML: {getattr(error, 'problem', error)}") from error


def manifest_folder() -> Path:
    """The folder of manifests: ``$EELIB_MANIFESTS`` or ``data_manifests/`` beside the package."""
    return Path(os.environ.get("EELIB_MANIFESTS") or Path(__file__).parents[2] / "data_manifests")


def load_manifest(path: Path) -> Manifest:
    """Read and validate one manifest; a file that has not changed is parsed once per process.

    Raises:
        InputError: Names the file and the field, with the nearest field that exists.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    return _load_manifest(path.absolute(), path, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=256)
def _load_manifest(_place: Path, path: Path, _changed: int, _size: int) -> Manifest:
    # What is not read tells files apart: the same relative path in another folder, and what was edited.
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: a manifest is a mapping of fields, this file holds {type(content).__name__}")
    if content.get("kind") not in KINDS:
        raise InputError(f"{path}: {unknown('kind', content.get('kind'), KINDS)}")
    schema = KINDS[content["kind"]]
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {describe(error, schema)}") from error


def manifest_names() -> list[str]:
    """Names of all manifests."""
    return sorted(path.stem for path in manifest_folder().glob("*.yaml"))


def manifest(name: str) -> Manifest:
    """The manifest of that name, or of the data set that the name is another name of.

    Raises:
        InputError: There is none; names the nearest.
    """
    name = ALIASES.get(name, name)
    if name not in manifest_names():
        raise unknown("data set", name, manifest_names())
    return load_manifest(manifest_folder() / f"{name}.yaml")


def sample_names() -> list[str]:
    """Names of the samples, which `eelib data fetch` brings."""
    return [name for name in manifest_names() if manifest(name).kind == "sample"]


def sample(name: str) -> SampleManifest:
    """The manifest of a sample.

    Raises:
        InputError: There is none; names the nearest.
    """
    entry = manifest(name)
    if not isinstance(entry, SampleManifest):
        raise unknown("sample", name, sample_names())
    return entry


def dataset_names() -> list[str]:
    """Names of the data sets of the literature."""
    return [name for name in manifest_names() if manifest(name).kind == "dataset"]


def fetched_names() -> list[str]:
    """Names of everything that `eelib data fetch` brings by itself: labelled rasters and pictures with names."""
    return [name for name in manifest_names() if isinstance(manifest(name), FetchedManifest)]


def fetched(name: str) -> FetchedManifest:
    """The manifest of a data set that `eelib data fetch` brings.

    Raises:
        InputError: There is none; names the nearest.
    """
    entry = manifest(name)
    if not isinstance(entry, FetchedManifest):
        raise unknown("sample", name, fetched_names())
    return entry
