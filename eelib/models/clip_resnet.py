"""CLIP's modified ResNet: a stem of three convolutions, anti-aliased strides, attention pooling (github.com/openai/CLIP)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.image_output import ImageOutput, check_images
from eelib.models.vit import resize_positions

EXPANSION = 4  # a bottleneck leaves four times the channels it works with
HEAD_WIDTH = 64


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Convolution without bias and batch norm."""
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions with a residual; strides are average pools, so nothing is skipped over (anti-aliasing)."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        pool: list[nn.Module] = [nn.AvgPool2d(stride)] if stride > 1 else []
        self.body = nn.Sequential(
            *conv_norm(inputs, width, 1), nn.ReLU(), *conv_norm(width, width, 3), nn.ReLU(), *pool, *conv_norm(width, EXPANSION * width, 1)
        )
        # A branch that starts at zero: a fresh network is a chain of shortcuts.
        nn.init.zeros_(self.body[-1].weight)  # type: ignore[arg-type]
        same = stride == 1 and inputs == EXPANSION * width
        self.shortcut = nn.Identity() if same else nn.Sequential(*pool, *conv_norm(inputs, EXPANSION * width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """``(B, inputs, H, W)`` to ``(B, 4 * width, H / stride, W / stride)``."""
        return F.relu(self.body(x) + self.shortcut(x))


class AttentionPool(nn.Module):
    """The mean of a map asks, its places and the mean itself answer.

    Args:
        side: Side of the map the position embeddings are learnt for.
        width: Channels ``W`` of the map.
        heads: Attention heads.
    """

    def __init__(self, side: int, width: int, heads: int) -> None:
        super().__init__()
        self.side, self.heads = side, heads
        self.positions = nn.Parameter(torch.randn(side**2 + 1, width) * width**-0.5)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        for linear in (self.query, self.key, self.value):
            nn.init.normal_(linear.weight, std=width**-0.5)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, W, h, w)`` to ``(B, W)``, before the output projection."""
        positions = resize_positions(self.positions, self.side, x.shape[2], x.shape[3])
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([x.mean(1, keepdim=True), x], 1) + positions.to(x.dtype)
        # Only the first token is used, so only it is a query.
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query(x[:, :1]), self.key(x), self.value(x))
        )
        return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(1)


class ClipResNet(nn.Module):
    """CLIP's ResNet; RN50 is ``layers=(3, 4, 6, 3), width=64, embed_dim=1024, image_size=224``.

    *tokens* is the map of the last stage, flattened; *feature* is the attention-pooled vector before its output projection (B: the released
    SLIP code has no such output for the ResNet, detail 19), *global* its projection with bias. There is no unused fc layer.

    Args:
        layers: Bottlenecks per stage; the first stage keeps the resolution of the stem, which is a quarter of the image.
        width: Channels of the stem; the last stage has ``4 * width * 2**(stages - 1)``.
        embed_dim: Channels ``E`` of the space shared with text.
        image_size: Side of the training images, a multiple of ``stride``; other sizes as in :class:`eelib.models.vit.ViT`.
        bands: Spectral bands of the images.
        heads: Heads of the attention pool; one per 64 channels where None, which is 32 for RN50.
        last_stride: Stride of the last stage: 2 as published, 1 leaves small images a map with more places.

    Raises:
        InputError: Sizes that do not fit together.
    """

    def __init__(
        self,
        layers: tuple[int, ...] = (3, 4, 6, 3),
        width: int = 64,
        embed_dim: int = 1024,
        image_size: int = 224,
        bands: int = 3,
        heads: int | None = None,
        last_stride: int = 2,
    ) -> None:
        super().__init__()
        strides = [1, *[2] * (len(layers) - 2), last_stride][: len(layers)]
        self.bands, self.stride = bands, 4 * 2 ** sum(stride == 2 for stride in strides)
        outputs = EXPANSION * width * 2 ** (len(layers) - 1)
        heads = heads or max(1, outputs // HEAD_WIDTH)
        self._check_sizes(layers, width, last_stride, image_size, outputs, heads)
        self.embed_dim, self.feature_dim, self.token_dim = embed_dim, outputs, outputs
        half = width // 2
        self.stem = nn.Sequential(
            *conv_norm(bands, half, 3, 2),
            nn.ReLU(),
            *conv_norm(half, half, 3),
            nn.ReLU(),
            *conv_norm(half, width, 3),
            nn.ReLU(),
            nn.AvgPool2d(2),
        )
        inputs, stages = width, []
        for stage, (depth, stride) in enumerate(zip(layers, strides, strict=True)):
            stages.append(make_stage(inputs, width * 2**stage, depth, stride))
            inputs = EXPANSION * width * 2**stage
        self.stages = nn.Sequential(*stages)
        self.pool = AttentionPool(image_size // self.stride, outputs, heads)
        self.project = nn.Linear(outputs, embed_dim)
        nn.init.normal_(self.project.weight, std=outputs**-0.5)
        nn.init.zeros_(self.project.bias)

    def _check_sizes(self, layers: tuple[int, ...], width: int, last_stride: int, image_size: int, outputs: int, heads: int) -> None:
        if not layers or min(layers) < 1 or width < 2 or width % 2 or last_stride not in (1, 2) or outputs % heads:
            raise InputError(
                f"layers={layers}, width={width}, heads={heads}, last_stride={last_stride}: layers must be positive, width even, "
                f"heads a divisor of {outputs} and last_stride 1 or 2"
            )
        if image_size < self.stride or image_size % self.stride:
            raise InputError(f"image_size={image_size} must be a positive multiple of the stride {self.stride} of the network")

    def forward(self, images: Tensor) -> ImageOutput:
        """Encode images.

        Args:
            images: ``(B, bands, H, W)`` normalised, sides multiples of ``stride``.

        Returns:
            ``global_`` ``(B, E)``, ``feature`` ``(B, F)``, ``tokens`` ``(B, H/stride * W/stride, F)``.

        Raises:
            InputError: Another number of bands, or sides that are not multiples of the stride.
        """
        check_images(images, self.bands, self.stride)
        places = self.stages(self.stem(images))
        feature = self.pool(places)
        return ImageOutput(self.project(feature), feature, places.flatten(2).transpose(1, 2))


def make_stage(inputs: int, width: int, depth: int, stride: int) -> nn.Sequential:
    """``depth`` bottlenecks, the first with the stride."""
    return nn.Sequential(Bottleneck(inputs, width, stride), *(Bottleneck(EXPANSION * width, width, 1) for _ in range(depth - 1)))
