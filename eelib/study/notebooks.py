"""Executing a notebook: papermill in a kernel of its own, and a record that alone says that it finished."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eelib.errors import InputError, RunError
from eelib.study.provenance import provenance
from eelib.study.store import Store, write_json
from eelib.study.table import Row

if TYPE_CHECKING:
    from eelib.study.parameters import Parameters

FOLDER = "notebooks"


def executed_path(row: Row, store: Store) -> Path:
    """Where the executed copy lies; it is a log and says nothing about completion."""
    return store.root / FOLDER / f"{row.name}.ipynb"


def record_path(row: Row, store: Store) -> Path:
    """Where the notebook's record lies."""
    return executed_path(row, store).with_suffix(".json")


def identity(row: Row, params: Parameters) -> dict[str, Any]:
    """What decides whether an executed notebook is still the right one: its source, its parameters, its arms and the report's code."""
    from eelib.study.arm import with_needs

    return {
        "notebook": row.notebook,
        "source": source_hash(row.path),
        "report": _report_hash(),
        "parameters": params.model_dump(mode="json"),
        "arms": sorted(str(arm) for arm in with_needs(row.plan(params))),
    }


def check_output(path: Path) -> None:
    """Refuse a place for the executed copy before anything is computed; makes its folder.

    Raises:
        InputError: It is a folder, its folder cannot be made, or it cannot be written.
    """
    if path.is_dir():
        raise InputError(f"--output {path}: this is a folder; name the file too, as in {path / 'executed.ipynb'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--output {path}: its folder cannot be made ({error.strerror}); choose another place") from error
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"--output {path}: cannot be written; choose another place, or change the permissions")


def is_done(row: Row, params: Parameters, store: Store) -> bool:
    """Whether the executed notebook on disk is complete and up to date."""
    path = record_path(row, store)
    if not path.is_file() or not executed_path(row, store).is_file():
        return False
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    wanted = identity(row, params)
    return all(store.root.joinpath(arm, "record.json").is_file() for arm in wanted["arms"]) and wanted.items() <= recorded.items()


def execute(row: Row, params: Parameters, store: Store, *, output: Path | None = None, jobs: int | None = None) -> Path:
    """Run a notebook from top to bottom with papermill.

    Args:
        row: Which notebook.
        params: Validated parameters; those that differ from the notebook's defaults are injected.
        store: Where its arms' records lie; the kernel is told through ``$EELIB_RUNS``.
        output: Where the executed copy goes; in the runs folder where None.
        jobs: Worker processes for arms that the notebook has to compute itself.

    Returns:
        The executed copy.

    Raises:
        InputError: The notebook stopped on bad input, or the copy cannot be written.
        RunError: Any other failure: an exception, a dead kernel, a time-out, an early exit.
    """
    import nbformat

    path = output or executed_path(row, store)
    if output is not None:
        check_output(output)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        record_path(row, store).unlink(missing_ok=True)
    # Only plain values that JSON can hold reach papermill; defaults of the model that the notebook does not name stay out.
    values = params.model_dump(mode="json", exclude_unset=True)
    started = time.time()
    try:
        _papermill(row.path, path, values, store, jobs)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise _failure(row, path, error) from error
    content = nbformat.read(path, as_version=4)
    if not _finished(content):
        raise RunError(f"{row.name}: the notebook stopped before its last cell; the executed copy is {path}")
    if output is None:
        write_json(record_path(row, store), {**identity(row, params), "provenance": provenance(started, time.time())})
    return path


def _papermill(source: Path, output: Path, values: dict[str, Any], store: Store, jobs: int | None) -> None:
    """Run with a kernel on unix sockets in a folder of its own, so that notebooks side by side never take each other's ports."""
    import logging

    import papermill
    from traitlets.config import Config

    # papermill does not see parameters typed `X | None` and warns; the validating cell of every notebook is stricter.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    before = dict(os.environ)
    os.environ |= {"EELIB_RUNS": str(store.root), **({"EELIB_JOBS": str(jobs)} if jobs else {})}
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        with tempfile.TemporaryDirectory(prefix="eelib-") as sockets:
            papermill.execute_notebook(
                source,
                output,
                parameters=values,
                progress_bar=False,
                log_output=False,
                cwd=str(source.parent),
                request_save_on_cell_execute=True,
                # A kernel that is interrupted on its way out calls that an error, on the user's terminal.
                config=Config(
                    KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"}, NotebookClient={"extra_arguments": ["--log-level=50"]}
                ),
                kernel_name="python3",
            )
    finally:
        os.environ.clear()
        os.environ.update(before)


def _finished(content: Any) -> bool:  # noqa: ANN401 - a notebook node
    """Whether every code cell ran and none raised, judged by execution counts and outputs."""
    cells = [cell for cell in content.cells if cell.cell_type == "code" and cell.source.strip()]
    raised = any(output.output_type == "error" for cell in cells for output in cell.outputs)
    return not raised and all(cell.execution_count for cell in cells)


def _failure(row: Row, path: Path, error: Exception) -> Exception:
    name, text = getattr(error, "ename", type(error).__name__), str(getattr(error, "evalue", error)).strip()
    if name == "InputError":
        return InputError(text)
    if name == "ModuleNotFoundError":
        return ModuleNotFoundError(text, name=text.rpartition("No module named ")[2].strip("'"))
    if isinstance(error, InputError):
        return error
    first = text.splitlines()[0] if text else "no message"
    copy = f"; the executed copy is {path}" if path.is_file() else ""  # papermill may have failed to write it
    return RunError(f"{row.name}: {name}: {first}{copy}")


def source_hash(path: Path) -> str:
    """Hash of a notebook's cells, so that saving it anew or an output changes nothing."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a readable notebook ({error})") from error
    content = [[cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags", [])] for cell in cells]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _report_hash() -> str:
    """Hash of the code that turns records into tables and figures."""
    package = Path(__file__).parents[1]
    files = sorted(path for room in ("report", "evaluate") for path in (package / room).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
