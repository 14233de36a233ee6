"""The rows of one GPU. Elsewhere the same code runs on the CPU at tiny sizes, and the rows are marked as not measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gpu

from eelib.report.site.bench import BenchRow, Check, Measured
from eelib.report.site.bench_page import GPU

if TYPE_CHECKING:
    from rows import Context

NO_GPU = "needs a GPU; the same code ran here at a tiny size on the CPU"


@dataclass(frozen=True)
class OnGpu:
    """A case, with a peer or without; the targets are the largest that will do, but for the speed-up and the share."""

    title: str
    ours: str
    peer: str | None = None
    time: float | None = None
    memory: float | None = None
    speed_up: float | None = None
    most_mb: float | None = None
    floor: float | None = None  # times the floor at the rate of float32
    share: float | None = None  # of the rate of bfloat16
    note: str = ""
    group: str = GPU

    def measure(self, context: Context) -> BenchRow:
        """The row."""
        names = (self.ours, self.peer) if self.peer else (self.ours,)
        real = gpu.has_gpu() and not context.quick
        rates = context.gpu_ceilings
        found = gpu.measured(names, not real)
        if not real:
            return BenchRow(group=self.group, title=self.title, status="not measured", note=NO_GPU)
        rate = rates["bfloat16_gflops" if self.share else "float32_gflops"] * 1e9
        sides = [
            Measured(name=name, floor_seconds=one.pop("operations") / rate or None, **one) for name, one in zip(names, found, strict=True)
        ]
        return BenchRow(
            group=self.group,
            title=self.title,
            ours=sides[0],
            peer=sides[1] if self.peer else None,
            checks=self._checks(*sides),
            note=self.note,
        )

    def _checks(self, ours: Measured, peer: Measured | None = None) -> tuple[Check, ...]:
        assert ours.seconds is not None
        checks = []
        if peer is not None and self.speed_up:
            checks.append(Check.of("speed-up", peer.seconds / ours.seconds, self.speed_up, at_least=True))
        elif peer is not None:
            checks.append(Check.of("time / peer", ours.seconds / peer.seconds, self.time))
        if peer is not None and self.memory:
            checks.append(Check.of("memory / peer", ours.memory_mb / peer.memory_mb, self.memory))
        if self.most_mb:
            checks.append(Check.of("extra memory, MB", ours.memory_mb, self.most_mb))
        if self.floor:
            checks.append(Check.of("time / floor", ours.seconds / ours.floor_seconds, self.floor))
        if self.share:
            checks.append(Check.of("share of the bfloat16 rate", ours.floor_seconds / ours.seconds, self.share, at_least=True))
        return tuple(checks)


GPU_ROWS = (
    OnGpu("info_nce, 8192 rows of 64, tiles", "info_nce 8192, chunk=4096", "open_clip ClipLoss 8192", 0.7, 0.2),
    OnGpu(
        "info_nce, 65 536 rows of 64, against 8192",
        "info_nce 65536, chunk=4096",
        "info_nce 8192, chunk=4096",
        1.1 * (65536 / 8192) ** 2,
        most_mb=600,
        note="growth: 64 times the pairs may take 70.4 times as long",
    ),
    OnGpu("nt_xent, 8192 samples of 64, tiles", "nt_xent 8192, chunk=4096", "lightly NTXentLoss 8192", 0.2, 0.1),
    OnGpu("FILIP loss, 256 samples, fused", "filip_loss 256", "FILIP written out 256", 1.0, 0.05),
    OnGpu("FILIP loss, 2048 samples, fused", "filip_loss 2048", most_mb=2000),
    OnGpu("FILIP loss, 4096 samples, fused", "filip_loss 4096", floor=3.0),
    OnGpu(
        "pre-training, UNet3Df of width 64 in bfloat16, 32 windows",
        "pre-training step, width 64, bfloat16",
        "pre-training step, width 64, plain",
        speed_up=1.5,
        note="views of both are cut on the CPU",
    ),
    OnGpu(
        "CLIP in bfloat16, ViT-B/32, batch 256, captions of 77 tokens",
        "CLIP step, 77 tokens",
        "CLIP step, 77 tokens, open_clip",
        speed_up=1.0,
        note="both under autocast",
    ),
    OnGpu("ViT-B/32 and text, forward and backward, batch 512", "ViT-B/32 step", share=0.45),
    OnGpu("UNet3Df of width 64, forward and backward, 64 windows", "UNet3Df step", share=0.45),
)
