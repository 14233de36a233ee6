"""Data sets of the literature on this machine: where they lie, whether they are complete, and how to get them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eelib.data.fetch import data_folder, location, verify
from eelib.data.manifests import (
    DatasetManifest,
    FilePattern,
    Manifest,
    dataset_names,
    fetched,
    fetched_names,
    manifest,
    manifest_names,
    sample,
    sample_names,
)
from eelib.data.pairs.literature_files import how_to_get_pairs, pair_dataset_folder, verify_pair_dataset
from eelib.data.pairs.manifests import PairDatasetManifest, PairSampleManifest
from eelib.errors import InputError


def dataset_folder(entry: DatasetManifest) -> Path:
    """Where the files of a data set are looked for: ``$EELIB_DATA/<name>``."""
    return data_folder() / entry.name


def require_dataset(entry: DatasetManifest) -> Path:
    """Folder of a data set that must be there already.

    Raises:
        InputError: It is not there; says how to get it.
    """
    folder = dataset_folder(entry)
    if not folder.is_dir():
        raise InputError(
            f"the data set '{entry.name}' is not in {folder}: get it from {entry.landing} ({entry.size}); "
            f"`eelib data fetch {entry.name}` lists the steps"
        )
    return folder


def how_to_get(entry: DatasetManifest) -> list[str]:
    """The steps that bring a data set to where the loader looks, one line each."""
    folder = dataset_folder(entry)
    lines = [f"{entry.title}: {entry.size}; licence: {entry.licence}", f"page: {entry.landing}"]
    for item in entry.downloads:
        lines.append(f"archive: {item.name}  {item.url}")
        if item.md5:
            lines.append(f"         MD5 {item.md5} ({item.stated})")
    lines += [f"{number}. {step.replace('FOLDER', str(folder))}" for number, step in enumerate(entry.obtain, 1)]
    return [*lines, f"{len(entry.obtain) + 1}. check it: eelib data verify {entry.name}"]


def verify_dataset(entry: DatasetManifest) -> list[str]:
    """Problems of a data set, one line each; empty if every expected file is there.

    Looks at names, counts and empty files, and at the MD5 of archives that lie in the folder. Pixels are checked when they are read.
    """
    folder, remedy = dataset_folder(entry), f"`eelib data fetch {entry.name}` says how to get it"
    if not folder.is_dir():
        return [f"{entry.name}: not in {folder}; {remedy}"]
    problems = [problem for item in entry.files for problem in _wrong_files(folder, item, remedy)]
    for archive in entry.downloads:
        path = folder / archive.name
        if archive.md5 and path.is_file() and md5(path) != archive.md5:
            problems.append(f"{path}: another MD5 than {archive.md5}; download it again")
    return problems


def _wrong_files(folder: Path, item: FilePattern, remedy: str) -> Iterator[str]:
    found = [path for path in folder.glob(item.glob) if path.is_file()]
    if not found:
        if not item.optional:
            yield f"{folder / item.glob}: missing ({item.what}); {remedy}"
    elif item.count and len(found) != item.count:
        yield f"{folder / item.glob}: {len(found)} files instead of {item.count} ({item.what}); {remedy}"
    for path in found:
        if not path.stat().st_size:
            yield f"{path}: empty; copy it again"


@dataclass(frozen=True)
class Listing:
    """What is known of a data set without reading a file.

    Attributes:
        digest: Short hash of names and sizes of all files, the same on every machine that holds the same copy.
        newest: When a file was last changed on this machine, nanoseconds.
    """

    digest: str
    newest: int


def listing(entry: DatasetManifest) -> Listing:
    """Names, sizes and age of all files of a data set.

    Raises:
        InputError: The data set is not there.
    """
    folder = require_dataset(entry)
    found = {path: path.stat() for item in entry.files for path in folder.glob(item.glob)}
    names = sorted(f"{path.relative_to(folder).as_posix()} {stat.st_size}" for path, stat in found.items())
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    return Listing(digest, max((stat.st_mtime_ns for stat in found.values()), default=0))


def md5(path: Path) -> str:
    """MD5 of a file as 32 hex characters; only because that is what archives of the literature are published with."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def inventory() -> list[str]:
    """Two lines for every sample and data set: name, whether it is here, continent, title; licence and how to get it."""
    lines = []
    for name in sample_names():
        entry = sample(name)
        state = "here" if location(entry).is_dir() else f"fetch {entry.archive.bytes / 1e6:.0f} MB"
        lines += _two_lines(name, state, entry.continent, entry.title, entry.licence)
    for name in dataset_names():
        item = manifest(name)
        assert isinstance(item, DatasetManifest)
        here = dataset_folder(item).is_dir()
        how = "" if here else f"; get it: eelib data fetch {name}"
        lines += _two_lines(name, "here" if here else "by hand", item.continent, item.title, item.licence + how)
    return lines + _pair_lines()


def _pair_lines() -> list[str]:
    """The lines of image-text data; they belong to no continent."""
    lines = []
    for name in manifest_names():
        entry = manifest(name)
        if isinstance(entry, PairSampleManifest):
            size = sum(part.archive.bytes for part in entry.packages) / 1e6
            lines += _two_lines(name, "here" if location(entry).is_dir() else f"fetch {size:.0f} MB", "pairs", entry.title, entry.licence)
        elif isinstance(entry, PairDatasetManifest):
            here = pair_dataset_folder(entry).is_dir()
            how = "" if here else f"; get it: eelib data fetch {name}"
            lines += _two_lines(name, "here" if here else "by hand", "pairs", entry.title, entry.licence + how)
    return lines


def by_hand(entry: Manifest) -> tuple[Path, list[str]]:
    """Folder of a data set that is downloaded by hand, and the steps that bring it there.

    Raises:
        InputError: The manifest is of a user's own data, which is where it is.
    """
    if isinstance(entry, DatasetManifest):
        return dataset_folder(entry), how_to_get(entry)
    if isinstance(entry, PairDatasetManifest):
        return pair_dataset_folder(entry), how_to_get_pairs(entry)
    raise InputError(f"{entry.name}: a manifest of kind '{entry.kind}' describes your own files; there is nothing to fetch")


def _two_lines(name: str, state: str, continent: str, title: str, below: str) -> list[str]:
    return [f"{name:20} {state:11} {continent:13} {title}", f"{'':46} {below}"]


def to_verify() -> list[str]:
    """All samples, and the data sets that are on this machine."""
    entries = {name: manifest(name) for name in manifest_names()}
    here = [name for name, entry in entries.items() if isinstance(entry, DatasetManifest) and dataset_folder(entry).is_dir()]
    here += [name for name, entry in entries.items() if isinstance(entry, PairDatasetManifest) and pair_dataset_folder(entry).is_dir()]
    return fetched_names() + here


def verify_any(name: str) -> list[str]:
    """Problems of a sample or a data set, one line each."""
    entry = manifest(name)
    if isinstance(entry, PairDatasetManifest):
        return verify_pair_dataset(entry)
    return verify_dataset(entry) if isinstance(entry, DatasetManifest) else verify(fetched(name))
