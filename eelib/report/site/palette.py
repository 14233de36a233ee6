"""Smaller figures: PNG pictures of few colours stored with a palette, which takes well under half of the bytes."""

from __future__ import annotations

import io
from pathlib import Path

COLOURS = 256
MOST_COLOURS = 4096  # a figure's lines and letters with their smoothed edges; what has more is a photograph or a map, and not worth the try
LEAST_PSNR = 50.0  # dB; what differs then are a few smoothed edge pixels. Photographs and maps lie at 30 to 48 and stay as they are


def slim_pictures(folder: Path) -> None:
    """Rewrite each PNG below ``folder`` with at most 256 colours where that cannot be seen (PSNR of 50 dB or more) and is smaller."""
    for path in sorted(folder.rglob("*.png")):
        smaller = _with_palette(path)
        if smaller is not None and len(smaller) < path.stat().st_size:
            path.write_bytes(smaller)


def _with_palette(path: Path) -> bytes | None:
    """The picture with a palette, as bytes of a PNG; None where it shows through something or needs more colours."""
    from PIL import Image, ImageChops, ImageStat

    with Image.open(path) as opened:
        picture = opened.convert("RGBA")
    if picture.getchannel("A").getextrema()[0] != 255:  # a palette keeps no smooth transparency
        return None
    plain = picture.convert("RGB")
    if plain.getcolors(MOST_COLOURS) is None:
        return None
    reduced = plain.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    squares = ImageStat.Stat(ImageChops.difference(plain, reduced.convert("RGB"))).sum2
    if sum(squares) / (3 * plain.width * plain.height) > 255**2 / 10 ** (LEAST_PSNR / 10):
        return None
    out = io.BytesIO()
    reduced.save(out, "PNG", optimize=True)
    return out.getvalue()
