"""A whole class at once: many kernels on this machine, each with a widget that writes now and then.

    python benchmarks/classroom.py [--kernels N ...] [--speed default full] [--model MODEL] [--quick]

This program plays the page of every kernel: it sends the messages that the widget's page sends, on a
subshell if the kernel has them, and requests no more than a page that shows text at the given speed. A
student has the widget write 1,000 characters, waits a few seconds, and does it again; students start at
different times. All random numbers are seeded.

The targets, for 30 kernels on two cores:

- the first character comes within 1 s of the click (95th percentile);
- a kernel takes at most 120 MB more than an idle one that has imported NumPy.

Memory is the proportional set size: what several kernels share is divided among them. It leaves out the
browsers, which run on the students' own machines, and the notebook servers in between; this program takes
their place, and the table shows its own share of the machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kernel"))

from kernels import SUBSHELLS, Notebook  # noqa: E402 - the tests are not a package

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = (1, 5, 10, 20, 30)
LENGTH = 1000  # characters of a text
SPEEDS = {"default": 50.0, "full": math.inf}  # characters per second
ROUNDS = {"default": 3, "full": 10}  # texts per student
PAUSE = (2.0, 6.0)  # seconds between two texts
FIRST, MEMORY = 1.0, 120.0  # the targets: seconds, megabytes
PATIENCE = 60.0  # seconds without any message

# As in js/src/kernel.
_BUDGET, _IN_FLIGHT, _PIECE, _LARGEST, _LONGEST_TRIP = 30, 2, 0.12, 5000, 0.5


@dataclass
class Times:
    """How long the students waited, in seconds from each click."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


class Reading:
    """A text that is being written, as the page sees it."""

    def __init__(self, run: str, clicked: float) -> None:
        self.run = run
        self.clicked = clicked
        self.have = 0
        self.seen = 0.0  # characters on the screen
        self.looked = clicked  # when `seen` was true
        self.asked: dict[str, tuple[int, float]] = {}  # the unanswered pulls: count, time
        self.ended = False

    def look(self, now: float, pace: float) -> None:
        """Move the typewriter on to where it is now."""
        shown = math.inf if math.isinf(pace) else self.seen + pace * (now - self.looked)
        self.seen, self.looked = min(float(self.have), shown), now


class Student:
    """A kernel with a widget, and the page that talks to it."""

    def __init__(self, model: str, math_: str | None, number: int) -> None:
        self.number = number
        self._model = model
        self._manager = KernelManager()
        env = dict(os.environ) if math_ is None else {**os.environ, "LSTM_WIDGET_MATH": math_}
        self._manager.start_kernel(
            env=env, stderr=subprocess.DEVNULL
        )  # where it warns of a line in the clear
        self._dice = random.Random(number)  # noqa: S311 - for a benchmark
        self.times = Times()

    def wait_until_ready(self) -> None:
        """Wait for the kernel to start, and import NumPy."""
        client = self._manager.client()
        client.start_channels(stdin=False, hb=False)
        client.wait_for_ready(timeout=300)
        self._notebook = Notebook(self._manager, client)
        self._notebook.run("import os, numpy")
        self._pid = int(self._notebook.printed("print(os.getpid())"))
        self.idle = self.memory()

    def open(self) -> None:
        """Show a widget in the page."""
        settings = f"length={LENGTH}, rng={self.number}"
        code = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({self._model!r}, {settings})\nw"
        self._comm = self._notebook.open(code).comm
        if SUBSHELLS:
            self._notebook.open_subshell()
        self._notebook.seen.clear()
        self._socket = self._notebook.client.iopub_channel.socket

    @property
    def socket(self) -> Any:  # noqa: ANN401 - one of ZeroMQ
        """The socket for the kernel's messages."""
        return self._socket

    def memory(self) -> float:
        """Return the memory of the kernel in megabytes; shared memory is divided among the kernels."""
        lines = Path(f"/proc/{self._pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        (size,) = (int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return size * 1024 / 1e6

    def computes_with(self) -> str:
        """Return the numeric backend of the kernel."""
        return self._notebook.printed("print(w.generator.math)")

    def close(self) -> None:
        """End the kernel."""
        self._notebook.client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    # Texts.

    def begin_class(self, pace: float, rounds: int, now: float) -> None:
        """Get ready to write this many texts."""
        self.times = Times()
        self._pace, self._left, self._pulls = pace, rounds, 0
        self._trip = 0.02  # the round trip, as the page guesses it at first
        self._reading: Reading | None = None
        # The first texts, too, are spread over the time of one text and one pause.
        period = sum(PAUSE) / 2 + (0 if math.isinf(pace) else LENGTH / pace)
        self._next = now + self._dice.uniform(0, period)

    @property
    def done(self) -> bool:
        """Whether all texts are written."""
        return self._left == 0

    def due(self) -> float:
        """Return when to call `act` next, unless a message comes first."""
        reading = self._reading
        if self.done:
            return math.inf
        if reading is None:
            return self._next
        if math.isinf(self._pace) or len(reading.asked) == _IN_FLIGHT:
            return math.inf  # the next answer decides
        if reading.ended:
            return reading.looked + (reading.have - reading.seen) / self._pace
        # The time at which enough has been read to request more.
        _, ahead = self._wish()
        over = reading.have - reading.seen + sum(n for n, _ in reading.asked.values()) - ahead
        return reading.looked + max(over, 0.0) / self._pace + 1 / 60  # a page looks at every frame

    def act(self) -> None:
        """Do whatever is due now."""
        now = time.perf_counter()
        if self.done or now < self.due():
            return
        reading = self._reading
        if reading is None:
            run = f"{self.number}-{math.isinf(self._pace)}-{self._left}"
            self._reading = Reading(run, now)
            lanes = [{"name": "text", "temperature": 0.6}]
            self._post({"type": "start", "run": run, "settings": self._settings(), "lanes": lanes})
        elif reading.ended:
            reading.look(now, self._pace)
            self._finish(reading, now)
            return
        self._pump(now)

    def hear(self, now: float) -> None:
        """Read the kernel's messages."""
        session = self._notebook.client.session
        while self._socket.poll(0):
            _, parts = session.feed_identities(self._socket.recv_multipart())
            # Signature, header, parent, metadata, content. Most only say that the kernel is busy or idle.
            if b'"comm_msg"' not in parts[1]:
                continue
            data = json.loads(parts[4])["data"]
            if data["method"] == "custom":
                self._take(data["content"], now)

    def _settings(self) -> dict[str, Any]:
        return {
            "seed": "She was sitting next to",
            "length": LENGTH,
            "top_k": None,
            "top_p": None,
            "rng": self.number,
        }

    def _take(self, message: dict[str, Any], now: float) -> None:
        reading = self._reading
        if reading is None or reading.ended or message.get("run") != reading.run:
            return  # requested before the end was known
        if message["type"] == "error":
            raise RuntimeError(message["message"])
        if message["type"] == "chunk":
            _, asked = reading.asked.pop(message["pull"])
            self._trip += 0.2 * (min(now - asked, _LONGEST_TRIP) - self._trip)
            (lane,) = message["lanes"]
            if lane["position"] != reading.have:
                msg = f"Characters are missing before {lane['position']}, there are {reading.have}."
                raise RuntimeError(msg)
            if reading.have == 0 and lane["count"]:
                self.times.first.append(now - reading.clicked)
            reading.look(now, self._pace)
            reading.have += lane["count"]
            self._pump(now)
        if message["type"] == "end":
            if reading.have != LENGTH:
                msg = f"A text ended with {reading.have} characters."
                raise RuntimeError(msg)
            reading.ended = True
            reading.asked.clear()
            if math.isinf(self._pace):
                self._finish(reading, now)

    def _finish(self, reading: Reading, now: float) -> None:
        self.times.whole.append(now - reading.clicked)
        self._reading = None
        self._left -= 1
        self._next = now + self._dice.uniform(*PAUSE)

    def _wish(self) -> tuple[int, float]:
        """Return the size of a pull, and how far ahead of the reader the page requests."""
        wished = min(self._pace * max(_PIECE, self._trip / _IN_FLIGHT), _LARGEST)
        count = max(1, math.ceil(wished))
        return count, count + min(self._pace * self._trip, _IN_FLIGHT * _LARGEST)

    def _pump(self, now: float) -> None:
        reading = self._reading
        if reading is None or reading.ended:
            return
        reading.look(now, self._pace)
        count, ahead = self._wish()
        while len(reading.asked) < _IN_FLIGHT:
            expected = sum(n for n, _ in reading.asked.values())
            if reading.have - reading.seen + expected >= ahead:
                return
            self._pulls += 1
            pull = f"{self.number}:{self._pulls}"
            reading.asked[pull] = (count, now)
            position = reading.have + expected
            lanes = [{"name": "text", "temperature": 0.6, "position": position}]
            message = {"type": "pull", "run": reading.run, "pull": pull, "budget": _BUDGET}
            self._post({**message, "until": position + count, "lanes": lanes})

    def _post(self, content: dict[str, Any]) -> None:
        self._notebook.send(self._comm, {"method": "custom", "content": content})


def have_class(students: list[Student], pace: float, rounds: int) -> tuple[Times, float]:
    """Let all students write; return their times, and the share of one core that this program used."""
    begun = time.perf_counter()
    processor = time.process_time()
    poller = zmq.Poller()
    owners: dict[Any, Student] = {}
    for one in students:
        one.begin_class(pace, rounds, begun)
        poller.register(one.socket, zmq.POLLIN)
        owners[one.socket] = one
    silent_since = begun
    while not all(one.done for one in students):
        now = time.perf_counter()
        wait = min(one.due() for one in students) - now
        for socket, _ in poller.poll(round(1000 * min(max(wait, 0.0), 1.0))):
            owners[socket].hear(silent_since := time.perf_counter())
        for one in students:
            one.act()
        if time.perf_counter() - silent_since > PATIENCE:
            msg = f"The kernels have been silent for {PATIENCE:.0f} s."
            raise RuntimeError(msg)
    took = (time.process_time() - processor) / (time.perf_counter() - begun)
    all_times = Times()
    for one in students:
        all_times.first += one.times.first
        all_times.whole += one.times.whole
    return all_times, took


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def signed(value: float, text: Callable[[float], str], target: float) -> str:
    """Format a value; mark it with ``(!)`` if it misses its target."""
    return text(value) + (" (!)" if value > target else "")


def measure(count: int, options: argparse.Namespace) -> list[list[str]]:
    """Return a row of the table for each speed."""
    students: list[Student] = []
    try:
        for number in range(count):
            students.append(Student(options.model, options.math, number))  # noqa: PERF401 - each is closed
        for one in students:
            one.wait_until_ready()
        # Again, because the more kernels there are, the more they share.
        for one in students:
            one.idle = one.memory()
        for one in students:
            one.open()
        rows = []
        for speed in options.speed:
            rounds = 1 if options.quick else ROUNDS[speed]
            times, took = have_class(students, SPEEDS[speed], rounds)
            idle = statistics.median(one.idle for one in students)
            more = [one.memory() - one.idle for one in students]
            first, whole = times.first, times.whole
            rows.append(
                [
                    str(count),
                    speed,
                    str(len(whole)),
                    f"{1000 * statistics.median(first):,.0f}",
                    signed(percentile(first, 0.95), lambda value: f"{1000 * value:,.0f}", FIRST),
                    f"{statistics.median(whole):.2f}",
                    f"{percentile(whole, 0.95):.2f}",
                    f"{idle:.0f}",
                    signed(statistics.median(more), "+{:.0f}".format, MEMORY),
                    signed(max(more), "+{:.0f}".format, MEMORY),
                    students[0].computes_with(),
                    f"{100 * took:.0f} %",
                ]
            )
        return rows
    finally:
        for one in students:
            one.close()


HEADER = [
    "kernels",
    "speed",
    "texts",
    "first, ms",
    "95 %",
    "whole, s",
    "95 %",
    "idle, MB",
    "widget, MB",
    "most",
    "computes with",
    "this program",
]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kernels", nargs="+", type=int, metavar="N", help="default: 1, 5, 10, 20, 30")
    parser.add_argument("--speed", nargs="+", choices=SPEEDS, default=list(SPEEDS), help="default: both")
    parser.add_argument("--model", default="fairytales", help="default: %(default)s")
    parser.add_argument("--math", choices=["numpy", "numba"], help="default: Numba if installed")
    parser.add_argument("--quick", action="store_true", help="1 and 5 kernels, one text each")
    options = parser.parse_args()
    if not Path("/proc/self/smaps_rollup").is_file():
        parser.error("kernel memory can only be measured on Linux")
    # A path must work from any folder.
    options.model = str(Path(options.model).resolve()) if Path(options.model).exists() else options.model
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    at_best = f"{LENGTH / SPEEDS['default']:.0f} s at the default speed of {SPEEDS['default']:.0f} per second"
    print(f"{LENGTH:,} characters, which take {at_best}; times are from the click")
    table = [HEADER]
    for count in options.kernels or ((1, 5) if options.quick else COUNTS):
        table += measure(count, options)
        print(f"{count} done, load {os.getloadavg()[0]:.1f}", flush=True)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
