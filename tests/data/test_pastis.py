"""PASTIS: pixels, dates, labels and folds against the files themselves."""

import datetime
import json

import numpy as np
import pytest

from eelib.data.sources.pastis import days_of_year, read_metadata
from eelib.errors import InputError
from eelib.settings import RegionSizes
from eelib.study.budgets import BUDGETS, sizes_for, with_changes
from eelib.study.embedding_earth import sizes_in_pool
from eelib.study.recipes import PretrainParams
from eelib.study.table import row as study_row

SIZES = RegionSizes(unlabelled=12, train=12, validation=6, test=8, window=24, num_dates=6)


def test_windows_are_crops_of_the_files(mini):
    source, folder = mini("pastis")
    region = source.load(SIZES)
    properties = {p["ID_PATCH"]: p for p in read_metadata(folder / "metadata.geojson")}
    for part, folds in ((region.train, {1, 2, 3}), (region.validation, {4}), (region.test, {5})):
        assert {properties[place]["Fold"] for place in part.place} == folds
        for row, (r, c) in enumerate(part.origin):
            place = int(part.place[row])
            image, target = np.load(folder / f"DATA_S2/S2_{place}.npy"), np.load(folder / f"ANNOTATIONS/TARGET_{place}.npy")
            written = [str(date) for date in properties[place]["dates-S2"].values()]
            days = [datetime.date(int(d[:4]), int(d[4:6]), int(d[6:])).timetuple().tm_yday for d in written]
            for position, day in enumerate(part.dates[row]):
                expected = image[days.index(day), :, r : r + 24, c : c + 24] * np.float32(1e-4)
                np.testing.assert_array_equal(part.image[row, position], expected)
            raw = target[0, r : r + 24, c : c + 24].astype(int)
            np.testing.assert_array_equal(part.mask[row], np.where(raw == 19, -1, raw))
            assert r % 24 == c % 24 == 0
            assert (np.diff(part.dates[row]) > 0).all()


def test_the_24_pixel_cut_gives_five_by_five_windows(mini):
    source, _ = mini("pastis")
    windows = source.load(SIZES.model_copy(update={"test": 1000})).test
    assert len(windows) == 2 * 25
    assert windows.origin.max() == 96


def test_the_split_chooses_one_of_the_five_rotations_of_the_folds(mini):
    source, folder = mini("pastis")
    fold = {p["ID_PATCH"]: p["Fold"] for p in read_metadata(folder / "metadata.geojson")}
    authors = ("123 4 5", "234 5 1", "345 1 2", "451 2 3", "512 3 4")  # train, validation, test of their configuration
    for number, folds in enumerate(authors):
        region = source.load(SIZES.model_copy(update={"split": number}))
        for part, wanted in zip((region.train, region.validation, region.test), folds.split(), strict=True):
            assert {fold[place] for place in part.place} == set(map(int, wanted))
        assert {fold[place] for place in region.unlabelled.place} <= set(map(int, folds.split()[0]))
    first = source.load(SIZES)
    np.testing.assert_array_equal(first.test.image, source.load(SIZES.model_copy(update={"split": 0})).test.image)


def test_a_notebook_takes_another_rotation(mini):
    mini("pastis")

    def planned(change, regions=("pastis",)):
        item = study_row("ee1_regions")
        return [arm for arm in item.plan(item.validated({"regions": list(regions), "change": change}))]

    assert {arm.params.sizes.split for arm in planned(None)} == {0}
    other = planned({"sizes.split": 3}, ("pastis", "germany"))
    assert {(arm.params.region, arm.params.sizes.split) for arm in other} == {("pastis", 3), ("germany", 0)}
    assert {arm.needs["pretrain"].params.sizes.split for arm in other if arm.needs and arm.params.region == "pastis"} == {3}
    with pytest.raises(InputError, match="split 5 of region 'pastis': it has 5 official splits, 0 to 4"):
        planned({"sizes.split": 5})
    with pytest.raises(InputError, match=r"change sizes\.split: germany, ghana have one split each"):
        planned({"sizes.split": 1}, ("germany", "ghana"))


def test_pooled_with_a_region_that_is_split_anew_the_official_split_stays(mini):
    mini("pastis")
    budget = with_changes(BUDGETS["smoke"], {"sizes.split": 2})
    for seed in (0, 4):
        params = PretrainParams(
            regions=("pastis", "romania"),
            sizes=sizes_for(budget, "romania", seed),
            encoder=budget.encoder,
            recipe=budget.pretrain,
        )
        assert sizes_in_pool(params, "romania", seed).split == 2 + seed
        assert sizes_in_pool(params, "pastis", seed).split == sizes_for(budget, "pastis", seed).split == 2


def test_dates_may_be_text_in_the_metadata(mini):
    source, folder = mini("pastis", copy=True)
    before = source.load(SIZES).test
    path = folder / "metadata.geojson"
    content = json.loads(path.read_text())
    for feature in content["features"]:
        feature["properties"]["dates-S2"] = json.dumps(feature["properties"]["dates-S2"])
    path.write_text(json.dumps(content))
    np.testing.assert_array_equal(source.load(SIZES).test.dates, before.dates)


def test_dates_are_in_the_order_of_their_numbers():
    assert days_of_year({"10": 20190103, "2": 20181231, "1": 20181230}) == (364, 365, 3)


def damage(folder, kind):
    image, target = next(folder.glob("DATA_S2/*")), folder / "ANNOTATIONS"
    if kind == "missing":
        image.unlink()
    elif kind == "cut short":
        image.write_bytes(image.read_bytes()[:5000])
    elif kind == "bands":
        np.save(image, np.load(image)[:, :4])
    elif kind == "dates":
        np.save(image, np.load(image)[:-1])
    elif kind == "objects":
        np.save(image, np.array([{}]), allow_pickle=True)
    elif kind == "label type":
        for path in target.glob("*"):
            np.save(path, np.load(path).astype(np.float32))
    elif kind == "label":
        for path in target.glob("*"):
            np.save(path, np.load(path)[0])
    elif kind == "no labels":
        for path in target.glob("*"):
            np.save(path, np.full_like(np.load(path), 19))
    elif kind == "metadata":
        (folder / "metadata.geojson").write_text('{"features": [{"properties": {"ID_PATCH": 1}}]}')
    elif kind == "fold":
        path = folder / "metadata.geojson"
        path.write_text(path.read_text().replace('"Fold": 5', '"Fold": 6'))
    elif kind == "empty fold":
        path = folder / "metadata.geojson"
        path.write_text(path.read_text().replace('"Fold": 5', '"Fold": 1'))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", r"S2_\d+\.npy: not a readable \.npy"),
        ("cut short", r"S2_\d+\.npy: not a readable \.npy"),
        ("bands", r"S2_\d+\.npy: the image has shape \d+x4x128x128, expected \d+x10x128x128"),
        ("dates", r"S2_\d+\.npy: the image has shape (\d+)x10"),
        ("objects", r"S2_\d+\.npy: not a readable \.npy"),
        ("label type", r"TARGET_\d+\.npy: the label has type float32"),
        ("label", r"TARGET_\d+\.npy: the label has shape 128x128, expected 3x128x128"),
        ("no labels", "no window of the split 'train' has a label"),
        ("metadata", r"metadata\.geojson: not the metadata of PASTIS"),
        ("fold", r"metadata\.geojson: patch \d+ is in fold 6"),
        ("empty fold", "no tile of the split 'test'.*eelib data verify pastis"),
    ],
)
def test_damage_is_one_clear_line(mini, kind, words):
    source, folder = mini("pastis", copy=True)
    damage(folder, kind)
    with pytest.raises(InputError, match=words) as error:
        source.load(SIZES.model_copy(update={"unlabelled": 60, "train": 60}))
    assert "\n" not in str(error.value)
