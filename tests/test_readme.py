"""The README's numbers are those of the reference run, and what it links to exists."""

import re
from pathlib import Path

import readme_findings

from eelib.cli import app

ROOT = Path(__file__).parents[1]

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_findings_are_those_of_the_reference_records():
    everything = readme_findings.records()
    shown = README.split(readme_findings.START)[1].split(readme_findings.END)[0].strip()
    assert shown == readme_findings.findings(everything).strip()
    assert readme_findings.PAGE.read_text(encoding="utf-8") == readme_findings.page(everything)


def test_every_local_link_leads_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(targets) > 5
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make ([a-z]+)|`make ([a-z]+)", README, re.MULTILINE)
    assert len(targets) > 5
    assert [name for pair in targets for name in pair if name and not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    words = {command.name or command.callback.__name__ for command in app.registered_commands} | {"data"}
    assert set(re.findall(r"bin/eelib ([a-z]+)", README)) <= words
