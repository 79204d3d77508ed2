"""What the card of a model says to a page, and what it brings: a seed, a temperature, a length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import LSTMError
from lstm_widget.writing.settings import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.network.model import CharLSTM

USUAL = {"temperature": 0.6, "length": 300}
"""What a model has whose card names nothing else."""


def own_settings(generator: LSTMGenerator) -> dict[str, Any]:
    """Return the seed, the temperature and the length of a model, as far as its card names good ones."""
    card = generator.model.card
    return {"seed": generator.default_seed, **{name: _named(card, name) for name in USUAL}}


def _named(card: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - a number of some kind
    try:
        return CHECKS[name](card.get(name))
    except LSTMError:  # a card may come from elsewhere
        return USUAL[name]


def shown_card(model: CharLSTM) -> dict[str, Any]:
    """Return what a reader should know of a model: its card without long lists, its network, a sample.

    `even_bits` is what somebody needs who takes each character for as likely as any other.
    """
    card = model.card
    shown: dict[str, Any] = {
        key: value for key, value in card.items() if isinstance(value, (str, int, float))
    }
    beginnings = card.get("beginnings")
    if isinstance(beginnings, list) and all(isinstance(one, str) for one in beginnings):
        shown["beginnings"] = beginnings
    if sample := _sample(card.get("samples")):
        shown["sample"] = sample
    return {**shown, "network": model.architecture, "even_bits": math.log2(max(1, len(model.vocab)))}


def _sample(samples: object) -> str:
    """Return the first sample of a card with its seed; nothing if there is none."""
    match samples:
        case {"settings": {"seed": str(seed)}, "by_rng": [str(text), *_]}:
            return f"{seed}{text[:1000]}"
    return ""
