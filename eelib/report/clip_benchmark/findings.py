"""What every notebook of CLIP-benchmark concludes, from its records: the same sentences as at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eelib.report.clip_benchmark.answers import evaluation_conclusion
from eelib.report.clip_benchmark.changes import change_conclusion, detail_rows, term_rows
from eelib.report.clip_benchmark.data import amount_rows, data_conclusion, dose_rows, version_rows
from eelib.report.clip_benchmark.depth import depth_conclusion, depth_rows
from eelib.report.clip_benchmark.models import Model, models_of
from eelib.report.clip_benchmark.recipe import method_rows, recipe_conclusion, recipe_rows
from eelib.report.clip_benchmark.supervision import interactions, supervision, supervision_conclusion
from eelib.study.store import Record

CONCLUSIONS: dict[str, Callable[[list[Model]], str]] = {
    "clip1_supervision": lambda found: supervision_conclusion(supervision(found), interactions(found)),
    "clip2_recipe": lambda found: recipe_conclusion(recipe_rows(found), method_rows(found)),
    "clip3_data": lambda found: data_conclusion(version_rows(found), dose_rows(found), amount_rows(found)),
    "clip4_text_depth": lambda found: depth_conclusion(depth_rows(found)),
    "clip5_terms": lambda found: change_conclusion(term_rows(found), "terms left out or added"),
    "clip6_details": lambda found: change_conclusion(detail_rows(found), "changed details"),
    "clip7_evaluation": evaluation_conclusion,
}


def conclusion_of(name: str, records: Sequence[Record]) -> str:
    """Markdown of one notebook, from the trainings and scores that it read."""
    return CONCLUSIONS[name](models_of(records))
