"""Any model of open_clip behind the same interface, so that the same evaluation places it beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from eelib.data.image_augment import standardise
from eelib.data.pairs.containers import Pairs
from eelib.errors import InputError, unknown
from eelib.evaluate.embed import BATCH, ImageEmbedding, TextEmbedding


class OpenClipEmbedder:
    """A published model, or one of the user's own in open_clip's architectures.

    Images are resized to the model's side, whole, and standardised as the model was trained. Probes read the image embedding.

    Args:
        name: ``architecture/weights``: weights are a tag of open_clip or the path of a file; ``architecture`` alone is random.

    Raises:
        InputError: Unknown architecture or weights, or they cannot be read.
    """

    def __init__(self, name: str) -> None:
        import open_clip

        architecture, _, weights = name.partition("/")
        if architecture not in (known := open_clip.list_models()):
            raise unknown("architecture of open_clip", architecture, known)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)  # of what the weights leave out, and of a random model
                model, _, _ = open_clip.create_model_and_transforms(architecture, pretrained=weights or None)
            self.tokenizer = open_clip.get_tokenizer(architecture)
        except Exception as error:  # of any kind: a damaged file, weights of another architecture, no network
            why = " ".join((str(error) or type(error).__name__).split())[:200]
            raise InputError(f"open_clip model '{name}' cannot be loaded ({why}); check the weights and the architecture") from error
        self.model: Any = model.eval().to(self.device)
        visual = self.model.visual
        side = visual.image_size
        self.side = int(side[0] if isinstance(side, tuple | list) else side)
        self.mean, self.std = visual.image_mean, visual.image_std

    @torch.inference_mode()
    def images(self, pairs: Pairs) -> ImageEmbedding:
        """Embed all images."""
        parts = []
        for start in range(0, len(pairs), BATCH):
            images = torch.from_numpy(pairs.image(range(start, min(start + BATCH, len(pairs)))))
            parts.append(self.model.encode_image(self._ready(images)).float().cpu())
        embedded = torch.cat(parts)
        return ImageEmbedding(embedded, embedded, None)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> TextEmbedding:
        """Embed texts."""
        parts = []
        for start in range(0, len(texts), BATCH):
            tokens = self.tokenizer(list(texts[start : start + BATCH])).to(self.device)
            parts.append(self.model.encode_text(tokens).float().cpu())
        return TextEmbedding(torch.cat(parts), None, None)

    def _ready(self, images: Tensor) -> Tensor:
        size = (self.side, self.side)
        resized = torch.nn.functional.interpolate(images, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        return standardise(resized, self.mean, self.std).to(self.device)
