"""Exported networks: they come back bit for bit, in five lines, and nothing else is taken for them."""

import json

import pytest
import torch
from networks import inputs
from safetensors.torch import load_file, save_file
from scenes import CLASSES, card, exported, untrained

from eelib.errors import InputError
from eelib.models import ENCODERS, build
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


def test_five_lines_of_plain_torch(tmp_path):
    folder = exported(tmp_path)
    made = json.loads((folder / "encoder.json").read_text())
    encoder = build(bands=len(made["bands"]), **made["encoder"])
    encoder.load_state_dict(load_file(folder / "encoder.safetensors"))
    centre, scale = (torch.tensor(made[key][0])[:, None, None] for key in ("centre", "scale"))
    reflectance, days = torch.rand(1, 1, 3, 16, 16), torch.tensor([[47]])
    features = encoder.eval()(((reflectance - centre) / scale).clamp(-made["limit"], made["limit"]), days)
    assert features.shape == (1, made["embed_dim"], 16, 16)


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
