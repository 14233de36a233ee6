"""Published Sentinel-2 weights as a way to start: which there are, and whether their file is on this machine. No torch, no torchgeo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from eelib.data.freshness import content_hash
from eelib.errors import InputError, unknown
from eelib.settings import PublishedSettings

HUB = "https://hf.co/torchgeo"
# Where torchgeo gets the weights that a dense encoder can be made of (eelib.models.published); a test holds them to its list.
URLS = {
    "ResNet18_Weights.SENTINEL2_ALL_MOCO": (
        f"{HUB}/resnet18_sentinel2_all_moco/resolve/5b8cddc9a14f3844350b7f40b85bcd32aed75918/resnet18_sentinel2_all_moco-59bfdff9.pth"
    ),
    "ResNet50_Weights.SENTINEL2_ALL_MOCO": (
        f"{HUB}/resnet50_sentinel2_all_moco/resolve/da4f3c9dbe09272eb902f3b37f46635fa4726879/resnet50_sentinel2_all_moco-df8b932e.pth"
    ),
    "ResNet50_Weights.SENTINEL2_ALL_DINO": (
        f"{HUB}/resnet50_sentinel2_all_dino/resolve/d7f14bf5530d70ac69d763e58e77e44dbecfec7c/resnet50_sentinel2_all_dino-d6c330e9.pth"
    ),
}
DEFAULT = PublishedSettings().weights
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")  # that all of them read


def known_weights(name: str) -> str:
    """The name, if weights of that name can start a network.

    Raises:
        InputError: torchgeo has no such weights, with the nearest that can be used; or has them, but for other input.
    """
    if name in URLS:
        return name
    family, _, item = name.partition(".")
    if family.endswith("_Weights") and item:
        import torchgeo.models  # only for a name that is refused anyway

        if item in getattr(getattr(torchgeo.models, family, None), "__members__", ()):
            raise InputError(f"'{name}' are not for Sentinel-2 reflectance in all 13 bands; those that are: {', '.join(URLS)}")
    raise unknown("published weights", name, URLS)


def hub_file(weights: str) -> Path:
    """Where torch keeps the file of published weights once it has downloaded it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "torch"
    return Path(os.environ.get("TORCH_HOME") or cache).expanduser() / "hub" / "checkpoints" / Path(URLS[weights]).name


def published(weights: str | None, file: str | None, bands: Sequence[str]) -> PublishedSettings | None:
    """The published weights that take part; None: none do.

    Those that are asked for, by their name or by their file, take part everywhere. Where nothing is asked for, the default ones take
    part if their file is here and the region has their bands.

    Args:
        weights: Name in :data:`URLS`; None: the default ones.
        file: Their file; None: where torch keeps it.
        bands: Names of the region's bands.

    Raises:
        InputError: Weights are asked for by name or by file, and their file is not here.
    """
    name = weights or DEFAULT
    if file is not None:
        try:
            return PublishedSettings(weights=name, file=file, digest=content_hash(Path(file)))
        except OSError as error:
            raise InputError(f"{file}: {name} are not here ({error.strerror}); correct published_file") from error
    here = hub_file(name).is_file()
    if weights is not None:
        if not here:
            raise InputError(f"{hub_file(name)}: {name} are not here; download {URLS[name]} and put it there, or name it in published_file")
        return PublishedSettings(weights=name)
    return PublishedSettings() if here and _fit(bands) else None


def _fit(bands: Sequence[str]) -> bool:
    from eelib.models.published import band_positions

    try:
        band_positions(BANDS, bands, DEFAULT)
    except InputError:
        return False
    return True
