"""Published weights in plans: present in torch's cache, named, chosen, or absent."""

import subprocess
import sys

import pytest
import torch
from photos import photo_folder

from eelib.errors import InputError
from eelib.models.published import NETWORKS
from eelib.study.experiments import ee5_baselines as ee5
from eelib.study.parameters import check
from eelib.study.published import BANDS, DEFAULT, URLS, hub_file

DINO = "ResNet50_Weights.SENTINEL2_ALL_DINO"


def planned(**values):
    return ee5.plan(check(ee5.Parameters, {"seeds": [0], **values}))


def weights(arms):
    return {(arm.params.published.weights, arm.params.published.file) for arm in arms if arm.name.startswith("published")}


def present(name):
    path = hub_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"0")
    return path


def test_the_list_is_torchgeos():
    import torchgeo.models

    assert URLS.keys() == NETWORKS.keys()
    for name, url in URLS.items():
        family, item = name.split(".")
        entry = getattr(torchgeo.models, family)[item]
        assert entry.url == url and [f"B{int(band[1:]):02}" if band[1:].isdigit() else band.upper() for band in entry.meta["bands"]] == [
            *BANDS
        ]


@pytest.mark.parametrize("variable", ["TORCH_HOME", "XDG_CACHE_HOME", "neither"])
def test_the_place_is_torchs(variable, monkeypatch, tmp_path):
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    if variable != "neither":
        monkeypatch.setenv(variable, str(tmp_path))
    assert str(hub_file(DINO).parent.parent) == torch.hub.get_dir()


def test_the_plan_has_them_where_torch_has_them_and_is_else_the_same():
    without = planned()
    assert weights(without) == set()
    present(DINO)
    assert [arm.key for arm in planned()] == [arm.key for arm in without]  # of the others none is taken unasked
    present(DEFAULT)
    arms = planned()
    assert weights(arms) == {(DEFAULT, None)}
    assert {arm.key for arm in without} == {arm.key for arm in arms if not arm.name.startswith("published")}
    assert {arm.recipe for arm in arms if arm.name.startswith("published")} == {"probe", "segment"}


def test_unasked_they_stay_out_of_regions_without_their_bands(tmp_path):
    present(DEFAULT)
    assert weights(planned(regions=[photo_folder(tmp_path)])) == set()


def test_the_user_chooses():
    path = present(DINO)
    assert weights(planned(published_weights=DINO)) == {(DINO, None)}
    path.unlink()
    with pytest.raises(InputError, match=rf"{path}: {DINO} are not here; download https://hf.co/.* or name it in published_file"):
        planned(published_weights=DINO)


def keys(**values):
    return {arm.key for arm in planned(**values) if arm.name.startswith("published")}


def test_a_file_is_known_by_its_content_wherever_the_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"^{tmp_path}/w\.pth: {DINO} are not here \(No such file.*\); correct published_file$"):
        planned(published_weights=DINO, published_file="w.pth")
    (tmp_path / "w.pth").write_bytes(b"one")
    assert weights(planned(published_weights=DINO, published_file="w.pth")) == {(DINO, str(tmp_path / "w.pth"))}
    first = keys(published_file="w.pth")
    assert first == keys(published_file=str(tmp_path / "w.pth")) != set()
    (tmp_path / "w.pth").write_bytes(b"two")
    assert not first & keys(published_file="w.pth")


def test_without_a_file_nothing_is_said_of_its_content():
    present(DEFAULT)
    (said,) = {arm.params.published.model_dump_json() for arm in planned() if arm.name.startswith("published")}
    assert said == f'{{"weights":"{DEFAULT}","file":null}}'  # as records of before have it


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ResNet50_Weights.SENTINEL2_ALL_DINOO", f"did you mean '{DINO}'"),
        ("dino", "known: ResNet18_Weights"),
        ("ResNet50_Weights.LANDSAT_TM_TOA_MOCO", "are not for Sentinel-2 reflectance in all 13 bands; those that are: ResNet18"),
    ],
)
def test_other_names_are_refused(name, words):
    with pytest.raises(InputError, match=words):
        planned(published_weights=name)


def test_a_plan_without_them_imports_neither_torch_nor_torchgeo():
    code = "import sys; from eelib.study.experiments import ee5_baselines as e; e.plan(e.Parameters(published_weights=None)); "
    code += "print({'torch', 'torchgeo'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
