"""Names of regions as users write them."""

import pytest
from miniatures import MODULES
from photos import photo_folder

from eelib.data.names import ALIASES, COUNTERPARTS, NAMESAKES, SIMULATED
from eelib.data.spelling import as_in_the_papers, spelt
from eelib.errors import InputError
from eelib.study.experiments import data_tour, ee1_regions
from eelib.study.parameters import check
from eelib.study.table import row

LINE = ["pastis", "mtlcc", "ghana", "southsudan"]
PAPERS = ("pastis", "mtlcc", "ghana_croptype", "southsudan_croptype")


def chosen(regions, profile="smoke"):
    return check(ee1_regions.Parameters, {"profile": profile, "regions": regions}).regions


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("southsudan", "southsudan_croptype"),
        ("SouthSudan", "southsudan_croptype"),
        ("PASTIS", "pastis"),
        ("LoveDA", "loveda"),
        ("Ghana-CropType", "ghana_croptype"),
        *((name, name) for name in (*SIMULATED, *MODULES, "romania")),
    ],
)
def test_data_sets_have_other_names(name, known):
    assert chosen([name]) == (known,)


def test_every_other_name_and_counterpart_is_a_data_set():
    assert {*ALIASES.values(), *NAMESAKES.values(), *(name for names in COUNTERPARTS.values() for name in names)} <= {*MODULES}
    assert not {*ALIASES} & {*SIMULATED, *MODULES}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ghana", "'ghana', which is simulated, or 'ghana_croptype'"),
        ("South Sudan", "'south_sudan', which is simulated, or 'southsudan_croptype'"),
        ("south_sudn", "'south_sudan', which is simulated, or 'southsudan_croptype'"),
        ("southsudan_crop", "'south_sudan', which is simulated, or 'southsudan_croptype'"),
        ("France", "'france', which is simulated, or 'pastis' and 't31tfm'"),
        ("pastiss", "did you mean 'pastis'"),
        ("simulated:ghna", "unknown simulated region 'ghna': did you mean 'ghana'"),
        ("simulated:pastis", "unknown simulated region 'pastis'"),
    ],
)
def test_a_name_that_could_be_a_style_or_real_data_names_both(name, words):
    with pytest.raises(InputError, match=words) as error:
        chosen([name])
    assert "\n" not in str(error.value)


def test_the_papers_line_means_the_papers_data():
    assert chosen(LINE, "paper") == PAPERS
    assert chosen(PAPERS, "paper") == PAPERS  # what a notebook is given by the command line


@pytest.mark.parametrize(
    "regions",
    [
        ("ghana", "south_sudan"),
        ("ghana", "romania"),
        ("pastis", "ghana", "ghana_croptype"),
        ("pastis", "simulated:ghana"),
        ("pastis", "france"),
    ],
)
def test_simulated_regions_that_are_meant_stay(regions):
    assert chosen(regions, "paper") == regions == as_in_the_papers(regions)


def test_other_profiles_read_names_as_they_are():
    assert chosen(["pastis", "ghana"], "full") == ("pastis", "ghana")


def test_the_prefix_is_read_by_plans_and_by_the_tour(mini):
    mini("pastis")
    item = row("ee1_regions")
    params = item.validated({"profile": "paper", "regions": ["pastis", "simulated:ghana"], "seeds": [0]})
    assert item.regions(params) == {"pastis", "ghana"}
    assert data_tour.plan_regions(check(data_tour.Parameters, {"regions": ["simulated:ghana"]})) == ("ghana",)
    with pytest.raises(InputError, match="twice"):
        chosen(["ghana", "simulated:ghana"])


def test_one_region_to_pretrain_on():
    assert spelt("southsudan") == "southsudan_croptype"


def test_paths_are_no_names(tmp_path):
    path = photo_folder(tmp_path)
    assert spelt(path) == path
    assert chosen(["mtlcc", path, "ghana"], "paper") == ("mtlcc", path, "ghana_croptype")
    assert chosen([path, "ghana"], "paper") == (path, "ghana")  # own data are not of the literature
