"""Text transformer against open_clip's, causality, end of text, padding, depth."""

import pytest
import torch
from open_clip.transformer import QuickGELU
from open_clip.transformer import TextTransformer as Reference
from open_clip_weights import load_text

from eelib.errors import InputError
from eelib.models.image_text import build_text_encoder
from eelib.models.text import TextTransformer

SMALL = {"vocabulary": 50, "context": 12, "width": 32, "layers": 2, "heads": 4, "embed_dim": 16}


def captions(batch=3, length=12, seed=0):
    """Ids with an end of text (the largest id) at different positions and pads behind it."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, 48, (batch, length), generator=generator)
    eot = torch.randint(2, length, (batch,), generator=generator)
    tokens[torch.arange(batch), eot] = 49
    tokens[torch.arange(length) > eot[:, None]] = 0
    return tokens, eot


@pytest.mark.parametrize("bias", [False, True])
def test_outputs_equal_those_of_open_clip(bias):
    sizes = {"context_length": 12, "vocab_size": 50, "width": 32, "heads": 4, "layers": 2, "output_dim": 16}
    reference = Reference(**sizes, act_layer=QuickGELU, output_tokens=True, proj_bias=bias).eval()
    if bias:
        torch.nn.init.normal_(reference.text_projection.bias)
    encoder = TextTransformer(**SMALL).eval()
    load_text(encoder, reference)
    tokens, eot = captions()
    pooled, words = reference(tokens)
    got = encoder(tokens, eot)
    torch.testing.assert_close(got.global_, pooled, rtol=0, atol=1e-5)
    torch.testing.assert_close(got.words, words, rtol=0, atol=1e-5)


def test_bidirectional_outputs_equal_those_of_open_clip():
    sizes = {"context_length": 12, "vocab_size": 50, "width": 32, "heads": 4, "layers": 2, "output_dim": 16}
    mask = {"no_causal_mask": True, "use_pad_mask": True, "pad_id": 0}
    reference = Reference(**sizes, **mask, act_layer=QuickGELU).eval()
    encoder = TextTransformer(**SMALL, bidirectional=True).eval()
    load_text(encoder, reference)
    tokens, eot = captions()
    torch.testing.assert_close(encoder(tokens, eot).global_, reference(tokens), rtol=0, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 3, 6, 9, 12])
def test_parameters_per_layer(layers):
    with torch.device("meta"):
        encoder = build_text_encoder("text_base", layers=layers)
    count = sum(part.numel() for part in encoder.parameters())
    assert 12 * 512**2 + 13 * 512 == 3_152_384
    assert sum(part.numel() for part in encoder.transformer.parameters()) == layers * 3_152_384
    assert count == layers * 3_152_384 + 49_408 * 512 + 77 * 512 + 2 * 512 + 512 * 512 + 512


def test_a_word_sees_only_earlier_words():
    tokens, eot = captions()
    later = tokens.clone()
    later[:, 6] = (later[:, 6] + 1) % 48
    for bidirectional in (False, True):
        encoder = TextTransformer(**SMALL, bidirectional=bidirectional).eval()
        eot = torch.full_like(eot, 11)
        change = (encoder(later, eot).words - encoder(tokens, eot).words).abs().amax((0, 2))
        assert (change[6:] > 1e-4).all()
        assert (change[:6] > 1e-4).all() if bidirectional else (change[:6] == 0).all()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_pads_change_nothing_that_is_kept(bidirectional):
    encoder = TextTransformer(**SMALL, bidirectional=bidirectional).eval()
    tokens, eot = captions()
    other = tokens.masked_fill(torch.arange(12) > eot[:, None], 7)
    first, second = encoder(tokens, eot), encoder(other, eot)
    torch.testing.assert_close(first.global_, second.global_)
    torch.testing.assert_close(first.words[first.keep], second.words[second.keep])
    short = encoder(tokens[:, : int(eot.max()) + 1], eot)
    torch.testing.assert_close(short.global_, first.global_)


def test_end_of_text_is_where_it_is_said_to_be():
    encoder = TextTransformer(**SMALL).eval()
    tokens, eot = captions()
    output = encoder(tokens, eot)
    torch.testing.assert_close(output.global_, encoder.project(output.words[torch.arange(3), eot]))
    assert output.keep.sum(1).tolist() == (eot + 1).tolist()
    # A larger id earlier in the caption does not catch the eye, as it would with an arg-max.
    tokens[tokens == 49] = 5
    tokens[:, 1] = 49
    torch.testing.assert_close(encoder(tokens, eot).global_, encoder.project(encoder(tokens, eot).words[torch.arange(3), eot]))
    assert not torch.allclose(encoder(tokens, eot).global_, encoder(tokens, torch.ones_like(eot)).global_)


def test_initial_standard_deviations():
    torch.manual_seed(0)
    encoder = build_text_encoder("text_small", vocabulary=500)
    wanted = {"embedding.weight": 0.02, "positions": 0.01, "project.weight": 128**-0.5}
    wanted |= {"transformer.blocks.0.attention.qkv.weight": 128**-0.5, "transformer.blocks.3.mlp.2.weight": 128**-0.5 * 8**-0.5}
    for name, std in wanted.items():
        part = encoder.get_parameter(name)
        assert abs(float(part.std()) / std - 1) < 4 / (2 * part.numel()) ** 0.5, name
    assert (encoder.project.bias == 0).all()


def test_gradients_reach_everything():
    encoder = TextTransformer(**SMALL)
    tokens, eot = captions(20)
    output = encoder(tokens, eot)
    (output.global_.square().sum() + output.words.square().sum()).backward()
    assert [name for name, part in encoder.named_parameters() if part.grad is None or (part.grad == 0).all()] == []


def test_bad_input_is_named():
    encoder = TextTransformer(**SMALL)
    tokens, eot = captions()
    with pytest.raises(InputError, match="13 tokens do not fit the context of 12"):
        encoder(torch.ones(3, 13, dtype=torch.int64), eot)
    with pytest.raises(InputError, match=r"0 to 50 do not fit a vocabulary of 50: use the tokenizer that was saved"):
        encoder(torch.where(tokens == 49, 50, tokens), eot)
    with pytest.raises(InputError, match="eot positions must lie in rows of 12 tokens"):
        encoder(tokens, eot + 12)
    with pytest.raises(InputError, match="eot"):
        encoder(tokens, eot[:2])
    with pytest.raises(InputError, match="at least 2"):
        TextTransformer(**SMALL | {"context": 1})
