"""Fetching and checking data sets: atomic, checksummed, resumable, and honest about what is missing."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eelib.data.archives import digest, extract
from eelib.data.manifests import SampleManifest, sample
from eelib.errors import InputError


def data_folder() -> Path:
    """Where downloads lie: ``$EELIB_DATA`` or the user's cache."""
    if given := os.environ.get("EELIB_DATA"):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("eelib"))


def location(entry: SampleManifest) -> Path:
    """The folder of a fetched data set; exists only if it was complete and intact when it was put there."""
    return data_folder() / f"{entry.name}-{entry.version}"


def fetch(entry: SampleManifest, *, offline: bool | None = None) -> Path:
    """Bring a data set, unless it is there already.

    Nothing half-made stays behind: the archive and the folder appear under their final names only when they are complete and checked.

    Args:
        entry: What to fetch.
        offline: Never use the network; default ``$EELIB_OFFLINE``.

    Returns:
        The folder that holds the files of the manifest.

    Raises:
        InputError: Offline without a copy, no way to download, a wrong checksum, a damaged archive, a full or read-only disk.
    """
    target = location(entry)
    if target.is_dir():
        return target
    offline = bool(os.environ.get("EELIB_OFFLINE")) if offline is None else offline
    if offline and not (data_folder() / entry.archive.path).exists():
        raise InputError(f"{entry.name}: not in {data_folder()} and offline; run `eelib data fetch {entry.name}` with a network first")
    with writable(data_folder()), lock(data_folder() / f"{entry.name}.lock"):
        if not target.is_dir():  # another process may have finished while this one waited
            archive = _download(entry)
            with tempfile.TemporaryDirectory(dir=data_folder(), prefix=f".{entry.name}-") as partial:
                extract(archive, entry.files, Path(partial))
                Path(partial).rename(target)
                Path(partial).mkdir()  # so that the context manager finds what it wants to remove
            archive.unlink()
    return target


def verify(entry: SampleManifest) -> list[str]:
    """Problems of a fetched data set, one line each; empty if it is intact. Never uses the network."""
    folder = location(entry)
    remedy = f"run `eelib data fetch {entry.name}`"
    if not folder.is_dir():
        return [f"{entry.name}: not fetched; {remedy}"]
    problems = []
    for item in entry.files:
        path = folder / item.path
        if not path.is_file():
            problems.append(f"{path}: missing; delete {folder} and {remedy}")
        elif path.stat().st_size != item.bytes:
            problems.append(f"{path}: has {path.stat().st_size} bytes instead of {item.bytes}; delete {folder} and {remedy}")
        elif digest(path) != item.sha256:
            problems.append(f"{path}: wrong SHA-256; delete {folder} and {remedy}")
    return problems


def require(name: str) -> Path:
    """Folder of a data set that must be there already; used by readers, which never download.

    Raises:
        InputError: It is not there; says how to get it.
    """
    entry = sample(name)
    if not location(entry).is_dir():
        raise InputError(f"the data set '{name}' is not on this machine: run `eelib data fetch {name}`")
    return location(entry)


def _download(entry: SampleManifest) -> Path:
    """The archive in the data folder, complete and with the right checksum."""
    import pooch

    pooch.get_logger().setLevel("WARNING")

    def by_pip(url: str, output_file: str, pooch_object: object) -> None:
        _pip_download(url, entry, Path(output_file))

    try:
        path = pooch.retrieve(
            url=entry.channel.url or str(entry.channel.pip),
            known_hash=f"sha256:{entry.archive.sha256}",
            fname=entry.archive.path,
            path=data_folder(),
            downloader=by_pip if entry.channel.pip else None,
        )
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        (data_folder() / entry.archive.path).unlink(missing_ok=True)
        raise InputError(
            f"{entry.archive.path}: the download has another SHA-256 than the manifest says; try again, or report it"
        ) from error
    return Path(path)


def _pip_download(requirement: str, entry: SampleManifest, output: Path) -> None:
    """Let the user's own pip fetch a distribution, so that mirrors and proxies set up for pip apply."""
    kind = ["--only-binary", ":all:"] if entry.archive.path.endswith(".whl") else ["--no-binary", requirement.split("==")[0]]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind, "--dest", folder, requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = Path(folder) / entry.archive.path
        if not found.exists():
            reason = next(
                (line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), done.stderr.strip()[-200:] or "no message"
            )
            raise InputError(f"{entry.name}: pip could not download {requirement} ({reason}); check the network, then fetch again")
        shutil.copyfile(found, output)


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Make a folder and turn the operating system's refusals inside the block into one clear line."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        reasons = {errno.ENOSPC: "the disk is full: free some space", errno.EDQUOT: "the quota is used up: free some space"}
        remedy = reasons.get(error.errno or 0, f"cannot be written ({error.strerror}): choose another folder")
        raise InputError(f"{folder}: {remedy}, then run the same command again; what is complete is kept") from error


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock that the operating system releases when the process ends, however it ends."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
