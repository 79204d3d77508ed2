"""What is taken for the time of a call is given back, whatever interrupts whatever line.

A ``with`` cannot promise that: an interrupt of the kernel that comes between taking something and entering
the block, or between leaving the block and giving it back, leaves it taken for good. If that is a lock,
the next text waits for ever.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def holding(take: Callable[[], object], give_back: Callable[[], object], work: Callable[[], T]) -> T:
    """Do some work between `take` and `give_back`.

    Parameters
    ----------
    take, give_back : callable
        Either may be cut short by an interrupt. `give_back` is called twice, as the first call may be:
        it does nothing if there is nothing to give back.
    work : callable

    Returns
    -------
    object
        What `work` returns.
    """
    try:
        try:
            take()
            return work()
        finally:
            give_back()
    finally:
        give_back()


class Lock:
    """A lock that the thread that holds it can take again, and that no interrupt leaves taken."""

    def __init__(self) -> None:
        self._lock: Any = threading.RLock()  # as `threading.Condition` does, we ask who owns it

    def hold(self, work: Callable[[], T]) -> T:
        """Do some work while no other thread does any that this lock is held for; return what it returns."""
        if self._lock._is_owned():  # noqa: SLF001
            return work()
        return holding(self._lock.acquire, self._give_back, work)

    def _give_back(self) -> None:
        if self._lock._is_owned():  # noqa: SLF001
            self._lock.release()
