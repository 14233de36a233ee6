"""Executed notebooks as pages: folded code, figures at their true size, and where the page comes from."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from eelib.report.values import duration, flatten, show

WIDGET = "application/vnd.jupyter.widget-view+json"


def title_of(notebook: NotebookNode, name: str) -> str:
    """The notebook's first heading, or its name."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# +(.+)$", cell.source, re.MULTILINE)):
            return str(found[1]).strip()
    return name


def prepare(notebook: NotebookNode, name: str, record: Mapping[str, Any], ran: Mapping[str, str] = MappingProxyType({})) -> NotebookNode:
    """Turn an executed notebook into a page of the site, in place.

    Papermill's injected cell becomes part of the provenance at the end; code is folded; figures drawn at twice the pixels of
    a screen are shown at half their pixels; links into ``docs/`` lead to the pages of the site.

    Args:
        notebook: The executed notebook.
        name: Its name in the study.
        record: The notebook's record; its provenance is shown.
        ran: What it ran, by label.
    """
    heading = title_of(notebook, name)
    if not any(re.search(r"^# ", cell.source, re.MULTILINE) for cell in notebook.cells[:1]):
        notebook.cells.insert(0, new_markdown_cell(f"# {heading}"))
    notebook.cells = [cell for cell in notebook.cells if not _is_noise(cell)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE) or [heading])[-1]
            cell.source = re.sub(r"\]\((?:\.\./)+docs/(\w+\.md)", r"](../\1", cell.source)
        else:
            _fold(cell, heading)
    notebook.cells.append(new_markdown_cell(provenance(name, record, ran)))
    notebook.metadata = NotebookNode(
        kernelspec=notebook.metadata.get("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    )
    return notebook


def _is_noise(cell: NotebookNode) -> bool:
    tags = cell.metadata.get("tags", [])
    return "injected-parameters" in tags or (cell.cell_type == "code" and not cell.source.strip())


def _fold(cell: NotebookNode, heading: str) -> None:
    tags = cell.metadata.get("tags", [])
    label = "Parameters and their defaults" if "parameters" in tags else "Code"
    options: dict[str, Any] = {"code_prompt_show": label, "code_prompt_hide": label}
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        data.pop(WIDGET, None)
        if "image/png" in data:
            width = struct.unpack(">I", base64.b64decode(data["image/png"])[16:20])[0]  # the header chunk of a PNG starts with its width
            options["image"] = {"width": f"{width // 2}px", "alt": f"Figure: {heading}"}
    cell.outputs = [output for output in cell.get("outputs", []) if output.get("data") != {}]
    cell.metadata = NotebookNode(tags=sorted({*tags, "hide-input"}), mystnb=options)


def facts(record: Mapping[str, Any]) -> dict[str, str]:
    """What the reader should know about a run, by label; facts that the record lacks are left out."""
    known = {name.rsplit(".", 1)[-1]: value for name, value in flatten(record).items() if value is not None}
    machine = [show(known[name]) for name in ("processor", "instructions", "system") if name in known]
    machine += [f"{known['cores']} cores"] if "cores" in known else []
    found = {
        "Date": str(known.get("started", "")).replace("T", " ")[:16],
        "Rendered in": duration(known["seconds"]) if "seconds" in known else "",
        "Profile": show(known.get("profile", "")),
        "Commit": str(known.get("commit", ""))[:10] + (", with uncommitted changes" if known.get("dirty") else ""),
        "Machine": ", ".join(machine),
        "Device": show(known.get("device", "")),
    }
    return {label: value for label, value in found.items() if value}


def provenance(name: str, record: Mapping[str, Any], ran: Mapping[str, str] = MappingProxyType({})) -> str:
    """HTML block: which notebook, run when, on what, with which parameters.

    Args:
        name: Of the notebook.
        record: Of the notebook.
        ran: Of :func:`eelib.report.site.what_ran.what_ran`.
    """
    given = record.get("params") or record.get("parameters") or {}
    rows = {"Notebook": name, **ran, **facts(record)}
    named = {key: value for key, value in flatten(given).items() if value is not None and key != "profile"}
    if given:
        rows["Parameters"] = "; ".join([*(f"{key} = {show(value)}" for key, value in named.items()), _others(given)])
    items = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in rows.items())
    return f'<div class="provenance"><strong>Where this page comes from</strong><dl>{items}</dl></div>'


def _others(given: Mapping[str, Any]) -> str:
    profile = f"those of profile {given['profile']}" if given.get("profile") else "their defaults"
    return f"all others are {profile}"
