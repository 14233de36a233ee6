"""Fetching: complete and checked, or not there at all."""

import errno
import hashlib
import io
import os
import stat
import tarfile
import threading
import zipfile

import pytest

from eelib.data import fetch as module
from eelib.data.fetch import data_folder, fetch, location, require, verify
from eelib.data.manifests import SampleManifest, sample
from eelib.errors import InputError

FILES = {"toy/a.txt": b"alpha" * 100, "toy/deep/b.bin": bytes(range(256)) * 10}


def sha(content):
    return hashlib.sha256(content).hexdigest()


def tar(files, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
        for info in extra:
            bundle.addfile(info)
    return buffer.getvalue()


def entry(archive, files=None, **changes):
    content = sample("romania").model_dump(mode="json") | {
        "name": "toy",
        "channel": {"pip": "toy==1"},
        "archive": {"path": "toy.tar.gz", "sha256": sha(archive), "bytes": len(archive)},
        "files": [{"path": name, "sha256": sha(data), "bytes": len(data)} for name, data in (files or FILES).items()],
    }
    return SampleManifest.model_validate(content | changes)


@pytest.fixture
def channel(monkeypatch):
    """A pip that hands out whatever the test puts into ``channel["archive"]``, and counts how often it is asked."""
    served = {"archive": tar(FILES), "asked": 0}

    def download(requirement, manifest_entry, output):
        served["asked"] += 1
        if isinstance(served["archive"], BaseException):
            raise served["archive"]
        output.write_bytes(served["archive"])

    monkeypatch.setattr(module, "_pip_download", download)
    return served


def names():
    return sorted(path.name for path in data_folder().iterdir())


def nothing_left(allowed=("toy.lock",)):
    return sorted(set(names()) - set(allowed)) == []


def test_it_arrives_checked_and_only_once(channel):
    toy = entry(channel["archive"])
    folder = fetch(toy)
    assert folder == location(toy) == fetch(toy)
    assert channel["asked"] == 1
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert verify(toy) == []
    assert names() == ["toy-1", "toy.lock"]  # the archive is not kept


def test_what_the_manifest_does_not_name_stays_out(channel):
    channel["archive"] = tar(FILES | {"toy/code.py": b"print()"})
    assert not (fetch(entry(channel["archive"])) / "toy/code.py").exists()


def test_a_wrong_checksum_of_the_archive_leaves_nothing_and_can_be_repeated(channel):
    toy = entry(channel["archive"])
    channel["archive"] += b"x"
    with pytest.raises(InputError, match="another SHA-256"):
        fetch(toy)
    assert nothing_left()
    channel["archive"] = channel["archive"][:-1]
    assert fetch(toy).is_dir()


@pytest.mark.parametrize("damage", ["sha", "size", "missing"])
def test_a_wrong_file_inside_leaves_nothing(channel, damage):
    files = dict(FILES)
    if damage == "sha":
        files["toy/a.txt"] = b"omega" * 100
    elif damage == "size":
        files["toy/a.txt"] = b"alpha"
    else:
        files["toy/c.txt"] = b"c"
    with pytest.raises(InputError, match=r"toy/[ac]\.txt"):
        fetch(entry(channel["archive"], files))
    assert not location(entry(channel["archive"])).exists()
    assert not [name for name in names() if name.startswith(".toy")]


def test_a_truncated_archive_says_so(channel):
    channel["archive"] = channel["archive"][: len(channel["archive"]) // 2]
    with pytest.raises(InputError, match="damaged"):
        fetch(entry(channel["archive"]))
    assert not location(entry(channel["archive"])).exists()


def test_paths_that_lead_out_are_refused(channel, tmp_path):
    files = {"../evil.txt": b"evil"}
    channel["archive"] = tar(files)
    with pytest.raises(InputError, match="leads out"):
        fetch(entry(channel["archive"], files))
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_are_refused(channel, kind):
    link = tarfile.TarInfo("toy/link")
    link.type, link.linkname = kind, "/etc/passwd"
    channel["archive"] = tar(FILES, [link])
    with pytest.raises(InputError, match="link"):
        fetch(entry(channel["archive"], FILES | {"toy/link": b""}))


def test_links_in_a_zip_are_refused(channel):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        info = zipfile.ZipInfo("toy/link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(info, "/etc/passwd")
    channel["archive"] = buffer.getvalue()
    with pytest.raises(InputError, match="link"):
        fetch(entry(channel["archive"], {"toy/link": b"/etc/passwd"}))


def test_a_file_larger_than_the_manifest_says_is_refused(channel):
    channel["archive"] = tar({"toy/a.txt": b"0" * 10_000_000})
    with pytest.raises(InputError, match="10000000 bytes, the manifest says 500"):
        fetch(entry(channel["archive"], {"toy/a.txt": b"alpha" * 100}))


def test_offline_without_a_copy_says_what_to_do_and_does_not_ask(channel, monkeypatch):
    monkeypatch.setenv("EELIB_OFFLINE", "1")
    with pytest.raises(InputError, match=r"offline; run `eelib data fetch toy`"):
        fetch(entry(channel["archive"]))
    assert channel["asked"] == 0


def test_offline_with_a_copy_works(channel, monkeypatch):
    toy = entry(channel["archive"])
    fetch(toy)
    monkeypatch.setenv("EELIB_OFFLINE", "1")
    assert fetch(toy).is_dir()


@pytest.mark.parametrize(("value", "offline"), [("", False), ("0", False), ("False", False), (" no ", False), ("1", True), ("yes", True)])
def test_offline_may_be_switched_off_by_a_value(channel, monkeypatch, value, offline):
    monkeypatch.setenv("EELIB_OFFLINE", value)
    if offline:
        with pytest.raises(InputError, match="offline"):
            fetch(entry(channel["archive"]))
    else:
        assert fetch(entry(channel["archive"])).is_dir()


def test_an_interrupted_fetch_leaves_nothing_and_the_next_one_finishes(channel):
    toy, archive = entry(channel["archive"]), channel["archive"]
    channel["archive"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        fetch(toy)
    assert nothing_left()
    channel["archive"] = archive
    assert verify(toy) != []
    assert fetch(toy).is_dir()
    assert verify(toy) == []


def test_an_interrupt_between_extraction_and_rename_leaves_nothing(channel, monkeypatch):
    toy = entry(channel["archive"])

    def interrupted(*arguments):
        module.__dict__["_extract"](*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_extract", module.extract, raising=False)
    monkeypatch.setattr(module, "extract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(toy)
    assert not location(toy).exists()
    assert nothing_left(("toy.lock", "toy.tar.gz"))
    monkeypatch.setattr(module, "extract", module.__dict__["_extract"])
    assert fetch(toy).is_dir()


def test_two_at_once_download_once(channel):
    toy = entry(channel["archive"])
    threads = [threading.Thread(target=fetch, args=(toy,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert channel["asked"] == 1
    assert verify(toy) == []


def test_a_full_disk_is_one_clear_line(channel, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "extract", full)
    with pytest.raises(InputError, match="the disk is full"):
        fetch(entry(channel["archive"]))


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(channel, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EELIB_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(InputError, match="cannot be written"):
        fetch(entry(channel["archive"]))


def test_verify_names_the_file_and_the_remedy(channel):
    toy = entry(channel["archive"])
    assert "not fetched" in verify(toy)[0]
    folder = fetch(toy)
    (folder / "toy/a.txt").write_bytes(b"omega" * 100)
    (folder / "toy/deep/b.bin").write_bytes(b"short")
    problems = verify(toy)
    assert "a.txt: wrong SHA-256" in problems[0]
    assert "b.bin: has 5 bytes instead of 2560" in problems[1]
    assert all("eelib data fetch toy" in problem for problem in problems)
    (folder / "toy/a.txt").unlink()
    assert "missing" in verify(toy)[0]


def test_readers_never_download(channel):
    with pytest.raises(InputError, match="run `eelib data fetch romania`"):
        require("romania")
    assert channel["asked"] == 0


def test_pip_that_cannot_download_is_one_clear_line(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    toy = entry(b"", channel={"pip": "eelib-no-such-package==1"})
    with pytest.raises(InputError, match="pip could not download eelib-no-such-package==1"):
        fetch(toy)
    assert nothing_left()


def with_parts(toy, **changes):
    return SampleManifest.model_validate(toy.model_dump(mode="json", exclude_none=True) | changes)


def test_npm_packages_arrive_through_npm_and_several_archives_make_one_data_set(monkeypatch):
    first, second = tar({"package/a.txt": b"alpha"}), tar({"package/b.txt": b"beta"})
    served, asked = {"one@1": first, "two@2": second}, []

    def download(spec, package, output):
        asked.append(spec)
        output.write_bytes(served[spec])

    monkeypatch.setattr(module, "_npm_download", download)

    def part(spec, archive, name, content):
        return {
            "channel": {"npm": spec},
            "archive": {"path": f"{spec}.tgz", "sha256": sha(archive), "bytes": len(archive)},
            "files": [{"path": name, "sha256": sha(content), "bytes": len(content)}],
        }

    more = [part("two@2", second, "package/b.txt", b"beta")]
    toy = with_parts(entry(first, {"package/a.txt": b"alpha"}), **part("one@1", first, "package/a.txt", b"alpha"), more=more)
    folder = fetch(toy)
    assert asked == ["one@1", "two@2"]
    assert (folder / "package/a.txt").read_bytes() + (folder / "package/b.txt").read_bytes() == b"alphabeta"
    assert verify(toy) == [] and names() == ["toy-1", "toy.lock"]
    (folder / "package/b.txt").write_bytes(b"bets")
    assert len(verify(toy)) == 1


def test_one_bad_archive_of_several_leaves_no_folder(monkeypatch):
    good = tar({"package/a.txt": b"alpha"})
    monkeypatch.setattr(module, "_npm_download", lambda spec, package, output: output.write_bytes(good if spec == "one@1" else b"x"))
    one = {"channel": {"npm": "one@1"}, "archive": {"path": "one.tgz", "sha256": sha(good), "bytes": len(good)}}
    bad = {
        "channel": {"npm": "two@2"},
        "archive": {"path": "two.tgz", "sha256": sha(b"y"), "bytes": 1},
        "files": [{"path": "b", "sha256": sha(b""), "bytes": 0}],
    }
    toy = with_parts(entry(good, {"package/a.txt": b"alpha"}), **one, more=[bad])
    with pytest.raises(InputError, match="another SHA-256"):
        fetch(toy)
    assert not location(toy).exists()


def test_without_npm_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    toy = entry(b"", {"a": b""}, channel={"npm": "one@1"})
    with pytest.raises(InputError, match=r"install Node\.js"):
        fetch(toy)


def test_npm_that_cannot_download_is_one_clear_line(monkeypatch, tmp_path):
    client = tmp_path / "npm"
    client.write_text("#!/bin/sh\necho 'npm ERROR 404 no such package' >&2\nexit 1\n")
    client.chmod(0o755)
    monkeypatch.setattr(module.shutil, "which", lambda name: str(client))
    toy = entry(b"", {"a": b""}, channel={"npm": "one@1"})
    with pytest.raises(InputError, match=r"npm could not download one@1 .*404 no such package"):
        fetch(toy)
