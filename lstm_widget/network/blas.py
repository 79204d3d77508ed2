"""One BLAS thread while generating.

The products of a small LSTM are far too small to be split over threads: the threads only wait for
each other, and with several kernels on one machine everything stalls.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from lstm_widget.holding import Lock, holding

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@cache
def _libraries() -> list[Any]:
    """Look for the BLAS libraries of this process, once: it takes milliseconds."""
    return [one for one in ThreadpoolController().lib_controllers if one.user_api == "blas"]


def _take_control() -> None:
    """Make threadpoolctl 3.8 listen to this thread; it otherwise listens to the first one only."""
    for library in _libraries():
        clear = getattr(library, "clear_controlling_thread", None)
        if clear is not None:
            clear(force=True)


def _unwarned(work: Callable[[], T]) -> T:
    """Do some work whose overflow is reported as an error (`lstm_widget.errors.too_large`)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return work()


class _SingleThread:
    """Does work while BLAS runs on one thread; in several threads at once, and one within another.

    The thread count belongs to the whole process, so the first to begin sets it and the last to
    end restores what was there.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside: set[object] = set()
        self._before: list[tuple[Any, int]] = []

    def __call__(self, work: Callable[[], T]) -> T:
        mark = object()
        return holding(
            lambda: self._lock.hold(lambda: self._change(self._inside.add, mark)),
            lambda: self._lock.hold(lambda: self._change(self._inside.discard, mark)),
            lambda: _unwarned(work),
        )

    def _change(self, change: Callable[[object], None], mark: object) -> None:
        change(mark)
        if bool(self._inside) == bool(self._before):
            return
        _take_control()
        if self._inside:
            # Noted first: an interrupt may come before all of them are set.
            self._before = [(library, library.num_threads) for library in _libraries()]
            for library, _ in self._before:
                library.set_num_threads(1)
        else:
            for library, count in self._before:
                library.set_num_threads(count)
            _take_control()  # and keep it
            self._before = []


single_thread = _SingleThread()
