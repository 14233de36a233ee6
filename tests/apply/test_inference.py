"""A network on a tile: gaps, subsets of dates, windows, sizes of tiles."""

import numpy as np
import pytest
import torch
from scenes import card, untrained

from eelib.apply.inference import BUDGET, SEAM, Inference, filled, windowed
from eelib.models import ENCODERS
from eelib.train.batches import Normaliser
from eelib.train.segment import predict


def inference(made, days=(47,)):
    return Inference(untrained(made), made, Normaliser(np.array(made.centre[0]), np.array(made.scale[0])), np.array(days, np.int64))


def series(dates=1, side=24):
    return (0.2 + 0.05 * np.random.default_rng(0).standard_normal((dates, 3, side, side))).astype(np.float32)


def test_a_gap_takes_the_mean_of_the_other_dates_or_the_centre():
    image = torch.arange(3.0)[:, None, None, None].repeat(1, 2, 1, 2)
    image[0, :, 0, 0] = image[:, :, 0, 1] = torch.nan
    found = filled(image)
    assert found[:, 0, 0, 0].tolist() == [1.5, 1.0, 2.0]
    assert found[:, 0, 0, 1].tolist() == [0, 0, 0]
    assert filled(found) is found


def test_longer_series_are_scored_as_in_the_study():
    made, image, days = card(num_dates=4), series(10), np.arange(10) * 30 + 5
    infer = inference(made, days)
    sample = {"image": torch.from_numpy(image)[None], "dates": torch.from_numpy(days)[None]}
    wanted = predict(untrained(made), sample, infer.normalise, 4)[0]
    np.testing.assert_allclose(infer(image), wanted.numpy(), rtol=1e-4, atol=1e-5)


def test_shorter_series_are_passed_on():
    assert inference(card(num_dates=4), (5, 90))(series(2)).shape == (4, 24, 24)


def test_windows_give_the_network_itself_where_one_is_enough():
    made = card("tsvit")
    image = series(1, made.window)
    direct = untrained(made)(torch.from_numpy((image - 0.2) / 0.08)[None], torch.tensor([[47]]))[0]
    np.testing.assert_allclose(inference(made)(image), direct.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_windows_cover_any_size_and_weigh_to_one():
    def constant(batch, days):
        assert batch.shape[-2:] == (16, 9)
        return torch.full((len(batch), 2, 16, 9), 3.0)

    found = windowed(constant, torch.zeros(1, 3, 50, 9), torch.tensor([1]), 16)
    torch.testing.assert_close(found, torch.full((2, 50, 9), 3.0))


@pytest.mark.parametrize("name", ENCODERS)
def test_margins_and_steps_fit_the_network(name):
    infer = inference(card(name, num_dates=1))
    assert infer.margin >= (infer.radius or 0)
    assert infer.margin % 8 == 0 == infer.step % 64
    large = inference(card(name, num_dates=16, width=64))
    assert 64 <= large.step < infer.step
    assert infer.bytes_per_pixel * (infer.step + SEAM) ** 2 < BUDGET
