"""Write the fold lists of PASTIS24 from ``metadata.geojson``: ``python tools/pastis24_folds.py metadata.geojson FOLDER``.

PASTIS24 cuts every patch of 128 pixels into five by five windows of 24; its lists name ``pickle24x24/<patch>_<window>.pickle`` by official
fold. They are handed out only together with the data (DeepSatModels, issue 2; Exact, issue 5), although they follow from the metadata of
PASTIS alone. Besides one list per fold this writes the three-fold training lists of the five rotations, ``folds_<r>_<abc>_paths.csv``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from eelib.data.sources.pastis import FOLDS, read_metadata

PER_PATCH = (128 // 24) ** 2


def fold_lists(metadata: Path) -> dict[str, list[str]]:
    """File name and rows of every list."""
    rows: dict[int, list[str]] = {fold: [] for fold in FOLDS}
    for patch in read_metadata(metadata):
        rows[int(patch["Fold"])] += [f"pickle24x24/{patch['ID_PATCH']}_{window}.pickle" for window in range(PER_PATCH)]
    lists = {f"fold_{fold}_paths.csv": rows[fold] for fold in FOLDS}
    for first in FOLDS:
        three = [(first + step - 1) % 5 + 1 for step in range(3)]
        name = f"folds_{first}_{''.join(map(str, three))}_paths.csv"
        lists[name] = [row for fold in three for row in rows[fold]]
    return lists


def main(metadata: Path, folder: Path) -> None:
    """Write all lists."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in fold_lists(metadata).items():
        (folder / name).write_text("".join(f"{row}\n" for row in rows))
        print(f"{folder / name}: {len(rows)} windows")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: pastis24_folds.py metadata.geojson FOLDER")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
