"""Make eelib/data/world/spectra.csv from two Python packages.

    pip download --no-deps earthlib==1.1.0 pyrsr==0.8.0   # then unpack both
    python tools/make_spectra.py EARTHLIB_FOLDER PYRSR_FOLDER

earthlib (MIT) carries a spectral library at 10 nm: measured soils (ICRAF-ISRIC, with coordinates), measured dry vegetation, measured roofs
and roads, and canopies simulated by radiative transfer. pyrsr (Apache-2.0) carries the published responses of Sentinel-2A MSI. Water is
in neither and is modelled here: R = 0.52 * 0.33 * b / (a + b) with the absorption of pure water and two free quantities, see `water`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

BANDS = {"B02": "2", "B03": "3", "B04": "4", "B05": "5", "B06": "6", "B07": "7", "B08": "8", "B8A": "8A", "B11": "11", "B12": "12"}
# Boxes (south, north, west, east) from which soils of a style are taken; a box that holds too few grows until it has enough.
BOXES = {"germany": (47, 55, 5, 16), "france": (42, 51, -5, 8), "ghana": (4, 12, -4, 2), "south_sudan": (3, 13, 24, 36)}
PER_BOX, CANOPIES, DRY, BUILT, WATER = 20, 60, 24, 40, 12
# Absorption of pure water (1/m) at the band centres, rounded from the literature (Pope & Fry 1997; Kou et al. 1993).
ABSORPTION = [0.015, 0.062, 0.43, 0.75, 2.6, 2.4, 3.6, 4.7, 670.0, 2500.0]


def responses(folder: Path, grid: np.ndarray) -> np.ndarray:
    """Weights ``(10, len(grid))`` that turn a spectrum on ``grid`` (nm) into band reflectances."""
    rows = []
    for number in BANDS.values():
        lines = (folder / "pyrsr/data/Sentinel-2A/MSI" / f"band_{number}").read_text().splitlines()[1:]
        wavelength, response = np.array([[float(v) for v in line.split()[:2]] for line in lines if line.strip()]).T
        weight = np.interp(grid, wavelength, response, left=0, right=0)
        rows.append(weight / weight.sum())
    return np.array(rows)


def water(rng: np.random.Generator, count: int) -> np.ndarray:
    """Water from clear to turbid: backscatter falls with wavelength, dissolved matter absorbs blue."""
    centres = np.array([490, 560, 665, 705, 740, 783, 842, 865, 1610, 2190.0])
    turbidity = rng.uniform(0.01, 0.4, (count, 1))
    dissolved = rng.uniform(0.05, 1.0, (count, 1)) * np.exp(-0.014 * (centres - 440))
    scatter = turbidity * (550 / centres) ** 0.7
    return 0.52 * 0.33 * scatter / (np.array(ABSORPTION) + dissolved + scatter)


def main(earthlib: Path, pyrsr: Path) -> None:
    """Write the table next to this package's simulator."""
    rng = np.random.default_rng(0)
    names = pd.read_csv(earthlib / "earthlib/data/spectra.csv")
    spectra = np.fromfile(earthlib / "earthlib/data/spectra.sli", "<f4").reshape(len(names), 180)
    header = (earthlib / "earthlib/data/spectra.sli.hdr").read_text()
    grid = 1000 * np.array([float(v) for v in header.split("wavelength = {")[1].split("}")[0].split(",")])
    fine = np.arange(400, 2401)
    weights = responses(pyrsr, fine)
    bands = np.array([weights @ np.interp(fine, grid, spectrum) for spectrum in spectra])
    if bands.max() > 2:  # the library may be in per cent
        bands /= 100
    names["row"] = range(len(names))
    usable = names[np.isfinite(bands).all(1) & (bands > 0).all(1) & (bands < 1).all(1)]
    chosen: list[tuple[str, int]] = []
    soils = usable[usable.LEVEL_3 == "soil"]
    for region, (south, north, west, east) in BOXES.items():
        grow = 0.0
        while True:
            near = soils[soils.LAT.between(south - grow, north + grow) & soils.LON.between(west - grow, east + grow)]
            if len(near) >= PER_BOX:
                break
            grow += 1
        chosen += [(f"soil_{region}", row) for row in rng.choice(near.row, PER_BOX, replace=False)]
    vegetation = usable[usable.LEVEL_3 == "canopy"]
    ndvi = (bands[vegetation.row, 6] - bands[vegetation.row, 2]) / (bands[vegetation.row, 6] + bands[vegetation.row, 2])
    dense = vegetation[ndvi > 0.75]
    chosen += [("canopy", row) for row in rng.choice(dense.row, CANOPIES, replace=False)]
    chosen += [("dry", row) for row in rng.choice(usable[usable.LEVEL_2 == "npv"].row, DRY, replace=False)]
    chosen += [("built", row) for row in rng.choice(usable[usable.LEVEL_2 == "built"].row, BUILT, replace=False)]
    out = Path(__file__).parents[1] / "eelib/data/world/spectra.csv"
    with out.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["group", "name", "source", *BANDS])
        for group, row in chosen:
            source = f"earthlib 1.1.0 / {names.SOURCE[row]}"
            writer.writerow([group, names.NAME[row], source, *(f"{value:.4f}" for value in bands[row])])
        for number, values in enumerate(water(rng, WATER)):
            writer.writerow(["water", f"water_{number}", "modelled, tools/make_spectra.py", *(f"{value:.4f}" for value in values)])
    print(out, pd.read_csv(out).groupby("group")[list(BANDS)].mean().round(3).to_string(), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
