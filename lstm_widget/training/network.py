"""The network as it is trained: with dropout against learning by heart, and the way from and to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from lstm_widget.formats.pytorch import from_pytorch, to_pytorch
from lstm_widget.formats.torch_module import CharModule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lstm_widget.formats.torch_module import Masks
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.settings import ChosenSettings


class CharNetwork(CharModule):
    """A `CharModule` as it is trained."""

    @property
    def layers(self) -> list[nn.LSTM]:
        """The LSTM layers, from the input upwards."""
        return [layer for layer in self.lstm if isinstance(layer, nn.LSTM)]

    @property
    def embedding_size(self) -> int | None:
        """Numbers that stand for a character; `None` if the input is one-hot."""
        return None if self.embedding is None else self.embedding.embedding_dim

    def draw_masks(self, batch_size: int, dropout: float, generator: torch.Generator) -> Masks | None:
        """Draw what an update does without: a mask for what each layer and, last, the head reads.

        A mask is the same for all characters of an update, which costs least and, in recurrent networks,
        does most (Gal and Ghahramani 2016, "A theoretically grounded application of dropout in recurrent
        neural networks").

        Parameters
        ----------
        batch_size : int
        dropout : float
            In [0, 1): the share that is left out; of the input, half of that.
        generator : torch.Generator

        Returns
        -------
        tuple of tensor, shape (batch, 1, width) each, or None
            0 where a value is left out, else 1 / (share kept); `None` if nothing is left out.
        """
        if not dropout:
            return None
        shares = [dropout / 2] + [dropout] * len(self.layers)
        widths = [layer.input_size for layer in self.layers] + [self.head.in_features]
        masks = []
        for share, width in zip(shares, widths, strict=True):
            drawn = torch.rand((batch_size, 1, width), generator=generator, device=generator.device)
            masks.append((drawn >= share) / (1 - share))
        return tuple(masks)

    def to_char_lstm(self, vocab: Mapping[str, int], card: Mapping[str, Any] | None = None) -> CharLSTM:
        """Return the network as it is now, translated."""
        return from_pytorch(self.state_dict(), vocab, card)


def blank_network(
    vocab_size: int, embedding_size: int | None, units: Sequence[int], seed: int = 0
) -> CharNetwork:
    """Return a network with PyTorch's random weights; its global random numbers stay as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CharNetwork(vocab_size, embedding_size, units)


def new_network(vocab_size: int, settings: ChosenSettings) -> CharNetwork:
    """Return an untrained network, with random weights."""
    if settings.units is None or settings.layers is None:
        msg = "The size of a new network must be given: settings_for chooses it."
        raise TypeError(msg)
    units = [settings.units] * settings.layers
    # Its forget gates are half open, as PyTorch draws them: texts are learnt faster than with open ones
    # (a bias of 1), and better in the same number of updates.
    return blank_network(vocab_size, settings.embedding_size, units, settings.seed)


def network_of(model: CharLSTM) -> CharNetwork:
    """Return a model as a network that can be trained further."""
    weights = model.weights
    embedding_size = None if weights.embedding is None else weights.embedding.shape[1]
    with torch.device("meta"):  # no memory and no random numbers for what is replaced at once
        network = CharNetwork(weights.vocab_size, embedding_size, [layer.units for layer in weights.layers])
    network.load_state_dict(to_pytorch(model).state_dict(), assign=True)
    for parameter in network.parameters():
        parameter.requires_grad_()
    return network
