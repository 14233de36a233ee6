"""Trained networks on whole scenes: read window by window, blended at the seams, written as Cloud-Optimised GeoTIFF."""
