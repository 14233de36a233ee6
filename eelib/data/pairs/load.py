"""Sets of pairs by name: simulated regions, labelled regions, the emoji, the literature, and a user's own manifests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eelib.data.freshness import Files, kept
from eelib.data.names import SIMULATED
from eelib.data.pairs.containers import PairSet
from eelib.data.pairs.settings import PairSizes
from eelib.data.sources import MANIFEST
from eelib.errors import unknown

if TYPE_CHECKING:
    from eelib.data.manifest_base import Manifest


def pair_names() -> list[str]:
    """All built-in sets of pairs; the path of a manifest is one as well."""
    from eelib.data.manifests import manifest, manifest_names
    from eelib.data.pairs.manifests import PAIR_KINDS

    samples = [name for name in manifest_names() if manifest(name).kind in ("sample", *PAIR_KINDS)]
    return [*SIMULATED, *samples]


@kept(8)
def load_pairs(name: str, sizes: PairSizes) -> PairSet:
    """A set of pairs; a user's own are read again when a file of theirs has changed.

    Args:
        name: One of :func:`pair_names`, any other labelled region, or the path of a manifest.
        sizes: How many pairs of which version. Counts above what a set has are cut to what it has; nothing is repeated.

    Raises:
        InputError: Unknown name, data not fetched, or anything wrong with a user's files.
    """
    if name in SIMULATED:
        from eelib.data.pairs.world_pairs import world_pairs

        return world_pairs(name, sizes)
    if not name.endswith(MANIFEST):
        return _from_manifest(name, sizes)
    said = Files([Path(name)])
    found = _from_manifest(name, sizes)
    return replace(found, files=(said, *found.files))


def pair_fingerprint(name: str, sizes: PairSizes) -> str:
    """Text that changes whenever a pixel, caption or class of the set could; simulated sets are not made for it."""
    if name in SIMULATED:
        from eelib.data.pairs.world_pairs import world_identity

        return world_identity(name, sizes)
    return load_pairs(name, sizes).fingerprint()


def has_colours(name: str) -> bool:
    """Whether images of a set that is read with bands ``rgb`` have red, green and blue: a manifest may name other channels."""
    channels = None if name in SIMULATED else getattr(_manifest(name), "channels", None)
    return channels is None or len(channels) == 3


def from_satellites(name: str) -> bool:
    """Whether a set shows regions, or its manifest asks with prompts that speak of satellites; no image is read for it."""
    from eelib.data.pairs.manifests import PAIR_KINDS

    if name in SIMULATED:
        return True
    entry = _manifest(name)
    return entry.kind not in PAIR_KINDS or str(getattr(entry, "prompts", "")).startswith("satellite")


def as_written(name: str) -> bool:
    """Whether the captions of a set are somebody's own, of a user or of the literature: no fault is put into them.

    Raises:
        InputError: Unknown name, or a manifest that is wrong.
    """
    from eelib.data.pairs.manifests import PAIR_KINDS

    return name not in SIMULATED and _manifest(name).kind in {*PAIR_KINDS} - {"pair-sample"}


def is_pairs(name: str) -> bool:
    """Whether a name is the path of a manifest of images with captions.

    Raises:
        InputError: A manifest that is missing or wrong.
    """
    from eelib.data.pairs.manifests import PAIR_KINDS

    return name.endswith(MANIFEST) and _manifest(name).kind in PAIR_KINDS


def _manifest(name: str) -> Manifest:
    from eelib.data.manifests import load_manifest, manifest, manifest_names

    if not name.endswith(MANIFEST) and name not in manifest_names():
        raise unknown("set of pairs", name, pair_names())
    return load_manifest(Path(name)) if name.endswith(MANIFEST) else manifest(name)


def _from_manifest(name: str, sizes: PairSizes) -> PairSet:
    from eelib.data.pairs import manifests as kinds

    entry = _manifest(name)
    base = Path(name).parent if name.endswith(MANIFEST) else Path()
    if isinstance(entry, kinds.PairSampleManifest):
        from eelib.data.pairs.emoji_pairs import emoji_pairs

        return emoji_pairs(entry, sizes)
    if isinstance(entry, kinds.TableManifest):
        from eelib.data.pairs.tables import table_pairs

        return table_pairs(entry, base, sizes)
    if isinstance(entry, kinds.ShardsManifest):
        from eelib.data.pairs.shard_pairs import shard_pairs

        return shard_pairs(entry, base, sizes)
    if isinstance(entry, kinds.ClassFolderManifest):
        from eelib.data.pairs.class_folders import class_folder_pairs

        return class_folder_pairs(entry, base, sizes)
    if isinstance(entry, kinds.PairDatasetManifest):
        from eelib.data.pairs.literature import literature_pairs

        return literature_pairs(entry, sizes)
    from eelib.data.pairs.region_pairs import region_pairs

    return region_pairs(name, sizes)
