"""A text that Python wrote, written again by the page: where would it choose another character, and why?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstm_widget.inspection.trace import trace
from lstm_widget.network.sampling import bar

if TYPE_CHECKING:
    from page_in_node import PageEngine

    from lstm_widget.inspection.trace import Trace
    from lstm_widget.writing.run import Run


class Other(NamedTuple):
    """Why a die may have chosen another character: it points at an edge, or two characters changed places.

    Attributes
    ----------
    edge : float
        How far the die is from the nearest edge of the bar, as a share of its length.
    apart : float
        How far the logits of the two characters are apart in Python, as a share of the largest logit.
    """

    edge: float
    apart: float


@dataclass
class Comparison:
    """How much a text, or several, are the same in Python and in the page.

    Attributes
    ----------
    chosen : int
        Characters that a die chose.
    others : list of Other
        Where a die chose another character in the page.
    surprise, probability, entropy : float
        The largest difference.
    ranks : int
        Characters that have another rank.
    """

    chosen: int = 0
    others: list[Other] = field(default_factory=list)
    surprise: float = 0.0
    probability: float = 0.0
    entropy: float = 0.0
    ranks: int = 0

    def add(self, other: Comparison) -> None:
        """Count another text, too."""
        self.chosen += other.chosen
        self.others += other.others
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
        others=[_why(run, how, n, int(found["chosen"][n])) for n in others.tolist()],
        ranks=int((found["rank"] != how.ranks).sum()),
        surprise=float(np.abs(found["surprise"] - how.surprise).max()),
        probability=float(np.abs(found["probability"] - how.probabilities).max()),
        entropy=float(np.abs(found["entropy"] - how.entropies).max()),
    )


def _why(run: Run, how: Trace, n: int, chosen: int) -> Other:
    assert how.logits is not None
    logits, temperature = how.logits[n], how.temperatures[n]
    apart = abs(float(logits[how.ids[n]] - logits[chosen])) / float(np.abs(logits[np.isfinite(logits)]).max())
    if temperature == 0:
        return Other(1.0, apart)
    _, edges = bar(logits, temperature, run.settings.top_k, run.settings.top_p)
    return Other(float(np.abs(edges / edges[-1] - how.dice[n]).min()), apart)
