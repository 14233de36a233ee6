"""The two ways in which the study stops: bad input, and a run that failed; and remedies that several places name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and the remedy. Exit code 2."""


class RunError(RuntimeError):
    """An arm or a notebook failed. The message names it and where its log is. Exit code 1."""


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """The error for an unknown name, with the nearest name that exists.

    Args:
        kind: What the name should be, for example ``"region"``.
        name: The name as the user gave it.
        known: All valid names.
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
    return InputError(f"unknown {kind} '{name}': {hint}")


# What each extra of pyproject.toml brings, by the names that are imported.
EXTRAS = {
    "geo": ("torchgeo", "torchvision", "rasterio", "pyogrio", "shapely", "xarray", "h5netcdf", "h5py", "sklearn", "google_crc32c"),
    "clip": ("open_clip", "timm", "webdataset", "kornia", "ftfy", "regex", "emoji", "PIL"),
    "ssl": ("lightly",),
    "batch": ("papermill", "nbformat", "ipykernel", "snakemake"),
    "docs": ("seaborn", "matplotlib", "sphinx", "myst_nb", "furo", "latex2mathml"),
}


def missing_extra(module: str) -> str:
    """One line: that a package is not installed, and what installs it. ``module`` as it is imported."""
    package = module.partition(".")[0]
    extra = next((extra for extra, packages in EXTRAS.items() if package in packages), None)
    remedy = f"make env, or pip install -e '.[{extra}]' in the repository" if extra else f"pip install {package}"
    return f"the package '{package}' is not installed: {remedy}"
