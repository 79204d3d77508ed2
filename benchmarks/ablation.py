"""What each choice of the trainer is worth: the loss after the same processor time, one change at a time.

    OMP_NUM_THREADS=1 python benchmarks/ablation.py TEXT [--model MODEL] [--minutes 6] [--only NAME ...]

Each variant trains on one thread for the same processor time, as far as it gets: the number of its updates
follows from the speed of its first ones, so that its learning rate falls to 0 in time. The last tenth of the
text is held out. Prints a row of a Markdown table for each, as it comes; `docs/training.md` has the outcome.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator
from torch import nn
from torch.func import functional_call

from lstm_widget import load_model
from lstm_widget.training.adoption import with_vocab
from lstm_widget.training.learner import Learner
from lstm_widget.training.memory import keeping_freed_memory
from lstm_widget.training.network import network_of, new_network
from lstm_widget.training.settings import settings_for, training_settings
from lstm_widget.training.text import encode

if TYPE_CHECKING:
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.corpus import Corpus
    from lstm_widget.training.settings import ChosenSettings

LN2 = math.log(2)
FIRST = 15  # updates whose time is measured, after as many for warming up
# What is changed of the settings for the text; names that begin with _ are no settings of the trainer.
VARIANTS: dict[str, dict[str, Any]] = {
    "as chosen for the text": {},
    "no average of the weights": {"ema": 0.0},
    "constant learning rate, averaged": {"_constant": True, "learning_rate": 1.5e-3, "ema": 0.1},
    "no dropout": {"dropout": 0.0},
    "twice the dropout": {"_dropout": 2.0},
    "weight drop of 0.2": {"_weight_drop": 0.2},
    "weight drop of 0.4": {"_weight_drop": 0.4},
    "embedding and softmax tied": {"_tied": True},
    "batch of 128, sequences of 64": {"batch_size": 128},
    "batch of 64, sequences of 128": {"sequence_length": 128},
    "batch of 32, sequences of 64": {"batch_size": 32},
    "weight decay of 0.1": {"weight_decay": 0.1},
    "learning rate of 0.005": {"learning_rate": 5e-3},
    "2 x 256 units": {"units": 256},
    "2 x 512 units": {"units": 512},
    "3 x 384 units": {"layers": 3, "units": 384},
    "1 x 1024 units": {"layers": 1, "units": 1024},
}


class ConstantRate(Learner):
    """A learner whose rate stays as it is after the warm-up."""

    def learning_rate(self, update: int) -> float:
        """Return the rate of an update."""
        return self.settings.learning_rate * min(1.0, (update + 1) / FIRST)


def weight_dropped(layer: nn.LSTM, share: float, x: torch.Tensor, state: Any = None) -> Any:  # noqa: ANN401
    """Do what a layer does, which learns without some of its recurrent weights.

    That is DropConnect, as in AWD-LSTM (Merity et al. 2018).
    """
    with torch.device("meta"):
        same = nn.LSTM(layer.input_size, layer.hidden_size, batch_first=True)
    weights: dict[str, Any] = dict(layer.named_parameters())
    if layer.training:
        weights["weight_hh_l0"] = torch.dropout(weights["weight_hh_l0"], share, train=True)
    return functional_call(same, weights, (x, state))


def learner(corpus: Corpus, changes: dict[str, Any], model: CharLSTM | None) -> Learner:
    """Return what is to learn."""
    given = {name: value for name, value in changes.items() if not name.startswith("_")}

    def chosen(**more: Any) -> ChosenSettings:  # noqa: ANN401 - settings of several types
        asked = training_settings({"precision": "bfloat16", **given, **more})
        return settings_for(asked, len(corpus.ids), model, learnt=corpus.learnt)

    settings = chosen()
    if "_dropout" in changes:
        settings = chosen(dropout=changes["_dropout"] * settings.dropout)
    if "_tied" in changes:
        settings = chosen(embedding_size=settings.units)
    if model is None:
        network = new_network(len(corpus.vocab), settings)
    else:
        network = network_of(with_vocab(model, corpus.vocab, settings.seed))
    if "_weight_drop" in changes:
        for layer in network.layers:
            layer.forward = partial(weight_dropped, layer, changes["_weight_drop"])  # type: ignore[method-assign]
    if "_tied" in changes and network.embedding is not None:
        network.embedding.weight = network.head.weight
    kind = ConstantRate if "_constant" in changes else Learner
    return kind(Accelerator(), network, corpus.parts, settings)


def trained(one: Learner, seconds: float) -> float:
    """Train for that processor time; return the speed in characters per second."""
    characters = one.settings.batch_size * one.settings.sequence_length
    begun = time.process_time()
    for _ in range(FIRST):
        one.update()
    warm = time.process_time()
    for _ in range(FIRST):
        one.update()
    each = (time.process_time() - warm) / FIRST
    one.updates = one.done + int((seconds - (time.process_time() - begun)) / each)
    while one.done < one.updates:
        one.update()
    return one.done * characters / (time.process_time() - begun)


def measured(corpus: Corpus, changes: dict[str, Any], model: CharLSTM | None, seconds: float) -> str:
    """Train one variant, and return its row of the table without its name."""
    one = learner(corpus, changes, model)
    speed = keeping_freed_memory(lambda: trained(one, seconds))
    loss = one.validate()
    assert loss is not None  # noqa: S101 - it is not stopped
    epochs = one.done / one.training.per_epoch
    settings = one.settings
    size = f"{settings.layers} x {settings.units}"
    return f"{size} | {settings.dropout:.2f} | {speed:,.0f} | {epochs:.1f} | {loss:.4f} | {loss / LN2:.3f}"


def main() -> None:
    """Train each variant, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--model", help="train this one further")
    parser.add_argument("--minutes", type=float, default=6, help="of processor time (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, metavar="NAME", default=[*VARIANTS])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = None if options.model is None else load_model(options.model)
        corpus = encode(options.text, Path(folder) / "ids", min_count=3, keep=model.vocab if model else ())
        print("| variant | network | dropout | characters/s | epochs | nats | bits |")
        print("|---|---|---|---|---|---|---|")
        for name in options.only:
            row = measured(corpus, VARIANTS[name], model, 60 * options.minutes)
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
