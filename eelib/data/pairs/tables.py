"""Pairs in a CSV or TSV file: one row per image and caption."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from eelib.data.pairs.containers import PairSet
from eelib.data.pairs.manifests import TableManifest
from eelib.data.pairs.rows import SPLITS, Origin, Row, inside, pair_set, split_by_hash
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError, unknown


def table_pairs(entry: TableManifest, base: Path, sizes: PairSizes) -> PairSet:
    """The pairs of a table.

    Args:
        entry: Its manifest.
        base: Folder that relative paths count from.
        sizes: How many pairs of which version.

    Raises:
        InputError: The table is missing, not UTF-8, without a column, or a path leads out of the folder; an empty caption, a broken image
            or an unknown split where those stop.
    """
    skipped: list[str] = []
    rows = list(_rows(entry, base, skipped))
    if not rows:
        raise InputError(f"{base / entry.table}: no usable row ({len(skipped)} skipped); check path and caption columns")
    return pair_set(Origin(entry.name, entry.title, entry, f"table {entry.model_dump_json()}"), rows, sizes, skipped=skipped)


def _rows(entry: TableManifest, base: Path, skipped: list[str]) -> Iterator[Row]:
    folder = base / entry.folder
    for where, line in read_table(base / entry.table, _columns(entry)):
        caption = " ".join((line[entry.caption_column] or "").split())
        given = line[entry.path_column] or ""
        if not caption or not given:
            problem = "empty caption" if given else "empty path"
            if entry.broken == "stop":
                raise InputError(f"{where}: {problem}; fill it in, or set broken: skip")
            skipped.append(problem)
            continue
        path = inside(folder, given, where)
        place = (line[entry.place_column] if entry.place_column else None) or given
        kind = ((line[entry.class_column] if entry.class_column else "") or "").strip()
        yield Row(path, caption, place, _split(entry, line, place, where), kind)


def _columns(entry: TableManifest) -> list[str]:
    given = (entry.path_column, entry.caption_column, entry.split_column, entry.place_column, entry.class_column)
    return [name for name in given if name]


def _split(entry: TableManifest, line: dict[str, str | None], place: str, where: str) -> str:
    if entry.split_column is None:
        return split_by_hash(place, entry.shares)
    given = (line[entry.split_column] or "").strip().lower()
    if given not in SPLITS:
        raise InputError(f"{where}: {unknown('split', given, SPLITS)}")
    return SPLITS[given]


def read_table(path: Path, columns: list[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Rows of a table with their place in the file, for messages.

    Args:
        path: ``.tsv`` is read with tabs, everything else with commas.
        columns: Columns that must exist.

    Raises:
        InputError: Missing file, text that is not UTF-8, or a missing column with the nearest one that exists.
    """
    if not path.is_file():
        raise InputError(f"{path}: the table is missing; set 'table' in the manifest to its path")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            for name in columns:
                if name not in (reader.fieldnames or ()):
                    raise InputError(f"{path}: {unknown('column', name, reader.fieldnames or ('none',))}")
            for line in reader:
                yield f"{path}:{reader.line_num}", line
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save the table as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
