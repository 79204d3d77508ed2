"""Whether a PyTorch module predicts what its weights say; needs PyTorch.

Which layers a module has can be seen, but not what its ``forward`` does between them: an activation, a
scaling, a residual connection, another order. So it is run on a few ids, in every way in which people
call a character LSTM, and compared. It is left as it was.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot

from lstm_widget.holding import holding
from lstm_widget.network.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.model import Weights

    Array = NDArray[Any]

T = TypeVar("T")

# Of the ids: texts side by side or one after the other, one text, one character.
_SHAPES: tuple[tuple[int, ...], ...] = ((3, 7), (7,), (1, 7), (3, 1), (1, 1), (1,), ())
_EXACT, _ON_A_GPU, _HALF = 1e-3, 1e-2, 3e-2  # nats that rounding alone may make
_TARGETS = re.compile("target|label|gold|tgt|next|^y")
_LENGTHS = re.compile("len")
_BEGIN = ("init_hidden", "initHidden", "init_state", "init_hidden_state", "zero_state", "reset_state")


class Comparison(NamedTuple):
    """What came out of it.

    Attributes
    ----------
    agreed : Weights or None
        Those that predict what the module predicts.
    difference : float or None
        Of the predictions in nats, the smallest; `None` if there was nothing to compare.
    trouble : str
        Why there was nothing to compare.
    """

    agreed: Weights | None
    difference: float | None = None
    trouble: str = ""


class _Call(NamedTuple):
    arguments: tuple[Any, ...]
    ids: Array
    targets: Array
    batch: int | None


def compare(module: nn.Module, ways: Sequence[Weights]) -> Comparison:
    """Run a module on a few ids and find the weights that predict the same.

    Parameters
    ----------
    module : nn.Module
        Run in ``eval`` mode and without gradients.
    ways : sequence of Weights
        All of the same sizes; the likeliest first.
    """
    grad, random, filters = torch.is_grad_enabled(), torch.get_rng_state(), list(warnings.filters)

    def take() -> None:
        torch.set_grad_enabled(False)
        warnings.simplefilter("ignore")  # what is tried in vain may warn, too

    def give_back() -> None:
        torch.set_grad_enabled(grad)
        torch.set_rng_state(random)
        warnings.filters[:] = filters  # type: ignore[index] # a list, though not for type checkers

    return holding(take, give_back, lambda: _compare(_unwrapped(module), ways))


def _compare(module: nn.Module, ways: Sequence[Weights]) -> Comparison:
    engine = cache(lambda number: Engine(ways[number]))  # most often only the first is needed
    sample = next(module.parameters())
    limit = _EXACT if sample.dtype in {torch.float32, torch.float64} else _HALF
    limit = max(limit, _EXACT if sample.device.type == "cpu" else _ON_A_GPU)
    smallest, trouble = None, ""
    expected: dict[tuple[int, tuple[int, ...]], list[Array]] = {}
    for call in _calls(module, ways[0].vocab_size, sample):
        try:
            output = _run(module, call)
            known = []
            for number, weights in enumerate(ways):
                key = number, call.ids.shape  # of one shape there is one sample
                expected[key] = expected.get(key) or list(_expected(engine(number), call.ids))
                difference = _difference(output, expected[key], call, limit)
                if difference is not None and difference <= limit:
                    return Comparison(weights)
                known += [] if difference is None else [difference]
            if known and _is_random(output, _run(module, call)):
                trouble = trouble or "its predictions are random"
                continue
        except Exception as error:  # noqa: BLE001 - a module may raise anything, or take another form of ids
            trouble = trouble or " ".join(str(error).split())[:120] or type(error).__name__
            continue
        if not known:
            trouble = trouble or "its output holds no prediction for each id"
            continue
        smallest = min(known if smallest is None else [*known, smallest])
    return Comparison(None, smallest, trouble)


def _unwrapped(module: nn.Module) -> nn.Module:
    """Return the module that others wrap to compile it or to spread it over devices."""
    while True:
        if isinstance(inner := getattr(module, "_orig_mod", None), nn.Module) or (
            isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel))
            and isinstance(inner := module.module, nn.Module)
        ):
            module = inner
        else:
            return module


def _undone(module: nn.Module, work: Callable[[], T]) -> T:
    """Do some work; undo what it sets on a module: its mode, a state that it keeps, its buffers."""
    saved = [(part, dict(vars(part)), dict(part._buffers), part.training) for part in module.modules()]  # noqa: SLF001

    def give_back() -> None:
        for part, attributes, buffers, training in saved:
            vars(part).update(attributes)
            for name in vars(part).keys() - attributes:
                del vars(part)[name]
            if isinstance(part._buffers, dict):  # noqa: SLF001 - not those of a scripted one
                part._buffers.update(buffers)  # noqa: SLF001
            if part.training != training:  # a scripted one keeps it elsewhere
                part.training = training

    return holding(lambda: None, give_back, work)


# Ways to call a module.


def _calls(module: nn.Module, vocab_size: int, sample: torch.Tensor) -> Iterator[_Call]:
    needed = _needed(module)
    random = np.random.default_rng(0)
    for shape in _SHAPES:
        ids, targets = random.integers(vocab_size, size=(2, *shape))
        given = torch.from_numpy(np.asarray(ids)).to(sample.device)
        # Texts are rows or columns; a single one may do without that axis.
        batches = dict.fromkeys(shape if len(shape) > 1 else (None, *shape, 1))
        for first in (given, one_hot(given, vocab_size).to(sample.dtype)):
            for batch in batches:
                for more in _extras(module, needed, shape, batch, sample):
                    wanted = [_as_targets(one, targets, sample) for one in more]
                    yield _Call((first, *wanted), np.asarray(ids), np.asarray(targets), batch)


def _needed(module: nn.Module) -> list[str]:
    """Return the names of what `forward` must be given besides the ids."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return []
    return [
        one.name.lower()
        for one in parameters
        if one.default is one.empty and one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
    ][1:]


def _extras(
    module: nn.Module, needed: list[str], shape: tuple[int, ...], batch: int | None, sample: torch.Tensor
) -> Iterator[list[Any]]:
    """Yield what may stand behind the ids; in the place of targets their name."""
    places = [n for n, name in enumerate(needed) if not (_TARGETS.search(name) or _LENGTHS.search(name))]
    values: list[Any] = [
        torch.full((batch or 1,), int(np.prod(shape)) // (batch or 1)) if _LENGTHS.search(name) else _TARGETS
        for name in needed
    ]
    if not places:
        yield values
        return
    for state in _states(module, batch, sample):
        # One argument for the whole state, or one for h and one for c.
        for parts in ([state], list(state) if isinstance(state, (tuple, list)) else [state] * len(places)):
            if len(parts) == len(places):
                filled = dict(zip(places, parts, strict=True))
                yield [filled.get(n, value) for n, value in enumerate(values)]


def _as_targets(value: Any, targets: Array, sample: torch.Tensor) -> Any:  # noqa: ANN401 - any argument
    return torch.from_numpy(np.asarray(targets)).to(sample.device) if value is _TARGETS else value


def _states(module: nn.Module, batch: int | None, sample: torch.Tensor) -> Iterator[Any]:
    """Yield what modules take as the zero state."""
    yield None
    own = _undone(module, lambda: _begun(module, batch))
    if own is not None:
        yield own
    size = () if batch is None else (batch,)
    each = []
    for part in module.modules():
        if isinstance(part, (nn.LSTM, nn.LSTMCell)):
            layers = (part.num_layers,) if isinstance(part, nn.LSTM) else ()
            zeros = torch.zeros(*layers, *size, part.hidden_size).to(sample)
            each.append((zeros, zeros.clone()))
    if len(each) > 1:
        with suppress(RuntimeError):  # of other sizes
            yield tuple(torch.cat(parts) for parts in zip(*each, strict=True))
        yield each
    else:
        yield from each


def _begun(module: nn.Module, batch: int | None) -> Any:  # noqa: ANN401 - whatever it calls a state
    """Let a module begin a text, if it has a method for that; return the zero state that it gives."""
    for name in _BEGIN:
        if callable(begin := getattr(module, name, None)):
            for arguments in ((batch or 1,), ()):
                with suppress(Exception):
                    return _zeros(begin(*arguments))
    return None


def _zeros(state: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(state, torch.Tensor):
        return torch.zeros_like(state)
    return type(state)(map(_zeros, state)) if isinstance(state, (tuple, list)) else state


def _run(module: nn.Module, call: _Call) -> Any:  # noqa: ANN401 - whatever a module returns
    """Run a module from the zero state, also one that keeps its state as an attribute."""
    units = {part.hidden_size for part in module.modules() if isinstance(part, (nn.LSTM, nn.LSTMCell))}

    def run() -> Any:  # noqa: ANN401 - as above
        module.eval()
        _begun(module, call.batch)
        for part in module.modules():
            for name, value in list(vars(part).items()):
                parts = value if isinstance(value, (tuple, list)) else [value]
                if parts and all(_is_state(one, units) for one in parts):
                    vars(part)[name] = _zeros(value)
        return module(*call.arguments)

    return _undone(module, run)


def _is_state(value: object, units: set[int]) -> bool:
    is_tensor = isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter)
    return is_tensor and value.ndim > 1 and value.shape[-1] in units  # type: ignore[attr-defined]


# What comes out.


def _tensors(output: Any) -> Iterator[Array]:  # noqa: ANN401 - whatever a module returns
    """Yield the tensors in an output, as float64."""
    if isinstance(output, torch.Tensor):
        if output.is_floating_point():
            yield output.cpu().double().numpy()
    elif isinstance(output, Mapping):
        yield from _tensors(list(output.values()))
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from _tensors(part)
    elif hasattr(output, "logits"):
        yield from _tensors(output.logits)


def _is_random(one: Any, other: Any) -> bool:  # noqa: ANN401 - as above
    return not all(
        a.shape == b.shape and np.allclose(a, b, atol=1e-5, equal_nan=True)
        for a, b in zip(_tensors(one), _tensors(other), strict=True)
    )


def _difference(output: Any, ways: list[Array], call: _Call, limit: float) -> float | None:  # noqa: ANN401
    """Return by how many nats the predictions differ at most, or `None` if there are none."""
    found = []
    for expected in ways:
        for tensor in _tensors(output):
            if (
                tensor.size == 1
            ):  # a loss: it may be another one, or summed up, so only equality tells something
                own = -np.take_along_axis(expected, call.targets[..., None], -1).mean()
                found += [0.0] if abs(own - tensor) <= limit else []
                continue
            rows = expected.reshape(-1, expected.shape[-1])
            last = (expected[:, -1], expected[-1]) if expected.ndim > 2 else (expected[-1:],)  # noqa: PLR2004
            for layout in _layouts(tensor, expected.shape[-1]):
                found += [_gap(wanted, layout) for wanted in (rows, *last) if wanted.shape == layout.shape]
    return min(found, default=None)


def _expected(engine: Engine, ids: Array) -> Iterator[Array]:
    """Yield the log-probabilities after each id, for each way in which the ids may be texts."""
    if ids.ndim > 1:
        yield np.stack([_read(engine, row) for row in ids])
        yield np.stack([_read(engine, column) for column in ids.T], axis=1)
    else:
        yield _read(engine, ids.reshape(-1))
        yield np.concatenate([_read(engine, one) for one in ids.reshape(-1, 1)])


def _read(engine: Engine, ids: Array) -> Array:
    lane = engine.lane()
    return _normalized(np.array([lane.step(number).copy() for number in ids.tolist()], np.float64))


def _layouts(tensor: Array, size: int) -> Iterator[Array]:
    """Yield the predictions, one a row, for each order in which the axes may stand."""
    if tensor.ndim and tensor.shape[-1] % size == 0:
        yield tensor.reshape(-1, size)
        if tensor.ndim > 2:  # noqa: PLR2004
            yield tensor.swapaxes(0, 1).reshape(-1, size)
    if tensor.ndim > 2 and tensor.shape[1] == size:  # noqa: PLR2004 - as the loss of PyTorch wants it
        yield np.moveaxis(tensor, 1, -1).reshape(-1, size)


def _normalized(rows: Array) -> Array:
    """Return the log-probabilities of logits, log-probabilities or probabilities."""
    with np.errstate(all="ignore"):  # what is not finite is no agreement
        if (rows >= 0).all() and np.allclose(rows.sum(-1), 1, atol=1e-3):
            return np.log(np.maximum(rows, np.finfo(np.float32).tiny))
        shifted = rows - rows.max(-1, keepdims=True)
        normalized: Array = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        return normalized


def _gap(wanted: Array, predicted: Array) -> float:
    """Return how far predictions lie apart, weighted with how likely each is."""
    gap = (np.exp(wanted) * np.abs(wanted - _normalized(predicted))).sum(-1).max()
    return float(gap) if np.isfinite(gap) else np.inf
