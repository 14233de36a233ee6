"""Encoders by name, presets, and what happens to a wrong name."""

import pytest
import torch

from eelib.data.image_augment import augment, standardise
from eelib.data.tokens import Tokenizer
from eelib.errors import InputError
from eelib.losses.info_nce import info_nce
from eelib.models import build
from eelib.models.image_text import IMAGE_PRESETS, TEXT_PRESETS, build_image_encoder, build_text_encoder
from eelib.train.batches import step_generator


@pytest.mark.parametrize("name", sorted(IMAGE_PRESETS))
def test_image_presets_run_at_their_size(name):
    size = IMAGE_PRESETS[name][1]["image_size"]
    with torch.device("meta"):
        encoder = build_image_encoder(name, bands=4)
        output = encoder(torch.empty(2, 4, size, size))
    assert output.global_.shape == (2, encoder.embed_dim)
    assert output.feature.shape == (2, encoder.feature_dim)
    assert output.tokens.shape[2] == encoder.token_dim
    assert output.tokens.shape[1] >= 16  # enough places for a token-wise loss


@pytest.mark.parametrize("preset", sorted(TEXT_PRESETS))
def test_text_presets_run(preset):
    encoder = build_text_encoder(preset, vocabulary=100)
    output = encoder(torch.ones(2, encoder.context, dtype=torch.int64), torch.tensor([3, 4]))
    assert output.global_.shape == (2, encoder.embed_dim)
    assert output.words.shape == (2, encoder.context, encoder.width)


def test_sizes_go_before_the_preset():
    assert build_image_encoder("vit_tiny", embed_dim=7).embed_dim == 7
    assert len(build_text_encoder("text_tiny", vocabulary=9, layers=5).transformer.blocks) == 5


def test_the_common_registry_knows_them():
    assert build("vit", image_size=16, patch=8, width=8, layers=1, heads=1, embed_dim=4).embed_dim == 4
    assert build("resnet", layers=(1, 1), width=4, image_size=16, embed_dim=4).embed_dim == 4
    assert build("text", vocabulary=9, context=4, width=8, layers=1, heads=1, embed_dim=4).embed_dim == 4


def test_wrong_names_get_the_nearest_right_one():
    with pytest.raises(InputError, match="unknown image encoder 'vit_b16': did you mean 'vit_b32'"):
        build_image_encoder("vit_b16")
    with pytest.raises(InputError, match="unknown text encoder 'text_big'"):
        build_text_encoder("text_big")
    with pytest.raises(InputError, match="unknown size of encoder vit_tiny 'embed_dims': did you mean 'embed_dim'"):
        build_image_encoder("vit_tiny", embed_dims=7)


@pytest.mark.parametrize("name", ["vit_tiny", "resnet_tiny", "text_tiny"])
def test_half_precision_changes_little(name):
    torch.manual_seed(0)
    if name.startswith("text"):
        encoder, inputs = build_text_encoder(name, vocabulary=100).eval(), (torch.randint(1, 99, (4, 24)), torch.tensor([3, 9, 20, 23]))
    else:
        encoder, inputs = build_image_encoder(name).eval(), (torch.randn(4, 3, 32, 32),)
    plain = encoder(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(*inputs)
    for one, other in zip(plain[:2], half[:2], strict=True):
        assert float((one - other).norm() / one.norm()) < 0.03  # bfloat16 keeps eight bits


@pytest.mark.parametrize("name", ["vit_tiny", "resnet_tiny"])
def test_pairs_can_be_learnt(name):
    """Eight colours and their names: image and text encoder, tokenizer, augmentation and loss work together."""
    torch.manual_seed(0)
    captions = [f"a {shade} {hue} square" for shade in ("dark", "bright") for hue in ("red", "green", "blue", "white")]
    hues = torch.tensor([[1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1], [1, 1, 1]])
    squares = torch.cat([0.3 * hues, 0.9 * hues])[:, :, None, None].expand(-1, -1, 32, 32)
    tokenizer = Tokenizer.fit(captions, 8)
    tokens, eot, _ = (torch.from_numpy(part) for part in tokenizer.encode(captions))
    image, text = build_image_encoder(name), build_text_encoder("text_tiny", vocabulary=tokenizer.size, context=8)
    optimiser = torch.optim.AdamW([*image.parameters(), *text.parameters()], 2e-3)
    for step in range(40):
        views = standardise(augment(squares, "base", 32, step_generator(0, "test", step)))
        loss = info_nce(image(views).global_, text(tokens, eot).global_, 1 / 0.07)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.5  # ln 8 = 2.08 is chance
