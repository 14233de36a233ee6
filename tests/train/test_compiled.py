"""Long trainings on a GPU run compiled, and nothing of it is left afterwards."""

import pytest
import torch
from toys import make_region

from eelib.models import build
from eelib.settings import PretrainSettings, ViewSettings
from eelib.train import compiled as module
from eelib.train import fit as loop
from eelib.train.batches import Normaliser, WindowBatches
from eelib.train.compiled import LONG, compiled
from eelib.train.pretrain import Pretraining


def is_compiled(part):
    return part._compiled_call_impl is not None


@pytest.mark.parametrize(("gpu", "steps", "expected"), [(True, LONG, True), (True, LONG - 1, False), (False, LONG, False)])
def test_only_long_trainings_on_a_gpu(monkeypatch, gpu, steps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    parts = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    names = list(parts[0].state_dict())
    with compiled(parts, steps):
        assert [is_compiled(part) for part in parts] == [expected] * 2
        assert list(parts[0].state_dict()) == names
    assert not any(map(is_compiled, parts))


def test_an_error_leaves_nothing_compiled(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    part = torch.nn.Linear(2, 2)
    with pytest.raises(KeyError), compiled([part], LONG):
        raise KeyError
    assert not is_compiled(part)


def train(folder, steps):
    """The loss of every step."""
    region = make_region()
    recipe = PretrainSettings(steps=steps, batch_size=4, anchors=16, views=ViewSettings(size=8, num_dates=2))
    torch.manual_seed(0)
    trained = Pretraining(build("unet3df", bands=3, num_dates=2, width=4), recipe, Normaliser.of(region.unlabelled), 0)
    losses, step = [], trained.training_step

    def kept(batch, batch_idx):
        losses.append(step(batch, batch_idx))
        return losses[-1]

    trained.training_step = kept
    loop.fit(trained, WindowBatches(region.unlabelled, 4, 0), steps, folder, lambda share: None)
    return torch.stack(losses).detach().cpu()


def test_the_training_loop_compiles_the_encoder_for_the_steps_that_are_left(tmp_path, monkeypatch):
    asked = []
    real = loop.compiled

    def spied(parts, steps):
        asked.append(([type(part).__name__ for part in parts], steps))
        return real(parts, steps)

    monkeypatch.setattr(loop, "compiled", spied)
    train(tmp_path, 3)
    assert asked == [(["UNet3Df"], 3)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_compiled_training_has_the_losses_of_an_eager_one(tmp_path, monkeypatch):
    eager = train(tmp_path, 5)
    monkeypatch.setattr(module, "LONG", 1)
    torch.testing.assert_close(train(tmp_path, 5), eager, rtol=1e-2, atol=1e-3)
