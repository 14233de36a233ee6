"""Losses written from their formulas with loops over NumPy float64 numbers; slow, and share no code with the package."""

import math

import numpy as np


def info_nce(a, b, scale, exclude=None):
    a, b = ([row / np.linalg.norm(row) for row in np.asarray(rows, np.float64)] for rows in (a, b))
    count, total = len(a), 0.0
    for n in range(count):
        kept = [m for m in range(count) if m == n or exclude is None or not exclude[n][m]]
        total += math.log(sum(math.exp(scale * float(a[n] @ b[m])) for m in kept)) - scale * float(a[n] @ b[n])
        kept = [m for m in range(count) if m == n or exclude is None or not exclude[m][n]]
        total += math.log(sum(math.exp(scale * float(b[n] @ a[m])) for m in kept)) - scale * float(b[n] @ a[n])
    return total / (2 * count)


def unit(rows):
    return [row / np.linalg.norm(row) for row in np.asarray(rows, np.float64)]


def nt_xent(z1, z2, temperature):
    """SLIP's wording: none of the four entries within a sample is a negative, the positive stands in the denominator once."""
    views, count, total = [unit(z1), unit(z2)], len(z1), 0.0
    for view in range(2):
        for i in range(count):
            positive = float(views[view][i] @ views[1 - view][i]) / temperature
            negatives = [float(views[view][i] @ views[v][j]) / temperature for v in range(2) for j in range(count) if j != i]
            assert len(negatives) == 2 * (count - 1)
            total += math.log(math.exp(positive) + sum(map(math.exp, negatives))) - positive
    return total / (2 * count)


def filip_similarity(patches, words, patch_mask=None, word_mask=None, chosen_patches=None, chosen_words=None):
    """Masks and choices as lists of kept positions per sample; None keeps all."""
    p, q = [unit(sample) for sample in patches], [unit(sample) for sample in words]
    kept_p, kept_q = (mask or [range(len(sample)) for sample in side] for mask, side in ((patch_mask, p), (word_mask, q)))
    chosen_p, chosen_q = chosen_patches or kept_p, chosen_words or kept_q
    i2t, t2i = np.zeros((len(p), len(q))), np.zeros((len(p), len(q)))
    for i in range(len(p)):
        for j in range(len(q)):
            i2t[i, j] = np.mean([max(float(p[i][a] @ q[j][b]) for b in chosen_q[j]) for a in kept_p[i]])
            t2i[i, j] = np.mean([max(float(p[i][a] @ q[j][b]) for a in chosen_p[i]) for b in kept_q[j]])
    return i2t, t2i


def filip_choice(patches, words, kept_patches, kept_words, select, k):
    """The released form's tokens: those with the largest sums over the own partner's kept tokens; k of them, or that share of the kept."""
    chosen = [], []
    for sample in range(len(patches)):
        p, q = unit(patches[sample]), unit(words[sample])
        rows = {a: sum(float(p[a] @ q[b]) for b in kept_words[sample]) for a in kept_patches[sample]}
        columns = {b: sum(float(p[a] @ q[b]) for a in kept_patches[sample]) for b in kept_words[sample]}
        for side, sums in zip(chosen, (rows, columns), strict=True):
            count = k if select == "topk" else math.ceil(k * len(sums))
            side.append(sorted(sums, key=sums.get)[-count:])
    return chosen


def both_ways_cross_entropy(i2t, t2i, scale):
    """Mean over both directions of cross-entropy towards the own partner."""
    total = 0.0
    for logits in (scale * i2t, scale * t2i.T):
        total += np.mean([math.log(np.exp(row).sum()) - row[n] for n, row in enumerate(logits)])
    return total / 2


def numeric_gradient(function, x, step=1e-5):
    """Central differences of a scalar function of an array."""
    x = np.array(x, np.float64)
    gradient = np.zeros_like(x)
    for at in np.ndindex(*x.shape):
        kept = x[at]
        x[at] = kept + step
        high = function(x)
        x[at] = kept - step
        low = function(x)
        x[at] = kept
        gradient[at] = (high - low) / (2 * step)
    return gradient
