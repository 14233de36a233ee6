"""Ways to pre-train by name: each is a set of changes to the recipe of Embedding Earth, under the same budget and the same views.

What a source says (A) and what we chose (B) is in the comment of each; docs/method.md has the same in prose. In all of them steps, series
per step, views, learning rate, embedding width and head are those of the profile (B), so a published method is compared here in one
setting for all, not in its own.
"""

from __future__ import annotations

from typing import Any

from eelib.errors import unknown
from eelib.settings import PretrainSettings, recombined

METHODS: dict[str, dict[str, Any]] = {
    # Dense contrast of the same ground in two views; the paper's text is not public, so all of the recipe is ours (B).
    "embedding_earth": {},
    # SimCLR (arXiv 2002.05709): one embedding per view, NT-Xent over the 2B views of a step (A). Mean pooling of the dense map is B,
    # and so are few series per step where the source has thousands: its negatives are few here.
    "simclr": {"positives": "pooled"},
    # MoCo (arXiv 1911.05722): keys from a momentum network, negatives from a queue of earlier keys (A). Both views serve as queries, a
    # momentum of .99 and a short queue for short runs, and no shuffled batch norm (one process) are B.
    "moco": {"positives": "pooled", "branch": "momentum", "queue": 128},
    # DenseCL (arXiv 2011.09157): the positive is the most similar backbone feature, a queue of spatially averaged dense keys, and half of
    # the loss is a pooled term; temperature .2 (A). Momentum, queue length and both views as queries as for MoCo (B).
    "densecl": {"positives": "feature", "branch": "momentum", "queue": 128, "global_weight": 0.5, "temperature": 0.2},
    # PixPro (arXiv 2011.10043): pixel propagation of one branch against a momentum branch, no negatives, similarity power 2 (A). Its
    # distance threshold of .7 cell diagonals is "the same pixel" for views of one scale. Constant momentum is B.
    "pixpro": {"objective": "pixpro", "branch": "momentum"},
    # Barlow Twins (arXiv 2103.03230): cross-correlation of the embedding towards the identity, off-diagonal weight .005, no batch norm
    # at the end of the head (A). On matched pixels instead of whole images (B).
    "barlow": {"objective": "barlow", "head_norm": False},
    # VICReg (arXiv 2105.04906): invariance, variance and covariance weighted 25, 25, 1, no batch norm at the end of the head (A). On
    # matched pixels instead of whole images (B).
    "vicreg": {"objective": "vicreg", "head_norm": False},
    # In the manner of U-BARN (Dumeur et al. 2023), which hides whole acquisitions and reconstructs them (A, abstract). Patches hidden as
    # well, a decoder that is told the date, mean squared error in standardised reflectance: B.
    "masked": {"objective": "masked"},
}


def method(name: str, recipe: PretrainSettings) -> PretrainSettings:
    """A profile's recipe changed to a method.

    Raises:
        InputError: Unknown method, or it does not go together with what the recipe was changed to.
    """
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    return recombined(recipe, METHODS[name], f"method {name}")
