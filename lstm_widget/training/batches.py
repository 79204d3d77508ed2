"""A text cut into batches: rows that are read side by side, one sequence of each at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Batch(NamedTuple):
    """What is read for one update.

    Attributes
    ----------
    ids : ndarray of int64, shape (rows, time)
    targets : ndarray of int64, shape (rows, time)
        The character after each of them, to be predicted.
    begins : bool
        Whether the rows begin here: the network has read nothing before.
    """

    ids: NDArray[np.int64]
    targets: NDArray[np.int64]
    begins: bool


class Batches:
    """A text in `batch_size` rows of equal length, read `sequence_length` characters at a time.

    Parameters
    ----------
    ids : ndarray, shape (n,)
        The text; a memory map is read only where it is needed. What does not fill all rows is not read.
    batch_size, sequence_length : int
    seed : int, optional
        In each epoch the rows begin at other places, which this number determines. Without it they always
        begin at the beginning of the text.

    Attributes
    ----------
    per_epoch : int
        Batches until the text is read once.
    characters : int
        Characters in these.
    """

    def __init__(
        self,
        ids: NDArray[np.unsignedinteger],
        batch_size: int,
        sequence_length: int,
        seed: int | None = None,
    ) -> None:
        self._ids, self._rows, self._sequence_length, self._seed = ids, batch_size, sequence_length, seed
        self._row_length = (len(ids) - 1) // batch_size
        self.per_epoch = math.ceil(self._row_length / sequence_length)
        self.characters = self._row_length * batch_size

    def read_before(self, number: int) -> int:
        """Return how many characters the batches before this one hold."""
        epochs, batch = divmod(number, self.per_epoch)
        return epochs * self.characters + batch * self._sequence_length * self._rows

    def batch(self, number: int, own: slice) -> Batch:
        """Return a batch.

        Parameters
        ----------
        number : int
            From 0; after an epoch the text is read again.
        own : slice
            Which of the rows.
        """
        epochs, batch = divmod(number, self.per_epoch)
        offset = 0
        if self._seed is not None:
            offset = int(np.random.default_rng((self._seed, epochs)).integers(len(self._ids)))
        start = batch * self._sequence_length
        time = min(self._sequence_length, self._row_length - start)
        begins = offset + start + self._row_length * np.arange(self._rows)[own]
        read = np.stack([self._cut(begin % len(self._ids), time + 1) for begin in begins])
        return Batch(read[:, :-1], read[:, 1:], batch == 0)

    def _cut(self, begin: int, length: int) -> NDArray[np.int64]:
        """Return `length` characters from one place on; after the last one comes the first."""
        found = self._ids[begin : begin + length].astype(np.int64)
        missing = length - len(found)
        return np.concatenate([found, self._ids[:missing].astype(np.int64)]) if missing else found
