"""PyTorch models: the engine computes what PyTorch computes, and what is no character LSTM is refused."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
import subprocess
import sys
from collections import OrderedDict

import numpy as np
import pytest
import torch
from model_files import refused
from safetensors.torch import save_file, save_model
from torch import nn
from torch.nn.utils import parametrizations, prune

from lstm_widget.formats.pytorch import from_pytorch, to_pytorch
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.network.engine import Engine

VOCAB = "abcdefghij\n"
V = len(VOCAB)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Let PyTorch run on one thread: the networks are far too small to be split."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Net(nn.Module):
    """A character LSTM as one writes it: layers of any size, of `nn.LSTM` or of `nn.LSTMCell`."""

    def __init__(self, units=(8,), embedding=5, *, kind=nn.LSTM, bias=True, head_bias=True, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        widths = [embedding or V, *units]
        self.encoder = nn.Embedding(V, embedding) if embedding else nn.Identity()
        self.rnn = nn.ModuleList(kind(below, own, bias=bias) for below, own in itertools.pairwise(widths))
        self.drop = nn.Dropout(0.5)
        self.decoder = nn.Linear(widths[-1], V, bias=head_bias)

    def forward(self, ids):
        """Return logits (time, V) for ids (time,)."""
        x = nn.functional.one_hot(ids, V).to(self.decoder.weight.dtype)
        x = self.encoder(ids if isinstance(self.encoder, nn.Embedding) else x)
        for layer in self.rnn:
            x = layer(x)[0] if isinstance(layer, nn.LSTM) else cell_by_cell(layer, x)
        return self.decoder(self.drop(x))


def cell_by_cell(cell, x):
    state, tops = None, []
    for row in x:
        state = cell(row[None], state)
        tops.append(state[0][0])
    return torch.stack(tops)


class Deep(nn.Module):
    """All layers in one `nn.LSTM`, inside another module."""

    def __init__(self, units, layers, embedding):
        super().__init__()
        torch.manual_seed(layers)
        body = {"lstm": nn.LSTM(embedding or V, units, layers, batch_first=True, dropout=0.3)}
        if embedding:
            body["embed"] = nn.Embedding(V, embedding)
        self.body = nn.ModuleDict(body)
        self.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(units, V), nn.LogSoftmax(-1))

    def forward(self, ids):
        """Return logits (time, V), up to a constant per step, for ids (time,)."""
        x = self.body["embed"](ids) if "embed" in self.body else nn.functional.one_hot(ids, V).float()
        return self.fc(self.body["lstm"](x)[0])


def tied(units=5, **kwargs):
    net = Net((7, units), units, **kwargs)
    net.decoder.weight = net.encoder.weight
    return net


def engine_logits(model, ids):
    lane = Engine(model.weights).lane()
    return np.array([lane.step(number).copy() for number in ids.tolist()])


def random_ids(*shape):
    return torch.randint(0, V, shape, generator=torch.Generator().manual_seed(1))


def assert_same_logits(net, model, *, normalized=False):
    ids = random_ids(80)
    with torch.no_grad():
        expected = net.eval()(ids)
    own = engine_logits(model, ids)
    if normalized:
        own = torch.log_softmax(torch.from_numpy(own), -1).numpy()
    np.testing.assert_allclose(own, expected.numpy(), rtol=0, atol=1e-5)


# The same logits.


@pytest.mark.parametrize("kind", [nn.LSTM, nn.LSTMCell])
@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(8,), (8, 8), (9, 4), (6, 11, 3)])
def test_the_engine_computes_what_a_module_computes(units, embedding, kind):
    net = Net(units, embedding, kind=kind)
    model = from_pytorch(net, VOCAB)
    assert_same_logits(net, model)
    assert dict(model.vocab) == {character: number for number, character in enumerate(VOCAB)}


@pytest.mark.filterwarnings("ignore:dropout option adds dropout after all but last")
@pytest.mark.parametrize("embedding", [None, 7])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_layers_in_one_module_and_a_softmax(layers, embedding):
    net = Deep(9, layers, embedding)
    for source in (net, net.state_dict(), nn.DataParallel(net)):
        assert_same_logits(net, from_pytorch(source, VOCAB), normalized=True)


@pytest.mark.parametrize(("bias", "head_bias"), [(False, False), (False, True), (True, False)])
def test_a_missing_bias_is_zero(bias, head_bias):
    net = Net((6, 4), 5, bias=bias, head_bias=head_bias)
    for source in (net, net.state_dict()):
        assert_same_logits(net, from_pytorch(source, VOCAB))


@pytest.mark.parametrize("head_bias", [True, False])
def test_tied_weights(head_bias, same_model):
    net = tied(head_bias=head_bias)
    model = from_pytorch(net, VOCAB)
    assert_same_logits(net, model)
    same_model(from_pytorch(net.state_dict(), VOCAB), model)


def test_a_sequence_of_modules_and_a_subclass_of_the_lstm(same_model):
    class Top(nn.LSTM):
        def forward(self, x):
            return super().forward(x)[0]

    torch.manual_seed(0)
    net = nn.Sequential(
        OrderedDict(chars=nn.Embedding(V, 4), below=Top(4, 6), between=nn.Dropout1d(), above=Top(6, 3, 2))
    )
    net.append(nn.Linear(3, V))
    model = from_pytorch(net, VOCAB)
    assert [layer.units for layer in model.weights.layers] == [6, 3, 3]
    assert_same_logits(net, model)
    same_model(from_pytorch(net.state_dict(), VOCAB), model)


# Types of numbers.


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_types_of_numbers_become_float32(dtype, same_model):
    net = Net((6, 4)).to(dtype)
    model = from_pytorch(net, VOCAB)
    assert model.weights.layers[0].kernel.dtype == np.float32
    weight = net.rnn[0].weight_ih_l0.detach().float().numpy()
    np.testing.assert_array_equal(model.weights.layers[0].kernel[:5, :6], weight[:6].T)
    assert_same_logits(copy.deepcopy(net).float(), model)
    same_model(from_pytorch(net.state_dict(), VOCAB), model)


def test_the_forget_bias_is_rounded_once():
    net = Net((2,)).double()
    with torch.no_grad():
        net.rnn[0].bias_ih_l0[2:4] = torch.tensor([0.75, 1.0], dtype=torch.float64)
        net.rnn[0].bias_hh_l0[2:4] = torch.tensor([0.25 + 1e-9, 1e-12], dtype=torch.float64)
    bias = from_pytorch(net, VOCAB).weights.layers[0].bias
    np.testing.assert_allclose(bias[4:6], [1e-9, 1e-12], rtol=1e-3)  # i, j, f, o


def test_the_model_shares_no_memory_with_the_module(same_model):
    net = Net()
    model = from_pytorch(net, VOCAB)
    before = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    same_model(model, before)


# What a module may not hold.


def net_with(**modules):
    net = Net((4,), 5)
    for name, module in modules.items():
        setattr(net, name, module)
    return net


def pruned():
    net = Net()
    prune.random_unstructured(net.decoder, "weight", 0.5)
    return net


def parametrized():
    net = Net()
    parametrizations.weight_norm(net.decoder)
    return net


def integers():
    net = Net()
    net.decoder.weight = nn.Parameter(torch.ones(V, 8, dtype=torch.int64), requires_grad=False)
    return net


def filled(value):
    net = Net()
    with torch.no_grad():
        net.rnn[0].bias_ih_l0.fill_(value)
        net.rnn[0].bias_hh_l0.fill_(-value)
    return net


REFUSED_MODULES = {
    "gru": (lambda: net_with(rnn=nn.GRU(5, 4)), "The module 'rnn' is a GRU: only"),
    "rnn": (lambda: net_with(rnn=nn.RNN(5, 4)), "The module 'rnn' is a RNN: only"),
    "grucell": (lambda: net_with(rnn=nn.GRUCell(5, 4)), "is a GRUCell"),
    "bidirectional": (lambda: net_with(rnn=nn.LSTM(5, 4, bidirectional=True)), "'rnn' is bidirectional"),
    "proj_size": (lambda: net_with(rnn=nn.LSTM(5, 4, proj_size=3)), "'rnn' has a proj_size"),
    "max_norm": (lambda: net_with(encoder=nn.Embedding(V, 5, max_norm=1)), "'encoder' has a max_norm"),
    "two heads": (lambda: net_with(more=nn.Linear(4, V)), "one nn.Linear, .* 'decoder', 'more'"),
    "two embeddings": (lambda: net_with(more=nn.Embedding(V, 5)), "one nn.Embedding .* 'encoder', 'more'"),
    "no head": (lambda: net_with(decoder=None), "not a character LSTM: it has no nn.Linear"),
    "no lstm": (lambda: net_with(rnn=None), "not a character LSTM: it has no nn.LSTM"),
    "lstm alone": (lambda: nn.LSTM(5, 4), "it has no nn.Linear"),
    "norm": (lambda: net_with(norm=nn.LayerNorm(4)), "The module 'norm' is a LayerNorm"),
    "conv": (lambda: net_with(conv=nn.Conv1d(4, 4, 1)), "is a Conv1d"),
    "embedding bag": (lambda: net_with(encoder=nn.EmbeddingBag(V, 5)), "is a EmbeddingBag"),
    "attention": (lambda: net_with(mix=nn.MultiheadAttention(4, 1)), "MultiheadAttention with a tensor"),
    "parameter": (lambda: net_with(h0=nn.Parameter(torch.zeros(4))), "The module is a Net with .* 'h0'"),
    "no network": (nn.ReLU, "it has no nn.LSTM"),
    "lazy": (lambda: net_with(decoder=nn.LazyLinear(V)), "'decoder.*' cannot be read"),
    "meta": (lambda: Net().to("meta"), "cannot be read"),
    "pruned": (pruned, "'decoder.weight_orig' does not belong"),
    "parametrized": (parametrized, "is a ParametrizationList with a tensor"),
    "integers": (integers, "'decoder.weight' must hold floating-point numbers, not torch.int64"),
    "nan": (lambda: filled(torch.nan), "not finite"),
    "infinite": (lambda: filled(torch.inf), "not finite"),
    "wrong sizes": (lambda: net_with(decoder=nn.Linear(3, V)), "softmax weights must have the shape"),
    "fewer ids": (lambda: net_with(encoder=nn.Embedding(V + 1, 5)), "embedding has 12 rows"),
    "gap": (lambda: net_with(encoder=nn.Embedding(V, 3)), "Layer 0 reads 5 inputs, but it is given 3"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize("name", REFUSED_MODULES)
def test_another_module_is_refused(name):
    make, match = REFUSED_MODULES[name]
    with refused(match):
        from_pytorch(make(), VOCAB)


@pytest.mark.parametrize("source", [None, 3, b"net.safetensors", [1], nn.LSTM])
def test_something_else_is_refused(source):
    with refused("is given as a module, a state dict or the path"):
        from_pytorch(source, VOCAB)


# State dicts.


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model.net.0."])
@pytest.mark.parametrize("net", [Net((6, 4)), Net((6, 4), None), Net((6, 4), kind=nn.LSTMCell), tied()])
def test_a_state_dict_with_any_prefix(net, prefix, same_model):
    model = from_pytorch(net, VOCAB)
    state = {prefix + name: tensor for name, tensor in net.state_dict().items()}
    same_model(from_pytorch(state, VOCAB), model)
    same_model(from_pytorch({name: state[name].numpy() for name in sorted(state)}, VOCAB), model)


@pytest.mark.parametrize("pattern", ["rnn.{}", "lstm{}", "net.{}.lstm", "lstm_{}"])
def test_layers_are_counted_as_numbers(pattern, same_model):
    net = Net((4,) * 12, 4)
    model = from_pytorch(net, VOCAB)
    state = {}
    for name, tensor in net.state_dict().items():
        parts = name.split(".")
        new = f"{pattern.format(parts[1])}.{parts[2]}" if parts[0] == "rnn" else name
        state[new] = tensor
    for names in (sorted(state), sorted(state, key=lambda name: name[::-1])):
        same_model(from_pytorch({name: state[name] for name in names}, VOCAB), model)


def test_the_layers_of_one_module_are_counted_as_numbers(same_model):
    net = Deep(4, 12, None)
    state = net.state_dict()
    assert [name[-3:] for name in sorted(state)[:4]] == ["_l0", "_l1", "l10", "l11"]
    same_model(from_pytorch({name: state[name] for name in sorted(state)}, VOCAB), from_pytorch(net, VOCAB))


def renamed(net, **names):
    """Return the state dict with other names of modules (``_`` stands for ``.``)."""
    state = {}
    for name, tensor in net.state_dict().items():
        owner, _, last = name.rpartition(".")
        owner = names.get(owner.replace(".", "_"), owner)
        state[f"{owner}.{last}" if owner else last] = tensor
    return state


def test_layers_without_a_number(same_model):
    net = Net((6, 4, 6), 5)
    model = from_pytorch(net, VOCAB)
    for names in (["lstm", "lstm2", "lstm3"], ["under", "middle", "above"]):
        state = renamed(net, rnn_0=names[0], rnn_1=names[1], rnn_2=names[2])
        same_model(from_pytorch({name: state[name] for name in sorted(state)}, VOCAB), model)


@pytest.mark.parametrize("units", [(5, 5), (6, 5, 5)])
def test_an_order_that_cannot_be_told_is_refused(units):
    state = renamed(Net(units, 5), rnn_0="zero", rnn_1="one", rnn_2="two")
    with refused("The order of the LSTMs 'zero', 'one'.* is not clear: give the module"):
        from_pytorch(state, VOCAB)


def test_many_layers_without_a_number_are_refused():
    state = renamed(Net((4,) * 7, 4), **{f"rnn_{n}": "abcdefg"[n] for n in range(7)})
    with refused("The order of"):
        from_pytorch(state, VOCAB)


def test_the_head_is_the_matrix_with_a_bias(same_model):
    net = Net((5,), 5)
    state = renamed(net, encoder="one", decoder="embedding")  # whatever it is called
    same_model(from_pytorch(state, VOCAB), from_pytorch(net, VOCAB))


def test_the_head_is_the_matrix_that_fits(same_model):
    net = Net((6, 4), 5, head_bias=False)
    state = renamed(net, encoder="one", decoder="another")
    same_model(from_pytorch(state, VOCAB), from_pytorch(net, VOCAB))


def test_the_embedding_is_called_so(same_model):
    net = Net((5,), 5, head_bias=False)
    state = renamed(net, encoder="x.Embed", decoder="a.b")
    same_model(from_pytorch(state, VOCAB), from_pytorch(net, VOCAB))


@pytest.mark.parametrize("names", [("encoder", "decoder"), ("emb1", "emb2")])
def test_two_matrices_that_cannot_be_told_apart_are_refused(names):
    net = Net((5,), 5, head_bias=False)
    with refused(f"It is not clear whether '{names[0]}' is the embedding, the head or both"):
        from_pytorch(renamed(net, encoder=names[0], decoder=names[1]), VOCAB)


def without(state, *names):
    return {name: tensor for name, tensor in state.items() if name not in names}


def test_one_matrix_of_tied_weights_is_enough_with_a_bias(same_model):
    net = tied()
    model = from_pytorch(net, VOCAB)
    same_model(from_pytorch(without(net.state_dict(), "encoder.weight"), VOCAB), model)
    same_model(from_pytorch(without(net.state_dict(), "decoder.weight"), VOCAB), model)


def test_one_matrix_is_not_taken_for_tied_weights_without_a_bias():
    state = tied(head_bias=False).state_dict()
    with refused("Layer 0 reads 5 inputs, but it is given 11; is the embedding missing"):
        from_pytorch(without(state, "decoder.weight"), VOCAB)


def test_one_matrix_that_may_be_tied_or_not_is_refused():
    net = Net((V,), V)
    with refused("It is not clear whether 'decoder' is"):
        from_pytorch(without(net.state_dict(), "encoder.weight"), VOCAB)


def with_tensor(name, *shape):
    return Net().state_dict() | {name: torch.zeros(shape)}


def test_a_loss_in_a_module_or_its_state_dict_does_no_harm(same_model):
    net = net_with(criterion=nn.CrossEntropyLoss(weight=torch.ones(V)))
    for source in (net, net.state_dict()):
        same_model(from_pytorch(source, VOCAB), from_pytorch(Net((4,), 5), VOCAB))


def test_an_empty_tensor_does_no_harm(same_model):
    same_model(from_pytorch(with_tensor("norm.buffer", 0, 3), VOCAB), from_pytorch(Net(), VOCAB))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("h0", (8,)),
        ("rnn.0.h0", (8,)),
        ("rnn.0.weight_ih_l00", (32, 5)),
        ("rnn.0.weight_ih", (32, 5)),
        ("norm.weight", (8,)),
        ("norm.num_batches_tracked", ()),
        ("weight", (8,)),
        ("embedding", (V, 5)),
        ("conv.weight", (3, 3, 3)),
        ("other.bias", (V, 1)),
        ("decoder.weight_orig", (V, 8)),
    ],
)
def test_an_unknown_tensor_is_refused(name, shape):
    with refused(f"The tensor '{name}' does not belong"):
        from_pytorch(with_tensor(name, *shape), VOCAB)


REFUSED_STATES = {
    "empty": (dict, "has no LSTM"),
    "third matrix": (lambda: with_tensor("fc.weight", 8, 8), "here are 'encoder', 'decoder', 'fc'"),
    "second bias": (lambda: with_tensor("encoder.bias", V), "here are 'encoder', 'decoder'"),
    "lone bias": (
        lambda: without(with_tensor("fc.bias", V), "decoder.bias"), "The tensor 'fc.bias' does not belong"
    ),
    "no head": (lambda: without(Net((4,), None).state_dict(), "decoder.weight"), "The head is missing"),
    "no embedding": (lambda: without(Net().state_dict(), "encoder.weight"), "is the embedding missing"),
    "gru": (lambda: net_with(rnn=nn.GRU(5, 4)).state_dict(), "The layer 'rnn' is a GRU"),
    "rnn": (lambda: net_with(rnn=nn.RNN(5, 4)).state_dict(), "The layer 'rnn' is a plain RNN"),
    "bidirectional": (
        lambda: net_with(rnn=nn.LSTM(5, 4, bidirectional=True)).state_dict(), "'rnn' is bidirectional"
    ),
    "proj_size": (lambda: net_with(rnn=nn.LSTM(5, 4, proj_size=3)).state_dict(), "'rnn' has a proj_size"),
    "no w_x": (lambda: without(Net().state_dict(), "rnn.0.weight_ih_l0"), "weight_ih of layer 0 .* missing"),
    "no layer 0": (
        lambda: {name.replace("_l0", "_l1"): t for name, t in Net().state_dict().items()},
        "weight_ih of layer 0 of the LSTM 'rnn.0' is missing",
    ),
    "vector": (lambda: with_tensor("rnn.0.weight_hh_l0", 8), "weight_hh of layer 0 .* the shape \\(8,\\)"),
    "scalar": (lambda: with_tensor("rnn.0.bias_hh_l0"), "bias_hh of layer 0 .* the shape \\(\\)"),
    "rows": (lambda: with_tensor("rnn.0.weight_hh_l0", 30, 8), "weight_hh .* the shape \\(30, 8\\)"),
    "other rows": (lambda: with_tensor("rnn.0.weight_ih_l0", 28, 5), "weight_ih .* the shape \\(28, 5\\)"),
    "short bias": (lambda: with_tensor("rnn.0.bias_ih_l0", 31), "bias_ih .* the shape \\(31,\\)"),
    "short head bias": (lambda: with_tensor("decoder.bias", V - 1), "the softmax has 10 ids"),
    "checkpoint": (
        lambda: {"epoch": 3, "model_state_dict": Net().state_dict(), "optimizer": {"state": {}}},
        r"take its 'model_state_dict', as in from_pytorch\(checkpoint\['model_state_dict'\], vocab\)",
    ),
    "nested": (lambda: {"net": Net(), "ema": Net().state_dict()}, "take its 'net' or its 'ema'"),
    "number": (lambda: {"epoch": 3, "weights": {}}, "'epoch' is not a tensor but of type int"),
    "list": (lambda: {"w": [1.0]}, "'w' is not a tensor but of type list"),
    "key": (lambda: {3: torch.zeros(3)}, "has the key 3"),
    "text": (lambda: with_tensor("x") | {"decoder.bias": np.array(["a"] * V)}, "does not belong"),
    "strings": (lambda: Net().state_dict() | {"decoder.bias": np.array(["a"] * V)}, "numbers, not <U1"),
    "complex": (
        lambda: Net().state_dict() | {"decoder.bias": torch.zeros(V, dtype=torch.complex64)},
        "'decoder.bias' must hold floating-point numbers, not torch.complex64",
    ),
    "sparse": (
        lambda: Net().state_dict() | {"decoder.weight": torch.eye(V)[:, :8].to_sparse()},
        "'decoder.weight' cannot be read: ",
    ),
    "large": (
        lambda: Net().state_dict() | {"decoder.bias": np.full(V, 1e300)}, "not finite"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_STATES)
def test_another_state_dict_is_refused(name):
    make, match = REFUSED_STATES[name]
    with refused(match):
        from_pytorch(make(), VOCAB)


# Files.


@pytest.fixture
def file(tmp_path):
    return tmp_path / "net.safetensors"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("embedding", [None, 5])
def test_a_safetensors_file_holds_a_state_dict(file, same_model, embedding, dtype):
    net = Net((4,) * 11, embedding).to(dtype)
    save_file(net.state_dict(), file, {"format": "pt"})
    for path in (file, str(file)):
        same_model(from_pytorch(path, VOCAB), from_pytorch(net, VOCAB))


@pytest.mark.parametrize("head_bias", [True, False])
def test_a_file_of_tied_weights_lacks_one(file, same_model, head_bias):
    net = tied(head_bias=head_bias)
    save_model(net, file)  # it writes in the metadata which one
    same_model(from_pytorch(file, VOCAB), from_pytorch(net, VOCAB))


def test_the_metadata_replace_no_tensor(file, same_model):
    net = Net((5,), 5)
    save_file(net.state_dict(), file, {"encoder.weight": "decoder.weight", "title": "Emma"})
    same_model(from_pytorch(file, VOCAB), from_pytorch(net, VOCAB))


def test_a_file_without_metadata_or_with_an_empty_tensor(file, same_model):
    net = Net()
    save_file(net.state_dict() | {"empty": torch.zeros(0)}, file)
    same_model(from_pytorch(file, VOCAB), from_pytorch(net, VOCAB))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt", ".PT"])
def test_a_pickle_is_not_opened(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    torch.save(Net().state_dict(), path)
    with refused(f"net{suffix} is not opened, because a pickle can run any program: load it with PyTorch"):
        from_pytorch(path, VOCAB)


def test_a_missing_file_is_refused(tmp_path, file):
    for path in (file, "", "a\0b"):
        with refused("There is no file|is a folder, not a file"):
            from_pytorch(path, VOCAB)
    with refused("is a folder, not a file"):
        from_pytorch(tmp_path, VOCAB)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:4],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data[:8] + b"x" + data[9:],
        lambda data: data.replace(b'"shape":[11,5]', b'"shape":[99,5]'),
        lambda _: b"\x80\x04K\x01." + bytes(100),  # a pickle
    ],
)
def test_a_damaged_file_is_refused(file, damage):
    save_file(Net().state_dict(), file)
    data = damage(file.read_bytes())
    file.write_bytes(data)
    with refused("net.safetensors is not a valid safetensors file"):
        from_pytorch(file, VOCAB)


def test_a_huge_file_is_refused(file):
    with file.open("wb") as stream:
        stream.truncate(2**31 + 1)  # it takes no room on the disk
    with refused("net.safetensors is larger than 2 GiB"):
        from_pytorch(file, VOCAB)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool, torch.float8_e4m3fn])
def test_another_type_in_a_file_is_refused(file, dtype):
    save_file(Net().state_dict() | {"decoder.bias": torch.ones(V).to(dtype)}, file)
    with refused("The tensor 'decoder.bias' has the type "):
        from_pytorch(file, VOCAB)


def test_a_model_of_this_package_is_refused(file, random_model):
    save_safetensors(random_model(), file)
    with refused("is a model of this package, not of PyTorch: load_model reads it"):
        from_pytorch(file, VOCAB)


# The vocabulary.


def test_a_vocabulary_is_a_table_or_a_list():
    net = Net()
    table = {character: number for number, character in enumerate(VOCAB)}
    for vocab in (VOCAB, list(VOCAB), tuple(VOCAB), table):
        assert dict(from_pytorch(net, vocab).vocab) == table


def test_ids_without_a_character_and_the_card():
    model = from_pytorch(Net(), {"a": 0, "b": 1, "c": 2}, {"title": "Emma"})
    assert model.unused_ids.tolist() == list(range(3, V))
    assert model.card == {"title": "Emma", "ids_without_character": V - 3}


@pytest.mark.parametrize(
    ("vocab", "match"),
    [
        ("abca", "the character 'a' two ids, 0 and 3"),
        (["a", "bc"], "number 1 is 'bc'"),
        (["a", ["b"]], "must list single characters"),
        ([1, 2], "must list single characters"),
        (b"abc", "not be a bytes"),
        ({}, "The vocabulary is empty"),
        ("abc", "lists 3 characters, but the model has 11 ids: list all of them"),
        (VOCAB + "z", "lists 12 characters, but the model has 11 ids"),
        ({"a": 0, "b": 0}, "same id"),
        (None, "not be a NoneType"),
        (7, "not be a int"),
        ({"a", "b"}, "not be a set"),
    ],
)
def test_a_bad_vocabulary_is_refused(vocab, match):
    with refused(match):
        from_pytorch(Net(), vocab)


# To PyTorch.


@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(8,), (6, 6), (7, 3, 5)])
def test_pytorch_computes_what_the_engine_computes(random_model, units, embedding):
    model = random_model(units, embedding, VOCAB, scale=0.3)
    module = to_pytorch(model)
    ids = random_ids(3, 60)
    with torch.no_grad():
        first, state = module(ids[:, :25])
        second, state = module(ids[:, 25:], state)
    logits = torch.cat([first, second], dim=1)
    assert logits.shape == (3, 60, V)
    for row, expected in zip(ids, logits, strict=True):
        np.testing.assert_allclose(engine_logits(model, row), expected.numpy(), rtol=0, atol=1e-5)
    assert [tuple(part.shape for part in pair) for pair in state] == [((1, 3, n), (1, 3, n)) for n in units]


@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(8,), (7, 3, 5)])
def test_there_and_back(file, random_model, parts_of, units, embedding):
    model = random_model(units, embedding, vocab_size=12)
    module = to_pytorch(model)
    save_file(module.state_dict(), file)
    for source in (module, module.state_dict(), file):
        back = from_pytorch(source, model.vocab, model.card)
        assert dict(back.vocab) == dict(model.vocab)
        assert back.card == model.card
        assert parts_of(back).keys() == parts_of(model).keys()
        for name, array in parts_of(back).items():
            expected = parts_of(model)[name].copy()
            if name.startswith("bias"):
                units_here = array.size // 4
                forget = slice(2 * units_here, 3 * units_here)
                np.testing.assert_allclose(array[forget], expected[forget], rtol=0, atol=3e-7)
                expected[forget] = array[forget]
            assert array.tobytes() == expected.tobytes(), name


def test_from_there_and_back(same_model):
    model = from_pytorch(Net((6, 4)), VOCAB)
    once = from_pytorch(to_pytorch(model), VOCAB)
    same_model(from_pytorch(to_pytorch(once), VOCAB), once)


def test_the_module_can_be_trained_copied_and_pickled(random_model):
    before = torch.random.get_rng_state()
    module = to_pytorch(random_model((6, 4), 5, VOCAB))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert module.training
    ids = torch.arange(V)[None]
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):  # noqa: S301 - our own
        assert torch.equal(other(ids)[0], module(ids)[0])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        loss = nn.functional.cross_entropy(module(ids[:, :-1])[0][0], ids[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(parameter.grad is not None for parameter in module.parameters())
    logits = module(ids)[0][0].detach().numpy()
    own = engine_logits(from_pytorch(module, VOCAB), ids[0])
    np.testing.assert_allclose(own, logits, rtol=0, atol=1e-5)


# What is imported.


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_converters_imports_no_framework():
    code = "import lstm_widget.formats.pytorch, lstm_widget.formats.keras, sys, json\n"
    modules = set(json.loads(run(f"{code}print(json.dumps(sorted(sys.modules)))")))
    assert "lstm_widget.formats.keras" in modules
    assert not modules & {"torch", "keras", "h5py", "tensorflow", "jax"}


def test_a_file_is_read_without_pytorch(file):
    save_file(Net().bfloat16().state_dict(), file)
    code = f"""
import sys
sys.modules["torch"] = None
from lstm_widget.formats.pytorch import from_pytorch, to_pytorch
model = from_pytorch({str(file)!r}, {VOCAB!r})
try:
    from_pytorch(object(), "ab")
except ValueError as error:
    print(error)
try:
    to_pytorch(model)
except ImportError as error:
    print(error)
"""
    lines = run(code).splitlines()
    assert lines[0].endswith("not as object.")
    assert lines[1] == 'to_pytorch needs PyTorch: run  pip install "lstm-widget[train]"'
