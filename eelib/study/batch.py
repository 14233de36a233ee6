"""The commands behind the command line: one notebook, the whole study, one arm, the report."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eelib.errors import InputError, RunError, unknown
from eelib.study import notebooks
from eelib.study.arm import with_needs
from eelib.study.execute import KILLED, alone, run, run_one, worker_count, worker_pool
from eelib.study.progress import clock_time
from eelib.study.store import Store
from eelib.study.table import Row, project_folder, rows
from eelib.train.ranks import world

if TYPE_CHECKING:
    from eelib.study.parameters import Parameters


def run_row(item: Row, params: Parameters, *, jobs: int | None = None, output: Path | None = None) -> Path:
    """Compute what a notebook needs, then execute it; returns the executed copy.

    Raises:
        InputError: The copy cannot be written, or anything that is computed met bad input.
        RunError: An arm or the notebook failed.
    """
    store = Store()
    if output is not None:
        notebooks.check_output(output)
    fetch_needed(item.regions(params))
    store.prepare()
    run(with_needs(item.plan(params)), store=store, jobs=jobs)
    return notebooks.execute(item, params, store, output=output, jobs=jobs)


def pretrain(region: str, profile: str, *, seed: int = 0, jobs: int | None = None) -> Path:
    """Pre-train on one region, which needs no labels, with the recipe of a profile; returns the encoder's file.

    Raises:
        InputError: The region or the profile is unknown, or the seed is no seed.
    """
    from eelib.data.sources import source
    from eelib.data.spelling import plain, spelt
    from eelib.study.arms import pretrain_arm
    from eelib.study.budgets import BUDGETS
    from eelib.study.parameters import check_seed

    if profile not in BUDGETS:
        raise unknown("profile", profile, BUDGETS)
    try:
        check_seed(seed)
    except ValueError as error:
        raise InputError(f"--seed {seed}: {error}") from None
    store, name = Store(), source(plain(spelt(region))).name
    arm = pretrain_arm(BUDGETS[profile], name, seed)
    fetch_needed({name})
    store.prepare()
    if world() > 1:
        run_one(arm, store.root)
    else:
        run([arm], store=store, jobs=jobs)
    return store.folder(arm) / "encoder.pt"


def run_study(profile: str, *, jobs: int | None = None, report: bool = True) -> str:
    """Compute all missing arms of all rows in one pool, execute the notebooks that are out of date, and build the report.

    An arm that fails holds back the notebooks that read it and no others; a notebook that fails does not hold back the report.

    Raises:
        InputError: Bad input; the first failure, as the next, once everything else is done.
        RunError: An arm or a notebook failed.
    """
    alone()
    store, started, jobs = Store(), time.monotonic(), worker_count(jobs)
    planned = [(item, item.validated({"profile": profile})) for item in rows()]
    arms = with_needs(arm for item, params in planned for arm in item.plan(params))
    missing = store.missing(arms)
    store.prepare()
    _tell(f"profile {profile}: {len(arms)} arms, {len(missing)} to compute; {len(planned)} notebooks; records in {store.root}")
    fetch_needed({region for item, params in planned for region in item.regions(params)})
    failures: list[Exception] = []
    with _kept(failures):
        run(missing, store=store, jobs=jobs)
    stale = [(item, params) for item, params in planned if not notebooks.is_done(item, params, store)]
    if failures:
        stale = [(item, params) for item, params in stale if all(map(store.has, with_needs(item.plan(params))))]
    with _kept(failures):
        _execute_notebooks(stale, store, jobs)
    _tell(f"study {'in part' if failures else 'complete'} after {clock_time(time.monotonic() - started)}")
    result = str(store.root)
    with _kept(failures):
        result = build_report() if report else result
    if failures:
        raise failures[0]
    return result


@contextmanager
def _kept(failures: list[Exception]) -> Iterator[None]:
    """Keep what fails for the end, so that it does not hold back the rest; Ctrl-C stops at once."""
    try:
        yield
    except Exception as error:
        failures.append(error)
        _tell(f"failed: {error}")


def _execute_notebooks(stale: list[tuple[Row, Parameters]], store: Store, jobs: int) -> None:
    """Execute notebooks side by side; when one fails, the others are finished first."""
    if not stale:
        return
    failures: list[BaseException] = []
    with worker_pool(min(jobs, len(stale))) as (pool, _):
        running = {pool.submit(notebooks.execute, item, params, store, jobs=jobs): item.name for item, params in stale}
        for done, future in enumerate(as_completed(running), start=1):
            error = future.exception()
            _tell(f"notebook {running[future]} {'failed' if error else 'done'}, {done}/{len(stale)}")
            if isinstance(error, BrokenProcessPool):
                error = RunError(f"notebooks: a {KILLED}; try --jobs 1")  # all that wait fail with it: which one it was is not known
            failures += [error] if error else []
    if failures:
        raise failures[0]


def run_arm(name: str, profile: str) -> None:
    """Compute one arm by its name EXPERIMENT/KEY.

    Raises:
        InputError: No arm of the study has this name at this profile.
        RunError: What it needs has not been computed.
    """
    store = Store()
    arms = {str(arm): arm for item in rows() for arm in with_needs(item.plan(item.validated({"profile": profile})))}
    if name not in arms:
        raise unknown("arm", name, arms)
    for needed in arms[name].needs.values():
        if not store.has(needed):
            raise RunError(f"{name} needs {needed}, which has no record yet: compute that first")
    fetch_needed(set(arms[name].data))
    store.prepare()
    run_one(arms[name], store.root)


def fetch_needed(regions: set[str]) -> None:
    """Bring the real samples among these regions, before any worker wants them."""
    from eelib.data.fetch import fetch
    from eelib.data.manifest_fetched import FetchedManifest
    from eelib.data.manifests import manifest, manifest_names

    for name in sorted(regions & set(manifest_names())):
        entry = manifest(name)
        if isinstance(entry, FetchedManifest):
            fetch(entry)


def build_report() -> str:
    """Build the site unless nothing it is made from has changed; returns the path of its start page."""
    from eelib.report.site.build import build

    return str(build(Store().root, project_folder() / "reports" / "html"))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
