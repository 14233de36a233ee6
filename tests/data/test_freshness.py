"""What was made from files is made anew when they have changed, and they are looked at no oftener than needed."""

import os
from types import SimpleNamespace

import pytest

from eelib.data import freshness
from eelib.data.freshness import Files, content_hash, kept, looking_once


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "there").write_bytes(b"one")
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "there").write_bytes(b"two"),
        lambda folder: (folder / "there").unlink(),
        lambda folder: (folder / "missing").touch(),
        lambda folder: (folder / "new").touch(),
    ],
)
def test_every_change_is_seen(folder, change):
    files = Files([folder, folder / "there", folder / "missing"])
    assert not files.changed()
    change(folder)
    assert files.changed() and files.changed()


def test_a_file_that_was_replaced_by_one_of_the_same_size_and_time_is_another(folder):
    path, before = folder / "there", (folder / "there").stat()
    files, content = Files([path]), content_hash(path)
    (folder / "other").write_bytes(b"two")
    os.utime(folder / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "other").rename(path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns and files.changed() and content_hash(path) != content


def test_what_was_made_from_changed_files_is_made_anew(folder):
    made = []

    @kept(4)
    def read(name):
        made.append(name)
        return SimpleNamespace(text=(folder / name).read_bytes(), files=(Files([folder / name]),))

    assert read("there") is read("there") and len(made) == 1
    (folder / "there").write_bytes(b"two")
    assert read("there").text == b"two" and read("there") is read("there") and len(made) == 2


def test_within_a_block_files_are_looked_at_once(folder):
    before = Files([folder / "there"])
    with looking_once():
        inside = Files([folder / "there"])
        (folder / "there").write_bytes(b"twice")
        with looking_once():
            assert not inside.changed()  # as they were when the block first saw them
        assert before.changed() and before.changed()  # a change is no secret after it was told
    assert inside.changed()


def test_the_block_is_a_decorator_too(folder, monkeypatch):
    files = Files([folder / "there"])
    looks = []
    monkeypatch.setattr(freshness, "_stamp_if_there", lambda path: looks.append(path) or freshness.stamp_of(path))

    @looking_once()
    def ask():
        return [files.changed() for _ in range(5)]

    assert ask() == [False] * 5 and len(looks) == 1
    assert ask() == [False] * 5 and len(looks) == 2
