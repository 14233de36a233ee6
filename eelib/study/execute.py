"""Computing arms: what is missing, in order of need, over worker processes that each use one thread."""

from __future__ import annotations

import atexit
import fcntl
import functools
import gc
import multiprocessing as mp
import os
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from eelib.errors import InputError, RunError
from eelib.study.arm import Arm
from eelib.study.progress import Progress
from eelib.study.provenance import provenance
from eelib.study.recipes import RECIPES, Recipe, Run
from eelib.study.store import Record, Store, refusal, storage_error
from eelib.study.unchanged import require_unchanged
from eelib.study.work import Work
from eelib.train import CHECKPOINT
from eelib.train.loaders import LOADERS, loader_count
from eelib.train.ranks import rank, world

LOG = "log.txt"
KILLED = "process was killed, perhaps for lack of memory"
NEW_POOLS = 10  # after workers that were killed; whoever kills one is found with two
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def run(arms: Sequence[Arm], *, store: Store | None = None, jobs: int | None = None, quiet: bool = False) -> list[Record]:
    """Compute the arms that have no record, and everything they need, and return the records.

    Each worker uses one thread, so a record does not depend on the number of cores; several arms run side by side instead. An arm that
    another process is computing is waited for, not computed twice. When an arm fails, those that need it are left out and all others
    are finished; where it kills its worker, those that ran beside it are tried again one at a time.

    Args:
        arms: What is wanted.
        store: Where records lie.
        jobs: Worker processes; ``$EELIB_JOBS`` or the number of cores where None.
        quiet: No progress.

    Returns:
        Records in the order of ``arms``, each once.

    Raises:
        InputError: An arm met bad input, or the runs folder cannot be written.
        RunError: An arm failed; names it and its log.
    """
    store = store or Store()
    missing = store.missing(arms)
    if missing:
        store.prepare()
        workers = min(worker_count(jobs), len(missing))
        failed = _compute(missing, store, workers, Progress(missing, workers, quiet=quiet))
        _raise(failed, store)
    return [record for arm in {arm.key: arm for arm in arms}.values() if (record := store.record(arm)) is not None]


def run_one(arm: Arm, root: Path, queue: Any = None) -> None:  # noqa: ANN401 - a multiprocessing queue
    """Compute one arm in this process, unless it is done; the body of every worker.

    Under torchrun every rank does, all take part in the training, and the first writes what comes of it.

    Raises:
        InputError: Bad input, or data or weights of a user's own that have changed since the arm was planned.
    """
    import torch

    if world() > 1 and not RECIPES[arm.recipe].on_ranks:
        raise InputError(f"{arm}: an arm of recipe {arm.recipe} is computed on one device; start it without torchrun")
    torch.set_num_threads(1)
    store = Store(root)
    folder = store.folder(arm)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error

    def report(share: float) -> None:
        if queue is not None:
            queue.put((arm.key, share))

    with _locked(folder) if rank() == 0 else nullcontext():
        if store.usable(arm):
            return
        require_unchanged(arm)
        name = f"rank{rank()}.txt" if rank() else LOG
        with (folder / name).open("a", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
            started = time.time()
            needs = {name: store.folder(needed) for name, needed in arm.needs.items()}
            try:
                metrics = _loaded(RECIPES[arm.recipe])(arm, folder, needs, report)
            except InputError:
                raise
            except OSError as error:
                traceback.print_exc(file=log)
                raise refusal(error, store.root, folder) from error
            except BaseException:
                traceback.print_exc(file=log)
                raise
            finally:
                gc.collect()  # a trainer and its module refer to each other and hold the training set: a worker would keep dozens of them
            if rank():
                return
            measured = metrics.pop("measured", {})  # times and the like differ between runs: beside the result, not part of it
            store.write(arm, metrics, provenance(started, time.time()) | measured)
            for checkpoint in folder.rglob(CHECKPOINT):  # only now will nothing go on from it
                checkpoint.unlink()


@functools.cache
def _loaded(recipe: Recipe) -> Run:
    """The function of a recipe. What its imports left, nearly all objects of this process, is set aside for the collections to come."""
    function = recipe.load()
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # Triton takes what is never collected for a leak and says so at length
    return function


def _compute(arms: list[Arm], store: Store, jobs: int, progress: Progress) -> dict[str, BaseException]:
    """Run arms as soon as what they need is there; returns the failures by key."""
    work = Work(list(arms))
    for left in range(NEW_POOLS, -1, -1):
        killed = _compute_in_a_pool(work, store, jobs, progress)
        if killed is None:
            break
        work.broke(killed, again=left > 0)
    return work.failed


def _compute_in_a_pool(work: Work, store: Store, jobs: int, progress: Progress) -> BrokenProcessPool | None:
    """Run arms until none can start any more, or one of the workers is killed, and with it the pool; returns its error."""
    with worker_pool(jobs) as (pool, queue):
        killed = None
        while killed is None:
            try:
                while (arm := work.ready(jobs)) is not None:
                    work.started(arm, pool.submit(run_one, arm, store.root, queue))
            except BrokenProcessPool as error:
                killed = error
            if not work.running:  # whatever still waits needs an arm that failed
                break
            done, _ = wait(work.running, timeout=0.2, return_when=FIRST_COMPLETED)
            while not queue.empty():
                progress.update(*queue.get())
            killed = killed or next((fault for future in done if isinstance(fault := future.exception(), BrokenProcessPool)), None)
            for future in wait(work.running).done if killed else done:
                if not isinstance(future.exception(), BrokenProcessPool) and (arm := work.ended(future)) is not None:
                    progress.done(arm.key)
        return killed


def alone() -> None:
    """Refuse to be one of several processes that do the same.

    Raises:
        InputError: torchrun started this process, and others like it.
    """
    if world() > 1:
        raise InputError(
            "this command has workers of its own: start it without torchrun, which is for one training (eelib arm, eelib pretrain)"
        )


@contextmanager
def worker_pool(jobs: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """Fresh single-threaded worker processes and a queue to hear from them.

    None is left behind when the block is left by an interrupt, or this process is killed.

    Raises:
        InputError: As :func:`alone`.
    """
    alone()
    context = mp.get_context("spawn")
    settings = ONE_THREAD | {LOADERS: str(loader_count(jobs))}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)  # read when the workers import NumPy and torch, and when they train
    manager = SyncManager(ctx=context)
    manager.start(_end_with_parent)
    with manager:
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent)
        try:
            wait([pool.submit(os.getpid) for _ in range(jobs)])  # a pool does not watch the worker it starts last until it hears from one
            yield pool, manager.Queue()
        except BaseException:
            for process in list(getattr(pool, "_processes", {}).values()):
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _end_with_parent() -> None:
    """End this process when its parent does, however that ends; otherwise it would wait for work for ever."""

    def watch() -> None:
        if (parent := mp.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the arm's lock; the operating system frees it when the process ends, however it ends."""
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _raise(failed: dict[str, BaseException], store: Store) -> None:
    if not failed:
        return
    for error in failed.values():
        if isinstance(error, InputError):
            raise error
    error = next(iter(failed.values()))
    keys = [key for key, other in failed.items() if other is error]  # several where nobody knows who killed the worker
    logs = ", ".join(str(next(store.root.glob(f"*/{key}/{LOG}"), store.root)) for key in keys)
    reason = f"its {KILLED}" if isinstance(error, BrokenProcessPool) else f"{type(error).__name__}: {error}"
    who = f"one of the arms {', '.join(keys)}" if len(keys) > 1 else f"arm {keys[0]}"
    more = f" and {len(failed) - len(keys)} more" if len(failed) > len(keys) else ""
    raise RunError(f"{who}{more} failed ({reason}); log: {logs}") from error


def worker_count(jobs: int | None) -> int:
    """Worker processes: ``jobs``, or ``$EELIB_JOBS``, or the number of cores.

    Raises:
        InputError: It is not a whole number of at least 1.
    """
    text = os.environ.get("EELIB_JOBS")
    if jobs is None and text and not text.isdigit():
        raise InputError(f"EELIB_JOBS={text}: give a whole number of at least 1")
    count = jobs if jobs is not None else int(text) if text else os.cpu_count() or 1
    if count < 1:
        raise InputError(f"jobs={count}: give a whole number of at least 1")
    return count
