"""Scenes, windows and regions: the plain NumPy containers that everything else passes around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eelib.data.freshness import Files
from eelib.errors import InputError

IGNORE = -1  # label of pixels that neither the loss nor any metric sees

Split = Literal["train", "validation", "test"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scene:
    """One georeferenced raster with dates.

    Attributes:
        name: For messages and titles.
        image: ``(T, C, H, W)`` float32 reflectance (1.0 = 100 %).
        day_of_year: ``(T,)`` int64, 1 to 366.
        year: ``(T,)`` int64.
        bands: ``C`` band names, for example ``"B02"``.
        label: ``(H, W)`` int64 class ids with -1 = ignore, or None.
        clear: ``(T, H, W)`` bool, False under cloud or shadow, or None where unknown.
        crs: Coordinate reference system as text (``"EPSG:32633"``), or None.
        transform: Affine pixel-to-map coefficients ``(a, b, c, d, e, f)``, or None.
    """

    name: str
    image: Floats
    day_of_year: Ints
    year: Ints
    bands: tuple[str, ...]
    label: Ints | None = None
    clear: NDArray[np.bool_] | None = None
    crs: str | None = None
    transform: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        t, c, h, w = self.image.shape
        if len(self.bands) != c:
            raise InputError(f"{self.name}: {c} bands in the image but {len(self.bands)} band names")
        if len(self.day_of_year) != t or len(self.year) != t:
            raise InputError(f"{self.name}: {t} dates in the image but {len(self.day_of_year)} days and {len(self.year)} years")
        if self.label is not None and self.label.shape != (h, w):
            raise InputError(
                f"{self.name}: the mask has shape {self.label.shape} but the image has {(h, w)}; both must cover the same pixels"
            )
        check_finite(self.image, self.name)


def check_finite(image: Floats, name: str) -> None:
    """Raise InputError where an image holds NaN or infinity.

    A sum is not finite as soon as one term is not, and needs no mask in memory.
    """
    if not np.isfinite(image.sum(dtype=np.float64)):
        count = int((~np.isfinite(image)).sum())
        raise InputError(f"{name}: {count} pixel values are NaN or infinite; fill them or mark them as nodata in the manifest")


@dataclass(frozen=True)
class Windows:
    """Equally sized image series cut from scenes.

    Attributes:
        image: ``(N, T, C, H, W)`` float32 reflectance.
        dates: ``(N, T)`` int64 day of year, ascending within a series.
        place: ``(N,)`` int64; series of one place share it. The unit of resampling in statistics.
        mask: ``(N, H, W)`` int64 class ids with -1 = ignore, or None where there are no labels.
        origin: ``(N, 2)`` int64 row and column of the top-left pixel in its scene.
    """

    image: Floats
    dates: Ints
    place: Ints
    mask: Ints | None
    origin: Ints

    def __post_init__(self) -> None:
        n, t, _, h, w = self.image.shape
        wanted = {"dates": (n, t), "place": (n,), "mask": (n, h, w), "origin": (n, 2)}
        for name, shape in wanted.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise InputError(f"windows: {name} has shape {value.shape}, expected {shape}")

    def __len__(self) -> int:
        return len(self.image)

    def take(self, rows: Ints) -> Windows:
        """The windows at ``rows``, in that order."""
        mask = None if self.mask is None else self.mask[rows]
        return Windows(self.image[rows], self.dates[rows], self.place[rows], mask, self.origin[rows])

    def take_labelled(self, least: float = 0.05) -> Windows:
        """The windows in which at least a share ``least`` of the pixels has a label."""
        if self.mask is None:
            raise InputError("these windows have no labels")
        return self.take(np.flatnonzero((self.mask != IGNORE).mean((1, 2)) >= least))

    def without_labels(self) -> Windows:
        """The same windows with no mask, so that pre-training cannot see a label."""
        return replace(self, mask=None)


@dataclass(frozen=True)
class Region:
    """Windows of one area in four sets, with one class list.

    Attributes:
        name: The name used in parameters, for example ``"brandenburg"``.
        title: Human-readable name for tables and figures.
        classes: Class names; class id = position.
        bands: Band names in channel order.
        unlabelled: Windows for pre-training; ``mask`` is None. Never overlaps validation or test.
        train: Labelled windows, or None where the region has no labels, as the next two; see :meth:`labelled`.
        validation: Labelled windows for every choice (learning rate, weight decay, step).
        test: Labelled windows that only the final score sees.
        simulated: Whether the pixels come from the embedded world.
        attribution: Credit line that must accompany figures.
        held_out: Where there are no labels: windows that pre-training does not see, for its monitors.
        files: Where the data are a user's own, all files that decide them.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    bands: tuple[str, ...]
    unlabelled: Windows
    train: Windows | None
    validation: Windows | None
    test: Windows | None
    simulated: bool
    attribution: str
    held_out: Windows | None = None
    files: tuple[Files, ...] = ()

    def labelled(self, split: Split) -> Windows:
        """The windows of a labelled split.

        Raises:
            InputError: The region has no labels.
        """
        windows: Windows | None = getattr(self, split)
        if windows is None or windows.mask is None:
            raise no_labels(self.name)
        return windows

    def looked_at(self) -> Windows:
        """Windows to look at embeddings on: those of the test, or where there are no labels the held-out ones."""
        return self.unseen() if self.test is None else self.test

    def unseen(self) -> Windows:
        """Windows without labels that pre-training never sees: those of validation, or the held-out ones."""
        windows = self.validation if self.held_out is None else self.held_out
        if windows is None:
            raise InputError(f"region '{self.name}' has neither validation nor held-out windows")
        return windows.without_labels()


def no_labels(name: str) -> InputError:
    """The error for a region without labels where labels are needed."""
    return InputError(
        f"region '{name}' has no labels: use it for pre-training only, or declare 'masks' or 'label' and 'classes' in its manifest"
    )
