"""Keras models: the engine computes what Keras computes, and what is no character LSTM is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from model_files import refused

from lstm_widget.formats import keras as converter
from lstm_widget.formats.keras import from_keras
from lstm_widget.network.engine import Engine

# Keras looks at it once, when it is imported for the first time; here TensorFlow is not installed.
os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import layers

# Keras asks PyTorch for arrays in a way that NumPy will not allow one day.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

VOCAB = "abcdefghij\n"
V = len(VOCAB)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Let PyTorch run on one thread: the networks are far too small to be split."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", autouse=True)
def on_pytorch():
    assert keras.config.backend() == "torch"


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(3)


def inputs(embedding):
    return keras.Input((None,), dtype="int32") if embedding else keras.Input((None, V))


def body(units=(8,), embedding=5, **options):
    """Return embedding, LSTM layers and dropout, with weights at random, also the biases."""
    options = {"return_sequences": True, "bias_initializer": "random_normal"} | options
    first = [layers.Embedding(V, embedding)] if embedding else []
    return [*first, *(layers.LSTM(count, **options) for count in units), layers.Dropout(0.5)]


def dense(**options):
    return layers.Dense(V, bias_initializer="random_normal", **options)


def sequential(*parts, embedding=5):
    return keras.Sequential([inputs(embedding), *parts])


def functional(*parts, embedding=5):
    start = tensor = inputs(embedding)
    for part in parts:
        tensor = part(tensor)
    return keras.Model(start, tensor)


def good(**options):
    return sequential(*body(**options), dense())


def assert_same_logits(net, model, *, softmax=False):
    """Compare with every step of what Keras predicts, logits or probabilities."""
    ids = np.random.default_rng(1).integers(0, V, 60)
    given = ids[None] if model.weights.embedding is not None else np.eye(V, dtype=np.float32)[ids][None]
    expected = keras.ops.convert_to_numpy(net(given, training=False))[0]
    lane = Engine(model.weights).lane()
    own = np.array([lane.step(number).copy() for number in ids.tolist()])
    assert own.shape == expected.shape
    if softmax:
        assert np.allclose(expected.sum(axis=-1), 1)
        expected, own = np.log(expected), torch.log_softmax(torch.from_numpy(own), -1).numpy()
    np.testing.assert_allclose(own, expected, rtol=0, atol=1e-5)


# The same logits.


@pytest.mark.parametrize("make", [sequential, functional])
@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(8,), (8, 8), (9, 4), (6, 11, 3)])
def test_the_engine_computes_what_keras_computes(units, embedding, make):
    net = make(*body(units, embedding), dense(), embedding=embedding)
    model = from_keras(net, VOCAB)
    assert [layer.units for layer in model.weights.layers] == list(units)
    assert_same_logits(net, model)
    assert dict(model.vocab) == {character: number for number, character in enumerate(VOCAB)}


@pytest.mark.parametrize(
    "make",
    [
        lambda: [dense(activation="softmax")],
        lambda: [dense(), layers.Softmax()],
        lambda: [dense(), layers.Activation("softmax")],
        lambda: [layers.TimeDistributed(dense(activation="softmax"))],
        lambda: [layers.TimeDistributed(dense()), layers.TimeDistributed(layers.Activation("softmax"))],
        lambda: [dense(), layers.Dropout(0.1), layers.Softmax()],
    ],
)
def test_softmax_in_every_place(make):
    net = sequential(*body((6, 4)), *make())
    assert_same_logits(net, from_keras(net, VOCAB), softmax=True)


@pytest.mark.parametrize(
    "options",
    [
        {"use_bias": False},
        {"unit_forget_bias": False},
        {"dropout": 0.2, "recurrent_dropout": 0.3},
        {"unroll": False, "stateful": False, "return_state": False},
    ],
)
def test_options_of_the_layers(options):
    net = good(units=(6, 4), **options)
    assert_same_logits(net, from_keras(net, VOCAB))


def test_a_head_without_bias_and_other_dropout():
    net = sequential(
        *body(), layers.SpatialDropout1D(0.3), dense(use_bias=False), layers.Activation("linear")
    )
    assert_same_logits(net, from_keras(net, VOCAB))


def test_layers_of_cells():
    cells = [layers.LSTMCell(n, bias_initializer="random_normal") for n in (6, 3, 4)]
    stacked = layers.RNN(layers.StackedRNNCells(cells[:2]), return_sequences=True)
    single = layers.RNN(cells[2], return_sequences=True)
    net = sequential(layers.Embedding(V, 5), stacked, single, dense())
    model = from_keras(net, VOCAB)
    assert [layer.units for layer in model.weights.layers] == [6, 3, 4]
    assert_same_logits(net, model)


def test_models_within_a_model():
    for inner in (sequential, functional):
        for outer in (sequential, functional):
            net = outer(inner(*body((6,))), layers.LSTM(4, return_sequences=True), dense())
            assert_same_logits(net, from_keras(net, VOCAB))


def test_a_class_that_computes_nothing_by_itself():
    net = called(Renamed(good().layers))
    assert_same_logits(net, from_keras(net, VOCAB))


def test_layers_are_taken_in_the_order_in_which_they_are_used():
    second, first = layers.LSTM(5, return_sequences=True), layers.LSTM(5, return_sequences=True)
    net = functional(layers.Embedding(V, 5), first, second, dense())
    assert_same_logits(net, from_keras(net, VOCAB))


@pytest.mark.parametrize(
    "table", [list(VOCAB), dict(enumerate(VOCAB)), {str(n): c for n, c in enumerate(VOCAB)}]
)
def test_a_vocabulary_in_any_form(table):
    assert dict(from_keras(good(), table).vocab) == {c: n for n, c in enumerate(VOCAB)}


def test_layers_that_another_model_uses_too():
    shared = [*body((6, 4)), dense()]
    functional(*shared, layers.Softmax())
    net = functional(*shared)
    functional(*shared, layers.Dense(2))
    assert_same_logits(net, from_keras(net, VOCAB))


def test_a_network_that_reads_a_window_and_predicts_one_character():
    net = sequential(layers.Embedding(V, 5), layers.LSTM(4, return_sequences=True), layers.LSTM(3), dense())
    ids = [3, 1, 4, 1, 5]
    lane = Engine(from_keras(net, VOCAB).weights).lane()
    for number in ids:
        logits = lane.step(number)
    expected = keras.ops.convert_to_numpy(net(np.array([ids])))[0]
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)


def test_the_output_of_a_layer_that_also_gives_its_state():
    tensor = start = inputs(5)
    tensor = layers.Embedding(V, 5)(tensor)
    tensor, _, _ = layers.LSTM(6, return_sequences=True, return_state=True)(tensor)
    net = keras.Model(start, dense()(tensor))
    assert_same_logits(net, from_keras(net, VOCAB))


def test_a_model_that_was_trained():
    net = good()
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = np.arange(40).reshape(4, 10) % V
    net.fit(ids, (ids + 1) % V, epochs=2, verbose=0)
    assert_same_logits(net, from_keras(net, VOCAB))


# Types of numbers.


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16", "mixed_bfloat16"])
def test_other_types_of_numbers_become_float32(dtype):
    net = sequential(
        layers.Embedding(V, 5, dtype=dtype),
        # Keras has no orthogonal matrices of two bytes per number.
        layers.LSTM(4, return_sequences=True, dtype=dtype, recurrent_initializer="random_normal"),
        dense(dtype=dtype),
    )
    weights = from_keras(net, VOCAB).weights
    kernel = keras.ops.convert_to_numpy(keras.ops.cast(net.layers[1].cell.kernel, "float32"))
    np.testing.assert_array_equal(weights.layers[0].kernel[:5, 4:8], kernel[:, 8:12])  # j is c there
    assert weights.layers[0].kernel.dtype == np.float32


def test_the_forget_bias_is_rounded_once():
    net = good(units=(2,), dtype="float64", bias_initializer="zeros")
    cell = net.layers[1].cell
    cell.bias.assign(np.array([0, 0, 1 + 1e-9, 1 + 1e-12, 0, 0, 0, 0]))
    np.testing.assert_allclose(from_keras(net, VOCAB).weights.layers[0].bias[4:6], [1e-9, 1e-12], rtol=1e-3)


def test_an_adapted_head_counts_as_it_is():
    net = good()
    net.layers[-1].enable_lora(2)
    net.layers[-1].lora_kernel_b.assign(np.full((2, V), 0.5))
    assert_same_logits(net, from_keras(net, VOCAB))


# What a model may not hold.


def branch(join):
    start = inputs(5)
    one = layers.Embedding(V, 5)(start)
    two = layers.LSTM(5, return_sequences=True)(one)
    return keras.Model(start, dense()(join(one, two)))


def given(**make):
    """Return a model whose LSTM is called with something else besides its input."""
    start = inputs(5)
    tensor = layers.Embedding(V, 5)(start)
    more = {name: function(tensor) for name, function in make.items()}
    return keras.Model(start, dense()(layers.LSTM(3, return_sequences=True)(tensor, **more)))


def zeros(_):
    return [keras.ops.zeros((1, 3)), keras.ops.zeros((1, 3))]


def from_the_text(tensor):
    return [tensor[:, 0, :3], tensor[:, 0, :3]]


def on_the_state():
    start = inputs(5)
    _, _, c = layers.LSTM(3, return_state=True)(layers.Embedding(V, 5)(start))
    return keras.Model(start, dense()(c))


def two_outputs():
    start = inputs(5)
    tensor, h, _ = layers.LSTM(3, return_state=True)(layers.Embedding(V, 5)(start))
    return keras.Model(start, [dense()(tensor), h])


def with_a_formula():
    start = inputs(5)
    tensor = layers.LSTM(3, return_sequences=True)(layers.Embedding(V, 5)(start))
    return keras.Model(start, dense()(keras.ops.relu(tensor)))


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = good()

    def call(self, ids):
        return self.net(ids)


class ScaledSequential(keras.Sequential):
    def call(self, inputs, **options):
        return 0.8 * super().call(inputs, **options)


class ScaledModel(keras.Model):
    def call(self, inputs, **options):
        return 0.8 * super().call(inputs, **options)


class Renamed(keras.Sequential):
    """A class of somebody's that computes nothing by itself."""


def called(net):
    net(np.zeros((1, 3), dtype="int32"))
    return net


class OwnLSTM(layers.LSTM):
    pass


class OwnCell(layers.LSTMCell):
    pass


def over(*between, **options):
    """Return a good model with other layers under the head."""
    return sequential(*body(**options), *between, dense())


def quantized():
    net = good()
    net.layers[-1].quantize("int8")
    return net


def filled(value):
    net = good()
    net.layers[-1].kernel.assign(np.full((8, V), value))
    return net


ONLY = ": only Embedding, LSTM, dropout, Dense and softmax can be run"
REFUSED = {
    "bidirectional": (lambda: over(layers.Bidirectional(layers.LSTM(3))), f"is a Bidirectional{ONLY}"),
    "gru": (lambda: over(layers.GRU(3, name="g")), f"The layer 'g' is a GRU{ONLY}"),
    "rnn": (lambda: over(layers.SimpleRNN(3)), f"is a SimpleRNN{ONLY}"),
    "conv": (lambda: over(layers.Conv1D(3, 2)), f"is a Conv1D{ONLY}"),
    "norm": (lambda: over(layers.LayerNormalization()), f"is a LayerNormalization{ONLY}"),
    "lambda": (lambda: over(layers.Lambda(lambda x: x, output_shape=(None, 8))), f"is a Lambda{ONLY}"),
    "masking": (lambda: over(layers.Masking()), f"is a Masking{ONLY}"),
    "wrapped": (
        lambda: over(layers.TimeDistributed(layers.LayerNormalization())), f"is a TimeDistributed{ONLY}"
    ),
    "own class": (lambda: over(OwnLSTM(3)), f"is a OwnLSTM{ONLY}"),
    "gru cell": (lambda: over(layers.RNN(layers.GRUCell(3), name="r")), "cell of the layer 'r' is a GRUCell"),
    "own cell": (lambda: over(layers.RNN([layers.LSTMCell(3), OwnCell(3)])), f"is a OwnCell{ONLY}"),
    "mask_zero": (
        lambda: sequential(layers.Embedding(V, 5, mask_zero=True, name="e"), layers.LSTM(3), dense()),
        "The embedding 'e' leaves out the id 0",
    ),
    "backwards": (lambda: good(go_backwards=True), "LSTM 'lstm.*' reads backwards"),
    "backwards cells": (
        lambda: over(layers.RNN(layers.LSTMCell(3), go_backwards=True)), "RNN 'rnn.*' reads backwards"
    ),
    "relu": (lambda: good(activation="relu"), "has other activations than tanh and sigmoid"),
    "hard sigmoid": (lambda: good(recurrent_activation="hard_sigmoid"), "has other activations than tanh"),
    "relu cell": (lambda: over(layers.RNN(layers.LSTMCell(3, activation="relu"))), "has other activations"),
    "two dense": (lambda: sequential(*body(), layers.Dense(4), dense()), "Dropout, Dense, Dense do not form"),
    "no dense": (lambda: sequential(*body()), "Embedding, LSTM, Dropout do not form a character LSTM"),
    "no lstm": (lambda: sequential(layers.Embedding(V, 5), dense()), "Embedding, Dense do not form"),
    "dense below": (
        lambda: sequential(layers.Embedding(V, 5), layers.Dense(5), *body(embedding=None), dense()),
        "The layers Embedding, Dense, LSTM, Dropout, Dense do not form",
    ),
    "softmax below": (lambda: over(layers.Softmax()), "LSTM, Dropout, Softmax, Dense do not form"),
    "activated head": (lambda: sequential(*body(), dense(activation="relu", name="d")),
                       "The Dense 'd' has the activation 'relu': only softmax or none"),
    "activation": (lambda: sequential(*body(), dense(), layers.Activation("tanh")), "the activation 'tanh'"),
    "two softmaxes": (
        lambda: sequential(*body(), dense(activation="softmax"), layers.Softmax(name="s")),
        "The softmax 's' must be the only one",
    ),
    "softmax over time": (lambda: sequential(*body(), dense(), layers.Softmax(axis=1)), "be the only one"),
    "sum": (lambda: branch(lambda one, two: layers.Add()([one, two])), "The Add 'add.*' has several inputs"),
    "join": (lambda: branch(lambda one, two: layers.Concatenate()([one, two])), "Concatenate .* has several"),
    "formula": (with_a_formula, f"is a ReLU{ONLY}|is a Relu{ONLY}"),
    "state": (lambda: given(initial_state=zeros), "The LSTM 'lstm.*' has several inputs .* zero state"),
    "state of the text": (lambda: given(initial_state=from_the_text), "The LSTM 'lstm.*' has several inputs"),
    "mask": (lambda: given(mask=lambda x: x[:, :, 0] > 0), "The LSTM 'lstm.*' has several inputs"),
    "constant mask": (lambda: given(mask=lambda _: np.ones((1, 4), bool)), "has several inputs"),
    "output of the state": (on_the_state, "The LSTM 'lstm.*' has several inputs or outputs"),
    "two outputs": (two_outputs, "The Functional is not a chain of layers: give a Sequential or functional"),
    "subclass": (Subclass, "The Subclass has a call of its own"),
    "called subclass": (lambda: called(Subclass()), "The Subclass has a call of its own"),
    "own call of a sequence": (
        lambda: ScaledSequential(good().layers), "The ScaledSequential has a call of its own"
    ),
    "own call of a graph": (
        lambda: ScaledModel(net := good().inputs, good()(net)), "The ScaledModel has a call of its own"
    ),
    "own call within": (
        lambda: sequential(ScaledSequential(body()), dense()), "The ScaledSequential has a call of its own"
    ),
    "unbuilt": (lambda: keras.Sequential([*body(), dense()]), "no weights yet: call the model on some text"),
    "quantized": (quantized, "is quantized: give the model as it was before"),
    "nan": (lambda: filled(np.nan), "not finite"),
    "sizes": (lambda: sequential(layers.Embedding(12, 5), layers.LSTM(3), dense()), "embedding has 12 rows"),
    "inputs": (
        lambda: keras.Sequential([keras.Input((None, 4)), layers.LSTM(3), dense()]),
        "Layer 0 reads 4 inputs, but it is given 11; is the embedding missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_another_model_is_refused(name):
    make, match = REFUSED[name]
    with refused(match):
        from_keras(make(), VOCAB)


def test_a_model_is_built_by_a_call():
    net = called(keras.Sequential([*body(), dense()]))
    assert_same_logits(net, from_keras(net, VOCAB))


@pytest.mark.parametrize("source", [None, 3, b"net.keras", layers.LSTM(3), torch.nn.LSTM(3, 3)])
def test_something_else_is_refused(source):
    with refused("is given as a keras.Model or the path of a .keras file, not as"):
        from_keras(source, VOCAB)


def test_an_old_keras_is_refused(monkeypatch):
    monkeypatch.setattr(keras, "__version__", "2.15.0")
    with refused("Keras 2.15.0 is too old: open the model with Keras 3"):
        from_keras(good(), VOCAB)


# The vocabulary.


def test_the_vocabulary_and_the_card():
    model = from_keras(good(), {"a": 0, "b": 1, "c": 2}, {"title": "Emma"})
    assert dict(model.vocab) == {"a": 0, "b": 1, "c": 2}
    assert model.card == {"title": "Emma", "ids_without_character": V - 3}
    with refused("lists 3 characters, but the model"):
        from_keras(good(), list("abc"))
    with refused("'a' two ids, 0 and 3"):
        from_keras(good(), "abca")
    with refused("not be a NoneType"):
        from_keras(good(), None)


# Files.


@pytest.fixture
def file(tmp_path):
    return tmp_path / "net.keras"


@pytest.mark.parametrize(
    "make",
    [
        good,
        lambda: good(kernel_regularizer="l2", recurrent_constraint="max_norm", dropout=0.1),
        lambda: functional(*body((6, 4), None), dense(activation="softmax"), embedding=None),
        lambda: functional(sequential(*body()), layers.TimeDistributed(dense()), layers.Softmax()),
        lambda: over(layers.RNN([layers.LSTMCell(3), layers.LSTMCell(4)], return_sequences=True)),
        lambda: sequential(
            *body(dtype="float64"), layers.SpatialDropout1D(0.1), dense(dtype="mixed_float16")
        ),
    ],
)
def test_a_file_holds_a_model(file, same_model, make):
    net = make()
    net.compile("adam", "mse", metrics=["accuracy"])
    net.save(file)
    for path in (file, str(file)):
        same_model(from_keras(path, VOCAB), from_keras(net, VOCAB))


def test_another_kind_of_file_is_refused(tmp_path):
    for name in ("net.h5", "net.weights.h5", "net", "net.tf"):
        with refused(f"{name} is not a .keras file: load it with Keras and give the model"):
            from_keras(tmp_path / name, VOCAB)


def test_a_missing_file_is_refused(tmp_path, file):
    with refused("There is no file"):
        from_keras(file, VOCAB)
    (tmp_path / "folder.keras").mkdir()
    with refused("is a folder, not a file"):
        from_keras(tmp_path / "folder.keras", VOCAB)


def contents(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(file, entries):
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:100],
        lambda data: data[:-30],
        lambda data: data.replace(b"Sequential", b"sequential"),  # the checksum is wrong
        lambda _: b"\x89HDF\r\n\x1a\n" + bytes(100),
        lambda _: b"\x80\x04K\x01." + bytes(100),  # a pickle
    ],
)
def test_a_damaged_file_is_refused(file, damage):
    good().save(file)
    file.write_bytes(damage(file.read_bytes()))
    with refused("net.keras is not a valid .keras file"):
        from_keras(file, VOCAB)


@pytest.mark.parametrize(
    ("config", "match"),
    [
        (None, "net.keras is not a valid .keras file: .*config.json"),
        (b"{", "config.json in net.keras is not valid JSON"),
        (b"[" * 100_000, "config.json in net.keras is not valid JSON"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b"3", "Keras cannot open"),
        (b"null", "not as NoneType|Keras cannot open"),
        (b"{}", "not as dict|Keras cannot open"),
        (b'{"class_name": "Sequential", "config": {}}', "Keras cannot open net.keras: "),
    ],
)
def test_a_bad_description_is_refused(file, config, match):
    good().save(file)
    entries = contents(file)
    del entries["config.json"]
    write(file, entries if config is None else entries | {"config.json": config})
    with refused(match):
        from_keras(file, VOCAB)


def test_weights_of_other_sizes_or_none_are_refused(file):
    good(units=(4,)).save(file)
    other = contents(file)["model.weights.h5"]
    good(units=(6,)).save(file)
    entries = contents(file)
    for weights in (other, b"", b"\x89HDF\r\n\x1a\n" + bytes(100)):
        write(file, entries | {"model.weights.h5": weights})
        with refused("Keras cannot open net.keras: "):
            from_keras(file, VOCAB)
    del entries["model.weights.h5"]
    write(file, entries)
    with refused("Keras cannot open net.keras: "):
        from_keras(file, VOCAB)


@pytest.mark.parametrize("name", ["assets/x", "model.weights.npz", "../evil", "config.json/", "/config.json"])
def test_another_entry_is_refused(file, name):
    good().save(file)
    write(file, contents(file) | {name: b""})
    with refused("net.keras holds more than config.json, metadata.json, model.weights.h5"):
        from_keras(file, VOCAB)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_twice_is_refused(file):
    good().save(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("config.json", b"{}")
    with refused("once each"):
        from_keras(file, VOCAB)


def test_a_huge_file_is_refused(file, monkeypatch):
    good().save(file)
    entries = contents(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    unpacked = sum(map(len, entries.values()))
    assert file.stat().st_size < unpacked
    for limit, size in (("MAX_MODEL_BYTES", unpacked - 1), ("MAX_JSON_BYTES", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(converter, limit, size)
            with refused("net.keras unpacks to more than any character LSTM"):
                from_keras(file, VOCAB)
    assert from_keras(file, VOCAB).vocab_size == V
    with file.open("wb") as stream:
        stream.truncate(2**31 + 1)  # it takes no room on the disk
    with refused("net.keras is larger than 2 GiB"):
        from_keras(file, VOCAB)


def test_a_file_of_a_model_without_weights_is_refused(file):
    with pytest.warns(UserWarning, match="not yet been built"):
        keras.Sequential([*body(), dense()]).save(file)
    with refused("has no weights yet"):
        from_keras(file, VOCAB)


# A file asks Keras to make things; what no character LSTM needs is not even shown to it.


@pytest.fixture
def never_loaded(monkeypatch):
    def fail(*_, **__):
        pytest.fail("Keras has seen the file.")

    monkeypatch.setattr(keras.saving, "load_model", fail)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: over(layers.Lambda(lambda x: x)), "Lambda"),
        (lambda: over(layers.GRU(3)), "GRU"),
        (lambda: over(layers.Bidirectional(layers.LSTM(3))), "Bidirectional"),
        (lambda: over(OwnLSTM(3)), "OwnLSTM"),
        (Subclass, "Subclass"),
        (lambda: good(activation=zeros), "function"),
        (lambda: branch(lambda one, two: layers.Add()([one, two])), "Add"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("never_loaded")
def test_a_file_that_asks_for_another_class_is_refused(file, make, kind):
    make().save(file)
    with refused(f"The model in net.keras holds a {kind}: only Embedding"):
        from_keras(file, VOCAB)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_function_in_a_file_is_refused(file):
    good(activation=lambda x: x).save(file)  # Keras writes it without a class
    with refused("Keras cannot open net.keras: "):
        from_keras(file, VOCAB)


@pytest.mark.parametrize(
    "evil",
    [
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "builtins", "class_name": "function", "config": "exec"},
        {"module": "keras.utils", "class_name": "function", "config": "get_file"},
        {"module": "keras.initializers", "class_name": "function", "config": "deserialize"},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "x"}},
        {"module": "somewhere", "class_name": "Dense", "config": {}},
        {"module": "kerastic", "class_name": "Dense", "config": {}},
        {"module": ["keras"], "class_name": "Dense", "config": {}},
        {"class_name": "__lambda__", "config": {"value": ""}},
        {"class_name": ["Dense"], "config": {}},
        {"class_name": None, "config": {}},
    ],
)
@pytest.mark.parametrize("place", ["activation", "kernel_initializer", "compile_config", "deep"])
@pytest.mark.usefixtures("never_loaded")
def test_a_file_that_asks_for_a_program_is_refused(file, evil, place):
    good().save(file)
    entries = contents(file)
    config = json.loads(entries["config.json"])
    layer = config["config"]["layers"][-1]
    if place == "compile_config":  # of a layer: that of the whole model is left out anyway
        layer[place] = {"optimizer": evil}
    else:
        layer["config"][place] = [{"x": [evil]}] if place == "deep" else evil
    write(file, entries | {"config.json": json.dumps(config)})
    with refused("The model in net.keras holds a .*: only Embedding"):
        from_keras(file, VOCAB)


# Keras itself.


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


READ = """
from lstm_widget.formats.keras import from_keras
try:
    print(from_keras({file!r}, {vocab!r}))
except ValueError as error:
    print(error)
"""


def test_a_file_needs_keras_and_its_backend(file):
    good().save(file)
    code = READ.format(file=str(file), vocab=VOCAB)
    assert "Keras cannot be imported" in run("import sys; sys.modules['keras'] = None" + code)
    missing = run(code, KERAS_BACKEND="nonsense")
    assert "nonsense" in missing
    assert missing.count("\n") == 1
    assert run(code).startswith("CharLSTM(1 layer of 8 units")


def test_importing_the_converter_imports_no_framework():
    code = "import lstm_widget.formats.keras, sys, json; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run(code)))
    assert "lstm_widget.formats.keras" in modules
    assert not modules & {"keras", "torch", "h5py", "tensorflow", "jax"}
