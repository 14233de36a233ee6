"""End-member reflectances in the ten 10 m and 20 m bands of Sentinel-2A; the table is made by tools/make_spectra.py.

Soils, dry plants, bark, ash, roofs and roads are measured; green canopies come from a radiative transfer model (PROSAIL) in the same
library; water and petals are modelled in the script. The column ``source`` says which is which.
"""

from __future__ import annotations

import csv
import functools
from importlib.resources import files

import numpy as np

from eelib.data.windows import Floats

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
COARSE = (3, 4, 5, 7, 8, 9)  # positions of the 20 m bands
FINE = (0, 1, 2, 6)  # positions of the 10 m bands
WAVELENGTH = np.array([490, 560, 665, 705, 740, 783, 842, 865, 1610, 2190], np.float32)  # band centres, nm


@functools.cache
def end_members(*groups: str) -> Floats:
    """Spectra of groups, ``(n, 10)``, darkest in the near infrared first.

    Args:
        groups: Values of the table's first column, for example ``canopy`` or ``soil_ghana``.
    """
    with (files("eelib.data.world") / "spectra.csv").open(encoding="utf-8") as handle:
        rows = [[float(row[band]) for band in BANDS] for row in csv.DictReader(handle) if row["group"] in groups]
    table = np.array(rows, np.float32)
    table = table[table[:, 6].argsort(kind="stable")]
    table.setflags(write=False)
    return table
