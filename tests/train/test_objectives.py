"""Every objective trains the encoder and nothing else but its heads; branches, queues and hidden values are what they say."""

import numpy as np
import pytest
import torch
from toys import make_region

from eelib.errors import InputError
from eelib.losses import dense_info_nce, nt_xent
from eelib.models import build
from eelib.settings import PretrainSettings, ViewSettings
from eelib.study.methods import METHODS, method
from eelib.train.batches import Normaliser, as_sample, step_generator
from eelib.train.fit import seeded
from eelib.train.objectives import contrast, make_objective
from eelib.train.objectives.base import MomentumBranch, encode_both
from eelib.train.objectives.masked import draw_hidden
from eelib.train.pretrain import Pretraining

RECIPE = PretrainSettings(steps=8, batch_size=4, anchors=16, embed_dim=8, views=ViewSettings(size=8, num_dates=2))
SLOW = [name for name, changes in METHODS.items() if changes.get("branch") == "momentum"]


def module(recipe, seed=0):
    normalise = Normaliser.of(make_region().unlabelled)
    return seeded(seed, lambda: Pretraining(build("unet3df", bands=3, num_dates=2, width=4), recipe, normalise, seed))


def batch():
    return as_sample(make_region().unlabelled, np.arange(4))


def loss_of(made, step=0):
    generator = step_generator(0, "pretrain", step)
    return made.objective.loss(made.encoder, *made.views(batch(), generator), generator)


@pytest.mark.parametrize("name", METHODS)
def test_the_gradient_reaches_every_weight_of_the_encoder_and_no_momentum_branch(name):
    made = module(method(name, RECIPE))
    loss = loss_of(made)
    loss.backward()
    assert torch.isfinite(loss)
    assert all(weight.grad is not None and torch.isfinite(weight.grad).all() for weight in made.encoder.parameters())
    assert sum(float(weight.grad.abs().sum()) for weight in made.encoder.parameters()) > 0
    slow = getattr(made.objective, "slow", None)
    assert (slow is not None) == (name in SLOW)
    if slow is not None:
        assert all(weight.grad is None and not weight.requires_grad for weight in slow.parameters())
    optimiser = made.configure_optimizers()["optimizer"]
    trained = {id(weight) for weight in optimiser.weights}
    assert trained == {id(weight) for weight in made.parameters() if weight.requires_grad}


def test_only_choices_that_came_later_are_unsaid_at_their_defaults():
    """Anything else that was said or unsaid would give every pre-training another key."""
    assert PretrainSettings.model_fields.keys() - PretrainSettings().model_dump().keys() == {"precision", "same_ground"}
    assert PretrainSettings(same_ground="exclude").model_dump()["same_ground"] == "exclude"


def test_a_window_seen_twice_repels_itself_unless_the_same_ground_is_excluded():
    """The loss is the one whose denominator leaves out anchors near the own ground, in whichever series of the batch they are."""
    twice = as_sample(make_region().unlabelled, np.array([0, 1, 0, 2]))
    twice |= {"origin": torch.zeros(4, 2, dtype=torch.int64), "ground": torch.tensor([0, 1, 0, 2])}
    found = {}
    for choice in ("negatives", "exclude"):
        made = module(RECIPE.model_copy(update={"same_ground": choice}))
        a, b = made.views(twice, step_generator(0, "pretrain", 0))
        found[choice] = made.objective.loss(made.encoder, a, b, step_generator(0, "anchors", 0))
        if choice == "negatives":
            a, b = ({name: part for name, part in view.items() if name != "ground"} for view in (a, b))
            assert torch.equal(found[choice], made.objective.loss(made.encoder, a, b, step_generator(0, "anchors", 0)))
    assert float(found["exclude"]) < float(found["negatives"]), "fewer negatives, and those left out were the most similar ones"


@pytest.mark.parametrize("name", METHODS)
def test_each_lowers_its_loss_and_its_monitors_are_numbers(name):
    made = module(method(name, RECIPE))
    optimiser = torch.optim.AdamW([weight for weight in made.parameters() if weight.requires_grad], lr=3e-3)
    losses = []
    for _ in range(25):  # the same views again and again, so that nothing but the weights changes
        optimiser.zero_grad()
        losses.append(loss_of(made))
        losses[-1].backward()
        optimiser.step()
    found = torch.stack(losses).detach()
    assert float(found[-3:].max()) < float(found[:3].min())
    monitors = made.monitors(as_sample(make_region().validation.without_labels(), np.arange(8)))
    assert set(monitors) == {"std", "alignment", "uniformity", "retrieval", "count"}
    assert all(np.isfinite(value) for value in monitors.values())
    assert monitors["std"] > 0


def test_the_default_is_the_dense_loss_of_the_projected_features():
    made = module(RECIPE)
    a, b = made.views(batch(), step_generator(0, "pretrain", 0))
    found = made.objective.loss(made.encoder, a, b, step_generator(0, "anchors", 0))
    features = torch.cat(encode_both(made.encoder, a, b))
    z_a, z_b = made.objective.heads["dense"](features).chunk(2)
    options = {"temperature": 0.1, "anchors": 16, "negatives": "all", "guard_radius": 3.0}
    wanted = dense_info_nce(z_a, z_b, a["index"], b["index"], generator=step_generator(0, "anchors", 0), **options)
    torch.testing.assert_close(found, wanted)


def test_pooled_positives_are_simclr_on_mean_features():
    made = module(method("simclr", RECIPE))
    a, b = made.views(batch(), step_generator(0, "pretrain", 0))
    found = made.objective.loss(made.encoder, a, b, step_generator(0, "anchors", 0))
    means = torch.cat(encode_both(made.encoder, a, b)).mean((2, 3), keepdim=True)
    z_a, z_b = made.objective.heads["pooled"](means).flatten(1).chunk(2)
    torch.testing.assert_close(found, nt_xent(z_a, z_b, 0.1))


def test_the_pooled_term_has_the_weight_that_was_asked_for():
    losses = {weight: loss_of(module(RECIPE.model_copy(update={"global_weight": weight}))).detach() for weight in (0.25, 0.5, 0.75)}
    torch.testing.assert_close(losses[0.5], (losses[0.25] + losses[0.75]) / 2)
    assert losses[0.25] != losses[0.75]


@pytest.mark.parametrize(
    "changes",
    [
        {"positives": "feature"},
        {"negatives": "other_images"},
        {"negatives": "same_image"},
        {"guard_radius": 0.0},
        {"branch": "momentum"},
        {"branch": "momentum", "queue": 16},
        {"global_weight": 0.5},
        {"temperature": 0.5},
        {"anchors": 4},
        {"head_depth": 1},
        {"head_depth": 3},
        {"head_width": 5},
        {"head_norm": False},
        {"embed_dim": 4},
        *({"views": RECIPE.views.model_copy(update={name: value})} for name, value in {
            "crop": False, "min_overlap": 0.9, "flips": False, "dates": "same", "gain": 0.3, "noise": 0.05,
            "batch_shift": 0.1, "band_drop": 0.5, "date_drop": 0.5, "level": "batch", "size": 12,
        }.items()),
        {"views": RECIPE.views.model_copy(update={"dates": "disjoint"})},
    ],
    ids=str,
)  # fmt: skip
def test_every_choice_changes_what_is_trained(changes):
    made = module(RECIPE.model_copy(update=changes))
    loss = loss_of(made)
    loss.backward()
    assert torch.isfinite(loss)
    assert loss != loss_of(module(RECIPE))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"negatives": "other_images"},
        {"negatives": "same_image", "guard_radius": 2.0},
        {"positives": "feature"},
        {"positives": "pooled"},
        {"branch": "momentum", "global_weight": 0.5},
        {"branch": "momentum", "queue": 16},
    ],
    ids=str,
)
def test_many_anchors_work_on_tiles_with_the_same_loss_and_gradient(changes, monkeypatch):
    recipe, found = RECIPE.model_copy(update=changes), []
    for most in (contrast.WHOLE["cpu"], 1):
        monkeypatch.setitem(contrast.WHOLE, "cpu", most)
        monkeypatch.setitem(contrast.TILE, "cpu", 3)
        made = module(recipe)
        loss = loss_of(made)
        loss.backward()
        found.append((loss.detach(), torch.cat([weight.grad.flatten() for weight in made.encoder.parameters()])))
    (whole, gradient), (tiled, other) = found
    torch.testing.assert_close(tiled, whole)
    assert 0 < float((other - gradient).norm()) < 1e-4 * float(gradient.norm())  # above 0: the second did go another way


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queue": 4}, "queue=4 needs branch='momentum'"),
        ({"objective": "pixpro"}, "pixpro.*needs branch='momentum'"),
        ({"objective": "barlow", "positives": "pooled"}, "belong to objective='contrast'"),
        ({"objective": "masked", "branch": "momentum"}, "has no momentum branch"),
        ({"positives": "pooled", "global_weight": 0.5}, "leave it at 0"),
        ({"objective": "masked", "hidden_dates": 0, "hidden_patches": 0}, "hides nothing"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        PretrainSettings(**changes)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'densecl'"):
        method("dense_cl", RECIPE)
    with pytest.raises(InputError, match="did you mean 'masked'"):
        make_objective(build("unet3df", bands=3, num_dates=2, width=4), RECIPE.model_copy(update={"objective": "mask"}), 3)


def test_the_momentum_branch_is_a_running_average():
    network = torch.nn.Linear(3, 2)
    branch = MomentumBranch([network], 0.9)
    wanted = network.weight.detach().clone()
    for step in range(3):
        with torch.no_grad():
            network.weight += step + 1
        branch.follow([network])
        wanted = 0.9 * wanted + 0.1 * network.weight.detach()
    torch.testing.assert_close(branch.copies[0].weight.detach(), wanted)
    MomentumBranch([network], 0.0).follow([network])


@pytest.mark.parametrize("name", ["moco", "densecl"])
def test_the_queue_takes_two_views_of_a_batch_per_step(name):
    made = module(method(name, RECIPE))
    banks = made.objective.banks
    assert set(banks) == ({"pooled"} if name == "moco" else {"dense", "pooled"})
    before = {term: bank.rows.clone() for term, bank in banks.items()}
    loss_of(made)
    for term, bank in banks.items():
        changed = (bank.rows != before[term]).any(1)
        assert changed.tolist() == [True] * 8 + [False] * 120
        torch.testing.assert_close(bank.rows.norm(dim=1), torch.ones(128))
    loss_of(made, 1)
    assert all(int(bank.position) == 16 for bank in banks.values())


def test_the_encoder_never_sees_what_is_hidden():
    made = module(method("masked", RECIPE))
    generator = step_generator(0, "pretrain", 0)
    a, b = made.views(batch(), generator)
    seen, original = [], made.encoder.forward
    made.encoder.forward = lambda image, dates: seen.append(image) or original(image, dates)
    made.objective.loss(made.encoder, a, b, step_generator(0, "mask", 0))
    image = torch.cat([a["image"], b["image"]])
    hidden = draw_hidden(image, made.settings, step_generator(0, "mask", 0))[:, :, None].expand_as(image)
    assert hidden.any()
    assert (seen[0][hidden] == 0).all()
    assert torch.equal(seen[0][~hidden], image[~hidden])


def test_hidden_dates_and_patches():
    image = torch.zeros(400, 5, 3, 10, 10)
    dates = draw_hidden(image, RECIPE.model_copy(update={"hidden_dates": 0.5, "hidden_patches": 0.0}), step_generator(0, "m", 0))
    whole = dates.flatten(2)
    assert (whole.all(2) == whole.any(2)).all()
    assert not whole.all(2).all(1).any()  # one date stays
    assert float(dates.float().mean()) == pytest.approx(0.5, abs=0.03)
    always = draw_hidden(image, RECIPE.model_copy(update={"hidden_dates": 0.99, "hidden_patches": 0.0}), step_generator(0, "m", 0))
    assert not always.flatten(2).all(2).all(1).any()
    patches = draw_hidden(image, RECIPE.model_copy(update={"hidden_dates": 0.0, "hidden_patches": 0.3}), step_generator(0, "m", 0))
    assert float(patches.float().mean()) == pytest.approx(0.3, abs=0.02)
    blocks = patches[..., :8, :8].unflatten(3, (2, 4)).unflatten(2, (2, 4)).float().mean((3, 5))
    assert set(blocks.unique().tolist()) == {0.0, 1.0}
    with pytest.raises(InputError, match="raise hidden_patches"):
        draw_hidden(image[:, :1], RECIPE.model_copy(update={"hidden_patches": 0.0}), step_generator(0, "m", 0))


def test_views_are_cut_on_the_cpu_and_only_they_move():
    made = module(RECIPE)
    prepared = made.prepare(batch(), 0)
    a, b, generator = made.transfer_batch_to_device(prepared, torch.device("meta"), 0)
    assert {value.device.type for value in (*a.values(), *b.values())} == {"meta"}
    assert generator is prepared[2] and generator.device.type == "cpu"
