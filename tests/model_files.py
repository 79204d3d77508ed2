"""What the tests of the formats share."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

from lstm_widget.errors import ModelError
from lstm_widget.formats.p5ml import load_p5ml, save_p5ml

PUBLISHED = ["bolano", "darwin", "itp", "shakespeare"]
# The seeds in golden.json; written here so that the tests are counted without it.
SEEDS = {
    "bolano": ["The road", "a", "dónde está “"],
    "darwin": ["On the origin of", "a", "Natural selection"],
    "itp": ["a", "itp"],
    "shakespeare": ["ROMEO:", "The meaning of life is", "a"],
}
CASES = [(name, seed) for name, seeds in SEEDS.items() for seed in seeds]
CELL = "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell"


def refused(match=""):
    """Expect a `ModelError` whose text is one line."""
    return pytest.raises(ModelError, match=rf"\A[^\n]*{match}[^\n]*\Z")


@contextmanager
def little_memory(limit=2**22):
    """Assert that what happens here takes less than so many bytes at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def change_manifest(folder, change):
    """Let `change` work on the manifest and write it back."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


def check_names(folder, model, variables, same_model):
    """Assert that the folder is read as `model` and written with the same variables."""
    read = load_p5ml(folder)
    same_model(read, model)
    copy = save_p5ml(read, folder.parent / "copy")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert {name: entry["shape"] for name, entry in manifest.items()} == {
        name: list(np.shape(values)) for name, values in variables.items()
    }
    for name, values in variables.items():
        assert (copy / manifest[name]["filename"]).read_bytes() == np.asarray(values, "<f4").tobytes()
