"""One pure function per equation."""

from eelib.losses.dense_info_nce import dense_info_nce
from eelib.losses.feature_bank import FeatureBank
from eelib.losses.filip import filip_loss, filip_similarity
from eelib.losses.from_lightly import barlow_twins, vicreg
from eelib.losses.gather import gather_rows
from eelib.losses.info_nce import info_nce, query_info_nce
from eelib.losses.masked_language import mask_tokens, masked_language_loss
from eelib.losses.multi_view import multi_view_clip
from eelib.losses.nearest_neighbour import nearest_neighbour_clip
from eelib.losses.nt_xent import nt_xent
from eelib.losses.pairs import MatchedPixels, most_similar, same_ground
from eelib.losses.pixpro import pixpro_loss, propagate
from eelib.losses.reconstruction import masked_reconstruction
from eelib.losses.simsiam import simsiam

__all__ = [
    "FeatureBank",
    "MatchedPixels",
    "barlow_twins",
    "dense_info_nce",
    "filip_loss",
    "filip_similarity",
    "gather_rows",
    "info_nce",
    "mask_tokens",
    "masked_language_loss",
    "masked_reconstruction",
    "most_similar",
    "multi_view_clip",
    "nearest_neighbour_clip",
    "nt_xent",
    "pixpro_loss",
    "propagate",
    "query_info_nce",
    "same_ground",
    "simsiam",
    "vicreg",
]
