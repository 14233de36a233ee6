"""Pairs that a tiny model learns in seconds: a coloured half of a small image, and a caption that says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eelib.data.pairs.containers import Pairs, PairSet, held

COLOURS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.8, 0.2), "blue": (0.1, 0.2, 0.9), "white": (0.9, 0.9, 0.9)}
HALVES = ("top", "bottom")
CLASSES = tuple(f"{colour} {half}" for colour in COLOURS for half in HALVES)
WORDS = ("a field that is {} at the {}", "the {} part lies at the {}", "something {} on the {} side")


def toy_pairs(count: int, seed: int = 0, size: int = 16, bands: int = 3) -> Pairs:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), count)
    images = rng.uniform(0.0, 0.2, (count, bands, size, size)).astype(np.float32)
    texts = []
    for row, label in enumerate(labels):
        colour, half = CLASSES[label].split()
        rows = slice(0, size // 2) if half == "top" else slice(size // 2, size)
        shown = np.resize(COLOURS[colour], bands)
        images[row, :, rows] += 0.8 * shown[:, None, None]
        texts.append(WORDS[rng.integers(len(WORDS))].format(colour, half))
    images = images.clip(0, 1)
    place = np.arange(count) + 1000 * seed
    return Pairs("toy", "Toy", tuple(texts), held(images), place, labels.astype(np.int64), True, f"toy {count} {seed} {size} {bands}")


def toy_set(train: int = 160, size: int = 16, bands: int = 3) -> PairSet:
    names = tuple(f"b{number}" for number in range(bands))
    parts = {"train": toy_pairs(train, 1, size, bands), "validation": toy_pairs(40, 2, size, bands), "test": toy_pairs(60, 3, size, bands)}
    days = np.arange(60) * 6 % 365
    parts["test"] = replace(parts["test"], day_of_year=days)
    return PairSet("toy", "Toy", CLASSES, names, simulated=True, attribution="", prompts="name", **parts)
