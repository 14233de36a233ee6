"""What is measured: ours, peers and naive forms, each as a function that prepares its input and returns the call to time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import steps

from eelib.train.loaders import IN_A_ROW

Call = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes:
        make: Prepares the input and returns the call.
        options: Arguments of ``make``.
        small: Those that differ in a tiny version: for a smoke run, and called once before memory is measured, so that what a library
            sets up once is not counted.
        operations: Floating-point operations that no implementation can do without, 0 where that is no useful bound.
        repeats: Timed calls.
        threads: Threads of torch; None for all cores.
        per_call: Steps that one call takes; times are those of one.
        counted: Count the operations of a call instead of naming them.
    """

    make: Callable[..., Call]
    options: dict[str, object]
    small: dict[str, object] = field(default_factory=dict)
    operations: float = 0
    repeats: int = 5
    threads: int | None = None
    per_call: int = 1
    counted: bool = False


def info_nce(rows: int, chunk: int | None, dims: int = 64, device: str = "cpu") -> Call:
    """Forward and backward of our ``info_nce``."""
    from eelib.losses import info_nce

    a, b = _leaves(device, (rows, dims), (rows, dims))
    return lambda: info_nce(a, b, 10.0, chunk=chunk).backward()


def open_clip(rows: int, dims: int = 64, device: str = "cpu") -> Call:
    """Forward and backward of open_clip's ClipLoss on rows that are normalised in the call, as ours are."""
    import torch
    import torch.nn.functional as F
    from open_clip.loss import ClipLoss

    a, b = _leaves(device, (rows, dims), (rows, dims))
    loss, scale = ClipLoss(), torch.tensor(10.0, device=device)
    return lambda: loss(F.normalize(a, dim=1), F.normalize(b, dim=1), scale).backward()


def nt_xent(rows: int, chunk: int | None, dims: int = 64, device: str = "cpu") -> Call:
    """Forward and backward of our ``nt_xent``."""
    from eelib.losses import nt_xent

    a, b = _leaves(device, (rows, dims), (rows, dims))
    return lambda: nt_xent(a, b, 0.1, chunk=chunk).backward()


def lightly(rows: int, dims: int = 64, device: str = "cpu") -> Call:
    """Forward and backward of lightly's NTXentLoss."""
    from lightly.loss import NTXentLoss

    a, b = _leaves(device, (rows, dims), (rows, dims))
    loss = NTXentLoss(temperature=0.1)
    return lambda: loss(a, b).backward()


def filip(samples: int, chunk: int | None, patches: int = 49, words: int = 77, dims: int = 256, device: str = "cpu") -> Call:
    """Forward and backward of our ``filip_loss``."""
    from eelib.losses import filip_loss

    p, q = _leaves(device, (samples, patches, dims), (samples, words, dims))
    return lambda: filip_loss(p, q, 10.0, chunk=chunk).backward()


def naive_filip(samples: int, patches: int = 49, words: int = 77, dims: int = 256, device: str = "cpu") -> Call:
    """The same loss written out: all cosines at once."""
    import torch
    import torch.nn.functional as F

    p, q = _leaves(device, (samples, patches, dims), (samples, words, dims))
    own = torch.arange(samples, device=device)

    def call() -> None:
        cosines = torch.einsum("ipd,jld->ijpl", F.normalize(p, dim=-1), F.normalize(q, dim=-1))
        i2t, t2i = 10 * cosines.max(3).values.mean(2), 10 * cosines.max(2).values.mean(2)
        (0.5 * (F.cross_entropy(i2t, own) + F.cross_entropy(t2i.T, own))).backward()

    return call


def dense(images: int, chunk: int | None, side: int = 16, dims: int = 64) -> Call:
    """Forward and backward of our ``dense_info_nce`` on all pixels of two equal views, with the guard radius of the default recipe."""
    import torch

    from eelib.data.views import pixel_index
    from eelib.losses import dense_info_nce
    from eelib.settings import PretrainSettings

    recipe, index = PretrainSettings(), pixel_index(side, side).expand(images, -1, -1)
    z_a, z_b = _leaves("cpu", (images, dims, side, side), (images, dims, side, side))
    options = {"temperature": recipe.temperature, "anchors": side**2, "guard_radius": recipe.guard_radius, "chunk": chunk}
    generator = torch.Generator().manual_seed(0)
    return lambda: dense_info_nce(z_a, z_b, index, index, generator=generator, **options).backward()


def naive_dense(images: int, side: int = 16, dims: int = 64) -> Call:
    """The same loss written out, see :mod:`plain`."""
    import torch
    from plain import dense_loss

    from eelib.settings import PretrainSettings

    recipe, index = PretrainSettings(anchors=side**2), torch.arange(side**2).reshape(side, side).expand(images, -1, -1)
    z_a, z_b = _leaves("cpu", (images, dims, side, side), (images, dims, side, side))
    return lambda: dense_loss(z_a, z_b, index, index, recipe, side).backward()


def world(region: str, windows: int = 50) -> Call:
    """Simulate series of 12 dates, 10 bands and 32 x 32 pixels."""
    from eelib.data.world import simulate_windows

    return lambda: simulate_windows(region, 0, range(windows))


def layout(channels_last: bool, width: int = 8) -> Call:
    """Forward and backward of UNet3Df on the views of one step of profile quick, in a memory layout."""
    import torch

    from eelib.models import build

    torch.manual_seed(0)
    model = build("unet3df", bands=10, num_dates=8, width=width)
    if not channels_last:
        model = model.to(memory_format=torch.contiguous_format)
    series, dates = torch.randn(8, 8, 10, 12, 12), torch.randint(1, 365, (8, 8))
    return lambda: model(series, dates).square().mean().backward()


def _leaves(device: str, *shapes: tuple[int, ...]) -> list:
    import torch

    torch.manual_seed(0)
    return [torch.randn(shape, device=device, requires_grad=True) for shape in shapes]


def _rows(make: Callable[..., Call], rows: int, products: float, repeats: int, **options: object) -> Case:
    """A case of N rows of 64, whose floor is that many matrix products N x 64 x N."""
    return Case(make, {"rows": rows, **options}, {"rows": 32}, products * 2 * rows**2 * 64, repeats)


def _tokens(make: Callable[..., Call], samples: int, repeats: int, **options: object) -> Case:
    """FILIP; the floor is one product of all tokens, for which token is best is known only after it."""
    return Case(make, {"samples": samples, **options}, {"samples": 2}, 2 * samples**2 * 49 * 77 * 256, repeats)


def _pixels(make: Callable[..., Call], images: int, repeats: int, **options: object) -> Case:
    """The dense loss of images of 256 pixels of 64 numbers; the floor is that of InfoNCE."""
    return Case(make, {"images": images, **options}, {"images": 1, "side": 4}, 3 * 2 * (images * 256) ** 2 * 64, repeats)


def _step(make: Callable[..., Call], repeats: int, small: dict[str, object], per_call: int = 1, **options: object) -> Case:
    """A training step; its operations are counted, those of the optimiser left out."""
    return Case(make, options, small, repeats=repeats, per_call=per_call, counted=True)


TINY_CLIP = {"batch": 2, "size": "tiny"}
TINY_PRETRAIN = {"windows": 4, "width": 2}

# InfoNCE cannot do without the logits and two gradients, three products; NT-Xent has 2N rows and needs each pair once.
CASES: dict[str, Case] = {
    "info_nce 8192, plain": _rows(info_nce, 8192, 3, 5, chunk=None),
    "info_nce 8192, chunk=1024": _rows(info_nce, 8192, 3, 5, chunk=1024),
    "info_nce 65536, chunk=1024": _rows(info_nce, 65536, 3, 1, chunk=1024),
    "open_clip ClipLoss 8192": _rows(open_clip, 8192, 3, 5),
    "nt_xent 8192, chunk=1024": _rows(nt_xent, 8192, 6, 3, chunk=1024),
    "lightly NTXentLoss 8192": _rows(lightly, 8192, 6, 3),
    "dense_info_nce 4096, chunk=1024": _pixels(dense, 16, 5, chunk=1024),
    "dense loss written out 4096": _pixels(naive_dense, 16, 5),
    "filip_loss 256, chunk=16": _tokens(filip, 256, 3, chunk=16),
    "filip_loss 2048, chunk=16": _tokens(filip, 2048, 1, chunk=16),
    "FILIP written out 256": _tokens(naive_filip, 256, 3),
    "pre-training step": _step(steps.pretraining, 9, TINY_PRETRAIN, per_call=IN_A_ROW),
    "pre-training step, bfloat16": _step(steps.pretraining, 9, TINY_PRETRAIN, per_call=IN_A_ROW, precision="bf16"),
    "pre-training step, plain": _step(steps.plain_pretraining, 9, TINY_PRETRAIN, per_call=IN_A_ROW),
    "pre-training step, width 64": _step(steps.pretraining, 3, TINY_PRETRAIN, in_a_row=False, width=64),
    "pre-training step, width 64, bfloat16": _step(steps.pretraining, 3, TINY_PRETRAIN, in_a_row=False, width=64, precision="bf16"),
    "pre-training step, width 64, plain": _step(steps.plain_pretraining, 3, TINY_PRETRAIN, width=64),
    "CLIP step, 30 tokens": _step(steps.clip, 3, TINY_CLIP, length=30),
    "CLIP step, 30 tokens, open_clip": _step(steps.open_clip, 3, TINY_CLIP, length=30),
    "CLIP step, 77 tokens": _step(steps.clip, 3, TINY_CLIP, length=77),
    "CLIP step, 77 tokens, open_clip": _step(steps.open_clip, 3, TINY_CLIP, length=77),
    "UNet3Df, channels last": Case(layout, {"channels_last": True}, {"width": 2}),
    "UNet3Df, contiguous": Case(layout, {"channels_last": False}, {"width": 2}),
    **{
        f"world, {region}": Case(world, {"region": region}, {"windows": 1}, threads=1, repeats=3)
        for region in ("germany", "france", "ghana", "south_sudan")
    },
}
"""All cases by name."""
