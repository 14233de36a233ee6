"""What manifests of data sets have that `eelib data fetch` brings by itself: a channel, archives, and every file with its digest."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from eelib.data.manifest_base import Manifest
from eelib.settings import Settings


class FileEntry(Settings):
    """One file and how to recognise it."""

    path: str = Field(min_length=1, description="file name, or path inside the archive")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Channel(Settings):
    """Where an archive comes from: a pip requirement or an npm package, fetched by the user's own client, or a URL."""

    pip: str | None = None
    npm: str | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(given is not None for given in (self.pip, self.npm, self.url)) != 1:
            raise ValueError("give exactly one of 'pip', 'npm' and 'url'")
        return self

    @property
    def spec(self) -> str:
        """What the channel is asked for."""
        return str(self.pip or self.npm or self.url)


class Package(Settings):
    """An archive and the files of it that are used; all others are left out."""

    channel: Channel
    archive: FileEntry
    files: tuple[FileEntry, ...] = Field(min_length=1)


class FetchedManifest(Manifest):
    """A data set that `eelib data fetch` can bring and `eelib data verify` can check."""

    version: str
    source: str = Field(description="who made the data and where they describe it")
    licence: str
    attribution: str
    citation: str
    channel: Channel
    archive: FileEntry
    files: tuple[FileEntry, ...] = Field(min_length=1, description="the files of the archive that are used; all others are left out")
    more: tuple[Package, ...] = Field((), description="further archives that the same data set needs")
    splits: str = Field(description="how train, validation and test are kept apart")

    @property
    def packages(self) -> tuple[Package, ...]:
        """All archives with their files."""
        return (Package(channel=self.channel, archive=self.archive, files=self.files), *self.more)

    @property
    def all_files(self) -> tuple[FileEntry, ...]:
        """The files of all archives."""
        return tuple(entry for package in self.packages for entry in package.files)

    @property
    def fingerprint(self) -> str:
        """What the content hash of a record's data is made of: the version and the digest of every file."""
        return "/".join([self.name, self.version, *(entry.sha256 for entry in self.all_files)])
