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
from eelib.data.manifest_fetched import Package
from eelib.data.manifests import FetchedManifest, fetched
from eelib.errors import InputError

NO = ("", "0", "false", "no")  # values of $EELIB_OFFLINE that allow the network


def data_folder() -> Path:
    """Where downloads lie: ``$EELIB_DATA`` or the user's cache."""
    if given := os.environ.get("EELIB_DATA"):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("eelib"))


def location(entry: FetchedManifest) -> Path:
    """The folder of a fetched data set; exists only if it was complete and intact when it was put there."""
    return data_folder() / f"{entry.name}-{entry.version}"


def fetch(entry: FetchedManifest, *, offline: bool | None = None) -> Path:
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
    offline = os.environ.get("EELIB_OFFLINE", "").strip().lower() not in NO if offline is None else offline
    if offline and not all((data_folder() / package.archive.path).exists() for package in entry.packages):
        raise InputError(f"{entry.name}: not in {data_folder()} and offline; run `eelib data fetch {entry.name}` with a network first")
    with writable(data_folder()), lock(data_folder() / f"{entry.name}.lock"):
        if not target.is_dir():  # another process may have finished while this one waited
            archives = [_download(package) for package in entry.packages]
            with tempfile.TemporaryDirectory(dir=data_folder(), prefix=f".{entry.name}-") as partial:
                for archive, package in zip(archives, entry.packages, strict=True):
                    extract(archive, package.files, Path(partial))
                Path(partial).rename(target)
                Path(partial).mkdir()  # so that the context manager finds what it wants to remove
            for archive in archives:
                archive.unlink()
    return target


def verify(entry: FetchedManifest) -> list[str]:
    """Problems of a fetched data set, one line each; empty if it is intact. Never uses the network."""
    folder = location(entry)
    remedy = f"run `eelib data fetch {entry.name}`"
    if not folder.is_dir():
        return [f"{entry.name}: not fetched; {remedy}"]
    problems = []
    for item in entry.all_files:
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
    entry = fetched(name)
    if not location(entry).is_dir():
        raise InputError(f"the data set '{name}' is not on this machine: run `eelib data fetch {name}`")
    return location(entry)


def _download(package: Package) -> Path:
    """The archive in the data folder, complete and with the right checksum."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    client = _pip_download if package.channel.pip else _npm_download

    def by_client(url: str, output_file: str, pooch_object: object) -> None:
        client(url, package, Path(output_file))

    archive = package.archive
    try:
        path = pooch.retrieve(
            url=package.channel.spec,
            known_hash=f"sha256:{archive.sha256}",
            fname=archive.path,
            path=data_folder(),
            downloader=None if package.channel.url else by_client,
        )
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        (data_folder() / archive.path).unlink(missing_ok=True)
        raise InputError(f"{archive.path}: the download has another SHA-256 than the manifest says; try again, or report it") from error
    return Path(path)


def _pip_download(requirement: str, package: Package, output: Path) -> None:
    """Let the user's own pip fetch a distribution, so that mirrors and proxies set up for pip apply."""
    kind = ["--only-binary", ":all:"] if package.archive.path.endswith(".whl") else ["--no-binary", requirement.split("==")[0]]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind, "--dest", "{folder}", requirement]
    _run_client("pip", command, requirement, package, output)


def _npm_download(spec: str, package: Package, output: Path) -> None:
    """Let the user's own npm fetch a package, as pip above; nothing of it is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(f"{spec} comes through npm, which is not installed: install Node.js (apt install npm), then fetch again")
    command = [npm, "pack", spec, "--silent", "--ignore-scripts", "--pack-destination", "{folder}"]
    _run_client("npm", command, spec, package, output)


def _run_client(client: str, command: list[str], spec: str, package: Package, output: Path) -> None:
    """Run a package client in an empty folder and take the archive it leaves there."""
    with tempfile.TemporaryDirectory() as folder:
        command = [part.format(folder=folder) if part == "{folder}" else part for part in command]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        found = Path(folder) / package.archive.path
        if not found.exists():
            lines = done.stderr.splitlines()
            reason = next((line for line in reversed(lines) if "ERROR" in line), done.stderr.strip()[-200:] or "no message")
            raise InputError(f"{client} could not download {spec} ({reason}); check the network, then fetch again")
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
def lock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock that the operating system releases when the process ends, however it ends.

    Args:
        path: The lock's file.
        wait: Until another process lets go of it; otherwise the block runs without it, and is told so by ``False``.
    """
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = False
        else:
            held = True
        yield held
