"""Webdataset shards as a set of pairs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from eelib.data.pairs.containers import NO_LABEL, Pairs, PairSet
from eelib.data.pairs.images import ImageReader
from eelib.data.pairs.manifests import ShardsManifest
from eelib.data.pairs.rows import plain_pool, split_by_hash
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.shards import ShardIndex, ShardTexts, index_shards
from eelib.data.pairs.versions import versioned
from eelib.errors import InputError


def shard_pairs(entry: ShardsManifest, base: Path, sizes: PairSizes) -> PairSet:
    """The pairs of some shards. Captions and images stay in the shards until they are asked for.

    Raises:
        InputError: No shard, a shard that is cut short, pairs that lack an image or a caption where those stop, or an empty set.
    """
    reader = ImageReader(entry, sizes.size)
    indices, lost = _splits(entry, base / entry.folder)
    parts = {split: _pairs(entry, index, reader, f"{split} {sizes.model_dump_json()}") for split, index in indices.items()}
    train, report = versioned(plain_pool(parts["train"]), sizes)
    validation, test = (parts[part].take(np.arange(min(len(parts[part]), getattr(sizes, part)))) for part in ("validation", "test"))
    notes = [f"{lost} pair(s) skipped: no image or no caption"] if lost else []
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
    )


def _splits(entry: ShardsManifest, folder: Path) -> tuple[dict[str, ShardIndex], int]:
    """An index per set, and how many pairs were incomplete."""
    globs = {"train": entry.shards, "validation": entry.validation, "test": entry.test}
    found: dict[str, ShardIndex] = {}
    held_out = {path for split in ("validation", "test") if globs[split] for path in folder.glob(str(globs[split]))}
    for split, pattern in globs.items():
        if pattern is None:
            continue
        paths = sorted(path for path in folder.glob(pattern) if split != "train" or path not in held_out)
        if not paths:
            raise InputError(f"{folder / pattern}: no shard there; correct the glob of the {split} shards in the manifest")
        found[split] = index_shards(paths, entry.image, entry.caption)
    lost = [key for index in found.values() for key in index.incomplete]
    if lost and entry.broken == "stop":
        raise InputError(f"{folder}: '{lost[0]}' lacks an image or a caption; complete it, or set broken: skip")
    missing = [split for split in ("validation", "test") if split not in found]
    if missing:
        whole = found["train"]
        owner = np.array([split if (split := split_by_hash(key, entry.shares)) in missing else "train" for key in whole.keys])
        found |= {split: whole.take(np.flatnonzero(owner == split)) for split in ("train", *missing)}
    for split, index in found.items():
        if not len(index):
            raise InputError(f"{folder}: no complete pair for the {split} set; bring more pairs, or name its shards in the manifest")
    return found, len(lost)


def _pairs(entry: ShardsManifest, index: ShardIndex, reader: ImageReader, what: str) -> Pairs:
    listing = hashlib.sha256("\n".join(f"{path.name} {path.stat().st_size}" for path in index.paths).encode()).hexdigest()[:16]

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
        identity=f"shards {entry.model_dump_json()} {listing} {what}",
    )
