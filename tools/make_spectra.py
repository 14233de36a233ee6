"""Make eelib/data/world/spectra.csv from two Python packages.

    pip download --no-deps earthlib==1.1.0 pyrsr==0.8.0   # then unpack both
    python tools/make_spectra.py EARTHLIB_FOLDER PYRSR_FOLDER [TABLE]

earthlib (MIT licence) carries a spectral library at 10 nm: soils measured in the laboratory (ICRAF-ISRIC, with coordinates), dry plants,
bark, ash, roofs and roads measured with field spectrometers, and green canopies *simulated* with PROSAIL. pyrsr (Apache-2.0) carries the
responses of Sentinel-2A MSI that ESA published (COPE-GSEG-EOPG-TN-15-0007, version 3.0). Water and petals are in neither and are
modelled in this file. The choice is deterministic: no random numbers.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

BANDS = {"B02": "2", "B03": "3", "B04": "4", "B05": "5", "B06": "6", "B07": "7", "B08": "8", "B8A": "8A", "B11": "11", "B12": "12"}
GRID = np.arange(400, 2451)  # nm
# Latitude and longitude whose nearest soil profiles a region uses. The library has no soil of South Sudan: the nearest come
# from Kenya, Uganda and the Congo basin, 950 km away and more; the nearest to central Germany are from Lower Saxony, the Rhineland
# and Westphalia.
PLACES = {"germany": (51.0, 10.5), "france": (47.0, 2.5), "ghana": (9.8, -1.0), "south_sudan": (8.0, 30.0)}
PROFILES, HORIZONS = 6, 2  # per region; of each profile the first horizons listed, because a satellite sees the top
# Straw and dry grass. Left out: a reed twice as bright as any canopy, a spectrum with zeros, a shaded one, marsh, litter of needles.
STRAW = ("SJER_Plot116_NPV_T009", "SJER_Plot116_NPV_T010", "SJER_Plot116_NPV_T012", "SJER_Plot361_NPV_T015", "SJER_Plot361_NPV_T016",
         "deadgras", "goldgras", "brte_br", "difubr", "D.spicata", "Grass_dry.83+.17NaMont", "Grass_dry.9+.1green")  # fmt: skip
# group: (values of LEVEL_3, how many)
MEASURED = {
    "bark": (("bark", "wood"), 6),
    "char": (("char",), 6),
    "tile": (("tile", "concrete_tile"), 6),
    "metal": (("metal",), 6),
    "road": (("asphalt", "road"), 6),
    "dirt": (("dirt",), 4),
}
CENTRES = np.array([490, 560, 665, 705, 740, 783, 842, 865, 1610, 2190.0])  # nm
# Absorption of pure water at the band centres, 1/m, rounded (Pope & Fry 1997; Kou et al. 1993).
ABSORPTION = np.array([0.015, 0.062, 0.43, 0.75, 2.6, 2.4, 3.6, 4.7, 670.0, 2500.0])


def responses(folder: Path) -> np.ndarray:
    """Weights ``(10, len(GRID))`` that turn a spectrum on ``GRID`` into band reflectances."""
    rows = []
    for number in BANDS.values():
        lines = (folder / "pyrsr/data/Sentinel-2A/MSI" / f"band_{number}").read_text().splitlines()[1:]
        wavelength, response = np.array([[float(v) for v in line.split()[:2]] for line in lines if line.strip()]).T
        weight = np.interp(GRID, wavelength, response, left=0, right=0)
        rows.append(weight / weight.sum())
    return np.array(rows)


def library(earthlib: Path, weights: np.ndarray) -> pd.DataFrame:
    """The whole library with its metadata and ten band reflectances; spectra with gaps are left out."""
    data = earthlib / "earthlib/data"
    table = pd.read_csv(data / "spectra.csv")
    spectra = np.fromfile(data / "spectra.sli", "<f4").reshape(len(table), -1)
    header = (data / "spectra.sli.hdr").read_text()
    wavelength = 1000 * np.array([float(v) for v in header.split("wavelength = {")[1].split("}")[0].split(",")])
    table[list(BANDS)] = [weights @ np.interp(GRID, wavelength, spectrum) for spectrum in spectra]
    bands = table[list(BANDS)]
    return table[((bands > 0) & (bands < 1)).all(axis=1)]


def evenly(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Rows at evenly spaced ranks of near-infrared reflectance, without the extreme twentieths."""
    ranks = np.linspace(0.05, 0.95, count) * (len(rows) - 1)
    return rows.sort_values(["B08", "NAME"]).iloc[ranks.round().astype(int)]


def soils(table: pd.DataFrame, latitude: float, longitude: float) -> pd.DataFrame:
    """The top horizons of the nearest profiles."""
    rows = table[(table.LEVEL_3 == "soil") & table.LAT.notna()]
    kilometres = 111 * np.hypot(rows.LAT - latitude, (rows.LON - longitude) * np.cos(np.radians(latitude)))
    rows = rows.assign(kilometres=kilometres.round(1)).sort_values(["kilometres", "NAME"], kind="stable")
    profiles = rows.groupby(["LAT", "LON"], sort=False).head(HORIZONS)
    return profiles.head(PROFILES * HORIZONS)


def groups(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every group of the table that comes from the library."""
    for region, place in PLACES.items():
        yield f"soil_{region}", soils(table, *place)
    canopy = table[table.LEVEL_3 == "canopy"]
    leaf = canopy.assign(lma=canopy.NAME.str.extract(r"LMA-([\d.]+)", expand=False).astype(float))
    closed = leaf[(leaf.B08 - leaf.B04) / (leaf.B08 + leaf.B04) > 0.85]  # cover is mixed later, so only closed canopies are wanted
    # Leaves of herbs weigh less per area than leaves of trees (Poorter et al. 2009, New Phytologist 182); the library starts at 50 g/m2.
    yield "canopy", evenly(closed[closed.lma < 0.011], 28)
    yield "foliage", evenly(closed[closed.lma >= 0.011], 12)
    yield "straw", table[(table.LEVEL_2 == "npv") & table.NAME.isin(STRAW)]
    for group, (values, count) in MEASURED.items():
        yield group, evenly(table[table.LEVEL_3.isin(values)], count)


def water(count: int) -> np.ndarray:
    """Water from clear to turbid, ``(count, 10)``: reflectance of a deep water body (Gordon et al. 1988, Lee et al. 2002).

    Sediment scatters and absorbs blue, dissolved matter absorbs blue. With u = backscatter / (absorption + backscatter):
    r = 0.0895 u + 0.1247 u^2 below and 0.52 r / (1 - 1.7 r) above the surface, times pi.
    """
    load = np.geomspace(0.008, 0.6, count)[:, None]  # backscatter at 550 nm, 1/m
    backscatter = load * (550 / CENTRES) ** 0.7
    sediment = 2.0 * load * np.exp(-0.011 * (CENTRES - 440))
    dissolved = np.linspace(0.1, 1.0, count)[:, None] * np.exp(-0.014 * (CENTRES - 440))
    u = backscatter / (ABSORPTION + sediment + dissolved + backscatter)
    below = 0.0895 * u + 0.1247 * u**2
    return np.pi * 0.52 * below / (1 - 1.7 * below)


def petals() -> np.ndarray:
    """Yellow petals ``(1, 10)``: a bright scatterer in which carotenoids absorb blue and water absorbs in the shortwave infrared.

    The shape follows the description of flowering rapeseed in Sulik & Long (2015, Int. J. Remote Sensing 36); values are ours.
    """
    return np.array([[0.09, 0.33, 0.36, 0.42, 0.50, 0.53, 0.54, 0.54, 0.27, 0.13]])


def main(earthlib: Path, pyrsr: Path, out: Path) -> None:
    """Write the table."""
    with out.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["group", "name", "source", *BANDS])
        for group, rows in groups(library(earthlib, responses(pyrsr))):
            for row in rows.itertuples():
                source = f"earthlib 1.1.0: {row.SOURCE}, {row.LEVEL_3}, {row.LEVEL_4}"
                writer.writerow([group, row.NAME, source, *(f"{getattr(row, band):.4f}" for band in BANDS)])
        for group, spectra in (("water", water(8)), ("petal", petals())):
            for number, values in enumerate(spectra):
                writer.writerow([group, f"{group}_{number}", "modelled in tools/make_spectra.py", *(f"{value:.4f}" for value in values)])


if __name__ == "__main__":
    table_path = Path(__file__).parents[1] / "eelib/data/world/spectra.csv"
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else table_path)
