"""The two ways in which the study stops: bad input, and a run that failed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and the remedy. Exit code 2."""


class RunError(RuntimeError):
    """An arm or a notebook failed. The message names it and where its log is. Exit code 1."""


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """The error for an unknown name, with the nearest name that exists.

    Args:
        kind: What the name should be, for example ``"region"``.
        name: The name as the user gave it.
        known: All valid names.
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
    return InputError(f"unknown {kind} '{name}': {hint}")
