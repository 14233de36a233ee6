"""Prompt sets."""

import pytest

from eelib.data.manifests import load_manifest
from eelib.data.pairs.manifests import ClassFolderManifest
from eelib.data.pairs.prompts import PROMPT_SETS, check_prompts, filled, prompts
from eelib.data.pairs.scenes import SCENES
from eelib.errors import InputError


def test_the_sets_of_the_paper_have_1_6_8_and_80_templates():
    assert [len(prompts(name)) for name in ("photo1", "photo6", "photo8", "photo80")] == [1, 6, 8, 80]


@pytest.mark.parametrize("name", PROMPT_SETS)
def test_every_template_holds_one_placeholder_and_none_comes_twice(name):
    assert len(set(check_prompts(prompts(name)))) == len(prompts(name))


def test_the_eight_are_the_plain_one_and_clip_s_own_seven():
    eighty = set(prompts("photo80"))
    assert prompts("photo8")[0] == "a photo of a {}" and set(prompts("photo8")[1:]) <= eighty


def test_filling():
    assert filled(("a {}.", "the {}"), ("cat", "dog {x}")) == [["a cat.", "the cat"], ["a dog {x}.", "the dog {x}"]]
    assert filled(prompts("satellite1"), SCENES)[0] == ["a satellite image of a village among fields."]


@pytest.mark.parametrize("templates", [(), ("a photo",), ("{} and {}",)])
def test_a_prompt_without_a_placeholder_is_refused(templates):
    with pytest.raises(InputError, match=r"placeholder|empty"):
        check_prompts(templates)


def test_unknown_set():
    with pytest.raises(InputError, match="unknown prompt set 'photo7'"):
        prompts("photo7")


def entry(**fields):
    return ClassFolderManifest(name="mine", kind="class-folder", title="-", description="-", **fields)


def test_a_manifest_takes_a_list_of_templates(tmp_path):
    templates = ["a drone photo of {}", "{} from above"]
    assert prompts(entry(prompts=templates).prompts) == tuple(templates)
    assert entry(prompts="photo6").model_dump()["prompts"] == "photo6" and '"prompts":"photo1"' in entry().model_dump_json()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[a photo]", r"the prompt 'a photo' must hold the placeholder \{\} once"),
        ("['{} and {}']", "the prompt '{} and {}' must hold the placeholder"),
        ("[]", "the prompt set is empty"),
        ("photo7", "unknown prompt set 'photo7': did you mean"),
        ("'a photo of {}'", "as a list"),
        ("[{}]", "texts in quotes"),
        ("8", "texts in quotes"),
    ],
)
def test_one_clear_line_where_prompts_of_a_manifest_are_wrong(tmp_path, written, message):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nkind: class-folder\ntitle: Mine\ndescription: x\nprompts: {written}\n")
    with pytest.raises(InputError, match=message) as caught:
        load_manifest(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
