"""Plain-text answers to "what is there" and "how far is it"."""

from __future__ import annotations

from eelib.study.arm import with_needs
from eelib.study.execute import LOG
from eelib.study.notebooks import is_done
from eelib.study.progress import clock_time
from eelib.study.store import Store
from eelib.study.table import Row, rows

COSTED = ("smoke", "quick", "full")


def describe_row(item: Row) -> str:
    """A notebook in a few lines: claim, cost per profile, parameters with defaults."""
    lines = [f"{item.name}  ({item.family})", f"    {item.claim}"]
    if item.experiment:
        costs = []
        for profile in COSTED:
            arms = with_needs(item.plan(item.validated({"profile": profile})))
            costs.append(f"{profile} {len(arms)} arms, {clock_time(sum(arm.cost for arm in arms))}")
        lines.append(f"    cost on one core: {'; '.join(costs)}")
    for name, field in item.model().model_fields.items():
        note = f"  ({field.description})" if field.description else ""
        lines.append(f"    {name} = {field.default}{note}")
    return "\n".join(lines) + "\n"


def status(profile: str) -> list[str]:
    """One line per notebook and one for the whole study."""
    store, lines = Store(), []
    left: dict[str, float] = {}
    total: dict[str, float] = {}
    for item in rows():
        params = item.validated({"profile": profile})
        arms = with_needs(item.plan(params))
        missing = [arm for arm in arms if not store.has(arm)]
        failed = [arm for arm in missing if (store.folder(arm) / LOG).is_file() and (store.folder(arm) / LOG).stat().st_size]
        state = "done" if is_done(item, params, store) else "notebook to run" if not missing else "missing"
        lines.append(
            f"{item.name:24} {state:16} {len(arms) - len(missing)}/{len(arms)} arms" + (f", {len(failed)} started" if failed else "")
        )
        lines += [f"    see {store.folder(arm) / LOG}" for arm in failed[:3]]
        left |= {arm.key: arm.cost for arm in missing}
        total |= {arm.key: arm.cost for arm in arms}
    lines.append(f"profile {profile}: {len(total) - len(left)}/{len(total)} arms, about {clock_time(sum(left.values()))} of one core left")
    return lines
