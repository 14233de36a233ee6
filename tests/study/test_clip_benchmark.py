"""The recipes of the image-text study, end to end on toy pairs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from pair_files import class_folder, picture, shards, tar_shard, write_table
from toy_pairs import CLASSES, toy_set

from eelib.data.pairs.pooled import load_data
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.shards import ShardIndex
from eelib.errors import InputError
from eelib.evaluate.embed import OurEmbedder
from eelib.evaluate.hits import unpack_hits
from eelib.settings_pairs import (
    ImageEncoderSettings,
    PairData,
    PairRecipe,
    ScoreSettings,
    ScoreVariant,
    TextEncoderSettings,
)
from eelib.study import clip_benchmark
from eelib.study.arm import Arm
from eelib.study.clip_benchmark import pair_score, pair_train
from eelib.study.execute import run_one
from eelib.study.pair_arms import fingerprints
from eelib.study.pair_methods import METHODS, method
from eelib.study.pair_weights import MODEL, load_model
from eelib.study.recipes import PairScoreParams, PairTrainParams
from eelib.study.store import Store
from eelib.train import CHECKPOINT
from eelib.train.image_text import ImageText

QUICK = PairRecipe(samples=32 * 100, batch_size=32, lr=2e-3, warmup=0.2)
SCORE = ScoreSettings(shots=(1, 4), draws=2, penalties=(1e-3,), variants=(ScoreVariant(name="noise", noise=0.1),))


@pytest.fixture
def toys(monkeypatch):
    sets = {"germany": toy_set(320), "ghana": toy_set(bands=4)}
    monkeypatch.setattr(clip_benchmark, "load_data", lambda data: sets[data.sets[0]])
    return sets


def train_arm(name="clip", image="vit_tiny", recipe=QUICK, seed=0, **text):
    params = PairTrainParams(
        data=PairData(), image=ImageEncoderSettings(name=image), text=TextEncoderSettings(layers=1, **text), method=METHODS[name],
        recipe=recipe,
    )  # fmt: skip
    return Arm("test", name, seed, "pair_train", params, {"germany": "1"})


def score_arm(train=None, sets=("germany",), **params):
    needs = {} if train is None else {"train": train}
    return Arm("test", "score", 0, "pair_score", PairScoreParams(data=PairData(sets=sets), score=SCORE, **params), {"x": "1"}, needs)


def compute(arm, folder, needs=None):
    folder.mkdir(exist_ok=True)
    recipe = pair_train if arm.recipe == "pair_train" else pair_score
    return recipe(arm, folder, needs or {}, lambda share: None)


LEARNT = [
    ("clip", "vit_tiny"),
    *(pytest.param(*pair, marks=pytest.mark.slow) for pair in (("defilip", "vit_tiny"), ("slip", "resnet_tiny"))),
]


@pytest.mark.parametrize(("name", "image"), LEARNT)
def test_a_trained_model_is_far_above_chance_on_places_it_never_saw(name, image, toys, tmp_path):
    trained = compute(train_arm(name, image), tmp_path)
    assert trained["curves"]["loss"][-1] < trained["curves"]["loss"][0]
    found = compute(score_arm(), tmp_path / "score", {"train": tmp_path})
    json.dumps([trained, found], allow_nan=False)
    chance, hits = found["baselines"]["chance"], found["zero_shot"]["name"]["global"]
    assert chance == 1 / len(CLASSES)
    assert hits["top1"] > 3.5 * chance and hits["top1"] > found["baselines"]["majority"] + 0.25
    assert found["linear"]["top1"] > 5 * chance and found["knn"]["top1"] > 4 * chance
    recall, random = found["retrieval"]["global"]["recall"], found["retrieval"]["global"]["chance"]["image_to_text"]
    assert min(recall["image_to_text"]["10"], recall["text_to_image"]["10"]) > 1.8 * random["10"]
    assert ("tokens" in found["zero_shot"]["name"]) == (name == "defilip")


def test_a_finished_training_is_not_repeated_when_what_follows_it_fails(toys, tmp_path, monkeypatch):
    def fails(*arguments):
        raise RuntimeError("after the training")

    arm = train_arm("declip", recipe=QUICK.model_copy(update={"samples": 32 * 4}))
    straight = compute(arm, tmp_path / "straight")
    with monkeypatch.context() as patch:
        patch.setattr(clip_benchmark, "save_model", fails)
        with pytest.raises(RuntimeError, match="after the training"):
            run_one(arm, Store().root)
    monkeypatch.setattr(ImageText, "training_step", fails)
    run_one(arm, Store().root)
    assert Store().record(arm)["metrics"] | {"measured": straight["measured"]} == straight
    states = [torch.load(folder / MODEL, weights_only=True)["state"] for folder in (tmp_path / "straight", Store().folder(arm))]
    assert all(torch.equal(states[0][name], part) for name, part in states[1].items())
    assert not (Store().folder(arm) / CHECKPOINT).exists()


def test_a_full_disk_while_the_model_is_saved_is_one_clear_line(toys):
    arm = train_arm(recipe=QUICK.model_copy(update={"samples": 32}))
    folder = Store().folder(arm)
    folder.mkdir(parents=True)
    (folder / f"{MODEL}.partial").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"the disk is full.*finished arms are kept"):
        run_one(arm, Store().root)
    assert not (folder / MODEL).exists() and not (folder / f"{MODEL}.partial").is_symlink()


def test_one_validation_pair_is_enough(toys):
    toys["germany"] = replace(toys["germany"], validation=toys["germany"].validation.take(np.arange(1)))
    arm = train_arm(recipe=QUICK.model_copy(update={"samples": 32}))
    run_one(arm, Store().root)
    assert set(Store().record(arm)["metrics"]["monitors"]) == {"alignment", "retrieval", "count"}


def test_everything_that_intervals_need_is_in_the_record(toys, tmp_path):
    compute(train_arm("filip", recipe=QUICK.model_copy(update={"samples": 64})), tmp_path)
    found = compute(score_arm(), tmp_path / "score", {"train": tmp_path})
    test = toys["germany"].test
    assert found["places"] == test.place.tolist() and found["days"] == test.day_of_year.tolist()
    for hits in (found["zero_shot"]["name"]["tokens"], found["linear"], found["knn"], *found["few_shot"]["4"]):
        assert len(unpack_hits(hits["correct"])) == (test.labels >= 0).sum()
        assert unpack_hits(hits["correct"]).mean() == hits["top1"]
    assert {len(found["retrieval"][kind][way]) for kind in ("global", "tokens") for way in ("image_to_text", "text_to_image")} == {
        len(test)
    }
    noisy = found["variants"]["noise"]
    assert noisy["places"] == found["places"] and set(noisy["zero_shot"]["name"]) == {"global", "tokens"}


def test_the_same_seed_gives_the_same_record_and_another_seed_another(toys, tmp_path, monkeypatch):
    short = QUICK.model_copy(update={"samples": 32 * 5})
    records = []
    for number, seed in enumerate((0, 0, 1)):
        store = Store(tmp_path / str(number))
        arm = train_arm("declip", recipe=short, seed=seed)
        run_one(arm, store.root)
        records.append(store.record(arm))
    assert records[0]["metrics"] == records[1]["metrics"] != records[2]["metrics"]
    assert records[0]["provenance"]["step_seconds"] > 0 and "measured" not in records[0]["metrics"]


@pytest.mark.parametrize("name", ["declip", "defilip"])
def test_what_a_step_keeps_is_counted_alike_every_time(name, toys, tmp_path):
    arm = train_arm(name, recipe=QUICK.model_copy(update={"samples": 32}))
    assert len({compute(arm, tmp_path / str(k))["memory"]["activations"] for k in range(3)}) == 1


def test_costs_add_up(toys, tmp_path):
    short = QUICK.model_copy(update={"samples": 32})
    clip, declip = (compute(train_arm(name, recipe=short), tmp_path / name) for name in ("clip", "declip"))
    assert clip["parameters"]["image"] + clip["parameters"]["text"] + 1 == clip["parameters"]["total"]  # 1: the scale
    assert declip["parameters"]["image"] == clip["parameters"]["image"]
    assert declip["parameters"]["heads"] > clip["parameters"]["heads"] == 1
    assert declip["memory"]["activations"] > 1.5 * clip["memory"]["activations"]
    assert clip["truncated"] == 0
    assert compute(train_arm(recipe=short, context=5), tmp_path / "cut")["truncated"] == 320
    assert clip["samples"] == 32 and clip["steps"] == 1 and clip["pairs"] == 320
    assert "notes" not in clip  # nothing was skipped


def test_a_saved_model_comes_back_with_its_vocabulary(toys, tmp_path):
    compute(train_arm("filip", recipe=QUICK.model_copy(update={"samples": 32})), tmp_path)
    model, tokenizer, card = load_model(tmp_path)
    assert card["bands"] == ["b0", "b1", "b2"] and model.has_tokens
    assert tokenizer.decode(tokenizer.encode(["a red top"]).ids[0]) == "a red top"
    kept = torch.load(tmp_path / MODEL, weights_only=True)
    kept["card"]["tokenizer"]["pieces"] = kept["card"]["tokenizer"]["pieces"][:-1]
    torch.save(kept, tmp_path / MODEL)
    with pytest.raises(InputError, match="token embeddings, the vocabulary"):
        load_model(tmp_path)
    (tmp_path / MODEL).write_bytes(b"damaged")
    with pytest.raises(InputError, match="missing or damaged"):
        load_model(tmp_path)


def test_a_score_needs_a_model_that_reads_these_bands(toys, tmp_path):
    with pytest.raises(InputError, match="needs an arm called 'train'"):
        compute(score_arm(), tmp_path / "score")
    compute(train_arm(recipe=QUICK.model_copy(update={"samples": 32})), tmp_path)
    with pytest.raises(InputError, match="the model was trained on b0, b1, b2"):
        compute(score_arm(sets=("ghana",)), tmp_path / "score", {"train": tmp_path})


def test_data_without_training_pairs_are_scored_but_not_trained_on(toys, tmp_path):
    compute(train_arm(recipe=QUICK.model_copy(update={"samples": 32})), tmp_path)
    toys["germany"] = replace(toys["germany"], train=None)
    found = compute(score_arm(), tmp_path / "score", {"train": tmp_path})
    assert "linear" not in found and found["zero_shot"]
    with pytest.raises(InputError, match="no training pairs"):
        compute(train_arm(), tmp_path / "again")


def test_data_without_classes_are_scored_by_retrieval(toys, tmp_path):
    toys["germany"] = replace(toys["germany"], classes=())
    for part in ("train", "validation", "test"):
        pairs = getattr(toys["germany"], part)
        toys["germany"] = replace(toys["germany"], **{part: replace(pairs, labels=np.full(len(pairs), -1))})
    compute(train_arm(recipe=QUICK.model_copy(update={"samples": 32})), tmp_path)
    found = compute(score_arm(), tmp_path / "score", {"train": tmp_path})
    assert found["zero_shot"] == {} and found["baselines"]["chance"] is None and found["retrieval"]["global"]["recall"]


def test_a_table_of_ones_own_is_trained_on_and_scored(tmp_path):
    rows = []
    for number in range(60):
        kind, colour = (("sea", (20, 60, 180)), ("wood", (20, 120, 30)))[number % 2]
        picture(tmp_path / "images" / f"{number}.png", (*colour[:2], colour[2] + number), size=16)
        rows.append((f"{number}.png", f"a {kind} number {number}", kind))
    write_table(tmp_path / "table.csv", rows, ("path", "caption", "kind"))
    manifest = "name: mine\nkind: image-text-table\ntitle: Mine\ndescription: x\ntable: table.csv\nfolder: images\nclass_column: kind\n"
    (tmp_path / "mine.yaml").write_text(manifest)
    data = PairData(sets=(str(tmp_path / "mine.yaml"),), sizes=PairSizes(size=16))
    params = PairTrainParams(
        data=data, image=ImageEncoderSettings(), text=TextEncoderSettings(layers=1), method=method("slip"),
        recipe=PairRecipe(samples=16 * 40, batch_size=16),
    )  # fmt: skip
    compute(Arm("test", "slip", 0, "pair_train", params, {"mine": "1"}), tmp_path / "run")
    score = PairScoreParams(data=data, score=SCORE)
    found = compute(Arm("test", "score", 0, "pair_score", score, {"mine": "1"}), tmp_path / "score", {"train": tmp_path / "run"})
    assert found["zero_shot"]["photo1"]["global"]["top1"] > 0.8 and found["classes"] == ["sea", "wood"]


@pytest.fixture
def sharded(tmp_path):
    """Settings of a training on shards of 24 pairs and a broken one."""
    tar_shard(shards(tmp_path / "shards") / "pairs-9.tar", [("half.png", b"no image"), ("half.txt", b"cut short")])
    (tmp_path / "mine.yaml").write_text("name: mine\nkind: image-text-shards\ntitle: Mine\ndescription: x\nfolder: shards\n")
    return PairTrainParams(
        data=PairData(sets=(str(tmp_path / "mine.yaml"),), sizes=PairSizes(size=16)), image=ImageEncoderSettings(),
        text=TextEncoderSettings(layers=1, context=5), method=method("clip"), recipe=PairRecipe(samples=8, batch_size=8),
    )  # fmt: skip


def test_what_was_skipped_and_cut_is_in_the_record_of_shards(sharded, tmp_path, monkeypatch):
    found = compute(Arm("test", "clip", 0, "pair_train", sharded, {"mine": "1"}), tmp_path / "run")
    assert found["notes"] == ["1 pair(s) skipped: image not readable"]
    assert found["truncated"] == found["pairs"] > 8  # "caption of pair 000001" is more than three tokens
    monkeypatch.setattr(clip_benchmark, "COUNTED", 8)
    assert compute(Arm("test", "clip", 0, "pair_train", sharded, {"mine": "1"}), tmp_path / "again")["truncated"] is None


def test_captions_of_shards_are_read_for_a_compact_vocabulary_alone(sharded, monkeypatch):
    data, seen, kept = load_data(sharded.data), [], ShardIndex.text
    monkeypatch.setattr(ShardIndex, "text", lambda self, row: seen.append(row) or kept(self, row))
    for tokens, count in (("clip", 0), ("compact", len(data.train))):
        seen.clear()
        text = TextEncoderSettings(layers=1, context=5, tokens=tokens)
        clip_benchmark.make_module(sharded.model_copy(update={"text": text}), data, 0)
        assert len(seen) == count


def test_templates_of_ones_own_in_a_manifest_are_what_zero_shot_asks(toys, tmp_path, monkeypatch):
    compute(train_arm(recipe=QUICK.model_copy(update={"samples": 64})), tmp_path)
    monkeypatch.setattr(clip_benchmark, "load_data", load_data)
    class_folder(tmp_path / "sets", count=30)

    def scored(prompts):
        (tmp_path / "mine.yaml").write_text(
            f"name: mine\nkind: class-folder\ntitle: Mine\ndescription: x\nfolder: sets\nprompts: {prompts}\n"
        )
        asked.clear()
        data = PairData(sets=(str(tmp_path / "mine.yaml"),), sizes=PairSizes(size=16))
        card = torch.load(tmp_path / MODEL, weights_only=True)
        card["card"]["bands"] = ["red", "green", "blue"]
        torch.save(card, tmp_path / MODEL)
        arm = Arm("test", "score", 0, "pair_score", PairScoreParams(data=data, score=SCORE), fingerprints(data))
        return arm.key, compute(arm, tmp_path / "score", {"train": tmp_path})["zero_shot"]

    asked, kept = [], OurEmbedder.texts
    monkeypatch.setattr(OurEmbedder, "texts", lambda self, texts: asked.extend(texts) or kept(self, texts))
    key, found = scored(["something red on the {} side", "the {} part"])
    assert list(found) == ["own"] and {"something red on the sea lake side", "the annual crop part"} <= set(asked)
    again, _ = scored(["something red on the {} side", "the {} half"])
    assert again != key and "the annual crop half" in asked
    named, found = scored("photo1")
    assert list(found) == ["photo1"] and named not in (key, again)
