"""Everyday words for class names. Unknown classes are called by their own name, so any label raster can be described."""

from __future__ import annotations

import re
from typing import Literal

Group = Literal["crop", "grass", "trees", "water", "built", "other"]

# Parts of class names that decide the group; the first row that matches wins, what matches none is a crop if it grows on a field.
_GROUPS: tuple[tuple[str, Group], ...] = (
    (r"no data|void|unknown|clutter|background|other", "other"),
    (r"not forest|non.?forest|bare|barren|rock|sand|snow|ice|burn", "other"),
    (r"water|river|lake|pond|sea|reservoir|canal", "water"),
    (r"built|urban|residential|building|house|settlement|road|industr|parking|pavement|impervious", "built"),
    (r"grass|meadow|pasture|savanna|steppe|scrub|shrub|bush|wetland|marsh|heath|fallow|range|low vegetation|herb", "grass"),
    (r"tree|forest|wood|orchard|plantation|palm", "trees"),
)

# Words for ground that a class covers, and for one piece of it, by class name; each list in no order.
_GROUND: dict[str, tuple[str, ...]] = {
    "winter wheat": ("winter wheat", "wheat", "wheat fields", "fields of wheat"),
    "winter barley": ("winter barley", "barley", "barley fields", "fields of barley"),
    "rapeseed": ("rapeseed", "oilseed rape", "rapeseed fields", "fields of rapeseed"),
    "maize": ("maize", "maize fields", "corn fields", "fields of maize"),
    "sugar beet": ("sugar beet", "beet fields", "fields of sugar beet"),
    "potato": ("potatoes", "potato fields", "fields of potatoes"),
    "sunflower": ("sunflowers", "sunflower fields", "fields of sunflowers"),
    "vineyard": ("vines", "vineyards", "rows of vines"),
    "rice": ("rice", "rice fields", "rice paddies"),
    "sorghum": ("sorghum", "sorghum fields", "sorghum plots"),
    "groundnut": ("groundnut", "groundnut fields", "groundnut plots", "peanut fields"),
    "soya bean": ("soya bean", "soya fields", "soya plots"),
    "farm": ("farmland", "fields", "cropland"),
    "farmland": ("farmland", "fields", "cropland"),
    "trees": ("trees", "woodland", "forest"),
    "forest": ("forest", "woodland", "trees"),
    "not forest": ("open ground", "clearings", "treeless ground"),
    "open forest": ("open forest", "thin forest", "loose tree cover"),
    "closed forest": ("closed forest", "fairly dense forest"),
    "very dense forest": ("very dense forest", "thick forest", "unbroken forest"),
    "grassland": ("grassland", "meadows", "pasture"),
    "meadow": ("meadows", "meadow land", "grassland"),
    "savanna": ("savanna", "grass savanna", "open savanna"),
    "scrub": ("scrub", "scrubland"),
    "wetland": ("wetland", "marsh"),
    "water": ("water", "open water"),
    "built-up": ("houses", "buildings"),
    "residential": ("houses", "homes and gardens"),
    "industrial": ("industrial buildings", "warehouses"),
    "heath": ("heath", "heathland"),
    "orchard": ("orchards", "fruit trees"),
    "grass": ("grass", "lawns"),
}
_PIECE: dict[str, tuple[str, ...]] = {
    "maize": ("a maize field", "a corn field"),
    "rapeseed": ("a rapeseed field", "a field of oilseed rape"),
    "winter wheat": ("a wheat field", "a field of winter wheat"),
    "winter barley": ("a barley field", "a field of winter barley"),
    "potato": ("a potato field",),
    "sunflower": ("a sunflower field", "a field of sunflowers"),
    "vineyard": ("a vineyard",),
    "rice": ("a rice field", "a rice paddy"),
    "groundnut": ("a groundnut plot", "a peanut field"),
    "soya bean": ("a soya field", "a plot of soya bean"),
    "sorghum": ("a sorghum field", "a plot of sorghum"),
    "grassland": ("a meadow", "a pasture"),
    "meadow": ("a meadow",),
    "savanna": ("a stretch of savanna", "a patch of savanna"),
    "scrub": ("a patch of scrub",),
    "farm": ("a field", "some farmland"),
}
_SHAPED: dict[tuple[Group, str], tuple[str, ...]] = {
    ("trees", "patch"): ("a wood", "a small wood", "a stand of trees"),
    ("trees", "band"): ("a belt of trees", "a strip of woodland"),
    ("trees", "scattered"): ("scattered trees", "single trees"),
    ("water", "patch"): ("a pond", "a small lake"),
    ("water", "band"): ("a river", "a stream"),
    ("water", "scattered"): ("ponds", "a few ponds"),
    ("built", "patch"): ("a village", "a hamlet", "a cluster of houses"),
    ("built", "band"): ("a row of houses", "houses in a row"),
    ("built", "scattered"): ("scattered houses", "a few houses"),
}
OWN_WORDS = frozenset(("not forest", "open forest", "closed forest", "very dense forest"))  # shades of cover: shapes say too much


def group_of(name: str) -> Group:
    """The cover group of a class, by its name."""
    return next((group for pattern, group in _GROUPS if re.search(pattern, name.lower())), "crop")


def ground_words(name: str) -> tuple[str, ...]:
    """Words for ground under a class, without an article."""
    return _GROUND.get(name, (_plain(name),))


def piece_words(name: str, shape: str) -> tuple[str, ...]:
    """Words for one piece of a class, with article where English wants one.

    Args:
        name: Class name.
        shape: ``"patch"``, ``"band"`` or ``"scattered"``.
    """
    if name not in OWN_WORDS and (shaped := _SHAPED.get((group_of(name), shape))):
        return shaped
    if shape == "scattered" or name not in _PIECE:
        plain = ground_words(name)[0]
        return (f"some {plain}", f"bits of {plain}") if shape == "scattered" else (f"some {plain}", f"a {shape} of {plain}")
    return _PIECE[name]


def _plain(name: str) -> str:
    """A class name as running text: ``"Permanent_Crop"`` is "permanent crop"."""
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").lower().split())
