"""Write the tables of fields in docs/own_data.md from the schemas: `python tools/own_data_fields.py`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from eelib.data.own.kinds import RasterFolderManifest, SceneEntry, SceneSeriesManifest, TorchgeoManifest
from eelib.data.own.manifests import OwnClass, OwnManifest, Split

PAGE = Path(__file__).parents[1] / "docs" / "own_data.md"
MODELS: dict[str, type[BaseModel]] = {
    "every kind": OwnManifest,
    "classes": OwnClass,
    "split": Split,
    "raster-folder": RasterFolderManifest,
    "scene-series": SceneSeriesManifest,
    "scenes": SceneEntry,
    "torchgeo": TorchgeoManifest,
}


def table(model: type[BaseModel]) -> str:
    """The fields that a schema adds to its base, with what they mean."""
    base = getattr(model.__base__, "model_fields", {}) if model is not OwnManifest else {}
    lines = ["| field | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name not in base:
            plain = isinstance(field.default, str | int | float) and field.default != ""
            default = "needed" if field.is_required() else f"`{str(field.default).lower()}`" if plain else ""
            lines.append(f"| `{name}` | {default} | {(field.description or '').replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def render(text: str) -> str:
    """The page with fresh tables."""
    for title, model in MODELS.items():
        block = re.compile(rf"(<!-- fields: {title} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        fresh = table(model)
        text = block.sub(lambda found, fresh=fresh: found[1] + fresh + found[2], text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
