"""Masked language modelling: the draw and the loss."""

import math

import numpy as np
import oracle
import pytest
import torch

from eelib.errors import InputError
from eelib.losses import mask_tokens, masked_language_loss

PAD, MASK, START, END = 0, 101, 102, 103
WORDS = {"mask_id": MASK, "special": (PAD, MASK, START, END), "ordinary": range(1, 101)}


def captions(count=400, length=30):
    tokens = torch.randint(1, 101, (count, length), generator=torch.Generator().manual_seed(0))
    tokens[:, 0], tokens[:, 20], tokens[:, 21:] = START, END, PAD
    return tokens


def draw(tokens, seed=1, **options):
    return mask_tokens(tokens, torch.Generator().manual_seed(seed), **WORDS | options)


def within(count, total, share):
    """Four standard deviations of a binomial count."""
    return abs(count - total * share) < 4 * math.sqrt(total * share * (1 - share))


def test_rates_lie_within_binomial_bounds():
    tokens = captions()
    masked, targets = draw(tokens)
    selected = targets != -100
    assert within(int(selected.sum()), 400 * 19, 0.15)
    total = int(selected.sum())
    assert within(int((masked[selected] == MASK).sum()), total, 0.8)
    kept = int((masked[selected] == tokens[selected]).sum())
    assert within(kept, total, 0.1 + 0.1 / 100)  # a random token is the same one by chance
    assert within(int((masked != tokens)[selected].sum()) - int((masked[selected] == MASK).sum()), total, 0.1)


def test_specials_are_never_selected_and_never_drawn():
    tokens = captions()
    masked, targets = draw(tokens, rate=1, mask_share=0, random_share=1)
    special = (tokens == PAD) | (tokens == START) | (tokens == END)
    assert torch.equal(masked[special], tokens[special]) and (targets[special] == -100).all()
    assert torch.equal(targets[~special], tokens[~special])
    assert set(masked[~special].tolist()) == set(range(1, 101))  # every ordinary token is drawn, nothing else


def test_tokens_that_are_not_selected_stay_and_the_input_is_not_changed():
    tokens = captions()
    before = tokens.clone()
    masked, targets = draw(tokens)
    assert torch.equal(masked[targets == -100], tokens[targets == -100])
    assert torch.equal(tokens, before)


def test_the_draw_follows_the_generator_alone():
    tokens = captions(4)
    torch.manual_seed(5)
    first = draw(tokens)
    torch.manual_seed(6)
    assert all(torch.equal(one, two) for one, two in zip(first, draw(tokens), strict=True))
    assert not torch.equal(first[1], draw(tokens, seed=2)[1])


def test_loss_and_gradient_equal_the_oracle():
    logits = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([[1, -100, 4, -100], [-100] * 4, [0, 2, -100, -100]])

    def slow(values):
        found = [(values[n, t], int(targets[n, t])) for n in range(3) for t in range(4) if targets[n, t] != -100]
        return np.mean([math.log(sum(math.exp(x) for x in row)) - row[target] for row, target in found])

    loss = masked_language_loss(logits, targets)
    loss.backward()
    assert float(loss) == pytest.approx(slow(logits.detach().numpy()), rel=1e-12)
    np.testing.assert_allclose(logits.grad, oracle.numeric_gradient(slow, logits.detach().numpy()), atol=1e-8)


def test_with_nothing_selected_loss_and_gradient_are_0():
    logits = torch.randn(2, 3, 4, requires_grad=True)
    loss = masked_language_loss(logits, torch.full((2, 3), -100))
    loss.backward()
    assert float(loss) == 0
    assert (logits.grad == 0).all()


def test_algebra():
    targets = torch.tensor([[1, -100], [3, 0]])
    assert float(masked_language_loss(torch.zeros(2, 2, 4), targets)) == pytest.approx(math.log(4))  # knows nothing
    certain = 1000.0 * torch.nn.functional.one_hot(targets.clamp(min=0), 4)
    assert float(masked_language_loss(certain, targets)) == 0
    half = (30 * torch.randn(2, 2, 4)).to(torch.float16)
    torch.testing.assert_close(masked_language_loss(half, targets), masked_language_loss(half.float(), targets))


def test_bad_input_is_named():
    tokens = captions(2)
    for bad, word in (({"rate": 1.5}, "rate"), ({"mask_share": 0.8, "random_share": 0.3}, "shares"), ({"ordinary": range(0)}, "ordinary")):
        with pytest.raises(InputError, match=word):
            draw(tokens, **bad)
    with pytest.raises(InputError, match="int64"):
        draw(tokens.float())
    logits = torch.zeros(2, 3, 4)
    with pytest.raises(InputError, match=r"\(N, L, V\)"):
        masked_language_loss(logits, torch.zeros(2, 4, dtype=torch.int64))
    with pytest.raises(InputError, match="outside the vocabulary"):
        masked_language_loss(logits, torch.full((2, 3), 4))
    with pytest.raises(InputError, match="logits holds NaN"):
        masked_language_loss(logits * torch.nan, torch.full((2, 3), 1))
