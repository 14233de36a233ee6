"""Batches as a pure function of (seed, step), so that a run that was stopped goes on exactly where it was."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from eelib.train.prefetch import Steps
from eelib.train.ranks import rank, share

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.data.windows import Windows


def step_generator(seed: int, stream: str, step: int) -> torch.Generator:
    """A generator that depends on seed, purpose, step and rank alone; nothing needs to be saved to resume."""
    words = np.random.SeedSequence([seed, step, *stream.encode(), *([rank()] if rank() else [])]).generate_state(2)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


class Normaliser:
    """Per-band standardisation with robust statistics of unlabelled pixels; labels play no part.

    Median and half the central 68 % range stand in for mean and standard deviation, because clouds, ten times brighter than the ground,
    would otherwise set the scale. Values beyond ``LIMIT`` are cut off: there is nothing to tell apart inside a cloud.

    Args:
        centre: ``(C,)`` reflectance; ``(R, C)`` for several regions.
        scale: The same shape, reflectance.
    """

    LIMIT = 5.0

    def __init__(self, centre: np.ndarray, scale: np.ndarray) -> None:
        self.centre = torch.as_tensor(centre, dtype=torch.float32)[..., None, None]
        self.scale = torch.as_tensor(scale, dtype=torch.float32)[..., None, None]

    @classmethod
    def of(cls, windows: Windows) -> Normaliser:
        """Statistics over all dates and every fourth row and column of a set of windows."""
        pixels = np.asarray(windows.image[..., ::4, ::4]).swapaxes(0, 2).reshape(windows.image.shape[2], -1)
        low, centre, high = np.percentile(pixels, [16, 50, 84], axis=1)
        return cls(centre, (high - low) / 2 + 1e-4)

    @classmethod
    def of_each(cls, regions: Sequence[Windows]) -> Normaliser:
        """Statistics of several regions, each for its own windows: ``(R, C)``."""
        each = [cls.of(windows) for windows in regions]
        return cls(np.stack([one.centre.flatten() for one in each]), np.stack([one.scale.flatten() for one in each]))

    @classmethod
    def none(cls, bands: int) -> Normaliser:
        """Leaves reflectance as it is, for networks that were trained on it."""
        return cls(np.zeros(bands), np.ones(bands))

    @property
    def bands(self) -> int:
        """Number of bands ``C``."""
        return self.centre.shape[-3]

    def __call__(self, image: torch.Tensor, region: torch.Tensor | None = None) -> torch.Tensor:
        """Standardise reflectance ``(..., C, H, W)``.

        Args:
            image: Reflectance; ``(B, T, C, H, W)`` where there are several regions.
            region: ``(B,)`` number of the region of each series, where the statistics are those of several.
        """
        centre, scale = self.centre, self.scale
        if region is not None:
            centre, scale = centre[region][:, None], scale[region][:, None]
        return (image - centre).div_(scale).clamp_(-self.LIMIT, self.LIMIT)


class PictureNormaliser(Normaliser):
    """Reflectance as the images of pairs are read: 0..1 on the fixed scale of its band, then standardised; the same in every region.

    Args:
        white: ``(C,)`` reflectance that is shown as 1.
        mean: ``(C,)`` of images in 0..1.
        std: The same shape.
    """

    def __init__(self, white: np.ndarray, mean: np.ndarray, std: np.ndarray) -> None:
        super().__init__(mean, std)
        self.white = torch.as_tensor(white, dtype=torch.float32)[..., None, None]

    def __call__(self, image: torch.Tensor, region: torch.Tensor | None = None) -> torch.Tensor:
        """Standardise reflectance ``(..., C, H, W)``; the region makes no difference."""
        return (image / self.white).clamp_(0, 1).sub_(self.centre).div_(self.scale)


class WindowBatches(Steps["Sample"]):
    """An endless stream of batches of windows, in torchgeo's sample dictionaries.

    Batches run through shuffled passes over all windows; a pass that does not fill a batch goes over into the next.

    Args:
        windows: What to draw from.
        batch_size: Windows per batch, over all ranks.
        seed: Source of the order.
        start: First step; the stream from ``start`` equals the full stream from there on.
        region: ``(N,)`` number of the region of each window, where several are pooled; batches then have a key ``region``.
        located: Whether batches say where their windows lie: ``origin`` ``(B, 2)``, row and column of the corner, and ``ground``
            ``(B,)``, a number that windows of the same place have in common, whatever their series.
    """

    def __init__(
        self,
        windows: Windows,
        batch_size: int,
        seed: int,
        start: int = 0,
        region: np.ndarray | None = None,
        *,
        located: bool = False,
    ) -> None:
        self.windows, self.batch_size, self.seed, self.start, self.region = windows, batch_size, seed, start, region
        self.everything = as_tensors(windows)
        where = [windows.place] if region is None else [region, windows.place]
        self.ground = np.unique(np.stack(where), axis=1, return_inverse=True)[1].reshape(-1) if located else None

    def rows(self, step: int) -> np.ndarray:
        """Numbers of the windows of a step, of those this rank's part."""
        return share(rows_of_step(len(self.windows), self.batch_size, self.seed, step))

    def batch(self, step: int) -> Sample:
        """The batch of a step: the numbers of its windows ``rows`` ``(B,)``, and the arrays of all windows, of which nothing is copied.

        ``image`` ``(N, T, C, H, W)``, ``dates`` ``(N, T)`` and, where there are labels, ``mask`` ``(N, H, W)``: a view reads a small part
        of its series, and of a mapped file no more than that. Where regions are pooled, ``region`` ``(B,)`` belongs to the rows.
        """
        rows = self.rows(step)
        sample = self.everything | {"rows": torch.from_numpy(rows)}
        if self.region is not None:
            sample["region"] = torch.from_numpy(self.region[rows])
        if self.ground is not None:
            sample |= {"origin": torch.from_numpy(self.windows.origin[rows]), "ground": torch.from_numpy(self.ground[rows])}
        return sample


def rows_of_step(count: int, batch_size: int, seed: int, step: int) -> np.ndarray:
    """Row numbers of the batch of a step, in shuffled passes over ``count`` rows."""
    places = np.arange(step * batch_size, (step + 1) * batch_size)
    return np.array([_pass(count, seed, int(place // count))[place % count] for place in places])


@functools.lru_cache(maxsize=4)
def _pass(count: int, seed: int, number: int) -> np.ndarray:
    return np.random.default_rng([seed, number]).permutation(count)


def as_sample(windows: Windows, rows: np.ndarray) -> Sample:
    """Some windows as one batch in torchgeo's keys."""
    return as_tensors(windows.take(rows))


def as_tensors(windows: Windows) -> Sample:
    """All windows in torchgeo's keys, without a copy: where they are a mapped file the tensors must not be written to."""
    arrays = {"image": windows.image, "dates": windows.dates, "mask": windows.mask}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return {name: torch.from_numpy(array) for name, array in arrays.items() if array is not None}
