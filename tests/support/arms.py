"""Cheap arms for tests of the engine. Workers import this module by name, so it lies on the path of every process."""

from __future__ import annotations

import os
import signal
import time
import weakref
from pathlib import Path

from eelib.errors import InputError
from eelib.settings import Settings
from eelib.study.arm import Arm
from eelib.study.recipes import RECIPES, Recipe

LEFT = []  # weak references to what an arm left behind


class Knot:
    """Refers to itself, as a trainer and its module do to each other."""

    def __init__(self):
        self.self = self


class ToyParams(Settings):
    """What the toy does."""

    number: int = 0
    act: str = "add"


def toy(arm, folder, needs, progress):
    """Add the numbers of what it needs to its own; count every call in a file."""
    with (folder / "calls").open("a") as handle:
        handle.write(f"{os.getpid()}\n")
    act = arm.params.act
    if act == "cycle":
        LEFT.append(weakref.ref(Knot()))
        return {"sum": 0}
    if act == "fail":
        raise RuntimeError("this arm fails")
    if act == "bad input":
        raise InputError("parameter 'number': too odd")
    if act == "die":
        _meet(folder, "dies", "lives")
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "beside":
        first = not (folder / "lives").exists()
        _meet(folder, "lives", "dies")
        if first:
            time.sleep(120)  # until the pool, which loses the other, ends this one too; a busy machine may take seconds
    if act == "nan":
        return {"sum": float("nan")}
    if act == "full":
        raise OSError(28, "No space left on device")
    if act == "unreadable":
        Path("/nowhere/scene.tif").read_bytes()
    if act == "no raster":
        raise OSError("scene.tif: not recognized\nas being in a supported file format")  # as rasterio's, without number and file
    if act == "forbidden":
        raise PermissionError(13, "Permission denied", str(folder / "value"))
    if act == "forbidden data":
        raise PermissionError(13, "Permission denied", "/data/scene.tif")
    if act == "full elsewhere":
        raise OSError(28, "No space left on device", "/data/cache")
    if act == "slow":
        time.sleep(1)
    if act == "steps":
        done = folder / "steps"
        for step in range(len(done.read_text()) if done.exists() else 0, 10):
            if step == 5 and not (folder / "second").exists():
                (folder / "second").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            with done.open("a") as handle:
                handle.write(str(step))
        return {"steps": done.read_text()}
    total = sum(int(Path(path, "value").read_text()) for path in needs.values()) + arm.params.number
    (folder / "value").write_text(str(total))
    progress(1.0)
    return {"sum": total}


def _meet(folder, own, other):
    """Wait until an arm that leaves the other file runs or has run."""
    (folder / own).touch()
    until = time.monotonic() + 120
    while not list(folder.parent.glob(f"*/{other}")) and time.monotonic() < until:
        time.sleep(0.05)


RECIPES["toy"] = Recipe(1, "arms:toy")
RECIPES["toy with a file"] = Recipe(1, "arms:toy", leaves=("value",))


def make(number=0, act="add", seed=0, needs=None, recipe="toy", **changes):
    """An arm of the toy recipe."""
    return Arm("toys", "toy", seed, recipe, ToyParams(number=number, act=act), {"here": "1"}, needs or {}, **changes)
