"""The parts of a training: the dropout, the batches, and one update after another."""

from __future__ import annotations

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from hypothesis import assume, given
from hypothesis import strategies as st
from slow_texts import refused
from torch.nn.functional import cross_entropy
from training_runs import TEXT, TINY, UPDATES, read_log, tiny

from lstm_widget import SettingError
from lstm_widget.formats.torch_module import CharModule
from lstm_widget.training import TrainingSettings, learner
from lstm_widget.training.batches import Batches
from lstm_widget.training.learner import Learner
from lstm_widget.training.network import CharNetwork, new_network
from lstm_widget.training.precision import faster_precision

pytestmark = pytest.mark.usefixtures("one_thread")

V = 9
QUIET = {"dropout": 0.0}


def settings_with(**more):
    given = {name: value for name, value in TINY.items() if name != "quiet"} | {"learning_rate": 0.003}
    return TrainingSettings(**given | more)


def network_with(embedding=5, units=(6, 4), seed=0):
    torch.manual_seed(seed)
    return CharNetwork(V, embedding, units)


def some_ids(*shape):
    return torch.randint(0, V, shape, generator=torch.Generator().manual_seed(1))


# Dropout.


@pytest.mark.parametrize("embedding", [None, 5])
def test_without_dropout_it_is_the_plain_module(embedding):
    network = network_with(embedding)
    plain = CharModule(V, embedding, (6, 4))
    plain.load_state_dict(network.state_dict())
    ids = some_ids(3, 20)
    for state in (None, [(torch.ones(1, 3, n), torch.ones(1, 3, n)) for n in (6, 4)]):
        (ours, after), (theirs, their_after) = network(ids, state), plain(ids, state)
        assert torch.equal(ours, theirs)
        for pair, their_pair in zip(after, their_after, strict=True):
            assert torch.equal(pair[0], their_pair[0])
            assert torch.equal(pair[1], their_pair[1])


def test_the_right_share_is_left_out():
    network = network_with(20, (30, 25))
    masks = network.draw_masks(200, 0.4, torch.Generator().manual_seed(0))
    assert [tuple(mask.shape) for mask in masks] == [(200, 1, 20), (200, 1, 30), (200, 1, 25)]
    for mask, share in zip(masks, [0.2, 0.4, 0.4], strict=True):
        zero = (mask == 0).double().mean().item()
        assert zero == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / mask.numel()))
        kept = mask[mask != 0]
        torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - share)))


def test_nothing_is_drawn_for_nothing():
    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    assert network_with().draw_masks(4, 0.0, generator) is None
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("embedding", [None, 5])
def test_masks_leave_out_what_each_layer_and_the_head_read(embedding):
    network = network_with(embedding)
    masks = network.draw_masks(3, 0.4, torch.Generator().manual_seed(2))
    ids = some_ids(3, 15)
    x = network.inputs(ids)
    for layer, mask in zip(network.lstm, masks, strict=False):
        x, _ = layer(x * mask)
    expected = network.head(x * masks[-1])
    logits, _ = network(ids, None, masks)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-6)
    assert not torch.allclose(logits, network(ids)[0], atol=1e-3)


def test_a_network_is_made_from_the_seed_alone():
    torch.manual_seed(5)
    one = new_network(V, settings_with(seed=3)).state_dict()
    torch.rand(7)
    other, another = (new_network(V, settings_with(seed=seed)).state_dict() for seed in (3, 4))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    assert not torch.equal(one["head.weight"], another["head.weight"])
    # As PyTorch draws all biases; so the forget gates are half open.
    assert all(one[f"lstm.0.bias_{name}_l0"].abs().max() <= 1 / math.sqrt(10) for name in ("ih", "hh"))


def test_the_trial_of_precisions_changes_nothing():
    network = network_with()
    before, state = copy.deepcopy(network.state_dict()), torch.random.get_rng_state()
    assert faster_precision(network, torch.device("cpu")) in {"bfloat16", "float32"}
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("precision", ["bfloat16", "auto"])
def test_another_precision_learns_too(precision):
    records = []
    model = tiny(precision=precision, on_progress=records.append)
    assert model.card["settings"]["precision"] in {"bfloat16", "float32"}
    assert records[-1].training_bits < records[0].training_bits


# Batches.


@given(
    length=st.integers(2, 400),
    count=st.integers(1, 12),
    sequence_length=st.integers(1, 50),
    seed=st.none() | st.integers(0, 2**31 - 1),
    epochs=st.integers(0, 3),
)
def test_every_character_is_read_once_per_epoch(length, count, sequence_length, seed, epochs):
    assume(count < length)
    cut = Batches(np.arange(length, dtype=np.uint16), count, sequence_length, seed)
    batches = [cut.batch(epochs * cut.per_epoch + n, slice(None)) for n in range(cut.per_epoch)]
    read = np.concatenate([batch.ids for batch in batches], axis=1)
    assert read.shape[0] == count
    assert len(np.unique(read)) == read.size == cut.characters
    assert length - count <= cut.characters < length  # less than one character per row is left
    for batch in batches:
        assert batch.ids.shape[1] <= sequence_length
        assert batch.ids.dtype == batch.targets.dtype == np.int64
        np.testing.assert_array_equal(batch.targets, (batch.ids + 1) % length)
    for one, following in itertools.pairwise(batches):
        np.testing.assert_array_equal(one.targets[:, -1], following.ids[:, 0])
        assert one.ids.shape[1] == sequence_length
    assert [batch.begins for batch in batches] == [True] + [False] * (cut.per_epoch - 1)
    if seed is None:
        assert read[0, 0] == 0
        assert max(batch.targets.max() for batch in batches) < length  # it never goes round
        assert (np.diff(read.ravel()) == 1).all()


@given(
    length=st.integers(20, 200), count=st.integers(1, 8), time=st.integers(1, 30), number=st.integers(0, 60)
)
def test_read_before_counts_what_the_batches_hold(length, count, time, number):
    batches = Batches(np.zeros(length, dtype=np.uint8), count, time, 0)
    held = [batches.batch(n, slice(None)).ids.size for n in range(number)]
    assert batches.read_before(number) == sum(held)


@given(processes=st.sampled_from([1, 2, 3, 6]), number=st.integers(0, 10))
def test_shares_make_up_the_whole(processes, number):
    batches = Batches(np.arange(500, dtype=np.uint16), 6, 30, 1)
    each = 6 // processes
    parts = [batches.batch(number, slice(n * each, (n + 1) * each)) for n in range(processes)]
    whole = batches.batch(number, slice(None))
    np.testing.assert_array_equal(np.concatenate([part.ids for part in parts]), whole.ids)
    np.testing.assert_array_equal(np.concatenate([part.targets for part in parts]), whole.targets)


def test_every_epoch_begins_elsewhere():
    def begins(seed):
        batches = Batches(np.arange(5000, dtype=np.uint16), 4, 100, seed)
        return [int(batches.batch(n * batches.per_epoch, slice(None)).ids[0, 0]) for n in range(20)]

    assert len(set(begins(0))) == 20
    assert begins(0) == begins(0)
    assert begins(0) != begins(1)
    assert max(begins(0)) > 2500 > min(begins(0))


# One update after another.


def make_learner(**more):
    """Return a learner of `TEXT`, whose ids are in the order of code points."""
    characters = sorted(set(TEXT))
    ids = np.array([characters.index(character) for character in TEXT], dtype=np.uint8)
    chosen = settings_with(**more)
    return Learner(Accelerator(), new_network(len(characters), chosen), (ids[:1800], ids[1800:]), chosen)


def test_updates_are_what_plain_pytorch_does():
    ours = make_learner(**QUIET, weight_decay=0.1, clip_norm=0.05)
    plain = CharModule(ours.network.head.out_features, 6, (10, 10))
    plain.load_state_dict(ours.network.state_dict())
    optimizer = torch.optim.AdamW(plain.parameters(), 1.0, weight_decay=0.1, fused=False, foreach=False)
    clipped, state = 0, None
    for number in range(UPDATES):
        batch = ours.training.batch(number, slice(None))
        logits, state = plain(torch.tensor(batch.ids), None if batch.begins else state)
        state = [(h.detach(), c.detach()) for h, c in state]
        loss = cross_entropy(logits.flatten(0, 1), torch.tensor(batch.targets).flatten())
        optimizer.param_groups[0]["lr"] = 0.003 * (1 + math.cos(math.pi * max(0, number - 1) / 7)) / 2
        optimizer.zero_grad()
        loss.backward()
        length = math.sqrt(sum(parameter.grad.square().sum().item() for parameter in plain.parameters()))
        clipped += length > 0.05
        for parameter in plain.parameters():
            parameter.grad *= min(1, 0.05 / length)
        optimizer.step()
        assert ours.update() == pytest.approx(loss.item(), abs=1e-5)
    assert clipped >= UPDATES / 2
    for (name, value), other in zip(ours.network.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(value, other, rtol=0, atol=2e-4, msg=name)


@pytest.mark.parametrize("ema", [0.0, 0.02, 1.0])
def test_the_model_is_a_moving_average_of_the_weights(ema):
    ours = make_learner(ema=ema)
    span = max(1, ema * ours.updates)
    expected = {name: value.double() for name, value in ours.network.state_dict().items()}
    for done in range(1, ours.updates + 1):
        ours.update()
        share = max(1 / span, 9 / (done + 9))
        for name, value in ours.network.state_dict().items():
            expected[name] = (1 - share) * expected[name] + share * value.double()
    for name, value in ours.ema.state_dict().items():
        torch.testing.assert_close(value.double(), expected[name], rtol=0, atol=1e-6)
    same = torch.equal(ours.ema.head.weight, ours.network.head.weight)
    assert same == (ema < 1)  # of eight updates a fiftieth is less than one


def test_the_learning_rate_rises_and_falls():
    ours = make_learner(learning_rate=0.5)
    ours.updates = 1000
    rates = [ours.learning_rate(number) for number in range(1000)]
    np.testing.assert_allclose(rates[:20], np.linspace(0.025, 0.5, 20))  # 2 % of the updates
    assert rates[20] == max(rates) == 0.5
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[510] == pytest.approx(0.25)  # half way down
    assert 0 < rates[-1] < 1e-5
    ours.updates = 100_000
    assert [ours.learning_rate(number) for number in (0, 14, 29, 30)] == [
        pytest.approx(0.5 * share) for share in (1 / 30, 0.5, 1, 1)
    ]


def test_the_learning_rate_is_what_the_weights_move_by():
    # The first step of Adam is as long as the learning rate, whatever the gradient.
    ours = make_learner(learning_rate=0.02, weight_decay=0.0)
    before = ours.network.head.bias.detach().clone()
    ours.update()
    moved = (ours.network.head.bias - before).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 0.02), rtol=1e-3, atol=0)


def test_masks_depend_on_seed_and_update_alone():
    one, same, other = make_learner(), make_learner(), make_learner(seed=1)
    first, _ = one._masks(), one._masks()
    assert torch.equal(first[0], same._masks()[0])
    assert not torch.equal(first[0], other._masks()[0])
    same.done = 1
    assert not torch.equal(first[0], same._masks()[0])


def test_a_validation_changes_nothing():
    ours = make_learner()
    ours.update()
    before = {name: value.clone() for name, value in ours.tensors().items()}
    assert ours.validate() == ours.validate()
    assert ours.validate(lambda: True) is None
    after = ours.tensors()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


# The end of a training.


def test_it_stops_without_a_better_validation(tmp_path, monkeypatch):
    script, averages = [3.0, 2.0, 2.5, 2.0, 2.1, 1.0], []

    def scripted(self, _):
        averages.append(copy.deepcopy(self.ema))
        return script[len(averages) - 1]

    monkeypatch.setattr(Learner, "validate", scripted)
    model = tiny(output=tmp_path / "out", epochs=20, patience=3)
    assert len(averages) == 5  # as good as before is not better
    log = read_log(tmp_path / "out")
    validated = [record["update"] for record in log if record["validation_bits"] is not None]
    assert log[-1]["update"] == validated[-1] < log[-1]["updates"]
    assert model.card["best_update"] == validated[1]
    assert log[-1]["best_bits"] == pytest.approx(2.0 / math.log(2))
    assert "unfinished" not in model.card
    expected = averages[1].to_char_lstm(model.vocab)
    for name in ("softmax_w", "embedding"):
        ours, theirs = getattr(model.weights, name), getattr(expected.weights, name)
        assert np.array_equal(ours, theirs.astype(np.float16).astype(np.float32))


def no_loss(loss, _):
    return loss * math.nan


def no_gradient(loss, logits):
    return loss + (logits.sum() * 0).sqrt()  # 0, whose derivative is infinite times 0


def diverging(patch, moment, fault):
    """Let an update have a loss, or a gradient, that is no number."""
    calls = []

    def wrong(logits, following, **more):
        loss = cross_entropy(logits, following, **more)
        if logits.requires_grad:
            calls.append(loss)
            return fault(loss, logits) if len(calls) >= moment else loss
        return loss

    patch.setattr(learner, "cross_entropy", wrong)


@pytest.mark.parametrize("fault", [no_loss, no_gradient])
def test_the_best_is_kept_when_it_diverges(tmp_path, monkeypatch, capsys, fault):
    diverging(monkeypatch, 6, fault)
    model = tiny(output=tmp_path / "out", quiet=False)
    assert model.card["best_update"] == 3
    assert "unfinished" not in model.card
    assert len(read_log(tmp_path / "out")) == 5
    assert "has diverged" in capsys.readouterr().err
    assert not (tmp_path / "out" / "training").exists()


@pytest.mark.parametrize("fault", [no_loss, no_gradient])
def test_diverging_at_once_is_an_error(tmp_path, monkeypatch, fault):
    diverging(monkeypatch, 2, fault)
    with refused(SettingError, "has diverged .*: take a smaller learning_rate"):
        tiny(output=tmp_path / "out")


def test_a_learning_rate_that_is_far_too_high_still_gives_a_model():
    model = tiny(learning_rate=1.0, clip_norm=1e30, epochs=10, **QUIET)
    assert np.isfinite(model.weights.softmax_w).all()
    assert math.isfinite(model.card["validation_loss_nats"])
