"""What a pre-training can minimise: one class per family, all behind the interface of :class:`Objective`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from eelib.errors import unknown

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
        InputError: Nobody knows the objective.
    """
    if settings.objective not in OBJECTIVES:
        raise unknown("objective", settings.objective, OBJECTIVES)
    module, name = OBJECTIVES[settings.objective].split(":")
    made: Objective = getattr(importlib.import_module(module), name)(encoder, settings, bands)
    return made
