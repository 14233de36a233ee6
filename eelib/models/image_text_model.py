"""An image and a text encoder in one space: what training leaves and evaluation reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.losses.gather import max_over_ranks
from eelib.models.image_output import ImageOutput
from eelib.models.text import TextOutput

Clamp = Literal["open_clip", "declip", "none"]

# Bounds of the log scale after every step. DeCLIP's first forward pass still runs at 1/0.07 = 14.3, below its bound of 20.1.
BOUNDS: dict[Clamp, tuple[float, float]] = {
    "open_clip": (0.0, math.log(100)),
    "declip": (3.0, 6.0),
    "none": (-math.inf, math.inf),
}
CAP = 100.0


class ImageTextModel(nn.Module):
    """Two encoders, the scale of their similarity, and, for token-wise alignment, two projections of tokens and a scale of their own.

    Args:
        image: Returns :class:`ImageOutput`; ``embed_dim`` and ``token_dim`` are read.
        text: Returns :class:`TextOutput`; ``width`` is read.
        mean: Per band, of images in 0..1.
        std: Per band.
        token_dim: Channels of the token-wise space; None where the method does not use it.
        temperature: τ at the start; the scale is 1/τ.
        clamp: Bounds of the scale.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        image: nn.Module,
        text: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
        *,
        token_dim: int | None = None,
        temperature: float = 0.07,
        clamp: Clamp = "open_clip",
    ) -> None:
        super().__init__()
        self.image, self.text, self.clamp = image, text, clamp
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32)[:, None, None])
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32)[:, None, None])
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))
        self.token_log_scale: nn.Parameter | None = None
        self.patch_project: nn.Module | None = None
        self.word_project: nn.Module | None = None
        if token_dim is not None:
            self.token_log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))
            self.patch_project = nn.Linear(image.token_dim, token_dim)  # type: ignore[arg-type]
            self.word_project = nn.Linear(text.width, token_dim)  # type: ignore[arg-type]

    @property
    def has_tokens(self) -> bool:
        """Whether images and texts can be compared token by token."""
        return self.patch_project is not None

    def encode_image(self, images: Tensor) -> ImageOutput:
        """Encode ``(B, C, H, W)`` in 0..1; standardised here."""
        output: ImageOutput = self.image((images - self.mean) / self.std)
        return output

    def encode_text(self, tokens: Tensor, eot: Tensor) -> TextOutput:
        """Encode ``(B, L)`` ids with the end of text at ``eot``."""
        output: TextOutput = self.text(tokens, eot)
        return output

    def project_tokens(self, image: ImageOutput, text: TextOutput) -> tuple[Tensor, Tensor]:
        """Patches ``(B, P, D)`` and words ``(C, L, D)`` of the token-wise space, not normalised."""
        assert self.patch_project is not None and self.word_project is not None
        return self.patch_project(image.tokens), self.word_project(text.words)

    def scale(self) -> Tensor:
        """1/τ of the contrast.

        With ``clamp='declip'`` capped at 100 without stopping the gradient, for every method alike (detail 3: the released SLIP and
        FILIP lack the cap).
        """
        return _capped(self.log_scale.exp()) if self.clamp == "declip" else self.log_scale.exp()

    def token_scale(self) -> Tensor:
        """1/τ of the token-wise contrast; under the same bounds, and never capped, as released."""
        assert self.token_log_scale is not None
        return self.token_log_scale.exp()

    @torch.no_grad()
    def clamp_scales(self) -> None:
        """Bring the scales back into their bounds; call after every optimiser step."""
        for scale in (self.log_scale, self.token_log_scale):
            if scale is not None:
                scale.clamp_(*BOUNDS[self.clamp])


def trimmed(tokens: Tensor, eot: Tensor) -> Tensor:
    """Without the trailing columns that hold only pads; their words are left out of everything, so nothing else changes.

    Ranks that train together keep as many as the longest caption of any of them needs: the losses gather words of one length.
    """
    return tokens[:, : int(max_over_ranks(eot.max())) + 1]


def _capped(scale: Tensor) -> Tensor:
    return scale - F.relu(scale - CAP).detach()
