"""`eelib data new`: a commented manifest for a folder, from what lies in it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import numpy as np
import yaml

from eelib.data.fetch import writable
from eelib.data.own.files import RASTERS
from eelib.data.own.rasters import Box, RasterInfo, inspect, read
from eelib.data.own.recognise import other_kind
from eelib.errors import InputError

MASK_NAMES = re.compile(r"mask|label|annotation|ground_?truth|\bgt\b|target", re.IGNORECASE)
LOOKED_AT = 30  # masks whose colours or values are listed
MOST_CLASSES = 40

PAGE = """# Check it with `eelib data check {file}`; all fields are described in docs/own_data.md.
name: {name}
kind: raster-folder
title: {title}
images: {images}
{masks}bands: [{bands}]  # names in the order of the files
# scale: {scale}  # value = number * scale, wanted at about 0 to 1
# split: {{by: pattern, pattern: "(train|val|test)/"}}  # default: automatic, with a gap
# allow_unmatched: true  # images without mask serve pre-training
# continent: Europe  # so that ee3_transfer knows which regions are on another one
"""


def write_template(folder: Path) -> Path:
    """Write ``<folder>/<folder name>.yaml`` for the images and masks of a folder.

    Returns:
        The manifest.

    Raises:
        InputError: The folder is missing, holds no raster or data of another kind, or the manifest exists already.
    """
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    name = re.sub(r"[^a-z0-9_]", "_", folder.name.lower()).lstrip("_0123456789") or "own"
    path = folder / f"{name}.yaml"
    if path.exists():
        raise InputError(f"{path}: exists already; edit it, or move it away")
    images, masks = _sort(folder)
    if other := other_kind(folder, images, masks):
        raise InputError(other)
    if not images:
        raise InputError(f"{folder}: holds no image ({', '.join(RASTERS)}); is it the folder above images and masks?")
    info = inspect(images[0])
    content = PAGE.format(
        file=path.name,
        name=name,
        title=folder.name.replace("_", " "),
        images=_pattern(images, folder),
        masks=f"masks: {_pattern(masks, folder)}\n{_names(images[0], masks[0])}{_classes(masks)}" if masks else "# masks: masks\n",
        bands=", ".join(info.names or _bands(info)),
        scale={"uint8": "0.00392157", "uint16": "0.0001"}.get(info.dtype, "1"),
    )
    with writable(folder):
        path.write_text(content, encoding="utf-8")
    return path


def what_next(path: Path) -> str:
    """What to do with a manifest that was just written, in one line."""
    classes = yaml.safe_load(path.read_text(encoding="utf-8")).get("classes") is not None
    return f"{path}: {'give the classes their names, then ' if classes else ''}run `eelib data check {shlex.quote(str(path))}`"


def _sort(folder: Path) -> tuple[list[Path], list[Path]]:
    """Images and masks of a folder and its sub-folders, told apart by the names of folders or files."""
    rasters = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in RASTERS and path.is_file())
    masks = [path for path in rasters if MASK_NAMES.search(str(path.relative_to(folder)))]
    images = [path for path in rasters if path not in set(masks)]
    return images, masks


def _pattern(paths: list[Path], folder: Path) -> str:
    """A pattern for files: their folder where they have it for themselves, otherwise by suffix and, for masks, the end of the name.

    Files of several folders: a star where the folders differ, for example ``*/images/*.png`` below train and val.
    """
    parent = paths[0].parent
    where = parent.relative_to(folder).as_posix()
    rasters = [path for path in parent.iterdir() if path.suffix.lower() in RASTERS]
    if len({path.parent for path in paths}) > 1:
        parents = sorted({path.parent.relative_to(folder).parts for path in paths})
        if len({len(parts) for parts in parents}) > 1:
            return f'"**/*{paths[0].suffix}"'
        where = "/".join(each[0] if len(set(each)) == 1 else "*" for each in zip(*parents, strict=True))
        return f'"{where}/*{paths[0].suffix}"'
    if len(rasters) == len(paths) and where != ".":
        return where
    prefix = "" if where == "." else f"{where}/"
    suffix = re.search(r"[_-][^_-]*$", paths[0].stem)
    return f'"{prefix}*{suffix[0] if suffix else ""}{paths[0].suffix}"'


def _names(image: Path, mask: Path) -> str:
    """Forms of the names where image and mask do not have the same stem."""
    if image.stem == mask.stem:
        return ""
    common = next((n for n in range(min(len(image.stem), len(mask.stem)), 0, -1) if image.stem[:n] == mask.stem[:n]), 0)
    ends = [stem[common:] for stem in (image.stem, mask.stem)]
    if common and all(end and end[0] not in "_-" for end in ends) and image.stem[common - 1] in "_-":
        ends = [image.stem[common - 1] + end for end in ends]  # a_rgb and a_mask have the stem a, not a_
    return f'image_name: "{{stem}}{ends[0]}"\nmask_name: "{{stem}}{ends[1]}"\n'


def _bands(info: RasterInfo) -> list[str]:
    return {1: ["gray"], 3: ["red", "green", "blue"]}.get(info.count) or [f"band{number}" for number in range(1, info.count + 1)]


def _classes(masks: list[Path]) -> str:
    """A class per colour or value that the first masks hold, with its share of pixels; the most frequent first. Nodata is no class."""
    counts: Counter[str] = Counter()
    infos = [inspect(path) for path in masks[:LOOKED_AT]]
    for info in infos:
        counts.update(_census(info))
    total = sum(counts.values())
    ignored = sorted({_quoted(key) for info in infos if (key := _nodata(info))})
    for key in ignored:
        counts.pop(key.strip('"'), None)
    if len(counts) > MOST_CLASSES:
        return f"classes: []  # {len(counts)} colours or values, too many for classes: smeared by JPEG? Declare classes and 'tolerance'\n"
    lines = ["classes:  # give names; take what is no class into 'ignore'"]
    for number, (key, count) in enumerate(counts.most_common()):
        field = f"{'color' if key.startswith('#') else 'value'}: {_quoted(key)}"
        lines.append(f"  - {{name: class_{number}, {field}}}  # {100 * count / total:.1f} % of the pixels looked at")
    example = '"#000000"' if any(key.startswith("#") for key in counts) else "255"
    remark = f"ignore: [{', '.join(ignored)}]  # nodata of the masks" if ignored else f"# ignore: [{example}]"
    return "\n".join([*lines, remark, ""])


def _quoted(key: str) -> str:
    return f'"{key}"' if key.startswith("#") else key  # a plain # begins a comment


def _nodata(info: RasterInfo) -> str | None:
    """What a mask declares as no label, as a colour or value; None where it declares nothing, or a number that no pixel can be named by."""
    if info.nodata is None or not float(info.nodata).is_integer():
        return None
    value = int(info.nodata)
    if info.count >= 3:
        return f"#{value:02x}{value:02x}{value:02x}" if 0 <= value <= 255 else None
    return _key(value, info)


def _census(info: RasterInfo) -> dict[str, int]:
    """Pixels per colour or value in the middle of a mask."""
    height, width = (min(length, 2048) for length in info.shape)
    found = read(info.path, Box((info.shape[0] - height) // 2, (info.shape[1] - width) // 2, height, width))
    numbers = np.nan_to_num(found).astype(np.int64)
    if info.count >= 3:
        codes, counts = np.unique(numbers[0] << 16 | numbers[1] << 8 | numbers[2], return_counts=True)
        return {f"#{code:06x}": int(count) for code, count in zip(codes.tolist(), counts.tolist(), strict=True)}
    values, counts = np.unique(numbers[0][~np.isnan(found[0])], return_counts=True)  # NaN is no label
    return {_key(int(value), info): int(count) for value, count in zip(values.tolist(), counts.tolist(), strict=True)}


def _key(value: int, info: RasterInfo) -> str:
    if info.palette is None:
        return str(value)
    return "#{:02x}{:02x}{:02x}".format(*info.palette.get(value, (0, 0, 0)))
