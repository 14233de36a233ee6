"""What a pre-training can minimise: one class per family, all behind the interface of :class:`Objective`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from eelib.errors import InputError, unknown
from eelib.train.ranks import world

if TYPE_CHECKING:
    from torch import nn

    from eelib.settings import PretrainSettings
    from eelib.train.objectives.base import Objective

# Value of PretrainSettings.objective: module and class.
OBJECTIVES = {
    "contrast": "eelib.train.objectives.contrast:Contrast",
    "barlow": "eelib.train.objectives.redundancy:Redundancy",
    "vicreg": "eelib.train.objectives.redundancy:Redundancy",
    "pixpro": "eelib.train.objectives.pixpro:PixPro",
    "masked": "eelib.train.objectives.masked:MaskedReconstruction",
}


def make_objective(encoder: nn.Module, settings: PretrainSettings, bands: int) -> Objective:
    """The objective that settings name, its heads initialised from torch's global generator.

    Args:
        encoder: With an attribute ``embed_dim``.
        settings: The recipe.
        bands: Of the input; only a reconstruction needs to know.

    Raises:
        InputError: Unknown objective, or it trains on one device and torchrun started several processes.
    """
    if settings.objective not in OBJECTIVES:
        raise unknown("objective", settings.objective, OBJECTIVES)
    module, name = OBJECTIVES[settings.objective].split(":")
    made: Objective = getattr(importlib.import_module(module), name)(encoder, settings, bands)
    if world() > 1 and not made.on_ranks:
        raise InputError(
            f"objective={settings.objective}, branch={settings.branch}, queue={settings.queue}: on several devices only contrast with a "
            "shared branch and without a queue trains; start this without torchrun"
        )
    return made
