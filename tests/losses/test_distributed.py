"""Two ranks give the value and the gradient of one process on the joined batch."""

import os
import socket

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from eelib.errors import InputError
from eelib.losses import (
    FeatureBank,
    dense_info_nce,
    filip_loss,
    gather_rows,
    info_nce,
    masked_language_loss,
    multi_view_clip,
    nearest_neighbour_clip,
    nt_xent,
    query_info_nce,
    simsiam,
)
from eelib.losses.pairs import MatchedPixels, on_every_rank, same_ground

RANKS = 2


def random(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rows(count):
    return tuple(random(8, 5, seed=seed) for seed in range(count))


def dense(negatives, chunk=None, **more):
    def loss(z_a, z_b, index, *ground, gather):
        generator = torch.Generator().manual_seed(0)
        options = {"temperature": 0.2, "anchors": 9, "generator": generator, "negatives": negatives, "chunk": chunk, **more}
        if ground:  # of each series; the first of either rank show the same
            options["ground"] = ground[0]
        return dense_info_nce(z_a, z_b, index, index, gather=gather, **options)

    return loss


def dense_data():
    index = torch.tensor([[0, 1], [1 << 20, (1 << 20) + 1]]).expand(4, -1, -1)
    return random(4, 3, 2, 2, seed=1), random(4, 3, 2, 2, seed=2), index


def filip(**options):
    def loss(patches, words, patch_mask, word_mask, gather):
        return filip_loss(patches, words, 6.0, patch_mask=patch_mask, word_mask=word_mask, gather=gather, **options)

    return loss


def filip_data():
    patch_mask, word_mask = random(8, 4, seed=3) > 0, random(8, 5, seed=4) > 0
    patch_mask[:, 1], word_mask[:, 3] = True, True
    return random(8, 4, 3, seed=1), random(8, 5, 3, seed=2), patch_mask, word_mask


def nearest(image, augmented_image, text, augmented_text, gather):
    """Two steps, the second against what the first wrote: a bank of 12 rows and 16 new ones a step."""
    bank = FeatureBank(12, 5).double()
    bank.rows = torch.nn.functional.normalize(random(12, 5, seed=9), dim=1)
    losses = [
        nearest_neighbour_clip([image, augmented_image], [text + step, augmented_text], bank, 6.0, warm_up=False, gather=gather)
        for step in range(2)
    ]
    return torch.stack(losses).sum()


def language_data():
    """The ranks have 7 and 1 tokens to predict."""
    targets = torch.full((4, 5), -100)
    targets[:2, :3], targets[1, 4], targets[3, 2] = 1, 2, 0
    return random(4, 5, 3, seed=1), targets


CASES = {
    **{f"info_nce {c}": (lambda a, b, gather, c=c: info_nce(a, b, 6.0, chunk=c, gather=gather), rows(2)) for c in (None, 3)},
    **{f"query_info_nce {c}": (lambda a, b, gather, c=c: query_info_nce(a, b, 6.0, chunk=c, gather=gather), rows(2)) for c in (None, 3)},
    **{f"nt_xent {c}": (lambda a, b, gather, c=c: nt_xent(a, b, 0.2, chunk=c, gather=gather), rows(2)) for c in (None, 3)},
    **{f"dense {kind}": (dense(kind), dense_data()) for kind in ("all", "other_images", "same_image")},
    **{
        f"dense {kind} by ground": (dense(kind, guard_radius=1.5), (*dense_data(), torch.tensor([7, 8, 7, 9])))
        for kind in ("all", "other_images", "same_image")
    },
    "dense same_image chunk": (dense("same_image", chunk=3), dense_data()),
    "filip": (filip(), filip_data()),
    "filip chunk": (filip(chunk=3), filip_data()),
    "filip topk": (filip(select="topk", k=2), filip_data()),
    "filip ratio": (filip(select="ratio", k=0.4), filip_data()),
    "filip ratio chunk": (filip(select="ratio", k=0.4, chunk=3), filip_data()),
    "multi_view": (lambda a, b, c, d, gather: multi_view_clip([a, b], [c, d], 6.0, chunk=3, gather=gather), rows(4)),
    "simsiam": (lambda a, b, c, d, gather: simsiam(a, b, c, d), rows(4)),
    "nearest neighbour": (nearest, rows(4)),
    "masked language": (lambda logits, targets, gather: masked_language_loss(logits, targets, gather=gather), language_data()),
}


def shared_pixels():
    """Views whose two halves share 3 and 2 pixels a series: a rank has 6 anchors, the other 4."""
    one = torch.arange(4).view(2, 2).expand(4, -1, -1)
    other = one.clone()
    other[:2, 1, 1], other[2:, 1] = 9, torch.tensor([8, 9])
    return random(4, 3, 2, 2, seed=1), random(4, 3, 2, 2, seed=2), one, other


UNEVEN = {"temperature": 0.2, "anchors": 4, "guard_radius": 1.5}


def uneven(rank):
    """Value, gradients and anchors of a rank that shares more pixels than the other, or fewer."""
    z_a, z_b, index_a, index_b = (part.chunk(RANKS)[rank].clone() for part in shared_pixels())
    z_a.requires_grad_(), z_b.requires_grad_()
    loss = dense_info_nce(z_a, z_b, index_a, index_b, gather=True, generator=torch.Generator().manual_seed(rank), **UNEVEN)
    (loss / RANKS).backward()
    generator = torch.Generator().manual_seed(rank)
    pairs = on_every_rank(same_ground(index_a, index_b, UNEVEN["anchors"], generator), generator)
    return loss.detach(), (z_a.grad, z_b.grad), pairs


def value_and_gradients(case, gather, part=lambda tensor: tensor):
    """Loss and gradients of all floating inputs, of the share that ``part`` takes; data-parallel training averages over ranks."""
    loss, data = CASES[case]
    inputs = [part(tensor).clone() for tensor in data]
    floats = [tensor.requires_grad_() for tensor in inputs if tensor.is_floating_point()]
    value = loss(*inputs, gather=gather)
    (value / (RANKS if gather else 1)).backward()
    return value.detach(), [tensor.grad for tensor in floats]


def one_rank(rank, address, folder):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": address}
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=RANKS)
    results = {case: value_and_gradients(case, True, lambda tensor: tensor.chunk(RANKS)[rank]) for case in CASES}
    try:
        gather_rows(torch.ones(1 + rank, 2))
        results["uneven"] = "no error"
    except InputError as error:
        results["uneven"] = str(error)
    results["shared"] = uneven(rank)
    torch.save(results, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    mp.spawn(one_rank, (port, str(folder)), nprocs=RANKS)
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(RANKS)]


@pytest.mark.parametrize("case", CASES)
def test_two_ranks_equal_one_process(ranks, case):
    value, gradients = value_and_gradients(case, gather=False)
    torch.testing.assert_close(torch.stack([rank[case][0] for rank in ranks]).mean(), value)
    for at, wanted in enumerate(gradients):
        found = [rank[case][1][at] for rank in ranks]
        assert (wanted is None) == all(part is None for part in found)
        if wanted is not None:
            torch.testing.assert_close(torch.cat(found), wanted)


def test_uneven_ranks_are_an_error_on_every_rank(ranks):
    assert all("[1, 2] rows" in rank["uneven"] for rank in ranks)


def test_ranks_that_share_different_numbers_of_pixels_take_as_many_anchors_as_the_fewest(ranks):
    pairs = [rank["shared"][2] for rank in ranks]
    assert [len(part.image) for part in pairs] == [4, 4]
    whole = MatchedPixels(
        torch.cat([pairs[0].image, pairs[1].image + 2]), *(torch.cat([getattr(p, at) for p in pairs]) for at in ("at_a", "at_b"))
    )
    z_a, z_b, index_a, index_b = shared_pixels()
    z_a.requires_grad_(), z_b.requires_grad_()
    value = dense_info_nce(z_a, z_b, index_a, index_b, pairs=whole, generator=torch.Generator(), **UNEVEN)
    value.backward()
    torch.testing.assert_close(torch.stack([rank["shared"][0] for rank in ranks]).mean(), value.detach())
    for side, wanted in enumerate((z_a.grad, z_b.grad)):
        torch.testing.assert_close(torch.cat([rank["shared"][1][side] for rank in ranks]), wanted)


def test_one_process_keeps_all_its_anchors_and_draws_nothing_more():
    _, _, index_a, index_b = shared_pixels()
    generator = torch.Generator().manual_seed(0)
    pairs = same_ground(index_a, index_b, 4, generator)
    state = generator.get_state()
    assert on_every_rank(pairs, generator) is pairs and torch.equal(generator.get_state(), state)
