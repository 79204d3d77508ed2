"""A folder that was written here, read the way ml5.js reads it, by TensorFlow.js in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lstm_widget import LSTMGenerator, load_model, save_model
from lstm_widget.network.engine import Engine

JS = Path(__file__).parents[1] / "js"
PUBLISHED = {
    "bolano": ["The road", "a", "dónde está “"],
    "darwin": ["On the origin of", "a", "Natural selection"],
    "itp": ["a", "itp"],
    "shakespeare": ["ROMEO:", "The meaning of life is", "a"],
}
CASES = [(name, seed) for name, seeds in PUBLISHED.items() for seed in seeds]
# What ml5.js has no name for, or takes for something else; see the script.
ANY = {"itp": ["--any"]}


@pytest.fixture(scope="session")
def charrnn():
    """Return a function that runs the script and returns what it prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("TensorFlow.js needs Node: there is no program `node` on this machine.")
    if not (JS / "node_modules" / "@tensorflow").is_dir():
        pytest.skip("TensorFlow.js is not installed: run `npm ci` in js/.")

    def run(*arguments):
        command = [node, JS / "tests" / "ml5-charrnn.mjs", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()  # bytes till here: a text mode would change the line ends

    return run


@pytest.fixture(scope="session")
def logits_of(charrnn):
    """Return a function that gives the logits after each of the ids, computed by TensorFlow.js."""
    return lambda folder, ids, *flags: np.array(
        json.loads(charrnn("logits", folder, json.dumps(list(map(int, ids))), *flags)), dtype=np.float32
    )


@pytest.fixture(scope="session")
def written(published, tmp_path_factory):
    """Return a function that gives the folder of a published model as this package writes it."""
    folder = tmp_path_factory.mktemp("written")

    def write(name):
        return folder / name if (folder / name).exists() else save_model(published(name), folder / name)

    return write


def ours(model, ids):
    lane = Engine(model.weights).lane()
    return np.array([lane.step(int(number)).copy() for number in ids])


def some_ids(model):
    return np.random.default_rng(5).integers(model.vocab_size, size=40)


def greedy(model, seed, length):
    return LSTMGenerator(model).generate(seed=seed, length=length, temperature=0)


def as_ml5_spells(text, model, folder):
    """Put each character as the folder's vocabulary has it: that of shakespeare is damaged as published."""
    vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    spelled = {number: key for key, number in vocab.items()}
    return "".join(spelled[number] for number in model.encode(text))


# Published models.


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_ml5_computes_the_logits_of_a_published_model(published, golden, written, logits_of, name, seed):
    model = published(name)
    ids = model.encode(seed)
    logits = logits_of(written(name), ids, *ANY.get(name, []))
    np.testing.assert_allclose(logits, ours(model, ids), rtol=0, atol=1e-4)
    expected = next(case["logits"] for case in golden(name)["cases"] if case["seed"] == seed)
    np.testing.assert_allclose(logits[-1], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", PUBLISHED)
def test_ml5_writes_the_text_of_a_published_model(published, golden, written, charrnn, name):
    model, folder, case = published(name), written(name), golden(name)["cases"][0]
    text = charrnn("greedy", folder, case["seed"], 80, *ANY.get(name, []))
    assert text == as_ml5_spells(case["greedy_80"], model, folder)
    assert text == as_ml5_spells(greedy(model, case["seed"], 80), model, folder)


# Other models.


@pytest.mark.parametrize("random_seed", range(2))
@pytest.mark.parametrize(("units", "embedding"), [((6, 6), 4), ((9, 5), 3), ((5, 8), None)])
def test_ml5_runs_a_model_of_two_layers(
    random_model, tmp_path, charrnn, logits_of, units, embedding, random_seed
):
    model = random_model(units, embedding, random_seed=random_seed)
    folder, ids = save_model(model, tmp_path / "model"), some_ids(model)
    expected = ours(model, ids)
    np.testing.assert_allclose(logits_of(folder, ids), expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(logits_of(folder, ids, "--any"), logits_of(folder, ids))
    assert charrnn("greedy", folder, "cab", 60) == greedy(model, "cab", 60)


# The calls of ml5.js with the top layer in place of h[1], and an id for each column of the softmax.
@pytest.mark.parametrize(
    ("units", "embedding", "vocab_size"),
    [((6,), None, None), ((7,), 3, None), ((4, 9, 6), 5, None), ((3, 2, 4), None, None), ((5, 6), 4, 11)],
)
def test_tensorflow_runs_what_ml5_itself_does_not(
    random_model, tmp_path, logits_of, units, embedding, vocab_size
):
    model = random_model(units, embedding, vocab_size=vocab_size)
    folder, ids = save_model(model, tmp_path / "model"), some_ids(model)
    np.testing.assert_allclose(logits_of(folder, ids, "--any"), ours(model, ids), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "setting", [{"units": (6,)}, {"units": (6, 6), "vocab_size": 11}], ids=["one layer", "spare ids"]
)
def test_what_ml5_itself_cannot_run(random_model, tmp_path, charrnn, setting):
    folder = save_model(random_model(**setting), tmp_path / "model")
    with pytest.raises(RuntimeError, match=r"matMul|MatMul"):
        charrnn("logits", folder, "[0, 1]")


@pytest.mark.parametrize("characters", ["az09\r\n <>", "é“”ñ\u0308 \U0001f600漢\\\"'/", "\0\u2028\ud7ff__ab"])
def test_ml5_reads_every_character(random_model, tmp_path, charrnn, characters):
    characters = "".join(sorted(set(characters)))
    model = random_model((6, 6), 4, characters=characters)
    seed = characters.replace("\0", "")  # no argument of a program can hold it
    text = charrnn("greedy", save_model(model, tmp_path / "model"), seed, 40)
    assert text == greedy(model, seed, 40)


# Models that were stored otherwise in between.


@pytest.mark.parametrize("embedding", [4, None])
def test_ml5_runs_a_model_that_was_a_safetensors_file(random_model, tmp_path, charrnn, logits_of, embedding):
    model = random_model((6, 7), embedding, card={"title": "Äpfel", "trained_on": "nothing"})
    stored = load_model(save_model(model, tmp_path / "model.safetensors"))
    folder, ids = save_model(stored, tmp_path / "model"), some_ids(model)
    np.testing.assert_allclose(logits_of(folder, ids), ours(model, ids), rtol=0, atol=1e-5)
    assert charrnn("greedy", folder, "cab", 60) == greedy(model, "cab", 60)


@pytest.mark.parametrize("name", PUBLISHED)
def test_ml5_runs_a_published_model_that_was_a_safetensors_file(published, tmp_path, logits_of, name):
    model = published(name)
    ids = model.encode(PUBLISHED[name][0])
    stored = load_model(save_model(model, tmp_path / "model.safetensors"))
    logits = logits_of(save_model(stored, tmp_path / "model"), ids, *ANY.get(name, []))
    np.testing.assert_allclose(logits, ours(model, ids), rtol=0, atol=1e-4)
