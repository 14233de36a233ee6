"""Training: resumes bit for bit, never reads labels in pre-training, learns what can be learnt."""

import copy
import threading

import numpy as np
import pytest
import torch
from toys import make_region, make_windows

from eelib.errors import InputError
from eelib.evaluate.confusion import confusion_counts, mean_iou
from eelib.models import ENCODERS, SegmentationModel, build
from eelib.settings import PretrainSettings, SegmentSettings, ViewSettings
from eelib.study.methods import METHODS, method
from eelib.train.batches import Normaliser, WindowBatches, as_sample, step_generator
from eelib.train.fit import CHECKPOINT, cosine_with_warmup, fit, seeded
from eelib.train.pretrain import Pretraining
from eelib.train.segment import Segmentation, augment, interleaved, masked_cross_entropy, predict

RECIPE = PretrainSettings(steps=6, batch_size=4, anchors=16, views=ViewSettings(size=8, num_dates=2))


def pretraining(region, recipe=RECIPE, seed=0):
    normalise = Normaliser.of(region.unlabelled)
    return seeded(seed, lambda: Pretraining(build("unet3df", bands=3, num_dates=2, width=4), recipe, normalise, seed))


def segmentation(region, settings, seed=0, lr=1e-2):
    make = lambda: SegmentationModel(build("unet3df", bands=3, num_dates=2, width=4), 3)  # noqa: E731
    return Segmentation(seeded(seed, make), settings, 2, Normaliser.of(region.unlabelled), seed, lr)


def weights(module):
    return torch.cat([part.detach().flatten() for part in module.state_dict().values()])


def no_progress(share):
    pass


class Killed(Exception):
    pass


def killed_after(share):
    def progress(done):
        if done >= share:
            raise Killed

    return progress


@pytest.mark.parametrize("kind", [*METHODS, "segment"])
def test_a_killed_run_continues_bit_for_bit(tmp_path, region, kind):
    def make():
        if kind in METHODS:
            return pretraining(region, method(kind, RECIPE)), WindowBatches(region.unlabelled, 4, 0)
        return segmentation(region, SegmentSettings(size=8, steps=6, batch_size=4)), WindowBatches(region.train, 4, 0)

    (tmp_path / "straight").mkdir()
    (tmp_path / "killed").mkdir()
    straight, batches = make()
    fit(straight, batches, 6, tmp_path / "straight", no_progress, every=2)
    broken, batches = make()
    with pytest.raises(Killed):
        fit(broken, batches, 6, tmp_path / "killed", killed_after(5 / 6), every=2)
    assert (tmp_path / "killed" / CHECKPOINT).exists()
    resumed, batches = make()
    shares = []
    fit(resumed, batches, 6, tmp_path / "killed", shares.append, every=2)
    assert shares == [5 / 6, 1]  # steps 1 to 4 were not repeated
    assert torch.equal(weights(straight), weights(resumed))
    finished, batches = make()
    fit(finished, batches, 6, tmp_path / "killed", shares.append, every=2)  # as where something failed after the training
    assert shares == [5 / 6, 1, 1]
    assert torch.equal(weights(straight), weights(finished))


@pytest.mark.parametrize("kind", ["dense", "segment"])
def test_loaders_change_no_bit(tmp_path, region, monkeypatch, kind):
    found, before = [], threading.active_count()
    for loaders in ("0", "2"):
        monkeypatch.setenv("EELIB_LOADERS", loaders)
        (folder := tmp_path / loaders).mkdir()
        if kind == "dense":
            module, windows = pretraining(region), region.unlabelled
        else:
            module, windows = segmentation(region, SegmentSettings(size=8, steps=6, batch_size=4)), region.train
        with pytest.raises(Killed):
            fit(module, WindowBatches(windows, 4, 0), 6, folder, killed_after(0.5), every=2)
        fit(module, WindowBatches(windows, 4, 0), 6, folder, no_progress)
        found.append(weights(module))
        assert threading.active_count() == before
    assert torch.equal(*found)


def test_same_seed_same_weights_and_other_seed_others(tmp_path, region):
    results = []
    for number, seed in enumerate((3, 3, 4)):
        module = pretraining(region, seed=seed)
        (folder := tmp_path / str(number)).mkdir()
        fit(module, WindowBatches(region.unlabelled, 4, seed), 3, folder, no_progress)
        results.append(weights(module))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("name", METHODS)
def test_half_precision_changes_a_step_little(region, name):
    found = {}
    for precision in ("32", "bf16"):
        module = pretraining(region, method(name, RECIPE.model_copy(update={"precision": precision})))
        loss = module.training_step(module.prepare(as_sample(region.unlabelled, np.arange(4)), 0), 0)
        loss.backward()
        gradients = [weight.grad.flatten() for weight in module.encoder.parameters() if weight.grad is not None]
        found[precision] = loss.item(), torch.cat(gradients)
    (loss, gradient), (half_loss, half_gradient) = found["32"], found["bf16"]
    assert half_loss != loss
    assert half_loss == pytest.approx(loss, rel=0.03)
    assert gradient @ half_gradient > 0.95 * gradient.norm() * half_gradient.norm()


@pytest.mark.parametrize("name", ENCODERS)
def test_half_precision_is_for_training_alone(name):
    torch.manual_seed(0)
    encoder = build(name, bands=3, num_dates=2, width=8)
    series, dates = torch.rand(2, 2, 3, 8, 8), torch.tensor([[10, 200], [50, 300]])
    found = {}
    for half in (False, True):
        network = copy.deepcopy(encoder)  # batch norms remember what they saw
        network.mixed_precision = half
        found[half] = network.eval()(series, dates), network.train()(series, dates)
        assert all(features.dtype == torch.float32 for features in found[half])
    assert torch.equal(found[False][0], found[True][0])
    assert not torch.equal(found[False][1], found[True][1])


def test_full_precision_keeps_the_keys_of_older_records():
    assert "precision" not in RECIPE.model_dump()
    assert RECIPE.model_copy(update={"precision": "bf16"}).model_dump()["precision"] == "bf16"


@pytest.mark.parametrize("name", METHODS)
def test_pretraining_never_reads_a_label(region, name):
    """Labels that would raise if anything touched them change nothing."""

    class Poison(dict):
        def __getitem__(self, key):
            assert key != "mask", "the label was read"
            return super().__getitem__(key)

    batch = Poison(as_sample(region.train, np.arange(4)))
    assert "mask" in batch
    losses = []
    for sample in (batch, as_sample(region.train.without_labels(), np.arange(4))):
        module = pretraining(region, method(name, RECIPE))
        losses.append(
            module.objective.loss(module.encoder, *module.views(sample, step_generator(0, "pretrain", 0)), step_generator(0, "x", 0))
        )
    assert torch.equal(losses[0], losses[1])


def test_pretraining_lowers_its_loss_and_does_not_collapse(tmp_path, region):
    recipe = RECIPE.model_copy(update={"steps": 60})
    module = pretraining(region, recipe)
    losses, original = [], module.training_step

    def watched(*arguments):
        loss = original(*arguments)
        losses.append(loss.detach())
        return loss

    module.training_step = watched
    fit(module, WindowBatches(region.unlabelled, 4, 0), 60, tmp_path, no_progress)
    assert float(torch.stack(losses[-10:]).mean()) < float(torch.stack(losses[:5]).mean()) - 0.3
    found = module.monitors(as_sample(region.validation.without_labels(), np.arange(8)))
    assert found["std"] > 0.15


def test_fine_tuning_learns_a_class_that_the_pixels_show(tmp_path, region):
    settings = SegmentSettings(size=12, steps=60, batch_size=4)
    module = segmentation(region, settings)
    fit(module, WindowBatches(region.train, 4, 0), 60, tmp_path, no_progress)
    test = make_region().train
    found = predict(module.model, as_sample(test, np.arange(8)), Normaliser.of(region.unlabelled), 2).argmax(1).numpy()
    assert mean_iou(confusion_counts(found, test.mask, 3).sum(0)) > 0.8


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path, region):
    module = segmentation(region, SegmentSettings(size=8, steps=6, batch_size=4), lr=1e30)
    with pytest.raises(InputError, match=r"the loss is (nan|inf) at step \d+; lower lr"):
        fit(module, WindowBatches(region.train, 4, 0), 6, tmp_path, no_progress)


def test_a_damaged_checkpoint_is_named(tmp_path, region):
    (tmp_path / CHECKPOINT).write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match=r"step\.ckpt.*cannot be read.*delete it"):
        fit(pretraining(region), WindowBatches(region.unlabelled, 4, 0), 6, tmp_path, no_progress)


@pytest.mark.parametrize(("kind", "decay"), [("pretrain", RECIPE.weight_decay), ("segment", 0.0)])
def test_pretraining_decays_weights_and_fine_tuning_does_not(region, kind, decay):
    module = pretraining(region) if kind == "pretrain" else segmentation(region, SegmentSettings(size=8, steps=6, batch_size=4))
    assert [group["weight_decay"] for group in module.configure_optimizers()["optimizer"].param_groups] == [decay]


def test_after_a_training_every_weight_has_memory_of_its_own(tmp_path, region):
    """Else a file with the encoder would hold the projection head as well."""
    module = pretraining(region)
    fit(module, WindowBatches(region.unlabelled, 4, 0), 2, tmp_path, no_progress)
    assert all(weight.untyped_storage().nbytes() == 4 * weight.numel() for weight in module.parameters())
    assert all(weight.grad is None for weight in module.parameters())


def test_masked_cross_entropy():
    scores, mask = torch.randn(2, 3, 4, 4, requires_grad=True), torch.randint(0, 3, (2, 4, 4))
    mask[0] = -1
    found = masked_cross_entropy(scores, mask)
    assert float(found) == pytest.approx(float(torch.nn.functional.cross_entropy(scores[1:], mask[1:])))
    found.backward()
    assert (scores.grad[0] == 0).all()
    nothing = masked_cross_entropy(scores, torch.full_like(mask, -1))
    assert float(nothing) == 0


def test_mask_and_image_go_through_the_same_crop_and_flip():
    windows = make_windows(4)
    batch = as_sample(windows, np.arange(4))
    batch["image"] = batch["mask"][:, None, None].float().expand(-1, 4, 3, -1, -1).contiguous()
    view = augment(batch, ViewSettings(size=8, num_dates=2, dates="same", gain=0, noise=0), step_generator(0, "segment", 0))
    assert view["mask"].shape == (4, 8, 8)
    assert torch.equal(view["image"][:, 0, 0], view["mask"].float())


def test_prediction_uses_every_date_and_does_not_depend_on_the_batch_size():
    assert [part.tolist() for part in interleaved(12, 4)] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]
    for length in range(1, 40):
        for count in range(1, length + 1):
            parts = interleaved(length, count)
            assert len(parts) == -(-length // count)
            assert set(torch.cat(parts).tolist()) == set(range(length))
            assert all((part.diff() > 0).all() for part in parts)
    with pytest.raises(InputError, match="3 dates but the network reads 4"):
        interleaved(3, 4)
    windows, region = make_windows(5), make_region()
    model, normalise = segmentation(region, SegmentSettings(size=8)).model, Normaliser.of(region.unlabelled)
    whole, single = (predict(model, as_sample(windows, np.arange(5)), normalise, 2, batch_size=size) for size in (5, 1))
    torch.testing.assert_close(whole, single, rtol=1e-4, atol=1e-5)


def test_learning_rate_rises_then_falls_to_zero():
    factor = cosine_with_warmup(100)
    assert factor(0) == pytest.approx(0.2)
    assert factor(5) == 1
    assert factor(100) == pytest.approx(0)
    assert all(factor(step) >= factor(step + 1) for step in range(5, 100))
