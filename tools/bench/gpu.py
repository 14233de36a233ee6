"""The part that needs a GPU. Without one the same code runs on the CPU at tiny sizes, and its rows are marked as not measured."""

from __future__ import annotations

import time
from collections.abc import Callable

from steps import CLIP_SIZES, VOCABULARY

Call = Callable[[], object]


def has_gpu() -> bool:
    """Whether torch sees one."""
    import torch

    return torch.cuda.is_available()


def vit_step(device: str, tiny: bool) -> Call:
    """Forward and backward of ViT-B/32 and its text encoder in bfloat16."""
    import torch

    from eelib.losses import info_nce
    from eelib.models.image_text import build_image_encoder, build_text_encoder
    from eelib.models.image_text_model import ImageTextModel

    sizes, batch = (CLIP_SIZES["tiny"], 2) if tiny else (CLIP_SIZES["vit_b32"], 512)
    image, text = build_image_encoder("vit_b32", **sizes["image"]), build_text_encoder("text_base", **sizes["text"])
    model = ImageTextModel(image, text, (0.5,) * 3, (0.25,) * 3).to(device)
    side = image.side * image.patch
    images, tokens = torch.rand(batch, 3, side, side, device=device), torch.randint(VOCABULARY, (batch, 77), device=device)
    eot = torch.full((batch,), 76, device=device)

    def call() -> None:
        with torch.autocast(device, torch.bfloat16):
            loss = info_nce(model.encode_image(images).global_, model.encode_text(tokens, eot).global_, model.scale())
        loss.backward()

    return call


def unet_step(device: str, tiny: bool) -> Call:
    """Forward and backward of UNet3Df at the published width in bfloat16."""
    import torch

    from eelib.models import build

    width, batch, side = (2, 1, 8) if tiny else (64, 32, 24)
    model = build("unet3df", bands=10, num_dates=16, width=width).to(device)
    series, dates = torch.randn(batch, 16, 10, side, side, device=device), torch.randint(1, 366, (batch, 16), device=device)

    def call() -> None:
        with torch.autocast(device, torch.bfloat16):
            value = model(series, dates).float().square().mean()
        value.backward()

    return call


def filip(device: str, tiny: bool) -> Call:
    """Forward and backward of the FILIP loss on 4096 samples."""
    import torch

    from eelib.losses import filip_loss

    samples = 4 if tiny else 4096
    patches = torch.randn(samples, 49, 256, device=device, requires_grad=True)
    words = torch.randn(samples, 77, 256, device=device, requires_grad=True)
    return lambda: filip_loss(patches, words, 10.0, chunk=64).backward()


def ceiling(device: str, tiny: bool, half: bool) -> float:
    """Operations per second of a large matrix product, in bfloat16 or float32."""
    import torch

    rows = 64 if tiny else 8192
    left = torch.randn(rows, rows, device=device, dtype=torch.bfloat16 if half else torch.float32)
    return 2 * rows**3 / seconds(lambda: left @ left, 10)


def rate(make: Callable[[str, bool], Call], device: str, tiny: bool) -> tuple[float, float]:
    """Operations and seconds of a call."""
    from measure import operations

    call = make(device, tiny)
    return operations(call), seconds(call, 1 if tiny else 5)


def seconds(call: Call, repeats: int) -> float:
    """Mean time of a call, after one that warms up; the device has finished when the clock is read."""
    import torch

    call()
    _finish(torch)
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    _finish(torch)
    return (time.perf_counter() - began) / repeats


def _finish(torch: object) -> None:
    if torch.cuda.is_available():  # type: ignore[attr-defined]
        torch.cuda.synchronize()  # type: ignore[attr-defined]
