"""Intervals for scores that come from confusion counts of the same windows under several seeds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import Ints
from eelib.errors import InputError
from eelib.evaluate.confusion import Array, known_mean, mean_iou

Score = Callable[[NDArray[Any]], Array]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval.

    Attributes:
        value: Point estimate on all windows and seeds.
        low: Lower end.
        high: Upper end.
        seeds: Seeds that went in.
        places: Places that went in.
    """

    value: float
    low: float
    high: float
    seeds: int
    places: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(arms: list[Ints], places: Ints, *, score: Score = mean_iou, resamples: int = 2000, seed: int = 0) -> Array:
    """Distribution of the seed-averaged score of several arms over places and seeds.

    All arms share each draw, so differences between columns are paired. Places are resampled (the bootstrap); places and not windows,
    because windows of one place are not independent. Seeds are too few for that: three of five say nothing about the tails, and of two the
    resampled variance is half of the true one. What a mean over S seeds may deviate follows Student's t with S - 1 degrees of freedom
    instead: with places that do not vary, percentiles are the ends of a t interval, and :func:`p_value` is that of a t test.

    Args:
        arms: Per arm ``(S, N, K, L)`` counts of seeds and windows, for example confusion counts by true and predicted class; all 0
            where a window is not in a seed's test set.
        places: ``(N,)`` place of each window.
        score: Counts ``(..., K, L)`` to a score ``(...)``.
        resamples: Number of draws ``R``.
        seed: Source of the draws of places. Those of seeds are the same in every call, so that a mean over cases with places of their own
            keeps what these share: two of them may come from one encoder.

    Returns:
        ``(R + 1, A)``; row 0 is the estimate itself, the rest are draws.

    Raises:
        InputError: Arms differ in seeds or windows.
    """
    if len({counts.shape for counts in arms}) != 1:
        raise InputError(f"arms to be compared must have the same seeds and windows, got shapes {[counts.shape for counts in arms]}")
    names, where = np.unique(places, return_inverse=True)
    num_seeds, _, *cells = arms[0].shape
    rng = np.random.default_rng(seed)
    of_place = np.vstack([np.ones(len(names)), rng.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)])
    of_seed = _deviations(num_seeds, resamples)
    columns = []
    for counts in arms:
        per_place = np.zeros((len(names), num_seeds, int(np.prod(cells))))
        np.add.at(per_place, where, counts.reshape(num_seeds, len(places), -1).swapaxes(0, 1))
        drawn = np.einsum("rp,psc->rsc", of_place, per_place, optimize=True).reshape(-1, num_seeds, *cells)
        columns.append(_seed_mean(score(drawn), of_seed))
    return np.stack(columns, 1)


@functools.lru_cache(maxsize=16)
def _deviations(count: int, resamples: int) -> Array:
    """Weights ``(R + 1, S)`` of the differences of S values from their mean, which make of them draws from what their mean may deviate.

    A row is ``(z - mean z) / sqrt(S (S - 1)) / sqrt(chi² / (S - 1))`` with z normal: applied to values of standard deviation s it gives
    ``s / sqrt(S)`` times a number from Student's t with S - 1 degrees of freedom. The first row is 0, and all are for a single value.
    """
    weights = np.zeros((resamples + 1, count))
    if count > 1:
        rng = np.random.default_rng(count)
        normal = rng.standard_normal((resamples, count))
        width = np.sqrt(count * rng.chisquare(count - 1, resamples))
        weights[1:] = (normal - normal.mean(1, keepdims=True)) / width[:, None]
    return weights


def _seed_mean(scores: Array, deviations: Array) -> Array:
    """Mean over seeds ``(R, S)``, and its deviation. Where seeds have places of their own, one of which none was drawn is left out."""
    mean = known_mean(scores)
    drawn: Array = mean + (deviations * np.where(np.isnan(scores), 0, scores - mean[:, None])).sum(1)
    return drawn


def block_diagonal(counts: list[Ints]) -> Ints:
    """Counts ``(N_s, K, L)`` of seeds with different windows as ``(S, sum of N_s, K, L)``, 0 where a window is not that seed's."""
    wide = np.zeros((len(counts), sum(map(len, counts)), *counts[0].shape[1:]), counts[0].dtype)
    first = 0
    for seed, own in enumerate(counts):
        wide[seed, first : first + len(own)] = own
        first += len(own)
    return wide


def estimate(draws: Array, seeds: int, places: int) -> Estimate:
    """Percentile interval of a column of :func:`bootstrap`, or of a difference of two columns, 95 %."""
    method = "linear" if np.isfinite(draws).all() else "inverted_cdf"  # an infinite draw cannot be averaged with its neighbour
    low, high = np.percentile(draws[1:], [2.5, 97.5], method=method)  # type: ignore[call-overload]
    return Estimate(float(draws[0]), float(low), float(high), seeds, places)


def p_value(draws: Array) -> float:
    """Two-sided p-value of "no difference" from a column of :func:`bootstrap` differences.

    The share of resamples on the rarer side of 0, doubled: below 0.05 about where the 95 % percentile interval excludes 0. It is never 0,
    because ``R`` resamples cannot show less than ``2 / (R + 1)``.
    """
    resamples = draws[1:]
    rarer = min(int((resamples <= 0).sum()), int((resamples >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(resamples) + 1))


def holm(p_values: Sequence[float]) -> Array:
    """Holm's step-down adjustment: p-values that hold for the whole family at once, in the order given (Holm 1979)."""
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def interaction_test(table: Array, *, resamples: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Permutation test of "the effect of a treatment is the same under every condition".

    The main effect of a treatment is its mean over conditions; what is left of its row is how it differs between them. Under the null
    hypothesis rows of one block have the same distribution after that, so they are exchanged within blocks. The statistic is the sum of
    squares of the block-averaged table after both main effects are removed.

    Args:
        table: ``(S, M, E)`` scores of blocks (seeds), treatments (methods) and conditions (encoders).
        resamples: Random permutations.
        seed: Source of the permutations.

    Returns:
        The root of the mean square of the interaction, and its p-value, which is never 0.

    Raises:
        InputError: Fewer than two treatments or conditions.
    """
    blocks, treatments, conditions = table.shape
    if treatments < 2 or conditions < 2:
        raise InputError(f"an interaction needs two treatments and two conditions, got {treatments} and {conditions}")
    rest = table - table.mean(2, keepdims=True)
    rest = rest - rest.mean(1, keepdims=True)
    rng = np.random.default_rng(seed)
    order = rng.random((resamples, blocks, treatments)).argsort(-1)
    drawn = np.take_along_axis(rest[None], order[..., None], 2).mean(1)
    observed = float(np.square(rest.mean(0)).sum())
    rounding = 1e-12 * float(np.square(table).sum())
    as_large = int((np.square(drawn).sum((-2, -1)) >= observed - rounding).sum())
    return (observed / (treatments * conditions)) ** 0.5, (as_large + 1) / (resamples + 1)


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


def score_with_interval(counts: Ints, places: Ints, **options: Any) -> Estimate:  # noqa: ANN401
    """Score of one arm ``(S, N, K, K)`` with its interval."""
    return estimate(bootstrap([counts], places, **options)[:, 0], len(counts), len(np.unique(places)))


def paired_difference(first: Ints, second: Ints, places: Ints, **options: Any) -> Estimate:  # noqa: ANN401
    """Score of ``first`` minus score of ``second``, both ``(S, N, K, K)`` over the same seeds and windows, with its interval."""
    draws = bootstrap([first, second], places, **options)
    return estimate(draws[:, 0] - draws[:, 1], len(first), len(np.unique(places)))
