"""Names of models of open_clip: an architecture and where its weights are; no model is built here."""

from __future__ import annotations

import re
from pathlib import Path

from eelib.data.freshness import content_hash
from eelib.errors import InputError, unknown

SUFFIXES = {".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".npz"}  # what open_clip loads
HOW = "write architecture/tag for published weights or architecture:file for your own"


def open_clip_name(name: str) -> str:
    """``architecture/tag``, or ``architecture/`` and the absolute path of a file, so that it means the same wherever a notebook runs.

    Args:
        name: ``ViT-B-32-quickgelu/openai``, ``ViT-B-32:runs/mine.pt`` or ``ViT-B-32/runs/mine.pt``.

    Raises:
        InputError: An unknown architecture or tag, with the nearest that exists; no weights; a file that is not there.
    """
    import open_clip

    architecture, sign, weights = (*re.split("([/:])", name, maxsplit=1), "", "")[:3]
    if architecture not in (known := open_clip.list_models()):
        raise unknown("architecture of open_clip", architecture, known)
    if not weights:
        raise InputError(f"open_clip model '{name}' has no weights: {HOW}")
    file, tags = Path(weights).expanduser(), open_clip.list_pretrained_tags_by_model(architecture)
    tag = weights.lower().replace("-", "_")
    if sign == "/" and tag in tags:
        return f"{architecture}/{tag}"
    if file.is_file():
        return f"{architecture}/{file.resolve()}"
    if sign == ":" or "/" in weights or file.suffix in SUFFIXES:
        raise InputError(f"open_clip model '{name}': there is no weight file {file}; give the path of a checkpoint that exists")
    if tags:
        raise unknown(f"weights of {architecture}", weights, tags)
    raise InputError(f"open_clip knows no weights of {architecture} called '{weights}': give a file, {architecture}:path")


def weights_digest(name: str) -> str | None:
    """Short hash of the weight file that a name of :func:`open_clip_name` ends with; None for published weights.

    A file may be overwritten by a later checkpoint, so its path alone does not say which model was scored.
    """
    path = Path(name.partition("/")[2])
    if not path.is_absolute():
        return None
    try:
        return content_hash(path)
    except OSError as error:
        raise InputError(f"{path}: the weight file cannot be read ({error.strerror})") from error


def short_name(name: str) -> str:
    """For tables: of a file the last three parts of its path, ``ViT-B-32/…/mine/checkpoints/epoch_8.pt``."""
    architecture, _, weights = name.partition("/")
    parts = Path(weights).parts
    return name if len(parts) < 4 else f"{architecture}/…/{'/'.join(parts[-3:])}"
