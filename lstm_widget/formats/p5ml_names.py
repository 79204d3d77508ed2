"""What the files and variables of a p5ML / ml5.js folder are called, and which part of the network each is.

Published are::

    rnnlm/multi_rnn_cell/cell_N/basic_lstm_cell/{kernel,bias}       embedding  rnnlm/softmax_{w,b}
    rnnlm/multi_rnn_cell/cell_N/basic_lstm_cell/{weights,biases}    embedding  rnnlm/softmax_{w,b}
    rnn/multi_rnn_cell/cell_N/basic_lstm_cell/{weights,biases}      fully_connected/{weights,biases}

TensorFlow's ``lstm_cell`` computes the same as its ``basic_lstm_cell``, and a network of one layer
may lack ``multi_rnn_cell/cell_0``.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lstm_widget.errors import ModelError, refuse, short_repr

Part = Literal["kernel", "bias", "softmax_w", "softmax_b", "embedding", "learning_rate", "other"]

CARD = "card.json"
LEARNING_RATE = "Variable"

# The newest of the published habits; "{}" is the layer's number.
DEFAULT_NAMES = {
    "kernel": "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/kernel",
    "bias": "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell/bias",
    "softmax_w": "rnnlm/softmax_w",
    "softmax_b": "rnnlm/softmax_b",
    "embedding": "embedding",
}

_CELL = re.compile(
    r"(?:.*?/)?(?:multi_rnn_cell/)?(?:cell_(?P<number>\d{1,9})/)?(?:basic_lstm_cell|lstm_cell)/"
    r"(?P<part>kernel|weights|bias|biases)"
)
_OTHER_CELL = re.compile(r"(?:^|/)\w+_cell/(?!cell_\d)")
_SOFTMAX = re.compile(r"(?:.*/)?(?:softmax_(?P<short>[wb])|fully_connected/(?P<long>weights|biases))")
# What a training run leaves behind: optimizer slots, counters.
_LEFTOVER = re.compile(
    r"(?:.*/)?(?:(?:Ada\w*|Momentum|RMSProp|Ftrl|ExponentialMovingAverage)(?:_\d+)?|beta\d_power|global_step)"
)
# A name that also makes a good file name.
_PLAIN = re.compile(r"[\w./{}-]{1,200}", re.ASCII)


class Role(NamedTuple):
    """What a variable is.

    Attributes
    ----------
    part : str
        ``"other"`` if it is not part of the network.
    layer : int
        Number of the layer, for a kernel or a bias.
    pattern : str
        The name, with ``{}`` in the place of the layer's number.
    """

    part: Part
    layer: int
    pattern: str


def role_of(name: str) -> Role:
    """Return what a variable is, from its name.

    Raises
    ------
    ModelError
        If it belongs to a cell that is not a plain LSTM cell.
    """
    if _LEFTOVER.fullmatch(name):
        return Role("other", 0, name)
    if cell := _CELL.fullmatch(name):
        part: Part = "kernel" if cell["part"] in {"kernel", "weights"} else "bias"
        if cell["number"] is None:
            return Role(part, 0, name)
        start, end = cell.span("number")
        return Role(part, int(cell["number"]), f"{name[:start]}{{}}{name[end:]}")
    if _OTHER_CELL.search(name):
        refuse(f"The model has cells of another kind ({short_repr(name)}); only plain LSTM cells can be run.")
    if softmax := _SOFTMAX.fullmatch(name):
        return Role(
            "softmax_w" if softmax["short"] == "w" or softmax["long"] == "weights" else "softmax_b", 0, name
        )
    if name.rpartition("/")[2] == "embedding":
        return Role("embedding", 0, name)
    return Role("learning_rate" if name == LEARNING_RATE else "other", 0, name)


def names_part(name: object, part: str) -> bool:
    """Return whether a name that came with a model is a sound one for a part of the network."""
    if not isinstance(name, str) or not _PLAIN.fullmatch(name):
        return False
    try:
        return role_of(name.replace("{}", "0")).part == part
    except ModelError:
        return False
