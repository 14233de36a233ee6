"""An arm whose data or weights of a user's own have changed since it was planned is refused before anything is computed."""

import pytest
from pair_files import class_folder, picture
from photos import labels, photo, photo_folder, write
from tiny_open_clip import know_tiny, save_tiny

from eelib.data.pairs.settings import PairSizes
from eelib.data.regions import fingerprint
from eelib.errors import InputError
from eelib.settings import EncoderSettings, ProbeSettings, PublishedSettings, RegionSizes
from eelib.settings_pairs import PairData, ScoreSettings
from eelib.study.arm import Arm
from eelib.study.execute import run, run_one
from eelib.study.experiments import clip1_supervision
from eelib.study.pair_arms import fingerprints
from eelib.study.parameters import check
from eelib.study.recipes import PairScoreParams, ProbeParams
from eelib.study.store import Store
from eelib.study.unchanged import require_unchanged

SIZES = RegionSizes(unlabelled=8, train=8, validation=4, test=4, window=8)


def probe(region, **changes):
    recipe = ProbeSettings(penalties=(1e-3,), pixels=500)
    params = {"region": region, "sizes": SIZES, "encoder": EncoderSettings(num_dates=1), "init": "raw", "fraction": 1.0, "recipe": recipe}
    return Arm("test", "probe", 0, "probe", ProbeParams(**params | changes), {region: fingerprint(region, SIZES)})


def refused(arm, what):
    with pytest.raises(InputError, match=rf"^{what}: has changed since this run was planned; run again, finished arms are kept$"):
        run_one(arm, Store().root)
    assert not Store().has(arm)


def test_other_arms_are_finished_and_a_second_run_computes_what_is_new(tmp_path):
    kept, changed = (photo_folder(tmp_path / name) for name in ("kept", "changed"))
    arms = [probe(changed), probe(kept)]
    write(tmp_path / "changed/photos/city_03.png", photo(labels(seed=3), seed=100))
    with pytest.raises(InputError, match=rf"^{changed}: has changed since this run was planned; run again, finished arms are kept$"):
        run(arms, jobs=1, quiet=True)
    assert [Store().has(arm) for arm in arms] == [False, True]
    assert [record["key"] for record in run([probe(changed), probe(kept)], jobs=1, quiet=True)][1] == arms[1].key
    run_one(arms[1], Store().root)  # a record that is there is no business of the data as they are now


def test_images_with_captions(tmp_path):
    class_folder(tmp_path / "places", count=30)
    (tmp_path / "own.yaml").write_text("name: own\nkind: class-folder\ntitle: Own\ndescription: x\nfolder: places\n")
    values = {"seeds": [0], "pairs": [str(tmp_path / "own.yaml")], "methods": ["clip"], "encoders": ["vit"]}
    (score,) = clip1_supervision.plan(check(clip1_supervision.Parameters, values))
    for arm in (score.needs["train"], score):
        require_unchanged(arm)
    picture(tmp_path / "places/SeaLake/SeaLake_3.png", (1, 2, 3))
    for arm in (score.needs["train"], score):
        refused(arm, tmp_path / "own.yaml")


def test_data_that_are_gone_are_named(tmp_path):
    arm = probe(photo_folder(tmp_path))
    (tmp_path / "photos/city_03.png").unlink()
    with pytest.raises(InputError, match=r"1 mask\(s\) have no image"):
        run_one(arm, Store().root)


def test_files_of_weights(tmp_path, monkeypatch):
    region, file = photo_folder(tmp_path), tmp_path / "weights.pth"
    file.write_bytes(b"one")
    published = PublishedSettings(file=str(file), digest="another")
    refused(probe(region, init="published", published=published), file)
    save_tiny(know_tiny(monkeypatch), file)
    data = PairData(sets=("germany",), sizes=PairSizes(train=8, validation=4, test=4, size=16))
    params = PairScoreParams(data=data, score=ScoreSettings(), open_clip=f"tiny/{file}", weights="another")
    refused(Arm("test", "score", 0, "pair_score", params, fingerprints(data)), file)


def test_built_in_data_are_not_read_for_it(monkeypatch):
    arm = probe("germany")
    monkeypatch.setattr("eelib.study.unchanged.fingerprint", lambda *asked: pytest.fail("asked for built-in data"))
    require_unchanged(arm)
