"""Pickles of strangers: NumPy arrays and built-in containers are let in, everything else is refused before it is built."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eelib.errors import InputError


class _FromBuffer:
    """What NumPy's own helper of pickle protocol 5 does. Without a ``__dict__``, so that a pickle cannot change it."""

    __slots__ = ()

    def __call__(self, buffer: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any, axis_order: Any = None) -> Any:  # noqa: ANN401
        """An array over bytes."""
        flat = np.frombuffer(buffer, dtype)
        return flat.reshape(shape, order=order) if axis_order is None else flat.reshape(shape).transpose(axis_order)


_ARRAY: Any = np.array(0).__reduce__()[0]  # the functions behind the names below, wherever this version of NumPy keeps them
_SCALAR: Any = np.int64(0).__reduce__()[0]
ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _ARRAY for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _SCALAR for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _FromBuffer() for core in ("core", "_core")},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it holds the type '{module}.{name}'") from None

    def persistent_load(self, pid: object) -> object:
        raise pickle.UnpicklingError("it refers to objects outside itself")


def load_pickle(path: Path) -> dict[str, np.ndarray]:
    """The named arrays of a pickled dictionary; nothing in the file is executed.

    Numbers become arrays without dimensions. Entries that are neither arrays nor numbers are left out.

    Raises:
        InputError: The file is missing or damaged, holds another type than arrays and containers, or is no dictionary.
    """
    try:
        with path.open("rb") as stream:
            content = _Unpickler(stream, encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: refused, {error}; only NumPy arrays and built-in containers are read from a pickle") from error
    except (OSError, EOFError, ImportError, AttributeError, LookupError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{path}: not a readable pickle ({error or type(error).__name__}); copy the file again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds {type(content).__name__}, expected a dictionary of arrays")
    arrays = {str(key): np.asarray(value) for key, value in content.items() if isinstance(value, np.ndarray | np.generic | int | float)}
    for key, value in arrays.items():
        if value.dtype.hasobject:
            raise InputError(f"{path}: refused, the array '{key}' holds Python objects; only numbers are read from a pickle")
    return arrays
