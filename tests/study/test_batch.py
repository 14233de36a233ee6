"""What the commands do when all is there already, when something is missing, and when an arm fails."""

from eelib.report import site
from eelib.study import batch
from eelib.study.table import row


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
