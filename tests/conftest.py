"""What several test files share: models, and independent ways to run and to write them."""

from __future__ import annotations

import json
import os
import signal
import warnings
from functools import cache
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from lstm_widget.formats.p5ml import load_p5ml
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

# What is tested computes with NumPy unless it says otherwise: Numba joins in when it is ready, which is a
# matter of time.
os.environ["LSTM_WIDGET_MATH"] = os.environ.get("LSTM_WIDGET_MATH", "numpy")

# A shell that starts the tests in the background has them, and the programs they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Trained by others, so they lie beside the project and not in it.
SHARED_MODELS = Path(__file__).parents[1].parent / "shared" / "models"

# The same examples every time: a failure can be repeated, and a slow machine is no failure.
hypothesis.settings.register_profile("lstm_widget", derandomize=True, deadline=None, max_examples=200)
hypothesis.settings.load_profile("lstm_widget")


# The published models.


@pytest.fixture(scope="session")
def shared_models():
    """Return the folder of the published models."""
    if not SHARED_MODELS.is_dir():
        pytest.skip(f"The published models are not on this machine: there is no {SHARED_MODELS}.")
    return SHARED_MODELS


@pytest.fixture(scope="session")
def published(shared_models):
    """Return a function that loads a published model by name, once."""

    @cache
    def load(name):
        with warnings.catch_warnings():
            # That the vocabulary of shakespeare is repaired is told, and tested, in test_p5ml_reading.py.
            warnings.simplefilter("ignore")
            return load_p5ml(shared_models / name)

    return load


@pytest.fixture(scope="session")
def golden(shared_models):
    """Return a function that gives what TensorFlow.js computes for a published model."""
    return lambda name: json.loads((shared_models / name / "golden.json").read_text(encoding="utf-8"))


# Small random models.


def _random_model(
    units=(6,), embedding=None, characters="abcdefgh", vocab_size=None, random_seed=0, scale=1.0, card=None
):
    """Return a model with `units` per layer; ids are dealt out to the characters in a random order."""
    random = np.random.default_rng(random_seed)
    size = len(characters) if vocab_size is None else vocab_size

    def normal(*shape):
        return (scale * random.standard_normal(shape)).astype(np.float32)

    layers, width = [], size if embedding is None else embedding
    for count in units:
        layers.append(LSTMLayer(normal(width + count, 4 * count), normal(4 * count)))
        width = count
    weights = Weights(
        tuple(layers),
        normal(width, size),
        normal(size),
        None if embedding is None else normal(size, embedding),
    )
    ids = random.permutation(size)[: len(characters)].tolist()
    return CharLSTM(weights, dict(zip(characters, ids, strict=True)), card)


@pytest.fixture(scope="session")
def random_model():
    """Return the function that makes a small random model; see `_random_model`."""
    return _random_model


@pytest.fixture(scope="session")
def parts_of():
    """Return a function that lists the arrays of a model by a plain name."""

    def parts(model):
        weights = model.weights
        arrays = {"softmax_w": weights.softmax_w, "softmax_b": weights.softmax_b}
        for number, layer in enumerate(weights.layers):
            arrays |= {f"kernel {number}": layer.kernel, f"bias {number}": layer.bias}
        return arrays if weights.embedding is None else arrays | {"embedding": weights.embedding}

    return parts


@pytest.fixture(scope="session")
def same_model(parts_of):
    """Return a function that asserts that two models have the same weights, bit by bit, and vocabulary."""

    def check(one, other):
        first, second = parts_of(one), parts_of(other)
        assert first.keys() == second.keys()
        for name, array in first.items():
            assert array.shape == second[name].shape, name
            assert array.tobytes() == second[name].tobytes(), name
        assert dict(one.vocab) == dict(other.vocab)

    return check


# The network, slowly.


class SlowNetwork:
    """The formulas of COMPAT.md, line by line, in float64."""

    def __init__(self, model):
        weights = model.weights
        self.model = model
        self.layers = [
            (layer.kernel.astype(np.float64), layer.bias.astype(np.float64)) for layer in weights.layers
        ]
        self.softmax_w = weights.softmax_w.astype(np.float64)
        self.softmax_b = weights.softmax_b.astype(np.float64)
        one_hot = np.eye(weights.softmax_b.size)
        self.rows = one_hot if weights.embedding is None else weights.embedding.astype(np.float64)
        self.h = [np.zeros(bias.size // 4) for _, bias in self.layers]
        self.c = [np.zeros(bias.size // 4) for _, bias in self.layers]

    def step(self, number):
        """Read the character with that id; return the logits of the next one."""
        x = self.rows[number]
        for n, (kernel, bias) in enumerate(self.layers):
            z = np.concatenate([x, self.h[n]]) @ kernel + bias
            i, j, f, o = np.split(z, 4)
            self.c[n] = _sigmoid(f + 1.0) * self.c[n] + _sigmoid(i) * np.tanh(j)
            self.h[n] = _sigmoid(o) * np.tanh(self.c[n])
            x = self.h[n]
        return x @ self.softmax_w + self.softmax_b

    def read(self, text):
        """Read a text; return the logits after its last character."""
        for character in text:
            logits = self.step(self.model.vocab[character])
        return logits

    def greedy(self, seed, length):
        """Return the `length` most likely characters after `seed`, one after the other."""
        names = {number: character for character, number in self.model.vocab.items()}
        text, logits = "", self.read(seed)
        for _ in range(length):
            best = max(names, key=lambda number: logits[number])
            text += names[best]
            logits = self.step(best)
        return text


def _sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


@pytest.fixture(scope="session")
def slow_network():
    """Return the class `SlowNetwork`."""
    return SlowNetwork


# Training.


@pytest.fixture(scope="module")
def one_thread():
    """Let PyTorch run on one thread: the networks of the tests are far too small to be split."""
    import torch  # noqa: PLC0415 - most tests do without

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# A p5ML folder, written by hand.


@pytest.fixture(scope="session")
def name_variables(parts_of):
    """Return a function that names the arrays of a model as somebody's training program did."""

    def name(
        model,
        kernel="rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/kernel",
        bias="rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/bias",
        softmax_w="rnnlm/softmax_w",
        softmax_b="rnnlm/softmax_b",
        embedding="embedding",
    ):
        patterns = {"kernel": kernel, "bias": bias}
        fixed = {"softmax_w": softmax_w, "softmax_b": softmax_b, "embedding": embedding}
        variables = {}
        for part, array in parts_of(model).items():
            what, _, number = part.partition(" ")
            variables[patterns[what].format(number) if number else fixed[what]] = array
        return variables

    return name


@pytest.fixture(scope="session")
def write_folder():
    """Return a function that writes variables and vocabulary as a p5ML folder, without the package's help.

    File names are numbers: whoever builds them from the variables' names does not find them.
    """

    def write(folder, variables, vocab, vocab_file="vocab.json"):
        folder.mkdir(parents=True)
        manifest = {}
        for number, (name, values) in enumerate(variables.items()):
            array = np.asarray(values, dtype="<f4")
            (folder / f"file{number}").write_bytes(array.tobytes("C"))
            manifest[name] = {"filename": f"file{number}", "shape": list(array.shape)}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        if vocab is not None:
            (folder / vocab_file).write_text(json.dumps(vocab), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def model():
    """Return a small model of two layers; a test file may have another one."""
    return _random_model((4, 3), embedding=5, characters="abcdefgh")


@pytest.fixture
def folder(tmp_path, model, name_variables, write_folder):
    """Return the sound p5ML folder of `model`, to be damaged."""
    return write_folder(tmp_path / "sound", name_variables(model), dict(model.vocab))
