"""Kind torchgeo: a data set class of torchgeo whose samples are dictionaries of an image and a mask."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from eelib.data.fetch import data_folder, writable
from eelib.data.own.files import sampled_digest
from eelib.data.own.kinds import TorchgeoManifest
from eelib.data.own.manifests import OwnClass
from eelib.data.own.masks import MaskCode
from eelib.data.own.pixels import Scaling
from eelib.data.own.plates import in_pixels
from eelib.data.own.samples import SamplePlate, SampleSet, sample_label
from eelib.data.own.source import Found, OwnSource, folder_of
from eelib.data.splits import SPLITS
from eelib.data.windows import Ints
from eelib.errors import InputError

Header = tuple[int, int, int, int, bool]  # dates, bands, height, width, whether there is a mask


def torchgeo_source(entry: TorchgeoManifest, name: str) -> OwnSource:
    """The source of a manifest. The first time, every sample is read once for its size.

    Raises:
        InputError: torchgeo does not know the class or its arguments, or the samples hold no images.
    """
    arguments = dict(entry.arguments)
    root = folder_of(name) / Path(str(arguments.get("root", "data"))).expanduser()
    arguments["root"] = str(root)
    parts: dict[str, dict[str, Any]] = {split: entry.splits[split] for split in SPLITS if split in entry.splits} or {"": {}}
    sets = {part: SampleSet(entry.dataset, arguments | more, name) for part, more in parts.items()}
    files = tuple(sorted(path for path in root.rglob("*") if path.is_file()))
    headers = {
        part: _headers(samples, entry, sampled_digest(files, root) + repr((arguments, parts[part]))) for part, samples in sets.items()
    }
    entry = _with_classes(entry, next(iter(sets.values())), headers, name)
    MaskCode.of(entry).refuse_unused([False], name)  # masks of torchgeo hold numbers
    plates, owners, small, number_of = [], list[int](), 0, {str(split): number for number, split in enumerate(SPLITS)}
    for part, samples in sets.items():
        fit = [number for number, header in enumerate(headers[part]) if min(header[2:4]) >= entry.window]
        small += len(samples) - len(fit)
        plates += [_plate(entry, samples, number, headers[part][number], f"{part}{number}", root) for number in fit]
        owners += [number_of.get(part, -1)] * len(fit)
    if not plates:
        raise InputError(f"{name}: every sample is smaller than window={entry.window} px; lower 'window'")
    bands = _bands(entry, [header for part in headers.values() for header in part], next(iter(sets.values())), name)
    notes = (f"{small} sample(s) below window={entry.window} px: left out",) if small else ()
    numbers = np.array(owners) if entry.splits else None
    dated = all(plate.dated for plate in plates)
    found = Found(tuple(plates), bands, files, _facts(entry, headers, bands), notes, numbers, entry.window, dated)
    return OwnSource(entry, name, found)


def _plate(entry: TorchgeoManifest, samples: SampleSet, number: int, header: Header, title: str, root: Path) -> SamplePlate:
    length, _, height, width, labelled = header
    code, scaling = MaskCode.of(entry), Scaling(entry.scale, entry.offset, entry.nodata)
    label = sample_label(samples, number, title, code) if labelled and entry.classes else None
    days, dated = _days(samples, number, length)
    return SamplePlate(title, root / title, (height, width), (days,), label, scaling, samples, number, dated)


def _days(samples: SampleSet, number: int, length: int) -> tuple[Ints, bool]:
    """Days of a sample: its own where it is a series with dates, otherwise spread evenly over the year; and whether they are its own."""
    given = samples.sample(number)[2] if length > 1 else None
    even: Ints = np.linspace(0, 365, 2 * length + 1)[1::2].round().astype(np.int64)
    usable = given is not None and given.shape == (length,) and bool((np.diff(given) >= 0).all()) and 1 <= given.min() <= given.max() <= 366
    return (np.asarray(given), True) if usable else (even, False)


def _headers(samples: SampleSet, entry: TorchgeoManifest, content: str) -> list[Header]:
    """Sizes of all samples; read once and kept, because torchgeo does not know them."""
    import torchgeo

    key = hashlib.sha256(f"{entry.dataset} {torchgeo.__version__} {content}".encode()).hexdigest()[:16]
    path = data_folder() / "own" / f"{entry.name}-{key}.json"
    if path.is_file():
        return [(t, c, h, w, bool(labelled)) for t, c, h, w, labelled in json.loads(path.read_text())]
    headers: list[Header] = []
    for number in range(len(samples)):
        image, mask, _ = samples.sample(number)
        length, bands, height, width = image.shape
        headers.append((length, bands, height, width, mask is not None))
    with writable(path.parent):
        partial = path.with_name(f".{path.stem}-{os.getpid()}.json")
        partial.write_text(json.dumps(headers))
        partial.replace(path)
    return headers


def _with_classes(entry: TorchgeoManifest, samples: SampleSet, headers: dict[Any, list[Header]], name: str) -> TorchgeoManifest:
    """The manifest with torchgeo's class names, where it has none of its own."""
    masks = any(header[4] for part in headers.values() for header in part)
    if entry.classes or not masks:
        return entry
    if len(samples.classes) < 2:
        raise InputError(f"{name}: torchgeo has no class names for the masks of {entry.dataset}; declare 'classes'")
    return entry.model_copy(update={"classes": tuple(OwnClass(name=item) for item in samples.classes)})


def _bands(entry: TorchgeoManifest, headers: list[Header], samples: SampleSet, name: str) -> tuple[str, ...]:
    counts = Counter(header[1] for header in headers)
    count = headers[0][1]
    if len(counts) > 1:
        raise InputError(f"{name}: samples of {entry.dataset} have {', '.join(map(str, sorted(counts)))} bands; all must have the same")
    own = getattr(samples.data, "bands", ())
    names = entry.bands or (tuple(own) if isinstance(own, list | tuple) and len(own) == count else None)
    names = names or (("red", "green", "blue") if count == 3 else tuple(f"band{number}" for number in range(1, count + 1)))
    if len(names) != count:
        raise InputError(f"{name}: samples of {entry.dataset} have {count} bands but 'bands' names {len(names)}")
    return tuple(map(str, names))


def _facts(entry: TorchgeoManifest, headers: dict[Any, list[Header]], bands: tuple[str, ...]) -> dict[str, str]:
    sizes = Counter(in_pixels(header[2:4]) for part in headers.values() for header in part)
    common = ", ".join(f"{count} of {size}" for size, count in sizes.most_common(3))
    return {
        "data set": f"torchgeo.datasets.{entry.dataset}",
        "samples": f"{sum(sizes.values())}: {common}{', ...' if len(sizes) > 3 else ''} (height x width)",
        "bands": f"{len(bands)}: {', '.join(bands)}",
    }
