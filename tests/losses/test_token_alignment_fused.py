"""The fused kernels: run by Triton's interpreter here, on the GPU itself where there is one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from eelib.losses import filip_loss
from eelib.losses import token_alignment as module
from eelib.losses.checks import unit_rows
from eelib.losses.token_alignment import token_alignment

pytest.importorskip("triton")
SIZES = {
    "one tile": (2, 3, 5, 7, 8, True, True),
    "several texts, words and dimensions": (3, 18, 49, 77, 100, True, True),
    "many patches, one direction": (2, 2, 130, 20, 70, True, False),
    "many words, the other direction": (2, 2, 20, 130, 70, False, True),
}


def leaves(images, texts, patches, words, dims, device):
    torch.manual_seed(0)
    return [torch.randn(n, t, dims, device=device, requires_grad=True) for n, t in ((images, patches), (texts, words))]


def results(align, p, w, weights):
    """Values and gradients of a function of both directions in which every pair has its own gradient, of any size and sign."""
    i2t, t2i = align(p, w, *weights)
    slope = torch.linspace(-1, 1, i2t.numel(), device=i2t.device, dtype=i2t.dtype).view_as(i2t) ** 5
    return [i2t.detach(), t2i.detach(), *torch.autograd.grad((i2t * slope).sum() + (t2i * slope.cos()).sum(), (p, w))]


def compare(size, device):
    """Fused float32 against the plain form in float64."""
    from eelib.losses.token_alignment_fused import fused_alignment

    *shape, each_patch, each_word = size
    p, w = leaves(*shape, device)
    weights = [torch.rand(x.shape[:2], device=device) if wanted else None for x, wanted in ((p, each_patch), (w, each_word))]
    found = results(lambda p, w, u, v: fused_alignment(unit_rows(p), unit_rows(w), u, v), p, w, weights)
    exact = (x.detach().double().requires_grad_() for x in (p, w))
    expected = results(lambda *a: token_alignment(*a, None), *exact, [x if x is None else x.double() for x in weights])
    for one, other in zip(found, expected, strict=True):
        assert float((one - other).norm()) <= 5e-6 * float(other.norm())


@pytest.mark.parametrize("name", SIZES)
def test_kernels_equal_the_plain_form_in_the_interpreter(name):
    """In a process of its own: Triton reads the switch when it is imported."""
    environment = os.environ | {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run([sys.executable, __file__, name], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("size", [*SIZES.values(), (5, 40, 196, 32, 512, True, True), (4, 20, 200, 256, 64, True, True)])
def test_kernels_equal_the_plain_form_on_a_gpu(size):
    compare(size, "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_loss_on_a_gpu_takes_the_kernels_and_equals_that_of_a_cpu(monkeypatch):
    p, w = leaves(33, 33, 49, 77, 64, "cpu")
    keep = torch.arange(77) < torch.randint(1, 78, (33, 1))
    expected = filip_loss(p, w, 20.0, word_mask=keep, chunk=16)
    expected.backward()
    calls = []
    monkeypatch.setattr(module, "_can_fuse", lambda *a, known=module._can_fuse: calls.append(known(*a)) or calls[-1])
    q, v = (x.detach().cuda().requires_grad_() for x in (p, w))
    found = filip_loss(q, v, 20.0, word_mask=keep.cuda(), chunk=16)
    found.backward()
    assert calls == [True]
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-5, atol=1e-6)
    for one, other in ((q, p), (v, w)):
        torch.testing.assert_close(one.grad.cpu(), other.grad, rtol=1e-4, atol=1e-7)


def test_a_cpu_never_takes_the_kernels():
    p, w = leaves(2, 2, 3, 3, 8, "cpu")
    assert not module._can_fuse(p, w)


if __name__ == "__main__":
    compare(SIZES[sys.argv[1]], "cpu")
