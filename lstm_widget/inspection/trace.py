"""How each character of a text was chosen.

A run keeps only what cannot be found again: its characters, its dice and its temperatures. The rest is
found by reading the text once more, when it is asked for. So a look inside costs the writing nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.network.sampling import explain_each
from lstm_widget.network.scoring import BLOCK, Reader, in_bits, log_probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.writing.run import Run


@dataclass(frozen=True, eq=False)
class Trace:
    """How each of n characters was chosen. See `lstm_widget.network.sampling` for how the die chooses.

    Attributes
    ----------
    characters : ndarray of str, shape (n,)
    ids : ndarray of int, shape (n,)
    dice : ndarray of float64, shape (n,)
        The die u of each, in [0, 1).
    temperatures : ndarray of float64, shape (n,)
        In force at each, from 0.
    ranks : ndarray of int, shape (n,)
        Place among all characters of the model; 0 is the most likely.
    probabilities : ndarray of float64, shape (n,)
        Of the chosen one, [0, 1]: at its temperature, among those that top-k and top-p keep.
    entropies : ndarray of float64, shape (n,)
        Of that choice, in bits: 0 where nothing was left to chance.
    surprise : ndarray of float64, shape (n,)
        In bits, whatever it was chosen with: -log2 of its probability at temperature 1.
    forced : ndarray of bool, shape (n,)
        Whether it was forced, as in a branch, so that its die chose nothing.
    logits : ndarray of float32, shape (n, V), or None
        Of each choice, if asked for; minus infinity for an id without a character.
    """

    characters: NDArray[np.str_]
    ids: NDArray[np.intp]
    dice: NDArray[np.float64]
    temperatures: NDArray[np.float64]
    ranks: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    entropies: NDArray[np.float64]
    surprise: NDArray[np.float64]
    forced: NDArray[np.bool_]
    logits: NDArray[np.float32] | None = None

    @property
    def text(self) -> str:
        """The characters in one."""
        return "".join(self.characters.tolist())

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        bits = self.surprise.mean() if len(self) else 0.0
        return f"Trace({len(self):,} characters, {bits:.2f} bits per character)"


def trace(run: Run, *, logits: bool = False) -> Trace:
    """Explain how each character of a text was chosen.

    Parameters
    ----------
    run : Run
        Which may be written on afterwards.
    logits : bool, optional
        Keep the logits of every choice as well.
    """
    reader = Reader(run.engine)
    reader.read(np.array(run.ids[: run.seed_length]))
    ids = np.array(run.ids[run.seed_length :], dtype=np.intp)
    temperatures = run.temperatures_at(0, len(ids))
    found: list[Sequence[NDArray[np.generic]]] = []
    for start in range(0, len(ids), BLOCK):
        part = slice(start, start + BLOCK)
        before = reader.read(ids[part])
        settings = run.settings
        how = explain_each(before, ids[part], temperatures[part], settings.top_k, settings.top_p)
        found.append((*how, in_bits(log_probabilities(before, ids[part])), before if logits else before[:0]))
    nothing = np.empty(0)
    ranks, probabilities, entropies, surprise, all_logits = (
        map(np.concatenate, zip(*found, strict=True))
        if found
        else (np.empty(0, dtype=np.intp), nothing, nothing, nothing, reader.expected[None][:0])
    )
    return Trace(
        characters=np.array(run.characters, dtype=np.str_),
        ids=ids,
        dice=np.array(run.rolled[: len(ids)], dtype=np.float64),
        temperatures=temperatures,
        ranks=ranks,
        probabilities=probabilities,
        entropies=entropies,
        surprise=surprise,
        forced=np.isin(np.arange(len(ids)), list(run.forced)),
        logits=all_logits if logits else None,
    )
