"""The four regions of the embedded world as sources, with a cache on disk."""

from __future__ import annotations

from eelib.data import world
from eelib.data.fetch import data_folder
from eelib.data.freshness import Files
from eelib.data.window_cache import read_windows, write_windows
from eelib.data.windows import Region, Windows
from eelib.errors import InputError
from eelib.settings import RegionSizes

SEED = 0
SPACING = 1_000_000  # between the places of two sets: so wide that another size never moves a window from one set into another


class SimulatedSource:
    """A region of the embedded world; any number of windows, of any size, with any number of dates."""

    num_dates: int | None = None
    window: int | None = None
    simulated = True
    resplit = False
    dated = True
    splits = 1
    files: tuple[Files, ...] = ()
    bands: tuple[str, ...] = world.BANDS

    def __init__(self, name: str) -> None:
        style = world.REGIONS[name]
        self.name, self.title, self.classes = name, style.title, style.classes
        self.colors = tuple(CLASS_COLORS[item] for item in style.classes)

    def fingerprint(self) -> str:
        """Version of the world, its seed, the region."""
        return f"world {world.VERSION} {SEED} {self.name}"

    def revision(self, sizes: RegionSizes) -> str:
        """What the fingerprint of windows has in front where only some of the world's skies changed; empty for all others."""
        return world.sky_revision(sizes.cloud, sizes.num_dates)

    def load(self, sizes: RegionSizes) -> Region:
        """Every index of the world is a place of its own, so disjoint index ranges are splits without neighbours.

        Raises:
            InputError: More windows are asked for than a range has.
        """
        counts = {name: getattr(sizes, name) for name in ("unlabelled", "train", "validation", "test")}
        for name, count in counts.items():
            check_fits(self.name, name, count)
        unlabelled, train, validation, test = (
            _cached(self.name, part * SPACING, count, sizes) for part, count in enumerate(counts.values())
        )
        return Region(
            self.name, self.title, self.classes, self.bands, unlabelled.without_labels(), train, validation, test, True, "simulated"
        )


def check_fits(region: str, part: str, wanted: int, places: int | None = None) -> None:
    """Refuse a set that would run into the places of the next one.

    Args:
        region: Its name.
        part: Name of the parameter that says how large the set is.
        wanted: Its value.
        places: How many places that takes; one each where None.

    Raises:
        InputError: They are more than the set has; names the largest value that fits.
    """
    places = wanted if places is None else places
    if places > SPACING:
        most = wanted * SPACING // places
        raise InputError(f"{part}={wanted}: takes {places} places of the simulated {region}, which has {SPACING}: at most {part}={most}")


def _cached(name: str, first: int, count: int, sizes: RegionSizes) -> Windows:
    """Simulated windows, read from a memory-mapped file where they were made before."""
    cloud = "" if sizes.cloud == 1 else f"-cloud{sizes.cloud:g}"
    version = f"v{world.VERSION}{world.sky_revision(sizes.cloud, sizes.num_dates)}"
    key = f"{name}-{version}-{SEED}-{first}-{count}-{sizes.window}px-{sizes.num_dates}d{cloud}"
    folder = data_folder() / "world" / key
    windows = read_windows(folder)
    if windows is None:
        difficulty = world.Difficulty(cloud=sizes.cloud)
        places = range(first, first + count)
        windows = world.simulate_windows(name, SEED, places, size=sizes.window, num_dates=sizes.num_dates, difficulty=difficulty)
        write_windows(folder, windows)
    return windows


CLASS_COLORS = {
    "winter wheat": "#e6c229",
    "winter barley": "#f2dd8c",
    "rapeseed": "#ffef00",
    "maize": "#f17105",
    "sugar beet": "#c2185b",
    "potato": "#8e5ea2",
    "sunflower": "#ffb000",
    "vineyard": "#7b2d8b",
    "grassland": "#9ccc65",
    "savanna": "#c5d86d",
    "groundnut": "#b5651d",
    "rice": "#4dd0c4",
    "soya bean": "#6b8e23",
    "sorghum": "#b23a48",
    "trees": "#1b5e20",
    "water": "#1e88e5",
    "built-up": "#757575",
}
