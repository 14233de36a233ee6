"""Pages and archives of records: nothing is lost in the archive, nothing drowns the page."""

import json
import tarfile

from eelib.report.records_page import ARCHIVE, show, write_records
from eelib.study.store import Store


def make_record(key="a" * 16):
    metrics = {
        "linear": {"top1": 0.25, "decay": {"0.1": 0.5}},
        "correct": "01" * 300,
        "draws": [{"top1": 0.5}, {"top1": 0.6}],
        "none": [],
        "iou": [0.25, 0.5],
    }
    names = {"experiment": "toys", "arm": "an arm", "seed": 0, "recipe": "toy@1", "params": {}, "needs": {}}
    return names | {"key": key, "metrics": metrics, "provenance": {}}


def test_the_archive_of_an_experiment_goes_back_into_a_runs_folder(tmp_path):
    records = [make_record("b" * 16), make_record()]
    write_records(records, tmp_path / "site")
    path = tmp_path / "site" / "records" / "toys" / ARCHIVE
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "runs", filter="data")
    assert Store(tmp_path / "runs").records() == records[::-1]
    write_records(records[::-1], tmp_path / "again")
    assert (tmp_path / "again" / "records" / "toys" / ARCHIVE).read_bytes() == path.read_bytes()


def test_long_values_are_left_to_the_archive(tmp_path):
    write_records([make_record()], tmp_path)
    page = (tmp_path / "records" / "toys" / f"{'a' * 16}.html").read_text()
    assert "text of 600 characters<" in page and "array 2<" in page
    assert "0.25, 0.5" in page and "0101" not in page and ARCHIVE in page
    assert show([]) == "" and json.dumps({"top1": 0.5}) == show({"top1": 0.5})


def test_values_that_belong_together_share_a_row(tmp_path):
    write_records([make_record()], tmp_path)
    page = (tmp_path / "records" / "toys" / f"{'a' * 16}.html").read_text()
    assert "<tr><th>linear<td><i>top1</i> 0.25<tr>" in page
    assert "<tr><th>linear.decay<td><i>0.1</i> 0.5<" in page
    assert "<tr><th>iou<td>0.25, 0.5<tr>" in page


def test_values_of_the_same_names_stand_in_columns(tmp_path):
    scores = {"top1": 0.5, "top5": 0.75, "correct": "01" * 300}
    metrics = {"places": 7, "zero_shot": {"photo1": {"global": scores, "tokens": scores | {"top1": 0.25}}, "photo8": {"global": scores}}}
    write_records([make_record() | {"metrics": metrics}], tmp_path)
    page = (tmp_path / "records" / "toys" / f"{'a' * 16}.html").read_text()
    assert "<tr><th>places<td colspan=2>7<tr><th>zero_shot<th>top1<th>top5<tr><th>photo1.global<td>0.5<td>0.75<tr>" in page
    assert "<tr><th>photo1.tokens<td>0.25<td>0.75<tr><th>photo8.global<td>0.5<td>0.75</table>" in page
