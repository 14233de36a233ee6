"""Methods and recipes as the paper lists them."""

import pytest

from eelib.errors import InputError
from eelib.settings_pairs import AUGMENTATIONS, IMAGE_ENCODERS, TERMS, TEXT_ENCODERS, MethodSettings, PairRecipe, TermWeights
from eelib.study.pair_methods import METHODS, TITLES, method, recipe_for
from eelib.train.image_text_terms import active_terms, needed_texts, needed_views

NUMBERS = {"clip": 0, "image": 1, "text": 2, "multi_view": 3, "neighbours": 4, "tokens": 5}  # docs/clip_benchmark.md#terms
PUBLISHED = {"clip": {0}, "slip": {0, 1}, "filip": {5}, "declip": {0, 1, 2, 3, 4}, "defilip": {0, 1, 2, 3, 4, 5}}
RELEASED = {"clip": (1e-3, 0.1), "slip": (5e-4, 0.5), "filip": (5e-4, 0.5), "declip": (1e-3, 0.1), "defilip": (1e-3, 0.1)}


def test_names_without_torch_are_those_of_the_encoders():
    from eelib.data.image_augment import AUGMENTATIONS as KNOWN
    from eelib.models.image_text import IMAGE_PRESETS, TEXT_PRESETS

    assert set(IMAGE_ENCODERS) == set(IMAGE_PRESETS) and set(TEXT_ENCODERS) == set(TEXT_PRESETS)
    assert set(AUGMENTATIONS) == {*KNOWN, "none"}


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_the_published_terms_and_weights(name):
    assert {NUMBERS[term] for term in active_terms(METHODS[name])} == PUBLISHED[name]
    total = sum(getattr(METHODS[name].weights, term) for term in TERMS)
    assert total == pytest.approx({"clip": 1, "slip": 2, "filip": 1, "declip": 1, "defilip": 1.2}[name])


@pytest.mark.parametrize("name", METHODS)
def test_the_released_recipe_has_each_methods_own_rates_and_the_unified_one_has_the_same_for_all(name):
    base = PairRecipe(lr=1e-3)
    released = recipe_for(name, "released", base)
    assert (released.lr, released.weight_decay) == pytest.approx(RELEASED[name])
    assert released.decay_embeddings and released.samples == base.samples
    assert recipe_for(name, "unified", base) == base
    assert set(method(name).views) == {"satellite"}
    assert "moco" not in method(name, "released", rgb=False).views and len(method(name, "released", rgb=False).views) == len(
        METHODS[name].views
    )
    assert method(name, "unified", None) == METHODS[name]
    assert method(name, "released").clamp == "declip"


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("recipe", ["unified", "released"])
def test_all_methods_start_their_warm_up_at_the_same_rate(name, recipe):
    chosen = recipe_for(name, recipe, PairRecipe(lr=1e-3, lr_start=0.1))
    assert chosen.lr * chosen.lr_start == pytest.approx(1e-4)  # as published: from 1e-4, whatever the peak
    high = recipe_for(name, recipe, PairRecipe(lr=1e-3, lr_start=0.8))
    assert high.lr_start <= 1, "a warm-up never starts above its peak"
    PairRecipe.model_validate(high.model_dump())


def test_text_treatments_differ_as_the_details_say():
    assert needed_texts(method("filip")) == ("caption",) and needed_texts(method("filip", "released")) == ("masked",)
    assert needed_texts(METHODS["declip"]) == ("masked", "augmented")
    assert method("filip", "released").count_pads and not method("filip").count_pads
    assert (method("filip").select, method("filip", "released").select) == ("all", "topk")
    assert not method("declip", "released").bank_warm_up


EDITED = {"declip", "defilip"}


@pytest.mark.parametrize("name", METHODS)
def test_only_methods_that_read_edited_captions_say_which_synonyms(name):
    """Those that read none, and all under the rule before it, are written as they always were and so have the keys of old records."""
    old = MethodSettings(**{**dict(METHODS[name]), "synonyms": "all"})
    assert ("synonyms" in METHODS[name].model_dump()) == (name in EDITED)
    assert METHODS[name].model_dump() == old.model_dump() | ({"synonyms": "known"} if name in EDITED else {})
    unread = MethodSettings(weights=TermWeights(clip=1.0), texts=("caption", "augmented"))
    assert unread.met_texts == ("caption",) and "synonyms" not in unread.model_dump()


def test_views_that_no_term_reads_are_not_needed():
    assert needed_views(METHODS["slip"]) == (0, 1, 2)
    only_images = MethodSettings(weights=TermWeights(image=1.0), views=("base", "moco", "moco"), image_views=(1, 2))
    assert needed_views(only_images) == (1, 2) and needed_texts(only_images) == ()


BAD = {
    "all weights are 0": {"weights": {}},
    "there are 1 views": {"weights": {"image": 1}},
    "two different views": {"weights": {"image": 1}, "image_views": (0, 0)},
    "needs a second view": {"weights": {"multi_view": 1}},
    "unknown image augmentation 'moc'": {"weights": {"clip": 1}, "views": ("moc",)},
}


@pytest.mark.parametrize("message", BAD)
def test_methods_that_do_not_fit_together_are_refused(message):
    with pytest.raises(ValueError, match=message):
        MethodSettings(**BAD[message])


def test_unknown_methods_are_refused_with_the_nearest():
    for call in (lambda: method("decilp"), lambda: recipe_for("decilp", "unified", PairRecipe())):
        with pytest.raises(InputError, match="declip"):
            call()
    assert TITLES.keys() == METHODS.keys()


def test_the_budget_is_counted_in_samples():
    assert PairRecipe(samples=1000, batch_size=64).steps == 15
    assert PairRecipe(samples=1000, batch_size=32).steps == 31
