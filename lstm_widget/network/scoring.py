"""How likely a text is to a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import too_large
from lstm_widget.network.blas import single_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.engine import Engine, Lane, State

BLOCK = 256  # characters that are read at a time
_LN2 = math.log(2)


def score_blocks(
    engine: Engine, ids: Sequence[int] | NDArray[np.unsignedinteger]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
    """Read a text from the zero state, a block at a time.

    Parameters
    ----------
    engine : Engine
    ids : sequence or ndarray of int, length n
        Of the characters.

    Yields
    ------
    log_probabilities : ndarray of float64, shape (block,)
    logits : ndarray of float32, shape (block, V)
    """
    reader = Reader(engine)
    for start in range(0, len(ids), BLOCK):
        block = np.asarray(ids[start : start + BLOCK], dtype=np.intp)
        before = reader.read(block)
        yield log_probabilities(before, block), before


class Reader:
    """Reads a text, piece by piece, and predicts each character.

    Parameters
    ----------
    engine : Engine
    position : int, optional
        Number of characters that were read before,
    state : State, optional
        and the state then; by default the zero state.

    Attributes
    ----------
    position : int
        Number of characters read.
    expected : ndarray of float32, shape (V,)
        Logits of the next character.
    """

    def __init__(self, engine: Engine, position: int = 0, state: State | None = None) -> None:
        self.position = position
        self.lane: Lane = engine.lane()
        if state is not None:
            self.lane.state = state
        self.expected = _finite(single_thread(self.lane.logits).copy())

    def read(self, ids: NDArray[np.intp], cells: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Read n characters on, at least one.

        Parameters
        ----------
        ids : ndarray of int, shape (n,)
        cells : ndarray of float32, shape (n, sum of all units), optional
            Takes the cell state c of all layers after each character, those of the first layer first.

        Returns
        -------
        ndarray of float32, shape (n, V)
            Logits before each of them.

        Raises
        ------
        ModelError
            If they are not finite.
        """
        after = _finite(single_thread(lambda: self.lane.read(ids, cells)))
        before = np.concatenate([self.expected[None], after[:-1]])
        self.expected = after[-1]
        self.position += len(ids)
        return before


def _finite(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    if not logits.max() < np.inf:  # infinite, or not a number
        raise too_large()
    return logits


def log_probabilities(
    logits: NDArray[np.float32], ids: Sequence[int] | NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the natural logarithm of the probability of one id in each row of logits.

    That is ``x[id] - log(sum(exp(x)))`` for a row x: no temperature, no top-k, no top-p.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, V)
        Minus infinity for an id without a character.
    ids : sequence of int, length n

    Returns
    -------
    ndarray of float64, shape (n,)
        At most 0.

    Raises
    ------
    ModelError
        If one of them is not finite.
    """
    highest = np.maximum.reduce(logits, axis=1, keepdims=True)
    shifted = np.subtract(logits, highest, dtype=np.float64)  # no exponential can overflow
    chosen = shifted[np.arange(len(ids)), ids]
    found = np.asarray(chosen - np.log(np.add.reduce(np.exp(shifted, shifted), axis=1)))
    if not np.add.reduce(found) > -np.inf:  # infinite, or not a number
        raise too_large()
    return found


def in_bits(log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log2 of probabilities whose natural logarithms are given; 0 and not -0 for certainty."""
    return np.asarray(0.0 - log_probabilities / _LN2)
