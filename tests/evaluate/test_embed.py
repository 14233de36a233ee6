"""Embeddings of our models and of open_clip's."""

import numpy as np
import pytest
import torch
from tiny_open_clip import know_tiny, save_tiny
from toy_pairs import toy_pairs, toy_set

from eelib.errors import InputError
from eelib.evaluate import embed
from eelib.evaluate.embed import OurEmbedder
from eelib.settings_pairs import ImageEncoderSettings, PairData, PairRecipe, TextEncoderSettings
from eelib.study.clip_benchmark import make_module
from eelib.study.pair_methods import METHODS
from eelib.study.recipes import PairTrainParams

PAIRS = toy_pairs(7, 5)


def module_of(name):
    params = PairTrainParams(
        data=PairData(), image=ImageEncoderSettings(), text=TextEncoderSettings(), method=METHODS[name], recipe=PairRecipe()
    )
    return make_module(params, toy_set(), 0)[0]


@pytest.mark.parametrize("name", ["clip", "filip"])
def test_batches_do_not_change_embeddings(name, monkeypatch):
    module = module_of(name)
    embedder = OurEmbedder(module.model, module.tokenizer)
    whole, words = embedder.images(PAIRS), embedder.texts(PAIRS.texts)
    monkeypatch.setattr(embed, "BATCH", 3)
    for one, other in zip([*whole, *words], [*embedder.images(PAIRS), *embedder.texts(PAIRS.texts)], strict=True):
        assert type(one) is type(other)
        if isinstance(one, torch.Tensor):
            torch.testing.assert_close(one, other)
    assert (whole.patches is None) == (words.words is None) == (name == "clip")
    assert whole.global_.shape == (7, 64) and whole.feature.shape == (7, 64)


def test_embeddings_are_those_of_the_model():
    module = module_of("filip")
    output = OurEmbedder(module.model, module.tokenizer).images(PAIRS)
    with torch.no_grad():
        expected = module.model.encode_image(torch.from_numpy(PAIRS.image(range(7))))
        torch.testing.assert_close(output.global_, expected.global_)
        torch.testing.assert_close(output.patches, module.model.patch_project(expected.tokens))


def test_the_margin_cuts_the_border_off():
    module = module_of("clip")
    framed = PAIRS.image(range(7))
    framed[:, :, [0, -1]] = 0.5
    framed[:, :, :, [0, -1]] = 0.5
    other = PAIRS.take(range(7), read=lambda rows: framed[rows])
    whole, inner = (OurEmbedder(module.model, module.tokenizer, margin=margin) for margin in (1.0, 1.6))
    torch.testing.assert_close(inner.images(PAIRS).global_, inner.images(other).global_)
    assert not torch.allclose(whole.images(PAIRS).global_, whole.images(other).global_)


@pytest.fixture
def small_open_clip(monkeypatch):
    return know_tiny(monkeypatch)


def test_a_model_of_open_clip_goes_through_the_same_interface(small_open_clip, tmp_path):
    from eelib.evaluate.open_clip_embedder import OpenClipEmbedder

    trained = save_tiny(small_open_clip, tmp_path / "own.pt")
    embedder = OpenClipEmbedder(f"tiny/{tmp_path / 'own.pt'}")
    images, texts = embedder.images(PAIRS), embedder.texts(["a field", "a lake"])
    assert images.global_.shape == (7, 16) and texts.global_.shape == (2, 16)
    assert images.patches is None and texts.words is None
    with torch.no_grad():
        expected = trained.eval().encode_text(small_open_clip.get_tokenizer("tiny")(["a field", "a lake"]))
    torch.testing.assert_close(texts.global_, expected)
    again = OpenClipEmbedder("tiny")
    assert np.array_equal(again.images(PAIRS).global_, OpenClipEmbedder("tiny").images(PAIRS).global_)


def test_open_clip_models_that_do_not_exist_are_refused(small_open_clip, tmp_path):
    from eelib.evaluate.open_clip_embedder import OpenClipEmbedder

    with pytest.raises(InputError, match="unknown architecture of open_clip 'ViT-Z': did you mean"):
        OpenClipEmbedder("ViT-Z/laion2b")
    with pytest.raises(InputError, match="cannot be loaded"):
        OpenClipEmbedder(f"tiny/{tmp_path / 'none.pt'}")
    (tmp_path / "damaged.pt").write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot be loaded") as caught:
        OpenClipEmbedder(f"tiny/{tmp_path / 'damaged.pt'}")
    assert "\n" not in str(caught.value)
