"""How fast the widget feels to a reader, in a real JupyterLab and Chromium.

    python benchmarks/page.py [--models PATH ...] [--rounds N] [--long CHARACTERS]

The targets, on an otherwise idle machine:

- the first character is on the screen within 100 ms of the click (median);
- 20,000 characters at full speed take no longer than 1.5 times what the engine alone takes in the same
  kernel, plus 0.2 s, at more than 50 frames per second;
- with the look inside open, and the text coloured, 2,000 characters at full speed take 2 s at most;
- another cell prints within 60 ms while a text is written at full speed (median);
- nothing changes later than 100 ms after the click on Stop;
- a long text takes a few times its own size in memory, in the page and in the kernel, and the page still
  responds to a click within a few frames.

The page measures its own times, from the browser's time stamp of the click to the end of the frame that
shows the change. "Another cell" is run by a second client in the same kernel.
"""

from __future__ import annotations

import argparse
import ast
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import SEED, Lab, Notebook, start_chromium  # noqa: E402 - the tests are not a package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession

SHARED = ROOT.parent / "shared" / "models"
DEFAULTS = ["fairytales", *(str(SHARED / name) for name in ("darwin", "bolano"))]
SETTINGS = f"seed={SEED!r}, temperature=0.6, rng=1"
FULL = 20_000  # characters at full speed
FULL_ROUNDS = 3
OPEN = 2_000  # characters with the look inside open
CELLS = 15
CLICKS = 9
# The targets.
FIRST, RATIO, MORE, FRAMES, CELL, STOP, CLICK, INSIDE = 100, 1.5, 0.2, 50, 60, 100, 100, 2.0
PATIENCE = 600_000  # milliseconds; a large network on a busy machine is slow

# Records what happens in a widget after the last click, in milliseconds since then. A change is on the screen
# at the end of the frame in which it happened.
WATCH = """root => {
  const [text, status] = ["region", "status"].map((role) => root.querySelector(`[role=${role}]`));
  const watch = {changes: [], lengths: [], told: [], frames: [], answered: null};
  let clicked = performance.now();
  const afterFrame = (act) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => act(performance.now() - clicked);
    port2.postMessage(null);
  };
  root.addEventListener("click", (event) => {
    clicked = event.timeStamp;
    Object.assign(watch, {changes: [], lengths: [], told: [], frames: [], answered: null});
    requestAnimationFrame(() => afterFrame((time) => { watch.answered = time; }));
  }, {capture: true});
  new MutationObserver(() => {
    const {changes, lengths} = watch;
    // Measuring the length of a long text takes time, and matters only at the beginning.
    const length = lengths.length < 20 ? text.textContent.length : null;
    afterFrame((time) => { changes.push(time); lengths.push(length); });
  }).observe(text, {subtree: true, childList: true, characterData: true});
  new MutationObserver(() => watch.told.push([performance.now() - clicked, status.textContent]))
    .observe(status, {subtree: true, childList: true, characterData: true});
  const frame = () => { watch.frames.push(performance.now() - clicked); requestAnimationFrame(frame); };
  frame();
  window.lstmWatch = watch;
}"""


class Kernel:
    """A second client of the kernel behind a notebook."""

    def __init__(self, connection_file: Path) -> None:
        self._client = BlockingKernelClient(connection_file=str(connection_file))
        self._client.load_connection_file()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def ask(self, expression: str, code: str = "") -> Any:  # noqa: ANN401 - any literal
        """Run some code, then return the value of an expression."""
        reply = self._client.execute(code, user_expressions={"it": expression}, reply=True, timeout=600)
        it = reply["content"].get("user_expressions", {}).get("it", reply["content"])
        if it["status"] != "ok":
            msg = f"{it['ename']}: {it['evalue']}"
            raise RuntimeError(msg)
        return ast.literal_eval(it["data"]["text/plain"])

    def cell(self) -> float:
        """Return the milliseconds from requesting a cell to its output."""
        start = time.perf_counter()
        cell = self._client.execute("print('here')")
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == cell:
                return 1000 * (time.perf_counter() - start)

    def cells(self) -> list[float]:
        """Return the times of `CELLS` cells, run one after the other."""
        return [self.cell() for _ in range(CELLS)]

    def warm_up(self) -> str:
        """Let the engine do its one-off work; return which backend it uses."""
        self.ask("None", f"w.generator.generate({SETTINGS}, length=2000)")
        deadline = time.monotonic() + 120
        while (math := self.ask("w.generator.math")) == "numpy" and find_spec("numba"):
            if time.monotonic() > deadline or os.environ.get("LSTM_WIDGET_MATH") == "numpy":
                break
            time.sleep(0.2)
        self.ask("None", f"w.generator.generate({SETTINGS}, length=2000)")
        return str(math)

    def bare(self) -> float:
        """Return the seconds that the engine alone takes for `FULL` characters."""
        code = f"import time\nbegun = time.perf_counter()\nw.generator.generate({SETTINGS}, length={FULL})"
        return float(self.ask("time.perf_counter() - begun", code))

    def processor(self) -> float:
        """Return the seconds of processor time that the kernel has used so far."""
        return float(self.ask("time.process_time()", "import time"))

    def memory(self) -> int:
        """Return the bytes of memory that the kernel's process uses."""
        return int(self.ask("psutil.Process().memory_info().rss", "import gc, psutil\ngc.collect()"))

    def close(self) -> None:
        """Disconnect from the kernel."""
        self._client.stop_channels()


@dataclass
class Figures:
    """The results for one model; times in milliseconds unless stated otherwise."""

    math: str
    first: list[float]
    bare: float
    """Seconds for `FULL` characters, median."""
    full: float
    """The same in the page."""
    bare_processor: float
    """Its processor time, which does not count what other processes do."""
    full_processor: float
    frames: list[float]
    """The length of each frame during this."""
    inside: list[float]
    """Seconds for `OPEN` characters with the look inside open."""
    inside_frames: list[float]
    cells_idle: list[float]
    cells: list[float]
    stop_changed: list[float]
    stop_told: list[float]
    long: int
    clicks: list[float]
    scripts: int
    """Bytes that the long text takes in the page, in JavaScript."""
    layout: int
    """Bytes that it takes in the rest of the page, for its layout."""
    kernel: int
    """Bytes that it takes in the kernel."""


class Bench:
    """A notebook with a widget, and its measurements."""

    def __init__(self, notebook: Notebook, kernel: Kernel, devtools: CDPSession) -> None:
        self.notebook = notebook
        self.kernel = kernel
        self.devtools = devtools
        notebook.root.evaluate(WATCH)

    def figures(self, rounds: int, long: int) -> Figures:
        """Measure everything."""
        math = self.kernel.warm_up()
        first, stop_changed, stop_told = [], [], []
        for _ in range(rounds):
            first.append(self.first_character())
            self.stop()
        cells_idle = self.kernel.cells()
        self.set(length=FULL, speed=None)
        self.write(FULL)  # once, so that the browser has also compiled what it needs
        bare, full, frames = [], [], []
        processor = [self.kernel.processor()]
        for _ in range(FULL_ROUNDS):
            bare.append(self.kernel.bare())
            processor.append(self.kernel.processor())
            seconds, meanwhile = self.write(FULL)
            processor.append(self.kernel.processor())
            full.append(seconds)
            frames += meanwhile
        inside, inside_frames = [], []
        self.set(length=OPEN, speed=None)
        self.kernel.ask("None", "w.inside, w.colour = True, 'surprise'")
        for _ in range(FULL_ROUNDS):
            seconds, meanwhile = self.write(OPEN)
            inside.append(seconds)
            inside_frames += meanwhile
        self.kernel.ask("None", "w.inside, w.colour = False, 'none'")
        spent = [after - before for before, after in pairwise(processor)]
        self.set(length=1_000_000, speed=None)
        self.begin()
        cells = self.kernel.cells()
        self.stop()
        for _ in range(rounds):
            self.begin()
            changed, told = self.stop()
            stop_changed.append(changed)
            stop_told.append(told)
        self.clear()
        before = self.memory()
        self.set(length=long, speed=None)
        self.write(long)
        scripts, layout, kernel = (now - then for now, then in zip(self.memory(), before, strict=True))
        clicks = [self.click_on_more() for _ in range(CLICKS)]
        self.set(length=300, speed=50)
        return Figures(
            math,
            first,
            statistics.median(bare),
            statistics.median(full),
            statistics.median(spent[::2]),
            statistics.median(spent[1::2]),
            frames,
            inside,
            inside_frames,
            cells_idle,
            cells,
            stop_changed,
            stop_told,
            long,
            clicks,
            scripts,
            layout,
            kernel,
        )

    def watched(self) -> dict[str, Any]:
        """Return what happened since the last click."""
        return dict(self.notebook.page.evaluate("window.lstmWatch"))

    def set(self, length: int, speed: float | None) -> None:
        """Change the settings from the kernel, and wait until the page shows them."""
        self.kernel.ask("None", f"w.length, w.speed = {length}, {speed}")
        expect(self.notebook.length_field).to_have_value(str(length))

    def clear(self) -> None:
        """Clear the text."""
        self.notebook.clear.click()
        expect(self.notebook.clear).to_be_disabled()

    def begin(self) -> None:
        """Start writing, and wait for the first characters."""
        self.notebook.generate.click()
        self.notebook.page.wait_for_function("window.lstmWatch.lengths.some((one) => one > 50)")

    def first_character(self) -> float:
        """Return the time from the click to the first character on the screen; writing goes on."""
        if self.notebook.clear.is_enabled():
            self.clear()
        before = self.notebook.text.evaluate("one => one.textContent.length")  # the seed, with its marks
        self.notebook.generate.click()
        is_first = f"(one) => one > {before}"
        self.notebook.page.wait_for_function(f"window.lstmWatch.lengths.some({is_first})")
        number = self.notebook.page.evaluate(f"window.lstmWatch.lengths.findIndex({is_first})")
        return float(self.watched()["changes"][number])

    def stop(self) -> tuple[float, float]:
        """Stop; return the times to the last change of the text and to the message that it has stopped."""
        self.notebook.stop.click()
        self.notebook.page.wait_for_function(
            "window.lstmWatch.told.some(([, text]) => text.startsWith('Stopped'))"
        )
        self.notebook.page.wait_for_timeout(200)  # what comes after the message counts, too
        watched = self.watched()
        told = next(time for time, text in watched["told"] if text.startswith("Stopped"))
        return max(watched["changes"], default=0.0), told

    def write(self, count: int) -> tuple[float, list[float]]:
        """Write this many characters; return the seconds it took and the milliseconds of each frame."""
        self.notebook.generate.click()
        self.notebook.page.wait_for_function(
            "window.lstmWatch.told.some(([, text]) => text.startsWith('Finished'))", timeout=PATIENCE
        )
        watched = self.watched()
        expect(self.notebook.status).to_have_text(f"Finished: {count:,} characters")
        last = max(watched["changes"])
        frames = [time for time in watched["frames"] if 0 <= time <= last]
        return last / 1000, [after - before for before, after in pairwise(frames)]

    def click_on_more(self) -> float:
        """Return the time from a click to the next frame."""
        self.notebook.more.click()
        self.notebook.page.wait_for_function("window.lstmWatch.answered !== null")
        return float(self.watched()["answered"])

    def memory(self) -> tuple[int, int, int]:
        """Return the bytes, after garbage collection, of JavaScript, the rest of the page, and the kernel."""
        self.devtools.send("HeapProfiler.collectGarbage")
        usage = self.devtools.send("Runtime.getHeapUsage")
        scripts = usage["usedSize"] + usage.get("backingStorageSize", 0)
        return int(scripts), int(usage.get("embedderHeapUsedSize", 0)), self.kernel.memory()


def megabytes(size: int, text: int) -> str:
    """Format a size, also as a multiple of the text's size at one byte per character."""
    return f"{size / 1e6:,.1f} MB, {size / text:,.0f} x"


def table(results: dict[str, Figures]) -> list[list[str]]:
    """Return a row for each measure: name, target, then the models; a missed target is marked ``(!)``."""
    every = list(results.values())
    rows = [["", "target", *results]]

    def row(name: str, target: str, values: list[str], *, good: list[bool] | None = None) -> None:
        signs = ["" if fine else " (!)" for fine in good or [True] * len(values)]
        rows.append([name, target, *(value + sign for value, sign in zip(values, signs, strict=True))])

    def times(name: str, target: float | None, lists: list[list[float]]) -> None:
        good = None if target is None else [statistics.median(one) <= target for one in lists]
        values = [f"{statistics.median(one):,.0f} / {max(one):,.0f}" for one in lists]
        row(f"{name}, ms, median / worst", "" if target is None else f"<= {target:g}", values, good=good)

    row("computes with", "", [one.math for one in every])
    times("click to first character", FIRST, [one.first for one in every])
    row(f"{FULL:,} characters, engine alone, s", "", [f"{one.bare:.2f}" for one in every])
    row(
        f"{FULL:,} characters, in the page, s",
        f"<= {RATIO} x + {MORE}",
        [f"{one.full:.2f} = {one.full / one.bare:.2f} x" for one in every],
        good=[one.full <= RATIO * one.bare + MORE for one in every],
    )
    row(
        "the kernel's processor time, s",
        "",
        [f"{one.bare_processor:.2f}, {one.full_processor:.2f}" for one in every],
    )
    rates = [1000 * len(one.frames) / sum(one.frames) for one in every]
    good = [rate > FRAMES for rate in rates]
    row("frames per second during this", f"> {FRAMES}", [f"{rate:.0f}" for rate in rates], good=good)
    row("the longest frame, ms", "", [f"{max(one.frames):.0f}" for one in every])
    seconds = [statistics.median(one.inside) for one in every]
    row(
        f"{OPEN:,} characters with the look inside open, s",
        f"<= {INSIDE:g}",
        [f"{one:.2f}" for one in seconds],
        good=[one <= INSIDE for one in seconds],
    )
    rates = [1000 * len(one.inside_frames) / sum(one.inside_frames) for one in every]
    row("frames per second during this", "", [f"{rate:.0f}" for rate in rates])
    times("another cell, while idle", None, [one.cells_idle for one in every])
    times("another cell, at full speed", CELL, [one.cells for one in every])
    times("Stop to the last change", STOP, [one.stop_changed for one in every])
    times("Stop to the message", STOP, [one.stop_told for one in every])
    long = f"{every[0].long:,} characters: "
    times(f"{long}a click", CLICK, [one.clicks for one in every])
    for place in ("scripts", "layout", "kernel"):
        row(f"{long}{place}", "a few x", [megabytes(getattr(one, place), one.long) for one in every])
    return rows


@contextmanager
def opened(lab: Lab, browser: Browser, model: str) -> Iterator[Bench]:
    """Open a notebook with a widget."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    code = f"from lstm_widget import LSTMWidget\nw = LSTMWidget({model!r}, {SETTINGS})\nw"
    notebook = lab.open(page, f"{Path(model).name}.ipynb", [code])
    notebook.run_all()
    notebook.generate.wait_for()
    kernel = Kernel(lab.connection_file)
    yield Bench(notebook, kernel, page.context.new_cdp_session(page))
    kernel.close()
    lab.end_kernels(page)
    page.context.close()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", metavar="PATH", help="default: fairytales, darwin, bolano")
    parser.add_argument("--rounds", type=int, default=20, help="short measurements (default: %(default)s)")
    parser.add_argument("--long", type=int, default=200_000, help="of the long text (default: %(default)s)")
    options = parser.parse_args()
    models = options.models or [name for name in DEFAULTS if "/" not in name or Path(name).is_dir()]
    # The kernel runs in another folder.
    models = [str(Path(name).resolve()) if Path(name).exists() else name for name in models]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    results = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = start_chromium(playwright)
        lab = Lab(Path(folder))
        try:
            for model in models:
                with opened(lab, browser, model) as bench:
                    results[Path(model).name] = bench.figures(options.rounds, options.long)
                print(f"{Path(model).name} done, load {os.getloadavg()[0]:.1f}", flush=True)
        finally:
            lab.stop()
            browser.close()
    rows = table(results)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
