"""Colour changes against torchvision, image by image."""

import torch
from torchvision.transforms import functional

from eelib.data.colour import contrast, gray, saturation, turn_hue


def images(bands=3):
    return torch.rand(3, bands, 8, 8, generator=torch.Generator().manual_seed(0))


FACTORS = torch.tensor([0.6, 1.0, 1.4])[:, None, None, None]


def test_changes_equal_those_of_torchvision():
    for ours, theirs in ((contrast, functional.adjust_contrast), (saturation, functional.adjust_saturation)):
        wanted = torch.stack([theirs(image, float(factor)) for image, factor in zip(images(), FACTORS, strict=True)])
        torch.testing.assert_close(ours(images(), FACTORS).clamp(0, 1), wanted, rtol=0, atol=1e-3)
    turns = torch.tensor([-0.1, 0.0, 0.07])
    wanted = torch.stack([functional.adjust_hue(image, float(turn)) for image, turn in zip(images(), turns, strict=True)])
    torch.testing.assert_close(turn_hue(images(), 1 + turns[:, None, None, None]), wanted, rtol=0, atol=1e-3)


def test_gray_is_luma_of_rgb_and_the_mean_of_other_bands():
    torch.testing.assert_close(gray(images()), functional.rgb_to_grayscale(images()), rtol=0, atol=1e-3)
    torch.testing.assert_close(gray(images(5))[:, 0], images(5).mean(1))


def test_contrast_keeps_the_mean_of_every_other_band():
    changed = contrast(images(5), FACTORS)
    torch.testing.assert_close(changed.mean((2, 3)), images(5).mean((2, 3)))
    torch.testing.assert_close(changed.std((2, 3)), images(5).std((2, 3)) * FACTORS[..., 0, 0])
