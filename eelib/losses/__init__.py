"""One pure function per equation."""

from eelib.losses.dense_info_nce import dense_info_nce
from eelib.losses.feature_bank import FeatureBank
from eelib.losses.from_lightly import barlow_twins, nt_xent, vicreg
from eelib.losses.gather import gather_rows
from eelib.losses.info_nce import info_nce, query_info_nce
from eelib.losses.pairs import Pairs, most_similar, same_ground
from eelib.losses.pixpro import pixpro_loss, propagate
from eelib.losses.reconstruction import masked_reconstruction

__all__ = [
    "FeatureBank",
    "Pairs",
    "barlow_twins",
    "dense_info_nce",
    "gather_rows",
    "info_nce",
    "masked_reconstruction",
    "most_similar",
    "nt_xent",
    "pixpro_loss",
    "propagate",
    "query_info_nce",
    "same_ground",
    "vicreg",
]
