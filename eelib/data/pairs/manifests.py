"""Manifests of image-text data: the sample, a user's own pairs and class folders, and data sets of the literature."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from eelib.data.manifest_base import Manifest
from eelib.data.manifest_fetched import FetchedManifest
from eelib.data.pairs.prompts import PLACEHOLDER, PROMPT_SETS, check_prompts
from eelib.errors import unknown
from eelib.settings import Settings

SPLIT_SHARES = (0.7, 0.1, 0.2)  # train, validation, test, where the data have no split of their own


class PairSampleManifest(FetchedManifest):
    """Pictures with names that `eelib data fetch` can bring."""

    kind: Literal["pair-sample"]
    classes: dict[str, str] = Field(min_length=2, description="category in the source to the class name used in prompts")


class ReadsImages(Settings):
    """How image files of a user are read. Relative paths count from the folder of the manifest."""

    folder: str = Field(".", description="where the images are; no path may lead out of it")
    channels: tuple[int, ...] | None = Field(None, min_length=1, description="bands of a GeoTIFF by number from 1; None: the first three")
    brightest: float | None = Field(
        None, gt=0, description="digital number that is shown as 1; None: 255, 65 535 in 16-bit files, 1 in floats; signed numbers need it"
    )
    broken: Literal["stop", "skip"] = Field("skip", description="a row that cannot be used stops with an error, or is skipped and counted")
    prompts: str | tuple[str, ...] = Field("photo1", description="prompt set for the zero-shot classes: its name, or a list of templates")
    shares: tuple[float, float, float] = Field(
        SPLIT_SHARES, description="train, validation and test where the data have no split of their own"
    )
    licence: str = Field("", description="for readers")
    attribution: str = Field("", description="credit line under figures")

    @field_validator("prompts", mode="before")
    @classmethod
    def _prompts_are_known(cls, value: object) -> object:
        if isinstance(value, str):
            if PLACEHOLDER in value:
                raise ValueError("give templates of your own as a list, even a single one")
            if value not in PROMPT_SETS:
                raise unknown("prompt set", value, PROMPT_SETS)
        elif isinstance(value, list | tuple) and all(isinstance(template, str) for template in value):
            check_prompts(value)
        else:
            raise ValueError("give the name of a prompt set, or a list of texts in quotes, each with one {}")
        return value

    @model_validator(mode="after")
    def _shares_fill_up(self) -> Self:
        if min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"'shares' must be three positive numbers that add up to 1, got {list(self.shares)}")
        return self


class TableManifest(Manifest, ReadsImages):
    """A CSV or TSV file with one pair per row."""

    kind: Literal["image-text-table"]
    table: str = Field(description="the file, UTF-8; .tsv is read with tabs, everything else with commas")
    path_column: str = Field("path", description="the image of each row, relative to the folder")
    caption_column: str = Field("caption", description="its text")
    split_column: str | None = Field(None, description="train, val(idation) or test per row; None: by place, at the shares")
    place_column: str | None = Field(None, description="rows of one place stay in one split; None: rows of one image do")
    class_column: str | None = Field(None, description="class per row, for zero-shot; None: none")


class ShardsManifest(Manifest, ReadsImages):
    """Tar files as webdataset writes them: members of one pair share their name up to the first dot of the file name."""

    kind: Literal["image-text-shards"]
    shards: str = Field("*.tar", description="glob of the training shards below the folder")
    validation: str | None = Field(None, description="glob of the validation shards; None: every tenth pair, by a hash of its name")
    test: str | None = Field(None, description="glob of the test shards; None: every fifth pair, by a hash of its name")
    image: tuple[str, ...] = Field(("jpg", "jpeg", "png", "tif"), min_length=1, description="endings of images")
    caption: tuple[str, ...] = Field(("txt", "json"), min_length=1, description="endings of captions; of a JSON file its field 'caption'")


class ClassFolderManifest(Manifest, ReadsImages):
    """One folder per class, for zero-shot classification and probes; train, val and test folders above them are used where they exist."""

    kind: Literal["class-folder"]
    names: dict[str, str] = Field({}, description="folder to the name used in prompts; others are called by their folder's name")


class Stated(Settings):
    """A number and who states it."""

    value: int = Field(ge=1)
    source: str


class PairFiles(Settings):
    """Files that belong to a data set, as a glob below its folder."""

    glob: str = Field(min_length=1)
    what: str


class PairDownload(Settings):
    """An archive to download by hand; address and MD5 as the named source states them."""

    name: str
    url: str
    md5: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    stated: str


class PairDatasetManifest(Manifest, ReadsImages):
    """An image-text or evaluation data set of the literature, which its owners hand out."""

    kind: Literal["pair-dataset"]
    format: Literal["rsicd-json", "class-folder", "image-text-table", "image-text-shards", "torchvision"] = Field(
        description="which loader reads it"
    )
    landing: str = Field(pattern="^https?://", description="page that says how to get the data")
    licence: str
    citation: str
    size: str
    pairs: Stated | None = Field(None, description="number of images; None: no number was found in a source that can be cited")
    obtain: tuple[str, ...] = Field(min_length=1, description="the steps that bring the data into FOLDER")
    downloads: tuple[PairDownload, ...] = ()
    files: tuple[PairFiles, ...] = Field(min_length=1)
    annotations: str = Field("", description="rsicd-json: the JSON file; table: the table")
    columns: tuple[str, str] = Field(("path", "caption"), description="table: columns of path and caption")
    torchvision: str = Field("", description="torchvision: name of the data set class")
    splits: str = Field(description="how train, validation and test are kept apart")
    lists: dict[Literal["train", "validation", "test"], str] = Field({}, description="class-folder: text files with a file name per line")
    names: dict[str, str] = Field({}, description="folder or class to the name used in prompts")
    class_names: Literal["folders", "imagenet"] = Field(
        "folders", description="imagenet: the names that open_clip carries, in the order of the folders"
    )
    checked: str = Field(description="what was compared with which source, and what is our own reading")


PAIR_KINDS: dict[str, type[Manifest]] = {
    "pair-sample": PairSampleManifest,
    "image-text-table": TableManifest,
    "image-text-shards": ShardsManifest,
    "class-folder": ClassFolderManifest,
    "pair-dataset": PairDatasetManifest,
}
