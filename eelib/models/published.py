"""Published Sentinel-2 weights of torchgeo as a dense encoder of series. No download: the file must be there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError, unknown

# Networks of torchgeo's SSL4EO-S12 family that were trained on reflectance itself, all 13 bands.
NETWORKS = {
    "ResNet18_Weights.SENTINEL2_ALL_MOCO": "resnet18",
    "ResNet50_Weights.SENTINEL2_ALL_MOCO": "resnet50",
    "ResNet50_Weights.SENTINEL2_ALL_DINO": "resnet50",
}
# A region without the atmospheric bands lends its nearest one; cirrus is 0 over most land (ours).
STAND_IN = {"B01": "B02", "B09": "B8A", "B10": None}


class StageFeatures(nn.Module):
    """The stages of an image network, each brought to the size of the input, side by side; the mean over dates.

    Args:
        stages: Images ``(N, C', H, W)`` to a list of maps, from fine to coarse.
        channels: Of each stage.
        source: For each band of the network: its position in the series, or None where zeros stand in.
    """

    def __init__(self, stages: nn.Module, channels: Sequence[int], source: Sequence[int | None]) -> None:
        super().__init__()
        self.stages, self.embed_dim, self.source = stages, sum(channels), list(source)

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        """Dense features ``(B, D, H, W)`` of reflectance ``(B, T, C, H, W)``; the dates are not read, as the network knows none."""
        images = series.flatten(0, 1)
        zeros = torch.zeros_like(images[:, 0])
        maps = self.stages(torch.stack([zeros if band is None else images[:, band] for band in self.source], 1))
        size = series.shape[-2:]
        grown = [F.interpolate(part, size, mode="bilinear", align_corners=False) for part in maps]
        return torch.cat(grown, 1).unflatten(0, series.shape[:2]).mean(1)  # type: ignore[no-untyped-call, no-any-return]


def published_encoder(weights: str, file: str | None, bands: Sequence[str]) -> StageFeatures:
    """A published network as a dense encoder.

    Args:
        weights: A key of :data:`NETWORKS`.
        file: The weights in torchgeo's format; None looks where torch keeps what it has downloaded.
        bands: Names of the bands of the series, in order.

    Raises:
        InputError: Unknown weights, their file is not there or not theirs, or a band is missing.
    """
    if weights not in NETWORKS:
        raise unknown("published weights", weights, NETWORKS)
    import timm

    entry = _entry(weights)
    source = band_positions(entry.meta["bands"], bands, weights)
    network: Any = timm.create_model(NETWORKS[weights], in_chans=len(source), features_only=True)
    _load(network, weights, _file(weights, file, entry.url))
    return StageFeatures(network, network.feature_info.channels(), source)


def band_positions(wanted: Sequence[str], found: Sequence[str], weights: str) -> list[int | None]:
    """Position of each of the network's bands among the series' bands; None: zeros.

    Raises:
        InputError: The series lacks a band for which nothing stands in.
    """
    names = [_spelling(name) for name in found]
    positions: list[int | None] = []
    for band in map(_spelling, wanted):
        chosen = band if band in names else STAND_IN.get(band, band)
        if chosen is not None and chosen not in names:
            raise InputError(f"{weights} needs band {chosen}, which the region lacks ({', '.join(found)}): use init 'pretrained' instead")
        positions.append(None if chosen is None else names.index(chosen))
    return positions


def _spelling(band: str) -> str:
    """``B8a`` and ``B2`` as ``B8A`` and ``B02``."""
    name = band.upper()
    return f"B{int(name[1:]):02d}" if name[1:].isdigit() else name


def _entry(weights: str) -> Any:  # noqa: ANN401 - torchgeo is not typed
    import torchgeo.models

    family, name = weights.split(".")
    return getattr(torchgeo.models, family)[name]


def _file(weights: str, file: str | None, url: str) -> Path:
    path = Path(file) if file else Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    if not path.is_file():
        raise InputError(
            f"{path}: the published weights {weights} are not here; download {url} and put it there, or name its place in published.file"
        )
    return path


def _load(network: nn.Module, weights: str, path: Path) -> None:
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        network.load_state_dict({name: value for name, value in state.items() if not name.startswith("fc.")})
    except Exception as error:
        raise InputError(f"{path}: this is not the file of {weights} ({type(error).__name__}); download it again") from error
