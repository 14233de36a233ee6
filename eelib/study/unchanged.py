"""Whether an arm would still read what it was planned with; otherwise its record would stand under the key of other data."""

from __future__ import annotations

from pathlib import Path

from eelib.data.freshness import content_hash
from eelib.data.regions import fingerprint
from eelib.data.sources import MANIFEST
from eelib.errors import InputError
from eelib.study.arm import Arm
from eelib.study.pair_arms import fingerprints
from eelib.study.recipes import PairScoreParams, PairTrainParams, ProbeParams, SegmentParams


def require_unchanged(arm: Arm) -> None:
    """Refuse an arm whose data or weights, where they are a user's own, have changed since it was planned; built-in data do not change.

    Raises:
        InputError: They have, or cannot be read any more.
    """
    own = [name for name in arm.data if name.endswith(MANIFEST)]
    changed = [name for name in own if _fingerprint(arm, name) != arm.data[name]]
    changed += [file for file, planned in _weights(arm).items() if content_hash(Path(file)) != planned]
    if changed:
        raise InputError(f"{changed[0]}: has changed since this run was planned; run again, finished arms are kept")


def _fingerprint(arm: Arm, name: str) -> str:
    """What the data of one name are now."""
    if isinstance(arm.params, PairTrainParams | PairScoreParams):
        return fingerprints(arm.params.data)[name]
    return fingerprint(name, arm.params.sizes)  # type: ignore[attr-defined] # as all recipes that read regions have them


def _weights(arm: Arm) -> dict[str, str]:
    """Files of weights that are there, and the hashes that they had."""
    found = {}
    if isinstance(arm.params, ProbeParams | SegmentParams):
        found = {arm.params.published.file: arm.params.published.digest}
    elif isinstance(arm.params, PairScoreParams) and arm.params.open_clip:
        found = {arm.params.open_clip.partition("/")[2]: arm.params.weights}
    return {file: planned for file, planned in found.items() if file and planned and Path(file).is_file()}
