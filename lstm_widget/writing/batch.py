"""Writing texts on, one or several: what is forced comes first, then each die chooses a character."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError, too_large
from lstm_widget.network.backend import backend
from lstm_widget.network.blas import single_thread
from lstm_widget.network.engine import Lane
from lstm_widget.network.sampling import choose, choose_each
from lstm_widget.network.scoring import in_bits, log_probabilities
from lstm_widget.writing.settings import check_piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lstm_widget.network.backend import AnyLane
    from lstm_widget.network.compiled import CompiledLane
    from lstm_widget.writing.draft import Draft

# NumPy asks whether Numba is ready every this many steps. Texts shorter than that never load it.
PIECE = 64
# The most logits, roughly, that NumPy keeps before it computes the surprise from them.
_KEPT = 1_000_000
# Compiled code looks at the clock, and obeys an interrupt, about as often (in seconds).
_GLANCE = 0.002


def advance_together(
    runs: Sequence[Draft], count: int | None = None, seconds: float | None = None
) -> list[str]:
    """Write several texts of one model on, side by side, with one matrix product for all of them.

    Each becomes what it would become alone. (With NumPy except for rounding: a product for several
    lanes adds in another order, which can tip the choice of a character very rarely.)

    Parameters
    ----------
    runs : sequence of Run
        Different ones, from the same generator.
    count, seconds
        As for `Run.advance`, for each of them; those that are finished wait.

    Returns
    -------
    list of str
        What was written now of each.

    Raises
    ------
    SettingError
        If the runs are of different models, or one is given twice, or a limit is not a valid number.
    """
    check_piece(count, seconds)
    if len({id(run) for run in runs}) < len(runs) or len({id(run.engine) for run in runs}) > 1:
        msg = "Texts are written side by side only as different runs of one generator."
        raise SettingError(msg)
    starts = [len(run.characters) for run in runs]
    ends = [run.settings.length for run in runs]
    if count is not None:
        ends = [min(start + count, end) for start, end in zip(starts, ends, strict=True)]
    deadline = float("inf") if seconds is None else time.perf_counter() + seconds
    single_thread(lambda: _advance(runs, ends, deadline))
    return ["".join(run.characters[start:]) for run, start in zip(runs, starts, strict=True)]


def _advance(runs: Sequence[Draft], ends: list[int], deadline: float) -> None:
    """Write on until each run has its end or it is late; after an interrupt, no run is left half way."""
    for run in runs:
        run.begin()
    try:
        while missing := {
            run: end - len(run.characters)
            for run, end in zip(runs, ends, strict=True)
            if len(run.characters) < end
        }:
            _write_piece(missing, deadline)
            if time.perf_counter() >= deadline:
                break
    except BaseException:
        for run in runs:
            run.start_over()
        raise
    for run in runs:
        run.half_way = False


def _write_piece(missing: dict[Draft, int], deadline: float) -> None:
    """Read a character of the seeds, or write what is forced, or else a piece of every run."""
    if seeds := [run for run in missing if len(run.unread) > 1]:
        for run in seeds:
            run.lane.step(run.unread.pop())
    elif forced := [run for run in missing if run.awaited]:
        for run in forced:
            _write_forced(run)
    elif len(missing) == 1:
        ((run, steps),) = missing.items()
        run.lane = backend.fastest(run.lane, run.engine)
        _write(run.lane, [run], steps, deadline)
    else:
        _write_together(list(missing), min(missing.values()), deadline)
    for run in missing:
        run.kept.offer(len(run.ids) - len(run.unread), run.lane)  # for what reads this text again


def _write_together(runs: list[Draft], steps: int, deadline: float) -> None:
    """Write on as far as the shortest needs, in lanes made for these runs."""
    lanes = backend.lane(runs[0].engine, len(runs))
    lanes.states = [run.lane.state for run in runs]
    end = len(runs[0].characters) + steps
    while (left := end - len(runs[0].characters)) > 0:
        _write(lanes, runs, left, deadline)
        if time.perf_counter() >= deadline or (isinstance(lanes, Lane) and backend.name == "numba"):
            break
    for run, state in zip(runs, lanes.states, strict=True):
        run.lane.state = state


def _write_forced(run: Draft) -> None:
    """Write the character that is awaited; its die is used up all the same."""
    character = run.awaited
    number = run.model.vocab[character]
    logits = np.array(run.lane.step(run.unread.pop()), ndmin=2)
    run.dice(1)
    run.forced[len(run.characters)] = character
    run.note([number], _surprise(logits, [number]), logits)


def _write(lane: AnyLane, runs: list[Draft], steps: int, deadline: float) -> None:
    """Write a piece of each run, of at most `steps` characters; the lane has one stream for each."""
    if not isinstance(lane, Lane):
        _write_compiled(lane, runs, steps, deadline)
    else:
        size = runs[0].engine.softmax_b.size
        steps = min(steps, PIECE, 1 + _KEPT // (len(runs) * size))
        kept = np.empty((len(runs), steps, size), dtype=np.float32)
        if len(runs) == 1:
            _write_one(lane, runs[0], kept[0], deadline)
        else:
            _write_several(lane, runs, kept, deadline)
    if any(len(run.characters) >= PIECE for run in runs):
        backend.warm_up()


def _write_one(lane: Lane, run: Draft, kept: NDArray[np.float32], deadline: float) -> None:
    """Write at most n characters, while `kept` [n, V] takes the logits of each."""
    settings, temperature = run.settings, run.temperature
    ids = [run.unread.pop()]
    for n, die in enumerate(run.dice(len(kept))):
        logits = lane.step(ids[-1])
        kept[n] = logits
        ids.append(choose(logits, temperature, die, settings.top_k, settings.top_p))
        if time.perf_counter() >= deadline:
            break
    run.note(ids[1:], _surprise(kept, ids[1:]), kept)


def _write_several(lane: Lane, runs: list[Draft], kept: NDArray[np.float32], deadline: float) -> None:
    """Write at most n characters of each run, while `kept` [L, n, V] takes the logits."""
    settings = [run.settings for run in runs]
    temperatures = [run.temperature for run in runs]
    limits = [one.top_k for one in settings], [one.top_p for one in settings]
    ids, chosen = np.array([run.unread.pop() for run in runs]), []
    for n, dice in enumerate(np.array([run.dice(kept.shape[1]) for run in runs]).T):
        logits = lane.step(ids)
        kept[:, n] = logits
        ids = choose_each(logits, temperatures, dice, *limits)
        chosen.append(ids)
        if time.perf_counter() >= deadline:
            break
    for run, row, rows in zip(runs, np.array(chosen).T.tolist(), kept, strict=True):
        run.note(row, _surprise(rows, row), rows)


def _surprise(logits: NDArray[np.float32], ids: list[int]) -> list[float]:
    """Return how surprising each id is, in bits; further rows of the logits [n, V] do not count."""
    surprise: list[float] = in_bits(log_probabilities(logits[: len(ids)], ids)).tolist()
    return surprise


def _write_compiled(lane: CompiledLane, runs: list[Draft], steps: int, deadline: float) -> None:
    settings = [run.settings for run in runs]
    start = time.perf_counter()
    steps = max(1, min(steps, int(min(_GLANCE, deadline - start) / lane.pace)))
    watched = any(run.recent is not None for run in runs)
    kept = np.empty((len(runs), steps, runs[0].engine.softmax_b.size), dtype=np.float32) if watched else None
    chosen, surprise = lane.write(
        [run.unread[-1] for run in runs],
        np.array([run.dice(steps) for run in runs]),
        [run.temperature for run in runs],
        [one.top_k for one in settings],
        [one.top_p for one in settings],
        kept,
    )
    if not surprise.sum() < np.inf:  # infinite, or not a number
        raise too_large()
    for number, run in enumerate(runs):
        run.unread.pop()
        run.note(chosen[number].tolist(), surprise[number].tolist(), None if kept is None else kept[number])
    lane.pace = (time.perf_counter() - start) / steps
