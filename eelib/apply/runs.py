"""From the key of a record, or a folder, to a network that is ready to use."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from torch import nn

from eelib.apply.cards import make_card
from eelib.data.regions import load_region
from eelib.errors import InputError
from eelib.models.exported import (
    ENCODER,
    SEGMENTER,
    Card,
    bare_encoder,
    bare_segmenter,
    export_encoder,
    export_segmenter,
    fill_weights,
    load_encoder,
    load_segmenter,
)
from eelib.settings import RegionSizes
from eelib.study.store import RECORD, Store, read_record

FEW = 5  # runs that a message names


def find_run(key: str, root: Path | None = None) -> Path:
    """Folder of a run.

    Args:
        key: A record's key or the beginning of one, also as ``experiment/key``; or a folder: of an arm, or of an exported network.
        root: The runs folder; that of :class:`Store` where None.

    Raises:
        InputError: There is no such run, or there are several.
    """
    if Path(key).is_dir():
        return Path(key)
    folder = Store(root).root
    experiment, _, start = key.rpartition("/")
    arms = [path.parent for path in folder.glob(f"{experiment or '*'}/*/{RECORD}")]
    found = sorted(path for path in arms if start and path.name.startswith(start))
    if not found and arms:
        raise InputError(f"--run {_unknown_run(key, arms)} (runs folder {folder})")
    if not found:
        raise InputError(f"--run {key}: there are no finished runs in {folder}; `eelib study` makes them, or set EELIB_RUNS")
    if len(found) > 1:
        some = ", ".join(f"{path.parent.name}/{path.name}" for path in found[:3])
        raise InputError(f"--run {key}: {len(found)} runs begin so ({some}{', ...' if len(found) > 3 else ''}); give more of the key")
    return found[0]


def _unknown_run(key: str, arms: list[Path]) -> str:
    """What to say of an unknown key: the nearest run, or the latest few, of those that hold a network."""
    usable = [path for path in arms if _holds_network(path)]
    if not usable:
        return f"{key}: unknown run, and none of the {len(arms)} here holds a network: `eelib pretrain` and `eelib study` make some"
    near = difflib.get_close_matches(key.rpartition("/")[2], [path.name for path in usable], n=1, cutoff=0.5)
    if near:
        return f"{key}: unknown run: did you mean '{near[0]}'?"
    latest = sorted(usable, key=lambda path: (path / RECORD).stat().st_mtime)[::-1][:FEW]
    some = ", ".join(f"{path.parent.name}/{path.name}" for path in latest)
    return f"{key}: unknown run; runs that hold a network: {some}{', ...' if len(usable) > FEW else ''}"


def _holds_network(folder: Path) -> bool:
    """Whether an arm trained a network that can be applied, and has its weights."""
    try:
        arm_weights(folder, read_record(folder / RECORD), ENCODER)
    except (InputError, KeyError, ValueError):  # records of other recipes, also of other versions of this code, are made otherwise
        return False
    return True


def open_run(key: str, kind: str) -> tuple[nn.Module, Card]:
    """A trained network in evaluation mode, and its card.

    Args:
        key: See :func:`find_run`.
        kind: ``encoder`` or ``segmenter``. A fine-tuned arm has both.

    Raises:
        InputError: No such run, no weights of this kind, or damaged ones.
    """
    folder = find_run(key)
    for stem in dict.fromkeys((kind, SEGMENTER)):
        if (folder / f"{stem}.safetensors").exists():
            return load_encoder(folder) if kind == ENCODER else load_segmenter(folder)
    if not (folder / RECORD).exists():
        hint = "an encoder without classes: use `eelib embed`" if (folder / f"{ENCODER}.safetensors").exists() else "no exported network"
        raise InputError(f"--run {key}: this folder holds {hint}")
    return from_arm(folder, kind)


def from_arm(folder: Path, kind: str) -> tuple[nn.Module, Card]:
    """The network of an arm that left plain weights; its normalisation is computed again from its region.

    Raises:
        InputError: The arm has no weights of this kind, they are damaged, or its data are not on this machine.
    """
    record = read_record(folder / RECORD)
    path = arm_weights(folder, record, kind)
    params = record["params"]
    sizes = RegionSizes.model_validate(params["sizes"])
    regions = [load_region(name, sizes) for name in params.get("regions") or [params["region"]]]
    card = make_card(record, regions, record["metrics"])
    model = bare_segmenter(card) if card.classes else bare_encoder(card)
    fill_weights(model, _load(path), path)
    model.eval()
    return (model.encoder if card.classes and kind == ENCODER else model), card  # type: ignore[return-value]


def arm_weights(folder: Path, record: dict[str, Any], kind: str) -> Path:
    """The file with the weights that an arm chose: an encoder's ``encoder.pt``, a fine-tuning's model of the best learning rate.

    Raises:
        InputError: The arm trains no network, not one of this kind, or the file is gone.
    """
    recipe, metrics = record["recipe"].partition("@")[0], record["metrics"]
    name = f"{record['experiment']}/{record['key']}"
    if recipe == "pretrain" and kind == SEGMENTER:
        raise InputError(f"--run {name}: a pre-training has no classes; use `eelib embed`, or give a fine-tuned run")
    if recipe not in ("pretrain", "segment"):
        raise InputError(f"--run {name}: a run of recipe '{recipe}' keeps no network; give a pre-training or a fine-tuning")
    if record["params"].get("init") == "published":
        raise InputError(f"--run {name}: it starts from published weights of another project, which are not exported")
    if "input" in record.get("needs", {}):
        raise InputError(f"--run {name}: it reads bands as an image-text model does, which exported networks do not; give another run")
    path = folder / ("encoder.pt" if recipe == "pretrain" else "model.pt")
    if recipe == "segment" and not path.exists():
        best = [trial["lr"] for trial in metrics["validation"]].index(metrics["lr"])
        path = folder / f"lr{best}" / "model.pt"
    if not path.exists():
        raise InputError(f"--run {name}: the run without weights: {path} is missing; move its folder away and run it again")
    return path


def export_run(key: str, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the networks of a run as files to take away: the encoder, and the whole model where there are classes.

    Args:
        key: See :func:`find_run`.
        folder: Where to write; is made.
        overwrite: Replace a network that was exported there before.

    Returns:
        The cards that were written.

    Raises:
        InputError: No such run, no weights, a network is there already, or the folder cannot be written.
    """
    names = [f"{stem}.{suffix}" for stem in (ENCODER, SEGMENTER) for suffix in ("safetensors", "json")]
    present = [folder / name for name in names if (folder / name).exists()]
    if present and not overwrite:  # whichever it is: files of two networks side by side would be taken for one
        raise InputError(f"{present[0]}: exists already; choose another folder, or replace it with --overwrite")
    encoder, card = open_run(key, ENCODER)
    written = [export_encoder(encoder, card, folder) / f"{ENCODER}.json"]
    if card.classes or (find_run(key) / f"{SEGMENTER}.safetensors").exists():
        model, card = open_run(key, SEGMENTER)
        written.append(export_segmenter(model, card, folder) / f"{SEGMENTER}.json")
    return written


def _load(path: Path) -> dict[str, Any]:
    import torch

    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:
        raise InputError(f"{path}: these weights are damaged ({type(error).__name__}); move the folder away and run it again") from error
    return state
