"""The page "Speed and memory": what ``make bench`` measured, in one table and one figure."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from eelib.report.site.bench import Bench, BenchRow, Check, Measured
from eelib.report.site.pages import fact_table
from eelib.report.tables import under

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "bench"  # of the page and of its figure
GPU = "One GPU"  # group of the rows that need one
COLUMNS = ("case", "reached (target)", "ours", "peer", "floor", "extra memory, ours / peer", "note")
VERDICTS = {True: "met", False: "missed", None: ""}

INTRODUCTION = """How fast the losses and training steps of this study are, against other implementations, in one run on one machine.
Cases that are compared take turns in one process; a time is the median of the repeats, memory the growth of the peak of a fresh process.
The floor is the time of the operations that nobody can do without, at the machine's measured rate of float32 matrix products.
`make bench` measures again.
"""

GPU_INTRODUCTION = """The same on one GPU, on another machine. The floor is at its measured rate of float32 products, for the shares of
training steps at that of bfloat16 products; memory is what torch's allocator handed out. `python tools/bench --gpu` measures again where
there is a GPU.
"""

SLOW_HALVES = """On this machine products in bfloat16 are slower than in float32 (rates below), so steps in bfloat16 gain nothing here.

"""
PARTS = "Where a training step spends its time"
PARTS_INTRODUCTION = """Medians of the parts of single steps. The loss includes its backward pass to the embeddings, so *backward* is
that of the network alone.
"""


def bench_page(bench: Bench, folder: Path, gpu: Bench | None = None) -> str:
    """MyST text of the page; writes its figure into ``folder``.

    Args:
        bench: What was measured.
        folder: Of the page's source.
        gpu: What was measured on a GPU; its rows then stand for those that a machine without one could not measure.
    """
    import matplotlib.pyplot as plt

    if gpu is not None:
        bench = bench.model_copy(update={"rows": tuple(row for row in bench.rows if row.group != GPU)})
    text = f"# Speed and memory\n\n{INTRODUCTION}\n"
    if bench.quick:
        text += ":::{warning}\nThis was a smoke run at tiny sizes. Its numbers mean nothing.\n:::\n\n"
    if (figure := bench_figure(bench)) is not None:
        figure.savefig(folder / f"{NAME}.png")
        plt.close(figure)
        text += f"```{{figure}} {NAME}.png\n:width: 100%\n:alt: Time and memory relative to the peer, with targets\n\n"
        text += "Time and extra memory of ours, relative to the peer (1). Ticks are the largest values that the targets allow.\n```\n\n"
    if bench.ceilings["bfloat16_gflops"] < bench.ceilings["float32_gflops"]:
        text += SLOW_HALVES
    text += bench_table(bench)
    if (parts := parts_table(bench)) is not None:
        text += f"\n\n## {PARTS}\n\n{PARTS_INTRODUCTION}\n{parts}"
    text += "\n\n## Machine\n\n" + fact_table(_facts(bench))
    if gpu is not None:
        text += f"\n\n## {GPU}\n\n{GPU_INTRODUCTION}\n{bench_table(gpu)}\n\n{fact_table(_facts(gpu))}"
    return text


def bench_table(bench: Bench) -> str:
    """HTML table of all rows, group by group."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    body, group = [], ""
    for row in bench.rows:
        if row.group != group:
            group = row.group
            body.append(f'<tr><th colspan="{len(COLUMNS)}">{escape(group)}</th></tr>')
        body.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(row)) + "</tr>")
    table = f'<table class="comparison"><thead><tr>{head}</tr></thead><tbody>\n' + "\n".join(body) + "\n</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def parts_table(bench: Bench) -> str | None:
    """HTML table of the parts of the cases that were taken apart, in milliseconds and per cent; None where there is none."""
    rows = [row for row in bench.rows if row.parts]
    if not rows:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row.parts))
    head = "".join(f"<th>{escape(name)}</th>" for name in ("case", *names, "step"))
    body = []
    for row in rows:
        whole = sum(row.parts.values())
        cells = [_part(row.parts[name], whole) if name in row.parts else "" for name in names]
        body.append(f"<tr><td>{escape(row.title)}</td>" + "".join(f"<td>{cell}</td>" for cell in (*cells, _part(whole, whole))) + "</tr>")
    table = f'<table class="comparison"><thead><tr>{head}</tr></thead><tbody>\n' + "\n".join(body) + "\n</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _part(seconds: float, whole: float) -> str:
    return under(short_time(seconds), f"{100 * seconds / max(whole, 1e-12):.0f} %")


def _cells(row: BenchRow) -> list[str]:
    ours, peer = row.ours, row.peer
    reached: list[str] = [row.status] if row.status != "measured" else []
    reached += [judged(check) for check in row.checks]
    floor = short_time(ours.floor_seconds) if ours and ours.floor_seconds else ""
    return [
        escape(row.title),
        "<br>".join(escape(text) for text in reached),
        _time(ours),
        under(_time(peer), escape(peer.name)) if peer else "",
        floor,
        " / ".join(filter(None, (_memory(ours), _memory(peer)))),
        escape(row.note),
    ]


def _time(side: Measured | None) -> str:
    return "" if side is None or side.seconds is None else short_time(side.seconds)


def _memory(side: Measured | None) -> str:
    return "" if side is None or side.memory_mb is None else f"{side.memory_mb:,.0f} MB".replace(",", " ")


def judged(check: Check) -> str:
    """A check in words: value, target and verdict."""
    if check.value is None:
        return f"{check.name}: not measured"
    minutes = check.name == "minutes"
    text = f"{number(check.value)} minutes" if minutes else f"{check.name} {number(check.value)}"
    if check.target is None:
        return text
    return f"{text} ({'≥' if check.at_least else '≤'} {number(check.target)}: {VERDICTS[check.met]})"


def short_time(seconds: float | None) -> str:
    """A duration with three digits."""
    if seconds is None:
        return "–"
    if seconds >= 120:
        return f"{number(seconds / 60)} min"
    return f"{number(seconds * 1e3)} ms" if seconds < 1 else f"{number(seconds)} s"


def number(value: float) -> str:
    """Three digits, and whole numbers from 1000 on, ``1 650``; tiny ones as powers of ten."""
    return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}") if abs(value) >= 999.5 else f"{value:.3g}"


def _facts(bench: Bench) -> dict[str, str]:
    known, rates = bench.machine, bench.ceilings
    return {
        "Measured": bench.date.replace("T", " ")[:16] + f", {bench.seconds / 60:.0f} minutes, load {_load(bench)} at the start",
        "Machine": (f"{known.device}; " if known.device != "cpu" else "")
        + f"{known.processor}, {known.cores} cores, {known.system}; {bench.threads} threads",
        "Rates": f"float32 products {rates['float32_gflops']:.0f} GFLOP/s, bfloat16 {rates['bfloat16_gflops']:.0f} GFLOP/s, "
        f"copy {rates['copy_gb_per_s']:.0f} GB/s",
        "Versions": ", ".join([f"Python {known.python}", *(f"{name} {number}" for name, number in known.packages.items() if number)]),
        "Commit": (known.commit or "unknown")[:10] + (", with uncommitted changes" if known.dirty else ""),
    }


def _load(bench: Bench) -> str:
    return "unknown" if bench.load is None else f"{bench.load:.1f}"


def bench_figure(bench: Bench) -> Figure | None:
    """Time and extra memory of every compared case, relative to its peer, on a logarithmic axis; None where nothing was compared."""
    import matplotlib.pyplot as plt

    from eelib.report.style import BLUE, GREY, ORANGE, WIDTH, use_style

    rows = [row for row in bench.rows if row.ours and row.peer and row.ours.seconds and row.peer.seconds and _is_peer(row)]
    if not rows:
        return None
    use_style()
    figure, axis = plt.subplots(figsize=(WIDTH, 0.9 + 0.34 * len(rows)))
    named = set[str]()
    for y, row in enumerate(reversed(rows)):
        for name, color, offset in (("time", BLUE, 0.15), ("memory", ORANGE, -0.15)):
            value, most = _relative(row, name)
            if value:
                axis.plot([value, 1], [y + offset] * 2, color=color, linewidth=1.2)
                axis.plot(value, y + offset, "o", color=color, markersize=4, label=None if name in named else name)
                named.add(name)
            if most:
                axis.plot(most, y + offset, "|", color="black", markersize=7)
    axis.axvline(1, color=GREY, linewidth=1)
    axis.set_xscale("log")
    axis.set_yticks(range(len(rows)), [row.title for row in reversed(rows)], fontsize=7)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("ours / peer", fontsize="small")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=7)
    return figure


def _is_peer(row: BenchRow) -> bool:
    """Whether the row's peer does the same as ours: a row of growth compares two sizes."""
    return any(check.name == "speed-up" or (check.name == "time / peer" and (check.target or 1) <= 1) for check in row.checks)


def _relative(row: BenchRow, what: str) -> tuple[float | None, float | None]:
    """Ratio to the peer and the largest that the target allows."""
    assert row.ours is not None and row.peer is not None
    checks = {check.name: check for check in row.checks}
    if what == "memory":
        check = checks.get("memory / peer")
        return (check.value, check.target) if check else (None, None)
    assert row.ours.seconds is not None and row.peer.seconds is not None
    if (speed := checks.get("speed-up")) is not None:
        return row.ours.seconds / row.peer.seconds, 1 / speed.target if speed.target else None
    return row.ours.seconds / row.peer.seconds, checks["time / peer"].target
