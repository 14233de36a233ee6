"""Webdataset shards as a set of pairs."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np

from eelib.data.freshness import Files
from eelib.data.own.files import sampled_digest
from eelib.data.pairs.containers import NO_LABEL, Pairs, PairSet
from eelib.data.pairs.images import UNREADABLE, ImageReader
from eelib.data.pairs.manifests import ShardsManifest
from eelib.data.pairs.rows import plain_pool, split_by_hash
from eelib.data.pairs.screening import screen, stamp
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.shard_order import BUFFER, ShardOrder
from eelib.data.pairs.shards import ShardIndex, ShardTexts, index_shards
from eelib.data.pairs.versions import versioned
from eelib.errors import InputError


def shard_pairs(entry: ShardsManifest, base: Path, sizes: PairSizes, *, own: bool = True) -> PairSet:
    """The pairs of some shards. Captions and images stay in the shards until they are asked for.

    Args:
        entry: Their manifest.
        base: Folder that relative paths count from.
        sizes: How many pairs of which version.
        own: Whether they are a user's, not those of the literature, which are known by names and sizes as they always were.

    Raises:
        InputError: No shard, a shard that is cut short, pairs that lack an image or a caption where those stop, or an empty set.
    """
    reader, folder = ImageReader(entry, sizes.size), base / entry.folder
    files = (_files(entry, folder),) if own else ()
    indices, skipped = _splits(entry, folder, reader)
    shown = {paths: sampled_digest(paths, folder) for paths in {index.paths for index in indices.values()}} if own else {}
    parts = {
        split: _pairs(entry, index, reader, f"{split} {sizes.model_dump_json()}", shown.get(index.paths))
        for split, index in indices.items()
    }
    train, report = versioned(plain_pool(parts["train"]), sizes)
    validation, test = (parts[part].take(np.arange(min(len(parts[part]), getattr(sizes, part)))) for part in ("validation", "test"))
    notes = [f"{count} pair(s) skipped: {reason}" for reason, count in skipped.items()]
    return PairSet(
        name=entry.name,
        title=entry.title,
        classes=(),
        bands=reader.bands,
        train=train,
        validation=validation,
        test=test,
        simulated=False,
        attribution=entry.attribution,
        notes=(*notes, *(report.lines() if report else ())),
        removed=report.removed if report else {},
        prompts=entry.prompts,
        files=files,
    )


def _files(entry: ShardsManifest, folder: Path) -> Files:
    """The shards as they are now, and the folders that hold them."""
    globs = [pattern for pattern in (entry.shards, entry.validation, entry.test) if pattern]
    paths = [path for pattern in globs for path in folder.glob(pattern)]
    return Files([folder, *paths, *(path.parent for path in paths)])


def _splits(entry: ShardsManifest, folder: Path, reader: ImageReader) -> tuple[dict[str, ShardIndex], Counter[str]]:
    """An index per set, and how many pairs were skipped by reason."""
    globs = {"train": entry.shards, "validation": entry.validation, "test": entry.test}
    found: dict[str, ShardIndex] = {}
    skipped: Counter[str] = Counter()
    held_out = {path for split in ("validation", "test") if globs[split] for path in folder.glob(str(globs[split]))}
    for split, pattern in globs.items():
        if pattern is None:
            continue
        paths = sorted(path for path in folder.glob(pattern) if split != "train" or path not in held_out)
        if not paths:
            raise InputError(f"{folder / pattern}: no shard there; correct the glob of the {split} shards in the manifest")
        index = index_shards(paths, entry.image, entry.caption)
        if index.incomplete and entry.broken == "stop":
            raise InputError(f"{folder}: '{index.incomplete[0]}' lacks an image or a caption; complete it, or set broken: skip")
        found[split], reasons = _screened(entry, index, reader)
        skipped.update({"no image or no caption": len(index.incomplete)} if index.incomplete else {})
        skipped.update(reasons)
    missing = [split for split in ("validation", "test") if split not in found]
    if missing:
        whole = found["train"]
        owner = np.array([split if (split := split_by_hash(key, entry.shares)) in missing else "train" for key in whole.keys])
        found |= {split: whole.take(np.flatnonzero(owner == split)) for split in ("train", *missing)}
    for split, index in found.items():
        if not len(index):
            why = "".join(f"; {count} skipped: {reason}" for reason, count in skipped.items())
            remedy = "bring more pairs, or name its shards in the manifest"
            raise InputError(f"{folder}: no complete pair for the {split} set{why}; {remedy}")
    return found, skipped


def _screened(entry: ShardsManifest, index: ShardIndex, reader: ImageReader) -> tuple[ShardIndex, Counter[str]]:
    """The pairs that can be read, and how many cannot by reason; a verdict is kept per shard."""

    def problem(row: int) -> str:
        return reader.stream_problem(index.image_bytes(row)) if index.text(row) else "empty caption"

    bad: dict[int, str] = {}
    for number, path in enumerate(index.paths):
        rows = range(*np.searchsorted(index.shard, [number, number + 1]))
        identity = f"{stamp(path)} {entry.image} {entry.caption}"
        found = screen(identity, len(rows), lambda at, rows=rows: problem(rows[at]))  # type: ignore[misc]
        bad |= {rows[at]: what for at, what in found.items()}
    if bad and entry.broken == "stop":
        row, what = next(iter(bad.items()))
        raise InputError(f"{index.paths[index.shard[row]]}: {index.keys[row]}: {what}; replace it, or set broken: skip")
    reasons = Counter("image not readable" if what == UNREADABLE else what for what in bad.values())
    return (index.take(np.setdiff1d(np.arange(len(index)), list(bad))) if bad else index), reasons


def _pairs(entry: ShardsManifest, index: ShardIndex, reader: ImageReader, what: str, shown: str | None) -> Pairs:
    listed = [*(f"{path.name} {path.stat().st_size}" for path in index.paths), *index.keys]
    if shown is not None:  # of the middle of a large shard, offsets and sizes are all that is known
        listed += [shown, hashlib.sha256(index.image.tobytes() + index.caption.tobytes()).hexdigest()]
    listing = hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16]

    def read(rows: np.ndarray) -> np.ndarray:
        return np.stack([reader.stream(index.image_bytes(int(row)), f"{index.paths[index.shard[row]]}: {index.keys[row]}") for row in rows])

    return Pairs(
        name=entry.name,
        title=entry.title,
        texts=ShardTexts(index),
        read=read,
        place=np.arange(len(index)),
        labels=np.full(len(index), NO_LABEL),
        simulated=False,
        identity=f"shards {entry.model_dump_json()} {listing} {what} order {BUFFER}",
        order=ShardOrder(index.shard, index.image[:, 0]),
    )
