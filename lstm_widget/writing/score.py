"""How likely a text is to a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError, UnknownCharactersError, short_repr
from lstm_widget.network.scoring import in_bits, score_blocks
from lstm_widget.writing.typed import as_typed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM


@dataclass(frozen=True, eq=False)
class Score:
    """How likely a text is to a model, character by character.

    Attributes
    ----------
    text : str
        As the model read it: n characters of its vocabulary.
    log_probabilities : ndarray of float64, shape (n,)
        Natural logarithm of the probability of each character, given all before it. Nothing is
        before the first one: the network is in its zero state.
    logits : ndarray of float32, shape (n, V), or None
        What the probabilities come from, if asked for; minus infinity for an id without a character.
    """

    text: str
    log_probabilities: NDArray[np.float64]
    logits: NDArray[np.float32] | None = None

    @property
    def bits(self) -> NDArray[np.float64]:
        """How surprising each character is: -log2 of its probability, shape (n,)."""
        return in_bits(self.log_probabilities)

    @property
    def bits_per_character(self) -> float:
        """The mean of `bits`; the lower, the better the model knows such texts."""
        return float(self.bits.mean())

    def __repr__(self) -> str:
        return f"Score({len(self.text):,} characters, {self.bits_per_character:.2f} bits per character)"


def score(model: CharLSTM, engine: Engine, text: str, *, logits: bool = False) -> Score:
    """Score a text; see `LSTMGenerator.score`."""
    if not isinstance(text, str) or not text:
        msg = f"Give a text of at least one character to score, not {short_repr(text)}."
        raise SettingError(msg)
    read = as_typed(text, model, engine)
    if read.unknown:
        raise UnknownCharactersError(read.unknown)
    ids = model.encode(read.text)
    kept: list[NDArray[np.float32]] = []
    log_probabilities = []
    for found, of_block in score_blocks(engine, ids):
        log_probabilities.append(found)
        if logits:
            kept.append(of_block)
    return Score(
        text=read.text,
        log_probabilities=np.concatenate(log_probabilities),
        logits=np.concatenate(kept) if logits else None,
    )
