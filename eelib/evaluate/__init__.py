"""Confusion counts, probes and statistics."""
