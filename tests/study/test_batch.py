"""What the study does when all of its arms and notebooks are there already."""

from eelib.report import site
from eelib.study import batch


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
