"""docs/own_data.md agrees with the schemas, and its examples are valid."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from eelib.data.manifests import KINDS, load_manifest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "own_data.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WHOLE = [block for block in BLOCKS if "kind:" in block]


def test_the_tables_are_those_of_the_schemas():
    spec = importlib.util.spec_from_file_location("fields", ROOT / "tools" / "own_data_fields.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.render(PAGE) == PAGE, "run `python tools/own_data_fields.py`"
    for model in tool.MODELS.values():
        for name, field in model.model_fields.items():
            assert f"| `{name}` |" in PAGE
            assert field.description or name == "kind", f"{model.__name__}.{name} has no description"


@pytest.mark.parametrize("text", WHOLE)
def test_every_manifest_of_the_page_is_valid(tmp_path, text):
    path = tmp_path / "m.yaml"
    path.write_text(text.replace("classes: [...]", "# classes"))
    assert load_manifest(path).kind in KINDS


@pytest.mark.parametrize("line", re.findall(r"^split: .*$", PAGE, re.MULTILINE))
def test_every_split_of_the_page_is_valid(line):
    from eelib.data.own.manifests import Split

    Split.model_validate(yaml.safe_load(line)["split"])


def test_the_page_has_an_example_of_every_kind():
    assert {yaml.safe_load(text.replace("[...]", "[]"))["kind"] for text in WHOLE} == {"raster-folder", "scene-series", "torchgeo"}
