"""Choosing a character: temperature, top-k, top-p and the die.

The *die* is one uniform number ``u`` in [0, 1). The characters are laid side by side on a bar of
length 1, the most likely first, each as wide as it is probable; the die points at one of them.
Temperature never changes the order on the bar, only the widths, and a higher temperature only ever
moves the boundaries to the left. So under one and the same die the rank that is picked can only go
down (to a less likely character) as the temperature rises, and never up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
