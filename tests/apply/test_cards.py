"""Cards of networks that were trained on the user's own data."""

import pytest
from photos import photo_folder

from eelib.apply.cards import make_card
from eelib.data.regions import load_region
from eelib.settings import EncoderSettings, RegionSizes

SIZES = RegionSizes(unlabelled=4, train=2, validation=2, test=2, window=16)


def card_of(*paths, **metrics):
    """The card of a pre-training."""
    encoder = EncoderSettings(width=4, num_dates=1).model_dump()
    params = {"regions": list(paths), "sizes": SIZES.model_dump(mode="json"), "encoder": encoder}
    arm = {"experiment": "toys", "arm": "a", "seed": 0, "recipe": "pretrain@1", "params": params, "key": "aa11"}
    return make_card(arm, [load_region(path, SIZES) for path in paths], metrics)


@pytest.mark.parametrize(("fields", "shown"), [({}, "fields"), ({"title": "Fields of 2024"}, "fields (Fields of 2024)")])
def test_a_card_tells_names_of_manifests_and_no_folders(tmp_path, fields, shown):
    path = photo_folder(tmp_path, name="fields", **fields)
    card = card_of(path, by_region={path: 0.5, "/home/me/other.yaml": [1, "germany"]})
    assert card.regions == (shown,)
    assert card.recipe["regions"] == [shown]
    assert card.metrics == {"by_region": {shown: 0.5, "other.yaml": [1, "germany"]}}
    assert str(tmp_path) not in card.model_dump_json()


def test_a_card_tells_which_days_the_training_saw(tmp_path):
    assert card_of(photo_folder(tmp_path / "a")).days == (182, 182)
    assert card_of(photo_folder(tmp_path / "a"), photo_folder(tmp_path / "b", day_of_year=60)).days == (60, 182)
