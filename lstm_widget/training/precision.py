"""Which numbers the products are made of: bfloat16 where that is faster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from lstm_widget.training.network import CharNetwork

_SHAPE = 32, 32  # rows, and characters of each
_TRIALS = 3


def faster_precision(network: CharNetwork, device: torch.device) -> str:
    """Return ``"bfloat16"`` or ``"float32"``, whichever trains this network faster on this device.

    A graphics card says whether it has bfloat16. Processors have it or imitate it slowly, so there
    both are tried; that takes about a second, and the network and the random numbers stay as they are.
    """
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if device.type != "cpu":
        return "float32"
    try:
        return min(
            ("bfloat16", "float32"), key=lambda precision: seconds_to_learn(network, precision, _SHAPE)
        )
    except RuntimeError:  # a processor for which PyTorch has no such LSTM
        return "float32"


def seconds_to_learn(network: CharNetwork, precision: str, shape: tuple[int, int]) -> float:
    """Return how long a processor takes to find a gradient: the fastest of a few, after one to get warm."""
    ids = torch.zeros(shape, dtype=torch.int64)
    taken = []
    for _ in range(1 + _TRIALS):
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits, _ = network(ids)
        loss = cross_entropy(logits.float().flatten(0, 1), ids.flatten())
        torch.autograd.grad(loss, list(network.parameters()))
        taken.append(time.perf_counter() - started)
    return min(taken[1:])
