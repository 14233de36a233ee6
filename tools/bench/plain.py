"""Dense contrast on image series as one would first write it: one sample at a time, stock layers, one pass per view, float32.

The same network, data, views, loss and optimiser as profile quick of ours; a test loads one network's weights into the other and compares.
Nothing is slowed down on purpose: slices instead of gathers, a loader of the standard library of torch, matched pixels by NumPy.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset

from eelib.data.windows import Windows
from eelib.settings import PretrainSettings

DAYS_PER_YEAR = 365.0001


class TwoViews(Dataset):
    """Two augmented views of each window: random crops that overlap, random flips and rotations, random dates, gain and noise.

    Args:
        windows: Image series.
        settings: The recipe; its views are read.
        centre: ``(C,)`` of the bands.
        scale: ``(C,)``.
    """

    def __init__(self, windows: Windows, settings: PretrainSettings, centre: Tensor, scale: Tensor) -> None:
        self.windows, self.settings = windows, settings.views
        self.centre, self.scale = centre.reshape(-1, 1, 1), scale.reshape(-1, 1, 1)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, at: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        image, dates = torch.from_numpy(np.array(self.windows.image[at])), torch.from_numpy(np.array(self.windows.dates[at]))
        height, width = image.shape[-2:]
        index = torch.arange(height * width).reshape(height, width)
        (top, left), other = self._corners(height, width)
        return self._view(image, dates, index, top, left), self._view(image, dates, index, *other)

    def _corners(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        size = self.settings.size
        top, left = self._corner(height, width)
        while True:
            other_top, other_left = self._corner(height, width)
            overlap = max(0, size - abs(top - other_top)) * max(0, size - abs(left - other_left))
            if overlap >= self.settings.min_overlap * size * size:
                return (top, left), (other_top, other_left)

    def _corner(self, height: int, width: int) -> tuple[int, int]:
        size = self.settings.size
        return int(torch.randint(height - size + 1, ())), int(torch.randint(width - size + 1, ()))

    def _view(self, image: Tensor, dates: Tensor, index: Tensor, top: int, left: int) -> dict[str, Tensor]:
        size, when = self.settings.size, torch.randperm(len(dates))[: self.settings.num_dates].sort().values
        image = image[when, :, top : top + size, left : left + size]
        index = index[top : top + size, left : left + size]
        turns, flip = int(torch.randint(4, ())), bool(torch.randint(2, ()))
        image, index = torch.rot90(image, turns, (-2, -1)), torch.rot90(index, turns, (-2, -1))
        if flip:
            image, index = image.flip(-1), index.flip(-1)
        gain = 1 + self.settings.gain * (2 * torch.rand(image.shape[1], 1, 1) - 1)
        image = image * gain + self.settings.noise * torch.randn(image.shape)
        image = ((image - self.centre) / self.scale).clamp(-5, 5)
        return {"image": image, "dates": dates[when], "index": index.contiguous()}


def unit(inputs: int, outputs: int) -> nn.Sequential:
    """Convolution, batch norm, leaky ReLU."""
    return nn.Sequential(nn.Conv3d(inputs, outputs, 3, padding=1), nn.BatchNorm3d(outputs), nn.LeakyReLU())


def block(inputs: int, outputs: int) -> nn.Sequential:
    """Two units."""
    return nn.Sequential(*unit(inputs, outputs), *unit(outputs, outputs))


def up(inputs: int, outputs: int) -> nn.ConvTranspose3d:
    """Doubles dates, height and width."""
    return nn.ConvTranspose3d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)


class PlainUNet3Df(nn.Module):
    """The authors' 3-D U-Net, feature variant, from stock layers; its state has the same names as ours."""

    def __init__(self, bands: int, num_dates: int, width: int) -> None:
        super().__init__()
        self.en3 = block(bands + 1, width)
        self.pool = nn.MaxPool3d(2)
        self.en4 = block(width, 2 * width)
        self.center_in = unit(2 * width, 4 * width)
        self.center_out = nn.Sequential(*unit(4 * width, 4 * width), up(4 * width, 2 * width))
        self.dc4 = block(4 * width, 2 * width)
        self.trans3 = nn.Sequential(up(2 * width, width), nn.BatchNorm3d(width), nn.LeakyReLU())
        self.dc3 = block(2 * width, 2 * width)
        self.final = nn.Conv3d(2 * width, 2 * width, 3, padding=1)
        self.collapse = nn.Linear(num_dates, 1)

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` and ``(B, T)`` to ``(B, 2 * width, H, W)``."""
        day = (dates / DAYS_PER_YEAR)[:, :, None, None, None].expand(-1, -1, 1, *series.shape[3:])
        x = torch.cat([series, day], 2).permute(0, 2, 1, 3, 4)
        first = self.en3(x)
        second = self.en4(self.pool(first))
        x = self.center_out(self.center_in(self.pool(second)))
        x = self.trans3(self.dc4(torch.cat([x, second], 1)))
        x = self.final(self.dc3(torch.cat([x, first], 1)))
        return self.collapse(x.permute(0, 1, 3, 4, 2)).squeeze(-1)


class PlainHead(nn.Sequential):
    """Projection of each pixel: 1x1 convolutions with batch norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 1),
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, 1),
            nn.BatchNorm2d(outputs, affine=False),
        )


def matched_rows(z_a: Tensor, z_b: Tensor, index_a: Tensor, index_b: Tensor, anchors: int) -> tuple[Tensor, ...]:
    """Rows of pixels in both views, their image and their pixel number, sample by sample."""
    rows_a, rows_b, image, pixel = [], [], [], []
    for number in range(len(z_a)):
        ids, at_a, at_b = np.intersect1d(index_a[number].cpu().numpy(), index_b[number].cpu().numpy(), return_indices=True)
        chosen = np.random.permutation(len(ids))[:anchors]  # noqa: NPY002 - as one would write it
        rows_a.append(z_a[number].flatten(1)[:, at_a[chosen]].T)
        rows_b.append(z_b[number].flatten(1)[:, at_b[chosen]].T)
        image.append(torch.full((len(chosen),), number))
        pixel.append(torch.from_numpy(ids[chosen]))
    return torch.cat(rows_a), torch.cat(rows_b), torch.cat(image), torch.cat(pixel)


def dense_loss(z_a: Tensor, z_b: Tensor, index_a: Tensor, index_b: Tensor, settings: PretrainSettings, width: int) -> Tensor:
    """InfoNCE of matched pixels in both directions; pixels of one image nearer than the guard radius are not negatives.

    Args:
        z_a: ``(B, D, h, w)``.
        z_b: ``(B, D, h, w)``.
        index_a: ``(B, h, w)`` pixel numbers.
        index_b: ``(B, h, w)``.
        settings: The recipe.
        width: Of the windows: a pixel's number is ``row * width + column``.
    """
    rows_a, rows_b, image, pixel = matched_rows(z_a, z_b, index_a, index_b, settings.anchors)
    logits = F.normalize(rows_a, dim=1) @ F.normalize(rows_b, dim=1).T / settings.temperature
    place = torch.stack([pixel // width, pixel % width], 1).float()
    near = (torch.cdist(place, place) < settings.guard_radius) & (image[:, None] == image)
    near.fill_diagonal_(False)
    logits = logits.masked_fill(near, -torch.inf)
    own = torch.arange(len(logits))
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))
