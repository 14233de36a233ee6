"""The engine: what has a record is done, everything else is not, whatever happens on the way."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import arms
import pytest

from eelib.errors import InputError, RunError
from eelib.study.arm import with_needs
from eelib.study.execute import run, run_one, worker_pool
from eelib.study.progress import Progress, clock_time
from eelib.study.store import Store, read_record, write_json

SUPPORT = Path(arms.__file__).parent


@pytest.fixture(autouse=True)
def _workers_find_the_toys(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))


def session(leader):
    """Process ids of a session."""
    return subprocess.run(["ps", "-o", "pid=", "-s", str(leader)], capture_output=True, text=True).stdout.split()


def calls(arm):
    path = Store().folder(arm) / "calls"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_needs_are_computed_first_and_once():
    base = arms.make(1)
    middle = [arms.make(number, needs={"base": base}) for number in (10, 20)]
    top = arms.make(100, needs={"a": middle[0], "b": middle[1]})
    (record,) = run([top], jobs=2, quiet=True)
    assert record["metrics"]["sum"] == 100 + 11 + 21
    assert [calls(arm) for arm in (base, *middle, top)] == [1, 1, 1, 1]
    assert next(str(arm) for arm in with_needs([top])) == str(base)


def test_a_second_call_computes_nothing():
    wanted = [arms.make(number) for number in range(3)]
    first = run(wanted, jobs=1, quiet=True)
    assert run(wanted, jobs=1, quiet=True) == first
    assert [calls(arm) for arm in wanted] == [1, 1, 1]


def test_an_arm_that_is_asked_for_twice_has_one_record():
    one, two = arms.make(1), arms.make(2)
    found = run([one, two, arms.make(1)], jobs=1, quiet=True)
    assert [record["key"] for record in found] == [one.key, two.key]
    assert calls(one) == 1


def test_copied_records_are_enough_until_something_needs_the_files_beside_them():
    base = arms.make(1, recipe="toy with a file")
    first, second = (arms.make(number, needs={"base": base}) for number in (10, 20))
    before = run([base, first], jobs=1, quiet=True)
    (Store().folder(base) / "value").unlink()  # as where only records were merged
    assert Store().missing([base, first]) == []
    assert run([base, first], jobs=1, quiet=True) == before
    assert [str(arm) for arm in Store().missing([base, second])] == [str(base), str(second)]
    assert run([second], jobs=1, quiet=True)[0]["metrics"]["sum"] == 21
    assert run([base, first], jobs=1, quiet=True) == before  # its files were made again, its record is the old one
    assert [calls(arm) for arm in (base, first, second)] == [2, 1, 1]


def test_the_key_follows_everything_that_can_change_a_number_and_nothing_else():
    base = arms.make(1)
    assert arms.make(1).key == base.key == arms.make(1, cost=99.0).key
    changed = [arms.make(2), arms.make(1, seed=1), arms.make(1, act="slow"), arms.make(1, needs={"a": arms.make(5)})]
    changed.append(arms.make(1, needs={"a": arms.make(6)}))
    assert len({base.key, *(arm.key for arm in changed)}) == 6


def test_a_bumped_recipe_is_another_key(monkeypatch):
    before = arms.make(1).key
    monkeypatch.setitem(arms.RECIPES, "toy", arms.Recipe(2, "arms:toy"))
    assert arms.make(1).key != before


def test_a_failed_arm_names_itself_and_its_log_and_the_others_are_finished():
    bad, good = arms.make(act="fail"), [arms.make(number) for number in range(4)]
    child = arms.make(7, needs={"bad": bad})
    with pytest.raises(RunError, match=rf"{bad.key} failed \(RuntimeError: this arm fails\); log: .*log\.txt"):
        run([bad, child, *good], jobs=2, quiet=True)
    assert all(Store().has(arm) for arm in good)
    assert not Store().has(bad)
    assert calls(child) == 0
    assert "this arm fails" in (Store().folder(bad) / "log.txt").read_text()


def test_bad_input_inside_an_arm_stays_bad_input():
    with pytest.raises(InputError, match="too odd"):
        run([arms.make(act="bad input")], jobs=1, quiet=True)


def test_a_worker_that_is_killed_says_so_and_the_arm_goes_on_where_it_was():
    arm = arms.make(act="steps")
    with pytest.raises(RunError, match="killed"):
        run([arm], jobs=1, quiet=True)
    assert not Store().has(arm)
    assert (Store().folder(arm) / "steps").read_text() == "01234"
    (record,) = run([arm], jobs=1, quiet=True)
    assert record["metrics"]["steps"] == "0123456789"


def test_the_arm_that_kills_its_worker_is_named_and_the_others_are_finished():
    bad, good = arms.make(act="die"), [arms.make(1, act="beside"), arms.make(2), arms.make(3)]
    child = arms.make(7, needs={"bad": bad})
    with pytest.raises(RunError, match=rf"^arm {bad.key} failed \(its process was killed.*\); log: .*{bad.key}/log\.txt$"):
        run([good[0], bad, child, *good[1:]], jobs=2, quiet=True)
    assert all(Store().has(arm) for arm in good)
    assert calls(bad) == 2  # with another, then alone
    assert calls(child) == 0


def test_whoever_may_have_killed_a_worker_is_named_when_there_are_too_many_kills(monkeypatch):
    monkeypatch.setattr("eelib.study.execute.NEW_POOLS", 0)
    bad, other = arms.make(act="die"), arms.make(1, act="beside")
    with pytest.raises(RunError, match=rf"^one of the arms {other.key}, {bad.key} failed \(its process was killed") as raised:
        run([other, bad], jobs=2, quiet=True)
    assert str(raised.value).count("log.txt") == 2


def test_a_metric_that_is_not_finite_is_never_recorded():
    arm = arms.make(act="nan")
    with pytest.raises(InputError, match="NaN or infinite"):
        run([arm], jobs=1, quiet=True)
    assert not Store().has(arm)


def test_a_full_disk_is_one_clear_line_and_nothing_is_lost():
    good, full = arms.make(1), arms.make(act="full")
    with pytest.raises(InputError, match=r"the disk is full.*finished arms are kept"):
        run([good, full], jobs=1, quiet=True)
    assert Store().has(good)
    assert not Store().has(full)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("unreadable", r"^/nowhere/scene\.tif: cannot be read \(No such file or directory\); check"),
        ("no raster", r"^input cannot be read \(scene\.tif: not recognized as being in a supported file format\); check"),
        ("forbidden", r"/value: cannot be written \(Permission denied\); choose another folder with EELIB_RUNS$"),
        ("forbidden data", r"^/data/scene\.tif: cannot be read \(Permission denied\); check"),
        ("full elsewhere", r"^/data/cache: the disk is full"),
    ],
)
def test_what_cannot_be_read_is_not_taken_for_a_runs_folder_that_cannot_be_written(act, said):
    arm = arms.make(act=act)
    with pytest.raises(InputError, match=said):
        run_one(arm, Store().root)
    assert "Traceback" in (Store().folder(arm) / "log.txt").read_text()


def test_a_full_disk_while_the_record_is_written(monkeypatch, tmp_path):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="the disk is full"):
        write_json(tmp_path / "record.json", {"a": 1})
    assert not (tmp_path / "record.json").exists()


def test_a_runs_folder_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "file" / "runs"))
    with pytest.raises(InputError, match=r"cannot be written.*EELIB_RUNS"):
        run([arms.make()], jobs=1, quiet=True)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"experiment": "toys"}'])
def test_a_damaged_record_is_named_and_not_touched(content):
    arm = arms.make(3)
    run([arm], jobs=1, quiet=True)
    path = Store().folder(arm) / "record.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"record\.json: this record is damaged.*move it away"):
        run([arm], jobs=1, quiet=True)
    assert path.read_text() == content


def test_records_hold_what_the_contract_says():
    (record,) = run([arms.make(3, seed=2)], jobs=1, quiet=True)
    assert {"experiment", "arm", "seed", "params", "data", "metrics", "provenance", "key", "recipe"} <= record.keys()
    assert {"packages", "commit", "dirty", "device", "threads", "seconds", "peak_memory_mb", "started"} <= record["provenance"].keys()
    assert record["provenance"]["threads"] == 1


def test_runs_folders_can_be_merged_by_copying(tmp_path, monkeypatch):
    one, two = arms.make(1), arms.make(2)
    run([one], jobs=1, quiet=True)
    first = Store().root
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "other"))
    run([two], jobs=1, quiet=True)
    subprocess.run(["cp", "-r", f"{first}/.", str(tmp_path / "other")], check=True)
    assert Store().has(one)
    assert len(Store().records("toys")) == 2


def test_half_a_record_is_not_a_record():
    arm = arms.make(4)
    folder = Store().folder(arm)
    folder.mkdir(parents=True)
    (folder / ".record.json.123").write_text('{"experiment"')
    assert not Store().has(arm)
    (record,) = run([arm], jobs=1, quiet=True)
    assert record["metrics"]["sum"] == 4


def test_two_processes_share_the_work_without_doing_it_twice():
    wanted = [arms.make(number, act="slow") for number in range(3)]
    code = "import arms; from eelib.study.execute import run; run([arms.make(n, act='slow') for n in range(3)], jobs=1, quiet=True)"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert [calls(arm) for arm in wanted] == [1, 1, 1]
    assert len(Store().records("toys")) == 3


def test_an_interrupt_leaves_no_worker_and_keeps_what_is_done():
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"  # a job in the background is born deaf to Ctrl-C
        "import arms; from eelib.study.execute import run;"
        "run([arms.make(0)] + [arms.make(n, act='slow') for n in range(1, 60)], jobs=2, quiet=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not Store().has(arms.make(0)) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    deadline = time.monotonic() + 10  # helpers of multiprocessing end a moment after their parent
    while (left := session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    done = len(Store().records("toys"))
    assert 1 <= done < 60
    assert not list(Store().root.glob("*/*/.record*"))


def test_a_run_that_is_killed_takes_its_workers_along():
    code = "import arms; from eelib.study.execute import run; run([arms.make(n, act='slow') for n in range(60)], jobs=2, quiet=True)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not Store().records("toys") and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while (left := session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_run_one_is_the_same_without_a_pool():
    arm = arms.make(5)
    run_one(arm, Store().root)
    assert Store().record(arm)["metrics"]["sum"] == 5
    run_one(arm, Store().root)
    assert calls(arm) == 1


def test_nothing_of_an_arm_stays_in_memory():
    gc.disable()  # what Python frees by chance does not count
    try:
        run_one(arms.make(act="cycle"), Store().root)
    finally:
        gc.enable()
    assert [left() for left in arms.LEFT] == [None]
    assert not any(item is vars(arms) for item in gc.get_objects())  # what is imported is not looked through after every arm


def test_at_exit_nothing_is_set_aside():
    """Triton calls what is never collected a leak."""
    code = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count()))\n"
    code += "import arms; from eelib.study.execute import run_one; from eelib.study.store import Store; run_one(arms.make(), Store().root)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("0\n", "")


@pytest.mark.parametrize("value", ["0", "two", "-1"])
def test_a_wrong_number_of_jobs_is_named(monkeypatch, value):
    monkeypatch.setenv("EELIB_JOBS", value)
    with pytest.raises(InputError, match=r"jobs|EELIB_JOBS"):
        run([arms.make()], quiet=True)


def test_trainings_make_batches_ahead_on_the_cores_that_workers_leave_free(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    for jobs, expected in ((1, "2"), (3, "0")):
        with worker_pool(jobs) as (pool, _):
            assert pool.submit(os.getenv, "EELIB_LOADERS").result() == expected
        assert "EELIB_LOADERS" not in os.environ
    monkeypatch.setenv("EELIB_LOADERS", "two")
    with pytest.raises(InputError, match="EELIB_LOADERS=two: give a whole number"):
        run([arms.make()], quiet=True)


def test_progress_gives_the_time_left_from_cost_and_not_from_counts():
    clock = iter([0, 10, 10, 10, 10]).__next__
    cheap, dear = arms.make(1, cost=10.0), arms.make(2, cost=30.0)
    progress = Progress([cheap, dear], quiet=True, clock=clock)
    progress.done(cheap.key)
    assert progress.share == 0.25
    assert progress.seconds_left == pytest.approx(30)
    assert "1/2 arms, 25 %" in progress.line()
    assert [clock_time(seconds) for seconds in (5, 75, 3675)] == ["0:05", "1:15", "1:01:15"]


def test_progress_believes_the_costs_at_first_and_the_clock_later():
    now = 0.0
    progress = Progress([one := arms.make(1, cost=1000.0), arms.make(2, cost=1000.0)], 2, quiet=True, clock=lambda: now)
    assert progress.seconds_left == pytest.approx(1000)
    now = 10.0
    assert progress.seconds_left < 2000  # nothing done yet after ten seconds does not mean that it takes for ever
    now = 2000.0
    progress.done(one.key)
    assert progress.seconds_left == pytest.approx(2000, rel=0.06)


def test_records_read_back_as_written(tmp_path):
    arm = arms.make(6)
    written = Store().write(arm, {"sum": 6, "list": [1, None]}, {"seconds": 1})
    assert read_record(Store().folder(arm) / "record.json") == json.loads(json.dumps(written))
