"""The curve of a loss that is told after every update, in a few hundred points."""

from __future__ import annotations

from lstm_widget.widgets.protocol import Point

_GROWTH = 1.025  # so that 100,000 updates are some 450 points


class Curve:
    """Points at growing intervals: first one for each update, later one for so many per cent more of them.

    That is what can be told apart on a logarithmic axis. A point that is there never changes, unless a
    training goes on from an earlier state and makes its updates again.
    """

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._open: list[float] = []
        self._update = 0

    def add(self, update: int, bits: float) -> None:
        """Take the loss of the next update, or of one that is made again."""
        if update <= self._update:
            self.points = [point for point in self.points if point.update < update]
            self._open = []
        self._open.append(bits)
        self._update = update
        if not self.points or update >= self.points[-1].update * _GROWTH:
            self.points.append(Point(update, round(self.latest, 4)))
            self._open = []

    @property
    def latest(self) -> float:
        """The mean since the last point, or that point."""
        return sum(self._open) / len(self._open) if self._open else self.points[-1].bits
