"""The script that makes the fold lists of PASTIS24 from the metadata of PASTIS."""

import json

import pastis24_folds


def test_lists_follow_the_folds(tmp_path):
    patches = [{"properties": {"ID_PATCH": 100 + n, "Fold": n % 5 + 1, "dates-S2": {"0": 20180901}}} for n in range(10)]
    (tmp_path / "metadata.geojson").write_text(json.dumps({"features": patches}))
    pastis24_folds.main(tmp_path / "metadata.geojson", tmp_path / "out")
    lists = {path.name: path.read_text().split() for path in (tmp_path / "out").iterdir()}
    assert set(lists) == {f"fold_{n}_paths.csv" for n in range(1, 6)} | {
        f"folds_{name}_paths.csv" for name in ("1_123", "2_234", "3_345", "4_451", "5_512")
    }
    assert lists["fold_1_paths.csv"] == [f"pickle24x24/{patch}_{window}.pickle" for patch in (100, 105) for window in range(25)]
    assert lists["folds_4_451_paths.csv"] == lists["fold_4_paths.csv"] + lists["fold_5_paths.csv"] + lists["fold_1_paths.csv"]
