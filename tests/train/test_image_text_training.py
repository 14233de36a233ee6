"""One trainer for all methods: algebra between methods, what terms cost, resuming, and what is refused."""

import pytest
import torch
from toy_pairs import toy_set

from eelib.errors import InputError
from eelib.losses import info_nce, multi_view_clip, nearest_neighbour_clip
from eelib.models.image_output import ImageOutput
from eelib.models.text import TextOutput
from eelib.settings_pairs import ImageEncoderSettings, PairData, PairRecipe, TermWeights, TextEncoderSettings
from eelib.study.clip_benchmark import make_module
from eelib.study.clip_cost import activation_bytes, parameter_counts
from eelib.study.pair_methods import METHODS
from eelib.study.recipes import PairTrainParams
from eelib.train import image_text_terms
from eelib.train.fit import CHECKPOINT, fit
from eelib.train.image_text_batches import PairBatches
from eelib.train.image_text_terms import Encoded, active_terms

DATA = toy_set()
RECIPE = PairRecipe(samples=16 * 12, batch_size=16)
DECLIP, CLIP = METHODS["declip"], METHODS["clip"]


def changed(method, **updates):
    return type(method)(**method.model_dump() | updates)


def weighted(method, **weights):
    return changed(method, weights=TermWeights(**weights))


def module_of(method, seed=0, recipe=RECIPE, image="vit_tiny", **text):
    params = PairTrainParams(
        data=PairData(), image=ImageEncoderSettings(name=image), text=TextEncoderSettings(layers=1, **text), method=method, recipe=recipe
    )
    return make_module(params, DATA, seed)[0]


def batches_of(module, seed=0):
    return PairBatches(DATA.train, module.tokenizer, RECIPE.batch_size, seed)


def batch_of(module):
    return module.prepare(batches_of(module).batch(0), 0)


def step(module):
    """Values of the terms and gradients of the encoders after one backward pass of the first batch."""
    batch = batch_of(module)
    values = module.terms(module.model, module.encode(batch))
    loss = module.terms.total(values)
    loss.backward()
    grads = {name: weight.grad for name, weight in module.model.named_parameters() if weight.grad is not None}
    return loss.detach(), grads


def assert_same_step(one, other):
    (loss, grads), (loss_2, grads_2) = step(module_of(one)), step(module_of(other))
    assert torch.equal(loss, loss_2)
    assert grads.keys() == grads_2.keys()
    assert all(torch.equal(grads[name], grads_2[name]) for name in grads)


def test_declip_with_its_first_term_alone_is_clip():
    assert_same_step(weighted(changed(DECLIP, texts=("caption",), views=("base", "moco")), clip=1.0), CLIP)


def test_slip_without_its_image_term_is_clip():
    assert_same_step(weighted(METHODS["slip"], clip=1.0, image=0.0), CLIP)


def test_defilip_without_its_token_term_is_declip():
    weights = METHODS["defilip"].weights.model_dump() | {"tokens": 0.0}
    assert_same_step(weighted(METHODS["defilip"], **weights), DECLIP)


def test_the_first_two_contrasts_of_declip_are_its_mean_of_four_blocks():
    module = module_of(DECLIP)
    encoded = module.encode(batch_of(module))
    values = module.terms(module.model, encoded)
    four = multi_view_clip([encoded.images[0].global_, encoded.images[1].global_], [t.global_ for t in encoded.texts], module.model.scale())
    torch.testing.assert_close(0.1 * values["clip"] + 0.3 * values["multi_view"], 0.4 * four)


def test_filip_with_one_token_a_side_is_clip_in_the_token_space():
    module = module_of(METHODS["filip"])
    generator = torch.Generator().manual_seed(0)
    patches, words = torch.randn(6, 1, 64, generator=generator), torch.randn(6, 1, 64, generator=generator)
    image, text = ImageOutput(patches[:, 0], patches[:, 0], patches), TextOutput(words[:, 0], words, torch.ones(6, 1, dtype=torch.bool))
    value = module.terms(module.model, Encoded({0: image}, (text,)))["tokens"]
    p, w = module.model.project_tokens(image, text)
    torch.testing.assert_close(value, info_nce(p[:, 0], w[:, 0], module.model.token_scale()))


def test_large_token_wise_losses_work_on_tiles(monkeypatch):
    module = module_of(METHODS["filip"])
    encoded = module.encode(batch_of(module))
    plain = module.terms(module.model, encoded)["tokens"]
    used = []
    loss = image_text_terms.filip_loss
    monkeypatch.setattr(
        image_text_terms, "filip_loss", lambda *args, chunk, **options: used.append(chunk) or loss(*args, chunk=2, **options)
    )
    monkeypatch.setattr(image_text_terms, "LARGEST", 1)
    torch.testing.assert_close(module.terms(module.model, encoded)["tokens"], plain)
    monkeypatch.setattr(image_text_terms, "LARGEST", 1 << 28)
    module.terms(module.model, encoded)
    assert used == [image_text_terms.TILE, None]


@pytest.mark.parametrize(("synonyms", "tokens", "lost"), [("known", "compact", False), ("all", "compact", True), ("all", "declip", False)])
def test_edited_captions_hold_only_words_that_the_vocabulary_has(synonyms, tokens, lost):
    module = module_of(changed(DECLIP, synonyms=synonyms), tokens=tokens)
    batches, edited, ids = batches_of(module), 0, []
    for number in range(8):
        batch = module.prepare(batches.batch(number), number)
        ids.append(batch["edited_tokens"])
        edited += sum(not torch.equal(*rows) for rows in zip(batch["edited_tokens"], batch["tokens"], strict=True))
    assert edited > 60  # of 128 captions
    unknown = module.tokenizer.unknown_id
    assert (unknown is not None and bool((torch.cat(ids) == unknown).any())) == lost


def test_neighbours_read_all_views_and_texts_and_fill_the_bank():
    method = changed(DECLIP, heads=DECLIP.heads.model_copy(update={"bank": 40}), bank_warm_up=False)
    module = module_of(method)
    encoded = module.encode(batch_of(module))
    bank = module_of(method).terms.bank
    assert torch.equal(bank.rows, module.terms.bank.rows)
    images, texts = [encoded.images[0].global_, encoded.images[1].global_], [text.global_ for text in encoded.texts]
    expected = nearest_neighbour_clip(images, texts, bank, module.model.scale(), warm_up=False)
    values = module.terms(module.model, encoded)
    assert torch.equal(values["neighbours"], expected)
    assert int(module.terms.bank.written) == 2 * RECIPE.batch_size


COUNTS = {"clip": (1, 1), "slip": (3, 1), "filip": (1, 1), "declip": (2, 2), "defilip": (2, 2)}  # docs/clip_benchmark.md#terms


def encodings(module):
    calls = {"image": 0, "text": 0}
    for name in calls:
        getattr(module.model, name).register_forward_hook(lambda *_, name=name: calls.__setitem__(name, calls[name] + 1))
    batch = batch_of(module)
    module.terms(module.model, module.encode(batch))
    return calls["image"], calls["text"]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_encodes_as_many_views_as_published(name):
    assert encodings(module_of(METHODS[name])) == COUNTS[name]


@pytest.mark.parametrize("name", ["slip", "declip", "defilip"])
def test_terms_of_weight_zero_cost_nothing(name):
    bare, clip = module_of(weighted(METHODS[name], clip=1.0)), module_of(weighted(CLIP, clip=1.0))
    assert encodings(bare) == encodings(clip) == (1, 1)
    assert parameter_counts(bare) == parameter_counts(clip)
    batch = batches_of(clip).batch(0)
    plain = module_of(changed(weighted(METHODS[name], clip=1.0), texts=("caption",), views=("base",) * len(METHODS[name].views)))
    assert activation_bytes(plain, batch) == activation_bytes(clip, batch)


def test_counting_activations_changes_nothing():
    module = module_of(METHODS["defilip"])
    before = {name: part.clone() for name, part in module.state_dict().items()}
    assert activation_bytes(module, batch_of(module)) > 0
    assert all(torch.equal(before[name], part) for name, part in module.state_dict().items())


def test_masked_captions_meet_images_only_where_the_method_says_so():
    shared = module_of(weighted(changed(DECLIP, texts=("masked",)), clip=1.0, text=1.0))
    apart = module_of(weighted(changed(DECLIP, texts=("caption",)), clip=1.0, text=1.0))
    assert (encodings(shared), encodings(apart)) == ((1, 1), (1, 2))
    one, other = (module.encode(batch_of(module)) for module in (shared, apart))
    assert one.texts[0] is one.masked and other.texts[0] is not other.masked
    assert torch.equal(one.masked.words, other.masked.words)


def test_the_loss_of_masked_words_is_that_of_all_logits():
    module = module_of(weighted(DECLIP, text=1.0))
    encoded = module.encode(batch_of(module))
    logits = module.terms.text_head(encoded.masked.words)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), encoded.targets.flatten())
    torch.testing.assert_close(module.terms(module.model, encoded)["text"], expected)


def test_every_method_starts_from_the_same_encoders():
    states = [module_of(method).model.state_dict() for method in METHODS.values()]
    for state in states[1:]:
        assert all(torch.equal(state[name], part) for name, part in states[0].items())


def test_pads_count_only_where_the_method_says_so():
    short = module_of(METHODS["filip"])
    padded = module_of(changed(METHODS["filip"], count_pads=True))
    batch = batches_of(short).batch(0)
    assert short.encode(batch).texts[0].words.shape[1] < padded.encode(batch).texts[0].words.shape[1] == short.tokenizer.context
    assert not torch.equal(step(short)[0], step(padded)[0])


class Stopped(Exception):
    pass


def stopping(at):
    def progress(share):
        if share >= at:
            raise Stopped

    return progress


@pytest.mark.parametrize(("name", "image"), [("defilip", "vit_tiny"), ("slip", "resnet_tiny")])
def test_a_run_that_was_stopped_ends_in_the_same_bits(name, image, tmp_path):
    method = changed(METHODS[name], heads=METHODS[name].heads.model_copy(update={"bank": 64}))
    whole, first, second = (module_of(method, image=image) for _ in range(3))
    (tmp_path / "whole").mkdir()
    fit(whole, batches_of(whole), RECIPE.steps, tmp_path / "whole", lambda share: None, every=5)
    with pytest.raises(Stopped):
        fit(first, batches_of(first), RECIPE.steps, tmp_path, stopping(0.6), every=5)
    fit(second, batches_of(second), RECIPE.steps, tmp_path, lambda share: None, every=5)
    assert all(torch.equal(part, whole.state_dict()[key]) for key, part in second.state_dict().items())
    assert second.curves == whole.curves and set(whole.curves) == {"step", "loss", "scale", *active_terms(method)}


def test_loaders_change_no_bit(tmp_path, monkeypatch):
    """Edited captions are made by them too."""
    found = []
    for loaders in ("0", "2"):
        monkeypatch.setenv("EELIB_LOADERS", loaders)
        (folder := tmp_path / loaders).mkdir()
        module = module_of(DECLIP)
        fit(module, batches_of(module), RECIPE.steps, folder, lambda share: None)
        found.append(module.state_dict())
    assert all(torch.equal(part, found[1][key]) for key, part in found[0].items())


class Poisoned(PairBatches):
    """Batches whose pixels overflow from a step on."""

    def batch(self, step):
        batch = super().batch(step)
        if step >= 7:
            batch["image"] = batch["image"] * float("nan")
        return batch


def test_bad_pixels_stop_training_and_keep_the_last_good_checkpoint(tmp_path):
    module = module_of(CLIP)
    with pytest.raises(InputError, match=r"step 7: .*0\.\.1"):
        fit(module, Poisoned(DATA.train, module.tokenizer, 16, 0), RECIPE.steps, tmp_path, lambda share: None, every=5)
    kept = torch.load(tmp_path / CHECKPOINT, weights_only=False)
    assert kept["global_step"] == 5
    assert all(torch.isfinite(part).all() for part in kept["state_dict"].values())


@pytest.mark.parametrize("term", ["clip", "image", "text", "tokens", "neighbours", "multi_view"])
def test_a_term_that_is_not_finite_is_named(term):
    module = module_of(METHODS["defilip"])
    module.terms.bank.written += 10_000
    encoded = module.encode(batch_of(module))
    module.terms.method = weighted(METHODS["defilip"], **{term: 1.0})
    nan = float("nan")
    images = {view: ImageOutput(*(part * nan for part in output)) for view, output in encoded.images.items()}
    masked = TextOutput(encoded.masked.global_, encoded.masked.words * nan, encoded.masked.keep)
    with pytest.raises(InputError, match=f"term '{term}'"):
        module.terms(module.model, Encoded(images, encoded.texts, masked, encoded.targets))


def test_a_gradient_that_is_not_finite_stops_before_the_weights_are_spoilt(tmp_path):
    module = module_of(CLIP)
    module.model.image.project.weight.register_hook(lambda grad: grad * float("inf"))
    before = module.model.image.project.weight.clone()
    with pytest.raises(InputError, match=r"step 0: the gradient of model.image.project.weight is not finite"):
        fit(module, batches_of(module), RECIPE.steps, tmp_path, lambda share: None)
    assert torch.equal(before, module.model.image.project.weight)


@pytest.mark.parametrize(("clamp", "low", "high"), [("open_clip", 1.0, 100.0), ("declip", 20.08, 403.5)])
def test_the_scales_go_back_into_their_bounds_after_every_step(clamp, low, high, tmp_path):
    short = RECIPE.model_copy(update={"samples": 16})
    module = module_of(changed(METHODS["defilip"], clamp=clamp), recipe=short)
    with torch.no_grad():
        module.model.log_scale.fill_(8.0)
        module.model.token_log_scale.fill_(-8.0)
    fit(module, batches_of(module), short.steps, tmp_path, lambda share: None)
    assert module.model.log_scale.exp().item() == pytest.approx(high, rel=1e-3)
    assert module.model.token_log_scale.exp().item() == pytest.approx(low, rel=1e-3)


def test_declips_cap_lets_the_gradient_through():
    model = module_of(changed(CLIP, clamp="declip")).model
    with torch.no_grad():
        model.log_scale.fill_(5.5)
    scale = model.scale()
    scale.backward()
    assert scale.item() == pytest.approx(100.0, rel=1e-5)
    assert model.log_scale.grad.item() == pytest.approx(torch.tensor(5.5).exp().item(), rel=1e-5)


def test_a_plain_vocabulary_cannot_mask_words():
    module = module_of(DECLIP, tokens="clip", context=8)
    with pytest.raises(InputError, match="no mask token"):
        module.encode(batch_of(module))


def test_a_batch_larger_than_the_set_is_refused():
    with pytest.raises(InputError, match="160 training pairs do not fill a batch of 200"):
        PairBatches(DATA.train, module_of(CLIP).tokenizer, 200, 0)


def test_half_precision_changes_little():
    full, half = (module_of(CLIP, recipe=RECIPE.model_copy(update={"precision": p})) for p in ("32", "bf16"))
    batch = batches_of(full).batch(0)
    one, other = full.training_step(batch, 0), half.training_step(batch, 0)
    assert one != other
    torch.testing.assert_close(one, other, rtol=0.05, atol=0.05)
