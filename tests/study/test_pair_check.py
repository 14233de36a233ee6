"""`eelib data check` on manifests of pairs."""

import pytest
import yaml
from pair_files import class_folder, cut_short, noisy, picture, shards, tar_shard, write_table

from eelib import cli


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(["data", *map(str, arguments)])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def write(base, kind, **fields):
    content = {"name": "mine", "kind": kind, "title": "My images", "description": "-"}
    (base / "mine.yaml").write_text(yaml.safe_dump(content | fields))
    return base / "mine.yaml"


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of 40 pictures in the working folder, one of them cut short, one without a caption, one with a long one."""
    rows = []
    for k in range(40):
        picture(tmp_path / f"{k}.png", (6 * k, 100, 50))
        said = "" if k == 3 else "word " * 60 if k == 4 else f"picture number {k}"
        rows.append((f"{k}.png", said, ("train", "train", "train", "val", "test")[k % 5], ("even", "odd")[k % 2]))
    rows.append((cut_short(noisy(tmp_path / "half.jpg")).name, "half a picture", "train", "odd"))
    write_table(tmp_path / "pairs.csv", rows, ("path", "caption", "part", "kind"))
    monkeypatch.chdir(tmp_path)
    return lambda **fields: write(tmp_path, "image-text-table", table="pairs.csv", **fields)


def test_a_table(table, capsys):
    table(split_column="part", class_column="kind", prompts="name")
    code, out, _ = call(capsys, "check", "mine.yaml")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    for line in (
        "My images (image-text-table)",
        "pairs 24 train, 7 validation, 8 test; profile quick uses 24, 7, 8",
        "too long 0 of 24 captions are cut to the 24 tokens that profile quick reads",
        "even 12 4 4",
        "odd 12 3 4",
        "left out 1 row(s) skipped: empty caption",
        "left out 1 row(s) skipped: image missing or not readable",
        "warning 24 training pairs do not fill a batch of profile quick (32): bring more, or use them as test_pairs",
        "next eelib run clip1_supervision --profile smoke --set 'pairs=[mine.yaml]'",
    ):
        assert line in lines
    assert sum("picture number" in line for line in lines) == 3
    assert sum(line.startswith("warning") for line in lines) == 1


def test_long_captions_places_and_classes_that_are_wrong(table, tmp_path, capsys):
    rows = [
        (f"{k % 20}.png", "word " * 60 if k < 5 else f"picture {k}", "train" if k < 35 else ("val", "test")[k % 2], "a" if k else "b")
        for k in range(40)
    ]
    write_table(tmp_path / "pairs.csv", rows, ("path", "caption", "part", "kind"))
    _, out, _ = call(capsys, "check", table(split_column="part", class_column="kind"))
    assert "5 of 35 captions are cut" in out
    assert "2 place(s) are in both train and validation" in out and "3 place(s) are in both train and test" in out
    assert "test has no pair of b" in out
    out = call(capsys, "check", table(split_column="part"))[1]
    assert "classes       none, so it can be learnt from but not scored" in out
    assert "pairs=[" in out.splitlines()[-1] and out.splitlines()[-1].endswith("--set test_pairs=CLASSES.yaml")


def test_the_next_command_is_one_that_runs(table, capsys):
    from eelib.study.experiments.clip1_supervision import Parameters, plan
    from eelib.study.parameters import check, parse_assignments

    table(split_column="part", class_column="kind")
    _, out, _ = call(capsys, "check", "mine.yaml")
    assignment = out.splitlines()[-1].split("--set ")[1].strip("'")
    assert plan(check(Parameters, {"profile": "smoke", **parse_assignments([assignment])}))


def test_what_would_stop_a_run_is_one_line_and_exit_code_2(table, capsys):
    path = table(split_column="part", broken="stop")
    code, _, err = call(capsys, "check", path)
    assert code == 2 and err.count("\n") == 1 and "pairs.csv, line 5: empty caption" in err
    assert "unknown column 'captoin'" in call(capsys, "check", table(caption_column="captoin"))[2]
    assert "not cut into windows" in call(capsys, "check", table(), "--window", "32")[2]


def test_shards(tmp_path, capsys):
    tar_shard(shards(tmp_path / "s", count=4, each=16) / "pairs-9.tar", [("x.png", b"none"), ("x.txt", b"broken"), ("y.txt", b"alone")])
    _, out, _ = call(capsys, "check", write(tmp_path, "image-text-shards", folder="s"))
    assert "1 pair(s) skipped: no image or no caption" in out and "1 pair(s) skipped: image not readable" in out
    assert "caption of pair 0000" in out and "place(s)" not in out and "'pairs=[" in out


def test_a_class_folder_is_offered_for_scores(tmp_path, capsys):
    for part in ("train", "val", "test"):  # the same names below each are not the same places
        class_folder(tmp_path / "sets" / part, count=5)
    (tmp_path / "sets" / "test" / "SeaLake" / "SeaLake_1.png").write_bytes(b"no")
    path = write(tmp_path, "class-folder", folder="sets", prompts="satellite1")
    _, out, _ = call(capsys, "check", path)
    assert "10 train, 10 validation, 9 test" in out and "satellite1" in out and "warning" not in out
    assert f"--set test_pairs={path}" in out.splitlines()[-1]


def test_a_wrong_brightness_is_seen(tmp_path, capsys):
    class_folder(tmp_path / "sets", count=20)
    assert (
        "declare a smaller 'brightest'"
        in call(capsys, "check", write(tmp_path, "class-folder", folder="sets", channels=[1], brightest=9999))[1]
    )


def test_verify_leads_to_check(table, capsys):
    code, _, err = call(capsys, "verify", table())
    assert code == 2 and "`eelib data check" in err
    code, out, _ = call(capsys, "--help")
    assert "your own: new, check" in out
