"""Resampling and blur weights against torch's interpolation and scipy's filter."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

from eelib.data.resample import blur_weights, resample, resize_weights


def images(batch=2, bands=3, height=20, width=30):
    return torch.rand(batch, bands, height, width, generator=torch.Generator().manual_seed(0))


def boxes(*pairs):
    return torch.tensor(pairs, dtype=torch.float32).unbind(1)


@pytest.mark.parametrize(("height", "width"), [(20, 30), (8, 9), (5, 64), (45, 7)])
def test_whole_images_equal_antialiased_interpolation(height, width):
    rows = resize_weights(*boxes((0, 20), (0, 20)), 20, height)
    columns = resize_weights(*boxes((0, 30), (0, 30)), 30, width)
    wanted = F.interpolate(images(), (height, width), mode="bilinear", antialias=True)
    torch.testing.assert_close(resample(images(), rows, columns), wanted, rtol=0, atol=1e-5)


def test_every_image_has_its_own_box():
    rows, columns = resize_weights(*boxes((0, 10), (10, 10)), 20, 20), resize_weights(*boxes((4, 15), (12, 6)), 30, 30)
    whole = resample(images(), rows, columns)
    for n, (top, left, width) in enumerate([(0, 4, 15), (10, 12, 6)]):
        part = images()[n : n + 1, :, top : top + 10, left : left + width]
        wanted = F.interpolate(part, (20, 30), mode="bilinear", antialias=True)
        rim = 30 // width  # pixels at the rim also see neighbours outside the box
        torch.testing.assert_close(whole[n : n + 1, :, 2:-2, rim:-rim], wanted[:, :, 2:-2, rim:-rim], rtol=0, atol=1e-5)


def test_rows_sum_to_one_and_the_full_size_box_changes_nothing():
    weights = resize_weights(*boxes((0.3, 5.1), (7, 1), (0, 20)), 20, 8)
    torch.testing.assert_close(weights.sum(2), torch.ones(3, 8))
    assert torch.equal(resize_weights(*boxes((0, 20)), 20, 20)[0], torch.eye(20))


def test_blur_equals_a_gaussian_filter_away_from_the_edge():
    weights = blur_weights(torch.tensor([0.0, 1.5]), 40)
    picture = images(2, 1, 40, 40)
    blurred = resample(picture, weights, weights)
    torch.testing.assert_close(blurred[0], picture[0])
    wanted = gaussian_filter(picture[1, 0].numpy().astype(np.float64), 1.5, truncate=8)
    np.testing.assert_allclose(blurred[1, 0, 8:-8, 8:-8], wanted[8:-8, 8:-8], atol=1e-5)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 40))
