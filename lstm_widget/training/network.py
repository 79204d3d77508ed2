"""The network as PyTorch trains it, and its way into `CharLSTM`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from lstm_widget.formats.pytorch import from_pytorch
from lstm_widget.model import FORGET_BIAS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstm_widget.model import CharLSTM

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
        """Return the network as it is now, translated."""
        return from_pytorch(self, vocab, card)
