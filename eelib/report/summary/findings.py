"""What every experiment concludes, from its records: the same sentences as at the end of its notebook."""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eelib.report.bridge.comparison import bridge_conclusion, bridges
from eelib.report.clip_benchmark import findings as clip_findings
from eelib.report.embedding_earth.baselines import baseline_conclusion, baselines
from eelib.report.embedding_earth.effects import effects, effects_conclusion
from eelib.report.embedding_earth.embeddings import look_conclusion, looks
from eelib.report.embedding_earth.lengths import curves, length_conclusion
from eelib.report.embedding_earth.scarcity import worth_conclusion, worths
from eelib.report.embedding_earth.transfer import transfer_conclusion, transfers
from eelib.report.embedding_earth.tunings import tuning_conclusion, tunings
from eelib.study.store import Record

# Notebook: its records to Markdown. The first experiment is the headline itself.
CONCLUSIONS: dict[str, Callable[[Sequence[Record]], str]] = {
    "ee2_label_scarcity": lambda records: worth_conclusion(worths(records)),
    "ee3_transfer": lambda records: transfer_conclusion(transfers(records)),
    "ee4_ablations": lambda records: effects_conclusion(effects(records)),
    "ee5_baselines": lambda records: baseline_conclusion(baselines(records)),
    "ee6_embeddings": lambda records: look_conclusion(looks(records)),
    "ee7_length": lambda records: length_conclusion(curves(records)),
    "ee8_finetuning": lambda records: tuning_conclusion(tunings(records)),
    "bridge1_language_init": lambda records: bridge_conclusion(bridges(records)),
    **{name: functools.partial(clip_findings.conclusion_of, name) for name in clip_findings.CONCLUSIONS},
}


def arms_of(notebook: Mapping[str, Any], records: Sequence[Record]) -> list[Record]:
    """The records that a notebook read; ask :func:`gap` whether all of them are there."""
    wanted = set(notebook["arms"])
    return [record for record in records if _name(record) in wanted]


def missing_arms(notebook: Mapping[str, Any], records: Sequence[Record]) -> set[str]:
    """The arms, ``experiment/key``, that a notebook read and that have no record any more, or none that was copied."""
    return set(notebook["arms"]) - {_name(record) for record in records}


def gap(name: str, notebook: Mapping[str, Any], records: Sequence[Record]) -> str:
    """How many records a notebook lacks and what computes them, a sentence of Markdown; empty where it has all.

    What is concluded from the others would be about fewer cases than the notebook is about.
    """
    missing = missing_arms(notebook, records)
    if not missing:
        return ""
    given = {key: value for key, value in notebook["parameters"].items() if key != "profile" and value is not None}
    settings = "".join(f" --set {shlex.quote(f'{key}={json.dumps(value)}')}" for key, value in given.items())
    command = f"eelib run {name} --profile {notebook['parameters']['profile']}{settings}"
    return f"{len(missing)} of {len(set(notebook['arms']))} records are missing: run `{command}`."


def finding(name: str, title: str, notebook: Mapping[str, Any], records: Sequence[Record]) -> str:
    """MyST section of one experiment; empty where the start page has none for it.

    Args:
        name: File name of its notebook without ending, e.g. ``ee3_transfer``.
        title: Its title.
        notebook: Its record, with the arms that it read.
        records: All records.
    """
    if name not in CONCLUSIONS:
        return ""
    text = gap(name, notebook, records) or CONCLUSIONS[name](arms_of(notebook, records))
    return f"### {title}\n\n{text}\n\nProfile `{notebook['parameters']['profile']}`. [Tables and figures](notebooks/{name})\n"


def _name(record: Record) -> str:
    return f"{record['experiment']}/{record['key']}"
