"""Names, keywords, categories and translations of emoji, and which of them are variants of one name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eelib.data.pairs.phrases import Generator, pick
from eelib.errors import InputError

TONES = {
    "1F3FB": "light skin tone",
    "1F3FC": "medium-light skin tone",
    "1F3FD": "medium skin tone",
    "1F3FE": "medium-dark skin tone",
    "1F3FF": "dark skin tone",
}
LANGUAGES = ("de", "es", "fr", "it", "pt", "id", "tr", "ru", "ja", "zh")
# Words by which variants of one name differ: who is shown, and which way it looks.
_VARIANT = re.compile(
    r"\b(man|men|woman|women|person|people|male|female|boys?|girls?|child|adult|mother|father|mr|mrs|mx|older|facing|right|left"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|o'?clock|oclock|mans|womans)\b"
)


@dataclass(frozen=True)
class Emoji:
    """One picture.

    Attributes:
        text: The character itself.
        name: In plain words, without tone.
        tone: Skin tone in words, or "".
        keywords: Words that people search it by.
        category: As the source writes it.
        group: Finer category in plain words.
        base: What all variants of one name share; the unit of the split.
        cell: Column and row in the sheet.
    """

    text: str
    name: str
    tone: str
    keywords: tuple[str, ...]
    category: str
    group: str
    base: str
    cell: tuple[int, int]


def read_emoji(folder: Path) -> list[Emoji]:
    """All pictures with a category, in the order of the source.

    Raises:
        InputError: A file is damaged.
    """
    try:
        entries = json.loads((folder / "package/emoji.json").read_text(encoding="utf-8"))
        words = json.loads((folder / "package/dist/emoji-en-US.json").read_text(encoding="utf-8"))
        return [emoji for entry in entries if entry["category"] != "Component" for emoji in _variants(entry, words)]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: the emoji data cannot be read ({error}); run `eelib data verify emoji`") from error


def _variants(entry: dict[str, Any], words: dict[str, list[str]]) -> Iterator[Emoji]:
    """The picture of an entry and those of its skin tones."""
    text = _character(entry["unified"])
    said = [re.sub(r"[_\s]+", " ", word).strip().lower() for word in words.get(text, [])]
    name = re.sub("^flag (?=.)", "flag of ", said[0]) if said else entry["name"].lower()
    keywords = tuple(word for word in said[1:] if re.fullmatch(r"[a-z][a-z -]+", word) and word not in name)
    base, group = base_name(entry["name"]), entry["subcategory"].replace("-", " ")
    for key, shown in {"": entry, **entry.get("skin_variations", {})}.items():
        tone = " and ".join(dict.fromkeys(TONES[part] for part in key.split("-") if part in TONES))
        yield Emoji(
            _character(shown["unified"]), name, tone, keywords, entry["category"], group, base, (shown["sheet_x"], shown["sheet_y"])
        )


def base_name(name: str) -> str:
    """What variants of one name share: without gender, age, direction and clock time."""
    plain = re.sub(r"[^\w']+", " ", name.lower())
    return " ".join(_VARIANT.sub(" ", plain).split()) or "person"


def split_of(base: str) -> str:
    """The split of a name: 70, 10 and 20 per cent by its hash."""
    at = int.from_bytes(hashlib.sha256(base.encode()).digest()[:4], "big") / 2**32
    return "train" if at < 0.7 else "validation" if at < 0.8 else "test"


def emoji_caption(emoji: Emoji, rng: Generator) -> str:
    """One English caption from name, keywords and tone."""
    name = f"{emoji.name} with {emoji.tone}" if emoji.tone else emoji.name
    words = [emoji.keywords[int(k)] for k in rng.permutation(len(emoji.keywords))[:2]]
    article = "an" if name[0] in "aeiou" else "a"
    frames = ["a picture of {0}", "a small drawing of {0}", "{0}, a drawing", "the sign for {0}"]
    if not emoji.name.startswith(("flag", "o ")) and not emoji.name.endswith("s"):
        frames += [f"{article} {{0}} on white", f"this is {article} {{0}}"]
    if len(words) == 2:
        frames += ["{0}, for {1} and {2}", "{0}: {1}, {2}", "{1} and {2} shown as {0}", "a picture of {0} for {1}", "{0} as in {1} or {2}"]
    text = pick(rng, frames).format(name, *words)
    return text[0].upper() + text[1:] if rng.random() < 0.5 else text


def foreign_name(emoji: Emoji, rng: Generator) -> str:
    """The name in another language, from the package emoji; a German sentence where it has none."""
    import emoji as package

    language = pick(rng, LANGUAGES)
    package.config.load_language(language)
    known = package.EMOJI_DATA.get(emoji.text, {}).get(language)
    return known.strip(":").replace("_", " ") if known else f"ein kleines Bild aus der Gruppe {emoji.group}"


def _character(unified: str) -> str:
    return "".join(chr(int(part, 16)) for part in unified.split("-"))
