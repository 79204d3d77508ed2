"""Characters per second of the engine, side by side with ONNX Runtime, in one run.

    python benchmarks/generate.py [MODEL ...]

Every contestant writes the same text with the same sampling, one character at a time, on one core
and one thread, and they take turns, so that a busy moment of the machine hits all of them; of each
the best round counts. Then several processes at once write with the engine, on all cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget import LSTMGenerator, load_model
from lstm_widget.blas import single_thread
from lstm_widget.engine import Engine
from lstm_widget.model import FORGET_BIAS
from lstm_widget.sampling import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lstm_widget.model import CharLSTM

    Step = Callable[[int], NDArray[np.float32]]

SHARED = Path(__file__).parents[2] / "shared" / "models"
TEMPERATURE = 0.6


def onnx_steps(model: CharLSTM) -> dict[str, Callable[[], Step]]:
    """Return ways to run one step with ONNX Runtime: its LSTM operator, and plain operators."""
    import onnx  # noqa: PLC0415 - optional
    import onnxruntime  # noqa: PLC0415

    def session(graph: Any) -> Any:  # noqa: ANN401 - onnx has no types
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
        return onnxruntime.InferenceSession(made.SerializeToString(), options, ["CPUExecutionProvider"])

    def stepper(build: Callable[..., Any], state_shape: Callable[[int], tuple[int, ...]]) -> Step:
        run = session(build(onnx, model)).run
        layers = model.weights.layers
        feed = {
            f"{part}{n}": np.zeros(state_shape(layer.units), np.float32)
            for n, layer in enumerate(layers)
            for part in "hc"
        }
        names = list(feed)
        feed["id"] = np.zeros(1, np.int64)

        def step(number: int) -> NDArray[np.float32]:
            feed["id"][0] = number
            logits, *state = run(None, feed)
            feed.update(zip(names, state, strict=True))
            return logits.reshape(-1)  # type: ignore[no-any-return]

        return step

    return {
        "ONNX Runtime, LSTM operator": lambda: stepper(_lstm_graph, lambda units: (1, 1, units)),
        "ONNX Runtime, plain operators": lambda: stepper(_plain_graph, lambda units: (1, units)),
    }


def _input_table(model: CharLSTM) -> NDArray[np.float32]:
    weights = model.weights
    return np.eye(weights.vocab_size, dtype=np.float32) if weights.embedding is None else weights.embedding


def _lstm_graph(onnx: Any, model: CharLSTM) -> Any:  # noqa: ANN401
    helper, constants, nodes = onnx.helper, {}, []
    constants["table"] = _input_table(model)
    constants["axis"] = np.array([0], np.int64)
    nodes.append(helper.make_node("Gather", ["table", "id"], ["row"]))
    nodes.append(helper.make_node("Unsqueeze", ["row", "axis"], ["x0"]))
    for n, layer in enumerate(model.weights.layers):

        def order(columns: NDArray[np.float32], forget: float) -> NDArray[np.float32]:
            i, j, f, o = np.split(columns, 4, axis=-1)
            return np.concatenate([i, o, f + np.float32(forget), j], axis=-1)  # as ONNX has them

        kernel = order(layer.kernel, 0)
        constants[f"w{n}"] = np.ascontiguousarray(kernel[: layer.input_size].T[None])
        constants[f"r{n}"] = np.ascontiguousarray(kernel[layer.input_size :].T[None])
        bias = order(layer.bias, FORGET_BIAS)
        constants[f"b{n}"] = np.concatenate([bias, np.zeros_like(bias)])[None]
        inputs = [f"x{n}", f"w{n}", f"r{n}", f"b{n}", "", f"h{n}", f"c{n}"]
        outputs = [f"y{n}", f"h{n}_next", f"c{n}_next"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=layer.units))
        constants[f"shape{n}"] = np.array([1, 1, layer.units], np.int64)
        nodes.append(helper.make_node("Reshape", [f"y{n}", f"shape{n}"], [f"x{n + 1}"]))
    top = f"x{len(model.weights.layers)}"
    return _finished(onnx, model, constants, nodes, top, lambda units: [1, 1, units])


def _plain_graph(onnx: Any, model: CharLSTM) -> Any:  # noqa: ANN401
    helper, constants, nodes = onnx.helper, {"table": _input_table(model)}, []
    nodes.append(helper.make_node("Gather", ["table", "id"], ["x0"]))
    for n, layer in enumerate(model.weights.layers):
        bias = layer.bias.copy()
        bias[2 * layer.units : 3 * layer.units] += np.float32(FORGET_BIAS)
        constants |= {f"k{n}": layer.kernel, f"b{n}": bias}
        for operator, inputs, outputs, attributes in (
            ("Concat", ["x", "h"], ["xh"], {"axis": 1}),
            ("Gemm", ["xh", "k", "b"], ["z"], {}),
            ("Split", ["z"], ["zi", "zj", "zf", "zo"], {"axis": 1}),
            ("Sigmoid", ["zi"], ["i"], {}),
            ("Tanh", ["zj"], ["j"], {}),
            ("Sigmoid", ["zf"], ["f"], {}),
            ("Sigmoid", ["zo"], ["o"], {}),
            ("Mul", ["f", "c"], ["fc"], {}),
            ("Mul", ["i", "j"], ["ij"], {}),
            ("Add", ["fc", "ij"], ["c_next"], {}),
            ("Tanh", ["c_next"], ["tc"], {}),
            ("Mul", ["o", "tc"], ["h_next"], {}),
        ):
            named = [[_numbered(name, n) for name in names] for names in (inputs, outputs)]
            nodes.append(helper.make_node(operator, *named, **attributes))
        nodes.append(helper.make_node("Identity", [f"h{n}_next"], [f"x{n + 1}"]))
    top = f"x{len(model.weights.layers)}"
    return _finished(onnx, model, constants, nodes, top, lambda units: [1, units])


def _numbered(name: str, n: int) -> str:
    return name.replace("_next", f"{n}_next") if name.endswith("_next") else f"{name}{n}"


def _finished(
    onnx: Any,  # noqa: ANN401
    model: CharLSTM,
    constants: dict[str, Any],
    nodes: list[Any],
    top: str,
    shape: Callable[[int], list[int]],
) -> Any:  # noqa: ANN401
    helper, kind = onnx.helper, onnx.TensorProto
    constants |= {"softmax_w": model.weights.softmax_w, "softmax_b": model.weights.softmax_b}
    nodes.append(helper.make_node("MatMul", [top, "softmax_w"], ["products"]))
    nodes.append(helper.make_node("Add", ["products", "softmax_b"], ["logits"]))
    inputs = [helper.make_tensor_value_info("id", kind.INT64, [1])]
    outputs = [helper.make_tensor_value_info("logits", kind.FLOAT, None)]
    for n, layer in enumerate(model.weights.layers):
        for part in "hc":
            size = shape(layer.units)
            inputs.append(helper.make_tensor_value_info(f"{part}{n}", kind.FLOAT, size))
            outputs.append(helper.make_tensor_value_info(f"{part}{n}_next", kind.FLOAT, size))
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    return helper.make_graph(nodes, "step", inputs, outputs, tensors)


def write(step: Step, model: CharLSTM, count: int) -> str:
    """Write with any way to do a step; the sampling is the same for all."""
    dice, number, written = np.random.default_rng(0), model.encode("a")[0], []
    with single_thread:
        for _ in range(count):
            number = choose(step(number), TEMPERATURE, dice.random())
            written.append(number)
    return model.decode(written)


def rivals(model: CharLSTM) -> dict[str, Callable[[], Step]]:
    """Return the contestants by name; each makes a step from the zero state."""
    engine = Engine(model.weights)
    found: dict[str, Callable[[], Step]] = {"lstm-widget, engine": lambda: engine.lane().step}
    try:
        found |= onnx_steps(model)
    except ImportError:
        print('ONNX Runtime is not installed (pip install "lstm-widget[bench]"): left out.')
    return found


def one_core(name: str, count: int, rounds: int) -> dict[str, float]:
    """Return characters per second of each contestant, on one core; the best of some rounds."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    model = load_model(name)
    contestants = rivals(model)
    texts = {contestant: write(make(), model, 500) for contestant, make in contestants.items()}
    if len(set(texts.values())) > 1:
        sys.exit(f"The contestants do not write the same text: {texts}")
    # The public way: everything that a user gets, with the checks and the seed.
    generator = LSTMGenerator(model)
    tasks: dict[str, Callable[[], object]] = {
        contestant: partial(write, make(), model, count) for contestant, make in contestants.items()
    }
    tasks["lstm-widget, generate()"] = lambda: generator.generate(
        seed="a", length=count, temperature=TEMPERATURE, rng=0
    )
    best = dict.fromkeys(tasks, 0.0)
    for _ in range(rounds):
        for contestant, task in tasks.items():
            start = time.perf_counter()
            task()
            best[contestant] = max(best[contestant], count / (time.perf_counter() - start))
    return best


def _process(name: str, seconds: float, barrier: Any, results: Any) -> None:  # noqa: ANN401
    run = LSTMGenerator(name).start(seed="a", length=1_000_000, temperature=TEMPERATURE, rng=0)
    run.advance(200)
    barrier.wait()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        run.advance(seconds=0.05)
    results.put((len(run.characters) - 200) / (time.perf_counter() - start))


def processes(name: str, counts: tuple[int, ...], seconds: float) -> dict[int, float]:
    """Return the characters per second of so many processes together, on all cores."""
    context = multiprocessing.get_context("spawn")
    totals = {}
    for count in counts:
        barrier, results = context.Barrier(count), context.Queue()
        team = [
            context.Process(target=_process, args=(name, seconds, barrier, results)) for _ in range(count)
        ]
        for process in team:
            process.start()
        totals[count] = sum(results.get() for _ in team)
        for process in team:
            process.join()
    return totals


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="default: darwin, bolano and bronte")
    parser.add_argument("--count", type=int, default=5000, help="characters per round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="%(default)s")
    parser.add_argument("--seconds", type=float, default=3.0, help="for the processes (%(default)s)")
    options = parser.parse_args()
    names = options.models or [str(p) for p in (SHARED / "darwin", SHARED / "bolano") if p.is_dir()] + [
        "bronte"
    ]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for name in names:
        model = load_model(name)
        print(f"\n{Path(name).name}: {model}")
        totals = processes(name, (1, 2, 4), options.seconds)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:  # in a process of its own, as it binds itself to one core
            speeds = pool.apply(one_core, (name, options.count, options.rounds))
        print(f"  {'on one core':34} {'characters/s':>12}  {'ratio':>6}")
        rival = max((v for n, v in speeds.items() if n.startswith("ONNX")), default=None)
        for contestant, speed in speeds.items():
            ratio = f"{speed / rival:6.2f}" if rival else "     -"
            print(f"  {contestant:34} {speed:12,.0f}  {ratio}")
        print(f"  {f'processes on {cores} cores':34} {'total':>12}  {'ratio':>6}")
        for count, total in totals.items():
            print(f"  {count:34} {total:12,.0f}  {total / totals[1]:6.2f}")


if __name__ == "__main__":
    main()
