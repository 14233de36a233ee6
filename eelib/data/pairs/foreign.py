"""Short captions of a tile in German, French and Spanish, for the fault "other language"; templates and word lists are ours."""

from __future__ import annotations

from eelib.data.pairs.facts import TileFacts
from eelib.data.pairs.phrases import Generator, pick
from eelib.data.pairs.vocabulary import group_of

TEMPLATES: dict[str, tuple[str, ...]] = {
    "de": ("{0} und {1} von oben", "Luftbild mit {0} und {1}", "{0}, daneben {1}", "Blick auf {0}, im Hintergrund {1}", "{0} neben {1}"),
    "fr": ("{0} et {1} vus du ciel", "vue aérienne sur {0} et {1}", "{0} à côté de {1}", "des {0} avec {1}", "{0} près de {1}"),
    "es": ("{0} y {1} desde el aire", "vista aérea de {0} y {1}", "{0} junto a {1}", "campos con {0} y {1}", "{0} al lado de {1}"),
}
WORDS: dict[str, dict[str, str]] = {
    "de": {
        "winter wheat": "Winterweizen", "winter barley": "Wintergerste", "rapeseed": "Rapsfelder", "maize": "Maisfelder",
        "sugar beet": "Zuckerrüben", "potato": "Kartoffeln", "sunflower": "Sonnenblumen", "vineyard": "Weinberge", "rice": "Reisfelder",
        "sorghum": "Hirse", "groundnut": "Erdnüsse", "soya bean": "Sojabohnen", "grassland": "Wiesen", "meadow": "Wiesen", "savanna": "Savanne",
    },
    "fr": {
        "winter wheat": "blé", "winter barley": "orge", "rapeseed": "colza", "maize": "maïs", "sugar beet": "betteraves", "potato": "pommes de terre",
        "sunflower": "tournesols", "vineyard": "vignes", "rice": "rizières", "sorghum": "sorgho", "groundnut": "arachides", "soya bean": "soja",
        "grassland": "prairies", "meadow": "prés", "savanna": "savane",
    },
    "es": {
        "winter wheat": "trigo", "winter barley": "cebada", "rapeseed": "colza", "maize": "maíz", "sugar beet": "remolacha", "potato": "patatas",
        "sunflower": "girasoles", "vineyard": "viñedos", "rice": "arrozales", "sorghum": "sorgo", "groundnut": "cacahuetes", "soya bean": "soja",
        "grassland": "pastos", "meadow": "prados", "savanna": "sabana",
    },
}  # fmt: skip
GROUPS: dict[str, dict[str, str]] = {
    "de": {"crop": "Felder", "grass": "Wiesen", "trees": "Wald", "water": "Wasser", "built": "Häuser", "other": "offenes Land"},
    "fr": {"crop": "champs", "grass": "prairies", "trees": "forêt", "water": "eau", "built": "maisons", "other": "terrain ouvert"},
    "es": {"crop": "campos", "grass": "pastos", "trees": "bosque", "water": "agua", "built": "casas", "other": "terreno abierto"},
}
ELSE = {"de": "Landschaft", "fr": "paysage", "es": "paisaje"}


def foreign_caption(facts: TileFacts, rng: Generator) -> str:
    """A caption of the same tile in another language."""
    language = pick(rng, tuple(TEMPLATES))
    words = [WORDS[language].get(name) or GROUPS[language][group_of(name)] for name in list(facts.shares)[:2]]
    words += [ELSE[language]] * (2 - len(words))
    text = pick(rng, TEMPLATES[language]).format(*words)
    return text[0].upper() + text[1:]
