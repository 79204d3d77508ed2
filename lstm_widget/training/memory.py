"""Memory that an update frees and the next one needs again is not given back in between."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, TypeVar

from lstm_widget.holding import holding

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Of glibc's malloc.h, with their defaults.
_TRIM_THRESHOLD, _TRIM_DEFAULT = -1, 128 * 1024
_MMAP_MAX, _MMAP_DEFAULT = -4, 65_536
_NEVER = 2**31 - 1


def keeping_freed_memory(work: Callable[[], T]) -> T:
    """Do some work while the C library of Linux keeps what is freed; elsewhere nothing changes.

    Large arrays are otherwise mapped anew each time, and the system clears every page of them: a third
    of the time of training on a processor. What was kept is given back at the end.
    """
    try:
        library = ctypes.CDLL(None)
        mallopt, malloc_trim = library.mallopt, library.malloc_trim
    except (OSError, TypeError, AttributeError):  # another system, or another C library
        return work()

    def take() -> None:
        mallopt(_TRIM_THRESHOLD, _NEVER)
        mallopt(_MMAP_MAX, 0)

    def give_back() -> None:
        mallopt(_TRIM_THRESHOLD, _TRIM_DEFAULT)
        mallopt(_MMAP_MAX, _MMAP_DEFAULT)
        malloc_trim(0)

    return holding(take, give_back, work)
