"""docs/pairs.md agrees with the schemas, and its manifests are valid."""

import re
from pathlib import Path

import pytest
import yaml

from eelib.data.manifests import load_manifest
from eelib.data.pairs.manifests import ClassFolderManifest, ReadsImages, ShardsManifest, TableManifest

PAGE = (Path(__file__).parents[3] / "docs" / "pairs.md").read_text()
MANIFESTS = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "kind:" in block]
SHARED = {"name", "kind", "title", "description"}
KINDS = {
    "every kind of pairs": (ReadsImages, set()),
    "image-text-table": (TableManifest, SHARED | {*ReadsImages.model_fields}),
    "image-text-shards": (ShardsManifest, SHARED | {*ReadsImages.model_fields}),
    "class-folder": (ClassFolderManifest, SHARED | {*ReadsImages.model_fields}),
}


def rows(model, known):
    """The table of fields of a schema, without those that other tables have."""
    lines = ["| field | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name not in known:
            value = list(field.default) if isinstance(field.default, tuple) else field.default
            default = "needed" if field.is_required() else "" if value in (None, "", {}) else f"`{value}`".replace("'", "")
            lines.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(lines)


@pytest.mark.parametrize("title", KINDS)
def test_the_tables_are_those_of_the_schemas(title):
    model, known = KINDS[title]
    assert f"<!-- fields: {title} -->\n{rows(model, known)}\n<!-- end -->" in PAGE
    assert all(field.description for name, field in model.model_fields.items() if name not in SHARED)


@pytest.mark.parametrize("text", MANIFESTS)
def test_every_manifest_of_the_page_is_valid(tmp_path, text):
    path = tmp_path / "m.yaml"
    path.write_text(text)
    assert load_manifest(path).title


def test_every_manifest_that_a_command_names_is_shown():
    named = set(re.findall(r"\bmy_\w+\.yaml", PAGE))
    assert named == {f"{yaml.safe_load(text)['name']}.yaml" for text in MANIFESTS}
