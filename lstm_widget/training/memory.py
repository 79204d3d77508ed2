"""Memory that an update frees and the next one needs again is not given back in between."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of glibc's malloc.h, with what they are if nobody sets them.
_TRIM_THRESHOLD, _TRIM_DEFAULT = -1, 128 * 1024
_MMAP_MAX, _MMAP_DEFAULT = -4, 65_536
_NEVER = 2**31 - 1


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let the C library of Linux keep what is freed; elsewhere nothing changes.

    Large arrays are otherwise mapped anew each time, and the system clears every page of them: a third
    of the time of training on a processor. What was kept is given back at the end.
    """
    try:
        library = ctypes.CDLL(None)
        mallopt, malloc_trim = library.mallopt, library.malloc_trim
    except (OSError, TypeError, AttributeError):  # another system, or another C library
        yield
        return
    mallopt(_TRIM_THRESHOLD, _NEVER)
    mallopt(_MMAP_MAX, 0)
    try:
        yield
    finally:
        mallopt(_TRIM_THRESHOLD, _TRIM_DEFAULT)
        mallopt(_MMAP_MAX, _MMAP_DEFAULT)
        malloc_trim(0)
