"""Two ranks give the value and the gradient of one process on the joined batch."""

import os
import socket

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from eelib.errors import InputError
from eelib.losses import dense_info_nce, gather_rows, info_nce, query_info_nce

RANKS = 2


def data():
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(8, 5, generator=generator, dtype=torch.float64) for _ in range(2))


def dense_data():
    generator = torch.Generator().manual_seed(1)
    z = tuple(torch.randn(4, 3, 2, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    index = torch.tensor([[0, 1], [1 << 20, (1 << 20) + 1]]).expand(4, -1, -1)
    return *z, index


def dense_loss(z_a, z_b, index, negatives, gather):
    generator = torch.Generator().manual_seed(0)
    return dense_info_nce(z_a, z_b, index, index, temperature=0.2, anchors=9, generator=generator, negatives=negatives, gather=gather)


def one_rank(rank, address, folder):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": address}
    dist.init_process_group("gloo", rank=rank, world_size=RANKS)
    results = {}
    for chunk in (None, 3):
        a, b = (part.chunk(RANKS)[rank].clone().requires_grad_() for part in data())
        loss = info_nce(a, b, 6.0, chunk=chunk, gather=True)
        (loss / RANKS).backward()  # data-parallel training averages over ranks
        results[f"chunk {chunk}"] = (loss.detach(), a.grad, b.grad)
    queries, keys = (part.chunk(RANKS)[rank].clone().requires_grad_() for part in data())
    loss = query_info_nce(queries, keys, 6.0, gather=True)
    (loss / RANKS).backward()
    results["one way"] = (loss.detach(), queries.grad, keys.grad)
    for negatives in ("all", "other_images", "same_image"):
        z_a, z_b, index = (part.chunk(RANKS)[rank].clone() for part in dense_data())
        z_a.requires_grad_()
        loss = dense_loss(z_a, z_b, index, negatives, gather=True)
        (loss / RANKS).backward()
        results[negatives] = (loss.detach(), z_a.grad)
    try:
        gather_rows(torch.ones(1 + rank, 2))
        results["uneven"] = "no error"
    except InputError as error:
        results["uneven"] = str(error)
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


@pytest.mark.parametrize("chunk", [None, 3])
def test_info_nce_on_two_ranks_equals_one_process(ranks, chunk):
    a, b = (part.requires_grad_() for part in data())
    loss = info_nce(a, b, 6.0)
    loss.backward()
    found = [rank[f"chunk {chunk}"] for rank in ranks]
    torch.testing.assert_close(torch.stack([part[0] for part in found]).mean(), loss.detach())
    torch.testing.assert_close(torch.cat([part[1] for part in found]), a.grad)
    torch.testing.assert_close(torch.cat([part[2] for part in found]), b.grad)


def test_one_way_info_nce_on_two_ranks_equals_one_process(ranks):
    queries, keys = (part.requires_grad_() for part in data())
    loss = query_info_nce(queries, keys, 6.0)
    loss.backward()
    found = [rank["one way"] for rank in ranks]
    torch.testing.assert_close(torch.stack([part[0] for part in found]).mean(), loss.detach())
    torch.testing.assert_close(torch.cat([part[1] for part in found]), queries.grad)
    torch.testing.assert_close(torch.cat([part[2] for part in found]), keys.grad)


@pytest.mark.parametrize("negatives", ["all", "other_images", "same_image"])
def test_dense_loss_on_two_ranks_equals_one_process(ranks, negatives):
    z_a, z_b, index = dense_data()
    z_a.requires_grad_()
    loss = dense_loss(z_a, z_b, index, negatives, gather=False)
    loss.backward()
    torch.testing.assert_close(torch.stack([rank[negatives][0] for rank in ranks]).mean(), loss.detach())
    torch.testing.assert_close(torch.cat([rank[negatives][1] for rank in ranks]), z_a.grad)


def test_uneven_ranks_are_an_error_on_every_rank(ranks):
    assert all("[1, 2] rows" in rank["uneven"] for rank in ranks)
