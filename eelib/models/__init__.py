"""Segmentation backbones, encoders and heads."""
