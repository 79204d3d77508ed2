"""The network as PyTorch trains it, and its way into `CharLSTM`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from lstm_widget.model import FORGET_BIAS, CharLSTM, LSTMLayer, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    LSTMState = tuple[torch.Tensor, torch.Tensor]


class CharNetwork(nn.Module):
    """Embedding, LSTM layers of equal size, softmax; dropout before each layer but the first.

    Parameters
    ----------
    vocab_size, embedding_size, units, layers : int
    dropout : float
        In [0, 1): the share of the values that reach a layer (or the softmax) set to zero.
    """

    def __init__(self, vocab_size: int, embedding_size: int, units: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.lstm = nn.LSTM(
            embedding_size, units, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0
        )
        self.dropout = nn.Dropout(dropout)
        self.softmax = nn.Linear(units, vocab_size)
        for number in range(layers):  # start out remembering: the forget gate wide open
            getattr(self.lstm, f"bias_ih_l{number}").data[units : 2 * units] = FORGET_BIAS

    def forward(self, ids: torch.Tensor, state: LSTMState | None = None) -> tuple[torch.Tensor, LSTMState]:
        """Read on from `state`.

        Parameters
        ----------
        ids : tensor of int64, shape (batch, time)
        state : pair of tensors of shape (layers, batch, units), optional
            Zero if not given.

        Returns
        -------
        logits : tensor, shape (batch, time, vocab_size)
        state : pair of tensors
        """
        h, state = self.lstm(self.embedding(ids), state)
        return self.softmax(self.dropout(h)), state

    def to_char_lstm(self, vocab: Mapping[str, int], card: Mapping[str, Any]) -> CharLSTM:
        """Return the network as it is now, translated: PyTorch's gates i, f, g, o are i, j, f, o there."""
        layers = []
        for number in range(self.lstm.num_layers):
            w_x, w_h, b_x, b_h = (
                _numpy(getattr(self.lstm, f"{name}_l{number}"))
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            kernel = np.concatenate([w_x, w_h], axis=1).T  # [E + H, 4H], gates i, f, g, o
            layers.append(LSTMLayer(_reordered(kernel, 0.0), _reordered(b_x + b_h, FORGET_BIAS)))
        weights = Weights(
            tuple(layers),
            softmax_w=_numpy(self.softmax.weight).T,
            softmax_b=_numpy(self.softmax.bias),
            embedding=_numpy(self.embedding.weight),
        )
        return CharLSTM(weights, vocab, card)


def _numpy(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().to("cpu", torch.float32).numpy()


def _reordered(columns: NDArray[np.float32], forget_bias: float) -> NDArray[np.float32]:
    i, f, g, o = np.split(columns, 4, axis=-1)
    return np.concatenate([i, g, f - forget_bias, o], axis=-1)
