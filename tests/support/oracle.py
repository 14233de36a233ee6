"""InfoNCE written from its formula with loops over NumPy float64 numbers; slow, and shares no code with the package."""

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
