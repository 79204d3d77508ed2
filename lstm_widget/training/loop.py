"""The course of a training: update after update, and what is measured, shown and kept in between."""

from __future__ import annotations

import copy
import math
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.training.forecast import FIRST_SECONDS, Forecast
from lstm_widget.training.interrupt import Interrupt
from lstm_widget.training.learner import part
from lstm_widget.training.progress import Progress, Sample
from lstm_widget.training.settings import ChosenSettings, with_present_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from accelerate import Accelerator

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.corpus import Corpus
    from lstm_widget.training.display import Display
    from lstm_widget.training.folder import RunFolder
    from lstm_widget.training.learner import Learner

    OnProgress = Callable[[Progress], object]

SAMPLE_TEMPERATURES = (0.3, 0.6, 1.0)
SAMPLE_LENGTH = 150
STATE_SECONDS = 60.0  # what a killed training loses at most
_VALIDATIONS = 100  # at most, about, however short the text is
_LEARNT_PER_VALIDATED = 10  # characters, if the text is so long that once per reading is too seldom
_RECENT = 50  # updates, over which the speed is measured


def write_samples(generator: LSTMGenerator, seed: str) -> tuple[Sample, ...]:
    """Return what a network writes at each of `SAMPLE_TEMPERATURES`, always with the same dice."""
    return tuple(
        Sample(
            temperature,
            seed,
            generator.generate(seed=seed, length=SAMPLE_LENGTH, temperature=temperature, rng=0),
        )
        for temperature in SAMPLE_TEMPERATURES
    )


@dataclass(frozen=True)
class Plan:
    """What was decided before a training began; plain data.

    Attributes
    ----------
    settings : ChosenSettings
        With nothing left to choose.
    units : tuple of int
        Of each layer.
    embedding_size : int or None
    sample_seed : str
        What the samples begin with.
    card : dict
        What its author says of the model.
    checkpoints : bool
    """

    settings: ChosenSettings
    units: tuple[int, ...]
    embedding_size: int | None
    sample_seed: str
    card: dict[str, Any]
    checkpoints: bool

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """Return the plan of which `data` is what `asdict` makes, after a detour through JSON."""
        settings = ChosenSettings(**with_present_names(data["settings"]))
        return cls(**data | {"settings": settings, "units": tuple(data["units"])})


@dataclass
class SoFar:
    """How a training has gone so far; plain data.

    Attributes
    ----------
    seconds : float
    done : int
        Updates.
    training_bits : float
        Of the last update.
    validated : int
        The update after which was validated last.
    best_bits : float or None
    best_update : int
        After which the kept weights were found.
    misses : int
        Validations since.
    """

    seconds: float = 0.0
    done: int = 0
    training_bits: float = math.nan
    validated: int = 0
    best_bits: float | None = None
    best_update: int = 0
    misses: int = 0


class Loop:
    """The course of one training.

    Parameters
    ----------
    learner : Learner
    corpus : Corpus
    plan : Plan
    folder : RunFolder or None
        Already taken.
    accelerator : Accelerator
    """

    def __init__(
        self,
        learner: Learner,
        corpus: Corpus,
        plan: Plan,
        folder: RunFolder | None,
        accelerator: Accelerator,
    ) -> None:
        self.learner, self.plan, self.so_far = learner, plan, SoFar()
        self._vocab, self._held_out = corpus.vocab, corpus.held_out
        self._folder = folder
        self._accelerator = accelerator
        self._best: dict[str, torch.Tensor] | None = None
        self._interrupt = Interrupt()
        training, settings = learner.training, plan.settings
        counts = np.bincount(corpus.parts[0], minlength=1)
        self._forecast = Forecast(counts, training.read_before(learner.updates))
        per_update = settings.batch_size * settings.sequence_length
        interval = min(
            training.per_epoch, _LEARNT_PER_VALIDATED * learner.validation.characters // per_update
        )
        self._interval = max(1, interval, learner.updates // _VALIDATIONS)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        if self.so_far.misses >= self.plan.settings.patience:
            return True
        return self.learner.done == self.learner.updates and not self._validation_due()

    def intent(self) -> str:
        """Say in a sentence what is going to happen."""
        learner, settings = self.learner, self.plan.settings
        architecture = learner.ema.to_char_lstm(self._vocab).architecture
        return (
            f"Training {architecture} on {learner.training.characters:,} characters for "
            f"{settings.epochs} {'epoch' if settings.epochs == 1 else 'epochs'}, in {settings.precision} "
            f"({self._accelerator.device}); validating on {self._held_out}."
        )

    def begin(self) -> None:
        """Keep the network as it is before the first update."""
        self._keep_state()
        self._keep_checkpoint()

    def restore(self, tensors: dict[str, torch.Tensor], so_far: dict[str, Any]) -> None:
        """Go back to a state that `begin` or `run` kept."""
        self.so_far = SoFar(**so_far)
        self.learner.restore(tensors, self.so_far.done)
        self._best = part(tensors, "best.") or None
        if self._folder is not None and self._accelerator.is_main_process:
            self._folder.cut_log(self.so_far.done + (0 if self._validation_due() else 1))

    def run(self, display: Display, on_progress: OnProgress | None) -> bool:
        """Train to the end; return whether it was not interrupted.

        Raises
        ------
        SettingError
            If the training diverges before there is anything worth keeping.
        """
        return self._interrupt.noted(lambda: self._run(display, on_progress))

    def _run(self, display: Display, on_progress: OnProgress | None) -> bool:
        times = deque([time.monotonic()], _RECENT + 1)
        begun = times[0] - self.so_far.seconds
        with display.shown(self.learner.updates, self.learner.done):
            kept = times[0]
            if self._validation_due():  # it was interrupted right before
                self._report(begun, times, display, on_progress)
            while not self.finished and not self._agreed(self._interrupt.asked):
                try:
                    loss = self.learner.update()
                except SettingError as error:
                    if self._best is None:
                        raise
                    display.note(f"{error} The best model until then is kept.")
                    return True
                times.append(time.monotonic())
                self.so_far.done, self.so_far.training_bits = self.learner.done, loss / math.log(2)
                self._report(begun, times, display, on_progress)
                self.so_far.seconds = time.monotonic() - begun
                if self._agreed(time.monotonic() - kept > STATE_SECONDS):
                    self._keep_state()
                    kept = time.monotonic()
            if not self.finished:
                self._keep_state()
        return self.finished

    def best_model(self) -> CharLSTM:
        """Return the best network so far, before the first validation that of the moment.

        Its weights are those of float32; the card is the one of its author.
        """
        network = self.learner.ema
        if self._best is not None:
            network = copy.deepcopy(network)
            network.load_state_dict(self._best)
        return network.to_char_lstm(self._vocab, self.plan.card)

    def _validation_due(self) -> bool:
        done = self.learner.done
        at_such_an_update = done % self._interval == 0 or done == self.learner.updates
        return at_such_an_update and self.so_far.validated != done

    def _report(
        self, begun: float, times: deque[float], display: Display, on_progress: OnProgress | None
    ) -> None:
        """Validate if it is time to, then report the last update."""
        learner, so_far = self.learner, self.so_far
        bits = None
        samples: tuple[Sample, ...] = ()
        if self._validation_due():
            alone = self._accelerator.num_processes == 1  # several would have to agree on it
            loss = learner.validate(lambda: alone and self._interrupt.asked)
            if loss is not None:
                bits = loss / math.log(2)
                so_far.validated = so_far.done
                self._note_validation(bits)
                samples = self._samples() if self._accelerator.is_main_process else ()
        self._keep_checkpoint()
        if not self._accelerator.is_main_process:
            return
        now = time.monotonic()
        recent = min(len(times) - 1, so_far.done)
        read = learner.training.read_before(so_far.done)
        if recent:
            speed = (read - learner.training.read_before(so_far.done - recent)) / max(now - times[0], 1e-9)
        else:  # it was interrupted right after this update
            speed = read / max(now - begun, 1e-9)
        left = learner.training.read_before(learner.updates) - read
        self._forecast.add(read, so_far.training_bits, bits)
        record = Progress(
            update=so_far.done,
            updates=learner.updates,
            epoch=so_far.done / learner.training.per_epoch,
            characters=read,
            seconds=now - begun,
            seconds_left=left / speed,
            characters_per_second=speed,
            learning_rate=learner.learning_rate(so_far.done - 1),
            training_bits=so_far.training_bits,
            validation_bits=bits,
            best_bits=so_far.best_bits,
            expected_bits=self._forecast.bits if now - begun >= FIRST_SECONDS else None,
            samples=samples,
        )
        if self._folder is not None:
            self._folder.log(record)
        display(record)
        try:
            if on_progress is not None and on_progress(record) is False:
                self._interrupt.asked = True
        except KeyboardInterrupt:
            self._interrupt.asked = True

    def _note_validation(self, bits: float) -> None:
        so_far = self.so_far
        if so_far.best_bits is not None and bits >= so_far.best_bits:
            so_far.misses += 1
            return
        so_far.best_bits, so_far.best_update, so_far.misses = bits, so_far.done, 0
        self._best = {name: value.clone() for name, value in self.learner.ema.state_dict().items()}
        if self._folder is not None and self._accelerator.is_main_process:
            self._folder.save_model(self.unfinished(self.best_model()))

    def unfinished(self, model: CharLSTM) -> CharLSTM:
        """Return a model with a card that says how far its training was."""
        told = f"after update {self.so_far.best_update or self.so_far.done:,} of {self.learner.updates:,}"
        if self.so_far.best_bits is not None:
            told += f", at about {self.so_far.best_bits:.3f} bits per character on the validation text"
        return model.with_card({**model.card, "unfinished": told}).rounded()

    def _samples(self) -> tuple[Sample, ...]:
        generator = LSTMGenerator(self.learner.ema.to_char_lstm(self._vocab))
        return write_samples(generator, self.plan.sample_seed)

    def _keep_checkpoint(self) -> None:
        done = self.learner.done
        growing = done & (done - 1) == 0  # 0, 1, 2, 4, 8, ...
        if self._folder is None or not self.plan.checkpoints or not (growing or self.finished):
            return
        if not self._accelerator.is_main_process:
            return
        card = {**self.plan.card, "update": done, "characters_read": self.learner.training.read_before(done)}
        self._folder.save_checkpoint(self.learner.ema.to_char_lstm(self._vocab, card), done)

    def _keep_state(self) -> None:
        """Keep in the folder what is needed to go on from here."""
        if self._folder is None:
            return
        tensors = self.learner.tensors()
        tensors |= {f"best.{name}": value for name, value in (self._best or {}).items()}
        if self._accelerator.is_main_process:
            self._folder.save_state(tensors, {"plan": asdict(self.plan), "so_far": asdict(self.so_far)})

    def _agreed(self, wish: bool) -> bool:
        """Return whether any process wishes it; all of them must do the same."""
        if self._accelerator.num_processes == 1:
            return wish
        wishes = torch.tensor(float(wish), device=self._accelerator.device)
        return float(self._accelerator.reduce(wishes, "sum")) > 0
