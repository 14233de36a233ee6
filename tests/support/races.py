"""Two processes that make the same file at the same time."""

import os
from pathlib import Path


def meanwhile(monkeypatch, make):
    """Call ``make`` in one process, with all of ``make`` in another process after the first has written its file and before it names it."""
    rename, names, first = Path.replace, [], os.getpid()

    def interrupted(partial, target):
        names.append(partial)
        if len(names) == 1:
            with monkeypatch.context() as other:
                other.setattr("os.getpid", lambda: first + 1)
                make()
        return rename(partial, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    make()
    assert len(set(names)) == 2
