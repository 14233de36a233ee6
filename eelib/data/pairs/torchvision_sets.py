"""Evaluation sets that torchvision reads: the standard downstream sets of natural images."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from eelib.data.pairs.class_folders import plain_name
from eelib.data.pairs.containers import Pairs, PairSet
from eelib.data.pairs.manifests import PairDatasetManifest
from eelib.data.pairs.settings import PairSizes
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

TEST_SHARE = 0.2  # of all images, where a set has no split of its own
VALIDATION_SHARE = 0.2  # of the training images, where a set has no validation split


def torchvision_pairs(entry: PairDatasetManifest, folder: Path, sizes: PairSizes) -> PairSet:
    """Images with class names as captions; the test set is the set's own, validation a fixed share of its training images.

    Raises:
        InputError: torchvision does not find the files, or they are damaged.
    """
    learn = _open(entry, folder, train=True)
    order = np.random.default_rng(0).permutation(len(learn))
    if has_split(entry.torchvision):
        test = _open(entry, folder, train=False)
        held_out = np.random.default_rng(1).permutation(len(test))
    else:  # part of the only list there is
        cut = max(1, round(TEST_SHARE * len(learn)))
        test, held_out, order = learn, order[:cut], order[cut:]
    names = [entry.names.get(name, plain_name(name)) for name in _class_names(learn)]
    cut = max(1, round(VALIDATION_SHARE * len(order)))
    rows = {"train": order[cut:][: sizes.train], "validation": order[:cut][: sizes.validation]}
    parts = {part: _pairs(entry, learn, some, names, sizes.size, part) for part, some in rows.items()}
    return PairSet(
        name=entry.name,
        title=entry.title,
        classes=tuple(names),
        bands=("red", "green", "blue"),
        train=parts["train"],
        validation=parts["validation"],
        test=_pairs(entry, test, held_out[: sizes.test], names, sizes.size, "test"),
        simulated=False,
        attribution=entry.attribution,
        prompts=entry.prompts,
    )


def has_split(name: str) -> bool:
    """Whether torchvision knows a test split of a set."""
    from torchvision import datasets

    return bool({"train", "split"} & set(inspect.signature(getattr(datasets, name)).parameters))


def _open(entry: PairDatasetManifest, folder: Path, *, train: bool) -> Any:  # noqa: ANN401 - torchvision data sets
    from torchvision import datasets

    kind = getattr(datasets, entry.torchvision)
    known = inspect.signature(kind).parameters
    if "train" in known:
        which: dict[str, Any] = {"train": train}
    elif "split" in known:
        splits = {"OxfordIIITPet": ("trainval", "test"), "FGVCAircraft": ("trainval", "test")}
        which = {"split": splits.get(entry.torchvision, ("train", "test"))[not train]}
    else:
        which = {}  # SUN397 and Caltech101 have no split of their own
    try:
        return kind(str(folder), **which)
    except (RuntimeError, OSError, ValueError, LookupError) as error:  # the last two where lists and folders do not fit together
        raise InputError(
            f"{folder}: torchvision cannot read {entry.torchvision} there ({error}); `eelib data fetch {entry.name}`"
        ) from error


def _class_names(data: Any) -> list[str]:  # noqa: ANN401
    found = getattr(data, "classes", None) or getattr(data, "categories", None)
    if not found:
        raise InputError(f"{type(data).__name__}: torchvision gives no class names; update torchvision")
    return [str(name[0] if isinstance(name, tuple) else name) for name in found]


def _pairs(entry: PairDatasetManifest, data: Any, rows: Ints, names: list[str], size: int, part: str) -> Pairs:  # noqa: ANN401
    labels = np.array([_label(data, int(row)) for row in rows], np.int64)

    def one(row: int) -> Floats:
        from PIL import Image, ImageOps

        upright = _item(data, row)[0].convert("RGB")
        return np.asarray(ImageOps.fit(upright, (size, size), Image.Resampling.BICUBIC), np.float32).transpose(2, 0, 1) / np.float32(255)

    def read(at: Ints) -> Floats:
        return np.stack([one(int(rows[k])) for k in at])

    return Pairs(
        name=entry.name,
        title=entry.title,
        texts=tuple(names[int(label)] for label in labels),
        read=read,
        place=rows,
        labels=labels,
        simulated=False,
        identity=f"torchvision {entry.torchvision} {entry.name} {part} {size} {len(rows)}",
    )


def _item(data: Any, row: int) -> Any:  # noqa: ANN401
    try:
        return data[row]
    except Exception as error:  # Pillow raises what it likes on damaged files
        raise InputError(f"{data.root}: image {row} cannot be read ({error}); copy it again") from error


def _label(data: Any, row: int) -> int:  # noqa: ANN401
    for name in ("targets", "_labels", "y"):
        if (known := getattr(data, name, None)) is not None:
            return int(known[row])
    if (samples := getattr(data, "_samples", None)) is not None:  # StanfordCars: path and class
        return int(samples[row][1])
    return int(_item(data, row)[1])
