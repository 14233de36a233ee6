"""Prompt sets."""

import pytest

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
