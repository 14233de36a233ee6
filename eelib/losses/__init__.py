"""One pure function per equation."""

from eelib.losses.dense_info_nce import dense_info_nce
from eelib.losses.gather import gather_rows
from eelib.losses.info_nce import info_nce

__all__ = ["dense_info_nce", "gather_rows", "info_nce"]
