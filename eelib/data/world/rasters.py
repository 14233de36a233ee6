"""Random rasters and resampling: smooth noise, cells, point spread, 10 m to 20 m and back. All in pixels, whatever the window's size."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from eelib.data.windows import Floats, Ints

Generator = np.random.Generator


@functools.cache
def spline_weights(size: int, step: float) -> Floats:
    """Cubic B-spline interpolation from knots ``step`` pixels apart to ``size`` pixels, as a matrix ``(size, knots)``."""
    at = np.arange(size) / step + 1
    distance = np.abs(at[:, None] - np.arange(int(at[-1]) + 3))
    near, far = (4 - 6 * distance**2 + 3 * distance**3) / 6, (2 - distance).clip(0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    return np.asarray(weights / np.sqrt((weights**2).sum(1, keepdims=True)), np.float32)


def smooth_noise(size: int, step: float, rng: Generator, count: int = 1) -> Floats:
    """Smooth Gaussian fields ``(count, size, size)`` with mean 0 and variance 1 that forget themselves over about ``2 * step`` pixels."""
    weights = spline_weights(size, step)
    knots = rng.standard_normal((count, weights.shape[1], weights.shape[1]), np.float32)
    return np.asarray(weights @ knots @ weights.T, np.float32)


def rough_noise(size: int, steps: tuple[float, ...], rng: Generator, count: int = 1) -> Floats:
    """Sum of smooth fields, each half as strong as the one before, with variance 1."""
    strength = 0.5 ** np.arange(len(steps))
    strength /= np.sqrt((strength**2).sum())
    total = np.zeros((count, size, size), np.float32)
    for factor, step in zip(strength, steps, strict=True):
        total += np.float32(factor) * smooth_noise(size, step, rng, count)
    return total


@dataclass(frozen=True)
class Cells:
    """A tessellation into cells around scattered centres.

    Attributes:
        id: ``(H, W)`` number of the cell, below ``count``.
        gap: ``(H, W)`` how much nearer the own centre is than the next one, pixels; 0 on a border.
        along: ``(H, W)`` first coordinate relative to the centre.
        across: ``(H, W)`` second coordinate relative to the centre.
        count: Cells, including those outside of the raster.
    """

    id: Ints
    gap: Floats
    along: Floats
    across: Floats
    count: int


def draw_cells(x: Floats, y: Floats, spacing: float, rng: Generator) -> Cells:
    """Cells around the points of a shaken grid; the nearest point lies in one of nine squares."""
    u, v = x / spacing, y / spacing
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    column -= column.min() - 1
    row -= row.min() - 1
    u, v = u - np.floor(u.min()) + 1, v - np.floor(v.min()) + 1
    rows, columns = int(row.max()) + 2, int(column.max()) + 2
    shake = rng.uniform(0.05, 0.95, (2, rows * columns)).astype(np.float32)
    step_y, step_x = (part.reshape(9, 1, 1) for part in np.mgrid[-1:2, -1:2])
    cell = (row + step_y) * columns + column + step_x
    du, dv = u - (column + step_x) - shake[0][cell], v - (row + step_y) - shake[1][cell]
    distance = np.sqrt(du * du + dv * dv)
    best = distance.argmin(0)[None]
    nearest, second = np.partition(distance, 1, axis=0)[:2]
    own = [np.take_along_axis(part, best, 0)[0] for part in (cell, du, dv)]
    return Cells(own[0], spacing * (second - nearest), spacing * own[1], spacing * own[2], rows * columns)


@functools.cache
def spread_weights(size: int, sigma: float) -> Floats:
    """Gaussian point spread with a standard deviation of ``sigma`` pixels, as a matrix ``(size, size)`` whose rows sum to 1."""
    distance = np.arange(size)[:, None] - np.arange(size)
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


@functools.cache
def halve_weights(size: int) -> Floats:
    """Mean of pixel pairs, as a matrix ``(size / 2, size)``."""
    return np.kron(np.eye(size // 2), [[0.5, 0.5]]).astype(np.float32)


@functools.cache
def double_weights(size: int) -> Floats:
    """Bilinear interpolation from ``size / 2`` to ``size`` pixels, as a matrix ``(size, size / 2)``."""
    at = ((np.arange(size) + 0.5) / 2 - 0.5).clip(0, size // 2 - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(size // 2))), np.float32)


def resample(image: Floats, weights: Floats) -> Floats:
    """Apply a matrix to rows and columns of ``(..., H, H)``."""
    return np.asarray(weights @ image @ weights.T, np.float32)
