"""Interrupts at every line: what a kernel's *Interrupt* does at the worst moment, tried at all of them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import threadpoolctl

import lstm_widget

_PACKAGE = str(Path(lstm_widget.__file__).parent)


class _Interrupter:
    """Raises KeyboardInterrupt before the n-th line of the package that this thread runs, counted from 1."""

    def __init__(self, line):
        self.left = line
        self.place = None

    def enter(self, frame, _event, _argument):
        """Follow a call if it is one of the package."""
        return self.follow if frame.f_code.co_filename.startswith(_PACKAGE) else None

    def follow(self, frame, event, _argument):
        """Count a line."""
        if event == "line" and self.left > 0:
            self.left -= 1
            if not self.left:
                self.place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self.follow


def interrupted(work, line):
    """Do some work with an interrupt at a line; return where that was, or `None` if it ended before."""
    return _traced(work, line).place


def lines_of(work):
    """Do some work; return how many lines of the package it has."""
    most = 10**9
    return most - _traced(work, most).left


def _traced(work, line):
    interrupter = _Interrupter(line)
    before = sys.gettrace()
    sys.settrace(interrupter.enter)
    try:
        work()
    except KeyboardInterrupt:
        pass  # some of what is tried takes it for a wish to stop
    finally:
        sys.settrace(before)
    return interrupter


def at_every_line(prepare, check, *, most=100_000):
    """Interrupt work at each of its lines in turn.

    Parameters
    ----------
    prepare : callable
        Returns the work to be done, anew each time.
    check : callable
        Called after each interrupt.
    most : int
        Lines that the work may have; more are an error of the test.

    Returns
    -------
    int
        Number of lines.
    """
    for line in range(1, most):
        place = interrupted(prepare(), line)
        if place is None:
            return line - 1
        try:
            check()
        except BaseException as error:
            msg = f"after an interrupt at {place}, line {line} of the work"
            raise AssertionError(msg) from error
    raise AssertionError(most)


def blas_threads():
    """Return the numbers of threads that BLAS libraries run on."""
    return {one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"}


def in_another_thread(work, seconds=20.0):
    """Return what work returns in another thread; if it waits for ever, that is an error."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "another thread waits for ever"
    return found[0]
