"""Records on disk: one JSON file per arm, written last and atomically, never changed afterwards."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eelib.errors import InputError
from eelib.study.arm import Arm
from eelib.study.recipes import RECIPES

Record = dict[str, Any]
RECORD = "record.json"
FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EFBIG)


class Store:
    """The runs folder.

    Args:
        root: ``$EELIB_RUNS`` or ``runs/`` in the working directory where None.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or Path(os.environ.get("EELIB_RUNS") or "runs")).absolute()

    def folder(self, arm: Arm) -> Path:
        """Where an arm's record and files lie."""
        return self.root / arm.experiment / arm.key

    def has(self, arm: Arm) -> bool:
        """Whether the arm is done; only a record says so."""
        return (self.folder(arm) / RECORD).is_file()

    def usable(self, arm: Arm) -> bool:
        """Whether the arm is done and its files are there too, as they may not be where only records were copied."""
        return self.has(arm) and all((self.folder(arm) / name).is_file() for name in RECIPES[arm.recipe].leaves)

    def missing(self, arms: Iterable[Arm]) -> list[Arm]:
        """Arms to compute, needed ones first: those without a record, and what these need that has no record or has lost its files."""
        found: dict[str, Arm] = {}

        def visit(arm: Arm, done: bool) -> None:
            if not done and arm.key not in found:
                for needed in arm.needs.values():
                    visit(needed, self.usable(needed))
                found[arm.key] = arm

        for arm in arms:
            visit(arm, self.has(arm))
        return list(found.values())

    def record(self, arm: Arm) -> Record | None:
        """The record of an arm, or None where it is not done."""
        path = self.folder(arm) / RECORD
        return read_record(path) if path.is_file() else None

    def records(self, experiment: str | None = None) -> list[Record]:
        """All records, or those of an experiment, in a stable order."""
        return [read_record(path) for path in sorted(self.root.glob(f"{experiment or '*'}/*/{RECORD}"))]

    def write(self, arm: Arm, metrics: Mapping[str, Any], provenance: Mapping[str, Any]) -> Record:
        """Write a record; from then on the arm is done.

        Raises:
            InputError: A metric is NaN or infinite, or the folder cannot be written.
        """
        if (done := self.record(arm)) is not None:  # only its files were made again
            return done
        record = {**arm.identity, "key": arm.key, "metrics": dict(metrics), "provenance": dict(provenance)}
        write_json(self.folder(arm) / RECORD, record)
        return record

    def prepare(self) -> None:
        """Make sure that the runs folder can be written, before anything is computed.

        Raises:
            InputError: It cannot.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".writable-{os.getpid()}"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise storage_error(self.root, error) from error


def read_record(path: Path) -> Record:
    """A record from its file.

    Raises:
        InputError: The file is damaged; it is not touched.
    """
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
        if not {"experiment", "arm", "key", "seed", "params", "metrics"} <= record.keys():
            raise ValueError("fields are missing")
    except (ValueError, OSError, AttributeError) as error:
        raise InputError(f"{path}: this record is damaged ({error}); move it away and run again to compute it anew") from error
    return record


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON under a temporary name, flush it to the disk, then give it its name."""
    try:
        text = json.dumps(content, indent=1, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: a value is NaN or infinite and cannot be recorded; look at the arm's log") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with partial.open("w", encoding="utf-8") as handle:
            handle.write(text + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
    except OSError as error:
        raise storage_error(path, error) from error


def refusal(error: OSError, root: Path, folder: Path) -> InputError:
    """What the operating system refused inside an arm: to write a file of the runs folder, or to read one, which may lie anywhere.

    Args:
        error: Python's, or that of a library: these often have neither number nor file name.
        root: The runs folder.
        folder: That of the arm, below ``root``.
    """
    path = Path(os.fsdecode(error.filename)).absolute() if isinstance(error.filename, str | bytes) else None
    written = path is None or path.is_relative_to(root)  # writing to a file that is open names no file
    if error.errno in FULL or (error.errno in UNWRITABLE and written):
        return storage_error(path or folder, error)
    what = f"{path}: cannot be read ({error.strerror})" if path else f"input cannot be read ({' '.join(str(error).split())})"
    return InputError(f"{what}; check that file, then run the same command again")


def storage_error(path: Path, error: OSError) -> InputError:
    """The operating system's refusal as one clear line."""
    if error.errno in FULL:
        return InputError(f"{path}: the disk is full; free some space and run the same command again, finished arms are kept")
    return InputError(f"{path}: cannot be written ({error.strerror}); choose another folder with EELIB_RUNS")
