"""From digital numbers to values of about 0 to 1, with NaN where there is no data until it is filled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eelib.data.windows import Floats
from eelib.errors import InputError

# to reflectance, by the type of the numbers; for data that users bring and for scenes that networks are applied to
DEFAULT_SCALES = {"uint8": 1 / 255, "int8": 1 / 127, "uint16": 1e-4, "int16": 1e-4, "float16": 1.0, "float32": 1.0, "float64": 1.0}


@dataclass(frozen=True)
class Scaling:
    """How digital numbers become values.

    Attributes:
        scale: Factor; None: by the type of the numbers.
        offset: Added before.
        nodata: Number of pixels without data as the manifest declares it, or None.
    """

    scale: float | None
    offset: float
    nodata: float | None

    def factor(self, dtype: str, name: str) -> float:
        """The factor for numbers of a type.

        Raises:
            InputError: There is no sensible default.
        """
        factor = self.scale or DEFAULT_SCALES.get(dtype)
        if factor is None:
            raise InputError(f"{name}: there is no default scale for {dtype}; declare 'scale' in the manifest")
        return factor

    def apply(
        self, numbers: np.ndarray, name: str, declared: float | None = None, factors: tuple[tuple[float, float], ...] | None = None
    ) -> Floats:
        """Values ``(...)`` float32, NaN where there is no data.

        Args:
            numbers: As in the file.
            name: Of the file, for messages.
            declared: Nodata number of the file; that of the manifest goes first.
            factors: Factor and offset per band of the file, ``number * factor + offset``; the scale of the manifest goes first.

        Raises:
            InputError: NaN or infinity that no nodata number explains.
        """
        nodata = declared if self.nodata is None else self.nodata
        values = numbers.astype(np.float32) + np.float32(self.offset)
        if factors is None or self.scale is not None:
            values *= np.float32(self.factor(str(numbers.dtype), name))
        else:
            factor, offset = (np.array(part, np.float32)[:, None, None] for part in zip(*factors, strict=True))
            values = values * factor + offset
        if numbers.dtype.kind == "f":
            bad = ~np.isfinite(numbers)
            if bad.any() and not (nodata is not None and math.isnan(nodata)):
                count = int(bad.sum())
                raise InputError(f"{name}: {count} pixel values are NaN or infinite; declare 'nodata: .nan' in the manifest, or fill them")
            values[bad] = np.nan
        if nodata is not None and not math.isnan(nodata):
            values[numbers == nodata] = np.nan
        return values


def fill(image: Floats) -> Floats:
    """Replace NaN in ``(T, C, h, w)``: by the mean of the pixel's other dates, else by the band's mean in the window, else by 0."""
    missing = np.isnan(image)
    if not missing.any():
        return image
    seen = ~missing
    filled = np.where(missing, 0, image)
    over_time = filled.sum(0) / np.maximum(seen.sum(0), 1)
    of_band = (filled.sum((0, 2, 3)) / np.maximum(seen.sum((0, 2, 3)), 1))[:, None, None]
    substitute = np.where(seen.any(0), over_time, of_band)
    return np.asarray(np.where(missing, substitute, image), np.float32)
