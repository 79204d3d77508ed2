"""The network as it is trained: noise against learning by heart, and the way from and to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn
from torch.func import functional_call

from lstm_widget.formats.pytorch import from_pytorch, to_pytorch
from lstm_widget.formats.torch_module import CharModule
from lstm_widget.model import FORGET_BIAS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lstm_widget.formats.torch_module import State
    from lstm_widget.model import CharLSTM
    from lstm_widget.training.settings import ChosenSettings


class Noise(NamedTuple):
    """What an update does without: zero where something is left out, else 1 / (share kept).

    Attributes
    ----------
    values : tuple of tensor, shape (batch, 1, width)
        For what each layer and, last, the head reads. The same for all characters of an update
        (Gal and Ghahramani 2016, "A theoretically grounded application of dropout in recurrent neural
        networks"), which also costs least.
    recurrent : tuple of tensor, shape (4 * H, H)
        For the recurrent weights of each layer (Merity et al. 2018, "Regularizing and optimizing LSTM
        language models"); empty for none.
    """

    values: tuple[torch.Tensor, ...]
    recurrent: tuple[torch.Tensor, ...]


class CharNetwork(CharModule):
    """Embedding or one-hot input, LSTM layers, head; see `CharModule`."""

    @property
    def layers(self) -> list[nn.LSTM]:
        """The LSTM layers, from the input upwards."""
        return [layer for layer in self.lstm if isinstance(layer, nn.LSTM)]

    @property
    def embedding_size(self) -> int | None:
        """Numbers that stand for a character; `None` if the input is one-hot."""
        return None if self.embedding is None else self.embedding.embedding_dim

    def forward(
        self, ids: torch.Tensor, state: State | None = None, noise: Noise | None = None
    ) -> tuple[torch.Tensor, State]:
        """Read on from `state`; see `CharModule`, which does the same without `noise`."""
        x = self.inputs(ids)  # [batch, time, E]
        after = []
        for number, layer in enumerate(self.layers):
            before = None if state is None else state[number]
            if noise is None:
                x, own = layer(x, before)  # [batch, time, H]
            else:
                x = x * noise.values[number].to(x.dtype)
                changed = (
                    {"weight_hh_l0": _recurrent(layer) * noise.recurrent[number]} if noise.recurrent else {}
                )
                x, own = functional_call(layer, changed, (x, before))
            after.append(own)
        if noise is not None:
            x = x * noise.values[-1].to(x.dtype)
        return self.head(x), after

    def draw_noise(
        self, batch_size: int, settings: ChosenSettings, generator: torch.Generator
    ) -> Noise | None:
        """Draw what the next update does without; `None` if the settings ask for nothing of the kind."""

        def drawn(share: float, *shape: int) -> torch.Tensor:
            kept = torch.rand(shape, generator=generator, device=generator.device) >= share
            return kept / (1 - share)

        if not settings.dropout and not settings.weight_drop:
            return None
        widths = [layer.input_size for layer in self.layers] + [self.head.in_features]
        shares = [settings.dropout / 2] + [settings.dropout] * len(self.layers)
        recurrent = [_recurrent(layer).shape for layer in self.layers] if settings.weight_drop else []
        return Noise(
            tuple(drawn(share, batch_size, 1, width) for share, width in zip(shares, widths, strict=True)),
            tuple(drawn(settings.weight_drop, *shape) for shape in recurrent),
        )

    def to_char_lstm(self, vocab: Mapping[str, int], card: Mapping[str, Any] | None = None) -> CharLSTM:
        """Return the network as it is now, translated."""
        return from_pytorch(self, vocab, card)


def _recurrent(layer: nn.LSTM) -> torch.Tensor:
    return layer.get_parameter("weight_hh_l0")


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
    network = blank_network(vocab_size, settings.embedding_size, units, settings.seed)
    for layer in network.layers:  # start out remembering: the forget gate open
        size = layer.hidden_size
        with torch.no_grad():
            layer.get_parameter("bias_ih_l0")[size : 2 * size] = FORGET_BIAS
    return network


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
