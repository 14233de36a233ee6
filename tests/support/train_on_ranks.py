"""What a rank does in tests/train/test_ranks.py: train, and leave the weights. Started by torchrun, or alone."""

import sys
from pathlib import Path

import torch
from toy_pairs import toy_set
from toys import make_windows

from eelib.models import build
from eelib.settings import PretrainSettings, ViewSettings
from eelib.settings_pairs import ImageEncoderSettings, PairData, PairRecipe, TextEncoderSettings
from eelib.study.clip_benchmark import make_module
from eelib.study.pair_methods import METHODS
from eelib.study.recipes import PairTrainParams
from eelib.train.batches import Normaliser, WindowBatches
from eelib.train.fit import fit, seeded
from eelib.train.image_text_batches import PairBatches
from eelib.train.pretrain import Pretraining
from eelib.train.ranks import rank

STEPS, BATCH = 3, 8
STILL = ViewSettings(size=8, crop=False, flips=False, num_dates=2, dates="same", gain=0, noise=0, band_drop=0, date_drop=0)


def dense():
    """Views without a draw but for the dates, all pixels as anchors, and no batch norm: nothing depends on who holds which window."""
    windows = make_windows(12, length=2, labels=False)
    recipe = PretrainSettings(steps=STEPS, batch_size=BATCH, anchors=64, guard_radius=2, views=STILL, head_norm=False, head_depth=1)
    normalise = Normaliser.of(windows)
    make = lambda: Pretraining(build("tsvit", bands=3, num_dates=2, width=8), recipe, normalise, 0)  # noqa: E731
    return seeded(0, make), WindowBatches(windows, BATCH, 0)


def drawn():
    """The usual views, drawn per rank: the two views of a series share another number of pixels on every rank, and most are anchors."""
    windows = make_windows(12, length=3, labels=False)
    recipe = PretrainSettings(steps=STEPS, batch_size=BATCH, views=ViewSettings(size=8, num_dates=2))
    make = lambda: Pretraining(build("unet3df", bands=3, num_dates=2, width=4), recipe, Normaliser.of(windows), 0)  # noqa: E731
    return seeded(0, make), WindowBatches(windows, BATCH, 0)


def pairs(name):
    """Whole images as views; captions are edited by row."""
    data, method = toy_set(), METHODS[name]
    method = type(method)(**method.model_dump() | {"views": ("none",) * len(method.views)})
    recipe = PairRecipe(samples=BATCH * STEPS, batch_size=BATCH)
    encoders = {"image": ImageEncoderSettings(name="vit_tiny"), "text": TextEncoderSettings(layers=1)}
    module = make_module(PairTrainParams(data=PairData(), method=method, recipe=recipe, **encoders), data, 0)[0]
    return module, PairBatches(data.train, module.tokenizer, BATCH, 0)


def main(what, folder):
    torch.set_num_threads(1)
    module, batches = {"dense": dense, "drawn": drawn}.get(what, lambda: pairs(what))()
    fit(module, batches, STEPS, Path(folder), lambda share: None, every=2)
    found = {"weights": module.state_dict(), "curves": getattr(module, "points", None)}
    torch.save(found, Path(folder) / f"found{rank()}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
