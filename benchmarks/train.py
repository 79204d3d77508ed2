"""How fast the trainer is, compared with a plain PyTorch loop with the same network and batch.

::

    python benchmarks/train.py TEXT [--units 512] [--nats 1.6]

Two tables. Characters per second: all do the same number of updates, in turns, so that other work on the
machine affects all of them. The fastest update shows what a machine with nothing else to do is capable of,
the median one what this machine did; both are compared with the plain loop in bfloat16. Time to a loss: each
trains alone until its loss on the validation text (the last tenth) is at most ``--nats``; the table shows the
seconds it took, without the time for validation.

The plain loop is what a tutorial would write: ``nn.LSTM`` with its own dropout, AdamW with a constant
learning rate, gradient clipping, a state that is carried over; in float32 and with bfloat16 autocast.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from accelerate import Accelerator
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_widget.training.learner import Learner
from lstm_widget.training.memory import keeping_freed_memory
from lstm_widget.training.network import new_network
from lstm_widget.training.settings import settings_for, training_settings
from lstm_widget.training.text import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from lstm_widget.training.batches import Batches
    from lstm_widget.training.corpus import Corpus
    from lstm_widget.training.settings import ChosenSettings

    State = tuple[torch.Tensor, torch.Tensor] | None
    T = TypeVar("T")

ROUNDS, UPDATES = 8, 6  # the first round, and the first update of each, is a warm-up
PARTS = 6  # of an epoch: how often the loss is measured
REFERENCE = "plain, bfloat16"
LN2 = math.log(2)


def _plainly(work: Callable[[], T]) -> T:
    return work()


class Ours:
    """The trainer of this package, which keeps what it frees."""

    during = staticmethod(keeping_freed_memory)

    def __init__(self, corpus: Corpus, settings: ChosenSettings) -> None:
        network = new_network(len(corpus.vocab), settings)
        self._learner = Learner(Accelerator(), network, corpus.parts, settings)
        self.updates_per_epoch = self._learner.training.per_epoch
        self.characters = settings.batch_size * settings.sequence_length  # per update

    def update(self) -> None:
        """Learn from the next characters."""
        self._learner.update()

    def loss(self) -> float:
        """Return the validation loss in nats per character."""
        found = self._learner.validate()
        assert found is not None  # noqa: S101 - it is not stopped
        return found


class Plain:
    """What a tutorial would write."""

    during = staticmethod(_plainly)

    def __init__(self, corpus: Corpus, settings: ChosenSettings, *, bfloat16: bool) -> None:
        torch.manual_seed(settings.seed)
        units, embedding_size = settings.units or 0, settings.embedding_size or 0
        self._embedding = nn.Embedding(len(corpus.vocab), embedding_size)
        self._lstm = nn.LSTM(
            embedding_size, units, settings.layers or 0, batch_first=True, dropout=settings.dropout
        )
        self._dropout = nn.Dropout(settings.dropout)
        self._head = nn.Linear(units, len(corpus.vocab))
        self._modules = nn.ModuleList([self._embedding, self._lstm, self._dropout, self._head])
        self._optimizer = torch.optim.AdamW(self._modules.parameters(), lr=settings.learning_rate)
        self._bfloat16 = bfloat16
        own = Ours(corpus, settings)._learner  # noqa: SLF001 - the same batches of the same text
        self._training, self._validation = own.training, own.validation
        self._done = 0
        self._state: State = None
        self.updates_per_epoch = self._training.per_epoch
        self.characters = settings.batch_size * settings.sequence_length

    def _read(self, batches: Batches, number: int, state: State) -> tuple[torch.Tensor, State]:
        batch = batches.batch(number, slice(None))
        ids, targets = torch.from_numpy(batch.ids), torch.from_numpy(batch.targets)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            h, state = self._lstm(self._embedding(ids), None if batch.begins else state)
            logits = self._head(self._dropout(h))
        return cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum"), state

    def update(self) -> None:
        """Learn from the next characters."""
        self._modules.train()
        total, state = self._read(self._training, self._done, self._state)
        self._optimizer.zero_grad()
        (total / self.characters).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._modules.parameters(), 1.0)
        self._optimizer.step()
        self._state = state and (state[0].detach(), state[1].detach())
        self._done += 1

    @torch.no_grad()
    def loss(self) -> float:
        """Return the validation loss in nats per character."""
        self._modules.eval()
        total = 0.0
        state: State = None
        for number in range(self._validation.per_epoch):
            found, state = self._read(self._validation, number, state)
            total += float(found)
        return total / self._validation.characters


def timed_updates(trainer: Ours | Plain) -> list[float]:
    """Return the seconds of some updates, without the first, in which memory is asked for."""
    seconds = []
    for _ in range(UPDATES):
        started = time.perf_counter()
        trainer.update()
        seconds.append(time.perf_counter() - started)
    return seconds[1:]


def characters_per_second(trainers: dict[str, Ours | Plain]) -> dict[str, tuple[float, float]]:
    """Return the speed of each trainer, in its fastest and in its median update."""
    taken: dict[str, list[float]] = {name: [] for name in trainers}
    for number, (name, trainer) in itertools.product(range(ROUNDS), trainers.items()):
        seconds = trainer.during(partial(timed_updates, trainer))
        if number:
            taken[name] += seconds
    return {
        name: (trainer.characters / min(taken[name]), trainer.characters / statistics.median(taken[name]))
        for name, trainer in trainers.items()
    }


def seconds_to(trainer: Ours | Plain, nats: float, epochs: int) -> tuple[float | None, float]:
    """Return the seconds of training until the validation loss is at most `nats`, and the lowest loss."""
    seconds, lowest = 0.0, math.inf
    for _ in range(epochs * PARTS):
        started = time.perf_counter()
        for _ in range(trainer.updates_per_epoch // PARTS):
            trainer.update()
        seconds += time.perf_counter() - started
        lowest = min(lowest, trainer.loss())
        if lowest <= nats:
            return seconds, lowest
    return None, lowest


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--units", type=int, help="default: chosen for the text")
    parser.add_argument("--epochs", type=int, help="at most this many; default: chosen for the text")
    parser.add_argument("--nats", type=float, help="validation loss to reach, for the second table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = {"units": options.units, "epochs": options.epochs, "precision": "bfloat16"}
        asked = training_settings({name: value for name, value in given.items() if value is not None})
        corpus = encode(options.text, Path(folder) / "ids", min_count=asked.min_count)
        settings = settings_for(asked, len(corpus.ids), learnt=corpus.learnt)
        made: dict[str, Callable[[], Ours | Plain]] = {
            "lstm-widget": lambda: Ours(corpus, settings),
            REFERENCE: lambda: Plain(corpus, settings, bfloat16=True),
            "plain, float32": lambda: Plain(corpus, settings, bfloat16=False),
        }
        print(
            f"{settings.layers} x {settings.units} units, "
            f"{settings.batch_size} x {settings.sequence_length} characters"
        )
        print(f"{torch.get_num_threads()} threads, PyTorch {torch.__version__}\n")
        speeds = characters_per_second({name: make() for name, make in made.items()})
        print(f"{'characters/s':16} {'fastest':>9}         {'median':>9}")
        for name, speed in speeds.items():
            columns = zip(speed, speeds[REFERENCE], strict=True)
            print(f"{name:16}", *(f"{one:9,.0f} {one / reference:5.2f} x" for one, reference in columns))
        if options.nats is None:
            return
        print(f"\ntime to a validation loss of {options.nats} nats, in at most {settings.epochs} epochs")
        for name, make in made.items():
            trainer = make()
            training = partial(seconds_to, trainer, options.nats, settings.epochs)
            seconds, lowest = trainer.during(training)
            outcome = (
                f"not reached, lowest {lowest:.4f}" if seconds is None else f"{seconds:.0f} s, {lowest:.4f}"
            )
            print(f"{name:16} {outcome}")


if __name__ == "__main__":
    main()
