"""Choosing a character: temperature, top-k, top-p and the die.

The *die* is one uniform number ``u`` in [0, 1). The characters are laid side by side on a bar of
length 1, the most likely first, each as wide as it is probable; the die points at one of them.
Temperature never changes the order on the bar, only the widths, and a higher temperature only ever
moves the boundaries to the left. So under one and the same die the rank that is picked can only go
down (to a less likely character) as the temperature rises, and never up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Colder than this counts as 0: even logits that differ in their last bit are then worlds apart.
COLDEST = 1e-9


def bar(
    logits: NDArray[np.float32],
    temperature: float,
    top_k: int | None = None,
    top_p: float | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Lay out the characters for the die.

    Parameters
    ----------
    logits : ndarray of float32, shape (V,)
        Minus infinity for an id that must not be chosen; at least one is finite.
    temperature : float
        Above 0 (`COLDEST` or more).
    top_k : int, optional
        Keep only so many of the most likely characters.
    top_p : float, optional
        In (0, 1]. Then keep the smallest number of them whose probability, among those that `top_k`
        kept, reaches `top_p`.

    Returns
    -------
    order : ndarray of int, shape (V,)
        Ids by falling logit; of equal ones the lower id first.
    edges : ndarray of float64, shape (kept,)
        Right edge of each kept character on the bar, in that order, *not* normalised: the bar is
        as long as the last edge.
    """
    order = (-logits).argsort(kind="stable")
    scaled = logits.take(order).astype(np.float64)
    scaled -= scaled[0]  # the maximum: no exponential can overflow
    scaled /= temperature
    edges = np.exp(scaled, scaled)[:top_k].cumsum()
    if top_p is not None:
        edges = edges[: edges.searchsorted(top_p * edges[-1], "left") + 1]
    return order, edges


def pick(edges: NDArray[np.float64], u: float) -> int:
    """Return the rank (0 is the most likely) of the character that the die `u` points at."""
    # Below 1, u is so far below that u * end is rounded to less than end: the rank is a kept one.
    return int(edges.searchsorted(u * edges[-1], "right"))


def choose(
    logits: NDArray[np.float32],
    temperature: float,
    u: float,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Return the id that the die `u` in [0, 1) chooses; at temperature 0 the most likely one.

    See `bar` for the other parameters.
    """
    if temperature < COLDEST:
        return int(logits.argmax())  # the first of equals, as in `bar`
    order, edges = bar(logits, temperature, top_k, top_p)
    return int(order[pick(edges, u)])


def choose_each(
    logits: NDArray[np.float32],
    temperatures: Sequence[float],
    dice: NDArray[np.float64],
    top_ks: Sequence[int | None],
    top_ps: Sequence[float | None],
) -> NDArray[np.intp]:
    """Choose for several lanes, each exactly as `choose` does.

    Parameters
    ----------
    logits : ndarray of float32, shape (L, V)
    temperatures, dice, top_ks, top_ps : sequence, length L
        One for each lane; the dice are an ndarray of float64.

    Returns
    -------
    ndarray of int, shape (L,)
    """
    if any(top_ks) or any(top_ps) or min(temperatures) < COLDEST:
        lanes = zip(logits, temperatures, dice.tolist(), top_ks, top_ps, strict=True)
        return np.array([choose(*lane) for lane in lanes], dtype=np.intp)
    # What `bar` and `pick` do, for all lanes at once.
    negative = np.negative(logits, order="C")
    starts = np.arange(0, negative.size, negative.shape[1])  # of each lane in the flat array
    order = negative.argsort(axis=1, kind="stable")
    scaled = negative.take(order + starts[:, None]).astype(np.float64)
    scaled = scaled[:, :1] - scaled
    scaled /= np.asarray(temperatures)[:, None]
    edges = np.exp(scaled, scaled).cumsum(axis=1)
    passed = edges <= (edges[:, -1] * dice)[:, None]
    chosen: NDArray[np.intp] = order.take(starts + np.add.reduce(passed, axis=1, dtype=np.intp))
    return chosen


class Choice(NamedTuple):
    """How a character was chosen.

    Attributes
    ----------
    id : int
        What was chosen.
    die : float
        The die u, in [0, 1).
    temperature : float
        The temperature in force.
    rank : int
        Place among the characters by falling logit; 0 is the most likely.
    probability : float
        With which it is chosen at this temperature among those that top-k and top-p keep, (0, 1].
    entropy : float
        Of that same choice, in bits: 0 where nothing is left to chance.
    """

    id: int
    die: float
    temperature: float
    rank: int
    probability: float
    entropy: float


def explain(
    logits: NDArray[np.float32],
    temperature: float,
    u: float,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Choice:
    """Choose exactly as `choose` does, and tell how."""
    if temperature < COLDEST:
        return Choice(int(logits.argmax()), u, temperature, 0, 1.0, 0.0)
    order, edges = bar(logits, temperature, top_k, top_p)
    rank = pick(edges, u)
    shares = np.diff(edges, prepend=0.0) / edges[-1]
    possible = shares[shares > 0]
    entropy = float(-(possible * np.log2(possible)).sum())
    return Choice(int(order[rank]), u, temperature, rank, float(shares[rank]), max(0.0, entropy))
