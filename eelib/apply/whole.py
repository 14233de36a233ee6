"""Embedding and segmenting whole scenes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from eelib.apply.dates import date_text, day_of_year
from eelib.apply.inference import SEAM, Inference
from eelib.apply.output import CLASS_NODATA, PROBABILITY_STEPS, Kind, Map, check_output, new_map, write_class_names
from eelib.apply.reading import Reading
from eelib.apply.runs import open_run
from eelib.apply.scene import Scene, find_files, open_scene
from eelib.apply.statistics import Statistics, normaliser
from eelib.apply.tiles import Blend, Box, Tiling
from eelib.data.windows import Floats
from eelib.errors import InputError
from eelib.models.exported import ENCODER, SEGMENTER, Card
from eelib.train.batches import Normaliser

Say = Callable[[str], None]
GREY = "#808080"


@dataclass(frozen=True)
class Request:
    """What to apply to what.

    Attributes:
        scenes: Files, one per date, or folders of them.
        run: Key of a record, or a folder with an exported network.
        out: The map.
        reading: How to read the files.
        statistics: See :func:`normaliser`.
        overwrite: Replace an existing map.
    """

    scenes: tuple[Path, ...]
    run: str
    out: Path
    reading: Reading
    statistics: Statistics | None = None
    overwrite: bool = False


def request(
    scenes: Sequence[Path],
    run: str,
    out: Path,
    bands: str | None,
    dates: str | None,
    scale: float | None,
    offset: float,
    nodata: float | None,
    statistics: str | None,
    no_crs: bool,
    overwrite: bool,
) -> Request:
    """A request as the command line gives it.

    Raises:
        InputError: An option has no such value.
    """
    if statistics not in (None, "run", "scene"):
        raise InputError(f"--statistics: run or scene, got '{statistics}'")
    if scale is not None and scale <= 0:
        raise InputError(f"--scale: a positive factor, got {scale:g}")
    names = None if bands is None else tuple(name.strip() for name in bands.split(","))
    reading = Reading(names, dates, scale, offset, nodata, not no_crs)
    return Request(tuple(scenes), run, out, reading, cast("Statistics | None", statistics), overwrite)


def embed(request: Request, say: Say, half: bool = False) -> None:
    """Write the features of a scene, one band per dimension.

    Args:
        request: What, and where to.
        say: Called with lines for the user.
        half: Keep 16 bits of each number instead of 32.

    Raises:
        InputError: Anything about the run, the scene or the output is wrong; see the modules of this package.
    """
    check_output(request.out, find_files(request.scenes), request.overwrite)
    model, card = open_run(request.run, ENCODER)
    names = tuple(f"feature {number}" for number in range(card.embed_dim))
    kind = Kind(names, "float32", float("nan"), "AVERAGE", nbits=16 if half else None)
    with open_scene(request.scenes, card.bands, request.reading, card.days) as scene:
        infer = Inference(model, card, _normaliser(scene, card, request, say), scene.days)
        with new_map(request.out, scene, kind, _tags(card, scene)) as target:
            for box, values, valid in _blocks(scene, infer, say):
                target.write(box, np.where(valid, values, np.nan).astype(np.float32))
    say(f"{request.out}: {card.embed_dim} bands, {card.encoder.name} of {', '.join(card.regions)}")


def segment(request: Request, say: Say, probabilities: Path | None = None) -> None:
    """Write the class of every pixel and, where asked for, the probability of every class.

    Args:
        request: What, and where to.
        say: Called with lines for the user.
        probabilities: A second map, one band per class, 8 bits in steps of 0.004.

    Raises:
        InputError: Anything about the run, the scene or an output is wrong; see the modules of this package.
    """
    if probabilities and probabilities.resolve() == request.out.resolve():
        raise InputError(f"--probabilities: {probabilities} is the map of the classes; choose another name")
    for path in filter(None, (request.out, probabilities)):
        check_output(path, find_files(request.scenes), request.overwrite)
    model, card = open_run(request.run, SEGMENTER)
    with open_scene(request.scenes, card.bands, request.reading, card.days) as scene:
        infer = Inference(model, card, _normaliser(scene, card, request, say), scene.days)
        with contextlib.ExitStack() as stack:
            classes = stack.enter_context(_class_map(request.out, scene, card))
            shares = stack.enter_context(_probability_map(probabilities, scene, card)) if probabilities else None
            for box, scores, valid in _blocks(scene, infer, say):
                classes.write(box, np.where(valid, scores.argmax(0), CLASS_NODATA).astype(np.uint8)[None])
                if shares:
                    steps = np.rint(softmax(scores) * PROBABILITY_STEPS)
                    shares.write(box, np.where(valid, steps, CLASS_NODATA).astype(np.uint8))
    write_class_names(request.out, card.classes)
    say(f"{request.out}: {len(card.classes)} classes, {card.encoder.name} of {', '.join(card.regions)}")


def _class_map(path: Path, scene: Scene, card: Card) -> contextlib.AbstractContextManager[Map]:
    kind = Kind(("class",), "uint8", CLASS_NODATA, "MODE", card.colors or (GREY,) * len(card.classes))
    return new_map(path, scene, kind, _tags(card, scene) | {f"CLASS_{number}": name for number, name in enumerate(card.classes)})


def _probability_map(path: Path, scene: Scene, card: Card) -> contextlib.AbstractContextManager[Map]:
    return new_map(path, scene, Kind(card.classes, "uint8", CLASS_NODATA, "AVERAGE", scale=1 / PROBABILITY_STEPS), _tags(card, scene))


def _normaliser(scene: Scene, card: Card, request: Request, say: Say) -> Normaliser:
    """The normalisation; tells the user what is unusual about the scene."""
    normalise, notes = normaliser(scene, card, request.statistics)
    if scene.day and any(isinstance(layer.date, int) or day_of_year(layer.date) != scene.day for layer in scene.layers):
        notes.append(f"day {scene.day} of the year for every date, the only one that the network was trained on; --dates gives another")
    count, reads = len(scene.days), card.encoder.num_dates
    if count > reads:
        notes.append(f"{count} dates, read {reads} at a time in {-(-count // reads)} interleaved subsets whose outputs are averaged")
    if count < reads:
        notes.append(f"warning: the network was trained on {reads} dates and the scene has {count}; expect less of it")
    for note in notes:
        say(note)
    return normalise


def _blocks(scene: Scene, infer: Inference, say: Say) -> Iterator[tuple[Box, Floats, NDArray[np.bool_]]]:
    """Boxes that cover the scene once, their blended output ``(D, h, w)``, and where there were data on any date ``(h, w)``."""
    from tqdm import tqdm

    tiling = Tiling(scene.height, scene.width, infer.step, SEAM, infer.margin, infer.least)
    blend = Blend(tiling, infer.channels)
    started = time.perf_counter()
    for tile in tqdm(tiling, unit="tile", disable=None, leave=False):
        image = scene.read(tile.read)
        valid = np.asarray(np.isfinite(image[:, 0]).any(0))
        rows, columns = tile.used.within(tile.read).slices
        # Scenes are often half empty, and what the network says about nothing is not used.
        output = infer(image) if valid[rows, columns].any() else np.zeros((infer.channels, *valid.shape), np.float32)
        box, values = blend.add(tile, output[:, rows, columns])
        yield box, values, valid[box.within(tile.read).slices]
    say(f"{scene.height} x {scene.width} px in {time.perf_counter() - started:.1f} s, tiles of {tiling.step} px")


def softmax(scores: Floats) -> Floats:
    """Probabilities ``(K, h, w)``."""
    powers = np.exp(scores - scores.max(0))
    return np.asarray(powers / powers.sum(0), np.float32)


def _tags(card: Card, scene: Scene) -> dict[str, str]:
    """What the map is, in the file itself."""
    kind = "simulated" if card.simulated else "real"
    return {
        "EELIB_RUN": f"{card.experiment}/{card.record}",
        "EELIB_NETWORK": card.encoder.model_dump_json(),
        "EELIB_TRAINED_IN": f"{', '.join(card.regions)} ({kind})",
        "EELIB_DATES": ", ".join(date_text(layer.date) for layer in scene.layers),
        "EELIB_ATTRIBUTION": card.attribution,
    }
