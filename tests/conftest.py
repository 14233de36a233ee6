"""Every test has its own data, runs and download folder, so none sees or changes the user's."""

import pytest
import torch
from toys import make_region, make_windows


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EELIB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EELIB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))  # plans do not depend on what this machine has downloaded
    monkeypatch.delenv("EELIB_OFFLINE", raising=False)
    monkeypatch.delenv("EELIB_JOBS", raising=False)
    monkeypatch.delenv("EELIB_LOADERS", raising=False)


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def windows():
    return make_windows()


@pytest.fixture
def region():
    return make_region()
