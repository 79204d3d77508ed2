"""What is shown of a training: a bar, and a few lines now and then."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lstm_widget.training.progress import Progress, Sample

T = TypeVar("T")

SAMPLE_SECONDS = 30.0  # at least, between samples that are shown


_reported_elsewhere = ContextVar("_reported_elsewhere", default=False)


def reported_elsewhere(work: Callable[[], T]) -> T:
    """Do some work whose losses `Display` does not show, since the caller does."""
    context = copy_context()
    context.run(_reported_elsewhere.set, True)
    return context.run(work)


class Display:
    """Shows each `Progress`, on the terminal (standard error) or in the notebook.

    Parameters
    ----------
    quiet : bool
        Show only what was lost.
    main : bool
        Whether this is the one process, of several, that speaks.
    """

    def __init__(self, *, quiet: bool, main: bool) -> None:
        self._hidden = quiet or not main
        self._main = main
        self._in_notebook = _in_notebook()
        self._bar = None
        self._planned = False
        self._sampled = -math.inf  # when samples were shown last, in seconds of the training

    @contextmanager
    def shown(self, updates: int, done: int) -> Iterator[None]:
        """Show the bar."""
        # A log file is not read while it grows.
        watched = sys.stderr.isatty() or self._in_notebook
        with tqdm(
            total=updates,
            initial=done,
            unit="update",
            disable=self._hidden,
            mininterval=0.1 if watched else 30,
        ) as bar:
            self._bar = bar
            try:
                yield
            finally:
                self._bar = None

    def note(self, text: str) -> None:
        """Show a sentence."""
        if not self._hidden:
            self._write(text)

    def loss(self, text: str) -> None:
        """Say that something was lost, also when quiet."""
        if self._main and not _reported_elsewhere.get():
            self._write(text)

    def _write(self, text: str) -> None:
        # On a terminal the outcome alone goes to standard output; a notebook paints errors red.
        tqdm.write(text, file=sys.stdout if self._in_notebook else sys.stderr)

    def __call__(self, record: Progress) -> None:
        """Show how far it is."""
        if self._hidden or self._bar is None:
            return
        best = "" if record.best_bits is None else f", best {record.best_bits:.3f}"
        self._bar.set_postfix_str(
            f"{record.training_bits:.2f} bits{best}, {record.characters_per_second:,.0f} characters/s",
            refresh=False,
        )
        self._bar.update(record.update - self._bar.n)
        if record.validation_bits is not None:
            self.note(
                f"epoch {record.epoch:.1f}: {record.training_bits:.3f} bits per character in training, "
                f"{record.validation_bits:.3f} on the validation text{_ahead(record)}"
            )
        elif record.expected_bits is not None and not self._planned:
            self.note(_plan(record))
        self._planned = record.expected_bits is not None
        if record.samples and (
            record.seconds - self._sampled > SAMPLE_SECONDS or record.update == record.updates
        ):
            self._sampled = record.seconds
            self._show(record.samples)

    def _show(self, samples: tuple[Sample, ...]) -> None:
        for sample in samples:
            self.note(
                f"  at temperature {sample.temperature}: {' '.join((sample.seed + sample.text).split())}"
            )


def _plan(record: Progress) -> str:
    """Say how long it will take, and how well it will do, as far as one can know."""
    whole = _time(record.seconds + record.seconds_left)
    return (
        f"The plan: {record.updates:,} updates in about {whole}, to about {record.expected_bits:.1f} bits "
        "per character on the validation text, judging by how it begins."
    )


def _ahead(record: Progress) -> str:
    """Say the same in a few words, while there is something ahead."""
    if record.update == record.updates or record.expected_bits is None:
        return ""
    return f"; about {record.expected_bits:.2f} at the end, in about {_time(record.seconds_left)}"


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if not minutes:
        return f"{seconds:.0f} seconds"
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} hours"  # noqa: PLR2004


def _in_notebook() -> bool:
    """Return whether this runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
