"""Numbers and pictures of embeddings."""

import numpy as np
import pytest
from toys import make_region

from eelib.errors import InputError
from eelib.evaluate.confusion import pack
from eelib.report.embedding_earth import embedding_figures as pictures
from eelib.report.embedding_earth.embeddings import look_conclusion, look_table, looks


def record(start, seed, share, labelled=True, region="germany"):
    """Two clusters that agree with two classes in a share of the pixels; hits of the same share."""
    right = round(100 * share)
    counts = np.tile(np.array([[right, 100 - right], [100 - right, right]]), (12, 1, 1)) + np.arange(12)[:, None, None] % 3
    hits = np.tile(np.array([[right, 100 - right]]), (12, 1, 1))
    metrics = {"places": list(range(12)), "seasons": pack(hits), "drift_chance": 0.02}
    if labelled:
        metrics |= {"clusters": pack(counts), "neighbours": pack(hits), "chance": 0.5}
    key = f"{start}{seed}{region}".encode().hex()
    return {
        "experiment": "ee6_embeddings",
        "key": key,
        "arm": f"{start} explored",
        "seed": seed,
        "params": {"region": region},
        "metrics": metrics,
    }


def records(**options):
    return [
        record(start, seed, share, **options) for start, share in (("raw", 0.9), ("random", 0.6), ("pretrained", 0.8)) for seed in (0, 1)
    ]


def test_starts_are_compared_on_the_same_places():
    found = {item.measure: item for item in looks(records())}
    assert list(found) == ["nmi", "rand", "neighbours", "seasons"]
    for item in found.values():
        assert item.over["random"].low > 0
        assert item.over["raw"].high < 0
        assert item.over["random"].value == pytest.approx(item.scores["pretrained"].value - item.scores["random"].value)
    assert found["neighbours"].scores["pretrained"].value == pytest.approx(0.8)
    assert (found["neighbours"].chance, found["seasons"].chance, found["nmi"].chance) == (0.5, 0.02, None)


def test_regions_without_labels_have_what_needs_none():
    assert [item.measure for item in looks(records(labelled=False))] == ["seasons"]


def test_regions_with_a_single_place_have_no_neighbours_elsewhere():
    alone = records(region="ghana")
    for one in alone:
        one["metrics"]["places"] = [0] * 12
        del one["metrics"]["neighbours"], one["metrics"]["chance"]
    items = looks(records() + alone)
    assert [item.measure for item in items if item.region == "ghana"] == ["nmi", "rand", "seasons"]
    assert [item.measure for item in items if item.region == "germany"] == ["nmi", "rand", "neighbours", "seasons"]
    assert all(one["key"] in look_table(items) for one in alone)
    assert "in 1 of 1 regions" in look_conclusion(items)
    assert "in 1 of 2 regions" in look_conclusion(items)  # one place decides nothing


def test_a_measure_that_a_seed_lacks_is_left_out():
    some = records()
    del some[0]["metrics"]["neighbours"], some[0]["metrics"]["chance"]
    assert [item.measure for item in looks(some)] == ["nmi", "rand", "seasons"]


def test_table_and_conclusion():
    items = looks(records())
    assert all(one["key"] in look_table(items) for one in records())
    assert "above a random encoder in 1 of 1 regions" in look_conclusion(items)
    assert "above raw pixels in 0 of 1 regions and below in 1" in look_conclusion(items)
    with pytest.raises(InputError, match="run the arms first"):
        looks([])


def test_components_are_those_of_a_singular_value_decomposition():
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((2, 8, 8, 5)) * [9, 5, 2, 0.1, 0.1]).astype(np.float32)
    colors = pictures.principal_colors(features)
    assert colors.shape == (2, 8, 8, 3)
    assert colors.min() == 0
    assert colors.max() == 1
    rows = features.reshape(-1, 5) - features.reshape(-1, 5).mean(0)
    scores = rows @ np.linalg.svd(rows, full_matrices=False)[2][:3].T
    for k in range(3):
        inside = (colors.reshape(-1, 3)[:, k] > 0) & (colors.reshape(-1, 3)[:, k] < 1)
        assert abs(np.corrcoef(scores[inside, k], colors.reshape(-1, 3)[inside, k])[0, 1]) == pytest.approx(1, abs=1e-4)


def test_similarity_is_1_to_itself_and_minus_1_to_the_opposite():
    features = np.zeros((1, 2, 2, 3), np.float32)
    features[0] = [[[1, 2, 0], [-2, -4, 0]], [[0, 0, 5], [2, 4, 0]]]
    assert pictures.similarity(features, 0, 0, 0) == pytest.approx(np.array([[[1, -1], [0, 1]]]), abs=1e-6)


@pytest.mark.parametrize("labelled", [True, False])
def test_figures_show_every_start(tmp_path, monkeypatch, labelled):
    from types import SimpleNamespace

    from eelib.report.embedding_earth import embedding_figures

    monkeypatch.setattr(
        embedding_figures, "source", lambda name: SimpleNamespace(name=name, dated=True, colors=("#000000", "#ffffff", "#ff0000"))
    )
    region = make_region(bands=("B02", "B03", "B04", "B08"))
    region = region if labelled else region.__class__(**{**region.__dict__, "test": None})
    np.savez(tmp_path / pictures.FILE, features=np.random.default_rng(0).standard_normal((3, 16, 16, 4)).astype(np.float16))
    for figure in (pictures.component_figure(region, {"a": tmp_path, "b": tmp_path}), pictures.neighbour_figure(region, {"a": tmp_path})):
        titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
        assert titles[: 1 + labelled] == ["image", "truth"][: 1 + labelled]
        assert titles[1 + labelled] == "a"
        assert figure.axes[0].get_ylabel().startswith("day ") and "Windows are 16 pixels wide" in figure.texts[-1].get_text()


def test_embeddings_that_are_not_there_are_named(tmp_path):
    with pytest.raises(InputError, match="holds no embeddings"):
        pictures.component_figure(make_region(), {"a": tmp_path})
