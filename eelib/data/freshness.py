"""Whether files have changed since something was made from them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Generic, ParamSpec, Protocol, TypeVar

Stamp = tuple[int, int, int]
_block: ContextVar[object | None] = ContextVar("block", default=None)


@contextmanager
def looking_once() -> Iterator[None]:
    """Within the block files are looked at once, however often somebody asks; it also decorates a function.

    A plan asks for every arm, and a look at some thousand files takes a moment.
    """
    token = _block.set(_block.get() or object())
    try:
        yield
    finally:
        _block.reset(token)


class Files:
    """Files as they are now.

    Args:
        paths: Of files, there or missing, and of folders, for what is added to them or taken out.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._stamps = {path: _stamp_if_there(path) for path in paths}
        self._block = _block.get()

    def changed(self) -> bool:
        """Whether one was written, replaced, added or taken away since."""
        block = _block.get()
        if block is None or block is not self._block:
            if any(_stamp_if_there(path) != stamp for path, stamp in self._stamps.items()):
                return True
            self._block = block
        return False


class MadeOfFiles(Protocol):
    """What says of which files it was made."""

    @property
    def files(self) -> tuple[Files, ...]:
        """None of them where they cannot change."""


P = ParamSpec("P")
T = TypeVar("T", bound=MadeOfFiles)


class Kept(Generic[P, T]):
    """As ``functools.lru_cache``, but a result whose files have changed is made anew.

    Args:
        make: What to call.
        most: Results that are kept.
    """

    def __init__(self, make: Callable[P, T], most: int) -> None:
        self._make = functools.lru_cache(most)(make)
        self.cache_clear, self.cache_info = self._make.cache_clear, self._make.cache_info
        functools.update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result, of now."""
        found = self._make(*args, **kwargs)  # type: ignore[arg-type] # the cache is typed for hashable arguments
        if any(files.changed() for files in found.files):
            self.cache_clear()
            found = self._make(*args, **kwargs)  # type: ignore[arg-type]
        return found


def kept(most: int) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Decorates a function as :class:`Kept` says."""
    return lambda make: Kept(make, most)


def stamp_of(path: Path) -> Stamp:
    """Times and size of a file; the time at which it was put there too, because unpacking and copying may keep the other one.

    Raises:
        OSError: It is not there.
    """
    found = path.stat()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size


def content_hash(path: Path) -> str:
    """Short hash of a file's content, 16 hex characters; read again only where the file has changed.

    Raises:
        OSError: It cannot be read.
    """
    return _content_hash(path, stamp_of(path))


@functools.lru_cache(maxsize=32)
def _content_hash(path: Path, _stamp: Stamp) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _stamp_if_there(path: Path) -> Stamp | None:
    try:
        return stamp_of(path)
    except OSError:
        return None
