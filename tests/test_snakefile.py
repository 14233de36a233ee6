"""The Snakefile runs the same grid as `eelib study`."""

import os
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


@pytest.mark.slow
def test_a_job_runs_where_the_environment_is_not_activated(tmp_path):
    row = next(row for row in rows() if row.name == "ee1_regions")
    arm = next(arm for arm in row.plan(row.validated({"profile": "smoke"})) if arm.name == "raw probed")
    target = str(Store(tmp_path).folder(arm) / "record.json")
    command = [sys.executable, "-m", "snakemake", "-c1", "--nolock", "--config", "profile=smoke", f"runs={tmp_path}", "--", target]
    bare = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=bare)
    assert done.returncode == 0, done.stderr
    assert Store(tmp_path).has(arm)
