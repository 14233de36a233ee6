"""Example maps: one window per place, with what a reader must know about the pictures."""

from types import SimpleNamespace

import numpy as np
from toys import make_region

from eelib.report.embedding_earth import map_figure as maps


def test_two_windows_of_a_place_are_shown_once(tmp_path, monkeypatch):
    origin = SimpleNamespace(name="toy", dated=True, colors=("#000000", "#ffffff", "#ff0000"))
    monkeypatch.setattr(maps, "source", lambda name: origin)
    region = make_region(bands=("B02", "B03", "B04", "B08"))
    test = region.labelled("test")
    test.place[:3] = (7, 8, 7)
    np.savez(tmp_path / "examples.npz", predicted=np.zeros((3, *test.mask.shape[1:]), np.int8))
    figure = maps.map_figure(region, {"random start": tmp_path})
    assert len(figure.axes) == 2 * 3
    assert [axis.get_ylabel() for axis in figure.axes[::3]] == [f"day {test.dates[row][date]}" for row, date in _shown(region, (0, 1))]
    assert "Windows are 16 pixels wide" in figure.legends[0].get_title().get_text()


def _shown(region, rows):
    from eelib.report.imagery import clearest

    return [(row, clearest(region.labelled("test").image[row], region.bands)) for row in rows]
