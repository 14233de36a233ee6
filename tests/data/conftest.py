"""Miniatures are made once per session; tests that damage files work on a copy."""

import shutil

import pytest
from miniatures import make

from eelib.data.manifests import manifest
from eelib.data.sources.datasets import dataset_source


@pytest.fixture(scope="session")
def mini_root(tmp_path_factory):
    return tmp_path_factory.mktemp("miniatures")


@pytest.fixture
def mini(mini_root, tmp_path, monkeypatch):
    """Source and folder of a miniature in this test's own data folder; ``copy=True`` where the test changes files."""

    def get(name, copy=False):
        if not (mini_root / name).is_dir():
            make(name, mini_root)
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        if copy:
            shutil.copytree(mini_root / name, data / name)
        else:
            (data / name).symlink_to(mini_root / name)
        monkeypatch.setenv("EELIB_DATA", str(data))
        return dataset_source(manifest(name), name), data / name

    return get
