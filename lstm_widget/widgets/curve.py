"""The course of a training as its page shows it: curves of a few hundred points, samples, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstm_widget.widgets.training_protocol import Point

if TYPE_CHECKING:
    from lstm_widget.training.progress import Progress, Sample
    from lstm_widget.widgets.training_protocol import Now, Tick
    from lstm_widget.widgets.training_protocol import Sample as SampleShown

_GROWTH = 1.025  # so that 100,000 updates are some 450 points


def _drop_from(points: list[Point], update: int) -> None:
    """Drop the points of this update and later ones, which a training that goes on makes again."""
    while points and points[-1].update >= update:
        points.pop()


class Curve:
    """Points at growing intervals: at first one for each update, later one each time they grow by 2.5 %.

    That is what a logarithmic axis can show. A point never changes, unless a training goes on from an
    earlier state and makes its updates again.
    """

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._open: list[Point] = []

    def add(self, update: int, bits: float) -> None:
        """Take the loss of the next update, or of one that is made again."""
        _drop_from(self.points, update)
        _drop_from(self._open, update)
        self._open.append(Point(update, bits))
        if not self.points or update >= self.points[-1].update * _GROWTH:
            self.points.append(Point(update, round(self.latest, 4)))
            self._open = []

    @property
    def latest(self) -> float:
        """The mean since the last point, or that point."""
        losses = [point.bits for point in self._open]
        return sum(losses) / len(losses) if losses else self.points[-1].bits


class Course:
    """What is known of a training so far, and how much of it was sent.

    Attributes
    ----------
    now : Now or None
        Where the training is.
    """

    def __init__(self) -> None:
        self.now: Now | None = None
        self._training, self._validation = Curve(), list[Point]()
        self._samples: list[SampleShown] = []
        self._sent = (0, 0, 0)  # points of both curves, and the update of the samples

    def add(self, record: Progress, samples: tuple[Sample, ...]) -> None:
        """Take what the training reports after an update."""
        self._training.add(record.update, record.training_bits)
        _drop_from(self._validation, record.update)
        now: Now = {
            "update": record.update,
            "updates": record.updates,
            "epoch": record.epoch,
            "seconds": record.seconds,
            "seconds_left": record.seconds_left,
            "characters_per_second": record.characters_per_second,
            "training_bits": self._training.latest,
            "best_bits": record.best_bits,
            "expected_bits": record.expected_bits,
            "best_update": None if self.now is None else self.now["best_update"],
        }
        if record.validation_bits is not None:
            self._validation.append(Point(record.update, round(record.validation_bits, 4)))
            if record.validation_bits == record.best_bits:
                now["best_update"] = record.update
        if samples:
            self._samples = [
                {"update": record.update, "temperature": heat, "seed": seed, "text": text}
                for heat, seed, text in samples
            ]
        self.now = now

    def tick(self) -> Tick | None:
        """Return what is new, and take it as sent."""
        if self.now is None:
            return None
        training, validation, sampled = self._sent
        tick: Tick = {
            "type": "tick",
            "now": self.now,
            "training": self._training.points[training:],
            "validation": self._validation[validation:],
            "samples": self._samples if self._sampled > sampled else [],
        }
        self._note_sent()
        return tick

    def traits(self) -> dict[str, Any]:
        """Return all of it as the traits of the widget, and take it as sent."""
        self._note_sent()
        return {
            "now": dict(self.now or {}),
            "training_curve": [list(point) for point in self._training.points],
            "validation_curve": [list(point) for point in self._validation],
            "samples": list(self._samples),
        }

    @property
    def _sampled(self) -> int:
        return self._samples[0]["update"] if self._samples else 0

    def _note_sent(self) -> None:
        self._sent = len(self._training.points), len(self._validation), self._sampled
