"""One BLAS thread while generating.

The products of a small LSTM are far too small to be split over threads: the threads only wait for
each other, and with several kernels on one machine everything stalls.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def _controller() -> ThreadpoolController:
    """Look for the BLAS libraries of this process, once: it takes milliseconds."""
    return ThreadpoolController()


def _take_control() -> None:
    """Make threadpoolctl 3.8 listen to this thread; it otherwise listens to the first one only."""
    for library in _controller().lib_controllers:
        clear = getattr(library, "clear_controlling_thread", None)
        if clear is not None:
            clear(force=True)


class _SingleThread:
    """Context in which BLAS runs on one thread; it may be nested and entered by several threads.

    The thread count belongs to the whole process, so the first to enter sets it and the last to
    leave restores what was there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._restore: Callable[[], None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                _take_control()
                limiter = _controller().limit(limits=1, user_api="blas")
                self._restore = limiter.restore_original_limits
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0 and self._restore is not None:
                _take_control()
                self._restore()
                self._restore = None
                _take_control()  # and leave it to nobody


single_thread = _SingleThread()
