"""The command line: one clear line and the right exit code for every mistake, and answers at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from eelib import cli
from eelib.study import notebooks
from eelib.study.arm import with_needs
from eelib.study.store import Store
from eelib.study.summary import parameter_lines
from eelib.study.table import rows

ROOT = Path(__file__).parents[1]


def call(capsys, *arguments):
    """Exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as stop:
        cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def refused(capsys, *arguments):
    """Standard error of a command that must end with 2 and one line."""
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["data", "list"]])
def test_it_answers_without_importing_anything_heavy(arguments):
    code = (
        "import sys; from eelib.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'torch', 'numpy', 'lightning', 'scipy', 'pandas', 'matplotlib', 'papermill', 'rasterio'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 100


def test_importing_the_package_needs_neither_torchgeo_nor_lightning():
    code = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'torchgeo', 'lightning', 'papermill', 'rasterio', 'pandas', 'seaborn', 'torchvision'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import eelib, eelib.losses, eelib.models, eelib.data.views, eelib.data.world, eelib.evaluate.statistics"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_list_names_notebooks_claims_costs_parameters_and_regions(capsys):
    code, out, _ = call(capsys, "list")
    assert code == 0
    for word in ("ee1_regions", "data_tour", "up to 25 points", "quick", "min", "fractions: list[float]", "brandenburg", "south_sudan"):
        assert word in out


def test_list_says_that_regions_may_be_manifests():
    lines = {item.name: line for item in rows() for line in parameter_lines(item) if line.startswith("regions:")}
    assert {"data_tour", "ee1_regions", "ee3_transfer"} <= lines.keys()
    assert [name for name, line in lines.items() if "paths of manifests" not in line] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_costs_in_the_table_are_those_of_the_plan(row):
    for profile in ("smoke", "quick", "full"):
        arms = with_needs(row.plan(row.validated({"profile": profile})))
        if not arms:
            assert row.cost == {}
            continue
        assert row.cost[profile].arms == len(arms)
        assert row.cost[profile].minutes == pytest.approx(sum(arm.cost for arm in arms) / 120, rel=0.5, abs=1)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_the_notebooks_parameters_are_those_of_the_model(row):
    names = [line.partition(":")[0] for line in parameter_lines(row)]
    assert sorted(names) == sorted(row.model().model_fields)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "ee1_regions", "--set", "sead=[1]"], ["'sead'", "'seeds'"]),
        (["run", "ee1_regions", "--set", "seeds=one"], ["seeds"]),
        (["run", "ee1_regions", "--set", "seeds=[1.5]"], ["seeds"]),
        (["run", "ee1_regions", "--set", "seeds=[1, 1]"], ["seeds", "twice"]),
        (["run", "ee1_regions", "--set", "seeds=[-1]"], ["seeds", "from 0"]),
        (["run", "ee1_regions", "--set", "change={extent.seeds: [0, -1]}"], ["extent.seeds", "from 0"]),
        (["run", "ee1_regions", "--set", "change={extent.network_seeds: [-1]}"], ["network_seeds", "from 0"]),
        (["run", "ee1_regions", "--set", "seeds=[4294967296]"], ["seeds", "to 4294967295"]),
        (["pretrain", "germany", "--profile", "smoke", "--seed", "-4"], ["--seed -4", "from 0"]),
        (["run", "ee1_regions", "--set", "fractions=[0]"], ["fractions"]),
        (["run", "ee1_regions", "--set", "pretrain_steps=-1"], ["pretrain_steps"]),
        (["run", "ee1_regions", "--set", "regions=[germny]"], ["'germny'", "'germany'"]),
        (["run", "ee1_regions", "--set", "nonsense"], ["name=value"]),
        (["run", "ee1_regions", "--set", "seeds=[1"], ["YAML"]),
        (["run", "ee1_regions", "--profile", "quik"], ["profile", "'quick'"]),
        (["run", "ee1_region"], ["'ee1_region'", "'ee1_regions'"]),
        (["study", "--profile", "huge"], ["profile"]),
        (["status", "--profile", "huge"], ["profile"]),
        (["study", "--profile", "smoke", "--jobs", "0"], ["jobs=0"]),
        (["data", "fetch", "brandenburgh"], ["'brandenburgh'", "'brandenburg'"]),
        (["data", "verify", "romania"], ["not fetched", "eelib data fetch romania"]),
        (["data", "verify", "pastis"], ["not in", "eelib data fetch pastis"]),
        (["data", "fetch", "pastis"], ["downloaded by hand", "steps above"]),
        (["run", "ee1_regions", "--set", "regions=[mtlcc]"], ["'mtlcc' is not in", "github.com/TUM-LMF/MTLCC", "eelib data fetch mtlcc"]),
        (["arm", "ee1_regions/0000"], ["arm"]),
        (["frobnicate"], ["frobnicate"]),
        (["run"], ["name"]),
    ],
)
def test_bad_input_is_one_line_with_the_remedy(capsys, arguments, words):
    err = refused(capsys, *arguments)
    for word in words:
        assert word in err
    assert not list(Store().root.glob("*/*/record.json"))


def test_offline_without_a_copy(capsys, monkeypatch):
    monkeypatch.setenv("EELIB_OFFLINE", "1")
    err = refused(capsys, "run", "data_tour", "--set", "regions=[romania]")
    assert "offline" in err
    assert "eelib data fetch romania" in err


def test_a_manifest_with_an_unknown_field(capsys, monkeypatch, tmp_path):
    text = (ROOT / "data_manifests" / "romania.yaml").read_text()
    (tmp_path / "romania.yaml").write_text(text + "licens: MIT\n")
    monkeypatch.setenv("EELIB_MANIFESTS", str(tmp_path))
    err = refused(capsys, "data", "list")
    assert "romania.yaml" in err
    assert "'licens'" in err


def test_a_runs_folder_that_cannot_be_written(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "file" / "runs"))
    assert "EELIB_RUNS" in refused(capsys, "study", "--profile", "smoke")


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_computed(capsys, monkeypatch, tmp_path):
    def compute(*arguments, **options):
        raise AssertionError("something is computed")

    monkeypatch.setattr("eelib.study.batch.run", compute)
    (tmp_path / "file").write_text("")
    (tmp_path / "locked").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path / "locked")  # root may write anywhere
    for place, word in ((".", "is a folder"), ("file/run.ipynb", "cannot be made"), ("locked/run.ipynb", "cannot be written")):
        err = refused(capsys, "run", "ee1_regions", "--output", tmp_path / place)
        assert word in err
        assert str(tmp_path / place) in err


def test_a_copy_that_was_never_written_is_not_named(tmp_path):
    for present in (False, True):
        (tmp_path / "copy.ipynb").write_text("") if present else None
        error = notebooks._failure(rows()[0], tmp_path / "copy.ipynb", OSError("no"))
        assert ("the executed copy is" in str(error)) == present


@pytest.mark.parametrize("stop", [KeyboardInterrupt, typer.Abort])
def test_ctrl_c_says_that_nothing_is_lost(capsys, monkeypatch, stop):
    def interrupted(*arguments, **options):
        raise stop

    monkeypatch.setattr("eelib.study.batch.run", interrupted)
    code, _, err = call(capsys, "run", "ee1_regions")
    assert code == 130
    assert err == "eelib: stopped; finished arms are kept, the same command goes on\n"


def test_a_missing_package_names_the_extra(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill", None)
    monkeypatch.setattr("eelib.study.batch.run", lambda *arguments, **options: [])
    err = refused(capsys, "run", "data_tour", "--set", "regions=[germany]")
    assert "'papermill' is not installed" in err
    assert "[batch]" in err


def test_a_study_table_with_an_unknown_field(capsys, monkeypatch, tmp_path):
    content = yaml.safe_load((ROOT / "study.yaml").read_text())
    content[0]["tittle"] = "x"
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content))
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setenv("EELIB_PROJECT", str(tmp_path))
    err = refused(capsys, "list")
    assert "study.yaml" in err
    assert "tittle" in err


def project(tmp_path, monkeypatch, change):
    """A copy of the project whose notebooks were changed."""
    shutil.copy(ROOT / "study.yaml", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    path = tmp_path / "notebooks" / "data_tour.ipynb"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    monkeypatch.setenv("EELIB_PROJECT", str(tmp_path))


@pytest.mark.slow
def test_a_notebook_that_fails_ends_with_1_and_names_its_copy(capsys, tmp_path, monkeypatch):
    def change(content):
        content["cells"] = content["cells"][:5]
        content["cells"][-1] = {**content["cells"][3], "id": "last", "source": "1 / 0", "metadata": {}}

    project(tmp_path, monkeypatch, change)
    code, _, err = call(capsys, "run", "data_tour")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert "data_tour.ipynb" in err
    assert not (Store().root / "notebooks" / "data_tour.json").exists()


@pytest.mark.slow
def test_a_notebook_that_stops_on_bad_input_ends_with_2(capsys, tmp_path, monkeypatch):
    def change(content):
        content["cells"] = content["cells"][:5]
        source = "from eelib.errors import InputError\nraise InputError('parameter seeds: bad')"
        content["cells"][-1] = {**content["cells"][3], "id": "last", "source": source, "metadata": {}}

    project(tmp_path, monkeypatch, change)
    assert "parameter seeds: bad" in refused(capsys, "run", "data_tour").splitlines()[-1]


@pytest.mark.slow
def test_a_notebook_that_exits_early_is_not_done(capsys, tmp_path, monkeypatch):
    def change(content):
        content["cells"] = content["cells"][:5]
        content["cells"][-1] = {**content["cells"][3], "id": "last", "source": "import os; os._exit(0)", "metadata": {}}

    project(tmp_path, monkeypatch, change)
    code, _, err = call(capsys, "run", "data_tour")
    assert code == 1
    assert "data_tour" in err
    assert not (Store().root / "notebooks" / "data_tour.json").exists()


@pytest.mark.slow
def test_a_study_finishes_the_other_notebooks_when_one_fails(capsys, tmp_path, monkeypatch):
    def change(content):
        content["cells"] = content["cells"][:4]

    project(tmp_path, monkeypatch, change)
    table = yaml.safe_load((ROOT / "study.yaml").read_text())[:1]
    content = json.loads((tmp_path / "notebooks" / "data_tour.ipynb").read_text())
    content["cells"].append({**content["cells"][3], "id": "last", "source": "1 / 0", "metadata": {}})
    (tmp_path / "notebooks" / "broken.ipynb").write_text(json.dumps(content))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump([{**table[0], "notebook": "broken"}, *table]))

    code, _, err = call(capsys, "study", "--profile", "smoke", "--no-report", "--jobs", "1")
    assert code == 1
    assert "ZeroDivisionError" in err.splitlines()[-1]
    assert [path.name for path in (Store().root / "notebooks").glob("*.json")] == ["data_tour.json"]

    content["cells"][-1]["source"] = "0 / 1"
    (tmp_path / "notebooks" / "broken.ipynb").write_text(json.dumps(content))
    code, _, err = call(capsys, "study", "--profile", "smoke", "--no-report")
    assert code == 0
    assert "notebook broken done, 1/1" in err  # the finished one is not executed again


@pytest.mark.slow
def test_a_study_says_that_a_process_was_killed(capsys, tmp_path, monkeypatch):
    def change(content):
        content["cells"] = content["cells"][:5]
        content["cells"][-1] = {**content["cells"][3], "id": "last", "source": "import os; os.kill(os.getppid(), 9)", "metadata": {}}

    project(tmp_path, monkeypatch, change)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(yaml.safe_load((ROOT / "study.yaml").read_text())[:1]))
    code, _, err = call(capsys, "study", "--profile", "smoke", "--no-report")
    assert code == 1
    assert "notebooks: a process was killed" in err.splitlines()[-1]


def test_papermill_alone_refuses_a_parameter_that_does_not_exist(tmp_path):
    """papermill only warns; the validating cell stops the run."""
    command = [sys.executable, "-m", "papermill", "notebooks/data_tour.ipynb", tmp_path / "out.ipynb", "-p", "profil", "smoke"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ})
    assert done.returncode != 0
    assert "'profil'" in done.stderr
    assert "'profile'" in done.stderr
