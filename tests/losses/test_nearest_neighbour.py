"""Nearest-neighbour supervision and what it asks of the bank."""

import math

import numpy as np
import oracle
import pytest
import torch

from eelib.errors import InputError
from eelib.losses import FeatureBank, nearest_neighbour_clip, query_info_nce


def rows(seed, count=5, dims=3):
    return torch.randn(count, dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def bank_of(*parts, size=None):
    """A bank in float64 whose ring holds these rows."""
    bank = FeatureBank(size or sum(map(len, parts)), parts[0].shape[1]).double()
    for part in parts:
        bank.enqueue(part)
    return bank


def slow(images, texts, bank, scale):
    """Loops only; the bank as a list of unit rows."""
    total = 0.0
    for image in images:
        for text in texts:
            near = [max(bank, key=lambda row, t=t: float(row @ t)) for t in oracle.unit(text)]
            for n, x in enumerate(oracle.unit(image)):
                logits = [scale * float(x @ neighbour) for neighbour in near]
                total += (math.log(sum(map(math.exp, logits))) - logits[n]) / len(image)
    return total / (len(images) * len(texts))


@pytest.mark.parametrize("chunk", [None, 2])
def test_value_and_gradients_equal_the_oracle(chunk):
    images, texts, bank = [rows(1), rows(2)], [rows(3), rows(4)], bank_of(rows(5, 9))
    kept = list(bank.rows.numpy().copy())
    leaves = [view.requires_grad_() for view in (*images, *texts)]
    scale = torch.tensor(6.0, dtype=torch.float64, requires_grad=True)
    loss = nearest_neighbour_clip(images, texts, bank, scale, chunk=chunk)
    loss.backward()
    plain = [[view.detach().numpy() for view in side] for side in (images, texts)]
    assert float(loss) == pytest.approx(slow(*plain, kept, 6.0), rel=1e-10)
    wanted = oracle.numeric_gradient(lambda x: slow([x, plain[0][1]], plain[1], kept, 6.0), plain[0][0])
    np.testing.assert_allclose(leaves[0].grad, wanted, atol=1e-8)
    wanted = oracle.numeric_gradient(lambda s: slow(*plain, kept, s[0]), [6.0])
    assert float(scale.grad) == pytest.approx(wanted[0], rel=1e-6)
    assert leaves[2].grad is None and leaves[3].grad is None  # texts only choose
    assert not bank.rows.requires_grad


def test_neighbours_come_from_before_the_step_and_the_caption_is_written_last():
    image, text, augmented, before = rows(1), rows(2), rows(3), rows(4, 12)
    bank, twin = bank_of(before), bank_of(before)
    loss = nearest_neighbour_clip([image], [text, augmented], bank, 5.0)
    wanted = [query_info_nce(image, twin.nearest(view), 5.0) for view in (text, augmented)]
    torch.testing.assert_close(loss, torch.stack(wanted).mean())
    twin.enqueue(augmented)
    twin.enqueue(text)
    assert torch.equal(bank.rows, twin.rows) and bank.position == twin.position == 10


def test_without_update_the_bank_stays():
    bank = bank_of(rows(4, 7))
    before = bank.rows.clone()
    nearest_neighbour_clip([rows(1)], [rows(2)], bank, 5.0, update=False)
    assert torch.equal(bank.rows, before)


def test_until_the_bank_is_full_the_loss_and_its_gradient_are_0():
    bank, image = FeatureBank(8, 3).double(), rows(1).requires_grad_()
    losses = [float(nearest_neighbour_clip([image], [rows(seed)], bank, 5.0)) for seed in (2, 3, 4)]
    assert losses[:2] == [0, 0] and losses[2] > 0  # full after two steps of five rows
    cold = FeatureBank(8, 3).double()
    nearest_neighbour_clip([image], [rows(2)], cold, 5.0).backward()
    assert (image.grad == 0).all()
    assert float(nearest_neighbour_clip([image], [rows(2)], FeatureBank(8, 3).double(), 5.0, warm_up=False)) > 0


def test_the_warm_up_goes_on_after_a_checkpoint():
    bank, resumed = bank_of(rows(1), size=8), FeatureBank(8, 3).double()
    resumed.load_state_dict(bank.state_dict())
    assert not resumed.full
    for each in (bank, resumed):
        each.enqueue(rows(2))
    assert resumed.full and torch.equal(bank.rows, resumed.rows)


def test_with_the_own_texts_in_the_bank_it_is_one_way_clip():
    image, text = rows(1), rows(2)
    torch.testing.assert_close(nearest_neighbour_clip([image], [text], bank_of(text), 5.0), query_info_nce(image, text, 5.0))


def test_the_nearest_rows_are_those_of_lightly():
    theirs = pytest.importorskip("lightly.models.modules").NNMemoryBankModule(size=(64, 3))
    queries = rows(1, 20).float()
    theirs(torch.nn.functional.normalize(rows(2, 20).float(), dim=1), update=True)
    bank = FeatureBank(64, 3)
    bank.rows = theirs.bank.clone()
    torch.testing.assert_close(bank.nearest(queries), torch.nn.functional.normalize(theirs(queries), dim=1), rtol=0, atol=1e-6)


def test_bad_input_is_named():
    bank = bank_of(rows(5))
    with pytest.raises(InputError, match="at least one view"):
        nearest_neighbour_clip([rows(1)], [], bank, 1.0)
    with pytest.raises(InputError, match=r"\(N, 3\) like the bank"):
        nearest_neighbour_clip([rows(1, dims=4)], [rows(2, dims=4)], bank, 1.0)
    with pytest.raises(InputError, match=r"texts\[0\] holds NaN"):
        nearest_neighbour_clip([rows(1)], [rows(2) * torch.nan], bank, 1.0)
    assert torch.equal(bank.rows, bank_of(rows(5)).rows)  # bad rows are not written


@pytest.mark.parametrize(
    ("changed", "word"), [({"chunk": 0}, "chunk must be at least 1"), ({"scale": math.nan}, "scale must be one finite")]
)
def test_what_is_refused_leaves_the_bank_as_it_was(changed, word):
    views, bank = [torch.randn(4, 8)], FeatureBank(16, 8)
    before = bank.rows.clone()
    with pytest.raises(InputError, match=word):
        nearest_neighbour_clip(views, views, bank, **{"scale": 10.0} | changed)
    assert torch.equal(bank.rows, before) and not bank.full
