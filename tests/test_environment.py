"""pyproject.toml, requirements.lock, environment.yml and the Makefile say the same, on every supported Python and system."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eelib.errors import EXTRAS, missing_extra

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ("3.11", "3.12", "3.13")
FILES = ("pyproject.toml", "requirements.lock", "environment.yml", "Makefile", ".ci/run")


def requirements() -> list[Requirement]:
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [Requirement(line) for lines in lists for line in lines]


def locked(python: str, platform: str = "linux") -> dict[str, list[str]]:
    """Locked versions by package for one Python, as an installer reads the file."""
    system = {"linux": "Linux", "darwin": "Darwin"}[platform]
    where = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": {"linux": "x86_64", "darwin": "arm64"}[platform],
    }
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate(where):
            (spec,) = pin.specifier
            assert spec.operator == "==", line
            pins.setdefault(canonicalize_name(pin.name), []).append(spec.version)
    return pins


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("python", PYTHONS)
def test_lock_has_one_version_that_satisfies_every_requirement(python, platform):
    pins = locked(python, platform)
    assert all(len(versions) == 1 for versions in pins.values())
    unmet = [str(need) for need in requirements() if not need.specifier.contains(pins[canonicalize_name(need.name)][0])]
    assert unmet == []


@pytest.mark.parametrize("python", PYTHONS)
def test_locked_torchvision_accepts_the_locked_torch(python):
    pins = locked(python)
    if version("torchvision").partition("+")[0] != pins["torchvision"][0]:
        pytest.skip("another torchvision is installed, which says nothing of the locked one")
    needs = [Requirement(line) for line in requires("torchvision") or ()]
    (torch,) = [need for need in needs if need.name == "torch"]
    assert torch.specifier.contains(pins["torch"][0])


def test_environment_names_what_it_is_for_and_takes_versions_from_the_lock():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python = next(line.removeprefix("python=") for line in conda if isinstance(line, str) and line.startswith("python="))
    assert python in PYTHONS
    lines = next(line["pip"] for line in conda if isinstance(line, dict))
    named = [Requirement(line) for line in lines if not line.startswith("-")]
    assert {"jupyterlab", "papermill", "torch", "torchgeo", "seaborn", "nbval"} <= {need.name for need in named}
    assert [need.name for need in named if need.specifier or canonicalize_name(need.name) not in locked(python)] == []
    assert {"-r requirements.lock", "-e ."} <= set(lines)


def test_every_lower_bound_has_a_reason():
    lines = [line for line in (ROOT / "pyproject.toml").read_text().splitlines() if re.match(r'\s+"[\w.-]+>=', line)]
    assert len(lines) == sum(bool(need.specifier) for need in requirements())
    assert [line for line in lines if not re.search(r"#\s+\S+", line)] == []


@pytest.mark.parametrize("name", FILES)
def test_no_address_and_no_index_in_the_installation(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|\bfile:", text)


def test_every_package_of_an_extra_is_named_with_it_where_it_is_missing():
    names = packages_distributions()  # of what is imported, by distribution
    for extra, lines in PROJECT["optional-dependencies"].items():
        if extra == "dev":
            continue
        wanted = {canonicalize_name(Requirement(line).name) for line in lines}
        along = {canonicalize_name(Requirement(line).name) for name in wanted for line in requires(name) or ()}
        listed = [{canonicalize_name(name) for name in names[package]} for package in EXTRAS[extra]]
        assert all(found & (wanted | along) for found in listed), extra
        assert wanted <= set.union(*listed), extra
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"]) - {"dev"}
    assert len(sum(EXTRAS.values(), ())) == len(set(sum(EXTRAS.values(), ())))


def test_the_remedy_for_a_missing_package_can_be_typed():
    assert missing_extra("kornia") == "the package 'kornia' is not installed: make env, or pip install -e '.[clip]' in the repository"
    assert missing_extra("zarr") == "the package 'zarr' is not installed: pip install zarr"


def test_supported_pythons_agree():
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    assert tuple(workflow["jobs"]["test"]["strategy"]["matrix"]["python"]) == PYTHONS


def test_make_lists_its_targets_and_refuses_an_old_python(tmp_path):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    shown = subprocess.run(["make", "-C", tmp_path], capture_output=True, text=True, check=True).stdout
    assert all(f"  {target} " in shown for target in ("env", "study", "report", "test", "lint", "lab", "bench", "clean"))

    old = tmp_path / "python3.8"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.8.1" && exit 0\nexit 1\n')
    old.chmod(0o755)
    refused = subprocess.run(["make", "-C", tmp_path, "env", f"PYTHON={old}"], capture_output=True, text=True)
    assert refused.returncode == 2
    assert "eelib needs Python 3.11, 3.12 or 3.13" in refused.stderr
    assert "Python 3.8.1" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_env_refuses_an_unknown_torch(tmp_path):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    command = ["make", "-C", tmp_path, "env", "TORCH=gpu", f"PYTHON={sys.executable}"]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "TORCH=gpu is unknown" in refused.stderr


def test_cpu_install_leaves_out_what_only_cuda_needs():
    pattern = re.search(r"grep -vE '([^']+)'", (ROOT / "Makefile").read_text())
    assert pattern
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    kept = [line for line in lines if not re.search(pattern[1], line)]
    assert not [line for line in kept if re.match("nvidia|cuda|triton", line)]
    assert {"torch", "torchvision"} <= {Requirement(line).name for line in kept}
    assert all(re.match("nvidia-|cuda-|triton==", line) for line in set(lines) - set(kept))
