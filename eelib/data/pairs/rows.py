"""From rows of file, caption, class and split to a set of pairs; shared by tables, class folders and the data sets of the literature."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eelib.data.freshness import Files
from eelib.data.own.files import sampled_digest
from eelib.data.pairs.containers import NO_LABEL, Pairs, PairSet
from eelib.data.pairs.images import MISSING, UNREADABLE, ImageReader
from eelib.data.pairs.manifests import ReadsImages
from eelib.data.pairs.screening import screen, stamp
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.versions import Pool, versioned
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class Row:
    """One pair that is still a file.

    Attributes:
        path: The image.
        caption: Its text.
        place: What rows of one place share.
        split: ``train``, ``validation`` or ``test``.
        kind: Class name, "" = none.
    """

    path: Path
    caption: str
    place: str
    split: str
    kind: str = ""


@dataclass(frozen=True)
class Origin:
    """What a set of rows needs beside the rows.

    Attributes:
        name: The name used in parameters.
        title: For tables and figures.
        entry: How images are read.
        identity: What is read, and how, as part of the fingerprint.
        needs_train: Whether a set without training pairs is an error.
        folder: Where the images of a user are; None: data of the literature, which are known by names and sizes as they always were.
        files: Where a user's rows come from.
    """

    name: str
    title: str
    entry: ReadsImages
    identity: str
    needs_train: bool = True
    folder: Path | None = None
    files: tuple[Files, ...] = ()


def split_by_hash(place: str, shares: tuple[float, float, float]) -> str:
    """The split of a place at the given shares; a function of its name alone."""
    at = int.from_bytes(hashlib.sha256(place.encode()).digest()[:4], "big") / 2**32
    return "train" if at < shares[0] else "validation" if at < shares[0] + shares[1] else "test"


def inside(folder: Path, given: str, where: str) -> Path:
    """A path below a folder.

    Raises:
        InputError: It leads out of the folder.
    """
    path = (folder / given).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"{where}: the path '{given}' leads out of {folder}; set 'folder' in the manifest to where the images are")
    return path


def pair_set(origin: Origin, rows: Sequence[Row], sizes: PairSizes, classes: tuple[str, ...] = (), skipped: Sequence[str] = ()) -> PairSet:
    """Three sets of pairs from rows, in a fixed random order.

    Args:
        origin: Names and how images are read.
        rows: The pairs.
        sizes: Most pairs per set, size of the images, and version.
        classes: Class names in the order of their ids; from the rows where empty.
        skipped: One reason per skipped row.

    Raises:
        InputError: A set is empty, or a broken image where broken images stop.
    """
    reader = ImageReader(origin.entry, sizes.size)
    images = (Files(row.path for row in rows),) if origin.folder else ()
    classes = classes or tuple(sorted({row.kind for row in rows} - {""}))
    rows, skipped, missing = _usable(rows, reader, origin, list(skipped))
    rows = [rows[int(k)] for k in np.random.default_rng(0).permutation(len(rows))]
    places = {place: number for number, place in enumerate(sorted({row.place for row in rows}))}
    found = {split: [row for row in rows if row.split == split] for split in ("train", "validation", "test")}
    for split, part in found.items():
        if not part and (split != "train" or origin.needs_train):
            why = f"; {notes[0]}" if (notes := _notes(skipped)) else ""
            remedy = (
                f"the first missing image is {missing[0].name} in {missing[0].parent}: set 'folder' in the manifest to where the images are"
                if 2 * len(missing) > len(skipped)
                else "check the split, or bring more images"
            )
            raise InputError(f"{origin.name}: no usable pair is in the {split} set ({len(rows)} in all{why}); {remedy}")
    sets = {
        split: _pairs(origin, part, places, classes, reader, f"{split} {sizes.model_dump_json()}") for split, part in found.items() if part
    }
    train, report = versioned(plain_pool(sets["train"]), sizes) if "train" in sets else (None, None)
    validation, test = (sets[part].take(np.arange(min(len(sets[part]), getattr(sizes, part)))) for part in ("validation", "test"))
    return PairSet(
        name=origin.name,
        title=origin.title,
        classes=classes,
        bands=reader.bands,
        train=train,
        validation=validation,
        test=test,
        simulated=False,
        attribution=origin.entry.attribution,
        notes=(*_notes(skipped), *(report.lines() if report else ())),
        removed=report.removed if report else {},
        prompts=origin.entry.prompts,
        files=(*origin.files, *images),
    )


def _notes(skipped: Sequence[str]) -> list[str]:
    """Why rows were skipped, the most frequent reason first."""
    return [f"{count} row(s) skipped: {reason}" for reason, count in Counter(skipped).most_common()]


def plain_pool(pairs: Pairs) -> Pool:
    """A pool of captions as people wrote them."""
    return Pool(draw=lambda count: pairs.take(np.arange(count)), foreign=None, again=None, most=len(pairs))


def _usable(rows: Sequence[Row], reader: ImageReader, origin: Origin, skipped: list[str]) -> tuple[list[Row], list[str], list[Path]]:
    """Rows whose image can be read, the reasons of all that were skipped, and the images that are missing."""
    problems = _problems(sorted({row.path for row in rows}), reader)
    kept, missing = [], []
    for row in rows:
        problem = problems.get(row.path)
        if problem is None:
            kept.append(row)
            continue
        if origin.entry.broken == "stop":
            raise InputError(f"{row.path}: {problem}; replace it, or set broken: skip")
        missing += [row.path] * (problem == MISSING)
        skipped.append("image missing or not readable" if problem in (MISSING, UNREADABLE) else problem)
    return kept, skipped, missing


def _problems(paths: Sequence[Path], reader: ImageReader) -> dict[Path, str]:
    """What is wrong with some of the files; folder by folder, so that little is decoded again where one folder changes."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    found: dict[Path, str] = {}
    for files in folders.values():
        size = reader.size if any(map(reader.is_raster, files)) else ""  # GDAL reads no more than that size needs
        identity = "\n".join([f"{size} {reader.entry.channels}", *map(stamp, files)])
        problems = screen(identity, len(files), lambda row, files=files: reader.problem(files[row]))  # type: ignore[misc]
        found |= {files[row]: problem for row, problem in problems.items()}
    return found


def _pairs(origin: Origin, rows: Sequence[Row], places: dict[str, int], classes: tuple[str, ...], reader: ImageReader, what: str) -> Pairs:
    ids = {name: number for number, name in enumerate(classes)}
    return Pairs(
        name=origin.name,
        title=origin.title,
        texts=tuple(row.caption for row in rows),
        read=file_reader([row.path for row in rows], reader),
        place=np.array([places[row.place] for row in rows], np.int64),
        labels=np.array([ids.get(row.kind, NO_LABEL) for row in rows], np.int64),
        simulated=False,
        identity=f"{origin.identity} {_content(rows, origin.folder)} {what}",
    )


def _content(rows: Sequence[Row], folder: Path | None) -> str:
    """Short hash of what rows say and show; the images of a user are read for it, of large ones and of thousands only parts."""
    if folder is None:
        said = "\n".join(f"{row.path.name} {row.path.stat().st_size} {row.caption} {row.kind}" for row in rows)
    else:
        shown = sampled_digest(tuple(dict.fromkeys(row.path for row in rows)), folder)
        said = json.dumps([shown, *((row.path.relative_to(folder).as_posix(), row.caption, row.place, row.kind) for row in rows)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def file_reader(paths: Sequence[Path], reader: ImageReader) -> Callable[[Ints], Floats]:
    """Rows to images, read from their files when asked for."""
    return lambda rows: np.stack([reader.file(paths[int(row)]) for row in rows])


def renamed(rows: Sequence[Row], names: dict[str, str]) -> list[Row]:
    """The rows with other class names, in the class and in captions that are nothing but the class."""
    return [replace(row, kind=names.get(row.kind, row.kind), caption=names.get(row.caption, row.caption)) for row in rows]
