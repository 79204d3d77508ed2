"""States of the network along a text, so that it need not be read from its beginning again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstm_widget.network.engine import State, StatefulLane

EVERY = 64  # characters, until there are too many states
_MOST_BYTES = 4_000_000


class KeptStates:
    """Some of the states that a network passes through; the longer the text, the further apart."""

    def __init__(self) -> None:
        self._states: dict[int, State] = {}  # by the number of characters read
        self._every = EVERY
        self._next = EVERY

    def __len__(self) -> int:
        return len(self._states)

    def offer(self, position: int, lane: StatefulLane) -> None:
        """Keep the state of a lane that has read `position` characters, if it is time to."""
        if position < self._next:
            return
        state = lane.state
        size = sum(array.nbytes for array in (*state.c, *state.h))
        if (len(self._states) + 1) * size > max(_MOST_BYTES, 2 * size):
            self._every *= 2
            kept, last = {}, 0
            for place, one in self._states.items():
                if place >= last + self._every:
                    kept[place], last = one, place
            self._states = kept
        self._states[position] = state
        self._next = position + self._every

    def before(self, position: int) -> tuple[int, State | None]:
        """Return the last place up to a position from which the text can be read on, and the state there."""
        place = max((one for one in self._states if one <= position), default=0)
        return place, self._states.get(place)

    def up_to(self, position: int) -> KeptStates:
        """Return those of another text that is the same up to a position."""
        other = KeptStates()
        other._states = {place: state for place, state in self._states.items() if place <= position}
        other._every = self._every
        other._next = max(other._states, default=0) + other._every
        return other
