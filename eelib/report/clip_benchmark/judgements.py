"""How the claims of CLIP-benchmark are judged: by :func:`eelib.report.summary.judgements.by_side`, unless a function says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eelib.evaluate.statistics import LEVEL, Estimate, holm
from eelib.report.cases import POINTS, Record, signed, verdict
from eelib.report.clip_benchmark.compared import Compared, compared
from eelib.report.clip_benchmark.data import dose_rows, fault_of, is_published, version_rows
from eelib.report.clip_benchmark.depth import depth_rows
from eelib.report.clip_benchmark.models import Config, models_of
from eelib.report.clip_benchmark.recipe import recipe_rows
from eelib.report.clip_benchmark.supervision import interactions, supervision
from eelib.report.summary.judgements import Judgement, by_count, by_side, sides

MARGIN = 2.0  # points of top-1 that a shallower text encoder may lose and still lose "little" (ours)
FEW_BLOCKS = 3  # the depth that the paper is said to recommend


def faults_hurt(records: Sequence[Record]) -> Judgement:
    """Doses of caption faults: claimed is that each costs top-1, after correction."""
    found = [(row, row.effect) for row in dose_rows(models_of(records)) if row.effect is not None]
    hurt = [(row, effect) for row, effect in found if row.decided and effect.value < 0]
    gained = sum(row.decided and effect.value > 0 for row, effect in found)
    text = f"{len(hurt)} of {len(found)} doses of caption faults cost top-1 after correction"
    if hurt:
        row, effect = min(hurt, key=lambda item: item[1].value)
        kind, dose = fault_of(row)
        text += f", most {kind} at {dose:g}: {signed(effect)} points ({row.model.data_title})"
    return Judgement(by_count(len(hurt), gained, len(found)), f"{text}.")


def versions_differ(records: Sequence[Record]) -> Judgement:
    """V2 minus V1, or V2-like minus V1-like at equal pair counts, for every method and encoder."""
    rows = [row for row in version_rows(models_of(records)) if row.effect is not None]
    published = all(is_published(row.model.config) for row in rows) and rows
    return _told(rows, "V2 minus V1" if published else "V2-like minus V1-like")


def encoders_differ(records: Sequence[Record]) -> Judgement:
    """Held where there is an interaction of method and encoder on some data, after Holm's correction over all of them.

    Else undecided, because no test shows equality.
    """
    tests = interactions(models_of(records))
    if not tests:
        return Judgement("undecided", "Interaction of method and encoder: one encoder alone was run.")
    text = "; ".join(f"{test.data}, p = {test.adjusted:.3f}" for test in tests)
    over = f", p corrected by Holm over {len(tests)} sets of pairs" if len(tests) > 1 else ""
    return Judgement("held" if any(test.decided for test in tests) else "undecided", f"Interaction of method and encoder{over}: {text}.")


def tokens_help_vits(records: Sequence[Record]) -> Judgement:
    """FILIP minus CLIP: claimed above 0 on the ViT and below 0 on the ResNet."""
    rows = _effects_of("FILIP", records)
    sides = [effect if row.model.config.family == "vit" else negative(effect) for row in rows if (effect := row.effect)]
    return Judgement(by_side(sides), _told(rows, "FILIP minus CLIP").evidence)


def supervision_helps(records: Sequence[Record]) -> Judgement:
    """DeCLIP, the richest of the supervisions that the paper compares, minus CLIP on every encoder."""
    return _told(_effects_of("DeCLIP", records), "DeCLIP minus CLIP")


def defilip_leads(records: Sequence[Record]) -> Judgement:
    """DeFILIP minus each other method on every encoder."""
    rivals = compared(models_of(records), lambda config: config._replace(label=", ".join(["defilip", *config.label.split(", ")[1:]])))
    leads = [negative(row.effect) for row in rivals if row.effect is not None]
    return Judgement(by_side(leads), f"DeFILIP against each method on each encoder: {sides(leads, 'ahead', 'behind')}.")


def few_blocks_suffice(records: Sequence[Record]) -> Judgement:
    """Three text blocks, or the most below them that were run, minus the deepest; less than a margin lost counts as little."""
    found = models_of(records)
    rows = [row for row in depth_rows(found) if row.effect is not None and (row.model.config.layers or 0) <= FEW_BLOCKS]
    if not rows:
        return Judgement("undecided", f"No text encoder of at most {FEW_BLOCKS} blocks was run beside a deeper one.")
    depth = max(row.model.config.layers or 0 for row in rows)
    rows = [row for row in rows if row.model.config.layers == depth]
    lifted = [row.effect for row in depth_rows(found, margin=MARGIN / POINTS) if row.effect and row.model.config.layers == depth]
    text = _told(rows, f"{depth} text {'block' if depth == 1 else 'blocks'} minus the deepest").evidence
    return Judgement(by_side(lifted), f"{text} A loss below {MARGIN:g} points counts as little.")


def recipes_matter(records: Sequence[Record]) -> Judgement:
    """Methods whose top-1 the released recipe changes, either way, after correction."""
    rows = [row for row in recipe_rows(models_of(records)) if row.effect is not None]
    decided = [row for row in rows if row.decided]
    text = f"The released recipe changes {len(decided)} of {len(rows)} methods by an amount that stands after correction."
    return Judgement(by_count(len(decided), 0, len(rows)), text)


def negative(value: Estimate) -> Estimate:
    """The same difference the other way round."""
    return replace(value, value=-value.value, low=-value.high, high=-value.low)


def _effects_of(title: str, records: Sequence[Record]) -> list[Compared]:
    return [row for row in supervision(models_of(records)) if row.effect is not None and row.model.config.title == title]


def _told(rows: Sequence[Compared], what: str) -> Judgement:
    parts: dict[str, list[tuple[Config, Estimate]]] = {}
    for row in rows:
        if row.effect:
            parts.setdefault(row.model.data_title, []).append((row.model.config, row.effect))
    text = "; ".join(f"{data}: {_range(found)}" for data, found in parts.items())
    every = [one for found in parts.values() for one in found]
    stand = [_named(*one) for one, p in zip(every, holm([effect.p for _, effect in every]), strict=True) if p < LEVEL]
    text = f"{what}, top-1 in points: {text}. After Holm's correction over {len(every)} cases stand: {', '.join(stand) or 'none'}."
    return Judgement(by_side([effect for _, effect in every]), text)


def _range(found: Sequence[tuple[Config, Estimate]]) -> str:
    """All effects where they are few, else how many lie on each side and the two ends."""
    if len(found) < 3:
        return ", ".join(_named(*one) for one in found)
    above, below, _ = verdict([effect for _, effect in found])
    low, *_, high = sorted(found, key=lambda one: one[1].value)
    return f"above 0 in {above} of {len(found)} cases and below in {below} by their intervals, from {_named(*low)} to {_named(*high)}"


def _named(config: Config, effect: Estimate) -> str:
    return f"{config.title} on the {config.encoder_title} {signed(effect)}"
