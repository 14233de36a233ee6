"""Exported networks: they come back bit for bit, in a few lines of plain torch, and nothing else is taken for them."""

import json
import re
from pathlib import Path

import pytest
import rasterio
import torch
from networks import inputs
from safetensors.torch import save_file
from scenes import CLASSES, card, exported, numbers, untrained, write_scene

from eelib.apply.reading import Reading
from eelib.apply.whole import Request, embed
from eelib.errors import InputError
from eelib.models import ENCODERS
from eelib.models.exported import export_segmenter, load_encoder, load_segmenter, read_card


@pytest.mark.parametrize("name", ENCODERS)
def test_they_come_back_bit_for_bit(name, tmp_path):
    made = card(name, num_dates=2)
    exported(tmp_path, made)
    model, found = load_segmenter(tmp_path)
    assert found == made
    series, days = inputs(1, 2)
    assert torch.equal(model(series, days), untrained(made)(series, days))
    encoder, found = load_encoder(tmp_path)
    assert found == made.model_copy(update={"classes": (), "colors": ()})
    assert torch.equal(encoder(series, days), model.encoder(series, days))
    assert not encoder.training


def test_the_plain_torch_of_the_documentation_gives_what_embed_writes(tmp_path, monkeypatch):
    made = exported(tmp_path / "my_network", card(centre=((0.15, 0.2, 0.25),), scale=((0.06, 0.08, 0.1),)))
    scene = write_scene(tmp_path / "s_20170216.tif", numbers())
    embed(Request((scene,), str(made), tmp_path / "features.tif", Reading()), print)
    text = Path(__file__).parents[2].joinpath("docs", "apply.md").read_text(encoding="utf-8")
    (snippet,) = (part for part in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "safetensors" in part)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(snippet, names)
    before = {name: value.clone() for name, value in names["encoder"].state_dict().items()}
    reflectance = torch.from_numpy(numbers().astype("float32"))[None, None] * 1e-4
    features = names["features"](reflectance, torch.tensor([[47]]))
    with rasterio.open(tmp_path / "features.tif") as written:
        assert torch.allclose(features[0], torch.from_numpy(written.read()), atol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in names["encoder"].state_dict().items())


def test_a_segmentation_model_gives_its_encoder(tmp_path):
    export_segmenter(untrained(card()), card(), tmp_path)
    encoder, found = load_encoder(tmp_path)
    assert found.classes == CLASSES
    assert torch.equal(encoder.en3[0].weight, load_segmenter(tmp_path)[0].encoder.en3[0].weight)


def test_weights_of_another_model_or_size(tmp_path):
    exported(tmp_path)
    path = tmp_path / "encoder.json"
    content = json.loads(path.read_text())
    for change, message in (({"name": "convbigru"}, "another model"), ({"width": 8}, "another size")):
        path.write_text(json.dumps({**content, "encoder": {**content["encoder"], **change}}))
        with pytest.raises(InputError, match=rf"encoder\.safetensors: weights of {message}") as error:
            load_encoder(tmp_path)
        assert "\n" not in str(error.value)


def test_damaged_and_missing_files(tmp_path):
    with pytest.raises(InputError, match=r"encoder\.json: no exported network here"):
        load_encoder(tmp_path)
    exported(tmp_path)
    weights = tmp_path / "encoder.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="missing or damaged"):
        load_encoder(tmp_path)
    save_file({"x": torch.zeros(1)}, weights)
    with pytest.raises(InputError, match="weights of another model"):
        load_encoder(tmp_path)
    path = tmp_path / "encoder.json"
    path.write_text(path.read_text().replace('"limit"', '"limits"'))
    with pytest.raises(InputError, match=r"encoder\.json: .*limit"):
        read_card(path)


def test_a_model_without_classes_and_a_folder_that_cannot_be_written(tmp_path):
    made = card()
    with pytest.raises(InputError, match="must name its classes"):
        export_segmenter(untrained(made), made.model_copy(update={"classes": ()}), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        export_segmenter(untrained(made), made, tmp_path / "file" / "inside")
