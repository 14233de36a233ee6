"""The site: complete, offline, every link leads somewhere, and a failed build leaves the old one."""

import json
import re

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from eelib.errors import InputError
from eelib.evaluate.confusion import pack, scores
from eelib.report.site import build as site
from eelib.report.site.links import problems


def write_runs(root, *, heading="# Pre-trained against random", broken=""):
    """A runs folder as the engine leaves it: records of ee1 and the executed notebook."""
    keys = []
    for seed in (0, 1):
        for number, arm in enumerate(("random fine-tuned", "pretrained fine-tuned", "random probed", "pretrained probed", "raw probed")):
            counts = np.full((12, 2, 2), 5, np.int64)
            counts[:, 0, 0] = counts[:, 1, 1] = 20 + 5 * number + seed
            key = f"{seed}{number}".ljust(16, "a")
            record = {
                "experiment": "ee1_regions",
                "key": key,
                "arm": arm,
                "seed": seed,
                "recipe": "probe@1",
                "params": {"region": "germany", "fraction": 0.1},
                "data": {"germany": "1"},
                "needs": {},
                "metrics": {"confusion": pack(counts), "places": list(range(12)), "scores": scores(counts), "windows": 10},
                "provenance": {"seconds": 1.0, "commit": "abc"},
            }
            folder = root / "ee1_regions" / key
            folder.mkdir(parents=True)
            (folder / "record.json").write_text(json.dumps(record))
            keys.append(f"ee1_regions/{key}")
    link = f'<a href="../records/ee1_regions/{keys[0].split("/")[1]}.html">0.5</a>{broken}'
    text = f"{heading}\n\n**Question.** $x^2$ [A](../../docs/glossary.md#a-a2-b-and-c)"
    cells = [new_markdown_cell(text), new_code_cell("1 + 1", execution_count=1)]
    cells[1].outputs = [new_output("execute_result", {"text/html": link, "text/plain": "2"}, execution_count=1)]
    (root / "notebooks").mkdir()
    nbformat.write(new_notebook(cells=cells), root / "notebooks" / "ee1_regions.ipynb")
    identity = {"notebook": "embedding_earth/ee1_regions", "parameters": {"profile": "smoke"}, "arms": keys}
    (root / "notebooks" / "ee1_regions.json").write_text(json.dumps(identity))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_runs(folder / "runs")
    start = site.build(folder / "runs", folder / "html")
    return folder, start


@pytest.mark.slow
def test_every_page_is_there_and_every_link_leads_somewhere(built):
    folder, start = built
    assert start == folder / "html" / "index.html"
    for page in ("index", "data", "method", "howto", "datasets", "glossary", "notebooks/ee1_regions", "records/ee1_regions/index"):
        assert (folder / "html" / f"{page}.html").exists()
    assert len(list((folder / "html" / "records" / "ee1_regions").glob("0*.html"))) == 5  # a page per arm
    assert problems(folder / "html") == []


@pytest.mark.slow
def test_the_start_page_has_the_headline_with_linked_numbers(built):
    folder, start = built
    text = start.read_text()
    assert "Does pre-training beat a random start?" in text
    assert "Its numbers mean nothing" in text  # profile smoke
    assert "The claims, one by one" in text and 'href="notebooks/ee1_regions.html"' in text
    assert (folder / "html" / "_images" / "headline.png").exists()
    links = re.findall(r'href="(records/ee1_regions/\w+\.html)#(\w+)"', text)
    assert len(links) == 10 and len(set(links)) == 10
    assert all(f'id="{place}"' in (folder / "html" / link).read_text() for link, place in links)
    assert 'href="records/ee1_regions/index.html"' in text


@pytest.mark.slow
def test_no_page_asks_the_network(built):
    folder, _ = built
    for page in (folder / "html").rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//[^"]+|<link[^>]+rel="stylesheet"[^>]+href="(?:https?:)?//', page.read_text()
        )
        assert loaded == [], page


@pytest.mark.slow
def test_formulas_need_no_script(built):
    folder, _ = built
    assert "<math" in (folder / "html" / "notebooks" / "ee1_regions.html").read_text()


@pytest.mark.slow
def test_links_of_a_notebook_into_docs_lead_to_pages_of_the_site(built):
    folder, _ = built
    assert 'href="../glossary.html#a-a2-b-and-c"' in (folder / "html" / "notebooks" / "ee1_regions.html").read_text()


@pytest.mark.slow
def test_a_broken_link_is_an_error_and_the_old_site_stays(built, tmp_path):
    folder, start = built
    before = start.read_text()
    write_runs(tmp_path / "runs", broken='<a href="../records/ee1_regions/nowhere.html">1</a>')
    with pytest.raises(site.SiteError, match="nowhere"):
        site.build(tmp_path / "runs", folder / "html")
    assert start.read_text() == before


@pytest.mark.slow
def test_nothing_is_built_twice(built):
    folder, start = built
    before = start.stat().st_mtime_ns
    assert site.build(folder / "runs", folder / "html") == start
    assert start.stat().st_mtime_ns == before


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "thesis.txt").write_text("mine")
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match="was not made by 'eelib report'"):
        site.build(tmp_path / "runs", tmp_path / "html")
    assert (tmp_path / "html" / "thesis.txt").read_text() == "mine"


@pytest.mark.slow
def test_what_lacks_records_is_rendered_without_a_verdict(tmp_path):
    """Folders of records are merged by copying; what was not copied must neither stop the report nor narrow a claim unnoticed."""
    write_runs(tmp_path / "runs")
    gone = json.loads((tmp_path / "runs" / "notebooks" / "ee1_regions.json").read_text())["arms"][0]
    (tmp_path / "runs" / gone / "record.json").unlink()
    start = site.build(tmp_path / "runs", tmp_path / "html")
    text, sentence = start.read_text(), "1 of 10 records are missing: run"
    assert text.count(sentence) == 3  # the headline and two claims
    assert "incomplete" in text and "is better in" not in text
    page = (tmp_path / "html" / "notebooks" / "ee1_regions.html").read_text()
    assert '<a title="this record is missing">0.5</a>' in page
