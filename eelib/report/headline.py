"""The main result for the start page: figure, table and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eelib.report.comparison import READINGS, compare, conclusion
from eelib.report.comparison_table import comparison_table
from eelib.report.findings import arms_of, gap
from eelib.report.gain_figure import gain_figure
from eelib.study.store import Record

NOTEBOOK = "ee1_regions"
FIGURE = "headline.png"
TITLE = "## Does pre-training beat a random start?"
EXPLAINED = f"""Real imagery and simulated regions are never mixed into one number. Small figures behind a mean are seeds; each leads to
its record. [How it was done](notebooks/{NOTEBOOK})."""
WARNING = ":::{warning}\nProfile `smoke` only shows that everything runs. Its numbers mean nothing.\n:::\n"


def headline(records: Sequence[Record], notebook: dict[str, Any], source: Path) -> str:
    """MyST text; leaves the figure in ``source``. Where records are missing, it says only that.

    Args:
        records: All records.
        notebook: Record of the notebook whose comparison is the headline; only the arms that it read are shown.
        source: Folder of the page.
    """
    import matplotlib.pyplot as plt

    if missing := gap(NOTEBOOK, notebook, records):
        return f"{TITLE}\n\n{missing}\n"
    profile = notebook["parameters"]["profile"]
    rows = compare(arms_of(notebook, records))
    figure = gain_figure(rows)
    figure.savefig(source / FIGURE)
    plt.close(figure)
    alternative = f"Gain of pre-training in {len({row.region for row in rows})} regions; the tables below hold the same numbers."
    text = f"{TITLE}\n\n{WARNING if profile == 'smoke' else ''}\n{conclusion(rows)}\n\n"
    text += f"```{{image}} {FIGURE}\n:alt: {alternative}\n```\n\nProfile `{profile}`. {EXPLAINED}\n"
    for reading in READINGS:
        if any(row.reading == reading for row in rows):
            text += f"\n**{reading.capitalize()}**, mIoU on the test set, mean over seeds\n\n{comparison_table(rows, reading, root='')}\n"
    return text
