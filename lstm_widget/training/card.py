"""The card of a finished model."""

from __future__ import annotations

import math
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.engine import Engine
from lstm_widget.network.scoring import score_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.corpus import Corpus
    from lstm_widget.training.loop import Loop

SAMPLE_SETTINGS = {"length": 300, "temperature": 0.6}
SAMPLE_RNGS = (0, 1, 2)
_COMPARED = 20_000  # characters, on which the cost of float16 is measured


def mean_loss(model: CharLSTM, ids: NDArray[np.unsignedinteger]) -> float:
    """Return the mean of -log p(character | all before it), in nats per character.

    Parameters
    ----------
    model : CharLSTM
    ids : ndarray of int, shape (n,)
        Nothing is before the first one, as in ``lstm-widget score``.
    """
    blocks = score_blocks(Engine(model.weights, model.unused_ids), ids)
    return -float(np.concatenate([found for found, _ in blocks]).mean())


def finished(best: CharLSTM, corpus: Corpus, loop: Loop, processes: int) -> dict[str, Any]:
    """Return the card of a finished model; what its author says replaces what is measured.

    Parameters
    ----------
    best : CharLSTM
        As it was trained, in float32.
    corpus, loop, processes
        What it was trained on, how, and by how many processes.
    """
    model = best.rounded()
    _, validation = corpus.parts
    loss = mean_loss(model, validation)
    cost = mean_loss(model, validation[:_COMPARED]) - mean_loss(best, validation[:_COMPARED])
    seed = loop.plan.sample_seed
    generator = LSTMGenerator(model)
    samples = [generator.generate({"seed": seed, **SAMPLE_SETTINGS}, rng=rng) for rng in SAMPLE_RNGS]
    return {
        "characters": corpus.characters,
        "validation": f"{corpus.held_out}; it was not trained on them",
        "validation_also_learnt": round(corpus.also_learnt, 4),
        "validation_loss_nats": round(loss, 4),
        "validation_loss_bits": round(loss / math.log(2), 4),
        "float16_cost_nats": round(cost, 6),
        "best_update": loop.so_far.best_update,
        "updates": loop.learner.updates,
        "settings": asdict(loop.plan.settings),
        "processes": processes,
        "training_seconds": round(loop.so_far.seconds),
        "trained_with": f"lstm-widget {version('lstm-widget')}, PyTorch {torch.__version__}",
        **loop.plan.card,
        "samples": {"settings": {"seed": seed, **SAMPLE_SETTINGS}, "by_rng": samples},
    }
