"""Threads that share the rows of a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_LEAST_ROWS = 32  # with fewer, the products of a thread are too narrow to be fast


class Workers:
    """Threads that do the same for different rows, each from beginning to end.

    PyTorch lets its threads wait for each other after every small product of every character. Here each
    has its own rows, and nothing to wait for.

    Parameters
    ----------
    rows : int
    device : device
        Only on a processor are the rows shared.

    Attributes
    ----------
    count : int
    """

    def __init__(self, rows: int, device: torch.device) -> None:
        threads = torch.get_num_threads() if device.type == "cpu" else 1
        most = min(threads, max(1, rows // _LEAST_ROWS))
        self.count = max(count for count in range(1, most + 1) if threads % count == 0 and rows % count == 0)
        self._slices = [
            slice(n * rows // self.count, (n + 1) * rows // self.count) for n in range(self.count)
        ]
        if self.count == 1:
            return
        self._pool = ThreadPoolExecutor(self.count)
        all_begun = Barrier(self.count)

        def begin(_: int) -> None:
            torch.get_num_threads()  # the first such call in a thread takes the number of all others
            torch.set_num_threads(threads // self.count)
            all_begun.wait()

        list(self._pool.map(begin, range(self.count)))
        torch.set_num_threads(threads)  # it counts for threads that begin later

    def share(self, work: Callable[[slice], T]) -> list[T]:
        """Do some work for every slice of the rows; return what comes out, in their order."""
        if self.count == 1:
            return [work(self._slices[0])]
        return list(self._pool.map(work, self._slices))
