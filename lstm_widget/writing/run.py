"""A text that is written: from its settings and its dice, as far as it was asked for."""

from __future__ import annotations

import copy
from dataclasses import replace

from lstm_widget.errors import SettingError, UnknownCharactersError, short_repr
from lstm_widget.writing.batch import advance_together
from lstm_widget.writing.draft import Draft
from lstm_widget.writing.settings import as_whole, check_length


class Run(Draft):
    """A text that is written a piece at a time, as often as it is asked to.

    Every run has its own state and its own dice, so that any number of them go on at once. One run
    is not safe for two threads at a time.

    Parameters
    ----------
    model : CharLSTM
    engine : Engine
        The model's weights, packed.
    settings : Settings
    rng : numpy.random.Generator
        Gives one die per character.

    Attributes
    ----------
    characters : list of str
        What has been written so far, without the seed.
    ids : array.array of int
        The id of each character that the model reads: those of the seed, then those written.
    surprise : array.array of float
        How surprising each of them is to the model, in bits, from 0: ``-log2(p)``, where p is the
        probability that the model itself gives it, at temperature 1 and without top-k and top-p,
        whatever it was chosen with. `LSTMGenerator.score` finds the same, but for rounding.
    temperatures : list of (int, float)
        Where the temperature was changed: from that character on, counted from 0, it was that one.
    forced : dict of int to str
        The characters that `force` has put there by hand, by their positions.
    recent : dict of int to ndarray of float32, shape (V,), or None
        The logits that the latest characters came from, by their positions, once they are wanted (`watch`).
    rng : numpy.random.Generator
        Where the dice come from.
    replacements : tuple of Replacement
        What the model reads instead of characters of the seed (see `lstm_widget.writing.typed`).

    Raises
    ------
    UnknownCharactersError
        If the model knows neither a character of the seed nor a similar one.
    """

    @property
    def finished(self) -> bool:
        """Whether the text has its full length."""
        return len(self.characters) >= self.settings.length

    def advance(self, count: int | None = None, seconds: float | None = None) -> str:
        """Write on.

        Parameters
        ----------
        count : int, optional
            At most this many characters; by default as many as the settings say.
        seconds : float, optional
            For about this long at most. Within a long seed the piece may then be empty.

        Returns
        -------
        str
            The characters written now.

        Raises
        ------
        SettingError
            If a limit is not a valid number.
        """
        return advance_together([self], count, seconds)[0]

    def extend(self, length: int) -> None:
        """Give the text another length; one that is finished can then be written on.

        It becomes what it would have become with that length from the start.

        Parameters
        ----------
        length : int
            Number of characters in all, without the seed: from what is written already to 1,000,000.

        Raises
        ------
        SettingError
            If it is not a valid length; the length then stays as it was.
        """
        length = check_length(length)
        if length < (written := len(self.characters)):
            msg = f"The length must be at least {written:,}: that many characters are written already."
            raise SettingError(msg)
        self.settings = replace(self.settings, length=length)

    def force(self, character: str) -> None:
        """Write this character next, whatever the die says; the die is used up all the same.

        Parameters
        ----------
        character : str
            One that the model knows. A text that is finished grows by it.

        Raises
        ------
        SettingError
            If it is not one character, the model does not know it (`UnknownCharactersError`), or the text
            has its greatest length.
        """
        self._await(character)
        try:
            self.advance(1)
        except BaseException:
            self._awaited = (-1, "")
            raise

    def check_force(self, character: str) -> None:
        """Raise the error of `force`, if there is one, and change nothing."""
        if not isinstance(character, str) or len(character) != 1:
            msg = f"A forced character must be one character, not {short_repr(character)}."
            raise SettingError(msg)
        if character not in self.model.vocab:
            raise UnknownCharactersError((character,))

    def _await(self, character: str) -> None:
        self.check_force(character)
        if self.finished:
            self.extend(len(self.characters) + 1)
        self._awaited = (len(self.characters), character)

    def branch(self, position: int, character: str) -> Run:
        """Return the text that this one would be with another character at one place.

        Everything before it is the same, and so are the later dice; this text stays as it is.

        Parameters
        ----------
        position : int
            Of the character that is replaced, from 0; or just behind the last one.
        character : str
            One that the model knows.

        Raises
        ------
        SettingError
            If there is no such place or character.
        """
        other = self.begin_branch(position, character)
        other.advance(1)
        return other

    def check_branch(self, position: int, character: str) -> int:
        """Return the position, or raise the error of `branch` and change nothing."""
        self.check_force(character)
        place = as_whole(position)
        if place is None or not 0 <= place <= len(self.characters):
            msg = (
                f"A branch begins at a position from 0 to {len(self.characters):,}, not "
                f"{short_repr(position)}."
            )
            raise SettingError(msg)
        if place == self.settings.length:
            check_length(place + 1)
        return place

    def begin_branch(self, position: int, character: str) -> Run:
        """Return the text of `branch`, whose character is the first one that is written."""
        place = self.check_branch(position, character)
        other = Run(self.model, self.engine, self.settings, copy.deepcopy(self.rng))
        other.rolled = self.rolled[:]
        other.characters, other.surprise = self.characters[:place], self.surprise[:place]
        other.ids = self.ids[: self.seed_length + place]
        other.kept = self.kept.up_to(len(other.ids) - 1)
        other.read_again()
        other.forced = {at: one for at, one in self.forced.items() if at < place}
        for at, temperature in self.temperatures:
            if at <= place:
                other.temperatures.append((at, temperature))
                other._temperature = temperature
        if self.recent is not None:
            other.watch()
        other._await(character)
        return other
