"""Ctrl-C, or a notebook's interrupt, as a question that is answered between two updates."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from lstm_widget.holding import holding

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")


class Interrupt:
    """While work is done with `noted`, the first Ctrl-C is only noted; a second one interrupts as usual.

    Outside of the main thread, where Python knows no Ctrl-C, nothing changes.

    Attributes
    ----------
    asked : bool
        Whether the training is to end as soon as possible.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def noted(self, work: Callable[[], T]) -> T:
        """Do some work meanwhile."""
        if threading.current_thread() is not threading.main_thread():
            return work()
        return holding(self._take, self._give_back, work)

    def _take(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not None:  # else it is not Python's, and could not be given back
            signal.signal(signal.SIGINT, self._note)

    def _give_back(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
