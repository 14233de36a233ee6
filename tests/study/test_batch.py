"""What the commands do when all is there already, when something is missing, and when an arm fails."""

from types import SimpleNamespace

import arms
import pytest

from eelib.errors import InputError, RunError
from eelib.report.site import build as site
from eelib.study import batch
from eelib.study.table import row


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A study of toy arms: gives what was done, and takes the arms of each notebook."""
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(batch.notebooks, "is_done", lambda *arguments: False)
    done = []
    monkeypatch.setattr(batch, "_execute_notebooks", lambda stale, store, jobs: done.extend(item.name for item, _ in stale))
    monkeypatch.setattr(batch, "build_report", lambda: done.append("report") or "index.html")

    def rows_of(plans):
        made = [
            SimpleNamespace(name=name, validated=lambda values: None, plan=lambda params, made=made: made, regions=lambda params: set())
            for name, made in plans.items()
        ]
        monkeypatch.setattr(batch, "rows", lambda: made)
        return done

    return rows_of


def test_a_study_without_work_leaves_to_the_site_whether_it_is_current(monkeypatch, tmp_path):
    """An interrupted rendering leaves complete records beside the site of an earlier run."""
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(batch, "rows", list)
    monkeypatch.setattr(batch, "project_folder", lambda: tmp_path)
    old = tmp_path / "reports" / "html" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("of an earlier run")
    built = []
    monkeypatch.setattr(site, "build", lambda runs, out: built.append((runs, out)) or out / "index.html")
    assert batch.run_study("smoke", jobs=1) == str(old)
    assert built == [(tmp_path / "runs", old.parent)]
    batch.run_study("smoke", jobs=1, report=False)
    assert len(built) == 1


def test_a_notebook_gets_the_records_of_what_its_arms_need_too(monkeypatch, tmp_path):
    """A folder of records may have come without them; the report then names this command as the remedy."""
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path))
    wanted = []
    monkeypatch.setattr(batch, "run", lambda arms, **options: wanted.extend(arms))
    monkeypatch.setattr(batch.notebooks, "execute", lambda *arguments, **options: tmp_path)
    item = row("ee1_regions")
    params = item.validated({"profile": "smoke"})
    batch.run_row(item, params)
    assert sorted(map(str, wanted)) == batch.notebooks.identity(item, params)["arms"]


@pytest.mark.parametrize(("act", "error"), [("fail", RunError), ("nan", InputError)])
def test_an_arm_that_fails_holds_back_only_what_needs_it(study, act, error):
    bad, good = arms.make(act=act), arms.make(2)
    done = study({"whole": [good], "broken": [good, arms.make(3, needs={"bad": bad})], "bare": []})
    with pytest.raises(error, match=bad.key):
        batch.run_study("smoke", jobs=1)
    assert done == ["whole", "bare", "report"]


def test_without_a_report_none_is_built_after_a_failure_either(study):
    done = study({"broken": [arms.make(act="fail")]})
    with pytest.raises(RunError):
        batch.run_study("smoke", jobs=1, report=False)
    assert done == []


def test_a_notebook_or_a_report_that_fails_does_not_hide_the_arm_that_did(study, monkeypatch, capsys):
    def fails(text):
        def fail(*arguments):
            raise RunError(text)

        return fail

    study({"whole": [arms.make(2)], "broken": [arms.make(act="fail")]})
    monkeypatch.setattr(batch, "_execute_notebooks", fails("a notebook"))
    monkeypatch.setattr(batch, "build_report", fails("the report"))
    with pytest.raises(RunError, match="this arm fails"):
        batch.run_study("smoke", jobs=1)
    assert "a notebook" in capsys.readouterr().err
    study({"whole": [arms.make(2)]})
    with pytest.raises(RunError, match="a notebook"):
        batch.run_study("smoke", jobs=1)


def test_ctrl_c_stops_at_once(study, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    done = study({"bare": []})
    monkeypatch.setattr(batch, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        batch.run_study("smoke", jobs=1)
    assert done == []


def test_under_torchrun_a_study_is_refused_before_anything_is_done(study, monkeypatch):
    done = study({"bare": []})
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="start it without torchrun"):
        batch.run_study("smoke", jobs=1)
    assert done == []
