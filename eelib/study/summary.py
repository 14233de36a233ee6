"""Plain-text answers to "what is there" and "how far is it"."""

from __future__ import annotations

import ast
import json

from eelib.errors import InputError
from eelib.study.table import Row, rows


def describe_row(item: Row) -> str:
    """A notebook in a few lines: claim, cost per profile, parameters with defaults.

    Everything is read from study.yaml and the notebook itself, so that the list appears at once; tests hold the costs to the plan.
    """
    lines = [f"{item.name}  ({item.family})", f"    {item.claim}"]
    costs = [f"{profile} {cost.arms} arms, about {cost.minutes} min" for profile, cost in item.cost.items()]
    lines.append(f"    cost on two cores: {'; '.join(costs) or 'under a minute, nothing is trained'}")
    return "\n".join([*lines, *(f"    {line}" for line in parameter_lines(item))]) + "\n"


def parameter_lines(item: Row) -> list[str]:
    """The notebook's parameters as they stand in its parameters cell: ``name: type = default  # comment``.

    Raises:
        InputError: The notebook is missing, damaged, or has no cell tagged ``parameters``.
    """
    try:
        cells = json.loads(item.path.read_text(encoding="utf-8"))["cells"]
        source = next("".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", []))
        first = [node.lineno for node in ast.parse(source).body]
    except (OSError, ValueError, KeyError, StopIteration, SyntaxError) as error:
        raise InputError(f"{item.path}: no readable cell tagged 'parameters' ({type(error).__name__})") from error
    return [source.splitlines()[line - 1] for line in first]


def status(profile: str) -> list[str]:
    """One line per notebook and one for the whole study."""
    from eelib.study.arm import with_needs
    from eelib.study.execute import LOG
    from eelib.study.notebooks import is_done
    from eelib.study.progress import clock_time
    from eelib.study.store import Store

    store, lines = Store(), []
    left: dict[str, float] = {}
    total: dict[str, float] = {}
    for item in rows():
        params = item.validated({"profile": profile})
        arms = with_needs(item.plan(params))
        missing = [arm for arm in arms if not store.has(arm)]
        failed = [arm for arm in missing if (store.folder(arm) / LOG).is_file() and (store.folder(arm) / LOG).stat().st_size]
        state = "done" if is_done(item, params, store) else "notebook to run" if not missing else "missing"
        broken = f", {len(failed)} stopped or failed" if failed else ""
        lines.append(f"{item.name:24} {state:16} {len(arms) - len(missing)}/{len(arms)} arms{broken}")
        lines += [f"    see {store.folder(arm) / LOG}" for arm in failed[:3]]
        left |= {arm.key: arm.cost for arm in missing}
        total |= {arm.key: arm.cost for arm in arms}
    lines.append(f"profile {profile}: {len(total) - len(left)}/{len(total)} arms, about {clock_time(sum(left.values()))} of one core left")
    return lines
