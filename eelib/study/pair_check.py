"""What `eelib data check` says of a manifest of pairs: what its files are, and how they would be used."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from eelib.data.manifests import load_manifest
from eelib.data.pairs.containers import Pairs, PairSet
from eelib.data.pairs.load import load_pairs
from eelib.data.pairs.manifests import ClassFolderManifest, TableManifest
from eelib.data.sources import absolute
from eelib.data.tokens import Tokenizer
from eelib.models.image_text import TEXT_PRESETS
from eelib.study.pair_budgets import PAIR_BUDGETS

ALL = 10**9  # pairs: more than anybody brings
SAMPLED = 200  # images whose pixels are read for the range of values
COUNTED = 50_000  # captions that are read to count those that are too long
EXAMPLES = 3
DARK = 0.05  # a 99th percentile below this is a wrong 'brightest'
WIDEST = 100  # characters of an example
QUICK = PAIR_BUDGETS["quick"]


def check_pairs(manifest: Path) -> Iterator[str]:
    """Lines for the user. Decodes every image that was not decoded before.

    Args:
        manifest: Of pairs.

    Raises:
        InputError: Whatever would stop a run.
    """
    name = absolute(str(manifest))
    entry = load_manifest(Path(name))
    sizes = QUICK.sizes.model_copy(update={"train": ALL, "validation": ALL, "test": ALL, "bands": "rgb", "version": "clean"})
    data = load_pairs(name, sizes)
    parts = {name: part for name in ("train", "validation", "test") if (part := getattr(data, name)) is not None}
    yield f"{data.title} ({entry.kind})"
    used = ", ".join(str(min(len(part), getattr(QUICK.sizes, name))) for name, part in parts.items())
    yield _line("pairs", f"{', '.join(f'{len(part)} {name}' for name, part in parts.items())}; profile quick uses {used}")
    low, high = _range(data.test)
    yield _line("images", f"{len(data.bands)} channels: {', '.join(data.bands)}; values {low:.3g} to {high:.3g}")
    captions = parts.get("train", data.test)
    yield from (_line("caption" if not at else "", text) for at, text in enumerate(_examples(captions)))
    yield _line("too long", _too_long(captions))
    yield from _classes(data, parts)
    yield from (_line("left out", note) for note in data.notes)
    folders = isinstance(entry, ClassFolderManifest)
    warnings = [
        *(() if folders else _batches(captions)),
        *_absent(data, parts),
        *(_shared(parts) if isinstance(entry, TableManifest) else ()),
    ]
    if high < DARK:
        warnings.append(f"values reach {high:.3g} only but should be about 0 to 1: declare a smaller 'brightest'")
    yield from (_line("warning", text) for text in warnings)
    as_test = folders or (data.classes and len(captions) < PAIR_BUDGETS["smoke"].recipe.batch_size)
    setting = shlex.quote(f"test_pairs={manifest}" if as_test else f"pairs=[{manifest}]")
    setting += "" if as_test or data.classes else " --set test_pairs=CLASSES.yaml"
    yield _line("next", f"eelib run clip1_supervision --profile smoke --set {setting}")


def _line(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def _range(pairs: Pairs) -> tuple[float, float]:
    """First and 99th percentile of the pixels of some images."""
    rows = np.unique(np.linspace(0, len(pairs) - 1, min(SAMPLED, len(pairs))).round().astype(int))
    low, high = np.percentile(pairs.image(rows), [1, 99])
    return float(low), float(high)


def _examples(pairs: Pairs) -> list[str]:
    """A few captions that differ."""
    found = dict.fromkeys(pairs.captions(range(min(len(pairs), SAMPLED))))
    return [text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..." for text in list(found)[:EXAMPLES]]


def _too_long(pairs: Pairs) -> str:
    """How many captions the text encoder of profile quick would cut off."""
    context = QUICK.text.context or int(TEXT_PRESETS[QUICK.text.name]["context"])
    count = min(len(pairs), COUNTED)
    cut = int(Tokenizer("clip", context).encode(pairs.captions(range(count))).truncated.sum())
    return f"{cut} of {count} captions are cut to the {context} tokens that profile quick reads"


def _classes(data: PairSet, parts: dict[str, Pairs]) -> Iterator[str]:
    """Pairs per class and split."""
    if not data.classes:
        yield _line("classes", "none, so it can be learnt from but not scored: name a class_column, or give a class folder as test_pairs")
        return
    yield _line("prompts", data.prompts if isinstance(data.prompts, str) else "; ".join(data.prompts))
    width = max(14, *(len(name) + 2 for name in data.classes))
    yield f"  {'class':{width}}{''.join(f'{split:>12}' for split in parts)}"
    for number, name in enumerate(data.classes):
        yield f"  {name:{width}}{''.join(f'{(part.labels == number).sum():>12}' for part in parts.values())}"


def _batches(train: Pairs) -> Iterator[str]:
    """A line per profile whose batch the training pairs do not fill."""
    for name in ("smoke", "quick"):
        size = PAIR_BUDGETS[name].recipe.batch_size
        if len(train) < size:
            yield f"{len(train)} training pairs do not fill a batch of profile {name} ({size}): bring more, or use them as test_pairs"


def _absent(data: PairSet, parts: dict[str, Pairs]) -> Iterator[str]:
    """A line per split that lacks classes."""
    for split, part in parts.items():
        if absent := [name for number, name in enumerate(data.classes) if not (part.labels == number).any()]:
            yield f"{split} has no pair of {', '.join(absent)}"


def _shared(parts: dict[str, Pairs]) -> Iterator[str]:
    """A line per two splits that have places in common."""
    for one, other in itertools.combinations(parts, 2):
        if shared := len(np.intersect1d(parts[one].place, parts[other].place)):
            yield f"{shared} place(s) are in both {one} and {other}, so scores would flatter: correct the split_column"
