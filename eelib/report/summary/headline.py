"""The main result for the start page: figure, table and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eelib.report.cases import POINTS, points
from eelib.report.embedding_earth.comparison import READINGS, compare, conclusion
from eelib.report.embedding_earth.comparison_table import comparison_table
from eelib.report.embedding_earth.gain_figure import gain_figure
from eelib.report.embedding_earth.lengths import times
from eelib.report.embedding_earth.tunings import after, tunings
from eelib.report.summary.findings import arms_of, gap
from eelib.study.store import Record

NOTEBOOK, LONGER = "ee1_regions", "ee8_finetuning"
FIGURE = "headline.png"
TITLE = "## Does pre-training beat a random start?"
EXPLAINED = f"""Real imagery and simulated regions are never mixed into one number. Small figures behind a mean are seeds; each leads to
its record. [How it was done](notebooks/{NOTEBOOK})."""
WARNING = ":::{warning}\nProfile `smoke` only shows that everything runs. Its numbers mean nothing.\n:::\n"


def headline(records: Sequence[Record], notebook: dict[str, Any], source: Path, longer: Mapping[str, Any] | None = None) -> str:
    """MyST text; leaves the figure in ``source``. Where records are missing, it says only that.

    Args:
        records: All records.
        notebook: Record of the notebook whose comparison is the headline; only the arms that it read are shown.
        source: Folder of the page.
        longer: Record of the notebook that fine-tuned longer, where it has run.
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
    more = unfinished(arms_of(longer, records)) if longer else ""
    text += f"```{{image}} {FIGURE}\n:alt: {alternative}\n```\n\nProfile `{profile}`. {EXPLAINED}{more}\n"
    for reading in READINGS:
        if any(row.reading == reading for row in rows):
            text += f"\n**{reading.capitalize()}**, mIoU on the test set, mean over seeds\n\n{comparison_table(rows, reading, root='')}\n"
    return text


def unfinished(records: Sequence[Record]) -> str:
    """That fine-tuning goes on rising beyond the length of the headline, from the records of the notebook that made it longer."""
    items = tunings(records)
    last = max(item.lengths[-1] for item in items)
    rises = [item.rises["random"][1] for item in items if 1 in item.rises["random"] and item.lengths[-1] == last]
    up = [rise.value for rise in rises if rise.above()]
    if 2 * len(up) <= len(rises):
        return ""
    text = f" Fine-tuning at this length is far from finished: with {times(last)} its steps random starts score higher in {len(up)} of "
    text += f"{len(rises)} cases by an interval, there {points(POINTS * sum(up) / len(up), sign=False)} points on average."
    return f"{text} [What is left of the gain then{after(items)}](notebooks/{LONGER})."
