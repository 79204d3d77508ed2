"""The logits of the latest characters of a text, for whoever looks on while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many logits at most, 4 MB, but always those of a few characters.
_MOST, _LEAST_ROWS = 1_000_000, 64


class Recent:
    """Keeps as many as fit; the oldest are overwritten.

    Parameters
    ----------
    size : int
        V, the number of ids.
    position : int
        Of the first character whose logits will be added.
    """

    def __init__(self, size: int, position: int) -> None:
        self._rows = np.empty((max(_LEAST_ROWS, _MOST // size), size), dtype=np.float32)
        self._begin = self._end = position

    @property
    def begin(self) -> int:
        """Position of the oldest character whose logits are kept."""
        return max(self._begin, self._end - len(self._rows))

    def add(self, logits: NDArray[np.float32]) -> None:
        """Keep the logits of the next n characters, shape (n, V)."""
        self._end += len(logits)
        latest = logits[-len(self._rows) :]
        self._rows[np.arange(self._end - len(latest), self._end) % len(self._rows)] = latest

    def cut(self, end: int) -> None:
        """Forget those from a position on: the characters are written once more."""
        if end < self.begin:
            self._begin = end
        self._end = min(self._end, end)

    def get(self, start: int, end: int) -> NDArray[np.float32]:
        """Return those from one position, `begin` or later, to before another, shape (n, V)."""
        return self._rows[np.arange(start, min(end, self._end)) % len(self._rows)]
