"""The image encoders of the image-text study as encoders of image series: every date by itself, dense, and the mean over dates."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.models.clip_resnet import ClipResNet
from eelib.models.image_text import build_image_encoder
from eelib.models.series_encoder import SeriesEncoder
from eelib.models.vit import ViT
from eelib.settings import IMAGE_PRESETS

TOKENS = 8  # token channels of a vision transformer per unit of width, where no preset says otherwise
FINER = 2  # patches overlap by half, so that a map of tokens is finer than a patch


class ImageSeries(SeriesEncoder):
    """What both have in common; ours (B), as neither paper uses a language-supervised encoder for dense land cover.

    The encoder knows no time: dates are read one by one, the days of the year not at all, and features are the mean over dates, as with
    the published weights of :mod:`eelib.models.published`. What only an embedding of the whole image needs (pooling, projection) is left
    out, so that no weight is idle. There is no radius: a feature's surroundings are as large as the images that the encoder was made for.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T``. Weights do not depend on it.
        width: Names the preset, see :data:`eelib.settings.IMAGE_PRESETS`; other widths have the depth of the smallest preset.
        pad: See :class:`SeriesEncoder`.

    Attributes:
        tower: The image encoder without its pooling and projection; names of its weights are those of the image-text model.
    """

    unused: tuple[str, ...]  # parts of the image encoder that only an embedding of the whole image needs
    tower: nn.Module

    def _adopt(self, tower: nn.Module) -> None:
        for name in self.unused:
            delattr(tower, name)
        self.tower = tower

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` to ``(B, embed_dim, H, W)``."""
        # The mean over dates first, because it and the interpolation can change places, and one map is cheaper to enlarge than many.
        maps = [part.unflatten(0, series.shape[:2]).mean(1) for part in self.maps(series.flatten(0, 1))]  # type: ignore[no-untyped-call]
        return torch.cat([F.interpolate(part, series.shape[-2:], mode="bilinear", align_corners=False) for part in maps], 1)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Maps ``(N, W, h, w)`` of images ``(N, C, H, W)``, from fine to coarse."""
        raise NotImplementedError


class ViTSeries(ImageSeries):
    """CLIP's vision transformer on every date; features are the tokens of its last block.

    Args:
        bands: See :class:`ImageSeries`.
        num_dates: See :class:`ImageSeries`.
        width: See :class:`ImageSeries`; tokens have ``8 * width`` channels, in the published size 768.
        pad: See :class:`SeriesEncoder`.
        finer: Patches overlap and start at every ``patch / finer`` pixels, with the same weights; 1 gives the tokens of the image-text
            model itself. Positions are interpolated, as for any other image size.
    """

    unused = ("ln_post", "project")
    tower: ViT

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True, *, finer: int = FINER) -> None:
        preset = IMAGE_PRESETS["vit_series"].get(width)
        sizes = {} if preset else {"width": TOKENS * width}
        tower: Any = build_image_encoder(preset or "vit_tiny", bands=bands, **sizes)
        super().__init__(bands, num_dates, tower.token_dim, pad)
        self.stride = max(1, tower.patch // finer)
        self.multiple = self.stride  # type: ignore[misc] # of this network, not of the class
        self._adopt(tower)

    def maps(self, images: Tensor) -> list[Tensor]:
        """The map of tokens."""
        patch = self.tower.patch
        before = (patch - self.stride) // 2
        after = patch - self.stride - before
        x = F.pad(images, (before, after, before, after), mode="replicate")
        x = F.conv2d(x, self.tower.patches.weight, stride=self.stride)
        return [self.tower.encode(x)[:, 1:].transpose(1, 2).unflatten(2, x.shape[2:])]  # type: ignore[no-untyped-call]


class ResNetSeries(ImageSeries):
    """CLIP's modified ResNet on every date; features are its stem and all of its stages, side by side.

    Args:
        bands: See :class:`ImageSeries`.
        num_dates: See :class:`ImageSeries`.
        width: See :class:`ImageSeries`; channels of the stem, even.
        pad: See :class:`SeriesEncoder`.
    """

    unused = ("pool", "project")
    tower: ClipResNet

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        preset = IMAGE_PRESETS["resnet_series"].get(width)
        sizes = {} if preset else {"width": width, "heads": 1}
        tower: Any = build_image_encoder(preset or "resnet_tiny", bands=bands, **sizes)
        stages = len(tower.stages)
        channels = [width, *(tower.token_dim // 2 ** (stages - 1 - stage) for stage in range(stages))]
        super().__init__(bands, num_dates, sum(channels), pad)
        self.multiple = tower.stride  # type: ignore[misc] # of this network, not of the class
        self._adopt(tower)

    def maps(self, images: Tensor) -> list[Tensor]:
        """The stem before it is pooled, and every stage."""
        *first, pool = self.tower.stem
        x = images
        for layer in first:
            x = layer(x)
        found, x = [x], pool(x)
        for stage in self.tower.stages:
            x = stage(x)
            found.append(x)
        return found
