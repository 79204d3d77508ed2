"""Texts being written: seed, settings, dice and how far each has come."""

from __future__ import annotations

import copy
import time
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError, UnknownCharactersError, short_repr, too_large
from lstm_widget.network.backend import backend
from lstm_widget.network.blas import single_thread
from lstm_widget.network.engine import Lane
from lstm_widget.network.kept_states import KeptStates
from lstm_widget.network.recent import Recent
from lstm_widget.network.sampling import choose, choose_each
from lstm_widget.network.scoring import in_bits, log_probabilities
from lstm_widget.writing.settings import as_whole, check_piece, check_temperature
from lstm_widget.writing.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.backend import AnyLane
    from lstm_widget.network.compiled import CompiledLane
    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.network.normalize import Replacement
    from lstm_widget.writing.settings import Settings

# After so many steps NumPy asks whether Numba has become ready. Texts shorter than that never load it.
PIECE = 64
# NumPy keeps about so many logits at most before it computes the surprise from them.
_KEPT = 1_000_000
# Compiled code looks at the clock, and obeys an interrupt, about as often (in seconds).
_GLANCE = 0.002


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
    ids : array.array of int
        The id of each character that the model reads: those of the seed, then those written.
    surprise : array.array of float
        How surprising each of them is to the model, in bits, from 0: ``-log2(p)``, where p is the
        probability that the model itself gives it, at temperature 1 and without top-k and top-p,
        whatever it was chosen with. `LSTMGenerator.score` finds the same, but for rounding.
    temperatures : list of (int, float)
        Where the temperature was changed: from that character on, counted from 0, it was that one.
    forced : dict of int to str
        The characters that `force` has put there by hand, by their positions.
    recent : Recent or None
        The logits of the latest characters, once somebody looks on (`watch`).
    rng : numpy.random.Generator
        Where the dice come from.
    replacements : tuple of Replacement
        What the model reads instead of characters of the seed (see `lstm_widget.writing.typed`).

    Raises
    ------
    UnknownCharactersError
        If the model knows neither a character of the seed nor a similar one.
    """

    def __init__(
        self,
        model: CharLSTM,
        engine: Engine,
        settings: Settings,
        rng: np.random.Generator,
    ) -> None:
        self.settings = settings
        self._temperature = settings.temperature
        self.temperatures: list[tuple[int, float]] = []
        self.characters: list[str] = []
        self.forced: dict[int, str] = {}
        self.half_way = False  # whether a piece is being written, or an interrupt ended one
        self._awaited = (-1, "")  # what is forced there, once the network has read what is before
        self.surprise = array("d")
        self.recent: Recent | None = None
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
        self.rolled = array("d")  # the die of each character, and perhaps of some that are to come
        self.model = model
        self._names = model.characters

    def __copy__(self) -> Run:
        """Return one that is written on for itself: the model is shared, and nothing else."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, object]) -> Run:
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
        temperature = check_temperature(temperature)
        if temperature == self._temperature:
            return
        self._temperature = temperature
        position = len(self.characters)
        if self.temperatures and self.temperatures[-1][0] == position:
            self.temperatures.pop()  # no character was written with that one
        self.temperatures.append((position, temperature))

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

        Raises
        ------
        SettingError
            If a limit is no such number.
        """
        return advance_together([self], count, seconds)[0]

    def extend(self, length: int) -> None:
        """Give the text another length; one that is finished can then be written on.

        It becomes what it would have become with that length from the start.

        Parameters
        ----------
        length : int
            Number of characters in all, without the seed: from what is written already to 1,000,000.

        Raises
        ------
        SettingError
            If it is no such number; the length then stays as it was.
        """
        settings = replace(self.settings, length=length)
        if settings.length < (written := len(self.characters)):
            msg = f"The length must be at least {written:,}: so much is written already."
            raise SettingError(msg)
        self.settings = settings

    def force(self, character: str) -> None:
        """Write this character next, whatever the die says; the die is used up all the same.

        Parameters
        ----------
        character : str
            One that the model knows. A text that is finished grows by it.

        Raises
        ------
        SettingError
            If it is not one character, the model does not know it (`UnknownCharactersError`), or the text
            has its greatest length.
        """
        self._await(character)
        try:
            self.advance(1)
        except BaseException:
            self._awaited = (-1, "")
            raise

    def check_force(self, character: str) -> None:
        """Raise the error of `force`, if there is one, and change nothing."""
        if not isinstance(character, str) or len(character) != 1:
            msg = f"A forced character must be one character, not {short_repr(character)}."
            raise SettingError(msg)
        if character not in self.model.vocab:
            raise UnknownCharactersError((character,))

    def _await(self, character: str) -> None:
        self.check_force(character)
        if self.finished:
            self.extend(len(self.characters) + 1)
        self._awaited = (len(self.characters), character)

    @property
    def awaited(self) -> str:
        """The character that is forced next, or nothing."""
        position, character = self._awaited
        return character if position == len(self.characters) else ""

    def branch(self, position: int, character: str) -> Run:
        """Return the text that this one would be with another character at one place.

        Everything before it is the same, and so are the later dice; this text stays as it is.

        Parameters
        ----------
        position : int
            Of the character that is replaced, from 0; or just behind the last one.
        character : str
            One that the model knows.

        Raises
        ------
        SettingError
            If there is no such place or character.
        """
        other = self.begin_branch(position, character)
        other.advance(1)
        return other

    def check_branch(self, position: int, character: str) -> int:
        """Return the position, or raise the error of `branch` and change nothing."""
        self.check_force(character)
        place = as_whole(position)
        if place is None or not 0 <= place <= len(self.characters):
            msg = (
                f"A branch begins at a position from 0 to {len(self.characters):,}, not "
                f"{short_repr(position)}."
            )
            raise SettingError(msg)
        if place == self.settings.length:
            replace(self.settings, length=place + 1)
        return place

    def begin_branch(self, position: int, character: str) -> Run:
        """Return the text of `branch`, whose character is the first one that is written."""
        place = self.check_branch(position, character)
        other = Run(self.model, self.engine, self.settings, copy.deepcopy(self.rng))
        other.rolled = self.rolled[:]
        other.characters, other.surprise = self.characters[:place], self.surprise[:place]
        other.ids = self.ids[: self.seed_length + place]
        other.kept = self.kept.up_to(len(other.ids) - 1)
        other.read_again()
        other.forced = {at: one for at, one in self.forced.items() if at < place}
        for at, temperature in self.temperatures:
            if at <= place:
                other.temperatures.append((at, temperature))
                other._temperature = temperature
        if self.recent is not None:
            other.watch()
        other._await(character)
        return other

    def watch(self) -> Recent:
        """Keep the logits of the characters that are written from now on, as many as fit into some memory."""
        if self.recent is None:
            self.recent = Recent(self.engine.softmax_b.size, len(self.characters))
        return self.recent

    def temperatures_at(self, start: int, end: int) -> NDArray[np.float64]:
        """Return the temperature in force at each position from one to before another, [end - start]."""
        changes = [(0, self.settings.temperature), *self.temperatures]
        positions = np.array([position for position, _ in changes])
        latest = positions.searchsorted(np.arange(start, end), side="right") - 1
        return np.array([temperature for _, temperature in changes])[latest]

    def goal(self, count: int | None) -> int:
        """Return how many characters there will be after so many more at most."""
        length = self.settings.length
        return length if count is None else min(len(self.characters) + count, length)

    def consider_numba(self) -> None:
        """Have Numba loaded once a text is long enough."""
        if len(self.characters) >= PIECE:
            backend.warm_up()

    def note(self, ids: list[int], surprise: list[float], logits: NDArray[np.float32] | None) -> None:
        """Take down what was chosen, and from which logits [n, V] if watched; the last is yet to be read."""
        self.unread.append(ids[-1])
        if self.recent is not None and logits is not None:
            self.recent.add(logits[: len(ids)])
        self.ids.extend(ids)
        self.surprise.extend(surprise)
        # Last, as it is what counts after an interrupt.
        self.characters.extend([self._names[number] for number in ids])  # type: ignore[misc] # none is unused

    def dice(self, count: int) -> list[float]:
        """Return the dice of the next characters; rolled before an interrupt, they are used after it."""
        end = len(self.characters) + count
        if (missing := end - len(self.rolled)) > 0:
            self.rolled.extend(self.rng.random(missing).tolist() if missing > 1 else [self.rng.random()])
        return self.rolled[end - count : end].tolist()

    def keep_state(self) -> None:
        """Keep the state of the network now and then, for whoever reads this text again."""
        self.kept.offer(len(self.ids) - len(self.unread), self.lane)

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
        del self.surprise[written:], self.ids[self.seed_length + written :]
        self.forced.pop(written, None)
        if self.recent is not None:
            self.recent.cut(written)
        self.kept = self.kept.up_to(len(self.ids) - 1)
        self.read_again()
        self.half_way = False


def advance_together(
    runs: Sequence[Run], count: int | None = None, seconds: float | None = None
) -> list[str]:
    """Write several texts of one model on, side by side, with one matrix product for all of them.

    Each becomes what it would become alone. (With NumPy but for rounding: a product for several
    lanes adds in another order, which can tip the choice of a character very rarely.)

    Parameters
    ----------
    runs : sequence of Run
        Different ones, from the same generator.
    count, seconds
        As for `Run.advance`, for each of them; those that are finished wait.

    Returns
    -------
    list of str
        What was written now of each.

    Raises
    ------
    SettingError
        If the runs are of different models, or one is given twice, or a limit is no such number.
    """
    check_piece(count, seconds)
    if len({id(run) for run in runs}) < len(runs) or len({id(run.engine) for run in runs}) > 1:
        msg = "Texts are written side by side only as different runs of one generator."
        raise SettingError(msg)
    starts = [len(run.characters) for run in runs]
    ends = [run.goal(count) for run in runs]
    clock = _Clock(seconds)
    single_thread(lambda: _advance(runs, ends, clock))
    return ["".join(run.characters[start:]) for run, start in zip(runs, starts, strict=True)]


def _advance(runs: Sequence[Run], ends: list[int], clock: _Clock) -> None:
    """Write on until each run has its end or it is late; after an interrupt, no run is left half way."""
    for run in runs:
        run.begin()
    try:
        _write_pieces(runs, ends, clock)
    except BaseException:
        for run in runs:
            run.start_over()
        raise
    for run in runs:
        run.half_way = False


def _write_pieces(runs: Sequence[Run], ends: list[int], clock: _Clock) -> None:
    while missing := {
        run: end - len(run.characters)
        for run, end in zip(runs, ends, strict=True)
        if len(run.characters) < end
    }:
        if seeds := [run for run in missing if len(run.unread) > 1]:
            for run in seeds:
                run.lane.step(run.unread.pop())
        elif forced := [run for run in missing if run.awaited]:
            for run in forced:
                _write_forced(run)
        elif len(missing) == 1:
            ((run, steps),) = missing.items()
            run.lane = backend.fastest(run.lane, run.engine)
            _write(run.lane, [run], steps, clock)
        else:
            _write_together(list(missing), min(missing.values()), clock)
        for run in missing:
            run.keep_state()
            run.consider_numba()
        if clock.late:
            break


def _write_together(runs: list[Run], steps: int, clock: _Clock) -> None:
    """Write on as far as the shortest needs, in lanes made for these runs."""
    lanes = backend.lane(runs[0].engine, len(runs))
    lanes.states = [run.lane.state for run in runs]
    end = len(runs[0].characters) + steps
    while (left := end - len(runs[0].characters)) > 0:
        _write(lanes, runs, left, clock)
        for run in runs:
            run.consider_numba()
        if clock.late or (isinstance(lanes, Lane) and backend.name == "numba"):
            break
    for run, state in zip(runs, lanes.states, strict=True):
        run.lane.state = state


def _write_forced(run: Run) -> None:
    """Write the character that is awaited; its die is used up all the same."""
    character = run.awaited
    number = run.model.vocab[character]
    logits = np.array(run.lane.step(run.unread.pop()), ndmin=2)
    run.dice(1)
    run.forced[len(run.characters)] = character
    run.note([number], _surprise(logits, [number]), logits)


def _write(lane: AnyLane, runs: list[Run], steps: int, clock: _Clock) -> None:
    """Write a piece of at most so many characters of each run; the lane has one stream for each."""
    if not isinstance(lane, Lane):
        _write_compiled(lane, runs, steps, clock)
    elif len(runs) == 1:
        _write_one(lane, runs[0], _room(runs, steps)[0], clock)
    else:
        _write_several(lane, runs, _room(runs, steps), clock)


def _room(runs: list[Run], steps: int) -> NDArray[np.float32]:
    """Return where the logits of a piece of at most so many characters can be kept, [L, n, V]."""
    size = runs[0].engine.softmax_b.size
    steps = min(steps, PIECE, 1 + _KEPT // (len(runs) * size))
    return np.empty((len(runs), steps, size), dtype=np.float32)


def _write_one(lane: Lane, run: Run, kept: NDArray[np.float32], clock: _Clock) -> None:
    """Write at most n characters, while `kept` [n, V] takes the logits of each."""
    settings, temperature = run.settings, run.temperature
    ids = [run.unread.pop()]
    for n, die in enumerate(run.dice(len(kept))):
        logits = lane.step(ids[-1])
        kept[n] = logits
        ids.append(choose(logits, temperature, die, settings.top_k, settings.top_p))
        if clock.late:
            break
    run.note(ids[1:], _surprise(kept, ids[1:]), kept)


def _write_several(lane: Lane, runs: list[Run], kept: NDArray[np.float32], clock: _Clock) -> None:
    """Write at most n characters of each run, while `kept` [L, n, V] takes the logits."""
    settings = [run.settings for run in runs]
    temperatures = [run.temperature for run in runs]
    limits = [one.top_k for one in settings], [one.top_p for one in settings]
    ids, chosen = np.array([run.unread.pop() for run in runs]), []
    for n, dice in enumerate(np.array([run.dice(kept.shape[1]) for run in runs]).T):
        logits = lane.step(ids)
        kept[:, n] = logits
        ids = choose_each(logits, temperatures, dice, *limits)
        chosen.append(ids)
        if clock.late:
            break
    for run, row, rows in zip(runs, np.array(chosen).T.tolist(), kept, strict=True):
        run.note(row, _surprise(rows, row), rows)


def _surprise(logits: NDArray[np.float32], ids: list[int]) -> list[float]:
    """Return how surprising each id is, in bits; further rows of the logits [n, V] do not count."""
    surprise: list[float] = in_bits(log_probabilities(logits[: len(ids)], ids)).tolist()
    return surprise


def _write_compiled(lane: CompiledLane, runs: list[Run], steps: int, clock: _Clock) -> None:
    settings = [run.settings for run in runs]
    steps = max(1, min(steps, int(min(_GLANCE, clock.left) / lane.pace)))
    start = time.perf_counter()
    watched = any(run.recent is not None for run in runs)
    kept = np.empty((len(runs), steps, runs[0].engine.softmax_b.size), dtype=np.float32) if watched else None
    chosen, surprise = lane.write(
        [run.unread[-1] for run in runs],
        np.array([run.dice(steps) for run in runs]),
        [run.temperature for run in runs],
        [one.top_k for one in settings],
        [one.top_p for one in settings],
        kept,
    )
    if not surprise.sum() < np.inf:  # infinite, or not a number
        raise too_large()
    for number, run in enumerate(runs):
        run.unread.pop()
        run.note(chosen[number].tolist(), surprise[number].tolist(), None if kept is None else kept[number])
    lane.pace = (time.perf_counter() - start) / steps


class _Clock:
    """How long is left; without seconds, for ever."""

    def __init__(self, seconds: float | None) -> None:
        self._deadline = float("inf") if seconds is None else time.perf_counter() + seconds

    @property
    def late(self) -> bool:
        return time.perf_counter() >= self._deadline

    @property
    def left(self) -> float:
        return self._deadline - time.perf_counter()
