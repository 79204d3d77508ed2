"""What the tests of training share: small texts and settings, and slow ways to the same results."""

from __future__ import annotations

import json
import random

import numpy as np
import torch

from lstm_widget.training import train

PERIODIC = "the cat sat on the mat. the dog sat on the log.\n" * 84
_WORDS = (
    "the",
    "a",
    "cat",
    "dog",
    "mat",
    "log",
    "sat",
    "on",
    "under",
    "saw",
    "and",
    "then",
    "sleeps",
    "ran\n",
)

# With `TINY` eight updates; a validation after the third, the sixth and the last one.
VALIDATED = (3, 6, 8)
UPDATES = 8
TINY = {
    "units": 10,
    "embedding_size": 6,
    "layers": 2,
    "epochs": 2,
    "batch_size": 4,
    "steps": 128,
    "dropout": 0.2,
    "averaging": 0.4,
    "precision": "float32",  # not tried out, which takes its time
    "quiet": True,
}

# What a log tells that is no matter of time.
TIMELESS = (
    "update",
    "updates",
    "epoch",
    "characters",
    "learning_rate",
    "training_bits",
    "validation_bits",
    "best_bits",
    "samples",
)


def words(length, seed=0):
    """Return a text without a period."""
    chosen = random.Random(seed).choices(_WORDS, k=length)  # noqa: S311 - no secret
    return " ".join(chosen)[:length]


TEXT = words(2000)


def tiny(text=TEXT, output=None, **more):
    """Train a tiny network in no time."""
    return train(text, output, **(TINY | more))


def read_log(folder):
    """Return the records of a log; a torn line is an error."""
    *lines, rest = (folder / "log.jsonl").read_bytes().split(b"\n")
    assert rest == b""
    return [json.loads(line) for line in lines]


def timeless(log):
    """Return what two logs of the same training have in common."""
    return [{name: record[name] for name in TIMELESS} for record in log]


def ids_of(model, text):
    """Return the ids of a text that the model knows."""
    return np.array([model.vocab[character] for character in text])


def slow_losses(model, ids):
    """Return -log p of each character, read as one stream from the zero state by PyTorch in float64."""
    weights = model.weights
    rows = np.eye(model.vocab_size) if weights.embedding is None else weights.embedding
    x = torch.tensor(rows[ids[:-1]], dtype=torch.float64)
    for layer in weights.layers:
        lstm = torch.nn.LSTM(layer.input_size, layer.units, dtype=torch.float64)
        i, j, f, o = np.split(np.vstack([layer.kernel, layer.bias]).astype(np.float64), 4, axis=1)
        f[-1] += 1.0
        packed = torch.tensor(np.hstack([i, f, j, o]).T)
        with torch.no_grad():
            lstm.weight_ih_l0.copy_(packed[:, : layer.input_size])
            lstm.weight_hh_l0.copy_(packed[:, layer.input_size : -1])
            lstm.bias_ih_l0.copy_(packed[:, -1])
            lstm.bias_hh_l0.zero_()
            x, _ = lstm(x)
    bias = torch.tensor(weights.softmax_b, dtype=torch.float64)
    logits = torch.cat([bias[None], x @ torch.tensor(weights.softmax_w, dtype=torch.float64) + bias])
    return -torch.log_softmax(logits, -1)[range(len(ids)), ids].numpy()


def letters_only(text):
    """Return the loss, in nats, of whoever knows how often each character occurs, and nothing else."""
    counts = np.array([text.count(character) for character in sorted(set(text))]) / len(text)
    return float(-(counts * np.log(counts)).sum())
