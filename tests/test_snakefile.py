"""The Snakefile runs the same grid as `eelib study`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from eelib.study.arm import with_needs
from eelib.study.store import Store
from eelib.study.table import rows

ROOT = Path(__file__).parents[1]


def dry_run(runs):
    """Planned jobs by rule."""
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", "--config", "profile=smoke", f"runs={runs}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)}


@pytest.mark.slow
def test_it_plans_every_arm_and_notebook_and_nothing_that_is_done(tmp_path):
    arms = with_needs(arm for row in rows() for arm in row.plan(row.validated({"profile": "smoke"})))
    jobs = dry_run(tmp_path)
    assert jobs["arm"] == len(arms)
    assert jobs["notebook"] == len(rows())
    store = Store(tmp_path)
    for arm in arms[:3]:
        store.write(arm, {"sum": 1}, {})
    assert dry_run(tmp_path)["arm"] == len(arms) - 3
