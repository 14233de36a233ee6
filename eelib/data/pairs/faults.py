"""What captions from the web suffer from, put into clean captions on purpose: kind by kind, with a dose each. All texts are ours."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np

from eelib.data.pairs.phrases import Generator, pick
from eelib.data.pairs.settings import FAULTS, FaultDoses
from eelib.errors import InputError

Spoil = Callable[[str, Generator], str]
Retell = Callable[[int, Generator], str]

ENDINGS = (".jpg", ".JPG", ".png", ".tif", ".jp2", "", "")
CAMERAS = (
    "OLYMPUS DIGITAL CAMERA",
    "SONY DSC",
    "KODAK Digital Still Camera",
    "Exif_JPEG_PICTURE",
    "Canon EOS 40D, f/8, 1/250 s, ISO 100",
    "NIKON D90 18-105 mm f/9",
    "SAMSUNG CAMERA PICTURES",
    "Sentinel-2B MSI L2A relative orbit 108",
    "Panasonic DMC-TZ7, ISO 80",
)
BOILERPLATE = (
    "All rights reserved, no use without permission",
    "Part of my holiday album, more to come",
    "Uploaded from my phone",
    "Please leave a comment if you like it",
    "This picture is part of the open archive of the agency",
    "Best viewed large on black",
    "Click on the image to see the full size version",
    "Photo of the day, thanks for all the likes",
)
CHATTER = (
    "we had been on the road since six in the morning and nobody had slept much",
    "this one was taken with the old lens that my uncle gave me last year",
    "I am still not sure about the colours but my sister says they are fine",
    "if you would like a print please send me a message and I will see what I can do",
    "the rest of the series will be online as soon as I find the time",
    "later that day it rained and we stayed in a small place with very good soup",
    "thank you all for the kind words about the last picture, they mean a lot",
    "the story behind it is long and I will tell it some other time",
    "nobody in the group knew the way so we asked twice and still got lost",
)
SITES = ("www.landpictures.example", "http://photos.example/p/{}", "https://map.example/tile?id={}", "gallery.example.org/{}")


def draw_fault(doses: FaultDoses, rng: Generator) -> str:
    """The kind of fault of one caption, ``""`` for none.

    With one kind alone, the captions spoilt at a small dose are among those spoilt at a larger one.

    Raises:
        InputError: The doses add up to more than 1.
    """
    limits = np.cumsum([doses.of(kind) for kind in FAULTS])
    if limits[-1] > 1 + 1e-9:
        raise InputError(f"the doses of caption faults add up to {limits[-1]:.2f}: they are shares of one pool, at most 1 in all")
    at = int(np.searchsorted(limits, rng.random(), side="right"))
    return FAULTS[at] if at < len(FAULTS) else ""


def spoil(texts: Sequence[str], doses: FaultDoses, seed: int, foreign: Retell, again: Retell) -> tuple[list[str], list[str]]:
    """Put faults into the captions of a pool.

    What happens to a row is a function of the seed, the row and its caption, so a longer pool begins with the shorter one.

    Args:
        texts: Clean captions.
        doses: Share of the captions per kind of fault.
        seed: Source of all draws.
        foreign: Row and generator to a caption of that row in another language.
        again: Row and generator to another caption of that row.

    Returns:
        Captions, and the kind of fault of each, ``""`` for none.
    """
    spoilt, kinds = list(texts), [""] * len(texts)
    for row, text in enumerate(texts):
        rng = np.random.default_rng([seed, 0xFA17, row])
        kind = draw_fault(doses, rng)
        if kind == "wrong_image":
            # Of a row before it, in new words: a draw from all rows would change with the length of the pool, a copy would be a duplicate.
            spoilt[row] = again(int(rng.integers(row)), rng) if row else text
            kind = kind if row else ""
        elif kind == "language":
            spoilt[row] = foreign(row, rng)
        elif kind:
            spoilt[row] = SPOILERS[kind](text, rng)
        kinds[row] = kind
    return spoilt, kinds


def _file_name(text: str, rng: Generator) -> str:
    number = int(rng.integers(10_000))
    if rng.random() < 0.3:  # a name that a person gave
        return pick(
            rng,
            (
                f"{text.split()[-1].strip('.,').lower()} {number % 90}.jpg",
                f"{text.lower().replace(' ', '_')[:24]}_{number % 90}",
                f"Picture {number:03d}.png",
            ),
        )
    stems = (f"IMG_{number:04d}", f"DSC{number:05d}", f"P101{number:04d}", f"scan{number:04d}", f"S2A_MSIL2A_2020{number:04d}_T32UPU_TCI")
    return pick(rng, stems) + pick(rng, ENDINGS)


def _camera(text: str, rng: Generator) -> str:
    return pick(rng, CAMERAS)


def _web(text: str, rng: Generator) -> str:
    site = pick(rng, SITES).format(int(rng.integers(100_000)))
    frames = ('<a href="{1}">{0}</a>', "{0} {1}", "<p>{2}<br/>{0}&nbsp;</p>", "{0} - more on {1}", "{1}")
    return pick(rng, frames).format(text, site, html.escape("picture & map"))


def _boilerplate(text: str, rng: Generator) -> str:
    return pick(rng, BOILERPLATE)


def _short(text: str, rng: Generator) -> str:
    words = text.replace(",", " ").replace(":", " ").split()
    start = int(rng.integers(len(words)))
    return pick(rng, (words[start], " ".join(words[start : start + 2]), str(int(rng.integers(1, 300)))))


def _long(text: str, rng: Generator) -> str:
    count = len(CHATTER)
    talk = [CHATTER[int(k)] for k in rng.permutation(count)[: int(rng.integers(5, count + 1))]]
    talk.insert(int(rng.integers(len(talk))), text.rstrip("."))
    return ". ".join(part[:1].upper() + part[1:] for part in talk) + "."


SPOILERS: dict[str, Spoil] = {
    "file_name": _file_name,
    "camera": _camera,
    "web": _web,
    "boilerplate": _boilerplate,
    "short": _short,
    "long": _long,
}
