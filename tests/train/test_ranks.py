"""Training on two ranks: the losses and weights of one process on the joined batch, one writer, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import train_on_ranks

from eelib.errors import InputError
from eelib.study.execute import run_one, worker_pool
from eelib.train.batches import step_generator
from eelib.train.ranks import rank, share, world

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def on_two_ranks(*arguments, **environment):
    known = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)} | environment
    return subprocess.run([*TORCHRUN, *arguments], capture_output=True, text=True, env=known, timeout=600)


@pytest.fixture
def second_of_two(monkeypatch):
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "RANK": "1"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("what", ["dense", "clip", "filip"])
def test_two_ranks_train_as_one_process_does(tmp_path, what):
    folders = alone, together = tmp_path / "alone", tmp_path / "together"
    for folder in folders:
        folder.mkdir()
    train_on_ranks.main(what, alone)
    done = on_two_ranks(train_on_ranks.__file__, what, str(together))
    assert done.returncode == 0, done.stderr[-3000:]
    one, first, second = (torch.load(path, weights_only=False) for path in (alone / "found0.pt", *sorted(together.glob("found*"))))
    assert all(torch.equal(part, second["weights"][name]) for name, part in first["weights"].items())
    if what == "dense":
        for name, part in first["weights"].items():
            torch.testing.assert_close(part, one["weights"][name], rtol=1e-4, atol=1e-5)
    else:  # the gradient of a key's bias is 0 but for rounding, which AdamW blows up: losses of three steps tell instead
        found, expected = ([point["loss"] for point in one["curves"]] for one in (first, one))
        assert found == pytest.approx(expected, rel=1e-5) and len(found) == train_on_ranks.STEPS
    assert (together / "step.ckpt").exists() and not list(together.glob("*.partial"))


def test_ranks_with_different_numbers_of_shared_pixels_train_together(tmp_path):
    done = on_two_ranks(train_on_ranks.__file__, "drawn", str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (torch.load(path, weights_only=False)["weights"] for path in sorted(tmp_path.glob("found*")))
    start = train_on_ranks.drawn()[0].state_dict()
    trained = [name for name in first if "running" not in name and "batches" not in name]  # local batch norms see local views
    assert all(torch.equal(first[name], second[name]) and first[name].isfinite().all() for name in trained)
    assert not all(torch.equal(first[name], start[name]) for name in trained)


def test_a_pre_training_on_two_ranks_leaves_one_record(tmp_path):
    done = on_two_ranks("-m", "eelib", "pretrain", "germany", "--profile", "smoke")
    assert done.returncode == 0, done.stderr[-3000:]
    encoder = Path(done.stdout.strip().splitlines()[-1])
    record = json.loads((encoder.parent / "record.json").read_text())
    assert encoder.exists() and record["provenance"]["ranks"] == 2 and record["metrics"]["monitors"]["std"] > 0
    assert done.stdout.count("encoder.pt") == 1
    assert not (encoder.parent / "step.ckpt").exists()


def test_a_rank_takes_its_part_and_draws_its_own_numbers(second_of_two):
    assert (rank(), world()) == (1, 2)
    assert share(np.arange(6)).tolist() == [3, 4, 5]
    own = torch.rand(4, generator=step_generator(0, "view", 3))
    os.environ["RANK"] = "0"
    assert share(np.arange(6)).tolist() == [0, 1, 2]
    first = torch.rand(4, generator=step_generator(0, "view", 3))
    os.environ["WORLD_SIZE"] = "1"
    assert torch.equal(first, torch.rand(4, generator=step_generator(0, "view", 3))) and not torch.equal(first, own)


def test_a_batch_that_cannot_be_shared_out_is_named(second_of_two):
    with pytest.raises(InputError, match=r"batch_size=5 .* 2 ranks: make it a multiple"):
        share(np.arange(5))


def test_what_trains_on_one_device_is_refused(second_of_two, tmp_path):
    import arms

    from eelib.models import build
    from eelib.settings import PretrainSettings
    from eelib.train.objectives import make_objective

    with pytest.raises(InputError, match="start it without torchrun"):
        run_one(arms.make(), tmp_path)
    with pytest.raises(InputError, match="start it without torchrun"), worker_pool(2):
        pass
    encoder = build("unet3df", bands=3, num_dates=2, width=4)
    for change in ({"objective": "barlow"}, {"branch": "momentum"}):
        with pytest.raises(InputError, match="only contrast with a shared branch"):
            make_objective(encoder, PretrainSettings(**change), 3)
