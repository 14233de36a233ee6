"""Zero-shot scores against their formulas, prompt by prompt."""

import numpy as np
import pytest
import torch

from eelib.errors import InputError
from eelib.evaluate.embed import TextEmbedding
from eelib.evaluate.zero_shot import class_embeddings, class_texts, global_scores, token_scores, token_similarity

GENERATOR = torch.Generator().manual_seed(0)
CLASSES, PROMPTS, LENGTH, DIM = 3, 4, 5, 6


def texts(mask_pads=True):
    keep = torch.arange(LENGTH) < torch.tensor([2, 3, 4, 5])[:, None]
    return [
        TextEmbedding(
            torch.randn(PROMPTS, DIM, generator=GENERATOR), torch.randn(PROMPTS, LENGTH, DIM, generator=GENERATOR), keep, mask_pads
        )
        for _ in range(CLASSES)
    ]


def unit(vector):
    return vector / np.linalg.norm(vector)


def test_global_scores_average_normalised_prompts():
    known, images = texts(), torch.randn(7, DIM, generator=GENERATOR)
    scores = global_scores(images, known)
    for n, image in enumerate(images.numpy()):
        for k, text in enumerate(known):
            mean = unit(np.mean([unit(prompt) for prompt in text.global_.numpy()], axis=0))
            assert scores[n, k] == pytest.approx(unit(image) @ mean, abs=1e-5)
    assert torch.allclose(class_embeddings(known).norm(dim=1), torch.ones(CLASSES))


@pytest.mark.parametrize("mask_pads", [True, False])
def test_token_scores_are_means_over_prompts_of_the_best_words(mask_pads):
    known, patches = texts(mask_pads), torch.randn(70, 4, DIM, generator=GENERATOR)  # more images than a chunk
    scores = token_scores(patches, known)
    for n in (0, 69):
        for k, text in enumerate(known):
            found = []
            for words, keep in zip(text.words.numpy(), text.keep.numpy(), strict=True):
                usable = [unit(word) for word, kept in zip(words, keep, strict=True) if kept or not mask_pads]
                found.append(np.mean([max(unit(patch) @ word for word in usable) for patch in patches[n].numpy()]))
            assert scores[n, k] == pytest.approx(np.mean(found), abs=1e-5)


def test_released_token_ensemble_averages_position_by_position():
    known, patches = texts(), torch.randn(3, 4, DIM, generator=GENERATOR)
    scores = token_scores(patches, known, "tokens")
    for n in range(3):
        for k, text in enumerate(known):
            mean = np.mean([[unit(word) for word in words] for words in text.words.numpy()], axis=0)
            mean = mean / np.sqrt((mean**2).sum())
            assert scores[n, k] == pytest.approx(np.mean([max(unit(p) @ word for word in mean) for p in patches[n].numpy()]), abs=1e-5)


def test_both_directions_of_token_similarity_keep_their_rows_in_chunks():
    patches, words = torch.randn(130, 2, DIM, generator=GENERATOR), torch.randn(3, LENGTH, DIM, generator=GENERATOR)
    whole = token_similarity(patches, words, None)
    part = token_similarity(patches[100:101], words, None)
    for one, other in zip(whole, part, strict=True):
        assert one.shape == (130, 3)
        torch.testing.assert_close(one[100:101], other)


def test_a_model_without_tokens_and_data_without_classes_are_refused():
    plain = [TextEmbedding(torch.randn(2, DIM), None, None)]
    with pytest.raises(InputError, match="no token-wise space"):
        token_scores(torch.randn(2, 3, DIM), plain)
    with pytest.raises(InputError, match="no classes"):
        class_texts(None, ("a {}",), ())
    with pytest.raises(InputError, match="placeholder"):
        class_texts(None, ("a field",), ("x",))
