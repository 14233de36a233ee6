"""ViT against open_clip's, its initialisation, sizes and gradients."""

import pytest
import torch
from open_clip.transformer import QuickGELU, VisionTransformer
from open_clip_weights import load_vit

from eelib.errors import InputError
from eelib.models.image_text import build_image_encoder
from eelib.models.vit import PatchConv, ViT, resize_positions

SMALL = {"image_size": 32, "patch": 8, "width": 32, "layers": 2, "heads": 4, "embed_dim": 16}


def images(batch=2, bands=3, height=32, width=32, seed=0):
    return torch.randn(batch, bands, height, width, generator=torch.Generator().manual_seed(seed))


def theirs(**changes):
    sizes = {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "heads": 4, "mlp_ratio": 4.0, "output_dim": 16} | changes
    return VisionTransformer(**sizes, act_layer=QuickGELU, output_tokens=True)


def test_outputs_equal_those_of_open_clip():
    reference, encoder = theirs().eval(), ViT(**SMALL).eval()
    load_vit(encoder, reference)
    reference_last = {}
    reference.transformer.register_forward_hook(lambda module, inputs, output: reference_last.update(x=output))
    wanted, _ = reference(images())
    got = encoder(images())
    torch.testing.assert_close(got.global_, wanted, rtol=0, atol=1e-5)
    torch.testing.assert_close(got.tokens, reference_last["x"][:, 1:], rtol=0, atol=1e-5)
    torch.testing.assert_close(got.feature, reference.ln_post(reference_last["x"][:, 0]), rtol=0, atol=1e-5)


def test_gradients_equal_those_of_open_clip():
    reference, encoder = theirs(), ViT(**SMALL)
    load_vit(encoder, reference)
    for network, output in ((reference, reference(images())[0]), (encoder, encoder(images()).global_)):
        output.square().sum().backward()
        assert network.ln_pre.weight.grad is not None
    torch.testing.assert_close(encoder.patches.weight.grad, reference.conv1.weight.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(encoder.positions.grad, reference.positional_embedding.grad, rtol=1e-4, atol=1e-5)


def test_published_size_has_the_published_parts():
    with torch.device("meta"):
        encoder = build_image_encoder("vit_b32")
        reference = theirs(image_size=224, patch_size=32, width=768, layers=12, heads=12, output_dim=512)
    count = sum(part.numel() for part in encoder.parameters())
    blocks = 12 * (12 * 768**2 + 13 * 768)
    assert count == 3 * 32**2 * 768 + 768 + 50 * 768 + 4 * 768 + blocks + 768 * 512
    assert count == sum(part.numel() for part in reference.parameters()) == 87_849_216
    assert encoder(torch.empty(2, 3, 224, 224, device="meta")).tokens.shape == (2, 49, 768)


@pytest.mark.parametrize(("bands", "height", "width"), [(3, 32, 32), (10, 32, 32), (1, 64, 64), (4, 24, 48)])
def test_any_bands_and_multiples_of_the_patch(bands, height, width):
    encoder = ViT(**SMALL, bands=bands)
    output = encoder(images(2, bands, height, width))
    assert output.global_.shape == (2, 16)
    assert output.feature.shape == (2, encoder.feature_dim)
    assert output.tokens.shape == (2, height * width // 64, encoder.token_dim)
    assert all(torch.isfinite(part).all() for part in output)


def test_interpolated_positions_keep_the_class_token_and_the_order():
    positions = torch.arange(1, 6.0)[:, None] * torch.ones(2)
    grown = resize_positions(positions, 2, 4, 4)
    assert grown.shape == (17, 2)
    assert torch.equal(grown[0], positions[0])
    grid = grown[1:, 0].reshape(4, 4)
    assert (grid.diff(dim=0) > 0).all() and (grid.diff(dim=1) > 0).all()
    assert resize_positions(positions, 2, 2, 2) is positions


def test_tokens_are_rows_from_the_top_left():
    encoder = ViT(**SMALL | {"layers": 1}).eval()
    changed = images()
    changed[:, :, 8:16, 24:32] += 1  # the patch in row 1, column 3 of 4
    with torch.no_grad():
        change = (encoder.patches(changed) - encoder.patches(images())).flatten(2).abs().sum((0, 1))
        moved = (encoder(changed).tokens - encoder(images()).tokens).square().mean((0, 2))
    assert torch.nonzero(change).flatten().tolist() == [7]
    assert moved.argmax() == 7


def test_initial_standard_deviations():
    torch.manual_seed(0)
    width, layers = 128, 4
    encoder = ViT(image_size=64, patch=8, width=width, layers=layers, heads=4, embed_dim=128)
    branch = width**-0.5 * (2 * layers) ** -0.5
    wanted = {"class_token": width**-0.5, "positions": 0.01, "project.weight": width**-0.5}
    for n in range(layers):
        at = f"transformer.blocks.{n}."
        wanted |= {at + "attention.qkv.weight": width**-0.5, at + "attention.out.weight": branch}
        wanted |= {at + "mlp.0.weight": (2 * width) ** -0.5, at + "mlp.2.weight": branch}
    parts = dict(encoder.named_parameters())
    for name, std in wanted.items():
        # Four standard errors of a standard deviation estimated from n values.
        assert abs(float(parts[name].std()) / std - 1) < 4 / (2 * parts[name].numel()) ** 0.5, name
    assert all((part == 0).all() for name, part in parts.items() if name.endswith("bias"))


def test_gradients_reach_everything_but_a_frozen_patch():
    for freeze in (False, True):
        encoder = ViT(**SMALL, freeze_patch=freeze)
        output = encoder(images())
        (output.global_.square().sum() + output.tokens.square().sum()).backward()
        silent = [name for name, part in encoder.named_parameters() if part.grad is None or (part.grad == 0).all()]
        assert silent == (["patches.weight"] if freeze else [])


def test_images_of_a_batch_do_not_mix():
    encoder = ViT(**SMALL).eval()
    torch.testing.assert_close(encoder(images(3)).global_[1:2], encoder(images(3)[1:2]).global_, rtol=1e-5, atol=1e-5)


def test_bad_input_is_named():
    encoder = ViT(**SMALL)
    with pytest.raises(InputError, match=r"built for 3 bands; got \(2, 4, 32, 32\)"):
        encoder(images(bands=4))
    with pytest.raises(InputError, match="multiples of 8, got 30x32"):
        encoder(images(height=30))
    with pytest.raises(InputError, match="image_size=30 must be a positive multiple of patch=8"):
        ViT(**SMALL | {"image_size": 30})
    with pytest.raises(InputError, match="heads must divide width"):
        ViT(**SMALL | {"heads": 5})


def test_patches_as_a_product_are_the_convolution():
    torch.manual_seed(0)
    layer, images = PatchConv(4, 6, 8), torch.rand(2, 4, 16, 24, requires_grad=True)
    found = layer.product(images)
    expected = layer(images)
    torch.testing.assert_close(found, expected)
    slope = torch.randn_like(found)
    inputs = images, layer.weight
    for one, other in zip(torch.autograd.grad(found, inputs, slope), torch.autograd.grad(expected, inputs, slope), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
