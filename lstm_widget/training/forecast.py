"""What loss a training is going to reach, judged by how it has gone so far: a guess, and called so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_SECONDS = 20.0  # of training; no forecast before that
_GROWTH = 1.1  # of the characters read from one point to the next
_RECENT = 8.0  # only points count after this part of the characters read so far
_POWER = 0.55  # measured: the loss falls with this power of the characters read, to where it stays
_TRUSTED = 0.15  # of the training, after which its course alone counts
# What trainings reach, as a share of the entropy of single characters: on ten million characters, and how
# much more on half as many. From 2.04 of 4.8 bits on 1.1 million to 1.47 of 4.3 on ten million.
_SHARE, _PER_HALVING, _MOST_SHARE = 0.345, 0.027, 0.55
_LEARNT = 1e7


class Forecast:
    """The loss that is expected at the end.

    Parameters
    ----------
    counts : ndarray of int
        How often each character occurs in what is learnt.
    characters : int
        How many are read in the whole training.
    """

    def __init__(self, counts: NDArray[np.integer], characters: int) -> None:
        shares = counts[counts > 0] / counts.sum()
        entropy = -float(shares @ np.log2(shares))
        halvings = math.log2(_LEARNT / float(counts.sum()))
        self._usual = entropy * min(max(_SHARE + _PER_HALVING * halvings, 0.0), _MOST_SHARE)
        self._characters = characters
        self._points: list[tuple[int, float]] = []  # characters read, and the mean loss since the last point
        self._open: list[float] = []
        self._gap = 0.0  # by which the validation is worse than the training, as far as that will last
        self._best = math.inf
        self.bits: float | None = None

    def add(self, read: int, training_bits: float, validation_bits: float | None) -> None:
        """Take the loss of an update after which `read` characters are read, and of a validation."""
        self._open.append(training_bits)
        if not self._points or read >= self._points[-1][0] * _GROWTH or validation_bits is not None:
            self._points.append((read, sum(self._open) / len(self._open)))
            self._open = []
            if validation_bits is not None:
                level, slope = self._course()
                worse = validation_bits - (level + slope * read**-_POWER)
                # At first because the average of the weights lags behind.
                self._gap = max(0.0, worse) * math.sqrt(read / self._characters)
                self._best = min(self._best, validation_bits)
            self._look_ahead(read)

    def _course(self) -> tuple[float, float]:
        """Return where the loss of the training stays, and how it falls to there."""
        now = self._points[-1][0]
        recent = np.array([point for point in self._points if point[0] >= now / _RECENT])
        if len(recent) < 2:  # noqa: PLR2004 - a line needs two
            return float(recent[-1, 1]), 0.0
        slope, level = np.polyfit(recent[:, 0] ** -_POWER, recent[:, 1], 1)
        return (float(level), float(slope)) if slope > 0 else (float(recent[:, 1].mean()), 0.0)

    def _look_ahead(self, read: int) -> None:
        level, slope = self._course()
        end = level + slope * self._characters**-_POWER + self._gap
        trust = min(1.0, read / self._characters / _TRUSTED)
        now = self._points[-1][1]
        self.bits = min(trust * end + (1 - trust) * min(self._usual, now), self._best)
