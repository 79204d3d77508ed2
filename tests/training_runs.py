"""What the tests of training share: small texts and settings, and slow ways to the same results."""

from __future__ import annotations

import json
import random

import numpy as np
import torch
from slow_torch import slow_logits

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
    "sequence_length": 128,
    "dropout": 0.2,
    "ema": 0.4,
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
    first = torch.tensor(model.weights.softmax_b, dtype=torch.float64)  # nothing is read yet
    logits = torch.cat([first[None], slow_logits(model, ids[:-1])])
    return -torch.log_softmax(logits, -1)[range(len(ids)), ids].numpy()


def letters_only(text):
    """Return the loss, in nats, of whoever knows how often each character occurs, and nothing else."""
    counts = np.array([text.count(character) for character in sorted(set(text))]) / len(text)
    return float(-(counts * np.log(counts)).sum())
