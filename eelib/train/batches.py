"""Batches as a pure function of (seed, step), so that a run that was stopped goes on exactly where it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import IterableDataset

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.data.windows import Windows


def step_generator(seed: int, stream: str, step: int) -> torch.Generator:
    """A generator that depends on seed, purpose and step alone; nothing needs to be saved to resume."""
    words = np.random.SeedSequence([seed, step, *stream.encode()]).generate_state(2)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


class Normaliser:
    """Per-band standardisation with the statistics of unlabelled or training pixels; labels play no part.

    Args:
        mean: ``(C,)`` reflectance.
        std: ``(C,)`` reflectance.
    """

    def __init__(self, mean: np.ndarray, std: np.ndarray) -> None:
        self.mean = torch.as_tensor(mean, dtype=torch.float32)[:, None, None]
        self.std = torch.as_tensor(std, dtype=torch.float32)[:, None, None]

    @classmethod
    def of(cls, windows: Windows) -> Normaliser:
        """Statistics over all pixels and dates of a set of windows."""
        axes = (0, 1, 3, 4)
        return cls(windows.image.mean(axes, dtype=np.float64), windows.image.std(axes, dtype=np.float64) + 1e-6)

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Standardise reflectance ``(..., C, H, W)``."""
        return (image - self.mean) / self.std


class WindowBatches(IterableDataset["Sample"]):
    """An endless stream of batches of windows, in torchgeo's sample dictionaries.

    Batches run through shuffled passes over all windows; a pass that does not fill a batch goes over into the next.

    Args:
        windows: What to draw from.
        batch_size: Windows per batch.
        seed: Source of the order.
        start: First step; the stream from ``start`` equals the full stream from there on.
    """

    def __init__(self, windows: Windows, batch_size: int, seed: int, start: int = 0) -> None:
        self.windows, self.batch_size, self.seed, self.start = windows, batch_size, seed, start

    def rows(self, step: int) -> np.ndarray:
        """Numbers of the windows of a step."""
        count = len(self.windows)
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        passes = {int(p): np.random.default_rng([self.seed, int(p)]).permutation(count) for p in np.unique(places // count)}
        return np.array([passes[int(place // count)][place % count] for place in places])

    def batch(self, step: int) -> Sample:
        """The batch of a step: ``image`` ``(B, T, C, H, W)``, ``dates`` ``(B, T)`` and, where there are labels, ``mask`` ``(B, H, W)``."""
        return as_sample(self.windows, self.rows(step))

    def __iter__(self) -> Iterator[Sample]:
        step = self.start
        while True:
            yield self.batch(step)
            step += 1


def as_sample(windows: Windows, rows: np.ndarray) -> Sample:
    """Some windows as one batch in torchgeo's keys."""
    part = windows.take(rows)
    sample = {"image": torch.from_numpy(np.ascontiguousarray(part.image)), "dates": torch.from_numpy(np.ascontiguousarray(part.dates))}
    if part.mask is not None:
        sample["mask"] = torch.from_numpy(np.ascontiguousarray(part.mask))
    return sample
