"""The sample `emoji`: real pictures with names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eelib.data.fetch import require
from eelib.data.pairs.containers import NO_LABEL, Pairs, PairSet
from eelib.data.pairs.emoji_names import Emoji, emoji_caption, foreign_name, read_emoji, split_of
from eelib.data.pairs.manifests import PairSampleManifest
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.versions import Pool, versioned
from eelib.errors import InputError

SHEET = "package/img/google/sheets-clean/64.png"
CELL, EDGE = 64, 1  # pixels of a picture, and of the margin around it in the sheet
CAPTION_VERSION = 1  # bump when captions or splits change


def emoji_pairs(entry: PairSampleManifest, sizes: PairSizes) -> PairSet:
    """Pictures with captions; names are in one split each, captions of validation and test are always clean.

    Raises:
        InputError: Not fetched, or damaged.
    """
    folder = require(entry.name)
    every = read_emoji(folder)
    order = np.random.default_rng(0).permutation(len(every))  # a fixed order, so that the first n are a fair sample for every n
    bases = {base: number for number, base in enumerate(sorted({one.base for one in every}))}
    images = cut_sheet(folder / SHEET, [one.cell for one in every], sizes.size)
    parts = {}
    for part in ("train", "validation", "test"):
        rows = np.array([row for row in order if split_of(every[row].base) == part], np.int64)
        parts[part] = _pairs(entry, [every[row] for row in rows], images[rows], bases, rows, sizes)
    whole = parts["train"]
    shown = [every[row] for row in order if split_of(every[row].base) == "train"]
    pool = Pool(
        draw=lambda count: whole.take(np.arange(count)),
        foreign=lambda row, rng: foreign_name(shown[row], rng),
        again=lambda row, rng: emoji_caption(shown[row], rng),
        most=len(whole),
    )
    train, report = versioned(pool, sizes)
    validation, test = (parts[part].take(np.arange(min(len(parts[part]), getattr(sizes, part)))) for part in ("validation", "test"))
    return PairSet(
        name=entry.name,
        title=entry.title,
        classes=tuple(entry.classes.values()),
        bands=("red", "green", "blue"),
        train=train,
        validation=validation,
        test=test,
        simulated=False,
        attribution=entry.attribution,
        notes=tuple(report.lines()) if report else (),
        removed=report.removed if report else {},
        prompts="picture4",
    )


def emoji_identity(entry: PairSampleManifest, sizes: PairSizes) -> str:
    """Text that changes whenever a picture or caption could."""
    return f"emoji {CAPTION_VERSION} {entry.fingerprint} {sizes.model_dump_json()}"


def cut_sheet(path: Path, cells: list[tuple[int, int]], size: int) -> NDArray[np.uint8]:
    """Pictures ``(N, 3, size, size)`` on white, cut from the sheet by column and row.

    Raises:
        InputError: The sheet cannot be read.
    """
    from PIL import Image

    step = CELL + 2 * EDGE
    try:
        with Image.open(path) as sheet:
            colours = sheet.convert("RGBA")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the sheet cannot be read ({error}); run `eelib data verify emoji`") from error
    white = Image.new("RGBA", colours.size, "white")
    whole = Image.alpha_composite(white, colours).convert("RGB")
    out = np.empty((len(cells), 3, size, size), np.uint8)
    for row, (column, line) in enumerate(cells):
        left, top = column * step + EDGE, line * step + EDGE
        picture = whole.crop((left, top, left + CELL, top + CELL)).resize(
            (size, size), Image.Resampling.BOX if size < CELL else Image.Resampling.BICUBIC
        )
        out[row] = np.asarray(picture).transpose(2, 0, 1)
    return out


def _pairs(
    entry: PairSampleManifest,
    some: list[Emoji],
    images: NDArray[np.uint8],
    bases: dict[str, int],
    rows: NDArray[np.int64],
    sizes: PairSizes,
) -> Pairs:
    categories = list(entry.classes)
    labels = [categories.index(one.category) if one.category in categories else NO_LABEL for one in some]
    return Pairs(
        name=entry.name,
        title=entry.title,
        texts=tuple(emoji_caption(one, np.random.default_rng([0xE0, sizes.seed, int(row)])) for one, row in zip(some, rows, strict=True)),
        read=lambda at: np.asarray(images[at], np.float32) / np.float32(255),
        place=np.array([bases[one.base] for one in some], np.int64),
        labels=np.array(labels, np.int64),
        simulated=False,
        identity=emoji_identity(entry, sizes),
    )
