"""A character-level LSTM as a PyTorch module; needs PyTorch. `to_pytorch` makes it from a model."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import one_hot

if TYPE_CHECKING:
    from collections.abc import Sequence

    # Per layer h and c, shape (1, batch, H) each.
    State = Sequence[tuple[torch.Tensor, torch.Tensor]]
    Masks = tuple[torch.Tensor, ...]


class CharModule(nn.Module):
    """Embedding or one-hot input, LSTM layers, head.

    Parameters
    ----------
    vocab_size : int
    embedding_size : int or None
        Without an embedding the input is one-hot.
    units : sequence of int
        Of each layer, from the input upwards; they may differ, which one `nn.LSTM` does not allow.
    """

    def __init__(self, vocab_size: int, embedding_size: int | None, units: Sequence[int]) -> None:
        super().__init__()
        self.embedding = None if embedding_size is None else nn.Embedding(vocab_size, embedding_size)
        sizes = [vocab_size if embedding_size is None else embedding_size, *units]
        self.lstm = nn.ModuleList(nn.LSTM(below, own, batch_first=True) for below, own in pairwise(sizes))
        self.head = nn.Linear(units[-1], vocab_size)

    def inputs(self, ids: torch.Tensor) -> torch.Tensor:
        """Return what the first layer reads, shape (batch, time, E)."""
        if self.embedding is not None:
            embedded: torch.Tensor = self.embedding(ids)
            return embedded
        weight = self.head.weight
        return one_hot(ids, len(weight)).to(weight.dtype)

    def forward(
        self, ids: torch.Tensor, state: State | None = None, masks: Masks | None = None
    ) -> tuple[torch.Tensor, State]:
        """Read on from `state`.

        Parameters
        ----------
        ids : tensor of int64, shape (batch, time)
        state : list of pairs of tensors of shape (1, batch, H), optional
            h and c of each layer; zero if not given.
        masks : tuple of tensors of shape (batch, 1, width), optional
            What each layer and, last, the head multiply their input by: dropout, while it is trained.

        Returns
        -------
        logits : tensor, shape (batch, time, V)
        state : list of pairs of tensors
        """
        x = self.inputs(ids)
        kept = masks or [None] * (len(self.lstm) + 1)
        after = []
        for number, layer in enumerate(self.lstm):
            before = None if state is None else state[number]
            x, own = layer(_masked(x, kept[number]), before)  # [batch, time, H]
            after.append(own)
        return self.head(_masked(x, kept[-1])), after


def _masked(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    return x if mask is None else x * mask.to(x.dtype)
