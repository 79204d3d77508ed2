"""Ctrl-C, or a notebook's interrupt, as a question that is answered between two updates."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType
    from typing import Self


class Interrupt:
    """While it is entered, the first Ctrl-C is only noted; a second one interrupts as usual.

    Outside of the main thread, where Python knows no Ctrl-C, nothing changes.

    Attributes
    ----------
    asked : bool
        Whether somebody wants the training to end.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
