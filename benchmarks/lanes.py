"""Do six temperature lanes stream without dropped frames? Measured in a real JupyterLab and Chromium.

    python benchmarks/lanes.py [--models PATH ...] [--lanes N] [--speed CHARACTERS] [--seconds N]

The target, on an otherwise idle machine: six lanes at 400 characters per second each, with more than 50
frames per second. At the end, each lane must have the number of characters that its speed asks for.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import SEED, Lab, start_chromium  # noqa: E402 - the tests are not a package

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHARED = ROOT.parent / "shared" / "models"
DEFAULTS = ["fairytales", *(str(SHARED / name) for name in ("darwin", "bolano"))]
FRAMES = 50  # per second
ENOUGH = 0.95  # of the characters that the speed asks for

# Records every frame for `span` milliseconds from the first character on, and each lane's length at the end.
WATCH = """([root, span]) => new Promise((resolve) => {
  const regions = [...root.querySelectorAll("[role=region]")];
  const empty = regions.map((one) => one.textContent.length);
  const lengths = () => regions.map((one, n) => one.textContent.length - empty[n]);
  const times = [];
  let first = null;
  const look = (now) => {
    if (first === null && lengths()[0] > 0) first = now;
    if (first !== null) times.push(now);
    if (first !== null && now - first > span) resolve({times, lengths: lengths()});
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  [...root.querySelectorAll("button")].find((one) => one.textContent === "Generate").click();
})"""


@dataclass
class Figures:
    """The results for one model; frames in milliseconds."""

    frames: list[float]
    slowest: float
    """Characters per second of the slowest lane."""


def measured(lab: Lab, browser: Browser, model: str, options: argparse.Namespace) -> Figures:
    """Write in all lanes, once to warm up and once to measure."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    heats = [round(0.2 + 0.2 * number, 1) for number in range(options.lanes)]
    given = f"{model!r}, seed={SEED!r}, temperatures={heats}, rng=1, speed={options.speed}, length=100_000"
    code = f"from lstm_widget import TemperatureLanes\nw = TemperatureLanes({given})\nw"
    lab.open(page, f"{Path(model).name}.ipynb", [code]).run_all()
    root = page.get_by_role("group", name="LSTM temperature lanes")
    stop, clear = (root.get_by_role("button", name=name, exact=True) for name in ("Stop", "Clear"))
    page.set_default_timeout(600_000)
    span = 1000 * options.seconds
    for _ in range(2):
        found = page.evaluate(WATCH, [root.element_handle(), span])
        stop.click()
        clear.click()
        expect(clear).to_be_disabled()
    lab.end_kernels(page)
    page.context.close()
    times = found["times"]
    taken = (times[-1] - times[0]) / 1000
    return Figures([after - before for before, after in pairwise(times)], min(found["lengths"]) / taken)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", metavar="PATH", help="default: fairytales, darwin, bolano")
    parser.add_argument("--lanes", type=int, default=6, help="lanes side by side (default: %(default)s)")
    parser.add_argument("--speed", type=int, default=400, help="characters per second (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=10, help="how long to measure (default: %(default)s)")
    options = parser.parse_args()
    models = options.models or [name for name in DEFAULTS if "/" not in name or Path(name).is_dir()]
    # The kernel runs in another folder.
    models = [str(Path(name).resolve()) if Path(name).exists() else name for name in models]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print(f"{options.lanes} lanes at {options.speed} characters per second each")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = start_chromium(playwright)
        lab = Lab(Path(folder))
        try:
            for model in models:
                one = measured(lab, browser, model, options)
                rate = 1000 * len(one.frames) / sum(one.frames)
                good = rate > FRAMES and one.slowest >= ENOUGH * options.speed
                print(
                    f"{Path(model).name:12} {rate:5.1f} frames per second (> {FRAMES}), "
                    f"median {statistics.median(one.frames):.1f} ms, longest {max(one.frames):.0f} ms, "
                    f"{sum(frame > 1000 / FRAMES for frame in one.frames)} of {len(one.frames)} longer than "
                    f"{1000 / FRAMES:.0f} ms; slowest lane {one.slowest:.0f} per second"
                    f"{'' if good else ' (!)'}",
                    flush=True,
                )
        finally:
            lab.stop()
            browser.close()


if __name__ == "__main__":
    main()
