"""The losses of lightly do what their names say on our rows: checked against loops, because it is not our code that computes them."""

import math
import sys

import numpy as np
import pytest
import torch

from eelib.errors import InputError
from eelib.losses import barlow_twins, vicreg


def rows(count, seed, dims=4):
    return torch.randn(count, dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_barlow_twins_equals_the_loop():
    a, b = rows(9, 1), rows(9, 2)
    a_n, b_n = ((part.numpy() - part.numpy().mean(0)) / part.numpy().std(0) for part in (a, b))
    wanted = 0.0
    for i in range(4):
        for j in range(4):
            c = float(np.mean(a_n[:, i] * b_n[:, j]))
            wanted += (1 - c) ** 2 if i == j else 0.005 * c**2
    assert float(barlow_twins(a, b)) == pytest.approx(wanted, rel=1e-3)  # lightly standardises with a small constant of its own


def test_vicreg_equals_the_loop():
    a, b = rows(9, 1), rows(9, 2)
    invariance = np.mean((a.numpy() - b.numpy()) ** 2)
    spread, covariance = 0.0, 0.0
    for part in (a.numpy(), b.numpy()):
        centred = part - part.mean(0)
        spread += 0.5 * np.mean([max(0.0, 1 - math.sqrt(column.var(ddof=1) + 1e-4)) for column in centred.T])
        c = centred.T @ centred / 8
        covariance += (c**2).sum() / 4 - (np.diag(c) ** 2).sum() / 4
    assert float(vicreg(a, b)) == pytest.approx(25 * invariance + 25 * spread + covariance, rel=1e-6)


def test_without_lightly_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightly.loss", None)
    with pytest.raises(InputError, match=r"'lightly' is not installed: .*pip install -e '\.\[ssl\]'"):
        barlow_twins(rows(3, 1), rows(3, 2))


@pytest.mark.parametrize("loss", [barlow_twins, vicreg])
def test_bad_rows_are_named(loss):
    a = torch.randn(4, 3)
    for other, word in ((torch.randn(4, 5), "a and b must be"), (a * torch.nan, "b ")):
        with pytest.raises(InputError, match=word):
            loss(a, other)
    with pytest.raises(InputError, match="a"):
        loss(a[:0], a[:0])
