"""What every notebook must be: short, explained, stored without outputs, with one typed cell of parameters."""

import ast
import io
import re
import statistics
import tokenize
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NUMBER = re.compile(r"(?<![\w.])\d*\.\d+|\d\s?%|\d\s+points?\b")  # what a result would look like in prose
QUOTED = (  # what prose may say all the same: of the papers, of the design, of how intervals are made
    "up to 25 points of mIoU (A)",
    "shares from 1 to 100 % are our design (B)",
    "the readings at 10 and 100 % are those of",
    "95 % interval",
    "stand at 5 % after it",
    "(80 % clear and more)",
)
NOTEBOOKS = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): nbformat.read(path, as_version=4)
    for path in sorted(FOLDER.rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
}
every = pytest.mark.parametrize("name", NOTEBOOKS)


def code(name):
    return [cell for cell in NOTEBOOKS[name].cells if cell.cell_type == "code"]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def parameters(name):
    return [cell for cell in code(name) if "parameters" in cell.metadata.get("tags", [])]


def test_there_are_notebooks():
    assert {"data_tour", "embedding_earth/ee1_regions"} <= NOTEBOOKS.keys()


def test_the_study_lists_every_notebook_once():
    rows = [row["notebook"] for row in yaml.safe_load((ROOT / "study.yaml").read_text())]
    assert sorted(rows) == sorted(NOTEBOOKS)


@every
def test_it_is_valid(name):
    nbformat.validate(NOTEBOOKS[name])


@every
def test_it_is_stored_without_outputs(name):
    for cell in code(name):
        assert cell.outputs == []
        assert cell.execution_count is None


@every
def test_it_opens_with_question_claim_cost_and_needs(name):
    first = NOTEBOOKS[name].cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source), "the first line is the title"
    for word in ("question", "paper", "cost", "need"):
        assert re.search(rf"\*\*[^*]*{word}[^*]*\*\*", first.source, re.IGNORECASE), f"'{word}' in bold is missing"


@every
def test_its_parameters_are_typed_and_commented(name):
    (cell,) = parameters(name)
    assert cell is code(name)[0], "the parameters come first"
    statements = ast.parse(cell.source).body
    assert all(isinstance(item, ast.AnnAssign) and item.value is not None for item in statements)
    ast.literal_eval(next(item.value for item in statements if item.target.id == "profile"))
    assert re.search(r"^profile: str = \"smoke\"", cell.source, re.MULTILINE)
    tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    assert [item.target.id for item in statements if item.end_lineno not in commented] == []


@every
def test_the_next_cell_validates_the_parameters(name):
    _, following = code(name)[:2]
    given = {item.target.id for item in ast.parse(parameters(name)[0].source).body}
    used = {node.id for node in ast.walk(ast.parse(following.source)) if isinstance(node, ast.Name)}
    assert given <= used or {"globals", "locals"} & used, "every parameter must reach the validation"


@every
def test_it_is_short(name):
    sizes = [len(lines(cell)) for cell in code(name)]
    assert sum(sizes) <= 100
    assert statistics.median(sizes) <= 5
    assert (FOLDER / f"{name}.ipynb").stat().st_size <= 20_000


@every
def test_it_explains_more_than_it_codes(name):
    assert sum(cell.cell_type == "markdown" for cell in NOTEBOOKS[name].cells) >= len(code(name))


@every
def test_it_names_no_place_of_this_machine(name):
    for cell in NOTEBOOKS[name].cells:
        assert not re.search(r"(?<![\w.])/(home|work|tmp|root|Users)/", cell.source)


@every
def test_its_links_lead_to_files_of_the_repository(name):
    """From where it is stored, so in JupyterLab and on GitHub; the report turns them into links to its own pages."""
    text = "\n".join(cell.source for cell in NOTEBOOKS[name].cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [target for target in targets if not (FOLDER / name).parent.joinpath(target).is_file()] == []
    assert "docs/glossary.md#a-a2-b-and-c" in NOTEBOOKS[name].cells[0].source, "A, A2, B and C need their explanation"


@every
def test_its_prose_types_no_result(name):
    """Numbers of a result belong in a cell that computes them."""
    prose = "\n".join(cell.source for cell in NOTEBOOKS[name].cells if cell.cell_type == "markdown")
    for quoted in QUOTED:
        prose = prose.replace(quoted, "")
    assert NUMBER.findall(prose) == []


@pytest.mark.parametrize("text", ["mIoU is .31", "a gain of 5 points", "+4.2 [−1.0, 9.3]", "12% of labels", "by 3 % in Ghana"])
def test_typed_results_are_recognised(text):
    assert NUMBER.search(text)
