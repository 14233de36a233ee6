"""Whole training steps, data to optimiser: ours and a plain implementation, ours and open_clip's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eelib.data.windows import Windows
    from eelib.settings import PretrainSettings
    from eelib.train.pretrain import Pretraining

Call = Callable[[], object]

BANDS, DATES, SIDE = 10, 8, 32  # of the simulated regions in profile quick; series have twice the dates of a view


def pretraining(
    width: int = 8, windows: int = 64, precision: str = "32", batch: int | None = None, device: str = "cpu", in_a_row: bool = True
) -> Call:
    """One step of our pre-training with the default recipe, as profile quick takes it, or with the encoder in bfloat16.

    Where batches are made several in a row, only the mean of as many steps tells what one costs.
    """
    module, stream = make_pretraining(width, windows, precision, batch, end=math.inf if in_a_row else 0)
    optimiser = module.to(device).configure_optimizers()["optimizer"]

    def call() -> None:
        a, b, generator = next(stream)
        a, b = ({name: value.to(device) for name, value in view.items()} for view in (a, b))
        loss = module.training_step((a, b, generator), 0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return call


def make_pretraining(
    width: int, windows: int, precision: str = "32", batch: int | None = None, loaders: int = 0, end: float = math.inf
) -> tuple[Pretraining, Iterator[Any]]:
    """Our module, and its batches as training gets them, from so many loader threads; none in a row beyond the step ``end``."""
    import torch

    from eelib.models import build
    from eelib.train.batches import Normaliser, WindowBatches
    from eelib.train.prefetch import Prefetcher
    from eelib.train.pretrain import Pretraining

    data, settings = some_windows(windows), recipe(precision, batch)
    torch.manual_seed(0)
    module = Pretraining(build("unet3df", bands=BANDS, num_dates=DATES, width=width), settings, Normaliser.of(data), 0)
    return module, iter(Prefetcher(WindowBatches(data, settings.batch_size, 0), module.prepare, loaders, end))


def plain_pretraining(width: int = 8, windows: int = 64, batch: int | None = None, device: str = "cpu") -> Call:
    """The same step as one would first write it, see :mod:`plain`."""
    import torch
    from plain import PlainHead, PlainUNet3Df, TwoViews, dense_loss
    from torch.utils.data import DataLoader

    from eelib.train.batches import Normaliser

    data, settings = some_windows(windows), recipe("32", batch)
    normalise = Normaliser.of(data)
    torch.manual_seed(0)
    network, head = PlainUNet3Df(BANDS, DATES, width).to(device), PlainHead(2 * width, settings.embed_dim).to(device)
    optimiser = torch.optim.AdamW([*network.parameters(), *head.parameters()], lr=settings.lr, weight_decay=settings.weight_decay)
    views = TwoViews(data, settings, normalise.centre, normalise.scale)
    stream = endless(DataLoader(views, batch_size=settings.batch_size, shuffle=True, drop_last=True))

    def call() -> None:
        a, b = ({name: value.to(device) for name, value in view.items()} for view in next(stream))
        z_a, z_b = head(network(a["image"], a["dates"])), head(network(b["image"], b["dates"]))
        loss = dense_loss(z_a, z_b, a["index"], b["index"], settings, SIDE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return call


def recipe(precision: str, batch: int | None) -> PretrainSettings:
    """The default recipe, but for the precision and the number of windows in a batch."""
    from eelib.settings import PretrainSettings

    given = PretrainSettings(precision=precision)
    return given if batch is None else given.model_copy(update={"batch_size": batch})


def endless(loader: Any) -> Iterator[Any]:  # noqa: ANN401 - a loader of anything
    """Pass after pass."""
    while True:
        yield from loader


def some_windows(count: int) -> Windows:
    """Random reflectance in the shape of the simulated regions: the speed of a step does not depend on what is in the pixels."""
    import numpy as np

    from eelib.data.windows import Windows

    rng = np.random.default_rng(0)
    image = rng.random((count, 2 * DATES, BANDS, SIDE, SIDE), dtype=np.float32)
    dates = np.sort(rng.integers(1, 366, (count, 2 * DATES)), 1)
    return Windows(image, dates, np.arange(count), None, np.zeros((count, 2), np.int64))


CLIP_SIZES: dict[str, dict[str, dict[str, int]]] = {
    "vit_b32": {"image": {}, "text": {}},
    "tiny": {"image": {"image_size": 64, "width": 64, "layers": 1, "heads": 1}, "text": {"width": 64, "layers": 1, "heads": 1}},
}
VOCABULARY, CONTEXT, END = 49_408, 77, 49_407


def clip(batch: int = 8, length: int = CONTEXT, size: str = "vit_b32", half: bool = False, device: str = "cpu") -> Call:
    """One step of our ViT-B/32 and text transformer with InfoNCE and AdamW; pads behind the longest caption are cut off."""
    import torch

    from eelib.losses import info_nce
    from eelib.models.image_text import build_image_encoder, build_text_encoder
    from eelib.models.image_text_model import ImageTextModel, trimmed

    torch.manual_seed(0)
    sizes = CLIP_SIZES[size]
    image, text = build_image_encoder("vit_b32", **sizes["image"]), build_text_encoder("text_base", **sizes["text"])
    model = ImageTextModel(image, text, (0.5,) * 3, (0.25,) * 3).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    images, tokens, eot = _pairs(batch, length, image.side * image.patch, device)

    def call() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=half):
            found = model.encode_image(images).global_, model.encode_text(trimmed(tokens, eot), eot).global_
            loss = info_nce(*found, model.scale())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        model.clamp_scales()

    return call


def open_clip(batch: int = 8, length: int = CONTEXT, size: str = "vit_b32", half: bool = False, device: str = "cpu") -> Call:
    """The same step of open_clip's model of the same architecture, its loss, and AdamW."""
    import logging

    import torch
    from open_clip import CLIP, get_model_config
    from open_clip.loss import ClipLoss

    logging.getLogger().setLevel(logging.ERROR)
    torch.manual_seed(0)
    config, sizes = get_model_config("ViT-B-32-quickgelu"), CLIP_SIZES[size]
    vision, text = (dict(config[part]) | sizes[name] for part, name in (("vision_cfg", "image"), ("text_cfg", "text")))
    if heads := vision.pop("heads", None):  # they name the width of a head instead
        vision["head_width"] = vision["width"] // heads
    model = CLIP(config["embed_dim"], vision, text, quick_gelu=True).to(device)
    optimiser, loss_of = torch.optim.AdamW(model.parameters(), lr=1e-4), ClipLoss()
    images, tokens, _ = _pairs(batch, length, vision["image_size"], device)

    def call() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=half):
            loss = loss_of(*model((images - 0.5) / 0.25, tokens))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)

    return call


def _pairs(batch: int, length: int, side: int, device: str) -> tuple[Any, Any, Any]:
    """Random images in 0..1, and captions of at most ``length`` tokens, the rest pads."""
    import torch

    images = torch.rand(batch, 3, side, side)
    eot = torch.full((batch,), length - 1)
    tokens = torch.randint(1, END, (batch, CONTEXT))
    tokens[:, length:] = 0
    tokens[torch.arange(batch), eot] = END
    return images.to(device), tokens.to(device), eot.to(device)
