"""Cells worth looking at: units whose activation, tanh(c), follows something that a person can name.

Units are chosen by their correlation with it on the first half of a text; the correlation that is reported is
the one on the second half. So a unit that only happened to fit is not praised for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.inspection.followed import FOLLOWED, followed, stands_out
from lstm_widget.network.blas import single_thread
from lstm_widget.network.scoring import BLOCK, Reader
from lstm_widget.writing.run import Run
from lstm_widget.writing.settings import Settings, check_piece
from lstm_widget.writing.typed import as_typed, default_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM

LEAST_TEXT, MOST_TEXT = 200, 50_000  # characters of a text that is given
LEAST_CORRELATION = 0.3  # of a cell that is listed, on either half, by magnitude
BEST = 3  # cells for one thing, at most

# The text that a model writes for itself.
_WRITTEN, _TEMPERATURE, _RNG = 10_000, 0.7, 0

# The standard deviation of an activation; what moves less shows no colours.
_LEAST_SPREAD = 0.05
# Multiplications that a network does at a time: about 10 ms, if its weights do not fit into the cache.
_AT_A_TIME = 30_000_000


class Cell(NamedTuple):
    """A cell that follows something.

    Attributes
    ----------
    layer : int
        0 is the first.
    unit : int
        From 0.
    follows : str
        What it follows, for a person: one of the names in `lstm_widget.inspection.followed.FOLLOWED`.
    correlation : float
        Pearson's, of tanh(c) with what is followed, -1 to 1; on the half of the text that the cell was not
        chosen by.
    """

    layer: int
    unit: int
    follows: str
    correlation: float


# What the network does.


def activations(engine: Engine, ids: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float32]:
    """Return tanh(c) of every cell after each character of a text that is read from the zero state.

    Parameters
    ----------
    engine : Engine
    ids : sequence or ndarray of int, length T

    Returns
    -------
    ndarray of float32, shape (T, sum of all units)
        Between -1 and 1; the cells of the first layer first.
    """
    found = np.empty((len(ids), sum(engine.units)), dtype=np.float32)
    for start, block in _activation_blocks(engine, ids):
        found[start : start + len(block)] = block
    return found


def _activation_blocks(
    engine: Engine, ids: Sequence[int] | NDArray[np.intp]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield where each block begins, and its activations [n, sum of all units]."""
    reader, size = Reader(engine), _block_size(engine)
    for start in range(0, len(ids), size):
        block = np.asarray(ids[start : start + size], dtype=np.intp)
        cells = np.empty((len(block), sum(engine.units)), dtype=np.float32)
        reader.read(block, cells)
        yield start, np.tanh(cells, cells)


def _block_size(engine: Engine) -> int:
    """Return how many characters are read or written at a time.

    It does not depend on the time that it takes: products of other sizes are rounded otherwise, and what is
    found would not be the same every time.
    """
    weights = sum(kernel.size for kernel in engine.kernels) + engine.softmax_w.size
    return max(1, min(BLOCK, _AT_A_TIME // weights))


class _Correlations:
    """The correlation of every cell with everything that is followed, on each half, in one go over the text.

    Parameters
    ----------
    followed : ndarray of float64, shape (F, T)
        NaN where it has no meaning.
    cells : int
        Number U of cells.
    """

    def __init__(self, followed: NDArray[np.float64], cells: int) -> None:
        count, length = followed.shape
        first = np.arange(length) < length // 2
        # A row for each half, in which the other half has no meaning: first all the first halves.
        rows = np.concatenate([np.where(first, followed, np.nan), np.where(first, np.nan, followed)])
        self._defined = (~np.isnan(rows)).astype(np.float64)  # [2F, T]
        self._count = self._defined.sum(axis=1, keepdims=True)
        rows -= np.nanmean(rows, axis=1, keepdims=True)
        rows = np.nan_to_num(rows)
        self._rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)  # [2F, T]
        # Of the defined characters: sum of row * a, of a, and of a * a, for each activation a.
        self._sums = np.zeros((3, 2 * count, cells))

    def add(self, start: int, block: NDArray[np.float32]) -> None:
        """Take in the activations [n, U] of the characters from `start` on."""
        a = block.astype(np.float64)
        part = slice(start, start + len(a))
        rows, defined = self._rows[:, part], self._defined[:, part]
        self._sums += single_thread(lambda: [rows @ a, defined @ a, defined @ (a * a)])

    def halves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the correlations [F, U] on either half; 0 for a cell that hardly moves."""
        product, total, square = self._sums
        scatter = square - total * total / self._count
        moves = scatter >= _LEAST_SPREAD**2 * self._count
        found = np.divide(
            product,
            np.sqrt(scatter, out=np.ones_like(scatter), where=moves),
            out=np.zeros_like(product),
            where=moves,
        )
        first, second = np.split(found, 2)
        return first, second


def _best(
    names: Sequence[str],
    units: Sequence[int],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> list[Cell]:
    """List the best cells for each name; a cell is listed under what it follows best.

    Parameters
    ----------
    names : sequence of str, length F
    units : sequence of int
        Of each layer; U in all.
    first, second : ndarray of float64, shape (F, U)
        Correlations on either half.
    """
    ends = np.cumsum(units)
    strength = np.abs(first)
    owner = strength.argmax(axis=0)  # what each cell follows best
    found = []
    for number, name in enumerate(names):
        mine = np.where(owner == number, strength[number], 0.0)
        for index in np.argsort(-mine, kind="stable")[:BEST].tolist():
            reported = float(second[number, index])
            agrees = reported * first[number, index] > 0  # both halves have the same sign
            if agrees and min(mine[index], abs(reported)) >= LEAST_CORRELATION:
                layer = int(np.searchsorted(ends, index, side="right"))
                found.append(Cell(layer, index - int(ends[layer]) + units[layer], name, reported))
    return sorted(found, key=lambda cell: -abs(cell.correlation))


class CellFinder:
    """Looks for cells worth looking at, a piece of the work at a time.

    The same model and text give the same cells every time. (A text that the model writes for itself can, very
    rarely, differ between NumPy and Numba, as in `LSTMGenerator.replay`.) Not safe for two threads at a time.

    Parameters
    ----------
    model : CharLSTM
    engine : Engine
        The model's weights, packed.
    text : str, optional
        In which cells are looked for: its first `MOST_TEXT` characters, without those that the model does not
        know. By default the model writes a text of its own, of 10,000 characters.

    Attributes
    ----------
    cells : list of Cell
        What was found: at most the best `BEST` cells for each thing in `FOLLOWED`, by falling magnitude of
        the correlation. Empty until all is done.

    Raises
    ------
    SettingError
        If the text is not a string, or shorter than `LEAST_TEXT` characters.
    """

    def __init__(self, model: CharLSTM, engine: Engine, text: str | None = None) -> None:
        self.cells: list[Cell] = []
        self._model, self._engine = model, engine
        self._text = "" if text is None else _checked(model, engine, text)
        self._run: Run | None = None
        if text is None:
            settings = Settings(default_seed(model, engine), _WRITTEN, _TEMPERATURE)
            self._run = Run(model, engine, settings, np.random.default_rng(_RNG))
        self._done = 0.0
        self._steps = self._work()

    def advance(self, seconds: float | None = None) -> float:
        """Look on.

        Parameters
        ----------
        seconds : float, optional
            For about so long at most, though at least one step, of about 10 ms for a large network; by
            default to the end.

        Returns
        -------
        float
            How much is done, 0 to 1; at 1 there are the cells.

        Raises
        ------
        SettingError
            If `seconds` is not a valid number.
        """
        check_piece(None, seconds)
        end = None if seconds is None else time.perf_counter() + seconds
        try:
            for done in self._steps:
                self._done = done
                if end is not None and time.perf_counter() >= end:
                    break
        except BaseException:  # after an interrupt, begin the reading anew
            self._done, self._steps = 0.0, self._work()
            raise
        return self._done

    def _work(self) -> Iterator[float]:
        """Do it all in short steps, and yield after each how much is done."""
        engine, run, before = self._engine, self._run, 0.0
        if run is not None:
            while not run.finished:
                run.advance(count=_block_size(engine))
                yield 0.5 * len(run.characters) / _WRITTEN
            self._text, before = self._model.decode(run.ids), 0.5
        text, names, values = self._text, [], []
        for name in FOLLOWED:
            found = followed(name, text)
            if all(stands_out(half) for half in (found[: len(text) // 2], found[len(text) // 2 :])):
                names.append(name)
                values.append(found)
            yield before
        if names:
            correlations = _Correlations(np.stack(values), sum(engine.units))
            ids = np.array(self._model.encode(text), dtype=np.intp)
            yield before
            for start, block in _activation_blocks(engine, ids):
                correlations.add(start, block)
                if (end := start + len(block)) < len(ids):
                    yield before + (1 - before) * end / len(ids)
            self.cells = _best(names, engine.units, *correlations.halves())
        yield 1.0


def find_cells(model: CharLSTM, engine: Engine, text: str | None = None) -> list[Cell]:
    """Find interpretable cells, in one go; see `CellFinder`."""
    finder = CellFinder(model, engine, text)
    finder.advance()
    return finder.cells


def _checked(model: CharLSTM, engine: Engine, text: object) -> str:
    """Return what the model can read of a text, or raise `SettingError`."""
    if not isinstance(text, str):
        msg = f"Cells are found in a text, not in {short_repr(text)}: give a str."
        raise SettingError(msg)
    known = as_typed(text[:MOST_TEXT], model, engine).text
    if len(known) < LEAST_TEXT:
        msg = (
            f"Finding cells takes a text of at least {LEAST_TEXT} characters that the model knows, "
            f"not of {len(known)}: give a longer one."
        )
        raise SettingError(msg)
    return known
