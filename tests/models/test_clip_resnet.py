"""CLIP's ResNet against open_clip's, its sizes, initialisation and gradients."""

import pytest
import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip_weights import load_resnet
from torch import nn

from eelib.errors import InputError
from eelib.models.clip_resnet import ClipResNet
from eelib.models.image_text import build_image_encoder

SMALL = {"layers": (1, 2, 1, 1), "width": 8, "embed_dim": 16, "image_size": 64, "heads": 4}


def images(batch=2, bands=3, height=64, width=64, seed=0):
    return torch.randn(batch, bands, height, width, generator=torch.Generator().manual_seed(seed))


def awake(encoder):
    """The residual branches start at zero; give their last norms random weights so that everything contributes."""
    for name, part in encoder.named_parameters():
        if part.ndim == 1 and name.endswith("weight"):
            nn.init.uniform_(part, 0.5, 1.5)
    return encoder


@pytest.fixture
def pair():
    torch.manual_seed(0)
    reference = awake(ModifiedResNet([1, 2, 1, 1], output_dim=16, heads=4, image_size=64, width=8))
    encoder = ClipResNet(**SMALL)
    load_resnet(encoder, reference)
    return reference, encoder


@pytest.mark.parametrize("training", [False, True])
def test_outputs_equal_those_of_open_clip(pair, training):
    reference, encoder = (network.train(training) for network in pair)
    last = {}
    reference.layer4.register_forward_hook(lambda module, inputs, output: last.update(map=output))
    wanted, got = reference(images()), encoder(images())
    torch.testing.assert_close(got.global_, wanted, rtol=0, atol=1e-5)
    torch.testing.assert_close(got.tokens, last["map"].flatten(2).transpose(1, 2), rtol=0, atol=1e-5)
    torch.testing.assert_close(reference.attnpool.c_proj(got.feature), wanted, rtol=0, atol=1e-5)


def test_gradients_equal_those_of_open_clip(pair):
    reference, encoder = pair
    reference(images()).square().sum().backward()
    encoder(images()).global_.square().sum().backward()
    torch.testing.assert_close(encoder.stem[0].weight.grad, reference.conv1.weight.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(encoder.pool.positions.grad, reference.attnpool.positional_embedding.grad, rtol=1e-4, atol=1e-5)


def test_published_size_has_the_published_parts_and_no_unused_layer():
    with torch.device("meta"):
        encoder = build_image_encoder("resnet50")
        reference = ModifiedResNet([3, 4, 6, 3], output_dim=1024, heads=32, image_size=224, width=64)
    assert encoder.pool.heads == 32
    assert sum(part.numel() for part in encoder.parameters()) == sum(part.numel() for part in reference.parameters()) == written_out()
    assert encoder(torch.empty(2, 3, 224, 224, device="meta")).tokens.shape == (2, 49, 2048)
    assert not any("fc" in name for name, _ in encoder.named_parameters())


def written_out():
    """RN50 counted from the description: convolution and two numbers of batch norm per channel."""
    unit = lambda i, o, k: k * k * i * o + 2 * o  # noqa: E731 - one formula
    total, inputs = unit(3, 32, 3) + unit(32, 32, 3) + unit(32, 64, 3), 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 64 * 2**stage
        for block in range(depth):
            total += unit(inputs, width, 1) + unit(width, width, 3) + unit(width, 4 * width, 1)
            total += unit(inputs, 4 * width, 1) if block == 0 else 0
            inputs = 4 * width
    return total + 50 * 2048 + 3 * (2048**2 + 2048) + 2048 * 1024 + 1024


@pytest.mark.parametrize(("bands", "height", "width", "stride"), [(3, 64, 64, 2), (10, 64, 64, 1), (1, 32, 96, 2), (4, 80, 48, 1)])
def test_any_bands_and_multiples_of_the_stride(bands, height, width, stride):
    encoder = ClipResNet(**SMALL, bands=bands, last_stride=stride).eval()
    assert encoder.stride == 16 * stride
    output = encoder(images(2, bands, height, width))
    assert output.global_.shape == (2, 16)
    assert output.feature.shape == (2, encoder.feature_dim)
    assert output.tokens.shape == (2, height * width // encoder.stride**2, encoder.token_dim)


def test_initial_weights():
    torch.manual_seed(0)
    encoder = build_image_encoder("resnet_small")
    std = encoder.feature_dim**-0.5
    for name in ("pool.query", "pool.key", "pool.value", "project"):
        weight = encoder.get_submodule(name).weight
        assert abs(float(weight.std()) / std - 1) < 4 / (2 * weight.numel()) ** 0.5, name
    for stage in encoder.stages:
        assert all((block.body[-1].weight == 0).all() for block in stage)


def test_gradients_reach_everything():
    encoder = awake(ClipResNet(**SMALL))
    output = encoder(images(4))
    (output.global_.square().sum() + output.tokens.square().sum()).backward()
    # A bias shared by all keys shifts every score of a query alike, which the softmax takes away again.
    silent = [n for n, part in encoder.named_parameters() if part.grad is None or (part.grad == 0).all()]
    assert [name for name in silent if name != "pool.key.bias"] == []


def test_bad_input_is_named():
    encoder = ClipResNet(**SMALL)
    with pytest.raises(InputError, match="built for 3 bands"):
        encoder(images(bands=4))
    with pytest.raises(InputError, match="multiples of 32, got 48x64"):
        encoder(images(height=48))
    with pytest.raises(InputError, match="image_size=48 must be a positive multiple of the stride 32"):
        ClipResNet(**SMALL | {"image_size": 48})
    with pytest.raises(InputError, match="heads a divisor of 256"):
        ClipResNet(**SMALL | {"heads": 3})
