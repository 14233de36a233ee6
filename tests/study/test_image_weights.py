"""The image encoder of an image-text model as a start: what it reads, what fits, what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import make_region

from eelib.apply.runs import arm_weights
from eelib.data.pairs.tiles import brightness
from eelib.data.tokens import Tokenizer
from eelib.errors import InputError
from eelib.evaluate.confusion import unpack
from eelib.settings import EncoderSettings, PretrainSettings, ProbeSettings, RegionSizes, SegmentSettings, ViewSettings, series_encoder
from eelib.study import embedding_earth, probing
from eelib.study.arm import Arm
from eelib.study.image_weights import load_image_weights, picture_normaliser
from eelib.study.pair_weights import model_from_card, save_model
from eelib.study.recipes import RECIPES, PretrainParams, ProbeParams, SegmentParams
from eelib.study.weights import input_normaliser, load_encoder, make_encoder
from eelib.train.batches import Normaliser
from eelib.train.fit import seeded

BANDS = ("B04", "B08", "B02")
SIZES = RegionSizes(unlabelled=8, train=8, validation=8, test=8, window=16, num_dates=4)
IMAGES = ("vit_tiny", "resnet_tiny")


def trained(folder, image="vit_tiny", bands=BANDS, size=32):
    """An image-text model as a training leaves it; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(bands)
    card = {
        "image": {"name": image, "freeze_patch": False},
        "text": {"name": "text_tiny", "layers": 1},
        "bands": list(bands),
        "size": size,
        "mean": [0.2 + 0.1 * n for n in range(count)],
        "std": [0.1 + 0.05 * n for n in range(count)],
        "token_dim": None,
        "count_pads": False,
        "clamp": "open_clip",
        "temperature": 0.07,
        "tokenizer": Tokenizer.fit(["a field", "a river"], 24).state(),
    }
    model = seeded(5, lambda: model_from_card(card))
    save_model(model, card, folder)
    return model.eval()


def network(image="vit_tiny", bands=3, num_dates=2):
    return seeded(0, lambda: make_encoder(series_encoder(image, num_dates), bands))


@pytest.mark.parametrize("image", IMAGES)
def test_reflectance_reaches_the_encoder_as_the_images_of_pairs_do(tmp_path, image):
    """From reflectance to features: the dense encoder gives what the image-text model gives for the pair of the same pixels."""
    model = trained(tmp_path, image)
    encoder = network(image)
    load_encoder(encoder, series_encoder(image, 2), BANDS, tmp_path)
    reflectance = np.random.default_rng(0).uniform(-0.05, 1.2, (2, 3, 32, 32)).astype(np.float32)
    series = picture_normaliser(tmp_path, BANDS)(torch.from_numpy(reflectance)[:, None])
    picture = torch.from_numpy(brightness(reflectance, BANDS))
    assert torch.equal(series[:, 0], (picture - model.mean) / model.std)
    with torch.no_grad():
        if image.startswith("vit"):
            encoder.stride = encoder.tower.patch  # without overlap, as the image-text model reads it
        last = encoder.eval().maps(series[:, 0])[-1]
        output = model.encode_image(picture)
        assert torch.equal(last.flatten(2).transpose(1, 2), output.tokens)
        if image.startswith("resnet"):
            assert torch.equal(model.image.project(model.image.pool(last)), output.global_)


def test_the_scaling_is_the_same_in_every_region(tmp_path):
    trained(tmp_path)
    normalise = picture_normaliser(tmp_path, BANDS)
    image = torch.rand(2, 4, 3, 8, 8)
    assert torch.equal(normalise(image), normalise(image, torch.tensor([0, 1])))
    assert normalise.bands == 3


@pytest.mark.parametrize("image", IMAGES)
def test_every_weight_is_loaded(tmp_path, image):
    model, encoder = trained(tmp_path, image), network(image)
    for value in model.image.parameters():
        value.data.add_(1.0)
    save_model(model, torch.load(tmp_path / "model.pt", weights_only=True)["card"], tmp_path)
    load_image_weights(encoder, series_encoder(image, 2), BANDS, tmp_path)
    own = model.image.state_dict()
    assert all(torch.equal(value, own[name]) for name, value in encoder.tower.state_dict().items())


def refused(message, encoder, settings, bands, folder):
    with pytest.raises(InputError, match=message) as caught:
        load_encoder(encoder, settings, bands, folder)
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_refused_in_one_line(tmp_path):
    trained(tmp_path)
    fits = series_encoder("vit_tiny", 2)
    refused("image encoder vit_tiny do not fit resnet_series of width 8: use vit_series of width 8", network("resnet_tiny"),
            series_encoder("resnet_tiny", 2), BANDS, tmp_path)  # fmt: skip
    refused("do not fit vit_series of width 16", network("vit_small"), series_encoder("vit_small", 2), BANDS, tmp_path)
    usual = EncoderSettings(width=4, num_dates=2)
    refused("do not fit unet3df of width 4", make_encoder(usual, 3), usual, BANDS, tmp_path)
    refused("3 bands where the region has 2", network(bands=2), fits, BANDS[:2], tmp_path)
    refused("the same bands in another order", network(), fits, BANDS[::-1], tmp_path)
    refused("other bands", network(), fits, ("B04", "B08", "B03"), tmp_path)
    trained(tmp_path / "large", size=64)
    refused(r"'positions' has shape \(65, 64\) where \(17, 64\) is needed.*have 64 pixels", network(), fits, BANDS, tmp_path / "large")
    (tmp_path / "model.pt").write_bytes(b"not a model")
    refused(r"model\.pt: this image-text model is missing or damaged", network(), fits, BANDS, tmp_path)
    refused(r"encoder\.pt: these weights are missing", network(), fits, BANDS, tmp_path / "nothing here")
    torch.save({"head.weight": torch.zeros(1)}, tmp_path / "model.pt")  # of a segmentation whose encoder.pt was lost
    refused("missing or damaged", network(), fits, BANDS, tmp_path)


ENCODER = series_encoder("vit_tiny", 2)
TRAINING = PretrainSettings(steps=2, batch_size=4, anchors=8, views=ViewSettings(size=8, num_dates=2))


def arm_of(recipe, params, needs):
    return Arm("test", recipe, 0, recipe, params, {"toy": "1"}, dict.fromkeys(needs))


def compute(arm, folder, needs):
    folder.mkdir(parents=True, exist_ok=True)
    return RECIPES[arm.recipe].load()(arm, folder, needs, lambda share: None)


@pytest.fixture
def region(monkeypatch):
    made = make_region(bands=BANDS)
    for module in (embedding_earth, probing):
        monkeypatch.setattr(module, "load_region", lambda name, sizes: made)
    probing.frozen_features.cache_clear()
    yield made
    probing.frozen_features.cache_clear()


def params(model, **changes):
    sizes = {"sizes": SIZES, "encoder": ENCODER}
    if model is PretrainParams:
        return PretrainParams(regions=("toy",), recipe=TRAINING, **sizes)
    recipe = ProbeSettings(penalties=(1e-3,), pixels=500) if model is ProbeParams else SegmentSettings(size=8, steps=2, lrs=(1e-3,))
    return model(region="toy", fraction=1.0, recipe=recipe, **sizes, **changes)


def test_language_starts_a_probe_a_fine_tuning_and_a_dense_pretraining(region, tmp_path):
    model = trained(tmp_path / "language")
    needs = {"pretrain": tmp_path / "language", "input": tmp_path / "language"}
    for kind, settings in (("probe", ProbeParams), ("segment", SegmentParams)):
        arm = arm_of(kind, params(settings, init="pretrained"), needs)
        found = compute(arm, tmp_path / kind, needs)
        assert unpack(found["confusion"]).sum() == (region.test.mask >= 0).sum()
    needs = {"start": tmp_path / "language", "input": tmp_path / "language"}
    compute(arm_of("pretrain", params(PretrainParams), needs), tmp_path / "both", needs)
    left = torch.load(tmp_path / "both" / "encoder.pt", weights_only=True)
    start, random = model.image.state_dict()["patches.weight"], network().tower.patches.weight
    moved = left["tower.patches.weight"] - start
    assert 0 < moved.abs().max() < (random - start).abs().max() / 5  # two steps away from language, not from random weights


def test_only_an_arm_that_needs_a_training_on_pairs_has_its_scaling(region, tmp_path):
    trained(tmp_path / "language")
    asked = params(ProbeParams, init="random")
    scaled = input_normaliser(asked, region, {"input": tmp_path / "language"})
    assert torch.equal(scaled.centre, picture_normaliser(tmp_path / "language", BANDS).centre)
    usual = input_normaliser(asked, region, {"pretrain": tmp_path / "language"})
    assert torch.equal(usual.centre, Normaliser.of(region.unlabelled).centre)
    alone = compute(arm_of("probe", asked, {}), tmp_path / "alone", {})
    with_scaling = compute(arm_of("probe", asked, {"input": 0}), tmp_path / "scaled", {"input": tmp_path / "language"})
    assert alone["confusion"] != with_scaling["confusion"]


def test_other_bands_of_the_scaling_are_refused(region, tmp_path):
    trained(tmp_path / "language", bands=("B04", "B08"))
    with pytest.raises(InputError, match="2 bands where the region has 3"):
        input_normaliser(params(ProbeParams, init="random"), replace(region), {"input": tmp_path / "language"})


def test_such_a_network_is_not_exported_with_a_scaling_that_it_does_not_have(tmp_path):
    content = {"experiment": "bridge", "key": "ab", "recipe": "segment@2", "params": {}, "metrics": {}, "needs": {"input": "cd"}}
    (tmp_path / "record.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="reads bands as an image-text model does"):
        arm_weights(tmp_path, content, "encoder")
