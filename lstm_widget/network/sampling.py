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

from lstm_widget.errors import too_large

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
        Keep only this many of the most likely characters.
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

    Raises
    ------
    ModelError
        If the logits are not finite.
    """
    if temperature < COLDEST:
        return int(logits.argmax())  # the first of equals, as in `bar`
    order, edges = bar(logits, temperature, top_k, top_p)
    if not edges[-1] > 0:  # not a number
        raise too_large()
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


def explain_each(
    logits: NDArray[np.float32],
    ids: NDArray[np.intp],
    temperatures: NDArray[np.float64],
    top_k: int | None = None,
    top_p: float | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Explain how n characters were chosen, each as `choose` does it.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, V)
        Before each of them.
    ids : ndarray of int, shape (n,)
        What was chosen.
    temperatures : ndarray of float64, shape (n,)
        With which; 0 or more.
    top_k, top_p
        As for `bar`; one for all of them.

    Returns
    -------
    ranks : ndarray of int, shape (n,)
        Place among the characters by falling logit; 0 is the most likely.
    probabilities : ndarray of float64, shape (n,)
        With which it is chosen at this temperature among those that top-k and top-p keep; 0 if they do
        not keep it.
    entropies : ndarray of float64, shape (n,)
        Of that same choice, in bits: 0 where nothing is left to chance.
    """
    order = np.negative(logits).argsort(axis=1, kind="stable")
    ranks = (order == ids[:, None]).argmax(axis=1)
    scaled = np.take_along_axis(logits, order, axis=1).astype(np.float64)
    scaled -= scaled[:, :1]
    cold = temperatures < COLDEST
    scaled /= np.where(cold, 1.0, temperatures)[:, None]
    edges = np.exp(scaled, scaled)[:, :top_k].cumsum(axis=1)
    kept = np.full(len(ids), edges.shape[1])
    if top_p is not None:
        kept = (edges < top_p * edges[:, -1:]).sum(axis=1) + 1
    kept[cold] = 1
    shares = np.diff(edges, axis=1, prepend=0.0)
    shares[np.arange(edges.shape[1]) >= kept[:, None]] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    inside = ranks < edges.shape[1]
    probabilities = np.where(inside, shares[np.arange(len(ids)), np.where(inside, ranks, 0)], 0.0)
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropies = np.maximum(0.0, 0.0 - (shares * logarithms).sum(axis=1))  # no -0.0
    return ranks, probabilities, entropies


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return the probability of each id at a temperature, shape (V,)."""
    shares = np.zeros(logits.size)
    if temperature < COLDEST:
        shares[logits.argmax()] = 1.0
        return shares
    order, edges = bar(logits, temperature)
    shares[order] = np.diff(edges, prepend=0.0) / edges[-1]
    return shares
