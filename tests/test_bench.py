"""The benchmark: every row comes out of a smoke run, failures stay in their row, and the plain forms compute what ours does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import big_scenes
import cases
import measure
import plain
import plan
import pytest
import rows
import steps
import study
import torch

from eelib.errors import InputError
from eelib.report.site.bench import BenchRow, Check, read_bench
from eelib.report.site.bench_page import GPU
from eelib.study import table

ROOT = Path(__file__).parents[1]

CONTEXT = rows.Context(1, {"float32_gflops": 100.0}, quick=True)


def run_bench(*arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "EELIB_BENCH_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tools" / "bench"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    out = tmp_path_factory.mktemp("bench") / "bench.json"
    run = run_bench("--quick", "--out", str(out))
    assert run.returncode == 0, run.stderr
    return run.stdout, read_bench(out)


@pytest.mark.slow
def test_every_row_comes_out_of_a_smoke_run(smoke):
    _, bench = smoke
    assert [row.title for row in bench.rows] == [row.title for row in rows.ROWS]
    assert [(row.title, row.note) for row in bench.rows if row.status == "failed"] == []
    assert bench.quick and all(rate > 0 for rate in bench.ceilings.values())


@pytest.mark.slow
def test_rows_without_their_machine_are_marked(smoke):
    _, bench = smoke
    missing = {row.title: row.note for row in bench.rows if row.status == "not measured"}
    assert set(missing) == {row.title for row in rows.ROWS if row.group in (GPU, rows.STUDY)}
    assert all("GPU" in note or "make study" in note for note in missing.values())


@pytest.mark.slow
def test_progress_and_table_are_printed(smoke):
    text, bench = smoke
    assert f"[1/{len(bench.rows)}]" in text and f"[{len(bench.rows)}/{len(bench.rows)}]" in text
    table = text.split("\n\n")[1]
    assert all(row.title in table for row in bench.rows)


@pytest.mark.slow
def test_two_ranks_give_the_loss_of_one(smoke):
    _, bench = smoke
    checks = [check for row in bench.rows if row.group == rows.RANKS for check in row.checks if "difference" in check.name]
    assert len(checks) == 3 and all(check.met for check in checks)


def test_every_target_of_the_issue_has_a_row():
    targets = {(row.ours, row.time, row.memory, row.speed_up, row.most_mb) for row in rows.ROWS if isinstance(row, rows.Comparison)}
    wanted = {
        ("info_nce 8192, chunk=1024", 0.7, 0.2, None, None),
        ("info_nce 65536, chunk=1024", 1.1 * 64, None, None, 600),
        ("nt_xent 8192, chunk=1024", 0.2, 0.1, None, None),
        ("filip_loss 256, chunk=16", 1.0, 0.05, None, None),
        ("pre-training step", None, None, 1.5, None),
        ("CLIP step, 77 tokens", None, None, 1.0, None),
    }
    assert wanted <= targets
    assert ("filip_loss 2048, chunk=16", 2000) in {(row.case, row.most_mb) for row in rows.ROWS if isinstance(row, rows.Single)}


def test_a_peer_that_fails_leaves_ours(monkeypatch):
    def broken(**options):
        raise ModuleNotFoundError("No module named 'lightly'")

    monkeypatch.setitem(cases.CASES, "lightly NTXentLoss 8192", cases.Case(broken, {}))
    row = next(row for row in rows.ROWS if getattr(row, "peer", "").startswith("lightly"))
    found = rows.robust(row, CONTEXT)
    assert found.status == "failed" and "No module named 'lightly'" in found.note
    assert found.ours.seconds > 0 and found.peer is None


def test_a_row_that_fails_is_a_row():
    def broken(group, title, context):
        raise RuntimeError("nothing\nworks")

    found = rows.robust(rows.Special("Losses", "a row", broken), CONTEXT)
    assert (found.status, found.note) == ("failed", "RuntimeError: nothing")


def killed():
    os._exit(9)


def test_a_killed_process_is_an_error_and_not_a_wait():
    with pytest.raises(Exception, match="terminated abruptly"):
        measure.fresh(killed)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the mark of a single process is Linux's")
def test_the_peak_of_a_new_process_is_its_own():
    held = bytearray(os.urandom(1)) * (300 << 20)
    assert measure.peak_mb() > 300 and len(held)
    assert measure.fresh(measure.peak_mb) < 200


def test_long_cases_come_once_amid_the_turns_of_short_ones(monkeypatch):
    order = []
    for name, repeats in (("long", 1), ("short", 3)):
        case = cases.Case(lambda name=name: lambda: order.append(name), {}, repeats=repeats)
        monkeypatch.setitem(cases.CASES, name, case)
    long, short = measure.seconds(("long", "short"), 1, False)
    assert order == ["short", "short", "long", "short", "short"]  # the first warms up
    assert len(long["times"]) == 1 and len(short["times"]) == 3


def test_operations_are_counted():
    a, b = torch.randn(3, 5), torch.randn(5, 7)
    assert measure.operations(lambda: a @ b) == 2 * 3 * 5 * 7


def test_words_pick_rows():
    run = run_bench("--quick", "simulator", "--out", os.devnull)
    assert run.returncode == 0 and "[1/4]" in run.stdout


@pytest.mark.parametrize(("value", "at_least", "met"), [(0.5, False, True), (2.0, False, False), (2.0, True, True), (None, True, None)])
def test_checks_are_judged(value, at_least, met):
    assert Check.of("ratio", value, 1.0, at_least=at_least).met is met


def test_a_row_that_was_not_measured_says_why():
    with pytest.raises(ValueError, match="must say why"):
        BenchRow(group="a", title="b", status="failed")


def test_a_damaged_file_is_one_clear_error(tmp_path):
    path = tmp_path / "bench.json"
    assert read_bench(path) is None
    path.write_text('{"version": 1}')
    with pytest.raises(InputError, match=r"bench\.json: .*run make bench again"):
        read_bench(path)


def test_study_time_leaves_interruptions_out():
    spans = [(0.0, 60.0), (0.0, 30.0), (40.0, 60.0), (10_000.0, 10_060.0)]
    minutes, busy = study.study_time(spans, 2)
    assert minutes == pytest.approx(2) and busy == pytest.approx(170 / 240)
    record = {"provenance": {"started": "2026-01-01T00:00:00+00:00", "seconds": 5}}
    ((start, end),) = study.spans_of([record, {"provenance": {}}])
    assert end - start == 5


def write_study(root, arms, notebooks):
    """Records of 60 seconds that begin one after the other, and notebooks that read them."""
    for at, (key, needs) in enumerate(arms.items()):
        folder = root / "ee1" / key
        folder.mkdir(parents=True)
        record = {"experiment": "ee1", "arm": "x", "key": key, "seed": 0, "params": {}, "metrics": {}, "needs": needs}
        record["provenance"] = {"started": f"2026-01-01T00:{at:02}:00+00:00", "seconds": 60}
        (folder / "record.json").write_text(json.dumps(record))
    (root / "notebooks").mkdir()
    for name, (profile, read) in notebooks.items():
        content = {"parameters": {"profile": profile}, "arms": [f"ee1/{key}" for key in read]}
        (root / "notebooks" / f"{name}.json").write_text(json.dumps(content))


def test_the_study_is_what_its_notebooks_read_and_needed(tmp_path):
    from eelib.study.store import Store

    write_study(tmp_path, {"a": {"pretrain": "b"}, "b": {}, "c": {}}, {"one": ("quick", "a"), "two": ("smoke", "c")})
    assert {record["key"] for record in study.records_of(Store(tmp_path))} == {"a", "b"}


@pytest.mark.parametrize(("where", "note"), [(" by itself", "1 that make batches ahead"), (", all cores busy", "makes the batches too")])
def test_a_pretraining_step_is_taken_apart(monkeypatch, where, note):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    row = next(row for row in rows.ROWS if row.title == f"data, views and loss in a pre-training step{where}")
    found = row.measure(CONTEXT)
    assert found.note.endswith(note)
    assert list(found.parts) == ["data and views", "forward", "loss", "backward", "optimiser"]
    assert found.ours.seconds == pytest.approx(sum(found.parts.values()))
    overhead = found.parts["data and views"] + found.parts["loss"]
    assert found.checks[0].value == pytest.approx(overhead / found.ours.seconds)


def test_an_arm_of_several_notebooks_counts_for_the_first_of_the_study(tmp_path):
    from eelib.study.store import Store

    arms = {"a": {"pretrain": "shared"}, "shared": {}, "b": {"pretrain": "shared"}, "c": {}}
    write_study(tmp_path, arms, {"x": ("quick", "b"), "z": ("quick", "a"), "y": ("quick", "ac"), "other": ("full", "c")})
    shares = study.records_by_notebook(Store(tmp_path), ["z", "y"])
    keys = {name: {record["key"] for record in records} for name, records in shares.items()}
    assert keys == {"z": {"a", "shared"}, "y": {"c"}, "x": {"b"}}
    assert study.minutes_of(shares, ["z"], 2) == pytest.approx(2)
    assert study.minutes_of(shares, ["x", "y", "z"], 2) == pytest.approx(4)


def test_the_study_is_shared_out_by_family(tmp_path, monkeypatch):
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path))
    read = {"ee1_regions": ("quick", "a"), "clip7_evaluation": ("quick", "c"), "bridge1_language_init": ("quick", "bd")}
    write_study(tmp_path, {"a": {}, "b": {"pretrain": "a"}, "c": {}, "d": {}}, read)
    context = rows.Context(1, {"float32_gflops": 100.0}, quick=False)
    found = {row.title: row.measure(context) for row in rows.ROWS if row.group == rows.STUDY}
    minutes = {title.partition(": ")[2]: row.checks[0] for title, row in found.items()}
    assert {name: (round(check.value, 6), check.target) for name, check in minutes.items()} == {
        "": (4, 20),
        "Embedding Earth": (1, 10),
        "CLIP-benchmark and bridge": (3, 10),
    }
    members = sum(item.family == "Embedding Earth" for item in table.rows())
    assert f"1 of {members} notebooks, from the times of 1 records" in found["make study, profile quick: Embedding Earth"].note


def test_whole_scenes_have_targets_of_memory(monkeypatch):
    found = {row.title: row.measure(CONTEXT) for row in rows.ROWS if row.group == rows.SCENES}
    tile, series, own = found.values()
    assert [check.target for check in tile.checks] == [3000, None] and "150 x 150 px, of which 75 rows hold data" in tile.note
    assert [check.target for check in series.checks] == [None, None]
    assert [check.target for check in own.checks] == [2000] and " windows of " in own.note
    assert all(check.value > 0 for row in found.values() for check in row.checks)
    assert all(row.ours.seconds > 0 for row in found.values())


def test_a_made_scene_is_mapped_where_it_holds_data(tmp_path):
    import rasterio

    big_scenes.make_scene(str(tmp_path), 2, 600, 530, 2)
    with rasterio.open(tmp_path / "scene" / "tile_20200215.tif") as source:
        pixels = source.read()
        assert pixels.shape == (10, 600, 600) and source.profile["tiled"] and source.compression.name == "deflate"
        assert (pixels[:, :530] > 0).all() and not pixels[:, 530:].any()
    found = big_scenes.map_scene(str(tmp_path), 1)
    assert found["seconds"] > 0 and found["peak_mb"] > 50
    with rasterio.open(tmp_path / "map.tif") as made:
        classes = made.read(1)
    assert (classes[:530] < len(big_scenes.CLASSES)).all() and (classes[530:] == 255).all()


def test_plain_network_is_ours():
    from eelib.models import build

    torch.manual_seed(0)
    ours, theirs = build("unet3df", bands=3, num_dates=4, width=2), plain.PlainUNet3Df(3, 4, 2)
    theirs.load_state_dict(ours.state_dict())
    series, dates = torch.randn(2, 4, 3, 8, 8), torch.randint(1, 366, (2, 4))
    torch.testing.assert_close(theirs(series, dates), ours(series, dates), rtol=1e-4, atol=1e-5)


def test_plain_loss_is_ours():
    from eelib.losses import dense_info_nce
    from eelib.settings import PretrainSettings

    settings = PretrainSettings(anchors=100)  # more than there are: no draw
    index_a = torch.arange(64).reshape(8, 8)[:6, :6].expand(2, -1, -1)
    index_b = torch.arange(64).reshape(8, 8)[2:, 2:].flip(1).expand(2, -1, -1)
    z_a, z_b = torch.randn(2, 5, 6, 6), torch.randn(2, 5, 6, 6)
    options = {"temperature": settings.temperature, "anchors": 100, "guard_radius": settings.guard_radius, "row_stride": 8}
    wanted = dense_info_nce(z_a, z_b, index_a, index_b, generator=torch.Generator(), **options)
    torch.testing.assert_close(plain.dense_loss(z_a, z_b, index_a, index_b, settings, 8), wanted)


def test_plain_views_show_the_ground_that_their_index_names():
    from eelib.data.windows import Windows
    from eelib.settings import PretrainSettings, ViewSettings

    data = steps.some_windows(2)
    ground = torch.arange(steps.SIDE**2, dtype=torch.float32).reshape(steps.SIDE, steps.SIDE) / 1e3
    data = Windows((data.image * 0) + ground.numpy(), data.dates, data.place, None, data.origin)
    settings = PretrainSettings(views=ViewSettings(gain=0.0, noise=0.0))
    views = plain.TwoViews(data, settings, torch.zeros(steps.BANDS), torch.ones(steps.BANDS))
    for view in views[1]:
        assert view["image"].shape == (8, steps.BANDS, 12, 12)
        torch.testing.assert_close(view["image"][3, 2], view["index"] / 1e3)
        assert (view["dates"].diff() >= 0).all()


def test_both_clip_steps_train_the_same_architecture(monkeypatch):
    """Their weights differ in number by the bias of our text projection alone."""
    counts = []

    class Counting(torch.optim.AdamW):
        def __init__(self, params, **options):
            params = list(params)
            counts.append(sum(weight.numel() for weight in params))
            super().__init__(params, **options)

    monkeypatch.setattr(torch.optim, "AdamW", Counting)
    for make in (steps.clip, steps.open_clip):
        make(batch=2, length=10, size="tiny")()
    assert counts[0] - counts[1] == 512


def test_the_page_on_scale_shows_the_tables_of_the_plan():
    page, on = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), plan.Cluster()
    for made in (plan.clip_steps(on), plan.tile_steps(on)):
        assert plan.table(made, on) in page
    assert f"{plan.pair_operations() / 1e9:.1f} GFLOP" in page


def test_the_plan_counts_the_operations_and_weights_of_the_networks():
    from eelib.models import build
    from eelib.models.image_text import build_image_encoder, build_text_encoder

    with torch.device("meta"):  # counted, not computed
        unet = build("unet3df", bands=10, num_dates=16, width=64)
        image, text = build_image_encoder("vit_b32"), build_text_encoder("text_base")
        series, dates = torch.empty(1, 16, 10, 24, 24), torch.ones(1, 16)
    operations, weights = plan.unet_forward(24)
    assert weights == sum(weight.numel() for weight in unet.parameters())
    with torch.no_grad():
        assert measure.operations(lambda: unet(series, dates)) == pytest.approx(operations, rel=0.01)
    assert sum(weight.numel() for part in (image, text) for weight in part.parameters()) + 1 == plan.WEIGHTS


def test_a_ring_sends_nothing_on_one_gpu():
    alone = plan.Cluster(gpus=1)
    assert alone.ring(1e9) == alone.gathered(1e9) == 0
    assert plan.Cluster(gpus=2).ring(1e9) == 1e9
