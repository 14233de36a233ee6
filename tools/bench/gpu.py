"""How it is measured on a GPU, and what. Without one the same code runs on the CPU at tiny sizes, and nothing is reported."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import steps
from cases import Call, Case, filip, info_nce, lightly, naive_filip, nt_xent, open_clip
from measure import operations

if TYPE_CHECKING:
    from torch import nn


def has_gpu() -> bool:
    """Whether torch sees one."""
    import torch

    return torch.cuda.is_available()


def vit_step(batch: int, size: str = "vit_b32", device: str = "cpu") -> Call:
    """Forward and backward of ViT-B/32 and its text encoder in bfloat16, captions of full length; compiled, as long trainings are."""
    import torch

    from eelib.losses import info_nce
    from eelib.models.image_text import build_image_encoder, build_text_encoder
    from eelib.models.image_text_model import ImageTextModel

    sizes = steps.CLIP_SIZES[size]
    image, text = build_image_encoder("vit_b32", **sizes["image"]), build_text_encoder("text_base", **sizes["text"])
    model = ImageTextModel(image, text, (0.5,) * 3, (0.25,) * 3).to(device)
    side = image.side * image.patch
    images, tokens = torch.rand(batch, 3, side, side, device=device), torch.randint(steps.VOCABULARY, (batch, 77), device=device)
    eot = torch.full((batch,), 76, device=device)
    _compile(device, image, text)

    def call() -> None:
        model.zero_grad()
        with torch.autocast(device, torch.bfloat16):
            loss = info_nce(model.encode_image(images).global_, model.encode_text(tokens, eot).global_, model.scale())
        loss.backward()

    return call


def unet_step(batch: int, width: int, side: int, device: str = "cpu") -> Call:
    """Forward and backward of UNet3Df in bfloat16, compiled, as in long trainings."""
    import torch

    from eelib.models import build

    model = build("unet3df", bands=10, num_dates=16, width=width).to(device).train()
    model.mixed_precision = True
    series, dates = torch.randn(batch, 16, 10, side, side, device=device), torch.randint(1, 366, (batch, 16), device=device)
    _compile(device, model)

    def call() -> None:
        model.zero_grad()
        model(series, dates).square().mean().backward()

    return call


def _compile(device: str, *networks: nn.Module) -> None:
    for network in networks if device == "cuda" else ():
        network.compile()


def _rows(make: Callable[..., Call], rows: int, products: float, **options: object) -> Case:
    return Case(make, {"rows": rows, **options}, {"rows": 32}, products * 2 * rows**2 * 64, repeats=20)


def _tokens(make: Callable[..., Call], samples: int, **options: object) -> Case:
    return Case(make, {"samples": samples, **options}, {"samples": 2}, 2 * samples**2 * 49 * 77 * 256, repeats=5)


TINY_CLIP = {"batch": 2, "size": "tiny"}
TINY_PRETRAIN = {"windows": 4, "width": 2, "batch": 2}

GPU_CASES: dict[str, Case] = {
    "info_nce 8192, chunk=4096": _rows(info_nce, 8192, 3, chunk=4096),
    "info_nce 65536, chunk=4096": _rows(info_nce, 65536, 3, chunk=4096),
    "open_clip ClipLoss 8192": _rows(open_clip, 8192, 3),
    "nt_xent 8192, chunk=4096": _rows(nt_xent, 8192, 6, chunk=4096),
    "lightly NTXentLoss 8192": _rows(lightly, 8192, 6),
    "filip_loss 256": _tokens(filip, 256, chunk=16),
    "filip_loss 2048": _tokens(filip, 2048, chunk=16),
    "filip_loss 4096": _tokens(filip, 4096, chunk=16),
    "FILIP written out 256": _tokens(naive_filip, 256),
    "pre-training step, width 64, bfloat16": Case(
        steps.pretraining, {"width": 64, "batch": 32, "precision": "bf16", "in_a_row": False}, TINY_PRETRAIN, repeats=10
    ),
    "pre-training step, width 64, plain": Case(steps.plain_pretraining, {"width": 64, "batch": 32}, TINY_PRETRAIN, repeats=10),
    "CLIP step, 77 tokens": Case(steps.clip, {"batch": 256, "half": True}, TINY_CLIP, repeats=10),
    "CLIP step, 77 tokens, open_clip": Case(steps.open_clip, {"batch": 256, "half": True}, TINY_CLIP, repeats=10),
    "ViT-B/32 step": Case(vit_step, {"batch": 512}, TINY_CLIP, repeats=10, counted=True),
    "UNet3Df step": Case(unet_step, {"batch": 64, "width": 64, "side": 24}, {"batch": 1, "width": 2, "side": 8}, repeats=10, counted=True),
}
"""All cases by name; every function takes the device as well."""


def measured(names: tuple[str, ...], tiny: bool) -> list[dict[str, Any]]:
    """Median seconds, growth of the allocator's peak in MB and operations of each case; the cases take turns."""
    import torch

    device = "cpu" if tiny else "cuda"
    cases = [GPU_CASES[name] for name in names]
    calls = [case.make(**case.options | (case.small if tiny else {}), device=device) for case in cases]
    with torch.compiler.set_stance("force_eager"):  # operations are counted as they are called
        counts = [operations(call) if case.counted else case.operations for case, call in zip(cases, calls, strict=True)]
    memory = [_grown(call) for call in calls]
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(1 if tiny else max(case.repeats for case in cases)):
        for call, found in zip(calls, times, strict=True):
            found.append(_clock(call))
    each = zip(times, memory, counts, strict=True)
    return [{"seconds": statistics.median(t), "times": t, "memory_mb": grown, "operations": count} for t, grown, count in each]


def gpu_ceilings(tiny: bool) -> dict[str, float]:
    """Rates of the device on a matrix product of 8192 rows and on a copy of 1 GB."""
    import torch

    device, rows, numbers = ("cpu", 64, 1 << 10) if tiny else ("cuda", 8192, 1 << 28)
    left, source = torch.randn(rows, rows, device=device), torch.randn(numbers, device=device)
    half, target = left.bfloat16(), torch.empty_like(source)
    return {
        "float32_gflops": 2 * rows**3 / _best(lambda: left @ left) / 1e9,
        "bfloat16_gflops": 2 * rows**3 / _best(lambda: half @ half) / 1e9,
        "copy_gb_per_s": 2 * 4 * numbers / _best(lambda: target.copy_(source)) / 1e9,
    }


def _best(call: Callable[[], object], turns: int = 10) -> float:
    call()
    return min(_clock(call) for _ in range(turns))


def _grown(call: Call) -> float | None:
    """Growth of the peak during a second call: the first sets up kernels and gradients."""
    import torch

    call()
    if not has_gpu():
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


def _clock(call: Callable[[], object]) -> float:
    """Seconds until the device has finished."""
    _finish()
    began = time.perf_counter()
    call()
    _finish()
    return time.perf_counter() - began


def _finish() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
