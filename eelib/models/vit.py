"""Vision transformer of CLIP (github.com/openai/CLIP)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.clip_transformer import Transformer
from eelib.models.image_output import ImageOutput, check_images


class ViT(nn.Module):
    """Patches and a class token through a pre-LN transformer; B/32 is ``image_size=224, patch=32, width=768, layers=12, heads=12``.

    *global* is the projection (no bias) of *feature*, which is ln_post of the class token; *tokens* are the patch tokens of the last
    block before ln_post and projection.

    Args:
        image_size: Side of the training images in pixels, a multiple of ``patch``. Images of other sizes, square or not, are read
            with position embeddings interpolated to their grid (bicubic, ours).
        patch: Side of a patch in pixels.
        width: Channels ``W`` of the transformer.
        layers: Blocks.
        heads: Attention heads.
        embed_dim: Channels ``E`` of the space shared with text.
        bands: Spectral bands of the images.
        freeze_patch: Leave the patch convolution at its random initialisation, as DeCLIP does (detail 21; MoCo-v3's stability trick).

    Raises:
        InputError: Sizes that do not fit together.
    """

    def __init__(
        self,
        image_size: int = 224,
        patch: int = 32,
        width: int = 768,
        layers: int = 12,
        heads: int = 12,
        embed_dim: int = 512,
        bands: int = 3,
        freeze_patch: bool = False,
    ) -> None:
        super().__init__()
        if patch < 1 or image_size < patch or image_size % patch:
            raise InputError(f"image_size={image_size} must be a positive multiple of patch={patch}")
        self.bands, self.patch, self.side = bands, patch, image_size // patch
        self.embed_dim, self.feature_dim, self.token_dim = embed_dim, width, width
        self.patches = PatchConv(bands, width, patch)
        self.patches.weight.requires_grad_(not freeze_patch)
        self.class_token = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positions = nn.Parameter(0.01 * torch.randn(self.side**2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, heads)
        self.project = nn.Linear(width, embed_dim, bias=False)
        nn.init.normal_(self.project.weight, std=width**-0.5)

    def forward(self, images: Tensor) -> ImageOutput:
        """Encode images.

        Args:
            images: ``(B, bands, H, W)`` normalised, sides multiples of the patch.

        Returns:
            ``global_`` ``(B, E)``, ``feature`` ``(B, W)``, ``tokens`` ``(B, H/patch * W/patch, W)``.

        Raises:
            InputError: Another number of bands, or sides that are not multiples of the patch.
        """
        check_images(images, self.bands, self.patch)
        x = self.encode(self.patches(images))
        feature = self.ln_post(x[:, 0])
        return ImageOutput(self.project(feature), feature, x[:, 1:])

    def encode(self, patches: Tensor) -> Tensor:
        """Embedded patches ``(B, W, h, w)`` to states of the last block ``(B, 1 + h * w, W)``, class token first."""
        positions = resize_positions(self.positions, self.side, patches.shape[2], patches.shape[3])
        first = self.class_token.to(patches.dtype).expand(len(patches), 1, -1)
        x = torch.cat([first, patches.flatten(2).transpose(1, 2)], 1) + positions.to(patches.dtype)
        out: Tensor = self.transformer(self.ln_pre(x))
        return out


class PatchConv(nn.Conv2d):
    """Convolution without bias whose stride is its kernel: each patch by itself.

    Args:
        bands: Channels in.
        width: Channels out.
        patch: Side of kernel and stride.
    """

    def __init__(self, bands: int, width: int, patch: int) -> None:
        super().__init__(bands, width, patch, stride=patch, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """``(B, bands, H, W)`` to ``(B, width, H/patch, W/patch)``; on a GPU as a product, for cuDNN's gradient takes ten times as long."""
        return self.product(input) if input.is_cuda else super().forward(input)

    def product(self, input: Tensor) -> Tensor:
        """The same, written as one product of all patches with the kernel."""
        side = self.stride[0]
        batch, bands, height, width = input.shape
        rows = input.reshape(batch, bands, height // side, side, width // side, side).permute(0, 2, 4, 1, 3, 5).flatten(3)
        return F.linear(rows, self.weight.flatten(1)).permute(0, 3, 1, 2)


def resize_positions(positions: Tensor, side: int, rows: int, columns: int) -> Tensor:
    """Position embeddings ``(1 + side², W)`` for a grid of ``rows`` x ``columns``; the first, of the class token, stays as it is."""
    if (rows, columns) == (side, side):
        return positions
    grid = positions[1:].T.reshape(1, -1, side, side)
    grid = F.interpolate(grid, (rows, columns), mode="bicubic", align_corners=False)
    return torch.cat([positions[:1], grid.flatten(2)[0].T])
