"""Characters per second, compared with the installed alternatives in one run.

    python benchmarks/generate.py [MODEL ...] [--plot FILE.png]

Every contestant writes the same text with the same sampling, one character at a time, on one core and
one thread. They take turns, so that a busy moment of the machine affects all of them, and the best round
of each counts. Only TensorFlow.js does its own sampling, as ml5.js does, and runs in a separate process.
The limit is the cost of reading the weights once per character: the matrix-vector products alone.

Then several processes write at once, on all cores, and the time to the first character is measured.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rivals

from lstm_widget import CharLSTM, LSTMGenerator, LSTMLayer, Weights, load_model
from lstm_widget.network.backend import VARIABLE
from lstm_widget.network.blas import single_thread
from lstm_widget.network.engine import Engine
from lstm_widget.network.sampling import choose, choose_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Results = dict[str, dict[int, float]]
    """Characters per second of each contestant, all lanes together, by the number of lanes."""

SHARED = Path(__file__).parents[2] / "shared" / "models"
DEFAULTS = [*(str(SHARED / name) for name in ("darwin", "bolano")), "fairytales", "2x512", "2x1024"]
TEMPERATURE = 0.6
LANES = 8
LIMIT = "limit: one product with every weight"
BACKENDS = ["numpy", "numba"] if find_spec("numba") else ["numpy"]
SECONDS = 0.4  # about how long a contestant writes in each round
REPEATS = 5  # of each measurement in new processes


def model_named(name: str) -> CharLSTM:
    """Return a model; ``2x512`` is a random one with two layers of 512 units."""
    layers, _, units = name.partition("x")
    if not (layers.isdigit() and units.isdigit()):
        return load_model(name)
    random, width, vocab_size, stack = np.random.default_rng(0), 64, 100, []

    def uniform(rows: int, columns: int) -> NDArray[np.float32]:
        return np.asarray(random.uniform(-2, 2, (rows, columns)) / np.sqrt(rows), np.float32)

    def zeros(size: int) -> NDArray[np.float32]:
        return np.zeros(size, np.float32)

    embedding = uniform(vocab_size, width)
    for _ in range(int(layers)):
        stack.append(LSTMLayer(uniform(width + int(units), 4 * int(units)), zeros(4 * int(units))))
        width = int(units)
    weights = Weights(tuple(stack), uniform(width, vocab_size), zeros(vocab_size), embedding)
    return CharLSTM(weights, {chr(32 + number): number for number in range(vocab_size)}, {"title": name})


def texts_of(step: rivals.Step, model: CharLSTM, lanes: int, count: int) -> list[str]:
    """Write texts with any step function; the sampling is the same for all."""
    dice = [np.random.default_rng(number) for number in range(lanes)]
    ids = np.full(lanes, model.encode("a")[0])
    written = []
    nothing: list[None] = [None] * lanes

    def write() -> None:
        nonlocal ids
        for _ in range(count):
            logits = step(ids)
            if lanes == 1:
                ids = np.array([choose(logits[0], TEMPERATURE, dice[0].random())])
            else:
                throws = np.array([one.random() for one in dice])
                ids = choose_each(logits, [TEMPERATURE] * lanes, throws, nothing, nothing)
            written.append(ids)

    single_thread(write)
    return [model.decode(column) for column in np.array(written).T.tolist()]


def our_texts(generator: LSTMGenerator, backend: str, lanes: int, count: int) -> list[str]:
    """Write through the public interface, with the checks, the seed and everything else that users get."""
    os.environ[VARIABLE] = backend
    if lanes == 1:
        return [generator.generate(seed="a", length=count, temperature=TEMPERATURE, rng=0)]
    return generator.generate_many(
        [{"rng": number} for number in range(lanes)], seed="a", length=count, temperature=TEMPERATURE
    )


def products(engine: Engine) -> Callable[[], object]:
    """Return a function that multiplies each weight matrix by a vector, the least any contestant must do."""
    matrices = [*engine.kernels, engine.softmax_w]
    jobs = [(m, np.ones(m.shape[1], m.dtype), np.empty(m.shape[0], m.dtype)) for m in matrices]

    def multiply() -> None:
        for matrix, x, out in jobs:
            np.dot(matrix, x, out)

    return multiply


def one_core(name: str, rounds: int) -> Results:
    """Return how fast each contestant runs a model on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    model = model_named(name)
    generator = LSTMGenerator(model)
    multiply = products(Engine(model.weights))
    check(model, generator)
    contestants: dict[tuple[str, int], Callable[[int], list[str]]] = {}
    for lanes in (1, LANES):
        for backend in BACKENDS:
            contestants[f"lstm-widget, {backend}", lanes] = partial(our_texts, generator, backend, lanes)
        for rival, way in rivals.installed().items():
            contestants[rival, lanes] = partial(texts_of, way(model, lanes), model, lanes)
    counts = {}
    for key, write in contestants.items():
        write(10)
        start = time.perf_counter()
        write(30)
        counts[key] = max(30, int(30 * SECONDS / (time.perf_counter() - start)))
    results: Results = {contestant: {} for contestant, _ in contestants} | {LIMIT: {1: 0.0}}
    for _ in range(rounds):
        for (contestant, lanes), write in contestants.items():
            start = time.perf_counter()
            write(counts[contestant, lanes])
            speed = lanes * counts[contestant, lanes] / (time.perf_counter() - start)
            results[contestant][lanes] = max(results[contestant].get(lanes, 0.0), speed)
        results[LIMIT][1] = max(results[LIMIT][1], single_thread(partial(_repeats_per_second, multiply)))
    return results


def _repeats_per_second(work: Callable[[], object]) -> float:
    start, repeats = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < SECONDS / 4:
        work()
        repeats += 1
    return repeats / elapsed


def check(model: CharLSTM, generator: LSTMGenerator) -> None:
    """Exit if they do not all write the same texts: only the same work can be compared."""
    for lanes in (1, LANES):
        texts = {backend: our_texts(generator, backend, lanes, 100) for backend in BACKENDS}
        for rival, way in rivals.installed().items():
            texts[rival] = texts_of(way(model, lanes), model, lanes, 100)
        if len(set(map(tuple, texts.values()))) > 1:
            sys.exit(f"The contestants do not write the same text: {texts}")


def _process(name: str, backend: str, seconds: float, barrier: Any, results: Any) -> None:  # noqa: ANN401
    os.environ[VARIABLE] = backend
    run = LSTMGenerator(model_named(name)).start(seed="a", length=1_000_000, temperature=TEMPERATURE, rng=0)
    run.advance(200)
    barrier.wait()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        run.advance(seconds=0.05)
    results.put((len(run.characters) - 200) / (time.perf_counter() - start))


def processes(name: str, backend: str, counts: tuple[int, ...], seconds: float) -> dict[int, float]:
    """Return the total characters per second for each number of processes, on all cores."""
    context = multiprocessing.get_context("spawn")
    totals = {}
    for count in counts:
        barrier, results = context.Barrier(count), context.Queue()
        arguments = (name, backend, seconds, barrier, results)
        team = [context.Process(target=_process, args=arguments) for _ in range(count)]
        for process in team:
            process.start()
        totals[count] = sum(results.get() for _ in team)
        for process in team:
            process.join()
    return totals


def start_times(names: list[str]) -> dict[str, float]:
    """Return the milliseconds until things are ready, as medians over new processes."""

    def median(*statements: str) -> float:
        """Return the time of the last statement."""
        timed = "import time; t = time.perf_counter()", statements[-1], "print(time.perf_counter() - t)"
        program = "\n".join([*statements[:-1], *timed])
        command = [sys.executable, "-c", program]
        taken = [
            float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603
            for _ in range(REPEATS)
        ]
        return 1000 * statistics.median(taken)

    ours = "from lstm_widget.generator import LSTMGenerator"
    times = {
        "import numpy": median("import numpy"),
        "import lstm_widget.generator, after NumPy": median("import numpy", "import lstm_widget.generator"),
        "import lstm_widget (with the widget)": median("from lstm_widget import LSTMWidget"),
    }
    for name in names:
        load, first = f"lstm = LSTMGenerator({name!r})", "next(lstm.stream(seed='a', rng=0))"
        times[f"load {Path(name).name}"] = median(ours, load)
        times[f"first character of {Path(name).name}"] = median(ours, load, first)
    return times


def print_speeds(results: Results, node: float | None) -> None:
    """Print a table; the ratio is to the faster of the two ONNX Runtime versions."""
    rival = max((speed[1] for name, speed in results.items() if name.startswith("ONNX")), default=None)
    limit = results[LIMIT][1]
    print(f"  {'one core, characters/s':38}{'1 lane':>9} {'ratio':>6} {'of limit':>9}", end="")
    print(f" {f'{LANES} lanes':>10} {'time x':>7}")
    rows = dict(results)
    if node is not None:
        rows["TensorFlow.js in Node, as ml5.js"] = {1: node}
    for name, speed in rows.items():
        print(f"  {name:38}{speed[1]:9,.0f}", end="")
        print(f" {speed[1] / rival:6.2f}" if rival else f" {'-':>6}", end="")
        print(f" {speed[1] / limit:9.2f}", end="")
        # How many times longer a step takes for all lanes than for one.
        print(f" {speed[LANES]:10,.0f} {speed[1] * LANES / speed[LANES]:7.2f}" if LANES in speed else "")


def plot(speeds: dict[str, dict[str, float]], file: str) -> None:
    """Draw a bar chart of the speeds of one lane, with a panel for each model."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - optional

    figure = Figure(figsize=(4 * len(speeds), 3.2), layout="constrained")
    for axes, (name, speed) in zip(
        figure.subplots(1, len(speeds), squeeze=False)[0], speeds.items(), strict=True
    ):
        labels = list(speed)[::-1]
        bars = axes.barh(labels, [speed[label] for label in labels])
        for bar, label in zip(bars, labels, strict=True):
            bar.set_color(
                "tab:blue" if "lstm-widget" in label else "silver" if label == LIMIT else "tab:orange"
            )
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
        axes.margins(x=0.25)
        axes.set_title(f"{name}: characters per second")
        axes.spines[["top", "right"]].set_visible(False)
        if axes is not figure.axes[0]:
            axes.set_yticklabels([])
    figure.savefig(file, dpi=150)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="default: darwin bolano fairytales 2x512 2x1024"
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=3.0, help="for the processes (default: %(default)s)")
    parser.add_argument("--plot", metavar="FILE", help="save a chart of the speeds of one lane")
    options = parser.parse_args()
    names = options.models or [name for name in DEFAULTS if "/" not in name or Path(name).is_dir()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    context = multiprocessing.get_context("spawn")
    speeds: dict[str, dict[str, float]] = {}
    for name in names:
        model, short = model_named(name), Path(name).name
        print(f"\n{short}: {model}")
        with context.Pool(1) as pool:  # in a separate process, because it pins itself to one core
            results = pool.apply(one_core, (name, options.rounds))
        node = rivals.tensorflow_js(model, 300)
        print_speeds(results, node)
        speeds[short] = {contestant: speed[1] for contestant, speed in results.items()}
        if node is not None:
            speeds[short]["TensorFlow.js in Node, as ml5.js"] = node
        print(f"  {f'processes on {cores} cores, total':38}{'1':>9}{'2':>9}{'4':>9}{'ratio of 4 to 1':>18}")
        for backend in BACKENDS:
            totals = processes(name, backend, (1, 2, 4), options.seconds)
            row = "".join(f"{total:9,.0f}" for total in totals.values())
            print(f"  {f'lstm-widget, {backend}':38}{row}{totals[4] / totals[1]:18.2f}")
    print("\nmilliseconds in a new process")
    for what, milliseconds in start_times([name for name in names if "x" not in Path(name).name]).items():
        print(f"  {what:50} {milliseconds:8.1f}")
    if options.plot:
        plot(speeds, options.plot)


if __name__ == "__main__":
    main()
