"""Pages and archives of records: nothing is lost in the archive, nothing drowns the page."""

import json
import tarfile

from eelib.report.site.arm_page import ARCHIVE
from eelib.report.site.links import problems
from eelib.report.site.records_page import record_link, records_table, write_records
from eelib.report.values import show
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


def page_of(folder, record):
    return (folder / "records" / record["experiment"] / f"{record['key']}.html").read_text()


def test_the_seeds_of_an_arm_share_a_page_and_what_they_have_in_common(tmp_path):
    first, second = make_record(), make_record("b" * 16) | {"seed": 1, "provenance": {"processor": "a slide rule", "seconds": 2.5}}
    first |= {"params": {"size": 32}, "provenance": {"processor": "a slide rule", "seconds": 1.5}}
    second |= {"params": {"size": 32}, "metrics": {**first["metrics"], "linear": {"top1": 0.25, "decay": {"0.1": 0.75}}}}
    write_records([second, first], tmp_path)
    assert [path.stem for path in (tmp_path / "records" / "toys").glob("*.html")] == ["a" * 16]
    page = page_of(tmp_path, first)
    own, other, common = page.split("<h2")[1:]
    assert f'id="{"a" * 16}"' in own and f'id="{"b" * 16}"' in other and f'<a href="#{"b" * 16}">seed 1</a>' in page
    assert "<i>top1</i> 0.25" in own and "<i>top1</i> 0.25" in other  # a score that agrees by chance is still shown for each seed
    assert "<i>0.1</i> 0.5" in own and "<i>0.1</i> 0.75" in other and "1.5" in own and "2.5" in other
    for text in ("<th>size<td>32", "a slide rule", "0.25, 0.5", "text of 600"):
        assert text in common and text not in own + other


def test_an_arm_whose_needs_are_of_another_arm_has_its_own_page(tmp_path):
    trained = [make_record(letter * 16) | {"arm": arm, "seed": seed} for letter, arm, seed in (("a", "x", 0), ("b", "x", 1), ("c", "y", 0))]
    scored = [
        make_record(letter * 16) | {"arm": "z", "seed": t["seed"], "needs": {"t": t["key"]}}
        for letter, t in zip("def", trained, strict=True)
    ]
    write_records([*trained, *scored], tmp_path)
    pages = {path.stem[0]: path.read_text() for path in (tmp_path / "records" / "toys").glob("*.html")}
    assert sorted(pages) == ["a", "c", "d", "f"] and "seed 1" in pages["d"] and "seed 1" not in pages["f"]
    assert f'href="../toys/{"a" * 16}.html#{"b" * 16}"' in pages["d"].split("Seed 1")[1]


def test_links_to_a_record_lead_to_its_seed(tmp_path):
    (tmp_path / "notebooks").mkdir()
    records = [make_record(), make_record("b" * 16) | {"seed": 1}]
    page = tmp_path / "notebooks" / "one.html"
    page.write_text("".join(f'<a href="{record_link(record)}">{record["seed"]}</a>' for record in (*records, make_record("c" * 16))))
    write_records(records, tmp_path)
    links = [f"../records/toys/{'a' * 16}.html#{letter * 16}" for letter in "ab"]
    assert page.read_text() == f'<a href="{links[0]}">0</a><a href="{links[1]}">1</a><a href="../records/toys/{"c" * 16}.html">0</a>'
    faults = problems(tmp_path)
    assert [fault for fault in faults if "c" * 16 in fault] == [f"notebooks/one.html: ../records/toys/{'c' * 16}.html does not exist"]
    page.write_text(f'<a href="{links[0]}1">0</a>')
    assert [fault for fault in problems(tmp_path) if "one.html" in fault] == [
        f"notebooks/one.html: {links[0]}1 leads to no place of that page"
    ]


def test_the_index_shows_what_a_run_is_looked_for_by():
    sizes = {name: 0 for name in "abcdefgh"}
    records = []
    for at, fraction in enumerate((1.0, 0.1)):
        params = {"region": "germany", "sizes": {name: at for name in sizes}, "fraction": fraction, "recipe": {"steps": 100 + at}}
        records.append(make_record("ab"[at] * 16) | {"params": params, "metrics": {"scores": {"miou": 0.123456}}})
    table = records_table(records)
    heads = table.partition("</thead>")[0].split("<th")[2:]
    assert [head.partition(">")[2].partition("<")[0] for head in heads][:4] == ["arm", "key", "fraction", "recipe.steps"]
    assert len(heads) == 2 + 6 + 1 + 1 and "<td>0.1</td>" in table and ">0.123</td>" in table
    assert table.index("b" * 10) < table.index("a" * 10)  # the smaller share first


def test_the_title_of_an_arm_says_where_and_with_how_many_labels(tmp_path):
    record = make_record() | {"params": {"region": "germany", "fraction": 0.1}}
    write_records([record], tmp_path)
    assert "<h1>an arm, Germany (simulated), 10 % of the labels</h1>" in page_of(tmp_path, record)
