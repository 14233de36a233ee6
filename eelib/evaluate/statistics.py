"""Intervals for scores that come from confusion counts of the same windows under several seeds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import Ints
from eelib.errors import InputError
from eelib.evaluate.confusion import Array, known_mean, mean_iou

Score = Callable[[NDArray[Any]], Array]

LEVEL = 0.05  # of every test
RESAMPLES = 4000  # of places
DEVIATIONS = 16  # of seeds, for each draw of places: what p-values after correction need lies far out in the tails of Student's t


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval.

    Attributes:
        value: Point estimate on all windows and seeds.
        low: Lower end.
        high: Upper end.
        seeds: Seeds that went in; 0 where nothing was trained, so that there are none to differ.
        places: Places that went in.
        p: Two-sided p-value of "it is 0"; 1 where that cannot be told.
    """

    value: float
    low: float
    high: float
    seeds: int
    places: int
    p: float = 1.0

    @property
    def decidable(self) -> bool:
        """Whether the interval covers other seeds and other places: of one seed, or one place, nobody knows how far the next would be."""
        return self.seeds != 1 and self.places > 1

    def above(self, floor: float = 0) -> bool:
        """Whether the interval lies above a number, and may be trusted to."""
        return self.decidable and self.low > floor

    def below(self, ceiling: float = 0) -> bool:
        """Whether the interval lies below a number, and may be trusted to."""
        return self.decidable and self.high < ceiling

    def within(self, least: float, most: float) -> Estimate:
        """The same with an interval that ends where the score must."""
        return replace(self, low=max(self.low, least), high=min(self.high, most))

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.above() or self.below()

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]".replace("-", "−")


def bootstrap(arms: list[Ints], places: Ints, *, score: Score = mean_iou, resamples: int = RESAMPLES, seed: int = 0) -> Array:
    """Scores of several arms, per seed, under places that are drawn again.

    All arms share each draw, so differences between them are paired. Places are resampled (the bootstrap); places and not windows,
    because windows of one place are not independent. Where P places are few, resamples vary too little and have no tails: the deviation of
    the mean over seeds is widened by ``sqrt(P / chi²)`` with P - 1 degrees of freedom, which makes Student's t of what is near normal and
    is next to 1 for many places. Seeds stay apart, so that sums, differences and means of what this returns are still paired by seed;
    :func:`estimate` and :func:`spread` say how far their mean may deviate.

    Args:
        arms: Per arm ``(S, N, K, L)`` counts of seeds and windows, for example confusion counts by true and predicted class; all 0
            where a window is not in a seed's test set.
        places: ``(N,)`` place of each window.
        score: Counts ``(..., K, L)`` to a score ``(...)``.
        resamples: Number of draws ``R``.
        seed: Source of the draws.

    Returns:
        ``(A, R + 1, S)``; row 0 is the estimate itself, the rest are draws. NaN where none of a seed's own places was drawn.

    Raises:
        InputError: Arms differ in seeds or windows.
    """
    if len({counts.shape for counts in arms}) != 1:
        raise InputError(f"arms to be compared must have the same seeds and windows, got shapes {[counts.shape for counts in arms]}")
    names, where = np.unique(places, return_inverse=True)
    num_seeds, _, *cells = arms[0].shape
    times, wider = _drawn_places(len(names), resamples, seed)
    order = np.argsort(where, kind="stable")
    first = np.flatnonzero(np.diff(where[order], prepend=-1))
    found = []
    for counts in arms:
        per_place = np.add.reduceat(counts.reshape(num_seeds, len(places), -1)[:, order], first, axis=1, dtype=np.float64)
        drawn = (times @ per_place.swapaxes(0, 1).reshape(len(names), -1)).reshape(-1, num_seeds, *cells)
        scores = score(drawn)
        mean = known_mean(scores)
        found.append(scores + ((wider - 1) * (mean - mean[0]))[:, None])
    return np.stack(found)


@functools.lru_cache(maxsize=4)
def _drawn_places(count: int, resamples: int, seed: int) -> tuple[Array, Array]:
    """How often each place is drawn, ``(R + 1, P)``, once in row 0, and the factor ``(R + 1,)`` by which a draw's deviation is widened."""
    rng = np.random.default_rng(seed)
    times = np.vstack([np.ones(count), rng.multinomial(count, np.full(count, 1 / count), resamples)])
    return times, np.sqrt(count / rng.chisquare(count - 1, resamples + 1)) if count > 1 else np.ones(resamples + 1)


def spread(scores: Array) -> Array:
    """Draws of the mean over seeds from scores of each, the estimate first.

    Seeds are too few to resample: three of five say nothing about the tails, and of two the resampled variance is half of the true one.
    What a mean over S seeds may deviate follows Student's t with S - 1 degrees of freedom: with places that do not vary, percentiles are
    the ends of a t interval, and :func:`p_value` is that of a t test. The deviations are the same in every call, so what several arrays
    share by seed they also share here. A seed without a score in a draw is left out of it.

    Args:
        scores: ``(..., R + 1, S)`` of :func:`bootstrap`, or sums and differences of such.

    Returns:
        ``(..., 1 + R D)``, ``D`` deviations of seeds for each draw of places; 1 where there is one seed.
    """
    mean = known_mean(scores)
    weights = _deviations(scores.shape[-1], scores.shape[-2] - 1)
    apart = np.where(np.isnan(scores), 0, scores - mean[..., None])[..., 1:, :]
    drawn = mean[..., 1:, None] + np.einsum("...rs,rds->...rd", apart, weights, optimize=True)
    return np.concatenate([mean[..., :1], drawn.reshape(*drawn.shape[:-2], -1)], -1)


@functools.lru_cache(maxsize=16)
def _deviations(count: int, resamples: int) -> Array:
    """Weights ``(R, D, S)`` of the differences of S values from their mean, which make of them draws from what their mean may deviate.

    A row is ``(z - mean z) / sqrt(S (S - 1)) / sqrt(chi² / (S - 1))`` with z normal: applied to values of standard deviation s it gives
    ``s / sqrt(S)`` times a number from Student's t with S - 1 degrees of freedom. Every row is there with both signs.
    """
    if count == 1:
        return np.zeros((resamples, 1, 1))
    rng, half = np.random.default_rng(count), (resamples, DEVIATIONS // 2)
    normal = rng.standard_normal((*half, count))
    width = np.sqrt(count * rng.chisquare(count - 1, half))
    weights: Array = (normal - normal.mean(-1, keepdims=True)) / width[..., None]
    return np.concatenate([weights, -weights], 1)


def pooled_places(counts: Sequence[int]) -> int:
    """Places of a mean over cases: their sum, but 1 where a case has one, for how far another would be from that nobody knows.

    Args:
        counts: Places of each case.
    """
    return sum(counts) if min(counts) > 1 else 1


def mean_over(cases: Sequence[Array]) -> Array:
    """Mean over cases, for example regions, of what :func:`bootstrap` gave; where their seeds differ in number, draws of the mean."""
    alike = len({case.shape for case in cases}) == 1
    mean: Array = np.mean(cases if alike else [spread(case) for case in cases], 0)
    return mean


def block_diagonal(counts: list[Ints]) -> Ints:
    """Counts ``(N_s, K, L)`` of seeds with different windows as ``(S, sum of N_s, K, L)``, 0 where a window is not that seed's."""
    wide = np.zeros((len(counts), sum(map(len, counts)), *counts[0].shape[1:]), counts[0].dtype)
    first = 0
    for seed, own in enumerate(counts):
        wide[seed, first : first + len(own)] = own
        first += len(own)
    return wide


def estimate(draws: Array, seeds: int, places: int) -> Estimate:
    """Percentile interval, 95 %, and p-value of a score or a difference.

    Args:
        draws: ``(R + 1, S)`` as :func:`bootstrap` gives them for an arm, or ``(N,)`` as :func:`spread` gives them.
        seeds: Seeds that went in; 0 where nothing was trained.
        places: Places that went in.
    """
    flat = draws if draws.ndim == 1 else spread(draws)
    method = "linear" if np.isfinite(flat).all() else "inverted_cdf"  # an infinite draw cannot be averaged with its neighbour
    low, high = np.percentile(flat[1:], [2.5, 97.5], method=method)  # type: ignore[call-overload]
    found = Estimate(float(flat[0]), float(low), float(high), seeds, places)
    return replace(found, p=p_value(flat)) if found.decidable else found


def p_value(draws: Array) -> float:
    """Two-sided p-value of "no difference" from draws ``(N,)`` of one.

    The share of draws on the rarer side of 0, doubled: below 0.05 about where the 95 % percentile interval excludes 0. It is never 0,
    because ``N`` draws cannot show less than ``2 / N``.
    """
    drawn = draws[1:]
    rarer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(drawn) + 1))


def holm(p_values: Sequence[float]) -> Array:
    """Holm's step-down adjustment: p-values that hold for the whole family at once, in the order given (Holm 1979)."""
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def interaction_test(scores: Array, seeds: int, places: int) -> tuple[float, float]:
    """Test of "the effect of a treatment is the same under every condition", over places and seeds.

    The interaction is what is left of the table of mean scores after both main effects. Its sum of squares is held against those of its
    deviations in the draws. Seeds alone would not do: they share test places, on which two networks may differ by what these places are.

    Args:
        scores: ``(M, E, R + 1, S)`` of :func:`bootstrap`, by treatment (method) and condition (encoder).
        seeds: Seeds that went in.
        places: Places that went in.

    Returns:
        The root of the mean square of the interaction, and its p-value, which is never 0 and is 1 with one seed or one place.

    Raises:
        InputError: Fewer than two treatments or conditions.
    """
    treatments, conditions, *_ = scores.shape
    if treatments < 2 or conditions < 2:
        raise InputError(f"an interaction needs two treatments and two conditions, got {treatments} and {conditions}")
    rest = scores - scores.mean(1, keepdims=True)
    draws = spread(rest - rest.mean(0))
    observed = float(np.square(draws[..., 0]).sum())
    deviations = np.square(draws[..., 1:] - draws[..., :1]).sum((0, 1))
    rounding = 1e-12 * float(np.square(known_mean(scores[..., 0, :])).sum())
    p = (int((deviations >= observed - rounding).sum()) + 1) / (len(deviations) + 1)
    return (observed / (treatments * conditions)) ** 0.5, p if seeds != 1 and places > 1 else 1.0


def crossing(x: Sequence[float], values: Array) -> Array:
    """Where curves first reach 0 from below, linear in log ``x`` between points.

    Args:
        x: ``(F,)`` positive, ascending.
        values: ``(..., F)``.

    Returns:
        ``(...)``; the first ``x`` where a curve starts at 0 or above, infinity where it never gets there.
    """
    at, log = np.full(values.shape[:-1], np.inf), np.log(x)
    for k in range(len(log) - 1, 0, -1):
        low, high = values[..., k - 1], values[..., k]
        crosses = (low < 0) & (high >= 0)
        share = np.where(crosses, -low, 0) / np.where(crosses, high - low, 1)
        at = np.where(crosses, np.exp(log[k - 1] + share * (log[k] - log[k - 1])), at)
    return np.where(values[..., 0] >= 0, x[0], at)
