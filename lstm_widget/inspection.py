"""What a look inside shows: read again from the text when the page asks, a block at a time.

So a run that nobody looks into keeps nothing for it, and pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError
from lstm_widget.scoring import BLOCK, Reader

if TYPE_CHECKING:
    from lstm_widget.engine import Engine
    from lstm_widget.model import CharLSTM
    from lstm_widget.run import Run

    Arrays = list[np.ndarray]

# Characters told about at a time: so many logits take a bundled model a few dozen milliseconds to find.
MOST = 512


class Inspector:
    """Reads one text again and tells of its characters; positions count from the first one of the seed.

    Whoever asks for one block after the other, as a page does, has each character read once.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._choices = _Again(run)
        self._cells = _Again(run)

    def choices(self, position: int, count: int) -> Arrays:
        """Tell how characters were chosen.

        Parameters
        ----------
        position, count : int
            At most `MOST`, and as many as there are.

        Returns
        -------
        logits : ndarray of float32, shape (n, V)
            Before each one; minus infinity for an id without a character.
        ids : ndarray of int32, shape (n,)
        dice, temperatures : ndarray of float64, shape (n,)
            NaN for the characters of the seed.
        """
        run = self.run
        recent = run.watch()  # what is written from now on need not be read again
        kept = run.seed_length + recent.begin
        if position >= kept:
            ids = self._ids(position, count)
            start = position - run.seed_length
            logits = recent.get(start, start + len(ids))
        else:
            ids = self._ids(position, min(count, kept - position))
            logits = self._choices.at(position).read(ids)
        how = np.full((2, len(ids)), np.nan)
        written = position + len(ids) - run.seed_length
        if written > 0:
            start = max(0, position - run.seed_length)
            how[0, start - written :] = run.rolled[start:written]
            how[1, start - written :] = run.temperatures_at(start, written)
        return [logits, ids.astype(np.int32), *how]

    def activations(self, layer: int, unit: int, position: int, count: int) -> Arrays:
        """Tell what a cell did: tanh(c) after each character, float32, shape (n,).

        Raises
        ------
        SettingError
            If the network has no such cell.
        """
        units = self.run.engine.units
        check_cell((layer, unit), units)
        ids = self._ids(position, count)
        cells = np.empty((len(ids), sum(units)), dtype=np.float32)
        if len(ids) > 0:
            self._cells.at(position).read(ids, cells)
        return [np.tanh(cells[:, sum(units[:layer]) + unit])]

    def _ids(self, position: int, count: int) -> np.ndarray:
        return np.array(self.run.ids[position : position + min(count, MOST)], dtype=np.intp)


def check_cell(cell: tuple[int, int], units: tuple[int, ...]) -> None:
    """Raise `SettingError` if a network with so many units per layer has no cell (layer, unit)."""
    layer, unit = cell
    if not (0 <= layer < len(units) and 0 <= unit < units[layer]):
        msg = (
            f"There is no cell {cell}: the layers are 0 to {len(units) - 1}, with {list(units)} cells "
            "counted from 0."
        )
        raise SettingError(msg)


class _Again:
    """Reads the text of a run from anywhere; where it stopped last, nothing is read twice."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reader: Reader | None = None

    def at(self, position: int) -> Reader:
        """Return a reader that has read the characters before a position of the text, and no more."""
        reader = self._reader
        if reader is None or reader.position > position:
            reader = self._reader = Reader(self._run.engine, self._run.nameless)
        while reader.position < position:
            end = min(reader.position + BLOCK, position)
            reader.read(np.array(self._run.ids[reader.position : end]))
        return reader


class Foresight:
    """What comes after a seed. While it is typed, only what is new is read.

    Parameters
    ----------
    model : CharLSTM
    engine : Engine
    """

    def __init__(self, model: CharLSTM, engine: Engine) -> None:
        self.model = model
        self._engine = engine
        self._read: list[int] = []
        self._reader = Reader(engine, model.nameless_ids)

    def logits(self, seed: str) -> np.ndarray:
        """Return the logits after a seed, float32 [V]; what the model does not know of it is skipped."""
        adapted = self.model.adapt(seed)
        ids = self.model.encode(adapted.text)
        if ids[: len(self._read)] != self._read:
            self._read, self._reader = [], Reader(self._engine, self.model.nameless_ids)
        for start in range(len(self._read), len(ids), BLOCK):
            self._reader.read(np.array(ids[start : start + BLOCK]))
        self._read = ids
        return self._reader.expected
