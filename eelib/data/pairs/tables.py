"""Pairs in a CSV or TSV file: one row per image and caption."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from eelib.data.freshness import Files
from eelib.data.pairs.containers import PairSet
from eelib.data.pairs.manifests import TableManifest
from eelib.data.pairs.rows import SPLITS, Origin, Row, inside, pair_set, split_by_hash
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError, unknown


class Reader(Protocol):
    """A reader of the standard library, whose own type has no public name."""

    line_num: int

    def __next__(self) -> list[str]: ...


def table_pairs(entry: TableManifest, base: Path, sizes: PairSizes, *, own: bool = True) -> PairSet:
    """The pairs of a table.

    Args:
        entry: Its manifest.
        base: Folder that relative paths count from.
        sizes: How many pairs of which version.
        own: Whether it is a user's, not one of the literature.

    Raises:
        InputError: The table is missing, not UTF-8, without a column, or with a quote that is not closed; an unknown split, or a path out
            of the folder; a row with another number of fields than columns, an empty caption or a broken image where those stop.
    """
    skipped: list[str] = []
    origin = Origin(entry.name, entry.title, entry, f"table {entry.model_dump_json()}")
    if own:
        origin = replace(origin, folder=(base / entry.folder).resolve(), files=(Files([base / entry.table]),))
    rows = list(_rows(entry, base, skipped))
    if not rows:
        why = f", most often: {Counter(skipped).most_common(1)[0][0]}" if skipped else ""
        raise InputError(f"{base / entry.table}: no usable row ({len(skipped)} skipped{why}); check path and caption columns")
    return pair_set(origin, rows, sizes, skipped=skipped)


def _rows(entry: TableManifest, base: Path, skipped: list[str]) -> Iterator[Row]:
    folder = base / entry.folder
    for where, line, problem in read_table(base / entry.table, _columns(entry)):
        caption = " ".join(line.get(entry.caption_column, "").split())
        given = line.get(entry.path_column, "")
        if not problem and not (caption and given):
            problem = f"empty {'caption' if given else 'path'}"
        if problem:
            if entry.broken == "stop":
                raise InputError(f"{where}: {problem}{'; fill it in' if problem.startswith('empty') else ''}, or set broken: skip")
            skipped.append(problem)
            continue
        path = inside(folder, given, where)
        named = " ".join(line[entry.place_column].split()) if entry.place_column else ""
        place = named or path.relative_to(folder.resolve()).as_posix()  # one image, however its path is spelt
        kind = (line[entry.class_column] if entry.class_column else "").strip()
        yield Row(path, caption, place, _split(entry, line, place, where), kind)


def _columns(entry: TableManifest) -> list[str]:
    given = (entry.path_column, entry.caption_column, entry.split_column, entry.place_column, entry.class_column)
    return [name for name in given if name]


def _split(entry: TableManifest, line: dict[str, str], place: str, where: str) -> str:
    if entry.split_column is None:
        return split_by_hash(place, entry.shares)
    given = line[entry.split_column].strip().lower()
    if given not in SPLITS:
        raise InputError(f"{where}: {unknown('split', given, SPLITS)}")
    return SPLITS[given]


def read_table(path: Path, columns: list[str]) -> Iterator[tuple[str, dict[str, str], str]]:
    """Rows of a table with their place in the file, for messages, and what is wrong with them; a row with a problem has no fields.

    Args:
        path: ``.tsv`` is read with tabs, everything else with commas.
        columns: Columns that must exist.

    Raises:
        InputError: Missing file, text that is not UTF-8, a missing column with the nearest one that exists, or a quote that is not closed.
    """
    if not path.is_file():
        raise InputError(f"{path}: the table is missing; set 'table' in the manifest to its path")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
            names = next((fields for _, fields, _ in _records(reader, path) if fields), [])
            for name in columns:
                if name not in names:
                    raise InputError(f"{path}: {unknown('column', name, names or ('none',))}")
            for where, fields, problem in _records(reader, path):
                problem = problem or _wrong_count(len(fields), len(names))
                yield where, {} if problem else dict(zip(names, fields, strict=True)), problem
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save the table as UTF-8") from error


def _records(reader: Reader, path: Path) -> Iterator[tuple[str, list[str], str]]:
    """Place, fields and problem of every row that is not empty.

    Raises:
        InputError: A quote is not closed in its line, and what follows is no row: rows would be lost without a word.
    """
    while True:
        first = reader.line_num + 1
        where = f"{path}, line {first}"
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > first or "end of data" in str(error):
                raise InputError(
                    f"{where}: a quote is opened and not closed ({error}); close it, or double quotes within a text"
                ) from error
            yield where, [], f"not readable ({error}): double quotes within a quoted text"
            continue
        if fields:
            yield where, fields, ""


def _wrong_count(fields: int, columns: int) -> str:
    """Why a row has no field for every column, "" where it has: a comma that is not quoted would shift captions, classes and splits."""
    if fields == columns:
        return ""
    remedy = "quote the caption" if fields > columns else "give every column a field, an empty one too"
    return f"{fields} field{'s' * (fields != 1)}, {columns} column{'s' * (columns != 1)}: {remedy}"
