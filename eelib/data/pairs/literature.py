"""Image-text and evaluation data sets of the literature, which their owners hand out: their loaders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from eelib.data.pairs.class_folders import class_rows
from eelib.data.pairs.containers import PairSet
from eelib.data.pairs.literature_files import pair_dataset_folder, verify_pair_dataset
from eelib.data.pairs.manifests import PairDatasetManifest, ShardsManifest, TableManifest
from eelib.data.pairs.rows import SPLITS, Origin, Row, inside, pair_set
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError


def literature_pairs(entry: PairDatasetManifest, sizes: PairSizes) -> PairSet:
    """The pairs of a data set that is there.

    Raises:
        InputError: It is not there (says how to get it), or its files are not what the format says.
    """
    folder = pair_dataset_folder(entry)
    if problems := verify_pair_dataset(entry):
        raise InputError(problems[0])
    shared = entry.model_dump(
        include={"name", "title", "description", "channels", "brightest", "broken", "prompts", "shares", "attribution", "folder"}
    )
    if entry.format == "image-text-table":
        from eelib.data.pairs.tables import table_pairs

        columns = {"path_column": entry.columns[0], "caption_column": entry.columns[1]}
        return table_pairs(TableManifest(kind="image-text-table", table=entry.annotations, **shared, **columns), folder, sizes, own=False)
    if entry.format == "image-text-shards":
        from eelib.data.pairs.shard_pairs import shard_pairs

        return shard_pairs(ShardsManifest(kind="image-text-shards", **shared), folder, sizes, own=False)
    if entry.format == "torchvision":
        from eelib.data.pairs.torchvision_sets import torchvision_pairs

        return torchvision_pairs(entry, folder, sizes)
    identity = f"{entry.name} {entry.format} {entry.splits}"
    if entry.format == "rsicd-json":
        return pair_set(Origin(entry.name, entry.title, entry, identity), list(_rsicd_rows(entry, folder)), sizes)
    rows = class_rows(folder / entry.folder, _class_names(entry, folder), entry.shares)
    classes = tuple(dict.fromkeys(row.kind for row in rows))
    return pair_set(Origin(entry.name, entry.title, entry, identity), _listed(entry, folder, rows), sizes, classes)


def _class_names(entry: PairDatasetManifest, folder: Path) -> dict[str, str]:
    """Folder to class name."""
    if entry.class_names == "folders":
        return entry.names
    import open_clip

    folders = sorted(each.name for each in (folder / entry.folder).iterdir() if each.is_dir())
    if len(folders) != len(open_clip.IMAGENET_CLASSNAMES):
        raise InputError(f"{folder / entry.folder}: {len(folders)} class folders instead of {len(open_clip.IMAGENET_CLASSNAMES)}")
    return dict(zip(folders, open_clip.IMAGENET_CLASSNAMES, strict=True))


def _listed(entry: PairDatasetManifest, folder: Path, rows: list[Row]) -> list[Row]:
    """Rows in the splits of published lists; files that no list names are left out."""
    if not entry.lists:
        return rows
    owner: dict[str, str] = {}
    for split, name in entry.lists.items():
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        owner |= {Path(line.strip()).stem: split for line in lines if line.strip()}
    return [replace(row, split=owner[row.path.stem]) for row in rows if row.path.stem in owner]


def _rsicd_rows(entry: PairDatasetManifest, folder: Path) -> Iterator[Row]:
    """Rows of the JSON format that RSICD shares with Karpathy's COCO splits: images with file name, split and sentences."""
    path = folder / entry.annotations
    for image in _rsicd_images(path):
        try:
            name, split, sentences = str(image["filename"]), SPLITS[image["split"]], [str(one["raw"]) for one in image["sentences"]]
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: an image lacks {error}; the format is that of dataset_rsicd.json") from error
        for sentence in dict.fromkeys(" ".join(text.split()) for text in sentences if text.strip()):
            yield Row(inside(folder / entry.folder, name, str(path)), sentence, name, split)


def _rsicd_images(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        images = content["images"]
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; download it again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a JSON file with a list 'images'; download it again") from error
    return list(images)
