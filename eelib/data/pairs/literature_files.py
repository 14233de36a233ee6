"""Files of the image-text data sets of the literature: where they lie, how to get them, and whether they are complete."""

from __future__ import annotations

from pathlib import Path

from eelib.data.fetch import data_folder
from eelib.data.pairs.manifests import PairDatasetManifest


def pair_dataset_folder(entry: PairDatasetManifest) -> Path:
    """Where the files of a data set are looked for: ``$EELIB_DATA/<name>``."""
    return data_folder() / entry.name


def how_to_get_pairs(entry: PairDatasetManifest) -> list[str]:
    """The steps that bring a data set to where its loader looks, one line each."""
    folder = pair_dataset_folder(entry)
    lines = [f"{entry.title}: {entry.size}; licence: {entry.licence}", f"page: {entry.landing}"]
    for item in entry.downloads:
        lines.append(f"archive: {item.name}  {item.url}" + (f"  MD5 {item.md5}" if item.md5 else "") + f"  ({item.stated})")
    return [*lines, *(f"{number}. {step.replace('FOLDER', str(folder))}" for number, step in enumerate(entry.obtain, 1))]


def verify_pair_dataset(entry: PairDatasetManifest) -> list[str]:
    """Problems of a data set, one line each: files that should be there and are not, and empty files."""
    folder = pair_dataset_folder(entry)
    remedy = f"`eelib data fetch {entry.name}` says how to get it"
    if not folder.is_dir():
        return [f"{entry.name}: not in {folder}; {remedy}"]
    problems = []
    for item in entry.files:
        found = list(folder.glob(item.glob))
        problems += [] if found else [f"{folder / item.glob}: missing ({item.what}); {remedy}"]
        problems += [f"{path}: empty; copy it again" for path in found if path.is_file() and not path.stat().st_size]
    return problems
