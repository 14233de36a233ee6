"""Manifests: a strict schema whose errors name file and field."""

from pathlib import Path

import pytest
import yaml
from photos import photo_folder

from eelib.data import manifests
from eelib.data.manifests import SampleManifest, load_manifest, manifest, manifest_folder, manifest_names, read_yaml, sample_names
from eelib.errors import InputError

GOOD = yaml.safe_load((manifest_folder() / "romania.yaml").read_text())


def write(tmp_path, content):
    path = tmp_path / "toy.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("name", manifest_names())
def test_every_manifest_is_valid_and_named_like_its_file(name):
    assert manifest(name).name == name


@pytest.mark.parametrize("name", sample_names())
def test_every_sample_says_who_to_thank(name):
    entry = manifest(name)
    assert entry.name == name
    assert entry.attribution
    assert entry.licence
    if isinstance(entry, SampleManifest):
        assert "Copernicus" in entry.attribution
        assert entry.channel.pip
        assert "==" in entry.channel.pip


def test_an_unknown_field_names_file_and_nearest_field(tmp_path):
    path = write(tmp_path, GOOD | {"licens": "MIT"})
    with pytest.raises(InputError, match=r"toy\.yaml.*'licens'.*'licence'"):
        load_manifest(path)


def test_an_unknown_field_deep_inside_is_an_error(tmp_path):
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    content["files"][1]["sha265"] = "0"
    with pytest.raises(InputError, match=r"files\.1\.sha265.*'sha256'"):
        load_manifest(write(tmp_path, content))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"bands": []}, "bands"),
        ({"channel": {}}, "exactly one"),
        ({"channel": {"pip": "a==1", "url": "b"}}, "exactly one"),
        ({"archive": {"path": "a", "sha256": "12", "bytes": 1}}, "archive.sha256"),
        ({"name": "No Spaces"}, "name"),
    ],
)
def test_wrong_values_are_named(tmp_path, change, word):
    with pytest.raises(InputError, match=word):
        load_manifest(write(tmp_path, GOOD | change))


def test_a_missing_field_is_named(tmp_path):
    with pytest.raises(InputError, match="'licence' is missing"):
        load_manifest(write(tmp_path, {key: value for key, value in GOOD.items() if key != "licence"}))


@pytest.mark.parametrize(("text", "word"), [("a: 1\na: 2\n", "twice"), ("a: [1\n", "not valid YAML"), ("- 1\n", "mapping of fields")])
def test_broken_yaml_names_file(tmp_path, text, word):
    with pytest.raises(InputError, match=rf"toy\.yaml.*{word}"):
        load_manifest(write(tmp_path, text))


@pytest.mark.parametrize("read", [read_yaml, load_manifest])
def test_a_missing_file_is_named(tmp_path, read):
    with pytest.raises(InputError, match=r"none\.yaml.*cannot be read"):
        read(tmp_path / "none.yaml")


def test_a_manifest_is_parsed_again_only_when_its_file_changed(tmp_path, monkeypatch):
    parsed = []
    monkeypatch.setattr(manifests, "read_yaml", lambda path: parsed.append(path) or read_yaml(path))
    path = write(tmp_path, GOOD)
    assert load_manifest(path) is load_manifest(path)
    assert len(parsed) == 1
    write(tmp_path, GOOD | {"licence": "another one"})
    assert load_manifest(path).licence == "another one"
    assert len(parsed) == 2


def test_an_unknown_data_set_names_the_nearest():
    with pytest.raises(InputError, match=r"'brandenburgg'.*'brandenburg'"):
        manifest("brandenburgg")


def test_the_fingerprint_follows_every_file():
    entry = SampleManifest.model_validate(GOOD)
    changed = yaml.safe_load(yaml.safe_dump(GOOD))
    changed["files"][0]["sha256"] = "0" * 64
    assert entry.fingerprint != SampleManifest.model_validate(changed).fingerprint
    assert entry.fingerprint != SampleManifest.model_validate(GOOD | {"version": "2"}).fingerprint
    assert entry.fingerprint == SampleManifest.model_validate(GOOD | {"title": "another"}).fingerprint


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bands": "B02"}, "'bands': give a list, as in [B02], got 'B02'"),
        ({"name": "My data"}, "'name': use lower-case letters, digits and _ only, and begin with a letter, got 'My data'"),
        ({"classes": [{"name": "a", "color": "red"}, {"name": "b"}]}, "'classes.0.color': write a colour as # and six"),
        ({"images": None, "imges": "photos"}, "the field 'images' is missing, and 'imges' is unknown: did you mean 'images'?"),
        ({"images": None, "colour": "red"}, "the field 'images' is missing"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_in_words(tmp_path, fields, words):
    path = photo_folder(tmp_path, 1, **fields)
    with pytest.raises(InputError) as error:
        load_manifest(Path(path))
    assert str(error.value).startswith(f"{path}: {words}")
