"""Figures with few colours take less room and look the same; photographs are left alone."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from eelib.report.site.palette import slim_pictures

matplotlib.use("agg")


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_a_line_figure_becomes_smaller_and_looks_the_same(tmp_path: Path) -> None:
    from matplotlib import pyplot as plt

    path = tmp_path / "deep" / "lines.png"
    path.parent.mkdir()
    figure, axes = plt.subplots()
    for factor in range(1, 6):
        axes.plot(np.arange(30), factor * np.sqrt(np.arange(30)), label=f"{factor}")
    axes.legend()
    figure.savefig(path)
    plt.close(figure)
    before, size = pixels(path), path.stat().st_size
    slim_pictures(tmp_path)
    assert path.stat().st_size < 0.7 * size
    assert Image.open(path).size == before.shape[1::-1]
    difference = np.abs(pixels(path) - before)
    assert (difference.max(-1) > 8).mean() < 1e-3


def test_at_most_256_colours_are_kept_exactly(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (200, 3), dtype=np.uint8)
    picture = colours[np.random.default_rng(1).integers(0, 200, (64, 64))]
    Image.fromarray(picture).convert("RGBA").save(tmp_path / "map.png")
    slim_pictures(tmp_path)
    assert Image.open(tmp_path / "map.png").mode == "P"
    assert (pixels(tmp_path / "map.png") == picture).all()


@pytest.mark.parametrize("kind", ["photograph", "transparent"])
def test_what_a_palette_would_change_is_left_alone(tmp_path: Path, kind: str) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    if kind == "photograph":
        picture[..., 3] = 255
    else:
        picture[..., :3] = 10
    path = tmp_path / "picture.png"
    Image.fromarray(picture).save(path)
    before = path.read_bytes()
    slim_pictures(tmp_path)
    assert path.read_bytes() == before
