"""Whether a PyTorch module predicts what its weights say; needs PyTorch.

Which layers a module has can be seen, but not what its ``forward`` does between them: an activation, a
scaling, a residual connection, another order. So a copy of it reads one short text, in the few forms in
which people call a character LSTM, and its predictions are compared.
"""

from __future__ import annotations

import copy
import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot

from lstm_widget.holding import holding
from lstm_widget.network.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.weights import Weights

    Array = NDArray[Any]

# Shape of the ids and number of texts: one text in rows, in columns, without a batch; one character of each
# of several texts; a single character.
_FORMS = (((1, 7), 1), ((7, 1), 1), ((7,), 1), ((7,), 7), ((1,), 1))
_EXACT, _ROUNDED = 1e-3, 3e-2  # nats that rounding alone may make: float32 on a processor, all else
_TARGETS = re.compile("target|label|gold|tgt|next|^y")
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


def compare(module: nn.Module, ways: Sequence[Weights]) -> Comparison:
    """Run a module on a few ids and find the weights that predict the same.

    Parameters
    ----------
    module : nn.Module
        A copy of it is run, in ``eval`` mode and without gradients.
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
    sample, size = next(module.parameters()), ways[0].vocab_size
    is_exact = sample.dtype in {torch.float32, torch.float64} and sample.device.type == "cpu"
    text = np.random.default_rng(0).integers(size, size=7)
    expected = [list(_expected(Engine(weights), text)) for weights in ways]
    smallest, trouble = None, ""
    for (shape, batch), is_one_hot, state in product(_FORMS, (False, True), ("none", "own", "zeros")):
        if smallest is not None and shape == (1,):
            break  # one prediction alone says little
        ids = torch.from_numpy(text[: max(shape)]).reshape(shape).to(sample.device)
        x = one_hot(ids, size).to(sample.dtype) if is_one_hot else ids
        try:
            tables, again = (list(_tables(_run(module, x, ids, batch, state), size)) for _ in range(2))
        except Exception as error:  # noqa: BLE001 - a module may raise anything, or take another form of ids
            trouble = trouble or " ".join(str(error).split())[:120] or type(error).__name__
            continue
        gaps = [gap for wanted in expected if (gap := _difference(tables, wanted)) is not None]
        if not gaps:
            trouble = trouble or "its output holds no prediction for each id"
            continue
        if not all(np.array_equal(*pair, equal_nan=True) for pair in zip(tables, again, strict=True)):
            trouble = trouble or "its predictions are random"
            continue
        if (best := min(gaps)) <= (_EXACT if is_exact else _ROUNDED):
            return Comparison(ways[gaps.index(best)])
        smallest = best if smallest is None else min(smallest, best)
    return Comparison(None, smallest, trouble)


def _unwrapped(module: nn.Module) -> nn.Module:
    """Return the module that others wrap to compile it or to spread it over devices."""
    inner: Any = getattr(module, "_orig_mod", module)
    is_spread = isinstance(inner, (nn.DataParallel, nn.parallel.DistributedDataParallel))
    return _unwrapped(inner.module) if is_spread else inner


def _run(module: nn.Module, x: torch.Tensor, ids: torch.Tensor, batch: int, state: str) -> Any:  # noqa: ANN401
    """Call a copy of a module from the zero state, also one that keeps its state as an attribute."""
    shared = {id(parameter): parameter for parameter in module.parameters()}
    kept = {id(tensor): tensor.detach().clone() for tensor in _attributes(module)}
    module = copy.deepcopy(module, shared | kept).eval()
    own = _begun(module, batch)
    lstms = [part for part in module.modules() if isinstance(part, (nn.LSTM, nn.LSTMCell))]
    for tensor in _attributes(module):
        if tensor.ndim > 1 and tensor.shape[-1] in {part.hidden_size for part in lstms}:
            tensor.zero_()
    more: dict[str, Any] = dict.fromkeys(_needed(module))
    more |= {name: ids for name in more if _TARGETS.search(name)}
    more |= {name: torch.full((batch,), ids.numel() // batch) for name in more if "len" in name}
    places = [name for name, value in more.items() if value is None]
    given = _zeros(own) if state == "own" else _zero_state(lstms, batch) if state == "zeros" else None
    # One argument for the whole state, or one for h and one for c.
    parts = given if len(places) > 1 and given is not None else [given] * len(places)
    return module(x, *(more | dict(zip(places, parts, strict=True))).values())


def _needed(module: nn.Module) -> list[str]:
    """Return the names of what `forward` must be given besides the ids."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return []
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [p.name.lower() for p in parameters if p.default is p.empty and p.kind in kinds][1:]


def _zero_state(lstms: list[Any], batch: int) -> Any:  # noqa: ANN401 - a pair, or a list of pairs
    each = []
    for part in lstms:
        layers = (part.num_layers,) if isinstance(part, nn.LSTM) else ()
        weight = part.weight_hh_l0 if layers else part.weight_hh
        zeros = torch.zeros(*layers, batch, part.hidden_size).to(weight)
        each.append((zeros, zeros))
    return each[0] if len(each) == 1 else each


def _attributes(module: nn.Module) -> Iterator[torch.Tensor]:
    """Yield the tensors that a module keeps as mere attributes."""
    for part in module.modules():
        for value in vars(part).values():
            for tensor in value if isinstance(value, (tuple, list)) else [value]:
                if isinstance(tensor, torch.Tensor) and not isinstance(tensor, nn.Parameter):
                    yield tensor


def _begun(module: nn.Module, batch: int) -> Any:  # noqa: ANN401 - whatever it calls a state
    """Let a module begin a text, if it has a method for that; return the state that it gives."""
    for name, arguments in product(_BEGIN, ((batch,), ())):
        with suppress(Exception):
            return getattr(module, name)(*arguments)
    return None


def _zeros(state: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(state, torch.Tensor):
        return torch.zeros_like(state)
    return [_zeros(part) for part in state] if isinstance(state, (tuple, list)) else state


# What comes out.


def _tables(output: Any, size: int) -> Iterator[Array]:  # noqa: ANN401 - whatever a module returns
    """Yield what in an output may be predictions, one a row, as float64."""
    if isinstance(output, torch.Tensor):
        if output.ndim > 2 and output.shape[1] == size:  # noqa: PLR2004 - as the loss of PyTorch wants it
            yield from _tables(output.movedim(1, -1).unsqueeze(0), size)
        if output.is_floating_point() and output.ndim and output.shape[-1] % size == 0:
            yield output.cpu().double().numpy().reshape(-1, size)
    elif isinstance(output, (tuple, list, Mapping)):
        for part in output.values() if isinstance(output, Mapping) else output:
            yield from _tables(part, size)
    elif hasattr(output, "logits"):
        yield from _tables(output.logits, size)


def _expected(engine: Engine, ids: Array) -> Iterator[Array]:
    """Yield the log-probabilities after each id, after the last, and of each as a text of its own."""
    lane = engine.lane()
    rows = _normalized(np.array([lane.step(number).copy() for number in ids.tolist()], np.float64))
    alone = [engine.lane().step(number).copy() for number in ids.tolist()]
    yield from (rows, rows[-1:], rows[:1], _normalized(np.array(alone, np.float64)))


def _normalized(rows: Array) -> Array:
    """Return the log-probabilities of logits, log-probabilities or probabilities."""
    if (rows >= 0).all() and np.allclose(rows.sum(-1), 1, atol=1e-3):
        return np.log(np.maximum(rows, np.finfo(np.float32).tiny))
    shifted = rows - rows.max(-1, keepdims=True)
    normalized: Array = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized


def _difference(tables: list[Array], ways: list[Array]) -> float | None:
    """Return by how many nats predictions differ at most, weighted with how likely each is.

    `None` if no table has the right shape.
    """
    found = []
    for table, wanted in product(tables, ways):
        if table.shape == wanted.shape:
            with np.errstate(all="ignore"):  # what is not finite does not agree
                gap = (np.exp(wanted) * np.abs(wanted - _normalized(table))).sum(-1).max()
            found.append(float(gap) if np.isfinite(gap) else np.inf)
    return min(found, default=None)
