"""Any setting by its dotted name: what the parameter ``change`` of a notebook does to validated settings."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from eelib.errors import InputError
from eelib.settings import explained

S = TypeVar("S", bound=BaseModel)


def flat(change: Mapping[Any, Any], where: str = "") -> dict[str, Any]:
    """``{"pretrain": {"lrs": [1]}}`` to ``{"pretrain.lrs": (1,)}``: dotted names, tuples for lists, in alphabetical order.

    Raises:
        ValueError: A name is no text, or stands twice.
    """
    found: dict[str, Any] = {}
    for name, value in change.items():
        if not isinstance(name, str):
            raise ValueError(f"names are text such as pretrain.lr, got {name!r}")
        new = flat(value, f"{where}{name}.") if isinstance(value, Mapping) else {where + name: _as_tuple(value)}
        if twice := sorted(found.keys() & new.keys()):
            raise ValueError(f"'{twice[0]}' stands twice")
        found |= new
    return dict(sorted(found.items()))


def _as_tuple(value: Any) -> Any:  # noqa: ANN401 - what YAML or a notebook gives
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value


def under(changes: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The changes whose names start with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in changes.items() if name.startswith(prefix)}


def setting_names(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Dotted names of all fields of a model and of the models in it."""
    found = []
    for name, field in model.model_fields.items():
        inner = _inner(field.annotation)
        found += [prefix + name, *(setting_names(inner, f"{prefix}{name}.") if inner else [])]
    return found


def _inner(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type annotation
    """The model that a field holds, alone or as an alternative to None."""
    choices = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return next((choice for choice in choices if isinstance(choice, type) and issubclass(choice, BaseModel)), None)


def require_known(changes: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that no setting has.

    Raises:
        InputError: The first of them, with the nearest that exists.
    """
    names = list(known)
    for name in changes:
        if name not in names:
            last = name.rpartition(".")[2]
            alike = [other for other in names if other.rpartition(".")[2] == last]  # "lr" is far from "pretrain.lr" by letters
            near = difflib.get_close_matches(name, alike, n=1, cutoff=0) or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            heads = ", ".join(dict.fromkeys(other.partition(".")[0] for other in names))
            hint = f"did you mean '{near[0]}'?" if near else f"known: {heads}, and their fields"
            raise InputError(f"unknown setting '{name}': {hint}")


def changed(settings: S, changes: Mapping[str, Any], where: str = "") -> S:
    """Settings with other values, validated strictly; equal ones where nothing differs.

    Args:
        settings: Validated settings.
        changes: Dotted names to values. All of one model are set together, so that choices which need each other can be made.
        where: What the dotted names of these settings start with, for messages.

    Raises:
        InputError: An unknown name, a wrong type, a value out of range, or values that do not go together; one line.
    """
    require_known(changes, setting_names(type(settings)))
    heads = dict.fromkeys(name.partition(".")[0] for name in changes)
    update: dict[str, Any] = {}
    for head in heads:
        inner, old = under(changes, f"{head}."), getattr(settings, head)
        if head in changes and inner:
            raise InputError(f"change {where}{head}: give it or {where}{head}.{next(iter(inner))}, not both")
        if inner and old is None:
            raise InputError(f"change {where}{head}.{next(iter(inner))}: there is no {where}{head} here")
        update[head] = changed(old, inner, f"{where}{head}.") if inner else changes[head]
    values = {name: getattr(settings, name) for name in type(settings).model_fields} | update
    try:
        valid = type(settings).model_validate(values, strict=True)
    except ValidationError as error:
        raise InputError(_problem(error, where, sorted(changes))) from None
    new = {head: getattr(valid, head) for head in heads}
    # What is equal stays as it was written: 16 and 16.0 would be two keys.
    return settings.model_copy(update={head: value for head, value in new.items() if value != getattr(settings, head)})


def _problem(error: ValidationError, where: str, names: list[str]) -> str:
    """The first problem in one line, under its dotted name; that of a whole model under the names that were changed in it."""
    first = error.errors()[0]
    message = explained(first)
    if not first["loc"]:
        return f"change {', '.join(where + name for name in names)}: {message}"
    given = "" if isinstance(first["input"], BaseModel) else f", got {first['input']!r}"
    return f"change {where}{'.'.join(map(str, first['loc']))}: {message}{given}"
