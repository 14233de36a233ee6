"""Prompt sets for zero-shot classification: those of DeCLIP's released code and our own for Earth observation and pictures."""

from __future__ import annotations

from collections.abc import Sequence

from eelib.errors import InputError, unknown

PLACEHOLDER = "{}"

# Sets of one and six in our wording, after github.com/Sense-GVT/DeCLIP (A); the eight and the eighty come from the installed open_clip.
PHOTO_1 = ("a photo of a {}.",)
PHOTO_6 = (
    "a photo of a {}.",
    "a photo of a big {}.",
    "a photo of a small {}.",
    "a {} on the photo.",
    "a big {} on the photo.",
    "a small {} on the photo.",
)
# Ours. Class names of satellite scenes and pictures bring their own article.
SATELLITE_1 = ("a satellite image of {}.",)
SATELLITE_8 = (
    "a satellite image of {}.",
    "satellite view of {}",
    "an aerial view of {}.",
    "{} seen from above",
    "{} from the air",
    "looking down on {}",
    "a Sentinel-2 image of {}.",
    "most of the picture is {}.",
)
PICTURE_4 = ("a picture of {}.", "a small drawing of {}", "this is {}.", "the sign for {}")

PROMPT_SETS = ("photo1", "photo6", "photo8", "photo80", "satellite1", "satellite8", "picture4", "name")
OWN = "own"  # what scores call the templates of a user


def prompts(name: str | Sequence[str]) -> tuple[str, ...]:
    """The templates of a prompt set, each with one ``{}`` for the class name.

    Args:
        name: One of :data:`PROMPT_SETS`, or the templates of a user.

    Raises:
        InputError: Unknown name, with the nearest; or see :func:`check_prompts`.
    """
    if not isinstance(name, str):
        return check_prompts(name)
    own = {
        "photo1": PHOTO_1,
        "photo6": PHOTO_6,
        "satellite1": SATELLITE_1,
        "satellite8": SATELLITE_8,
        "picture4": PICTURE_4,
        "name": (PLACEHOLDER,),
    }
    if name in own:
        return own[name]
    if name not in PROMPT_SETS:
        raise unknown("prompt set", name, PROMPT_SETS)
    import open_clip

    if name == "photo80":
        return tuple(template(PLACEHOLDER) for template in open_clip.OPENAI_IMAGENET_TEMPLATES)
    return ("a photo of a {}", *(template(PLACEHOLDER) for template in open_clip.SIMPLE_IMAGENET_TEMPLATES))


def check_prompts(templates: Sequence[str]) -> tuple[str, ...]:
    """A user's own prompt set.

    Raises:
        InputError: It is empty, or a template does not hold exactly one placeholder.
    """
    if not templates:
        raise InputError("the prompt set is empty: give at least one template such as 'a satellite image of {}'")
    for template in templates:
        if template.count(PLACEHOLDER) != 1:
            raise InputError(f"the prompt '{template}' must hold the placeholder {{}} once, where the class name goes")
    return tuple(templates)


def filled(templates: Sequence[str], classes: Sequence[str]) -> list[list[str]]:
    """Per class the list of its prompts.

    Args:
        templates: From :func:`prompts` or a user.
        classes: Class names.

    Raises:
        InputError: See :func:`check_prompts`.
    """
    return [[template.replace(PLACEHOLDER, name) for template in check_prompts(templates)] for name in classes]
