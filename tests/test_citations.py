"""What the text of the repository refers to must be at hand for whoever reads it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ABSENT = re.compile(r"\bspec(ification)? (sections? )?\d", re.IGNORECASE)
ANCHOR = re.compile(r"docs/(\w+)\.md#([\w-]+)")


def tracked(*suffixes):
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(suffixes)]
    return [path for path in paths if path.is_file()]


def anchors(page):
    titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_nothing_cites_a_document_that_is_not_here():
    found = {
        str(path.relative_to(ROOT)): ABSENT.findall(path.read_text(encoding="utf-8")) for path in tracked(".py", ".ipynb", ".md", ".yaml")
    }
    assert [name for name, cited in found.items() if cited] == []


def test_sections_of_the_docs_that_code_cites_exist():
    cited = {(str(path.relative_to(ROOT)), *match) for path in tracked(".py") for match in ANCHOR.findall(path.read_text(encoding="utf-8"))}
    assert cited
    known = {page: anchors(page) for _, page, _ in cited}
    assert [where for where in sorted(cited) if where[2] not in known[where[1]]] == []
