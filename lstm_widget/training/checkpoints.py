"""The time machine: what the network of each kept checkpoint writes, with the same seed and dice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.holding import Lock

if TYPE_CHECKING:
    from pathlib import Path

    from lstm_widget.network.model import CharLSTM

LENGTH = 200  # characters that each checkpoint writes
RNG = 0
_REMEMBERED = 500  # texts


class Checkpoint(NamedTuple):
    """A network at one moment of its training.

    `update` is how many updates of the weights it has had, `network` the file it is in, or the model that
    the training kept.
    """

    update: int
    network: Path | CharLSTM


def checkpoint_file(folder: Path, update: int) -> Path:
    """Return where a folder of checkpoints has the network as it is after an update."""
    return folder / f"{update:08d}.safetensors"


def find_checkpoints(folder: Path, kept: CharLSTM, kept_update: int) -> list[Checkpoint]:
    """Return the checkpoints in a folder, with the model that was kept in its place among them."""
    files = [file for file in folder.glob("*.safetensors") if re.fullmatch("[0-9]{8,}", file.stem)]
    found = {int(file.stem): Checkpoint(int(file.stem), file) for file in files}
    found[kept_update] = Checkpoint(kept_update, kept)
    return [found[update] for update in sorted(found)]


class TimeMachine:
    """Lets checkpoints write; may be used from several threads.

    Parameters
    ----------
    checkpoints : list of Checkpoint
    seed : str
        What every text begins with.
    """

    def __init__(self, checkpoints: list[Checkpoint], seed: str) -> None:
        self.checkpoints, self._seed = checkpoints, seed
        self._lock = Lock()
        self._loaded: tuple[int, LSTMGenerator] | None = None  # the last one only, as they may be large
        self._texts: dict[tuple[int, float], str] = {}

    def text(self, number: int, temperature: float) -> str:
        """Return what a checkpoint, counted from 0, writes after the seed.

        Raises
        ------
        SettingError
            If there is no such checkpoint.
        ModelError
            If its file is no longer there.
        """
        return self._lock.hold(lambda: self._text(number, temperature))

    def _text(self, number: int, temperature: float) -> str:
        if (number, temperature) not in self._texts:
            generator = self._generator(number)
            while len(self._texts) >= _REMEMBERED:
                del self._texts[next(iter(self._texts))]
            self._texts[number, temperature] = generator.generate(
                seed=self._seed, length=LENGTH, temperature=temperature, rng=RNG
            )
        return self._texts[number, temperature]

    def bits(self, number: int, text: str) -> float:
        """Return the loss of a checkpoint on a text, in bits per character."""
        return self._lock.hold(lambda: self._generator(number).score(text).bits_per_character)

    def _generator(self, number: int) -> LSTMGenerator:
        if not 0 <= number < len(self.checkpoints):
            msg = f"There is no checkpoint {number}: they are counted from 0 to {len(self.checkpoints) - 1}."
            raise SettingError(msg)
        if self._loaded is None or self._loaded[0] != number:
            self._loaded = number, LSTMGenerator(self.checkpoints[number].network)
        return self._loaded[1]
