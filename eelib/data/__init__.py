"""Manifests, scenes, windows, the simulated world and view extraction."""
