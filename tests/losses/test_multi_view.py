"""Multi-view CLIP."""

import numpy as np
import oracle
import pytest
import torch

from eelib.errors import InputError
from eelib.losses import info_nce, multi_view_clip


def views(count, seed, rows=6, dims=4):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(rows, dims, generator=generator, dtype=torch.float64) for _ in range(count)]


@pytest.mark.parametrize("chunk", [None, 4])
def test_value_and_gradient_equal_the_mean_of_the_oracle(chunk):
    images, texts = views(2, 1), views(3, 2)
    images[0].requires_grad_()
    loss = multi_view_clip(images, texts, 6.0, chunk=chunk)
    loss.backward()

    def slow(first):
        return np.mean([oracle.info_nce(image, text.numpy(), 6.0) for image in (first, images[1].numpy()) for text in texts])

    first = images[0].detach().numpy()
    assert float(loss) == pytest.approx(slow(first), rel=1e-10)
    np.testing.assert_allclose(images[0].grad, oracle.numeric_gradient(slow, first), atol=1e-8)


def test_algebra():
    images, texts = views(2, 1), views(2, 2)
    loss = multi_view_clip(images, texts, 6.0)
    torch.testing.assert_close(multi_view_clip(images[:1], texts[:1], 6.0), info_nce(images[0], texts[0], 6.0))  # one view each is CLIP
    torch.testing.assert_close(multi_view_clip(images[::-1], texts[::-1], 6.0), loss)
    torch.testing.assert_close(multi_view_clip(texts, images, 6.0), loss)
    torch.testing.assert_close(multi_view_clip([*images, *images], texts, 6.0), loss)
    order = torch.randperm(6)
    torch.testing.assert_close(multi_view_clip([view[order] for view in images], [view[order] for view in texts], 6.0), loss)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="at least one view"):
        multi_view_clip([], views(1, 1), 1.0)
    with pytest.raises(InputError, match="one shape"):
        multi_view_clip(views(1, 1), views(1, 1, rows=5), 1.0)
