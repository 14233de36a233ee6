"""The table: which cases are compared, what they must reach, and the rows that are measured in their own way."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from big_scenes import own_tile, series_of_dates, whole_tile
from cases import CASES
from gpu import gpu_ceilings, has_gpu
from gpu_rows import GPU_ROWS, OnGpu
from measure import alone, fresh, memory_mb, seconds

from eelib.report.site.bench import BenchRow, Check, Measured

LOSSES, STEPS, RANKS, SCENES, STUDY, OTHER = "Losses", "Training steps", "Ranks", "Whole scenes", "The study", "Others"


@dataclass(frozen=True)
class Context:
    """How to measure: threads, the machine's ceilings, and whether this is a smoke run, in one process and at tiny sizes."""

    threads: int
    ceilings: dict[str, float]
    quick: bool

    @functools.cached_property
    def gpu_ceilings(self) -> dict[str, float]:
        """The same rates of the GPU."""
        return gpu_ceilings(self.quick or not has_gpu())

    def call(self, function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        """In a process of its own, or here in a smoke run."""
        return function(*arguments) if self.quick else fresh(function, *arguments)

    def found(self, name: str, times: dict[str, Any], memory: float | None) -> Measured:
        """One case with its floor: its operations at the measured float32 rate."""
        floor = times.pop("operations", 0) / self.ceilings["float32_gflops"] / 1e9
        known = {key: times[key] for key in ("seconds", "processor_seconds", "times") if key in times}
        return Measured(name=name, **known, memory_mb=memory, floor_seconds=floor or None)


@dataclass(frozen=True)
class Comparison:
    """Two cases that take turns in one process; the targets are the largest ratios, or the least speed-up, that will do."""

    group: str
    title: str
    ours: str
    peer: str
    time: float | None = None
    memory: float | None = None
    speed_up: float | None = None
    most_mb: float | None = None
    same_kind: bool = False  # the peer is ours at another size
    note: str = ""

    def measure(self, context: Context) -> BenchRow:
        """The row; without a peer that works it holds ours alone and says so."""
        try:
            times = context.call(seconds, (self.ours, self.peer), context.threads, context.quick)
        except Exception as error:
            return self._ours_alone(context, error)
        memory = [None if self.same_kind and at else self._memory(context, name) for at, name in enumerate((self.ours, self.peer))]
        ours, peer = (context.found(*part) for part in zip((self.ours, self.peer), times, memory, strict=True))
        checks = self._checks(ours, peer)
        return BenchRow(group=self.group, title=self.title, ours=ours, peer=peer, checks=checks, note=self.note)

    def _memory(self, context: Context, name: str) -> float | None:
        wanted = self.memory is not None or self.most_mb is not None
        return float(context.call(memory_mb, name, context.threads, context.quick)) if wanted else None

    def _checks(self, ours: Measured, peer: Measured) -> tuple[Check, ...]:
        ratio = _ratio(ours.seconds, peer.seconds)
        checks = [] if self.speed_up else [Check.of("time / peer", ratio, self.time)]
        checks += [Check.of("speed-up", _ratio(peer.seconds, ours.seconds), self.speed_up, at_least=True)] if self.speed_up else []
        if ours.memory_mb is not None and peer.memory_mb is not None:
            checks.append(Check.of("memory / peer", _ratio(ours.memory_mb, peer.memory_mb), self.memory))
        if self.most_mb is not None:
            checks.append(Check.of("extra memory, MB", ours.memory_mb, self.most_mb))
        checks.append(Check.of("processor time / peer", _ratio(ours.processor_seconds, peer.processor_seconds)))
        if CASES[self.ours].counted:
            checks.append(Check.of("share of the float32 rate", _ratio(ours.floor_seconds, ours.seconds)))
        return tuple(checks)

    def _ours_alone(self, context: Context, error: Exception) -> BenchRow:
        note = f"{self.peer}: {_reason(error)}"
        times = context.call(alone, self.ours, context.threads, context.quick)
        ours = context.found(self.ours, times, times["memory_mb"])
        return BenchRow(group=self.group, title=self.title, status="failed", ours=ours, note=note)


@dataclass(frozen=True)
class Single:
    """A case that is compared with nothing."""

    group: str
    title: str
    case: str
    most_mb: float | None = None

    def measure(self, context: Context) -> BenchRow:
        """The row; a case that is too long to be repeated is timed and weighed in one call."""
        if CASES[self.case].repeats == 1:
            times = context.call(alone, self.case, context.threads, context.quick)
            memory = times["memory_mb"]
        else:
            (times,) = context.call(seconds, (self.case,), context.threads, context.quick)
            memory = float(context.call(memory_mb, self.case, context.threads, context.quick))
        checks = (Check.of("extra memory, MB", memory, self.most_mb),) if self.most_mb else ()
        return BenchRow(group=self.group, title=self.title, ours=context.found(self.case, times, memory), checks=checks)


@dataclass(frozen=True)
class Special:
    """A row that is measured in its own way."""

    group: str
    title: str
    function: Callable[[str, str, Context], BenchRow]

    def measure(self, context: Context) -> BenchRow:
        """The row."""
        return self.function(self.group, self.title, context)


Row = Comparison | Single | Special | OnGpu


def robust(row: Row, context: Context) -> BenchRow:
    """A row, whatever happens: what goes wrong stands in it."""
    try:
        return row.measure(context)
    except Exception as error:
        return BenchRow(group=row.group, title=row.title, status="failed", note=_reason(error))


def _ratio(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else value / max(base, 1e-9)


def _reason(error: Exception) -> str:
    return (f"{type(error).__name__}: {error}".splitlines() or [type(error).__name__])[0][:300]


def share_of_overhead(width: int, *, alone: bool) -> Callable[[str, str, Context], BenchRow]:
    """Row of the share of a pre-training step that goes to data, views and losses, alone on the machine or with all cores in use."""

    def measure(group: str, title: str, context: Context) -> BenchRow:
        from shares import OVERHEAD, pretraining_parts

        from eelib.train.loaders import loader_count

        loaders = loader_count(1) if alone else 0
        parts = context.call(pretraining_parts, width, loaders, context.quick)
        whole = sum(parts.values())
        share = sum(parts[name] for name in OVERHEAD) / whole
        ours = Measured(name="pre-training step", seconds=whole)
        check = Check.of("share of the step", share, 0.15)
        note = f"one thread, and {loaders} that make batches ahead" if loaders else "one thread, which makes the batches too"
        return BenchRow(group=group, title=title, ours=ours, checks=(check,), parts=parts, note=note)

    return measure


def whole_machine(group: str, title: str, context: Context) -> BenchRow:
    """Row of pre-trainings side by side, one thread each, against one after the other with all threads."""
    from side_by_side import steps_per_process

    ours, peer = "pre-training step", "pre-training step, plain"
    found = steps_per_process(ours, peer, context.threads, context.quick)
    mine, plain = (context.found(name, times, None) for name, times in zip((ours, peer), found, strict=True))
    check = Check.of("speed-up", _ratio(plain.seconds, mine.seconds), 1.5, at_least=True)
    note = f"ours: {context.threads} processes of one thread, as the study runs; plain: one process of {context.threads} threads"
    return BenchRow(group=group, title=title, ours=mine, peer=plain, checks=(check,), note=note)


def on_ranks(loss: str) -> Callable[[str, str, Context], BenchRow]:
    """Row of a loss on 1, 2 and 4 ranks of one thread, the samples shared out."""

    def measure(group: str, title: str, context: Context) -> BenchRow:
        import ranks

        counts = (1, 2) if context.quick else ranks.RANKS
        found = {count: ranks.measured(count, context.quick)[loss] for count in counts}
        checks, cores, base = [], os.cpu_count() or 1, found[1]
        for count in counts[1:]:
            speed_up = base["seconds"] / found[count]["seconds"]
            checks.append(Check.of(f"efficiency, {count} ranks", speed_up / min(count, cores)))
            apart = abs(found[count]["loss"] - base["loss"]) / abs(base["loss"])
            checks.append(Check.of(f"relative difference of the loss, {count} ranks", apart, 1e-5))
        note = ", ".join(f"{count} ranks: {one['seconds']:.3g} s, {one['received_mb']:.3g} MB received" for count, one in found.items())
        ours = context.found(f"{loss} on one rank", dict(base), None)
        return BenchRow(group=group, title=title, ours=ours, checks=tuple(checks), note=note)

    return measure


def whole_study(group: str, title: str, context: Context) -> BenchRow:
    """Row of the duration of the study, from the records in the runs folder."""
    from study import records_of, spans_of, study_time

    from eelib.study.store import Store

    spans = spans_of([] if context.quick else records_of(Store()))
    if len(spans) < 2:
        return BenchRow(group=group, title=title, status="not measured", note="no notebook of profile quick has run here: make study first")
    minutes, busy = study_time(spans, os.cpu_count() or 1)
    checks = (Check.of("minutes", minutes, 20), Check.of("share of the cores that is busy", busy, 0.85, at_least=True))
    return BenchRow(group=group, title=title, checks=checks, note=f"from the times of {len(spans)} records")


def part_of_study(*families: str) -> Callable[[str, str, Context], BenchRow]:
    """Row of the minutes of the study that fell to the notebooks of some families."""

    def measure(group: str, title: str, context: Context) -> BenchRow:
        from study import minutes_of, records_by_notebook

        from eelib.study.store import Store
        from eelib.study.table import rows as table

        planned = {row.name: row.family for row in table()}
        shares = {} if context.quick else records_by_notebook(Store(), list(planned))
        members = [name for name, family in planned.items() if family in families]
        chosen = [name for name in members if shares.get(name)]
        if not chosen:
            note = "none of these notebooks has run here at profile quick: make study first"
            return BenchRow(group=group, title=title, status="not measured", note=note)
        check = Check.of("minutes", minutes_of(shares, chosen, os.cpu_count() or 1), 10)
        count = sum(len(shares[name]) for name in chosen)
        note = (
            f"{len(chosen)} of {len(members)} notebooks, from the times of {count} records; an arm that several need counts for the first"
        )
        return BenchRow(group=group, title=title, checks=(check,), note=note)

    return measure


ROWS: tuple[Row, ...] = (
    Comparison(LOSSES, "info_nce, 8192 rows of 64, plain form", "info_nce 8192, plain", "open_clip ClipLoss 8192"),
    Comparison(LOSSES, "info_nce, 8192 rows of 64, tiles", "info_nce 8192, chunk=1024", "open_clip ClipLoss 8192", 0.7, 0.2),
    Comparison(
        LOSSES,
        "info_nce, 65 536 rows of 64, against 8192",
        "info_nce 65536, chunk=1024",
        "info_nce 8192, chunk=1024",
        1.1 * (65536 / 8192) ** 2,
        most_mb=600,
        same_kind=True,
        note="growth: 64 times the pairs may take 70.4 times as long",
    ),
    Comparison(LOSSES, "nt_xent, 8192 samples of 64, tiles", "nt_xent 8192, chunk=1024", "lightly NTXentLoss 8192", 0.2, 0.1),
    Comparison(
        LOSSES,
        "dense_info_nce, 4096 pixels of 64, guard radius 3, tiles",
        "dense_info_nce 4096, chunk=1024",
        "dense loss written out 4096",
        0.7,
        0.2,
        note="the form, not the side of the tiles, that pre-training uses above 1024 pixels",
    ),
    Comparison(LOSSES, "FILIP loss, 256 samples, tiles", "filip_loss 256, chunk=16", "FILIP written out 256", 1.0, 0.05),
    Single(LOSSES, "FILIP loss, 2048 samples, tiles", "filip_loss 2048, chunk=16", 2000),
    Comparison(STEPS, "pre-training, UNet3Df, same threads", "pre-training step", "pre-training step, plain", speed_up=1.5),
    Comparison(
        STEPS, "pre-training, UNet3Df in bfloat16, same threads", "pre-training step, bfloat16", "pre-training step, plain", speed_up=1.5
    ),
    Special(STEPS, "pre-training, UNet3Df, whole machine", whole_machine),
    Comparison(
        STEPS, "pre-training, UNet3Df of width 64", "pre-training step, width 64", "pre-training step, width 64, plain", speed_up=1.5
    ),
    Comparison(
        STEPS,
        "pre-training, UNet3Df of width 64 in bfloat16",
        "pre-training step, width 64, bfloat16",
        "pre-training step, width 64, plain",
        speed_up=1.5,
    ),
    Special(STEPS, "data, views and loss in a pre-training step by itself", share_of_overhead(8, alone=True)),
    Special(STEPS, "data, views and loss in a pre-training step, all cores busy", share_of_overhead(8, alone=False)),
    Special(STEPS, "data, views and loss in a pre-training step of width 64, all cores busy", share_of_overhead(64, alone=False)),
    Comparison(
        STEPS,
        "CLIP, ViT-B/32, batch 8, captions of up to 30 tokens",
        "CLIP step, 30 tokens",
        "CLIP step, 30 tokens, open_clip",
        speed_up=1.0,
        note="pads behind the longest caption of the batch are not computed",
    ),
    Comparison(
        STEPS, "CLIP, ViT-B/32, batch 8, captions of 77 tokens", "CLIP step, 77 tokens", "CLIP step, 77 tokens, open_clip", speed_up=1.0
    ),
    Special(RANKS, "info_nce, 8192 rows in all", on_ranks("info_nce")),
    Special(RANKS, "nt_xent, 4096 samples in all", on_ranks("nt_xent")),
    Special(RANKS, "FILIP loss, 128 samples in all", on_ranks("filip_loss")),
    Special(SCENES, "eelib segment, 10 980 x 10 980 px, 10 bands, 1 date", whole_tile),
    Special(SCENES, "eelib segment, 512 x 512 px, 10 bands, 8 dates", series_of_dates(8)),
    Special(SCENES, "own data, windows of a tile of 10 980 x 10 980 px", own_tile),
    Special(STUDY, "make study, profile quick", whole_study),
    Special(STUDY, "make study, profile quick: Embedding Earth", part_of_study("Embedding Earth")),
    Special(STUDY, "make study, profile quick: CLIP-benchmark and bridge", part_of_study("CLIP-benchmark", "Bridge")),
    Comparison(OTHER, "UNet3Df, memory layout", "UNet3Df, channels last", "UNet3Df, contiguous"),
    *(Single(OTHER, f"simulator, 50 series, {name.removeprefix('world, ')}", name) for name in CASES if name.startswith("world")),
    *GPU_ROWS,
)
