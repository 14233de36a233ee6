"""The page "Speed and memory", with and without a benchmark."""

import json
import re

import pytest

from eelib.errors import InputError
from eelib.report.site import build as site
from eelib.report.site import pages
from eelib.report.site.bench import Bench, BenchRow, Check, Machine, Measured, read_bench
from eelib.report.site.bench_page import bench_figure, bench_page, judged


def make_bench(**changes):
    ours = Measured(name="ours", seconds=0.5, processor_seconds=1.0, times=(0.4, 0.5), memory_mb=40, floor_seconds=0.25)
    peer = Measured(name="a peer", seconds=2.0, memory_mb=1040)
    checks = (Check.of("time / peer", 0.25, 0.7), Check.of("memory / peer", 0.04, 0.02))
    machine = {
        "processor": "A",
        "cores": 2,
        "system": "Linux",
        "python": "3.13",
        "packages": {"torch": "2.15"},
        "commit": "abc",
        "dirty": False,
    }
    rates = {"float32_gflops": 130.0, "bfloat16_gflops": 305.0, "copy_gb_per_s": 20.0}
    rows = (
        BenchRow(group="Losses", title="a loss <1>", ours=ours, peer=peer, checks=checks),
        BenchRow(group="Losses", title="growth", ours=ours, peer=peer, checks=(Check.of("time / peer", 0.25, 70.4),)),
        BenchRow(group="Steps", title="a step", ours=ours, peer=peer, checks=(Check.of("speed-up", 4.0, 1.5, at_least=True),)),
        BenchRow(group="One GPU", title="a step there", status="not measured", note="needs a GPU"),
    )
    given = {"date": "2026-01-01T00:00:00", "quick": False, "threads": 2, "load": 0.1, "seconds": 600.0, "ceilings": rates}
    return Bench(**given | {"machine": Machine(**machine), "rows": rows} | changes)


def test_the_page_shows_every_row_with_floor_peer_and_verdict(tmp_path):
    text = bench_page(make_bench(), tmp_path)
    for part in ("a loss &lt;1&gt;", "500 ms", "2 s", "a peer", "250 ms", "40 MB / 1 040 MB", "130 GFLOP/s", "10 minutes"):
        assert part in text
    assert "time / peer 0.25 (≤ 0.7: met)" in text and "memory / peer 0.04 (≤ 0.02: missed)" in text
    assert "speed-up 4 (≥ 1.5: met)" in text
    assert "not measured" in text and "needs a GPU" in text
    heads = re.findall("<th>([^<]*)</th>", text)
    cells = re.search(r"<tr><td>a loss.*?</tr>", text).group().split("<td>")[1:]
    assert "met" in cells[heads.index("reached (target)")] and "500 ms" in cells[heads.index("ours")]
    assert (tmp_path / "bench.png").stat().st_size > 1000
    assert "mean nothing" not in text and "mean nothing" in bench_page(make_bench(quick=True), tmp_path)
    rates = {"float32_gflops": 300.0, "bfloat16_gflops": 166.0, "copy_gb_per_s": 20.0}
    assert "bfloat16 are slower" not in text and "bfloat16 are slower" in bench_page(make_bench(ceilings=rates), tmp_path)


def test_rows_of_a_gpu_stand_for_those_that_were_not_measured(tmp_path):
    rows = (BenchRow(group="One GPU", title="a step there", ours=Measured(name="ours", seconds=0.001)),)
    machine = make_bench().machine.model_copy(update={"device": "A GPU of 80 GB", "cores": 16})
    text = bench_page(make_bench(), tmp_path, make_bench(rows=rows, machine=machine))
    assert "needs a GPU" not in text and text.count("a step there") == 1
    assert "A GPU of 80 GB; A, 16 cores" in text.split("## One GPU")[1]


def test_the_parts_of_a_step_are_a_table_of_their_own(tmp_path):
    parts = {"data": 0.001, "a <b>": 0.0015, "backward": 0.0075}
    rows = (
        BenchRow(group="Steps", title="narrow", parts=parts),
        BenchRow(group="Steps", title="wide", parts={"data": 0.5, "optimiser": 1.5}),
    )
    text = bench_page(make_bench(rows=rows), tmp_path).split("## Where a training step spends its time")[1]
    lines = [line for line in text.split("</tbody>")[0].splitlines() if "<tr><td>" in line]
    narrow, wide = ([re.sub("<[^>]*>", " ", cell).split() for cell in line.split("<td>")[1:]] for line in lines)
    assert re.findall("<th>([^<]*)</th>", text) == ["case", "data", "a &lt;b&gt;", "backward", "optimiser", "step"]
    assert narrow == [["narrow"], *(cell.split() for cell in ("1 ms 10 %", "1.5 ms 15 %", "7.5 ms 75 %", "", "10 ms 100 %"))]
    assert wide == [["wide"], *(cell.split() for cell in ("500 ms 25 %", "", "", "1.5 s 75 %", "2 s 100 %"))]
    assert text.index("wide") < text.index("## Machine")


def test_a_benchmark_from_before_there_were_parts_is_read(tmp_path):
    content = json.loads(make_bench().model_dump_json())
    for row in content["rows"]:
        del row["parts"]
    (tmp_path / "bench.json").write_text(json.dumps(content))
    bench = read_bench(tmp_path / "bench.json")
    assert bench == make_bench()
    assert "spends its time" not in bench_page(bench, tmp_path)


def test_the_figure_compares_with_peers_only():
    figure = bench_figure(make_bench())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a step", "a loss <1>"]
    assert bench_figure(make_bench(rows=())) is None


def test_the_legend_names_time_and_memory_whichever_row_is_on_top():
    rows = make_bench().rows
    light = rows[0].model_copy(update={"title": "first", "ours": Measured(name="ours", seconds=0.5)})
    legend = bench_figure(make_bench(rows=(light, *rows))).axes[0].get_legend()
    assert sorted(text.get_text() for text in legend.get_texts()) == ["memory", "time"]


def test_a_check_without_value_or_target():
    assert judged(Check.of("share", None, 0.5)) == "share: not measured"
    assert judged(Check.of("share", 0.5)) == "share 0.5"


@pytest.mark.slow
def test_the_site_has_the_page_where_there_is_a_benchmark(tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    monkeypatch.setattr(pages, "BENCH", str(path))
    monkeypatch.setattr(pages, "BENCH_GPU", str(tmp_path / "none.json"))
    (tmp_path / "runs").mkdir()
    start = site.build(tmp_path / "runs", tmp_path / "html")
    assert not (tmp_path / "html" / "bench.html").exists() and "Speed and memory" not in start.read_text()
    path.write_text(make_bench().model_dump_json())
    start = site.build(tmp_path / "runs", tmp_path / "html")  # a benchmark is a reason to build again
    assert "a loss &lt;1&gt;" in (tmp_path / "html" / "bench.html").read_text()
    assert 'href="bench.html"' in start.read_text()
    path.write_text("{}")
    with pytest.raises(InputError, match="run make bench again"):
        site.build(tmp_path / "runs", tmp_path / "html")
