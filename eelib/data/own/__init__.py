"""Data that users bring: manifests, windowed reading, masks, splits, and what `eelib data check` says about them."""
