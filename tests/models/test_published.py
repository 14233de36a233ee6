"""Published weights as a dense encoder: random weights in the true format, because nothing is downloaded."""

import pytest
import torch

from eelib.errors import InputError
from eelib.models.published import NETWORKS, StageFeatures, band_positions, published_encoder

TEN = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
NAME = "ResNet18_Weights.SENTINEL2_ALL_MOCO"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def weights_file(path, bands=13, network="resnet18"):
    """As torchgeo publishes them: the state of its network, with or without the last layer."""
    import torchgeo.models

    torch.manual_seed(0)
    state = getattr(torchgeo.models, network)(in_chans=bands).state_dict()
    torch.save({name: value for name, value in state.items() if not name.startswith("fc.")}, path)
    return state


def test_weights_from_the_hub_cache_give_dense_features(hub):
    import torchgeo.models

    url = torchgeo.models.ResNet18_Weights.SENTINEL2_ALL_MOCO.url
    state = weights_file(hub / url.rsplit("/", 1)[1])
    encoder = published_encoder(NAME, None, TEN).eval()
    assert torch.equal(encoder.stages.state_dict()["conv1.weight"], state["conv1.weight"])
    series = torch.rand(2, 3, 10, 16, 12)
    features = encoder(series, torch.ones(2, 3, dtype=torch.int64))
    assert features.shape == (2, encoder.embed_dim, 16, 12)
    assert encoder.embed_dim == 64 + 64 + 128 + 256 + 512
    one = torch.stack([encoder(series[:, [t]], torch.ones(2, 1, dtype=torch.int64)) for t in range(3)]).mean(0)
    torch.testing.assert_close(features, one, rtol=1e-4, atol=1e-5)


def test_a_file_can_be_named_and_a_missing_one_is_one_clear_line(hub, tmp_path):
    weights_file(tmp_path / "mine.pth")
    assert isinstance(published_encoder(NAME, str(tmp_path / "mine.pth"), TEN), StageFeatures)
    with pytest.raises(InputError, match=r"are not here; download https://.* and put it there, or name its place in published\.file"):
        published_encoder(NAME, None, TEN)


def test_the_file_of_another_network_is_refused(hub, tmp_path):
    weights_file(tmp_path / "rgb.pth", bands=3)
    with pytest.raises(InputError, match="this is not the file of ResNet18"):
        published_encoder(NAME, str(tmp_path / "rgb.pth"), TEN)
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(InputError, match="this is not the file of"):
        published_encoder(NAME, str(tmp_path / "text.pth"), TEN)


def test_unknown_weights_are_refused():
    with pytest.raises(InputError, match=r"did you mean 'ResNet18_Weights\.SENTINEL2_ALL_MOCO'"):
        published_encoder("ResNet18_Weights.SENTINEL2_ALL_MOC", None, TEN)


def test_bands_are_found_by_name_whatever_their_order_and_spelling():
    wanted = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8a", "B9", "B10", "B11", "B12"]
    positions = band_positions(wanted, TEN, NAME)
    assert positions == [0, 0, 1, 2, 3, 4, 5, 6, 7, 7, None, 8, 9]
    assert band_positions(wanted, TEN[::-1], NAME)[1:3] == [9, 8]
    with pytest.raises(InputError, match="needs band B05, which the region lacks"):
        band_positions(wanted, ("B02", "B03", "B04", "B08"), NAME)


def test_every_network_of_the_table_exists_and_reads_reflectance_itself():
    import torchgeo.models

    for name, network in NETWORKS.items():
        family, weights = name.split(".")
        entry = getattr(torchgeo.models, family)[weights]
        assert entry.meta["model"] == network
        assert len(entry.meta["bands"]) == 13
        scale = [step for step in entry.transforms if type(step).__name__ == "Normalize"]
        assert len(scale) == 1
        assert "mean=[0], std=[10000]" in str(scale[0])
