"""What is recorded beside a result but is not part of its key."""

from __future__ import annotations

import functools
import os
import platform
import resource
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eelib.train.ranks import world

PACKAGES = ("torch", "numpy", "lightning", "scipy", "torchgeo", "eelib")


def provenance(started: float, ended: float) -> dict[str, Any]:
    """Machine, versions, commit, time and memory of a run.

    Args:
        started: Seconds since the epoch.
        ended: Seconds since the epoch.
    """
    return {
        **machine(),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(ended - started, 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)),
    }


@functools.cache
def machine() -> dict[str, Any]:
    """The parts that do not change while a process lives."""
    import torch

    return {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        **({"ranks": world()} if world() > 1 else {}),
        "processor": _processor(),
        "instructions": _instructions(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        **_commit(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _instructions() -> str | None:
    """The widest vector instructions that numpy found: with others the last bits of simulated pixels differ, and so do results."""
    import numpy as np

    found = np.show_config(mode="dicts").get("SIMD Extensions", {})
    known = [*found.get("baseline", ()), *found.get("found", ())]
    return known[-1] if known else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def _commit() -> dict[str, Any]:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(Path(__file__).parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
