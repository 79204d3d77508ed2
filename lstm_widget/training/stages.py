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

LENGTH = 200  # characters that each stage writes
RNG = 0
_REMEMBERED = 500  # texts


class Stage(NamedTuple):
    """A network on its way.

    `update` is how many updates of the weights it has had, `network` the file it is in, or the model that
    the training kept.
    """

    update: int
    network: Path | CharLSTM


def checkpoint_file(folder: Path, update: int) -> Path:
    """Return where a folder of checkpoints has the network as it is after an update."""
    return folder / f"{update:08d}.safetensors"


def find_stages(folder: Path, kept: CharLSTM, kept_update: int) -> list[Stage]:
    """Return the checkpoints in a folder, with the model that was kept in its place among them."""
    files = [file for file in folder.glob("*.safetensors") if re.fullmatch("[0-9]{8,}", file.stem)]
    stages = {int(file.stem): Stage(int(file.stem), file) for file in files}
    stages[kept_update] = Stage(kept_update, kept)
    return [stages[update] for update in sorted(stages)]


class TimeMachine:
    """Lets stages write; may be used from several threads.

    Parameters
    ----------
    stages : list of Stage
    seed : str
        What every text begins with.
    """

    def __init__(self, stages: list[Stage], seed: str) -> None:
        self.stages, self._seed = stages, seed
        self._lock = Lock()
        self._loaded: tuple[int, LSTMGenerator] | None = None  # the last one only, as they may be large
        self._texts: dict[tuple[int, float], str] = {}

    def text(self, stage: int, temperature: float) -> str:
        """Return what a stage, counted from 0, writes after the seed.

        Raises
        ------
        SettingError
            If there is no such stage.
        ModelError
            If its file is no longer there.
        """
        return self._lock.hold(lambda: self._text(stage, temperature))

    def _text(self, stage: int, temperature: float) -> str:
        if (stage, temperature) not in self._texts:
            generator = self._generator(stage)
            while len(self._texts) >= _REMEMBERED:
                del self._texts[next(iter(self._texts))]
            self._texts[stage, temperature] = generator.generate(
                seed=self._seed, length=LENGTH, temperature=temperature, rng=RNG
            )
        return self._texts[stage, temperature]

    def bits(self, stage: int, text: str) -> float:
        """Return the loss of a stage on a text, in bits per character."""
        return self._lock.hold(lambda: self._generator(stage).score(text).bits_per_character)

    def _generator(self, stage: int) -> LSTMGenerator:
        if not 0 <= stage < len(self.stages):
            msg = f"There is no stage {stage}: they are counted from 0 to {len(self.stages) - 1}."
            raise SettingError(msg)
        if self._loaded is None or self._loaded[0] != stage:
            self._loaded = stage, LSTMGenerator(self.stages[stage].network)
        return self._loaded[1]
