"""One text being written: seed, settings, dice and how far it has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.blas import single_thread
from lstm_widget.sampling import choose
from lstm_widget.settings import check_temperature

if TYPE_CHECKING:
    from lstm_widget.engine import Engine
    from lstm_widget.model import CharLSTM
    from lstm_widget.settings import Settings


class Run:
    """A text that is written a piece at a time, as long and as often as somebody asks.

    Every run has its own state and its own dice, so that any number of them go on at once. One run
    is not safe for two threads at a time.

    Parameters
    ----------
    model : CharLSTM
    engine : Engine
        The model's weights, packed.
    settings : Settings
    rng : numpy.random.Generator
        Gives one die per character.

    Attributes
    ----------
    characters : list of str
        What has been written so far, without the seed.

    Raises
    ------
    UnknownCharactersError
        If the model does not know a character of the seed.
    """

    def __init__(self, model: CharLSTM, engine: Engine, settings: Settings, rng: np.random.Generator) -> None:
        self.settings = settings
        self._temperature = settings.temperature
        self.characters: list[str] = []
        # What the network has yet to read: at first the seed, then the character written last.
        self._unread = model.encode(settings.seed)[::-1]
        self._lane = engine.lane()
        self._rng = rng
        self._names = model.characters
        nameless = model.nameless_ids
        self._nameless = nameless if nameless.size else None

    @property
    def temperature(self) -> float:
        """The temperature from the next piece on; can be set.

        Raises
        ------
        SettingError
            If it is out of range.
        """
        return self._temperature

    @temperature.setter
    def temperature(self, temperature: float) -> None:
        self._temperature = check_temperature(temperature)

    @property
    def finished(self) -> bool:
        """Whether the text has its full length."""
        return len(self.characters) >= self.settings.length

    def advance(self, count: int | None = None, seconds: float | None = None) -> str:
        """Write on.

        Parameters
        ----------
        count : int, optional
            At most so many characters; by default as many as the settings say.
        seconds : float, optional
            For about so long at most. Within a long seed the piece may then be empty.

        Returns
        -------
        str
            The characters written now.
        """
        characters, unread, step, random = self.characters, self._unread, self._lane.step, self._rng.random
        settings, temperature = self.settings, self.temperature
        start = len(characters)
        end = settings.length if count is None else min(start + count, settings.length)
        deadline = None if seconds is None else time.perf_counter() + seconds
        with single_thread:
            while len(characters) < end:
                # Nothing is unread after an interrupt in the middle of a choice: choose again.
                logits = step(unread.pop()) if unread else self._lane.logits()
                if not unread:
                    if self._nameless is not None:
                        logits[self._nameless] = -np.inf
                    number = choose(logits, temperature, random(), settings.top_k, settings.top_p)
                    unread.append(number)
                    characters.append(self._names[number])  # type: ignore[arg-type] # none is nameless
                if deadline is not None and time.perf_counter() >= deadline:
                    break
        return "".join(characters[start:])
