"""Intervals: right coverage, paired, over places and seeds."""

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp

from eelib.errors import InputError
from eelib.evaluate.statistics import (
    block_diagonal,
    bootstrap,
    crossing,
    estimate,
    holm,
    interaction_test,
    mean_over,
    p_value,
    pooled_places,
    spread,
)


def accuracy_counts(right, pixels=100):
    """Counts ``(S, N, 2, 2)`` with a given number of right pixels per seed and window, half of each class."""
    right = np.asarray(right).round().astype(int)
    counts = np.zeros((*right.shape, 2, 2), np.int64)
    counts[..., 0, 0] = counts[..., 1, 1] = right
    counts[..., 0, 1] = counts[..., 1, 0] = pixels - right
    return counts


def share(counts):
    with np.errstate(invalid="ignore"):  # 0 / 0: no window was drawn
        return np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))


def test_the_estimate_is_the_mean_over_seeds_of_pooled_scores():
    counts = accuracy_counts([[50, 70], [90, 30]])
    found = interval(counts, np.array([0, 1]), score=share)
    assert found.value == pytest.approx(0.6)
    assert (found.seeds, found.places) == (2, 2)


def test_coverage_of_the_interval_is_near_95_per_cent():
    hits = 0
    for trial in range(200):
        rng = np.random.default_rng(trial)
        counts = accuracy_counts(rng.normal(60, 10, (1, 60)).round().astype(int))
        found = interval(counts, np.arange(60), score=share, resamples=400, seed=trial)
        hits += found.low <= 0.6 <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def interval(counts, places, **options):
    return estimate(bootstrap([counts], places, **options)[0], len(counts), len(np.unique(places)))


def difference(first, second, places, **options):
    one, other = bootstrap([first, second], places, **options)
    return estimate(one - other, len(first), len(np.unique(places)))


def split_anew(rng, seeds=5, blocks=40, tested=10, anew=True):
    """Counts of two arms, the first 5 points better on average, by how much depends on the place; every seed tests other blocks."""
    level, gain = rng.normal(50, 8, blocks), rng.normal(5, 6, blocks)
    arms, places = ([], []), []
    own = rng.choice(blocks, tested, replace=False)
    for _ in range(seeds):
        own = rng.choice(blocks, tested, replace=False) if anew else own
        noise = rng.normal(0, 3, (2, tested))
        arms[0].append(accuracy_counts((level + gain)[own] + noise[0]))
        arms[1].append(accuracy_counts(level[own] + noise[1]))
        places.append(own)
    return *(block_diagonal(arm) for arm in arms), np.concatenate(places)


def test_coverage_holds_where_every_seed_tests_other_places():
    hits = 0
    for trial in range(200):
        first, second, places = split_anew(np.random.default_rng(trial))
        found = difference(first, second, places, score=share, resamples=400, seed=trial)
        hits += found.low <= 0.05 <= found.high
    assert hits / 200 >= 0.93  # wider than needed: both the draw of places and that of seeds hold what differs between places


def test_other_places_for_every_seed_bring_the_estimate_nearer():
    """That is why small regions are split anew: one split's test places are few."""
    off = {}
    for anew in (False, True):
        found = [difference(*split_anew(np.random.default_rng(trial), anew=anew), score=share, resamples=10) for trial in range(60)]
        off[anew] = np.mean([abs(estimate.value - 0.05) for estimate in found])
    assert off[True] < 0.85 * off[False]


def test_a_seed_none_of_whose_places_were_drawn_is_left_out():
    counts = block_diagonal([accuracy_counts([50, 50]), accuracy_counts([90, 90])])
    scores = bootstrap([counts], np.arange(4), score=share)[0]
    missing = np.isnan(scores)
    assert missing.mean(0) == pytest.approx([1 / 16, 1 / 16], abs=0.02) and not missing.all(1).any()
    draws = spread(scores)
    assert draws[0] == pytest.approx((share(counts[0].sum(0)) + share(counts[1].sum(0))) / 2) and np.isfinite(draws).all()


def test_block_diagonal_counts_of_equal_windows_are_the_same_statistic():
    rng = np.random.default_rng(0)
    counts = accuracy_counts(rng.integers(30, 80, (3, 12)))
    places = np.arange(12) // 2
    alike, wide = (bootstrap([c], p, score=share) for c, p in ((counts, places), (block_diagonal(list(counts)), np.tile(places, 3))))
    np.testing.assert_allclose(alike, wide, rtol=1e-12)


def test_width_agrees_with_the_normal_approximation():
    rng = np.random.default_rng(0)
    right = rng.normal(60, 10, (1, 200)).round().astype(int)
    found = interval(accuracy_counts(right), np.arange(200), score=share)
    wanted = 2 * norm.ppf(0.975) * right.std() / 100 / np.sqrt(200)
    assert found.high - found.low == pytest.approx(wanted, rel=0.1)


def test_pairing_removes_what_both_arms_share():
    rng = np.random.default_rng(0)
    hard = rng.normal(50, 20, (3, 40)).clip(5, 90).round().astype(int)
    first, second = accuracy_counts(hard + 5), accuracy_counts(hard)
    found = difference(first, second, np.arange(40), score=share)
    assert found.value == pytest.approx(0.05)
    assert found.high - found.low < 0.001
    assert found.excludes_zero
    alone = interval(first, np.arange(40), score=share)
    assert alone.high - alone.low > 0.05


def test_a_difference_of_equals_is_zero_and_antisymmetric():
    counts = accuracy_counts([[50, 70, 20], [90, 30, 60]])
    other = accuracy_counts([[55, 72, 10], [80, 30, 90]])
    places = np.arange(3)
    same = difference(counts, counts, places)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert not same.excludes_zero
    there, back = difference(counts, other, places), difference(other, counts, places)
    assert there.value == -back.value
    assert there.low == pytest.approx(-back.high)


def test_windows_of_one_place_are_drawn_together():
    rng = np.random.default_rng(0)
    per_place = rng.normal(60, 15, 10).round().astype(int)
    windows = accuracy_counts(np.repeat(per_place, 20)[None])
    together = interval(windows, np.repeat(np.arange(10), 20), score=share)
    apart = interval(windows, np.arange(200), score=share)
    assert together.high - together.low > 3 * (apart.high - apart.low)


@pytest.mark.parametrize("values", [(40, 60), (40, 45, 80), (61, 58, 66, 70, 40)])
def test_seeds_alone_give_the_t_interval_and_the_p_value_of_a_t_test(values):
    first, second = (accuracy_counts(np.repeat(np.array(part)[:, None], 3, 1)) for part in (values, [50] * len(values)))
    exact = ttest_1samp(np.array(values) / 100, 0.5)
    low, high = exact.confidence_interval(0.95)
    found = difference(first, second, np.arange(3), score=share, resamples=40_000)
    assert (found.low, found.high) == pytest.approx((low - 0.5, high - 0.5), abs=0.04 * (high - low))
    assert found.p == pytest.approx(exact.pvalue, rel=0.05)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("run", [3.0, 12.0])
def test_few_seeds_do_not_find_what_is_not_there(seeds, run):
    """Two arms of equal quality whose runs differ by chance, as much as the mean over places or several times as much."""
    alone = 0
    for trial in range(300):
        rng = np.random.default_rng(trial)
        level, noise = rng.normal(50, 8, 30), rng.normal(0, run, (2, seeds, 1))
        first, second = (accuracy_counts((level + part + rng.normal(0, 8, (seeds, 30))).clip(0, 100)) for part in noise)
        alone += difference(first, second, np.arange(30), score=share, resamples=400, seed=trial).excludes_zero
    assert alone / 300 <= 0.08


def test_verdicts_far_out_do_not_depend_on_the_draw():
    """Holm's correction over fifty tests asks whether a p-value is below .001; places alike, it is that of a t test."""
    rng = np.random.default_rng(0)
    first, second = (accuracy_counts(rng.normal(level, 2, (5, 1)) + np.zeros((5, 50))) for level in (57, 50))
    exact = ttest_1samp(share(first.sum(1)) - share(second.sum(1)), 0).pvalue
    assert 5e-4 < exact < 5e-3
    assert difference(first, second, np.arange(50), score=share).p == pytest.approx(exact, rel=0.3)


@pytest.mark.parametrize("places", [2, 3, 6, 40])
def test_few_places_do_not_find_what_is_not_there(places):
    """Two arms of equal quality, each better in some places; all seeds read the same few places, as in a region of one's own."""
    alone = 0
    for trial in range(300):
        rng = np.random.default_rng(trial)
        first, second = (accuracy_counts((rng.normal(50, 8, places) + rng.normal(0, 0.5, (5, places))).clip(0, 100)) for _ in range(2))
        alone += difference(first, second, np.arange(places), score=share, resamples=1000, seed=1000 + trial).excludes_zero
    assert alone / 300 <= 0.08


def test_places_alone_give_the_t_interval():
    """Near normal resamples of a handful of places become Student's t; the plain bootstrap is a fifth too narrow here."""
    rng, width = np.random.default_rng(0), []
    for trial in range(40):
        values = rng.normal(60, 10, 8).round()
        low, high = ttest_1samp(values / 100, 0.6).confidence_interval(0.95)
        found = interval(accuracy_counts([values, values]), np.arange(8), score=share, seed=trial)
        width.append((found.high - found.low) / (high - low))
    assert np.mean(width) == pytest.approx(1, abs=0.05)


def test_one_seed_or_one_place_decides_nothing():
    better, worse = accuracy_counts(np.full((3, 5), 90)), accuracy_counts(np.full((3, 5), 20))
    assert difference(better, worse, np.arange(5), score=share).above(0.5)
    assert difference(worse, better, np.arange(5), score=share).below(-0.5)
    for seeds, places in ((1, np.arange(5)), (3, np.zeros(5, int))):
        found = difference(better[:seeds], worse[:seeds], places, score=share)
        assert found.low == found.high == pytest.approx(0.7)
        assert not (found.decidable or found.excludes_zero or found.above() or found.below(1)) and found.p == 1
    assert estimate(bootstrap([better[:1]], np.arange(5), score=share)[0], 0, 5).above(0.5)  # nothing was trained: no seeds to differ


def test_a_mean_over_cases_keeps_what_their_seeds_share():
    """Four regions that read the same five encoders have five encoders, not twenty."""
    values = np.array([61, 58, 66, 70, 40])
    counts = accuracy_counts(np.repeat(values[:, None], 3, 1))
    draws = [bootstrap([counts], np.arange(3), score=share, seed=case)[0] for case in range(4)]
    one, mean = estimate(draws[0], 5, 3), estimate(mean_over(draws), 5, 12)
    assert (mean.low, mean.high) == pytest.approx((one.low, one.high))
    fewer = bootstrap([counts[:4]], np.arange(3), score=share)[0]
    assert estimate(mean_over([*draws, fewer]), 4, 15).value == pytest.approx((4 * 0.59 + 0.6375) / 5)


def test_same_seed_same_draws():
    counts = accuracy_counts([[50, 70, 20], [90, 30, 60]])
    assert np.array_equal(bootstrap([counts], np.arange(3)), bootstrap([counts], np.arange(3)))
    assert not np.array_equal(bootstrap([counts], np.arange(3)), bootstrap([counts], np.arange(3), seed=1))


def test_arms_that_do_not_match_are_an_error():
    with pytest.raises(InputError, match="same seeds and windows"):
        difference(accuracy_counts([[1, 2]]), accuracy_counts([[1, 2], [3, 4]]), np.arange(2))


def test_counts_need_not_be_square():
    hits = np.array([[[[3, 1]], [[1, 3]]]])  # one seed, two windows, hits and misses
    found = interval(hits, np.arange(2), score=lambda counts: counts[..., 0, 0] / counts.sum((-2, -1)))
    assert (found.value, found.seeds, found.places) == (0.5, 1, 2)
    assert found.low < 0.25 and found.high > 0.75


def test_p_values_of_no_difference_are_uniform_and_those_of_a_difference_small():
    rng = np.random.default_rng(0)
    null = [p_value(np.concatenate([[0], rng.normal(rng.normal(), 1, 999)])) for _ in range(400)]
    assert 0.02 <= np.mean(np.array(null) < 0.05) <= 0.09
    assert np.mean(null) == pytest.approx(0.5, abs=0.06)
    assert p_value(np.concatenate([[5], rng.normal(5, 1, 999)])) == pytest.approx(2 / 1000)
    assert p_value(np.zeros(100)) == 1


def test_a_p_value_below_005_goes_with_an_interval_that_excludes_0():
    rng = np.random.default_rng(1)
    for shift in np.linspace(0, 4, 30):
        found = estimate(np.concatenate([[shift], rng.normal(shift, 1, 4000)]), 3, 10)
        if abs(found.p - 0.05) > 0.005:
            assert (found.p < 0.05) == found.excludes_zero


def slow_holm(values):
    """The definition: step through the ordered p-values, and never report less than a smaller one got."""
    adjusted = [0.0] * len(values)
    for rank, at in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        smaller = [adjusted[i] for i in range(len(values)) if values[i] < values[at]]
        adjusted[at] = min(1.0, max([(len(values) - rank) * values[at], *smaller]))
    return adjusted


def test_holm_is_its_definition_and_between_none_and_bonferroni():
    rng = np.random.default_rng(0)
    for count in (1, 2, 7, 30):
        values = rng.random(count) ** 3
        adjusted = holm(values)
        assert adjusted == pytest.approx(slow_holm(values.tolist()))
        assert (adjusted >= values).all()
        assert (adjusted <= np.minimum(values * count, 1) + 1e-12).all()
        assert (np.diff(adjusted[np.argsort(values)]) >= 0).all()


def test_curves_cross_where_they_are_interpolated_to():
    x = [0.01, 0.1, 1.0]
    found = crossing(
        x, np.array([[-1.0, 1.0, 3.0], [-3.0, -1.0, 1.0], [0.5, -1.0, 1.0], [-1.0, -2.0, -3.0], [-1.0, 0.0, -1.0], [-1, 1, -1]])
    )
    assert found[:2] == pytest.approx([10**-1.5, 10**-0.5])
    assert found[2] == 0.01
    assert found[3] == np.inf
    assert found[4] == pytest.approx(0.1)
    assert found[5] == pytest.approx(10**-1.5)  # the first time counts


def test_an_interval_may_end_at_never():
    draws = np.array([0.3, *np.linspace(0.2, 0.4, 90), *[np.inf] * 10])
    found = estimate(draws, 1, 1)
    assert 0.2 <= found.low < 0.21
    assert found.high == np.inf


def table_draws(table, rng, *, places=60, taste=0.0, **options):
    """Draws of accuracies ``(S, M, E)``, every network right or wrong in places of its own liking, the same ones with every seed."""
    liking = rng.normal(0, taste, (places, *table.shape[1:])) if taste else np.zeros((places, *table.shape[1:]))
    right = 1000 * (table[:, None] + liking[None]) + rng.normal(0, 5, (len(table), places, *table.shape[1:]))
    arms = [accuracy_counts(right[..., m, e].clip(0, 1000), 1000) for m in range(table.shape[1]) for e in range(table.shape[2])]
    scores = bootstrap(arms, np.arange(places), score=share, **options)
    return scores.reshape(*table.shape[1:], *scores.shape[1:]), len(table), places


def test_the_interaction_is_what_main_effects_leave_over():
    methods, encoders, seeds = np.array([0.1, 0.3, 0.2]), np.array([0.0, 0.2]), np.array([0.0, 0.1, -0.05, 0.02])
    additive = 0.2 + seeds[:, None, None] + methods[None, :, None] + encoders[None, None]
    size, p = interaction_test(np.repeat(additive.transpose(1, 2, 0)[:, :, None], 400, 2), 4, 60)
    assert size == pytest.approx(0, abs=1e-12)
    assert p == pytest.approx(1)
    crossed = additive.copy()
    crossed[:, 0, 0] += 0.06
    wanted = 0.06 * np.outer([2 / 3, -1 / 3, -1 / 3], [1 / 2, -1 / 2])
    size, p = interaction_test(*table_draws(crossed, np.random.default_rng(0)))
    assert size == pytest.approx(np.sqrt(np.square(wanted).mean()), rel=0.05)
    assert p < 0.01
    for seeds, places in ((1, 60), (4, 1)):
        assert interaction_test(table_draws(crossed, np.random.default_rng(0))[0], seeds, places)[1] == 1


@pytest.mark.parametrize(("taste", "run"), [(0.1, 0.0), (0.1, 0.01), (0.02, 0.02), (0.0, 0.02)])
def test_the_interaction_test_keeps_its_level_whatever_the_main_effects(taste, run):
    """Networks like other places, the same with every seed, and runs differ by chance: neither is an interaction."""
    found = []
    for trial in range(150):
        rng = np.random.default_rng(trial)
        effects = 0.5 + 0.05 * (rng.normal(size=(1, 5, 1)) + rng.normal(size=(1, 1, 2)) + rng.normal(size=(5, 1, 1)))
        draws = table_draws(effects + run * rng.normal(size=(5, 5, 2)), rng, taste=taste, resamples=400, seed=trial)
        found.append(interaction_test(*draws)[1])
    assert np.mean(np.array(found) <= 0.05) <= 0.085


def test_the_interaction_test_sees_one_in_a_few_seeds():
    rng = np.random.default_rng(1)
    table = 0.5 + 0.01 * rng.normal(size=(3, 5, 2)) + np.array([0.0, 0.02, 0.04, 0.06, 0.08])[None, :, None] * np.array([1, -1])
    assert interaction_test(*table_draws(table, rng))[1] < 0.05


@pytest.mark.parametrize("shape", [(1, 2), (4, 1)])
def test_an_interaction_needs_two_of_both(shape):
    with pytest.raises(InputError, match="two treatments and two conditions"):
        interaction_test(np.zeros((*shape, 10, 3)), 3, 3)


def test_a_mean_over_cases_of_one_place_each_decides_nothing():
    draws = np.random.default_rng(0).normal(5, 0.01, (1001, 3))
    assert pooled_places([4, 3]) == 7
    assert estimate(draws, 3, pooled_places([4, 3])).excludes_zero
    for counts in ([1], [1, 1], [1, 30]):
        found = estimate(draws, 3, pooled_places(counts))
        assert not found.decidable and found.p == 1
