"""Samples of a torchgeo data set as plates."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eelib.data.own.masks import MaskCode
from eelib.data.own.plates import Footprint, ReadLabel
from eelib.data.own.rasters import Box
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError, unknown


class SampleSet:
    """A torchgeo data set, read sample by sample; the last few are kept, because windows of one sample are read together.

    Args:
        name: Class in ``torchgeo.datasets``.
        arguments: Keyword arguments that the class is called with.
        where: The manifest, for messages.
    """

    def __init__(self, name: str, arguments: dict[str, Any], where: str) -> None:
        import torchgeo.datasets

        self.name, self.where = name, where
        made = getattr(torchgeo.datasets, name, None)
        if not isinstance(made, type) or not issubclass(made, torchgeo.datasets.NonGeoDataset):
            known = [key for key, value in vars(torchgeo.datasets).items() if _is_sample_set(value, torchgeo.datasets.NonGeoDataset)]
            raise InputError(f"{where}: {unknown('torchgeo data set of samples', name, known)}")
        try:
            self.data: Any = made(**arguments)
        except Exception as error:  # torchgeo's classes raise what they like: assertions, DatasetNotFoundError, TypeError
            raise InputError(f"{where}: torchgeo cannot make {name} with these arguments ({' '.join(str(error).split())[:300]})") from error
        self.sample = functools.lru_cache(maxsize=4)(self._sample)

    def __len__(self) -> int:
        return len(self.data)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names as torchgeo knows them; empty where it does not."""
        names = getattr(self.data, "classes", ())
        return tuple(str(name) for name in names) if isinstance(names, list | tuple) else ()

    def _sample(self, number: int) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Image ``(T, C, H, W)``, mask ``(H, W)`` or None, days of the year ``(T,)`` or None."""
        try:
            content = self.data[number]
        except Exception as error:
            raise InputError(f"{self.where}: sample {number} of {self.name} cannot be read ({error})") from error
        if not isinstance(content, dict) or "image" not in content:
            raise InputError(f"{self.where}: samples of {self.name} hold no 'image'; only data sets of images and masks can be used")
        image = np.asarray(content["image"])
        image = image[None] if image.ndim == 3 else image
        mask, dates = content.get("mask"), content.get("dates")
        mask = None if mask is None else np.asarray(mask).squeeze()
        if mask is not None and mask.shape != image.shape[-2:]:
            raise InputError(
                f"{self.where}: sample {number} of {self.name} has a mask of {mask.shape} for an image of {image.shape[-2:]}; "
                "only masks of one class per pixel can be used"
            )
        return image, mask, None if dates is None else np.asarray(dates, np.int64)


def _is_sample_set(value: object, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base) and value is not base


@dataclass(frozen=True)
class SamplePlate(Footprint):
    """One sample as a plate; ``dated``: whether its days are its own."""

    samples: SampleSet = field(repr=False)
    number: int
    dated: bool

    def image(self, season: int, when: Ints, box: Box) -> Floats:
        """Values ``(len(when), C, h, w)`` of some dates, NaN where there is no data."""
        image = self.samples.sample(self.number)[0]
        where = np.s_[when, :, box.row : box.row + box.height, box.column : box.column + box.width]
        return self.scaling.apply(image[where], f"sample {self.name}")


def sample_label(samples: SampleSet, number: int, name: str, code: MaskCode) -> ReadLabel:
    """Reader of a sample's class ids."""

    def read(box: Box) -> Ints:
        mask = samples.sample(number)[1]
        if mask is None:
            raise InputError(f"sample {name}: there is no mask")
        return code.values(mask[box.row : box.row + box.height, box.column : box.column + box.width], f"sample {name}")

    return read
