"""The ledger: each claim of the two papers, what we may know of it, and whether it held here; verdicts are computed, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eelib.report.clip_benchmark import judgements as clip
from eelib.report.summary import judgements as earth
from eelib.report.summary.findings import arms_of, gap
from eelib.report.summary.judgements import Judgement
from eelib.study.store import Record

SURE = {  # in short; docs/glossary.md#a-a2-b-and-c has them at length
    "A": "read in the paper's abstract or code",
    "A2": "told by a second source",
    "B": "inferred or chosen by us",
    "C": "unknown: in no public source that we found",
}
EARTH, CLIP = "Embedding Earth", "CLIP-benchmark"


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        paper: Whose.
        text: In our words.
        known: How we know of it, a key of :data:`SURE`.
        notebook: Which tests it.
        judge: The records that the notebook read to a judgement.
    """

    paper: str
    text: str
    known: str
    notebook: str
    judge: Callable[[Sequence[Record]], Judgement]


CLAIMS = (
    Claim(EARTH, "Pre-training beats random weights in every tested case", "A", "ee1_regions", earth.everywhere),
    Claim(EARTH, "Gains reach 25 points of mIoU", "A", "ee1_regions", earth.largest),
    Claim(EARTH, "The gain is largest where labels are scarce", "A", "ee2_label_scarcity", earth.scarcest),
    Claim(EARTH, "Features of one region remain useful in a very different one", "A", "ee3_transfer", earth.carries_over),
    Claim(CLIP, "Data quality has a strong effect", "A", "clip3_data", clip.faults_hurt),
    Claim(CLIP, "The filtered V2 trains better models than V1", "A2", "clip3_data", clip.versions_differ),
    Claim(CLIP, "Some supervision behaves differently on ConvNets and ViTs", "A", "clip1_supervision", clip.encoders_differ),
    Claim(CLIP, "Token-wise alignment helps ViTs and may hurt ConvNets", "A2", "clip1_supervision", clip.tokens_help_vits),
    Claim(CLIP, "More appropriate supervision improves CLIP", "A", "clip1_supervision", clip.supervision_helps),
    Claim(CLIP, "DeFILIP is the strongest", "A", "clip1_supervision", clip.defilip_leads),
    Claim(CLIP, "A smaller text encoder costs little accuracy", "A", "clip4_text_depth", clip.few_blocks_suffice),
    Claim(CLIP, "Inconsistent recipes made earlier comparisons unfair", "A", "clip2_recipe", clip.recipes_matter),
)


def judged(notebooks: Mapping[str, Mapping[str, Any]], records: Sequence[Record]) -> Iterator[tuple[Claim, Judgement]]:
    """Every claim whose notebook has run, with its verdict; *incomplete* and no verdict where records are missing.

    Args:
        notebooks: Records of finished notebooks by name, with the arms that each read.
        records: All records.
    """
    for claim in CLAIMS:
        if (notebook := notebooks.get(claim.notebook)) is not None:
            missing = gap(claim.notebook, notebook, records)
            yield claim, Judgement("incomplete", missing) if missing else claim.judge(arms_of(notebook, records))


RULE = """A claim *held* where the 95 % intervals of all cases lie on the claimed side. It *did not hold* where a case stands on the other
side, *held in part* where one stands on the claimed side and none on the other, and is *undecided* where none stands. A case stands where
its p-value is below 0.05 after Holm's correction over all cases of the claim: among many, one is soon found by chance. One seed or one test
place decides nothing. Gains over random weights are judged by fine-tuned networks where those were run, and the linear probe is told beside
them; carrying over is judged at the fewest labels. *Not comparable*: the published number belongs to a table that is not public. Verdicts
are computed from the records; they speak of our scale and data, not of the papers' own."""


def ledger(notebooks: Mapping[str, Mapping[str, Any]], records: Sequence[Record], link: str = "notebooks/{}") -> str:
    """Markdown of :func:`judged`, a table per paper; empty where nothing has run.

    Args:
        notebooks: Records of finished notebooks by name.
        records: All records.
        link: Where the page of a notebook is.
    """
    found: dict[str, list[str]] = {}
    for claim, judgement in judged(notebooks, records):
        page, profile = link.format(claim.notebook), notebooks[claim.notebook]["parameters"]["profile"]
        row = f"| {claim.text} [{claim.known}] | **[{judgement.word}]({page})** | {judgement.evidence} Profile `{profile}`. |"
        found.setdefault(claim.paper, []).append(row)
    if not found:
        return ""
    tables = ["\n".join([f"| {paper} | here | evidence |", "|---|---|---|", *rows, ""]) for paper, rows in found.items()]
    used = {claim.known for claim in CLAIMS}
    sure = "; ".join(f"{key}: {meaning}" for key, meaning in SURE.items() if key in used)
    return "\n".join([*tables, f"{RULE} How we know of a claim: {sure}.", ""])
