"""Views of images: draws, range, rates, and that no band is lost."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from eelib.data.colour import gray
from eelib.data.image_augment import AUGMENTATIONS, Augmentation, augment, evaluation_view, jitter, standardise
from eelib.errors import InputError
from eelib.train.batches import step_generator

PLAIN = Augmentation((1.0, 1.0))


def images(batch=4, bands=3, height=24, width=24, seed=0):
    return torch.rand(batch, bands, height, width, generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def bands_of(name):
    return 6 if name.endswith("bands") else 3


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_the_same_generator_gives_the_same_bits(name):
    batch = images(bands=bands_of(name))
    first, again, other = (augment(batch, name, 16, step_generator(0, "views", step)) for step in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    state = torch.get_rng_state()
    augment(batch, name, 16, generator())
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_views_stay_in_range_and_no_band_collapses(name):
    batch = images(64, bands_of(name), 20, 32)
    original = batch.clone()
    views = augment(batch, name, 16, generator())
    assert views.shape == (64, bands_of(name), 16, 16)
    assert views.min() >= 0 and views.max() <= 1
    assert views.std((2, 3)).min() > 0.02
    assert torch.equal(batch, original)
    # Even the brightest, and reflectance near 0 as over water, keep some structure.
    for shifted in (0.5 + 0.5 * batch, 0.02 * batch):
        assert augment(shifted, name, 16, generator()).std((2, 3)).min() > 0


def test_every_image_has_its_own_draws():
    batch = images(1).expand(32, -1, -1, -1)
    views = augment(batch, "moco", 16, generator())
    assert len(torch.unique(views.flatten(1), dim=0)) == 32


@pytest.mark.parametrize(("name", "least"), [("base", 0.5), ("moco", 0.2)])
def test_crops_show_the_declared_share_of_the_image(name, least):
    # Two bands that hold the row and the column: a view shows where its pixels come from.
    ramp = (torch.arange(100) + 0.5) / 100
    place = torch.stack([ramp[:, None].expand(100, 100), ramp.expand(100, 100), torch.zeros(100, 100)])
    recipe = Augmentation(AUGMENTATIONS[name].scale)
    views = augment(place.expand(400, -1, -1, -1), recipe, 50, generator())
    height = (views[:, 0, 25, 25] - views[:, 0, 15, 25]) * 5
    width = (views[:, 1, 25, 25] - views[:, 1, 25, 15]) * 5
    area, ratio = height * width, width / height
    assert area.min() > least - 0.08  # boxes longer than the image are cut
    assert area.max() < 1.02 and area.quantile(0.9) > 0.85
    assert ratio.min() > 0.73 and ratio.max() < 1.36 and ratio.min() < 0.85
    assert abs(area.mean() - (least + 1) / 2) < 0.05


def test_rates_of_gray_flip_jitter_and_blur():
    count = 600
    batch = images(1).expand(count, -1, -1, -1)
    error = lambda p: 4 * (p * (1 - p) / count) ** 0.5  # noqa: E731 - four standard errors
    grayed = augment(batch, replace(PLAIN, gray=0.2), 24, generator())
    rate = ((grayed - grayed[:, :1]).abs().amax((1, 2, 3)) < 1e-6).float().mean()
    assert abs(rate - 0.2) < error(0.2)
    changed = jitter(batch, AUGMENTATIONS["moco"], generator())
    assert abs(float((changed != batch).flatten(1).any(1).float().mean()) - 0.8) < error(0.8)
    ramp = torch.linspace(0, 1, 24).expand(count, 3, 24, 24)
    flipped = augment(ramp, replace(PLAIN, flip=0.5), 24, generator())
    assert abs(float((flipped[:, 0, 0, 0] > flipped[:, 0, 0, -1]).float().mean()) - 0.5) < error(0.5)
    plain, blurred = (augment(batch, recipe, 24, generator()) for recipe in (PLAIN, replace(PLAIN, blur=0.5, sigma=(20, 20))))
    assert abs(float((blurred.std((1, 2, 3)) < 0.8 * plain.std((1, 2, 3))).float().mean()) - 0.5) < error(0.5)


def test_a_change_that_is_off_leaves_the_draws_of_the_others():
    batch = 0.1 + 0.3 * images()  # nothing is cut off at 0 or 1
    recipe = replace(AUGMENTATIONS["moco"], saturation=0.0, hue=0.0, contrast=0.0)
    only, both = (jitter(batch, replace(recipe, saturation=strength), generator()) for strength in (0.0, 0.1))
    assert not torch.equal(only, both)
    torch.testing.assert_close(gray(both), gray(only), rtol=1e-4, atol=1e-5)


def test_band_gain_changes_ratios_of_bands_a_little_and_gray_is_their_mean():
    batch = 0.2 + 0.2 * images(50, 6)
    recipe = AUGMENTATIONS["moco_bands"]
    views = jitter(batch, replace(recipe, brightness=0.0, contrast=0.0, jitter=1.0), generator())
    gain = (views / batch).flatten(2)
    torch.testing.assert_close(gain.amin(2), gain.amax(2), rtol=1e-4, atol=0)
    assert gain.min() > 0.9 - 1e-3 and gain.max() < 1.1 + 1e-3 and gain.mean(2).std() > 0.04
    grayed = augment(batch, replace(PLAIN, gray=1.0), 24, generator())
    assert torch.equal(grayed[:, 0], grayed[:, 5])
    assert recipe.gray == 0


@pytest.mark.parametrize(("height", "width", "size"), [(256, 256, 224), (64, 64, 56), (300, 256, 224), (32, 48, 28)])
def test_evaluation_is_resize_and_centre_crop(height, width, size):
    batch = images(2, 4, height, width)
    short = round(size * 256 / 224)
    grown = [round(side * short / min(height, width)) for side in (height, width)]
    resized = F.interpolate(batch, grown, mode="bilinear", antialias=True)
    top, left = ((side - size) // 2 for side in grown)
    wanted = resized[:, :, top : top + size, left : left + size]
    view = evaluation_view(batch, size)
    assert view.shape == wanted.shape
    torch.testing.assert_close(view, wanted, rtol=0, atol=1e-4)


def test_evaluation_without_margin_keeps_the_whole_square():
    torch.testing.assert_close(evaluation_view(images(), 24, margin=1), images())


def test_standardise():
    flat = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None].expand(1, 3, 2, 2)
    assert standardise(flat).abs().max() == 0
    torch.testing.assert_close(standardise(images(bands=2), (0, 1), (1, 2))[:, 1], (images(bands=2)[:, 1] - 1) / 2)
    with pytest.raises(InputError, match="4 bands need as many means"):
        standardise(images(bands=4))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="unknown image augmentation 'mocov2': did you mean 'moco'"):
        augment(images(), "mocov2", 16, generator())
    with pytest.raises(InputError, match="the images have 4 bands: use 'moco_bands'"):
        augment(images(bands=4), "moco", 16, generator())
    with pytest.raises(InputError, match=r"uint8: divide integers by 255"):
        augment((255 * images()).byte(), "base", 16, generator())
    with pytest.raises(InputError, match=r"must lie in 0..1, got .* to 25\d: scale"):
        augment(255 * images(), "base", 16, generator())
    with pytest.raises(InputError, match="got nan"):
        evaluation_view(torch.full((1, 3, 8, 8), torch.nan), 8)
    with pytest.raises(InputError, match="size=0"):
        augment(images(), "base", 0, generator())
    with pytest.raises(InputError, match=r"margin=0\.5"):
        evaluation_view(images(), 8, 0.5)
