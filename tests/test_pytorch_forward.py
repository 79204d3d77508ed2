"""PyTorch modules are run once: whoever calls them in any usual way, what they compute is what comes out."""

from __future__ import annotations

import itertools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from interrupts import at_every_line
from model_files import refused
from torch import nn
from torch.nn import functional

from lstm_widget.errors import ModelError
from lstm_widget.formats import torch_check
from lstm_widget.formats.pytorch import from_pytorch
from lstm_widget.network.engine import Engine

VOCAB = "abcdefghij\n"
V = len(VOCAB)
DIFFERS = "The module's forward does something that cannot be converted, .* its predictions differ by .* nats"
NOT_RUN = "The module cannot be run to compare its predictions"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Let PyTorch run on one thread: the networks are far too small to be split."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def converted(net):
    """Convert a module without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return from_pytorch(net, VOCAB)


class Base(nn.Module):
    """The parts of a character LSTM; how they are used is for the others to say."""

    batch_first = True

    def __init__(self, units=8, layers=2, embedding=8):
        super().__init__()
        self.encoder = nn.Embedding(V, embedding)
        self.lstm = nn.LSTM(embedding, units, layers, batch_first=self.batch_first)
        self.drop = nn.Dropout(0.5)
        self.decoder = nn.Linear(units, V)

    def logits(self, ids, state=None):
        out, state = self.lstm(self.encoder(ids), state)
        return self.decoder(self.drop(out)), state

    def zeros(self, batch):
        return tuple(torch.zeros(2, batch, 8) for _ in range(2))


class Plain(Base):
    def forward(self, ids):
        return self.logits(ids)[0]


class TimeFirst(Plain):
    batch_first = False


class WithState(Base):
    def forward(self, ids, state=None):
        return self.logits(ids, state)


class NeedsState(Base):
    def forward(self, ids, hidden):
        h, c = hidden
        return self.logits(ids, (h, c))


class NeedsBoth(TimeFirst):
    def forward(self, ids, h, c):
        out, (h, c) = self.logits(ids, (h, c))
        return out, h, c


class OneCharacter(Base):
    """One character of every text at a time, as many tutorials do it."""

    batch_first = False

    def forward(self, ids, hidden):
        batch = ids.size(0)
        out, hidden = self.lstm(self.encoder(ids).view(1, batch, -1), hidden)
        return self.decoder(out.view(batch, -1)), hidden

    def init_hidden(self, batch_size):
        self.begun = True
        return torch.randn(2, batch_size, 8), torch.randn(2, batch_size, 8)


class LastOnly(Base):
    def forward(self, ids):
        return self.logits(ids)[0][:, -1]


class Flattened(Base):
    def forward(self, ids):
        return self.logits(ids)[0].reshape(-1, V)


class ForTheLoss(Base):
    def forward(self, ids):
        return self.logits(ids)[0].transpose(1, 2)


class LogSoftmax(Base):
    def forward(self, ids):
        return torch.log_softmax(self.logits(ids)[0], -1)


class Softmax(Base):
    def forward(self, ids):
        return {"probabilities": torch.softmax(self.logits(ids)[0], -1)}


class Losing(Base):
    """Returns the loss alone."""

    def __init__(self):
        super().__init__()
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, ids, targets):
        return self.criterion(self.logits(ids)[0].reshape(-1, V), targets.reshape(-1))


class LossBeside(Losing):
    def forward(self, ids, targets=None):
        logits = self.logits(ids)[0]
        loss = None if targets is None else functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


class Lengths(Base):
    def forward(self, ids, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.encoder(ids), lengths, batch_first=True)
        out, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.decoder(out)


class OneHot(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(V, 8, batch_first=True)
        self.fc = nn.Linear(8, V)

    def forward(self, x):
        return self.fc(self.lstm(x)[0])


class KeepsState(Base):
    """Keeps the state from call to call, for one text."""

    batch_first = False

    def __init__(self):
        super().__init__()
        self.hidden = (torch.randn(2, 1, 8), torch.randn(2, 1, 8))

    def forward(self, ids):
        out, self.hidden = self.lstm(self.encoder(ids).view(len(ids), 1, -1), self.hidden)
        return self.decoder(out.view(len(ids), -1))


class ResetsState(KeepsState):
    """Keeps it for as many texts as it was last told."""

    def init_hidden(self, batch_size):
        self.hidden = (torch.randn(2, batch_size, 8), torch.randn(2, batch_size, 8))

    def forward(self, ids):
        out, self.hidden = self.lstm(self.encoder(ids), self.hidden)
        return self.decoder(out)


class Cells(nn.Module):
    """Cell by cell, with a list of states."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(V, 6)
        self.cells = nn.ModuleList([nn.LSTMCell(6, 7), nn.LSTMCell(7, 5)])
        self.out = nn.Linear(5, V)

    def forward(self, ids, states):
        x, after = self.embed(ids), []
        for cell, state in zip(self.cells, states, strict=True):
            x, c = cell(x, state)
            after.append((x, c))
        return self.out(x), after


class BeginsWithNone(Base):
    """Keeps the state from its first call on, also of a batch of another size."""

    batch_first = False
    hidden = None

    def forward(self, ids):
        if ids.ndim > 1:
            self.hidden = torch.ones(2, 3, 8), torch.ones(2, 3, 8)
            msg = "One text, please."
            raise ValueError(msg)
        out, self.hidden = self.lstm(self.encoder(ids)[:, None], self.hidden)
        return self.decoder(out)


class OneHotWithState(OneHot):
    """Flattens what it returns, and makes its own zero state."""

    def forward(self, x, hidden):
        out, hidden = self.lstm(x, hidden)
        return self.fc(out.contiguous().view(-1, 8)), hidden

    def init_hidden(self, batch_size):
        weight = next(self.parameters()).data
        return weight.new(1, batch_size, 8).zero_(), weight.new(1, batch_size, 8).zero_()


class TimeFirstFlattened(TimeFirst):
    """Words one after the other, as in the examples of PyTorch."""

    def forward(self, ids, hidden):
        out, hidden = self.lstm(self.drop(self.encoder(ids)), hidden)
        return functional.log_softmax(self.decoder(self.drop(out)).view(-1, V), dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return weight.new_zeros(2, bsz, 8), weight.new_zeros(2, bsz, 8)


class Sentence(Base):
    """One text, as in the tutorials of PyTorch."""

    batch_first = False

    def forward(self, sentence):
        out, _ = self.lstm(self.encoder(sentence).view(len(sentence), 1, -1))
        return functional.log_softmax(self.decoder(out.view(len(sentence), -1)), dim=1)


class OneStepOneHot(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(V, 6)
        self.out = nn.Linear(6, V)

    def forward(self, x, hx, cx):
        hx, cx = self.cell(x, (hx, cx))
        return self.out(hx), hx, cx


class LastState(Base):
    def forward(self, ids):
        _, (h, _) = self.lstm(self.encoder(ids))
        return self.decoder(h[-1])


class Steps(Base):
    """A list of predictions, one for each step."""

    def forward(self, ids):
        state, steps = None, []
        for one in ids.T:
            out, state = self.lstm(self.encoder(one)[:, None], state)
            steps.append(self.decoder(out[:, 0]))
        return steps


class Named(Base):
    def forward(self, ids):
        return SimpleNamespace(loss=None, logits=self.logits(ids)[0])


class FirstOf(nn.Module):
    def forward(self, pair):
        return pair[0]


def chained():
    return nn.Sequential(nn.Embedding(V, 5), nn.LSTM(5, 6, 2, batch_first=True), FirstOf(), nn.Linear(6, V))


class Masked(Plain):
    def __init__(self):
        super().__init__()
        self.register_buffer("zero", torch.zeros(1), persistent=False)

    def forward(self, ids):
        return super().forward(ids) + self.zero


def unused_activation():
    net = Plain()
    net.act = nn.ReLU()
    return net


USUAL = [
    Plain, TimeFirst, WithState, NeedsState, NeedsBoth, OneCharacter, LastOnly, Flattened, ForTheLoss,
    LogSoftmax, Softmax, LossBeside, Lengths, OneHot, KeepsState, ResetsState, Cells, Masked,
    BeginsWithNone, OneHotWithState, TimeFirstFlattened, Sentence, OneStepOneHot, LastState, Steps, Named,
    chained,
    unused_activation, lambda: nn.DataParallel(Plain()), lambda: torch.compile(Plain()),
    lambda: torch.jit.script(OneHot()),
    lambda: Plain().double(),
]  # fmt: skip


@pytest.mark.parametrize("make", USUAL)
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_a_module_and_its_state_dict_have_one_answer(make, same_model):
    net = make()
    same_model(converted(net), from_pytorch(net.state_dict(), VOCAB))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_no_difference(dtype, same_model):
    net = Plain(64, 3, 32).to(dtype)
    same_model(converted(net), from_pytorch(net.state_dict(), VOCAB))


# What is done between the layers.


class Activated(Base):
    def forward(self, ids):
        return self.decoder(torch.relu(self.lstm(self.encoder(ids))[0]))


class Residual(Base):
    def forward(self, ids):
        x = self.encoder(ids)
        return self.decoder(self.lstm(x)[0] + x)


class Scaled(Base):
    def forward(self, ids):
        return self.logits(ids)[0] / 0.8


class ScaledEmbedding(Base):
    def forward(self, ids):
        return self.decoder(self.lstm(self.encoder(ids) * 8)[0]), None


class Biased(Base):
    def forward(self, ids, hidden):
        return self.logits(ids, (hidden[0] + 1, hidden[1]))


class Repeated(Base):
    def forward(self, ids):
        x = self.lstm(self.encoder(ids))[0]
        return self.decoder(self.lstm(x)[0])


class Broken(Base):
    def forward(self, ids):
        return self.logits(ids)[0] * torch.nan


class NamedActivation(Base):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, ids):
        return self.decoder(self.act(self.lstm(self.encoder(ids))[0]))


@pytest.mark.parametrize(
    "make", [Activated, Residual, Scaled, ScaledEmbedding, Biased, Repeated, Broken, NamedActivation]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_module_that_computes_something_else_is_refused(make, dtype):
    net = make()
    with torch.no_grad():
        for parameter in net.parameters():  # as large as trained ones
            parameter.mul_(3)
    with refused(f"{DIFFERS}; to leave that out, give its state_dict"):
        from_pytorch(net.to(dtype), VOCAB)
    if make is NamedActivation:
        with refused("such as its ReLU 'act': its predictions"):
            from_pytorch(net, VOCAB)


# The order of the layers.


class Ordered(nn.Module):
    """Layers that are registered in one order, called by names, and used in another order."""

    def __init__(self, names, used, *, runs=True):
        super().__init__()
        self.used, self.runs = used, runs
        self.head = nn.Linear(8, V)
        for name in names:
            setattr(self, name, nn.LSTM(8, 8, batch_first=True))
        self.embedding = nn.Embedding(V, 8)

    def forward(self, ids):
        if not self.runs:
            msg = "Give a batch.\nOr not."
            raise KeyError(msg)
        x = self.embedding(ids)
        for name in self.used:
            x = getattr(self, name)(x)[0]
        return self.head(x)


def kernels(model):
    return [layer.kernel[0, 0] for layer in model.weights.layers]


@pytest.mark.parametrize(
    ("names", "used"),
    [
        (("lstm1", "lstm0"), ("lstm0", "lstm1")),
        (("lstm0", "lstm1"), ("lstm1", "lstm0")),
        (("decoder", "encoder"), ("encoder", "decoder")),
        (("upper", "middle", "lower"), ("lower", "upper", "middle")),
        (("l10", "l2", "l1"), ("l1", "l2", "l10")),
    ],
)
def test_layers_come_in_the_order_in_which_they_are_used(names, used):
    net = Ordered(names, used)
    expected = [getattr(net, name).weight_ih_l0[0, 0].item() for name in used]
    assert kernels(converted(net)) == pytest.approx(expected)


def test_without_a_run_the_numbers_tell_the_order(same_model):
    net = Ordered(("lstm1", "lstm0"), ("lstm0", "lstm1"), runs=False)
    with pytest.warns(UserWarning, match=rf"\A{NOT_RUN} \(.*Give a batch.*\), so what its forward does"):
        model = from_pytorch(net, VOCAB)
    same_model(model, from_pytorch(net.state_dict(), VOCAB))


def test_without_a_run_and_without_numbers_the_order_is_asked_for():
    net = Ordered(("decoder", "encoder"), ("encoder", "decoder"), runs=False)
    with refused(f"{NOT_RUN} .*, and the order of the LSTMs 'decoder', 'encoder' is not clear"):
        from_pytorch(net, VOCAB)


# What cannot be run or compared.


class TwoInputs(Base):
    def forward(self, ids, speaker):
        return self.logits(ids + speaker.long())[0]


class Batch(Base):
    def forward(self, batch):
        return self.logits(batch["ids"])[0]


class Features(Base):
    def forward(self, ids):
        return self.lstm(self.encoder(ids))[0][..., :3]


class RandomStart(Base):
    def forward(self, ids):
        return self.logits(ids, (torch.randn(2, len(ids), 8), torch.randn(2, len(ids), 8)))[0]


class Unfinished(Base):
    pass


@pytest.mark.parametrize("make", [TwoInputs, Batch, Features, RandomStart, Unfinished, Losing])
def test_what_cannot_be_compared_is_told(make, same_model):
    net = make()
    with pytest.warns(UserWarning, match=rf"\A{NOT_RUN}[^\n]*\Z") as told:
        model = from_pytorch(net, VOCAB)
    (warning,) = told
    assert warning.filename == __file__
    same_model(model, from_pytorch(net.state_dict(), VOCAB))


def test_an_activation_that_cannot_be_run_is_refused():
    net = Batch()
    net.act = nn.ReLU()
    with refused(f"{NOT_RUN} .*, and what it does with its ReLU 'act' is not known"):
        from_pytorch(net, VOCAB)


# The module is left as it was.


@pytest.mark.parametrize("make", [KeepsState, ResetsState, OneCharacter, Activated, Batch, Plain])
@pytest.mark.parametrize("training", [True, False])
def test_a_module_is_left_as_it_was(make, training):
    net = make().train(training)
    net.lstm.training = True  # whatever a person set
    before = [(part, dict(vars(part))) for part in net.modules()]
    random = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from_pytorch(net, VOCAB)
        except ModelError:
            assert make is Activated
    for part, attributes in before:
        assert vars(part).keys() == attributes.keys()
        assert all(vars(part)[name] is value for name, value in attributes.items())
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.is_grad_enabled()


class Interrupted(Base):
    def forward(self, ids):
        self.seen = ids
        raise KeyboardInterrupt


def test_a_module_is_left_as_it_was_after_an_interrupt_at_any_line(monkeypatch):
    net = ResetsState()
    weights = from_pytorch(net, VOCAB).weights
    before = [(part, dict(vars(part))) for part in net.modules()]
    random, filters = torch.get_rng_state(), list(warnings.filters)
    # What is ours is not in question.
    monkeypatch.setattr(torch_check, "_expected", lambda *_: [0])
    monkeypatch.setattr(torch_check, "_difference", lambda *_: 0.0)

    def left():
        for part, attributes in before:
            assert vars(part).keys() == attributes.keys()
            assert all(vars(part)[name] is value for name, value in attributes.items())
        assert torch.equal(torch.get_rng_state(), random)
        assert torch.is_grad_enabled()
        assert warnings.filters == filters

    assert at_every_line(lambda: lambda: torch_check.compare(net, [weights]), left) > 100


def test_a_module_is_left_as_it_was_after_an_interrupt():
    net = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        from_pytorch(net, VOCAB)
    assert net.training
    assert not hasattr(net, "seen")


def test_the_model_computes_what_the_module_computes():
    for make in (Plain, TimeFirst, WithState):
        net = make().eval()
        ids = torch.randint(0, V, (50,))
        with torch.no_grad():
            out = net(ids)
        expected = (out[0] if isinstance(out, tuple) else out).numpy()
        lane = Engine(converted(net).weights).lane()
        own = np.array([lane.step(number).copy() for number in ids.tolist()])
        np.testing.assert_allclose(own, expected, rtol=0, atol=1e-5)


# Vocabularies.


TABLES = [
    VOCAB,
    list(VOCAB),
    tuple(VOCAB),
    {c: n for n, c in enumerate(VOCAB)},
    dict(enumerate(VOCAB)),
    {str(n): c for n, c in enumerate(VOCAB)},
    {np.int64(n): c for n, c in enumerate(VOCAB)},
]


@pytest.mark.parametrize("table", TABLES)
def test_a_vocabulary_in_any_form(table):
    assert dict(from_pytorch(Plain(), table).vocab) == {c: n for n, c in enumerate(VOCAB)}


def test_an_id_need_not_have_a_character():
    known = {c: n for n, c in enumerate(VOCAB) if n}
    for table in ([None, *VOCAB[1:]], {n: c for c, n in known.items()}, dict(enumerate([None, *VOCAB[1:]]))):
        model = from_pytorch(Plain(), table)
        assert dict(model.vocab) == known
        assert model.unused_ids.tolist() == [0]


@pytest.mark.parametrize(
    ("token", "form"), list(itertools.product(["<pad>", "<unk>", "[UNK]", ""], [list, dict, "turned"]))
)
def test_a_token_in_a_vocabulary_is_refused_with_a_way_out(token, form):
    characters = [token, *VOCAB[1:]]
    table = {list: characters, dict: {c: n for n, c in enumerate(characters)}}.get(
        form, dict(enumerate(characters))
    )
    way_out = r"use None \(null in JSON\) for" if form is list else "leave out an id"
    with refused(f"single characters.* {token!r}".replace("[", r"\[").replace("]", r"\]") + f": {way_out}"):
        from_pytorch(Plain(), table)
