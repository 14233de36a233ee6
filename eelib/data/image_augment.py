"""Augmentations of the image side of image-text pairs, whole batches at a time.

``base`` and ``moco`` follow DeCLIP's released configurations (github.com/Sense-GVT/DeCLIP).

Images are ``(B, C, H, W)`` float in 0..1 and stay in 0..1; standardising is left to the encoder's input. Every draw comes from the given
generator, on the CPU, one per image except the order of the colour changes, which a batch shares; so the same (seed, step) gives the same
views on any device. kornia and torchvision draw from the global generator, so only kornia's colour arithmetic is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from eelib.data.colour import contrast, gray, saturation, turn_hue
from eelib.data.resample import blur_weights, resample, resize_weights
from eelib.errors import InputError, unknown

REFERENCE_SIZE = 224  # pixels; blur widths are given for it
EVAL_MARGIN = 256 / 224  # resize of the short side over the centre crop
ASPECT = 4 / 3
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Augmentation:
    """Numbers of one augmentation.

    Attributes:
        scale: Least and largest share of the image's area that a crop covers; its aspect ratio is drawn from 3/4 to 4/3.
        brightness: Factor on all bands, drawn from 1 - b to 1 + b.
        contrast: Factor on the distance from the image's mean (RGB: mean grey; bands: each band's own mean).
        saturation: Factor on the distance from grey; RGB only.
        hue: Largest turn of the hue in full turns; RGB only.
        band_gain: Factor on every band by itself, drawn from 1 - g to 1 + g: what saturation and hue are to RGB.
        jitter: Probability that the changes above are made to an image.
        gray: Probability that every band becomes the grey of the image (RGB) or the mean of its bands.
        blur: Probability of a Gaussian blur.
        sigma: Its least and largest standard deviation in pixels at 224 pixels; smaller views are blurred in proportion.
        flip: Probability of a horizontal flip.
    """

    scale: tuple[float, float]
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    band_gain: float = 0.0
    jitter: float = 0.0
    gray: float = 0.0
    blur: float = 0.0
    sigma: tuple[float, float] = (0.1, 2.0)
    flip: float = 0.0


# `moco_bands` has no grey: the ratios between bands are what tells a crop from a forest, and captions name just that, so a view without
# them would be paired with words it cannot show. Natural images need grey because their colour histogram is a shortcut; here the gain per
# band blunts it. Set `gray` to replace bands by their mean all the same. No band is ever dropped or blanked.
AUGMENTATIONS: dict[str, Augmentation] = {
    "base": Augmentation((0.5, 1.0)),
    "moco": Augmentation((0.2, 1.0), 0.4, 0.4, 0.4, 0.1, jitter=0.8, gray=0.2, blur=0.5, flip=0.5),
    "moco_bands": Augmentation((0.2, 1.0), 0.4, 0.4, band_gain=0.1, jitter=0.8, blur=0.5, flip=0.5),
    # No flip: captions name directions. Milder, because a crop of a tile may lose what its caption speaks of.
    "satellite": Augmentation((0.5, 1.0), 0.2, 0.2, band_gain=0.1, jitter=0.8),
}


def augment(images: Tensor, recipe: str | Augmentation, size: int, generator: torch.Generator) -> Tensor:
    """One augmented view of every image: crop, colour, grey, blur, flip.

    Args:
        images: ``(B, C, H, W)`` float in 0..1.
        recipe: A key of :data:`AUGMENTATIONS`, or numbers of one's own.
        size: Height and width of the view in pixels.
        generator: CPU generator, source of every draw; make it a function of (seed, step).

    Returns:
        ``(B, C, size, size)`` in 0..1.

    Raises:
        InputError: Unknown recipe, images that are not such a batch, or colour changes of other than three bands.
    """
    chosen = _recipe(recipe)
    _check(images, size)
    if images.shape[1] != 3 and (chosen.hue or chosen.saturation):
        raise InputError(f"hue and saturation need RGB, the images have {images.shape[1]} bands: use 'moco_bands'")
    views = random_resized_crop(images, chosen.scale, size, generator)
    if chosen.jitter:
        views = jitter(views, chosen, generator)
    if chosen.gray:
        chance = _happens(chosen.gray, views, generator)
        views = torch.where(chance, gray(views), views)
    if chosen.blur:
        views = random_blur(views, chosen, generator)
    if chosen.flip:
        views = torch.where(_happens(chosen.flip, views, generator), views.flip(3), views)
    return views.clamp(0, 1)


def evaluation_view(images: Tensor, size: int, margin: float = EVAL_MARGIN) -> Tensor:
    """Resize the short side to ``size * margin`` and cut out the centre; at 224 this is the published 256 and 224.

    Args:
        images: ``(B, C, H, W)`` float in 0..1.
        size: Height and width of the view in pixels.
        margin: 1 keeps the whole short side, as the official SLIP does.

    Raises:
        InputError: Images that are not such a batch, or a margin below 1.
    """
    _check(images, size)
    if margin < 1:
        raise InputError(f"margin={margin} must be at least 1: the crop cannot be larger than the image")
    height, width = images.shape[2:]
    side = size * min(height, width) / round(size * margin)  # pixels of the source that the crop shows
    weights = []
    for length in (height, width):
        box = torch.tensor([[(length - side) / 2], [side]], dtype=torch.float32, device=images.device)
        weights.append(resize_weights(box[0], box[1], length, size))
    return resample(images, *weights).clamp(0, 1)


def standardise(images: Tensor, mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD) -> Tensor:
    """``(images - mean) / std`` per band of ``(B, C, H, W)``; ImageNet's numbers for RGB, as the papers do (not CLIP's).

    Raises:
        InputError: Not one mean and one standard deviation per band.
    """
    if not images.shape[1] == len(mean) == len(std):
        raise InputError(f"{images.shape[1]} bands need as many means and standard deviations, got {len(mean)} and {len(std)}")
    return (images - images.new_tensor(mean)[:, None, None]) / images.new_tensor(std)[:, None, None]


def random_resized_crop(images: Tensor, scale: tuple[float, float], size: int, generator: torch.Generator) -> Tensor:
    """A box of random area and aspect ratio per image, anywhere in it, resized to ``size``."""
    batch, (height, width) = len(images), images.shape[2:]
    area = height * width * _uniform(batch, *scale, generator)
    ratio = ASPECT ** _uniform(batch, -1, 1, generator)
    rows, columns = torch.rand(2, batch, generator=generator)
    weights = []
    for length, side, at in ((height, (area / ratio).sqrt(), rows), (width, (area * ratio).sqrt(), columns)):
        side = side.clamp(1, length)  # a box that is too long is cut to the image, instead of drawn again
        start = at * (length - side)
        weights.append(resize_weights(start.to(images.device), side.to(images.device), length, size))
    return resample(images, *weights)


def jitter(images: Tensor, recipe: Augmentation, generator: torch.Generator) -> Tensor:
    """Changes of brightness, contrast and colour, in a random order that the batch shares, on a random part of the images."""
    changes: list[tuple[float, Callable[[Tensor, Tensor], Tensor]]] = [
        (recipe.brightness, lambda x, f: x * f),
        (recipe.contrast, contrast),
        (recipe.saturation, saturation),
        (recipe.hue, turn_hue),
        (recipe.band_gain, lambda x, f: x * f),
    ]
    bands = [1, 1, 1, 1, images.shape[1]]
    views = images
    for n in torch.randperm(len(changes), generator=generator).tolist():
        strength, change = changes[n]
        # Drawn also where the strength is 0, so that switching one change off leaves the draws of the others as they are.
        factor = 1 + strength * (2 * torch.rand(len(images), bands[n], 1, 1, generator=generator) - 1)
        if strength:
            views = change(views, factor.to(images.device)).clamp(0, 1)
    return torch.where(_happens(recipe.jitter, images, generator), views, images)


def random_blur(images: Tensor, recipe: Augmentation, generator: torch.Generator) -> Tensor:
    """A Gaussian blur of random width on a random part of the images."""
    size = images.shape[3]
    sigma = _uniform(len(images), *recipe.sigma, generator) * size / REFERENCE_SIZE
    chosen = torch.nonzero(torch.rand(len(images), generator=generator) < recipe.blur)[:, 0]  # on the CPU, so a GPU need not wait
    weights = blur_weights(sigma[chosen].to(images.device), size)
    chosen = chosen.to(images.device)
    return images.index_copy(0, chosen, resample(images[chosen], weights, weights))


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _happens(probability: float, images: Tensor, generator: torch.Generator) -> Tensor:
    return (torch.rand(len(images), 1, 1, 1, generator=generator) < probability).to(images.device)


def _recipe(recipe: str | Augmentation) -> Augmentation:
    if isinstance(recipe, Augmentation):
        return recipe
    if recipe not in AUGMENTATIONS:
        raise unknown("image augmentation", recipe, AUGMENTATIONS)
    return AUGMENTATIONS[recipe]


def _check(images: Tensor, size: int) -> None:
    if images.ndim != 4 or not images.is_floating_point() or not images.numel():
        raise InputError(f"images must be a float batch (B, C, H, W), got {tuple(images.shape)} {images.dtype}: divide integers by 255")
    if size < 1:
        raise InputError(f"size={size} must be at least 1")
    low, high = torch.aminmax(images)
    if not (low >= 0 and high <= 1):  # also false for NaN
        raise InputError(f"images must lie in 0..1, got {float(low):.3g} to {float(high):.3g}: scale them first")
