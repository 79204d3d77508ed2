"""How fast the engine of the page writes, in Node, compared with NumPy in this Python.

    python benchmarks/page_engine.py [MODEL] [--length 3000] [--rounds 5]

All are measured by turns. Of the rounds the median counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

os.environ["LSTM_WIDGET_MATH"] = "numpy"
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "local"))

from page_in_node import PageEngine, bundle

from lstm_widget import LSTMGenerator
from lstm_widget.formats.safetensors import load_safetensors, save_safetensors
from lstm_widget.network.bundled import DEFAULT_MODEL, bundled_files
from lstm_widget.writing.batch import advance_together

if TYPE_CHECKING:
    from lstm_widget.network.model import CharLSTM

    Pace = tuple[float, float]  # characters per second of time, and of processor time

SEED, TEMPERATURE = "a", 0.6
TEXTS = (1, 2, 6)
ENGINES: dict[str, tuple[str, Literal["float32", "float16"]]] = {
    "wasm float16": ("wasm", "float16"),
    "wasm float32": ("wasm", "float32"),
    "javascript": ("javascript", "float32"),
}
SLOW = "javascript"


def numpy_pace(model: CharLSTM, texts: int, length: int) -> Pace:
    """Have NumPy write several texts side by side."""
    start = LSTMGenerator(model).start
    runs = [start(seed=SEED, length=length + 1, temperature=TEMPERATURE, rng=n) for n in range(texts)]
    advance_together(runs, 1)
    busy, begin = time.process_time(), time.perf_counter()
    advance_together(runs)
    return length / (time.perf_counter() - begin), length / (time.process_time() - busy)


def page_pace(page: PageEngine, model: CharLSTM, texts: int, length: int) -> Pace:
    """Have the page write several texts side by side."""
    settings = {"ids": model.encode(SEED), "lanes": texts, "temperature": TEMPERATURE}
    page.ask("pace", length=100, **settings)  # until it is compiled
    took = page.ask("pace", length=length, **settings)
    return length / took["all"], length / took["processor"]


def measured(model: CharLSTM, texts: int, length: int, rounds: int) -> dict[str, list[Pace]]:
    """Have all of them write by turns, so that what else the machine does meets each."""
    paces: dict[str, list[Pace]] = {}
    with tempfile.TemporaryDirectory() as name, PageEngine(bundle(Path(name) / "page.mjs")) as page:
        for _ in range(rounds):
            paces.setdefault("NumPy", []).append(numpy_pace(model, texts, length))
            for engine, (math, dtype) in ENGINES.items():
                file = save_safetensors(model, Path(name) / "model.safetensors", dtype)
                page.ask("load", file=str(file), math=math)
                pace = page_pace(page, model, texts, length // 10 if engine == SLOW else length)
                paces.setdefault(engine, []).append(pace)
    return paces


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("model", nargs="?", default=DEFAULT_MODEL, help="name of a bundled model")
    parser.add_argument("--length", type=int, default=3000, help="characters of each text")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    model = load_safetensors(bundled_files()[given.model])
    print(f"{given.model}: {model.architecture}")
    print("Characters per second of each text:\n")
    print(f"{'':14}{'texts':>6}{'in all':>10}{'of processor time':>20}{'x NumPy':>9}")
    for texts in TEXTS:
        paces = measured(model, texts, given.length, given.rounds)
        medians = {one: [median(row) for row in zip(*rows, strict=True)] for one, rows in paces.items()}
        for engine, (everything, processor) in medians.items():
            ratio = processor / medians["NumPy"][1]
            print(f"{engine:14}{texts:6}{everything:10,.0f}{processor:20,.0f}{ratio:9.2f}")


if __name__ == "__main__":
    main()
