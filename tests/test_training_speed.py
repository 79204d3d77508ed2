"""What makes training on a processor fast changes nothing but the rounding."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from lstm_widget.training.layer import read_sequence
from lstm_widget.training.learner import Learner
from lstm_widget.training.network import new_network
from lstm_widget.training.settings import ChosenSettings
from lstm_widget.training.workers import Workers

PROCESSOR = torch.device("cpu")
ROUNDING = 2**-8  # of bfloat16, relative


@pytest.fixture(autouse=True)
def same_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def close(ours, theirs):
    """Return whether the error is that of a few roundings."""
    return (ours.float() - theirs).norm() <= 4 * ROUNDING * theirs.norm()


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize(("batch", "time", "size", "units"), [(1, 1, 3, 8), (3, 7, 5, 4), (33, 20, 48, 64)])
def test_a_layer_and_its_gradients_are_those_of_plain_autograd(batch, time, size, units, begins):
    torch.manual_seed(3)
    layer = nn.LSTM(size, units, batch_first=True)
    x = drawn(batch, time, size).requires_grad_()
    state = None if begins else (drawn(1, batch, units, seed=1).tanh(), drawn(1, batch, units, seed=2))
    towards = drawn(batch, time, units, seed=4)
    learnt = [x, *layer.parameters()]
    theirs, last = layer(x, state)
    ours, our_last = read_sequence(layer, x, state)
    assert ours.shape == theirs.shape
    assert close(ours, theirs)
    for one, other in zip(our_last, last, strict=True):
        assert one.shape == other.shape
        assert not one.requires_grad
        assert close(one, other)
    given = towards.bfloat16()
    gradients = torch.autograd.grad(ours, learnt, given)
    assert torch.equal(given, towards.bfloat16())
    for one, other in zip(gradients, torch.autograd.grad(theirs, learnt, towards), strict=True):
        assert one.dtype == other.dtype
        assert close(one, other)


def test_a_sequence_can_be_read_in_parts():
    layer = nn.LSTM(6, 5, batch_first=True)
    x = drawn(2, 9, 6)
    whole, (h, c) = read_sequence(layer, x, None)
    first, state = read_sequence(layer, x[:, :4], None)
    second, (h_after, c_after) = read_sequence(layer, x[:, 4:], state)
    for one, other in [(torch.cat([first, second], 1), whole), (h_after, h), (c_after, c)]:
        torch.testing.assert_close(one, other, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(
    ("threads", "rows", "count"),
    [(1, 64, 1), (2, 64, 2), (2, 63, 1), (2, 32, 1), (3, 64, 1), (4, 64, 2), (4, 128, 4), (6, 96, 3)],
)
def test_threads_share_the_rows_where_that_is_faster(threads, rows, count):
    torch.set_num_threads(threads)
    workers = Workers(rows, PROCESSOR)
    assert workers.count == count
    done = workers.share(lambda own: (own, torch.get_num_threads(), threading.get_ident()))
    assert [row for own, _, _ in done for row in range(rows)[own]] == list(range(rows))
    assert {own_threads for _, own_threads, _ in done} == {threads // count}
    assert torch.get_num_threads() == threads


def test_other_devices_share_by_themselves():
    torch.set_num_threads(2)
    assert Workers(64, torch.device("meta")).count == 1


def test_an_error_in_a_thread_arrives():
    torch.set_num_threads(2)

    def fail(own):
        raise ValueError(own.start)

    with pytest.raises(ValueError, match="0"):
        Workers(64, PROCESSOR).share(fail)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_several_threads_learn_what_one_does(precision):
    ids = np.random.default_rng(0).integers(0, 9, 70_000).astype(np.uint8)
    settings = ChosenSettings(
        units=12, layers=2, embedding_size=6, batch_size=64, sequence_length=9, learning_rate=0.01,
        dropout=0.3, precision=precision,
    )  # fmt: skip
    learners = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        learners.append(
            Learner(Accelerator(), new_network(9, settings), (ids[:35_000], ids[35_000:]), settings)
        )
    one, two = learners
    few = 1e-5 if precision == "float32" else 5e-3
    for _ in range(6):
        assert one.update() == pytest.approx(two.update(), abs=few)
    for (name, value), other in zip(one.tensors().items(), two.tensors().values(), strict=True):
        assert value.shape == other.shape, name
    for h_and_c, others in zip(one._state, two._state, strict=True):
        for value, other in zip(h_and_c, others, strict=True):
            torch.testing.assert_close(value.float(), other.float(), rtol=0, atol=20 * few)
    assert one.validate() == pytest.approx(two.validate(), abs=few)
    assert two.validate(lambda: True) is None
