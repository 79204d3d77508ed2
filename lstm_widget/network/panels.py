"""The weights of an engine as `lstm_widget.network.compiled` reads them.

A kernel is cut into panels of `PANEL` outputs, and a panel holds the weights of one input after the other, so
that memory is read in one line. Nearly all of the time of a step goes into that reading. A kernel that was
rounded to float16, as those of the bundled models are, is therefore kept in float16, which is half the bytes,
where the processor widens it in one instruction. A number of float16 is one of float32, too, so the sums are
the same, to the last bit.
"""

from __future__ import annotations

import platform
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from llvmlite.binding import get_host_cpu_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstm_widget.network.engine import Engine

PANEL = 64
ROWS = 8  # inputs that are added at a time

_F32 = np.float32
# The engine has halved its kernels, and f, i, o twice. Small numbers of float16 cannot be halved, so that is
# undone, and the inputs are divided instead. By a power of two, so no sum is rounded differently.
_UNHALVED = _F32(4.0)
# Bytes of all kernels as float32 below which widening takes longer than reading: they stay in the cache.
_CACHED = 1_500_000
_WIDENS = get_host_cpu_features().get("f16c", False) or platform.machine() in {"aarch64", "arm64"}


class Packed(NamedTuple):
    """The weights of an engine as the compiled functions take them."""

    flat: NDArray[np.float32]
    """The kernels that are in float32, each [panels, K, PANEL]."""
    halves: NDArray[np.uint16]
    """The bits of those that are in float16, 4 times as large as in the engine."""
    plan: NDArray[np.int64]
    """Per kernel, the softmax last: units, where x begins in h, K, panels, where it begins in `flat` or
    `halves`, where its h begins, and 1 if it is in `halves`."""
    table: NDArray[np.float32]
    biases: NDArray[np.float32]
    """[layers, ...]; that of the first is in the table."""
    softmax_b: NDArray[np.float32]

    @property
    def has_halves(self) -> bool:
        """Whether some kernels are in float16."""
        return self.halves.size > 0


_packed: weakref.WeakKeyDictionary[Engine, Packed] = weakref.WeakKeyDictionary()


def packed(engine: Engine) -> Packed:
    """Return the weights of an engine, packed once."""
    return _packed.get(engine) or _packed.setdefault(engine, _pack(engine))


def _pack(engine: Engine) -> Packed:
    kernels = [*engine.kernels, engine.softmax_w]
    pays = _WIDENS and sum(kernel.nbytes for kernel in kernels) > _CACHED
    ends = np.cumsum(engine.units)
    starts = [*(ends - engine.units), ends[-1]]
    flat: list[NDArray[np.float32]] = [np.empty(0, dtype=_F32)]
    halves: list[NDArray[np.uint16]] = [np.empty(0, dtype=np.uint16)]
    plan = []
    for number, kernel in enumerate(kernels):
        panels = _in_panels(kernel)
        half = _halved(panels) if pays else None
        offset = _append(flat, panels) if half is None else _append(halves, half)
        x = starts[number - 1] if number else 0
        units = engine.units[number] if number < len(engine.units) else 0
        plan.append((units, x, *panels.shape[1::-1], offset, starts[number], half is not None))
    biases = np.zeros((len(engine.units), 4 * max(engine.units)), dtype=_F32)
    for number, bias in enumerate(engine.biases, start=1):
        biases[number, : bias.size] = bias
    return Packed(
        np.concatenate(flat),
        np.concatenate(halves),
        np.array(plan, dtype=np.int64),
        engine.table,
        biases,
        engine.softmax_b.copy(),
    )


def _append(parts: list[Any], array: NDArray[Any]) -> int:
    """Append an array, flat; return where it begins in all of them together."""
    offset: int = sum(part.size for part in parts)
    parts.append(array.ravel())
    return offset


def _in_panels(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a kernel [outputs, inputs] as [panels, K, PANEL]; what is missing counts as zero."""
    outputs, inputs = kernel.shape
    panels, rows = -(-outputs // PANEL), -(-inputs // ROWS) * ROWS
    padded = np.zeros((panels * PANEL, rows), dtype=_F32)
    padded[:outputs, :inputs] = kernel
    return padded.reshape(panels, PANEL, rows).transpose(0, 2, 1)


def _halved(panels: NDArray[np.float32]) -> NDArray[np.uint16] | None:
    """Return the bits of a kernel in float16, or None if it would be rounded."""
    with np.errstate(over="ignore"):
        whole = panels * _UNHALVED
        half = whole.astype(np.float16)
    return half.view(np.uint16) if np.array_equal(half.astype(_F32), whole) else None
