"""Image-text data: captions from maps, V1-like and V2-like versions, real pairs, a user's own, and sets for zero-shot evaluation.

Start at :func:`eelib.data.pairs.load.load_pairs`.
"""
