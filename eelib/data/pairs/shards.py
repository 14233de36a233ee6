"""Pairs in webdataset's tar shards, read in place: an index of offsets is all that is kept in memory, so any pair is one read away."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from eelib.data.windows import Ints
from eelib.errors import InputError

BLOCK = 512  # bytes; a tar file ends with at least one empty block


@dataclass(frozen=True)
class ShardIndex:
    """Where the pairs of some shards lie.

    Attributes:
        paths: The shards.
        keys: Name of each pair.
        shard: ``(N,)`` number of the shard.
        image: ``(N, 2)`` offset and size in bytes.
        caption: ``(N, 2)`` offset and size in bytes.
        is_json: ``(N,)`` whether the caption is a field of a JSON file.
        incomplete: Names that lack an image or a caption.
    """

    paths: tuple[Path, ...]
    keys: tuple[str, ...]
    shard: Ints
    image: Ints
    caption: Ints
    is_json: Ints
    incomplete: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: Ints) -> ShardIndex:
        """Some of the pairs."""
        keys = tuple(self.keys[int(row)] for row in rows)
        return ShardIndex(self.paths, keys, self.shard[rows], self.image[rows], self.caption[rows], self.is_json[rows])

    def image_bytes(self, row: int) -> bytes:
        """The encoded image of a pair.

        Raises:
            InputError: The shard cannot be read any more.
        """
        return self._read(row, self.image[row])

    def text(self, row: int) -> str:
        """The caption of a pair.

        Raises:
            InputError: Not UTF-8, or JSON without a caption, or the shard cannot be read any more.
        """
        where = f"{self.paths[self.shard[row]]}: {self.keys[row]}"
        content = self._read(row, self.caption[row])
        try:
            text = content.decode("utf-8")
            return " ".join((str(json.loads(text)["caption"]) if self.is_json[row] else text).split())
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: the caption is not UTF-8 text; write it as UTF-8") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{where}: the JSON file has no field 'caption'; add it, or write a .txt file") from error

    def _read(self, row: int, span: Ints) -> bytes:
        path = self.paths[self.shard[row]]
        try:
            with path.open("rb") as stream:
                stream.seek(int(span[0]))
                content: bytes = stream.read(int(span[1]))
        except OSError as error:
            raise InputError(f"{path}: the shard cannot be read ({error.strerror}); copy it again") from error
        if len(content) < span[1]:
            raise InputError(f"{path}: the shard cannot be read (it was cut short since its index was made); copy it again")
        return content


class ShardTexts(Sequence[str]):
    """The captions of an index, read one by one."""

    def __init__(self, index: ShardIndex) -> None:
        self.pairs = index

    def __len__(self) -> int:
        return len(self.pairs)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self.pairs.text(k) for k in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self.pairs.text(row % len(self))


def index_shards(paths: Sequence[Path], image: tuple[str, ...], caption: tuple[str, ...]) -> ShardIndex:
    """Read the headers of tar files, not their content.

    Args:
        paths: The shards, plain tar.
        image: Endings of images, the first that a pair has is used.
        caption: Endings of captions, likewise.

    Raises:
        InputError: A shard is missing, compressed, damaged or cut short.
    """
    keys: list[str] = []
    rows: list[tuple[int, int, int, int, int, int]] = []
    incomplete: list[str] = []
    for number, path in enumerate(paths):
        for key, members in _grouped(path).items():
            picture = next((members[end] for end in image if end in members), None)
            end = next((end for end in caption if end in members), None)
            if picture is None or end is None:
                incomplete.append(key)
                continue
            keys.append(key)
            rows.append((number, *picture, *members[end], int(end == "json")))
    table = np.array(rows, np.int64).reshape(-1, 6)
    return ShardIndex(tuple(paths), tuple(keys), table[:, 0], table[:, 1:3], table[:, 3:5], table[:, 5], tuple(incomplete))


def _grouped(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Key to ending to offset and size; webdataset's rule: the ending starts at the first dot of the file name."""
    groups: dict[str, dict[str, tuple[int, int]]] = {}
    if not path.is_file():
        raise InputError(f"{path}: the shard is missing; copy it again, or change 'shards' in the manifest")
    try:
        with tarfile.open(path, "r:") as bundle:
            end = 0
            for member in bundle:
                end = member.offset_data + -(-member.size // BLOCK) * BLOCK
                if member.isreg():
                    folder, _, name = member.name.rpartition("/")
                    stem, _, ending = name.partition(".")
                    groups.setdefault(f"{folder}/{stem}".lstrip("/"), {})[ending.lower()] = (member.offset_data, member.size)
    except (tarfile.TarError, EOFError, OSError) as error:
        remedy = "copy it again; compressed shards must be unpacked to plain .tar"
        raise InputError(f"{path}: the shard is cut short or no plain tar file ({error}); {remedy}") from error
    if path.stat().st_size < end + BLOCK:
        raise InputError(f"{path}: the shard is cut short (it ends after {path.stat().st_size} bytes without an end mark); copy it again")
    return groups
