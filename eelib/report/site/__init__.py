"""The rendered site: pages, records, theme, and the checks that it must pass."""
