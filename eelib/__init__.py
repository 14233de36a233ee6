"""Shared models, losses and machinery of the contrastive Earth-observation study."""

__version__ = "0.1.0"
