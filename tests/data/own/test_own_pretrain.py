"""`eelib pretrain`: unlabelled data alone are enough."""

import json
from pathlib import Path

import pytest
import torch
from photos import photo_folder

from eelib import cli


@pytest.mark.slow
def test_unlabelled_photographs_give_an_encoder(tmp_path, capsys, monkeypatch):
    photo_folder(tmp_path, masks=None, classes=None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        cli.main(["pretrain", "own.yaml", "--profile", "smoke", "--jobs", "1"])
    assert not stop.value.code
    path = Path(capsys.readouterr().out.strip())
    assert torch.load(path, weights_only=True)
    metrics = json.loads((path.parent / "record.json").read_text())["metrics"]
    assert metrics["windows"] == 16
    assert metrics["monitors"]


@pytest.mark.parametrize(("arguments", "word"), [(["nix.yaml"], "nix.yaml"), (["own.yaml", "--profile", "quik"], "'quick'")])
def test_mistakes_are_named(tmp_path, capsys, monkeypatch, arguments, word):
    photo_folder(tmp_path, masks=None, classes=None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        cli.main(["pretrain", *arguments])
    assert stop.value.code == 2
    assert word in capsys.readouterr().err
