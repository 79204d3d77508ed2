"""A text cut into streams that are read side by side, a few characters of each at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Piece(NamedTuple):
    """What is read at once.

    Attributes
    ----------
    ids : ndarray of int64, shape (streams, time)
    following : ndarray of int64, shape (streams, time)
        The character after each of them: what is to be guessed.
    begins : bool
        The streams begin here: the network has read nothing before.
    """

    ids: NDArray[np.int64]
    following: NDArray[np.int64]
    begins: bool


class Streams:
    """A text in `count` streams of one length, read `steps` characters at a time.

    Parameters
    ----------
    ids : ndarray, shape (n,)
        The text; a memory map is read only where it is needed. What does not fill all streams is not read.
    count, steps : int
    seed : int, optional
        Every time the text is read, the streams begin at other places, which this number chooses;
        without it always at the beginning of the text.
    """

    def __init__(
        self, ids: NDArray[np.unsignedinteger], count: int, steps: int, seed: int | None = None
    ) -> None:
        self._ids, self._count, self._steps, self._seed = ids, count, steps, seed
        self._length = (len(ids) - 1) // count
        self.pieces = math.ceil(self._length / steps)
        """How many pieces there are until the text is read once."""
        self.characters = self._length * count
        """How many characters these hold."""

    def read_before(self, number: int) -> int:
        """Return how many characters the pieces before this one hold."""
        rounds, piece = divmod(number, self.pieces)
        return rounds * self.characters + piece * self._steps * self._count

    def piece(self, number: int, own: slice) -> Piece:
        """Return a piece.

        Parameters
        ----------
        number : int
            From 0; once the text is read, it is read again.
        own : slice
            Which of the streams.
        """
        rounds, piece = divmod(number, self.pieces)
        offset = 0
        if self._seed is not None:
            offset = int(np.random.default_rng((self._seed, rounds)).integers(len(self._ids)))
        start = piece * self._steps
        time = min(self._steps, self._length - start)
        begins = offset + start + self._length * np.arange(self._count)[own]
        read = np.stack([self._cut(begin % len(self._ids), time + 1) for begin in begins])
        return Piece(read[:, :-1], read[:, 1:], piece == 0)

    def _cut(self, begin: int, length: int) -> NDArray[np.int64]:
        """Return so many characters from one place on; after the last one comes the first."""
        found = self._ids[begin : begin + length].astype(np.int64)
        missing = length - len(found)
        return np.concatenate([found, self._ids[:missing].astype(np.int64)]) if missing else found
