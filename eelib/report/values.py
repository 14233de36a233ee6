"""Values of records as short text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LONGEST = 24  # items of a list that is shown in full
WIDEST = 200  # characters of a text that is shown in full


def flatten(value: object, prefix: str = "") -> dict[str, Any]:
    """Leaves of nested mappings under dotted names; lists are leaves."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    leaves: dict[str, Any] = {}
    for name, item in value.items():
        leaves |= flatten(item, f"{prefix}.{name}" if prefix else str(name))
    return leaves


def shape_of(value: object) -> tuple[int, ...]:
    """Lengths of nested lists, read along their first elements."""
    return (len(value), *(shape_of(value[0]) if value else ())) if isinstance(value, list) else ()


def show(value: object) -> str:
    """A value as short text: floats with four digits, long lists by their shape."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return f"text of {len(value)} characters" if is_long(value) else value
    if isinstance(value, list):
        return f"array {' × '.join(map(str, shape_of(value)))}" if is_long(value) else ", ".join(map(show, value))
    return json.dumps(value)


def duration(seconds: float) -> str:
    """A time for people."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def is_long(value: object) -> bool:
    """Whether :func:`show` counts a value instead of writing it out."""
    if isinstance(value, list):
        return len(shape_of(value)) > 1 or len(value) > LONGEST or any(isinstance(item, Mapping) for item in value)
    return isinstance(value, str) and len(value) > WIDEST
