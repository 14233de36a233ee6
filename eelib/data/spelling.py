"""What a user means by the name of a region: other spellings of data sets, and names that a simulated region and a data set share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from eelib.data.names import ALIASES, COUNTERPARTS, NAMESAKES, SIMULATED, SIMULATED_PREFIX
from eelib.data.sources import MANIFEST, absolute, region_names, source
from eelib.errors import InputError, unknown


def spelt(name: str) -> str:
    """The name under which a region is known.

    Paths of manifests become absolute. Data sets are known by their names in any letters (``PASTIS``) and by their aliases.
    ``simulated:ghana`` stays as it is; :func:`plain` takes the prefix away.

    Raises:
        InputError: Unknown name. Where it could be a simulated region or a data set of that country, both are named.
    """
    if name.startswith(SIMULATED_PREFIX):
        if plain(name) not in SIMULATED:
            raise unknown("simulated region", plain(name), SIMULATED)
        return name
    found = absolute(name)
    if not name.endswith(MANIFEST) and name not in region_names():
        folded = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        found = ALIASES.get(folded, folded)
        if found in SIMULATED or found not in region_names():
            raise _unknown(name, folded)
    source(found)
    return found


def plain(name: str) -> str:
    """The name without ``simulated:``."""
    return name.removeprefix(SIMULATED_PREFIX)


def as_in_the_papers(names: Sequence[str]) -> tuple[str, ...]:
    """Regions as profile ``paper`` reads them: beside a data set of the literature, ``ghana`` and ``south_sudan`` are data sets too.

    They stay simulated regions where they are called ``simulated:ghana``, and where the list names their data sets as well. The
    result read once more is itself, because notebooks read what the command line has read.

    Args:
        names: As :func:`spelt` gives them.
    """
    if not any(_of_the_literature(name) for name in names):
        return tuple(names)
    return tuple(NAMESAKES[name] if NAMESAKES.get(name, name) not in names else name for name in names)


def _of_the_literature(name: str) -> bool:
    from eelib.data.manifests import load_manifest, manifest

    if plain(name) in SIMULATED:
        return False
    return (load_manifest(Path(name)) if name.endswith(MANIFEST) else manifest(name)).kind == "dataset"


def _unknown(name: str, folded: str) -> InputError:
    """The error for an unknown name; where a country could be meant, with its simulated region and its data sets."""
    near = difflib.get_close_matches(folded, [*SIMULATED, *NAMESAKES.values(), *ALIASES, *region_names()], n=1, cutoff=0.5)
    for simulated, real in COUNTERPARTS.items():
        if near and ALIASES.get(near[0], near[0]) in (simulated, NAMESAKES.get(simulated)):
            data = " and ".join(f"'{item}'" for item in real)
            return InputError(f"unknown region '{name}': did you mean '{simulated}', which is simulated, or {data}, the data from there?")
    return unknown("region", name, region_names())
