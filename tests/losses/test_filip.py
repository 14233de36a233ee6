"""FILIP: token-wise similarity against a slow oracle, its algebra, selections, masks, and the chunked form."""

import numpy as np
import oracle
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.errors import InputError
from eelib.losses import filip_loss, filip_similarity, info_nce

B, P, L, D = 5, 4, 6, 3


def tokens(images=B, texts=B, dims=D, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(images, P, dims, generator=generator, dtype=dtype), torch.randn(texts, L, dims, generator=generator, dtype=dtype)


def masks(images=B, texts=B, seed=0):
    """Random masks; every sample keeps one token, not always the first."""
    generator = torch.Generator().manual_seed(seed)
    patch, word = torch.rand(images, P, generator=generator) < 0.5, torch.rand(texts, L, generator=generator) < 0.5
    patch[:, 2], word[:, 1] = True, True
    return patch, word


def positions(mask):
    return [row.nonzero().flatten().tolist() for row in mask]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("chunk", [None, 1, 2, 50])
def test_similarity_equals_the_oracle(masked, chunk):
    patches, words = tokens(texts=3)
    patch_mask, word_mask = masks(texts=3) if masked else (None, None)
    kept = (positions(patch_mask), positions(word_mask)) if masked else (None, None)
    wanted = oracle.filip_similarity(patches, words, *kept)
    found = filip_similarity(patches, words, patch_mask=patch_mask, word_mask=word_mask, chunk=chunk)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize(("select", "k"), [("topk", 1), ("topk", 3), ("ratio", 0.5), ("ratio", 0.3), ("ratio", 0.05)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("chunk", [None, 2])
def test_selection_equals_the_oracle(select, k, masked, chunk):
    patches, words = tokens()
    patch_mask, word_mask = masks() if masked else (torch.ones(B, P, dtype=torch.bool), torch.ones(B, L, dtype=torch.bool))
    kept = positions(patch_mask), positions(word_mask)
    wanted = oracle.filip_similarity(patches, words, *kept, *oracle.filip_choice(patches, words, *kept, select, k))
    found = filip_similarity(patches, words, patch_mask=patch_mask, word_mask=word_mask, select=select, k=k, chunk=chunk)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("chunk", [None, 2])
def test_gradient_equals_differences_of_the_oracle(chunk):
    patches, words = (part[:3].requires_grad_() for part in tokens())
    patch_mask, word_mask = (mask[:3] for mask in masks())
    kept = positions(patch_mask), positions(word_mask)
    scale = torch.tensor(4.0, dtype=torch.float64, requires_grad=True)
    filip_loss(patches, words, scale, patch_mask=patch_mask, word_mask=word_mask, chunk=chunk).backward()

    def slow(p, q, s):
        return oracle.both_ways_cross_entropy(*oracle.filip_similarity(p, q, *kept), s)

    p, q = patches.detach().numpy(), words.detach().numpy()
    np.testing.assert_allclose(patches.grad, oracle.numeric_gradient(lambda x: slow(x, q, 4.0), p), atol=1e-8)
    np.testing.assert_allclose(words.grad, oracle.numeric_gradient(lambda x: slow(p, x, 4.0), q), atol=1e-8)
    assert float(scale.grad) == pytest.approx(oracle.numeric_gradient(lambda s: slow(p, q, s[0]), [4.0])[0], rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    chunk=st.integers(1, 7),
    choice=st.sampled_from([("all", 16), ("topk", 2), ("ratio", 0.5)]),
    masked=st.booleans(),
    seed=st.integers(0, 99),
)
def test_chunked_form_equals_the_plain_form_with_gradients(chunk, choice, masked, seed):
    results = []
    patch_mask, word_mask = masks(seed=seed) if masked else (None, None)
    for form in (None, chunk):
        patches, words = (part.requires_grad_() for part in tokens(seed=seed))
        options = {"patch_mask": patch_mask, "word_mask": word_mask, "select": choice[0], "k": choice[1]}
        loss = filip_loss(patches, words, 7.0, chunk=form, **options)
        loss.backward()
        results.append((loss.detach(), patches.grad, words.grad))
    for plain, chunked in zip(*results, strict=True):
        torch.testing.assert_close(plain, chunked, rtol=1e-9, atol=1e-11)


def test_one_token_a_side_is_clip():
    patches, words = (part[:, :1] for part in tokens())
    torch.testing.assert_close(filip_loss(patches, words, 8.0, chunk=2), info_nce(patches[:, 0], words[:, 0], 8.0))


@pytest.mark.parametrize("chunk", [None, 2])
def test_selecting_all_is_no_selection(chunk):
    patches, words = tokens()
    patches = torch.cat([patches, patches[:, :2]], 1)  # six tokens on each side
    every = filip_similarity(patches, words, chunk=chunk)
    torch.testing.assert_close(filip_similarity(patches, words, select="topk", k=6, chunk=chunk), every)
    torch.testing.assert_close(filip_similarity(patches, words, select="ratio", k=1, chunk=chunk), every)


@pytest.mark.parametrize("select", ["all", "topk"])
@pytest.mark.parametrize("chunk", [2, B])
def test_without_a_gradient_tiles_give_the_same_bits(select, chunk):
    (patches, words), (patch_mask, word_mask) = tokens(dtype=torch.float32), masks()
    kept = {"patch_mask": patch_mask, "word_mask": word_mask, "select": select, "k": 2, "chunk": chunk}
    taught = filip_similarity(patches.clone().requires_grad_(), words, **kept)
    assert all(part.requires_grad for part in taught)
    for alone in (
        filip_similarity(patches, words, **kept),
        torch.no_grad()(filip_similarity)(patches.clone().requires_grad_(), words, **kept),
    ):
        assert all(torch.equal(one, other) and not one.requires_grad for one, other in zip(alone, taught, strict=True))


@pytest.mark.parametrize("choice", [("all", 16), ("topk", 2), ("ratio", 0.25), ("ratio", 1.0)])
@pytest.mark.parametrize("chunk", [None, 2])
def test_pads_do_not_change_the_masked_loss_and_get_no_gradient(choice, chunk):
    patches, words = tokens()
    padded = torch.cat([words, 9 * tokens(seed=5)[1]], 1).requires_grad_()
    mask = torch.arange(2 * L).expand(B, -1) < L
    options = {"select": choice[0], "k": choice[1], "chunk": chunk}
    loss = filip_loss(patches, padded, 5.0, word_mask=mask, **options)
    torch.testing.assert_close(loss, filip_loss(patches, words, 5.0, **options))
    assert float(filip_loss(patches, padded, 5.0, **options)) != pytest.approx(float(loss))  # counted, they do
    loss.backward()
    assert (padded.grad[:, L:] == 0).all()
    assert (padded.grad[:, :L] != 0).any()


def test_algebra():
    patches, words = tokens()
    i2t, t2i = filip_similarity(patches, words)
    back = filip_similarity(words, patches)
    torch.testing.assert_close((i2t, t2i), (back[1].T, back[0].T))  # exchanging the sides exchanges the directions
    loss = filip_loss(patches, words, 5.0)
    order = torch.randperm(B)
    torch.testing.assert_close(filip_loss(patches[order], words[order], 5.0), loss)
    torch.testing.assert_close(filip_loss(patches[:, torch.randperm(P)], words[:, torch.randperm(L)], 5.0), loss)  # tokens are a set
    torch.testing.assert_close(filip_loss(3 * patches, 0.2 * words, 5.0), loss)
    itself = filip_similarity(patches, patches)[0].diagonal()
    torch.testing.assert_close(itself, torch.ones(B, dtype=torch.float64))


def test_autocast_changes_nothing():
    patches, words = (part.float() for part in tokens())
    plain = filip_loss(patches, words, 100.0, chunk=2)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(filip_loss(patches, words, 100.0, chunk=2), plain)


@pytest.mark.parametrize(("dtype", "unit_roundoff"), [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_half_precision_tokens_change_the_loss_by_less_than_documented(dtype, unit_roundoff, scale):
    patches, words = tokens(dtype=torch.float32)
    exact, rounded = (float(filip_loss(patches.to(kind), words.to(kind), scale, chunk=3)) for kind in (torch.float32, dtype))
    assert abs(rounded - exact) < scale * unit_roundoff


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"chunk": 0}, "chunk"),
        ({"words": torch.ones(B, L, D + 1)}, r"\(B, P, D\)"),
        ({"words": torch.ones(B + 1, L, D)}, "as many samples"),
        ({"patches": torch.ones(0, P, D), "words": torch.ones(0, L, D)}, "nothing"),
        ({"patches": torch.full((B, P, D), torch.nan)}, "patches holds NaN"),
        ({"select": "topk", "k": 5}, "k must be .* 4 patches"),
        ({"select": "topk", "k": 0}, "k must"),
        ({"select": "ratio", "k": 16}, r"k must be a share"),
        ({"select": "top"}, "did you mean 'topk'"),
        ({"word_mask": torch.zeros(B, L, dtype=torch.bool)}, "word_mask leaves sample 0 without words"),
        ({"patch_mask": torch.ones(B, L, dtype=torch.bool)}, "patch_mask must be bool of shape"),
        ({"patch_mask": torch.ones(B, P)}, "patch_mask must be bool"),
        ({"scale": float("nan")}, "scale"),
    ],
)
def test_bad_input_is_named(change, word):
    good = {"patches": torch.ones(B, P, D), "words": torch.ones(B, L, D), "scale": 1.0}
    with pytest.raises(InputError, match=word):
        filip_loss(**good | change)


def test_a_selection_needs_partners():
    with pytest.raises(InputError, match="own partner"):
        filip_similarity(*tokens(texts=3), select="topk", k=2)
