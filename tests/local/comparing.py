"""A text that Python wrote, written again by the page: where would it choose another character, and why?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.inspection.trace import trace
from lstm_widget.network.sampling import bar

if TYPE_CHECKING:
    from page_in_node import PageEngine

    from lstm_widget.inspection.trace import Trace
    from lstm_widget.writing.run import Run


@dataclass
class Comparison:
    """How much a text, or several, are the same in Python and in the page.

    Attributes
    ----------
    chosen : int
        Characters that a die chose.
    distances : list of float
        Of the dice that chose another character in the page: how far each is from the nearest edge of the
        bar, as a share of its length.
    surprise, probability, entropy : float
        The largest difference.
    ranks : int
        Characters that have another rank.
    """

    chosen: int = 0
    distances: list[float] = field(default_factory=list)
    surprise: float = 0.0
    probability: float = 0.0
    entropy: float = 0.0
    ranks: int = 0

    def add(self, other: Comparison) -> None:
        """Count another text, too."""
        self.chosen += other.chosen
        self.distances += other.distances
        self.ranks += other.ranks
        for name in ("surprise", "probability", "entropy"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


def compare(page: PageEngine, run: Run, rng: int) -> Comparison:
    """Have the page, which has loaded the same model, write a text again that `rng` gave the dice of."""
    how = trace(run, logits=True)
    settings = run.settings
    rows = page.ask(
        "follow",
        ids=run.ids[: run.seed_length].tolist(),
        rng=rng,
        expected=how.ids.tolist(),
        temperatures=how.temperatures.tolist(),
        topK=settings.top_k,
        topP=settings.top_p,
    )
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    others = np.flatnonzero((found["chosen"] != how.ids) & ~how.forced)
    return Comparison(
        chosen=int((~how.forced).sum()),
        distances=[_distance(how, n, settings.top_k, settings.top_p) for n in others.tolist()],
        ranks=int((found["rank"] != how.ranks).sum()),
        surprise=float(np.abs(found["surprise"] - how.surprise).max()),
        probability=float(np.abs(found["probability"] - how.probabilities).max()),
        entropy=float(np.abs(found["entropy"] - how.entropies).max()),
    )


def _distance(how: Trace, n: int, top_k: int | None, top_p: float | None) -> float:
    """Return how far the die is from the nearest edge; without one, how far the two best logits are apart."""
    assert how.logits is not None
    logits = how.logits[n]
    if how.temperatures[n] == 0:
        first, second = -np.sort(-logits)[:2]
        return float(first - second)
    _, edges = bar(logits, how.temperatures[n], top_k, top_p)
    return float(np.abs(edges / edges[-1] - how.dice[n]).min())
