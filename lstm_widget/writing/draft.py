"""A text as it is so far: what is written, what it was written with, and where the network is in it."""

from __future__ import annotations

import copy
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import UnknownCharactersError
from lstm_widget.network.backend import backend
from lstm_widget.network.kept_states import KeptStates
from lstm_widget.writing.settings import check_temperature
from lstm_widget.writing.typed import as_typed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.network.normalize import Replacement
    from lstm_widget.writing.settings import Settings

# Logits that are kept of the latest characters: 4 MB, but always those of a few characters.
_MOST_RECENT, _LEAST_ROWS = 1_000_000, 64


class Draft:
    """What `lstm_widget.writing.run.Run` holds, for what writes it on."""

    def __init__(self, model: CharLSTM, engine: Engine, settings: Settings, rng: np.random.Generator) -> None:
        self.settings = settings
        self._temperature = settings.temperature
        self.temperatures: list[tuple[int, float]] = []
        self.characters: list[str] = []
        self.forced: dict[int, str] = {}
        self.half_way = False  # whether a piece is being written, or an interrupt ended one
        self._awaited = (-1, "")  # what is forced there, once the network has read what is before
        self.surprise = array("d")
        self.recent: dict[int, NDArray[np.float32]] | None = None
        read = as_typed(settings.seed, model, engine)
        if read.unknown:
            raise UnknownCharactersError(read.unknown)
        self.replacements: tuple[Replacement, ...] = read.replacements
        self.ids = array("l", model.encode(read.text))
        self.seed_length = len(self.ids)
        # What the network has yet to read: at first the seed, then the character written last.
        self.unread = self.ids[::-1].tolist()
        self.kept = KeptStates()
        self.engine = engine
        self.lane = backend.lane(engine)
        self.rng = rng
        self._before: tuple[int, Any] = (-1, None)  # the last roll: dice there were, and the state of `rng`
        self.rolled = array("d")  # the die of each character, and perhaps of some that are to come
        self.model = model
        self._names = model.characters

    def __copy__(self) -> Self:
        """Return one that is written on for itself: the model is shared, and nothing else."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        other = object.__new__(type(self))
        memo |= {id(one): one for one in (self.model, self.engine)} | {id(self): other}
        other.__dict__ = {name: copy.deepcopy(value, memo) for name, value in self.__dict__.items()}
        return other

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
        self.change_temperature(check_temperature(temperature))

    def change_temperature(self, temperature: float) -> None:
        """Take a temperature, which was checked, from the next piece on."""
        if temperature == self._temperature:
            return
        self._temperature = temperature
        position = len(self.characters)
        if self.temperatures and self.temperatures[-1][0] == position:
            self.temperatures.pop()  # no character was written with that one
        self.temperatures.append((position, temperature))

    @property
    def awaited(self) -> str:
        """The character that is forced next, or nothing."""
        position, character = self._awaited
        return character if position == len(self.characters) else ""

    def watch(self) -> None:
        """Keep the logits of the characters that are written from now on, as many as fit into some memory."""
        if self.recent is None:
            self.recent = {}

    def recent_logits(self, start: int, end: int) -> NDArray[np.float32]:
        """Return the logits that the characters from one position to before another came from, [n, V]."""
        rows = [] if self.recent is None else [self.recent[position] for position in range(start, end)]
        return np.stack(rows) if rows else np.empty((0, self.engine.softmax_b.size), dtype=np.float32)

    def temperatures_at(self, start: int, end: int) -> NDArray[np.float64]:
        """Return the temperature in force at each position from one to before another, [end - start]."""
        changes = [(0, self.settings.temperature), *self.temperatures]
        positions = np.array([position for position, _ in changes])
        latest = positions.searchsorted(np.arange(start, end), side="right") - 1
        return np.array([temperature for _, temperature in changes])[latest]

    def note(self, ids: list[int], surprise: list[float], logits: NDArray[np.float32] | None) -> None:
        """Take down what was chosen, and from which logits [n, V] if watched; the last is yet to be read."""
        self.unread.append(ids[-1])
        if self.recent is not None and logits is not None:
            start, most = len(self.characters), max(_LEAST_ROWS, _MOST_RECENT // logits.shape[1])
            self.recent.update(enumerate(logits[: len(ids)].copy(), start))
            for position in range(start - most, start - most + len(ids)):
                self.recent.pop(position, None)
        self.ids.extend(ids)
        self.surprise.extend(surprise)
        # Last, as it is what counts after an interrupt.
        self.characters.extend([self._names[number] for number in ids])  # type: ignore[misc] # none is unused

    def dice(self, count: int) -> list[float]:
        """Return the dice of the next characters."""
        end = len(self.characters) + count
        if (missing := end - len(self.rolled)) > 0:
            # An interrupt may come between the roll and its keeping: then it is rolled again.
            self._before = (len(self.rolled), self.rng.bit_generator.state)
            self.rolled.extend(self.rng.random(missing).tolist() if missing > 1 else [self.rng.random()])
        return self.rolled[end - count : end].tolist()

    def read_again(self) -> None:
        """Have the network read what there is again, from the last place whose state was kept."""
        position, state = self.kept.before(len(self.ids) - 1)
        self.lane = self.engine.lane()
        if state is not None:
            self.lane.state = state
        self.unread = self.ids[position:][::-1].tolist()

    def begin(self) -> None:
        """Begin a piece, after what an interrupt may have left half way is put right."""
        if self.half_way:
            self.start_over()
        self.half_way = True

    def start_over(self) -> None:
        """Leave the text as it was written, as an interrupt may have come in the middle of a step."""
        written = len(self.characters)
        rolled, state = self._before
        if rolled == len(self.rolled):  # only a roll that was lost: others may share these dice
            self.rng.bit_generator.state = state
            self._before = (-1, None)
        del self.surprise[written:], self.ids[self.seed_length + written :]
        self.forced.pop(written, None)
        if self.recent is not None:
            self.recent = {position: row for position, row in self.recent.items() if position < written}
        self.kept = self.kept.up_to(len(self.ids) - 1)
        self.read_again()
        self.half_way = False
