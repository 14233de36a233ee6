"""The ring of earlier embeddings."""

import pytest
import torch

from eelib.errors import InputError
from eelib.losses import FeatureBank, query_info_nce


def unit(*numbers):
    """Unit rows that can be told apart."""
    angle = torch.tensor(numbers, dtype=torch.float32)
    return torch.stack([angle.cos(), angle.sin()], 1)


def test_it_is_a_ring_like_a_list_of_the_last_rows():
    bank, kept = FeatureBank(5, 2), []
    for start, count in ((0, 2), (2, 2), (4, 3), (7, 1), (8, 5), (13, 2)):
        rows = unit(*[0.1 * number for number in range(start, start + count)])
        bank.enqueue(3 * rows)  # normalised inside
        kept = (kept + rows.tolist())[-5:]
    assert {tuple(round(x, 5) for x in row) for row in bank.rows.tolist()} == {tuple(round(x, 5) for x in row) for row in kept}
    assert int(bank.position) == 15 % 5


def test_more_rows_than_it_holds_leave_the_last():
    bank = FeatureBank(3, 2)
    bank.enqueue(unit(*range(8)))
    assert {tuple(row) for row in bank.rows.tolist()} == {tuple(row) for row in unit(5, 6, 7).tolist()}
    bank.enqueue(unit(9))
    assert {tuple(row) for row in bank.rows.tolist()} == {tuple(row) for row in unit(6, 7, 9).tolist()}


def test_a_state_dictionary_holds_all_of_it():
    bank, other = FeatureBank(4, 2), FeatureBank(4, 2)
    bank.enqueue(unit(1, 2, 3))
    other.load_state_dict(bank.state_dict())
    for each in (bank, other):
        each.enqueue(unit(4, 5))
    assert torch.equal(bank.rows, other.rows)
    assert torch.equal(bank.rows[3], unit(4)[0])


def test_a_graph_that_used_the_bank_still_runs_backwards():
    bank, queries = FeatureBank(4, 2), unit(1, 2).requires_grad_()
    loss = query_info_nce(queries, unit(1.1, 2.1), 5.0, bank=bank.rows)
    bank.enqueue(unit(3, 4))
    loss.backward()
    assert queries.grad.abs().sum() > 0
    assert not bank.rows.requires_grad


def test_a_bank_without_rows_is_refused():
    with pytest.raises(InputError, match="at least one row"):
        FeatureBank(0, 2)
