"""The order in which shards are read, alone and through the batches of a training."""

import itertools

import numpy as np
import pytest
import yaml
from pair_files import shards
from toy_pairs import toy_pairs

from eelib.data.pairs import shard_order
from eelib.data.pairs.load import load_pairs
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.shard_order import ShardOrder
from eelib.data.pairs.shards import ShardIndex
from eelib.data.tokens import Tokenizer
from eelib.train.batches import rows_of_step
from eelib.train.image_text_batches import PairBatches


def order_of(shards=20, each=50, buffer=10, monkeypatch=None):
    monkeypatch.setattr(shard_order, "BUFFER", buffer)
    return ShardOrder(np.repeat(np.arange(shards), each), np.tile(512 * np.arange(each), shards))


def test_the_order_is_a_pure_function_of_seed_and_step(monkeypatch):
    steps = [order_of(monkeypatch=monkeypatch).rows(64, 7, step) for step in range(20)]
    again = order_of(monkeypatch=monkeypatch)
    assert all((again.rows(64, 7, step) == steps[step]).all() for step in (17, 3, 16))  # in any order, from any start
    assert (again.rows(64, 8, 0) != steps[0]).any()


def test_every_pass_sees_every_pair_once_and_passes_differ(monkeypatch):
    order = order_of(monkeypatch=monkeypatch)
    rows = np.concatenate([order.rows(64, 0, step) for step in range(32)])[:2000]
    one, other = rows[:1000], rows[1000:]
    assert sorted(one) == sorted(other) == list(range(1000)) and (one != other).any()


@pytest.mark.parametrize("buffer", [1, 10, 40])
def test_shards_are_read_one_after_the_other_and_mixed_over_the_buffer_alone(buffer, monkeypatch):
    order = order_of(buffer=buffer, monkeypatch=monkeypatch)
    rows = order.rows(1000, 0, 0)
    shard = np.array(sorted(range(20), key=lambda number: np.flatnonzero(rows // 50 == number).mean()))
    assert shard.tolist() != sorted(shard)
    stored = np.concatenate([np.arange(50 * s, 50 * s + 50) for s in shard])
    moved = np.abs(np.argsort(stored)[rows] - np.arange(1000))
    assert buffer / 2 - 1 < moved.max() < buffer


def test_a_large_buffer_mixes_everything(monkeypatch):
    rows = order_of(buffer=100_000, monkeypatch=monkeypatch).rows(1000, 0, 0)
    assert len(set(rows[:100] // 50)) > 15


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_order, "BUFFER", 4)
    shards(tmp_path / "shards", count=6, each=20)
    entry = {"name": "mine", "kind": "image-text-shards", "title": "Mine", "description": "-", "folder": "shards"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(entry))
    return load_pairs(str(tmp_path / "mine.yaml"), PairSizes(train=70, size=16)).train


def batches(pairs, start=0):
    return PairBatches(pairs, Tokenizer("clip", 8), 7, seed=3, start=start)


def test_batches_of_shards_go_along_them_and_cover_an_epoch(pairs, monkeypatch):
    opened, kept = [], ShardIndex.image_bytes
    monkeypatch.setattr(ShardIndex, "image_bytes", lambda self, row: opened.append(int(self.shard[row])) or kept(self, row))
    some = list(itertools.islice(batches(pairs), 10))
    assert len(pairs) == 70 and sorted(row for batch in some for row in batch["rows"]) == list(range(70))
    assert sorted(caption for batch in some for caption in batch["captions"]) == sorted(pairs.texts)
    for batch in some:
        numbers = [int(caption.split()[-1]) for caption in batch["captions"]]
        assert np.allclose(batch["image"].mean((1, 2, 3)) * 255, numbers)
    homes = len(set(opened))
    assert sum(a != b for a, b in itertools.pairwise(opened)) < 3 * homes < 70 / 2  # a global shuffle would hop 3 of 4 times


def test_a_resumed_stream_goes_on_exactly(pairs):
    whole = list(itertools.islice(batches(pairs), 25))
    for start in (3, 9, 10, 24):  # before, at and after the end of a pass
        assert next(iter(batches(pairs, start)))["rows"] == whole[start]["rows"]
    assert [batch["rows"] for batch in itertools.islice(batches(pairs, 12), 13)] == [batch["rows"] for batch in whole[12:]]


def test_other_pairs_are_shuffled_as_ever():
    toys = toy_pairs(50)
    assert toys.order is None
    assert [batches(toys).batch(step)["rows"] for step in (0, 9)] == [rows_of_step(50, 7, 3, step).tolist() for step in (0, 9)]
