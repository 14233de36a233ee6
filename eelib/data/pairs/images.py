"""Reading image files into ``(C, H, W)`` float32 in 0..1 of one size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from eelib.data.pairs.manifests import ReadsImages
from eelib.data.windows import Floats
from eelib.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2")
MISSING = "the image is missing"
UNREADABLE = "not a readable image"


class ImageReader:
    """Reads images as a manifest says: scaled so that the shorter side fits, then the centre.

    Args:
        entry: Channels and brightness.
        size: Height and width of the result, pixels.
    """

    def __init__(self, entry: ReadsImages, size: int) -> None:
        self.entry, self.size = entry, size

    @property
    def bands(self) -> tuple[str, ...]:
        """Channel names."""
        return tuple(f"band {number}" for number in self.entry.channels) if self.entry.channels else ("red", "green", "blue")

    def file(self, path: Path) -> Floats:
        """The image of a file ``(C, size, size)``.

        Raises:
            InputError: The file is missing or no image, or lacks a channel.
        """
        try:
            if self.is_raster(path):
                return self._raster(path, str(path))
            return self._picture(path, str(path))
        except InputError:
            raise
        except Exception as error:  # Pillow and GDAL raise what they like on damaged files
            raise InputError(f"{path}: not a readable image ({type(error).__name__}); replace it, or set broken: skip") from error

    def stream(self, content: bytes, name: str) -> Floats:
        """The image in some bytes, as :meth:`file`."""
        import io

        try:
            return self._picture(io.BytesIO(content), name)
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{name}: not a readable image ({type(error).__name__}); replace it, or set broken: skip") from error

    def is_raster(self, path: Path) -> bool:
        """Whether a file is read by rasterio, not by Pillow."""
        return bool(self.entry.channels) or path.suffix.lower() in (".tif", ".tiff", ".jp2")

    def problem(self, path: Path) -> str:
        """Why the image of a file cannot be used, "" where it can. Decodes it: a file that was cut short has an intact header."""
        if not path.is_file():
            return MISSING
        try:
            self.file(path)
        except InputError as error:
            return UNREADABLE if error.__cause__ else str(error).removeprefix(f"{path}: ")
        return ""

    def stream_problem(self, content: bytes) -> str:
        """As :meth:`problem`, for the image in some bytes."""
        try:
            self.stream(content, "")
        except InputError:
            return UNREADABLE
        return ""

    def _picture(self, source: Path | BinaryIO, name: str) -> Floats:
        from PIL import Image, ImageOps

        with Image.open(source) as picture:
            deep = _deep(picture)
            picture.load()  # GDAL would read black rows where a picture ends early
            if not deep:
                upright = ImageOps.exif_transpose(picture).convert("RGB")  # as every viewer shows it: captions name directions
        if deep:  # Pillow knows 8 bits only: it would cut off what is brighter, or the finer half of each number
            if not isinstance(source, Path):
                source.seek(0)
            return self._raster(source, name)
        fitted = ImageOps.fit(upright, (self.size, self.size), Image.Resampling.BICUBIC)
        return self._shown(np.asarray(fitted).transpose(2, 0, 1), name)

    def _raster(self, file: Path | BinaryIO, name: str) -> Floats:
        import rasterio
        from rasterio.enums import Resampling

        with rasterio.open(file) as source:
            channels = self.entry.channels or ((1, 2, 3) if source.count >= 3 else (1,))
            if max(channels) > source.count:
                raise InputError(f"{name}: has {source.count} bands, the manifest asks for band {max(channels)}")
            scale = self.size / min(source.height, source.width)
            shape = (len(channels), max(self.size, round(source.height * scale)), max(self.size, round(source.width * scale)))
            pixels = source.read(channels, out_shape=shape, resampling=Resampling.bilinear)
        top, left = (shape[1] - self.size) // 2, (shape[2] - self.size) // 2
        image = self._shown(pixels[:, top : top + self.size, left : left + self.size], name)
        return image.repeat(3, 0) if len(image) == 1 and self.entry.channels is None else image

    def _shown(self, numbers: np.ndarray, name: str) -> Floats:
        """Numbers as brightness 0..1."""
        kind = numbers.dtype.kind
        if self.entry.brightest is None and kind == "i":
            raise InputError(f"{name}: numbers of type {numbers.dtype} have no usual white; declare 'brightest'")
        if kind == "f" and not np.isfinite(numbers).all():
            raise InputError(f"{name}: holds NaN or infinite numbers (nodata): fill them in, or set broken: skip")
        brightest = self.entry.brightest or (np.iinfo(numbers.dtype).max if kind == "u" else 1.0)
        return np.asarray((numbers.astype(np.float32) / np.float32(brightest)).clip(0, 1), np.float32)


def _deep(picture: Image.Image) -> bool:
    """Whether a picture holds more than 8 bits per number; to be asked before its pixels are loaded."""
    deep_colours = picture.format == "PNG" and any(";16B" in str(part.args) for part in getattr(picture, "tile", ()))
    return deep_colours or picture.mode[0] in "IF"
