"""Other ways to run the same networks, for `generate.py`: ONNX Runtime, PyTorch, TensorFlow.js.

Each way takes a model and a number of lanes, and returns a function that feeds one id to each lane,
``ids [L] -> logits [L, V]``, starting from the zero state.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget import save_model
from lstm_widget.formats.pytorch import to_pytorch
from lstm_widget.network.weights import FORGET_BIAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lstm_widget.network.model import CharLSTM

    Step = Callable[[NDArray[np.intp]], NDArray[np.float32]]
    Way = Callable[[CharLSTM, int], Step]

SCRIPT = Path(__file__).parents[1] / "js" / "tests" / "ml5-charrnn.mjs"


def installed() -> dict[str, Way]:
    """Return, by name, the ways whose libraries are installed."""
    ways: dict[str, Way] = {}
    if find_spec("onnx") and find_spec("onnxruntime"):
        ways["ONNX Runtime, LSTM operator"] = lambda model, lanes: _onnx_step(model, lanes, _lstm_graph, 3)
        ways["ONNX Runtime, plain operators"] = lambda model, lanes: _onnx_step(model, lanes, _plain_graph, 2)
    if find_spec("torch"):
        ways["PyTorch, nn.LSTM"] = _lstm_step
        ways["PyTorch, nn.LSTMCell"] = _lstm_cell_step
    return ways


def tensorflow_js(model: CharLSTM, count: int) -> float | None:
    """Return the characters per second of one stream in Node, with the calls that ml5.js makes.

    `None` if Node or TensorFlow.js is not installed.
    """
    if not shutil.which("node") or not (SCRIPT.parents[1] / "node_modules" / "@tensorflow").is_dir():
        return None
    with tempfile.TemporaryDirectory() as parent:
        folder = save_model(model, Path(parent) / "model")
        command = ["node", str(SCRIPT), "speed", str(folder), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    return float(done.stdout.split()[-1])


# PyTorch


def _lstm_step(model: CharLSTM, lanes: int) -> Step:
    import torch  # noqa: PLC0415 - optional

    torch.set_num_threads(1)
    module, state = to_pytorch(model).eval(), None

    def step(ids: NDArray[np.intp]) -> NDArray[np.float32]:
        nonlocal state
        logits, state = module(torch.from_numpy(ids)[:, None], state)
        return logits[:, 0].numpy()  # type: ignore[no-any-return]

    del lanes  # the number of ids decides
    return _without_gradients(step)


def _lstm_cell_step(model: CharLSTM, lanes: int) -> Step:
    import torch  # noqa: PLC0415 - optional

    torch.set_num_threads(1)
    module: Any = to_pytorch(model)
    cells, states = [], []
    for layer in module.lstm:
        cell = torch.nn.LSTMCell(layer.input_size, layer.hidden_size)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
        cells.append(cell)
        states.append((torch.zeros(lanes, layer.hidden_size), torch.zeros(lanes, layer.hidden_size)))
    embedding = (
        module.embedding.weight if model.weights.embedding is not None else torch.eye(model.vocab_size)
    )

    def step(ids: NDArray[np.intp]) -> NDArray[np.float32]:
        x = embedding[torch.from_numpy(ids)]
        for n, cell in enumerate(cells):
            states[n] = cell(x, states[n])
            x = states[n][0]
        return module.head(x).numpy()  # type: ignore[no-any-return]

    return _without_gradients(step)


def _without_gradients(step: Step) -> Step:
    import torch  # noqa: PLC0415 - optional

    return torch.inference_mode()(step)


# ONNX Runtime


def _onnx_step(model: CharLSTM, lanes: int, build: Callable[..., Any], rank: int) -> Step:
    import onnx  # noqa: PLC0415 - optional
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    graph = build(onnx, model, lanes)
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    run = onnxruntime.InferenceSession(made.SerializeToString(), options, ["CPUExecutionProvider"]).run
    feed: dict[str, NDArray[Any]] = {
        f"{part}{n}": np.zeros((1, lanes, layer.units)[-rank:], np.float32)
        for n, layer in enumerate(model.weights.layers)
        for part in "hc"
    }
    names = list(feed)

    def step(ids: NDArray[np.intp]) -> NDArray[np.float32]:
        feed["id"] = ids
        logits, *state = run(None, feed)
        feed.update(zip(names, state, strict=True))
        return logits.reshape(lanes, -1)  # type: ignore[no-any-return]

    return step


def _input_table(model: CharLSTM) -> NDArray[np.float32]:
    weights = model.weights
    return np.eye(weights.vocab_size, dtype=np.float32) if weights.embedding is None else weights.embedding


def _lstm_graph(onnx: Any, model: CharLSTM, lanes: int) -> Any:  # noqa: ANN401
    helper, constants, nodes = onnx.helper, {}, []
    constants["table"] = _input_table(model)
    constants["axis"] = np.array([0], np.int64)
    nodes.append(helper.make_node("Gather", ["table", "id"], ["row"]))
    nodes.append(helper.make_node("Unsqueeze", ["row", "axis"], ["x0"]))
    for n, layer in enumerate(model.weights.layers):

        def order(columns: NDArray[np.float32], forget: float) -> NDArray[np.float32]:
            i, j, f, o = np.split(columns, 4, axis=-1)
            return np.concatenate([i, o, f + np.float32(forget), j], axis=-1)  # in the order of ONNX

        kernel = order(layer.kernel, 0)
        constants[f"w{n}"] = np.ascontiguousarray(kernel[: layer.input_size].T[None])
        constants[f"r{n}"] = np.ascontiguousarray(kernel[layer.input_size :].T[None])
        bias = order(layer.bias, FORGET_BIAS)
        constants[f"b{n}"] = np.concatenate([bias, np.zeros_like(bias)])[None]
        inputs = [f"x{n}", f"w{n}", f"r{n}", f"b{n}", "", f"h{n}", f"c{n}"]
        outputs = [f"y{n}", f"h{n}_next", f"c{n}_next"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=layer.units))
        constants[f"shape{n}"] = np.array([1, lanes, layer.units], np.int64)
        nodes.append(helper.make_node("Reshape", [f"y{n}", f"shape{n}"], [f"x{n + 1}"]))
    top = f"x{len(model.weights.layers)}"
    return _finished(onnx, model, constants, nodes, top, [1, lanes])


def _plain_graph(onnx: Any, model: CharLSTM, lanes: int) -> Any:  # noqa: ANN401
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
    return _finished(onnx, model, constants, nodes, top, [lanes])


def _numbered(name: str, n: int) -> str:
    return name.replace("_next", f"{n}_next") if name.endswith("_next") else f"{name}{n}"


def _finished(
    onnx: Any,  # noqa: ANN401
    model: CharLSTM,
    constants: dict[str, Any],
    nodes: list[Any],
    top: str,
    shape: list[int],
) -> Any:  # noqa: ANN401
    helper, kind = onnx.helper, onnx.TensorProto
    constants |= {"softmax_w": model.weights.softmax_w, "softmax_b": model.weights.softmax_b}
    nodes.append(helper.make_node("MatMul", [top, "softmax_w"], ["products"]))
    nodes.append(helper.make_node("Add", ["products", "softmax_b"], ["logits"]))
    inputs = [helper.make_tensor_value_info("id", kind.INT64, shape[-1:])]
    outputs = [helper.make_tensor_value_info("logits", kind.FLOAT, None)]
    for n, layer in enumerate(model.weights.layers):
        for part in "hc":
            size = [*shape, layer.units]
            inputs.append(helper.make_tensor_value_info(f"{part}{n}", kind.FLOAT, size))
            outputs.append(helper.make_tensor_value_info(f"{part}{n}_next", kind.FLOAT, size))
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    return helper.make_graph(nodes, "step", inputs, outputs, tensors)
