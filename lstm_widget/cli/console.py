"""What the commands share: what they print, and what they take."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from lstm_widget.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lstm_widget.network.normalize import Replacement

MODEL = (
    "a bundled name, a folder written by train, a p5ML / ml5.js folder or .zip, a .safetensors file, "
    "or the http(s) address of one"
)
NAME_WIDTH = 20  # of the names in a list
_SHOWN = 5  # of a list of characters
# What a model from elsewhere writes must not steer the terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


class Output:
    """Standard output: what its encoding lacks is replaced, with one note."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self._to_terminal = stream.isatty()
        self._lossy = False
        with contextlib.suppress(AttributeError):  # a stand-in, as in tests
            # Line ends stay as the model wrote them, also on Windows.
            stream.reconfigure(errors="replace", newline="\n")  # type: ignore[attr-defined]

    def write(self, text: str) -> None:
        """Write at once, so that a text is seen as it is made."""
        if self._to_terminal:
            text = text.translate(_CONTROLS)
        if not self._lossy:
            try:
                text.encode(self._encoding)
            except UnicodeEncodeError:
                self._lossy = True
                note(f"What {self._encoding} cannot show comes out as '?'; PYTHONIOENCODING=utf-8 keeps it.")
        self._stream.write(text)
        self._stream.flush()


def note_replacements(replacements: Iterable[Replacement]) -> None:
    """Say what was read instead of characters of a text."""
    pairs = dict.fromkeys((one.character, one.used) for one in replacements if one.used)
    if pairs:
        read = listed([f"{used!r} for {character!r}" for character, used in pairs], _SHOWN)
        note(f"Read with characters that the model knows: {read}.")


def quoted(characters: Iterable[str]) -> str:
    """Return characters as they are named in a sentence, the first few of many."""
    return listed([repr(character) for character in characters], _SHOWN)


def progress(total: int, unit: str, *, hide: bool = False) -> Any:  # noqa: ANN401 - tqdm has no types
    """Return a progress bar on standard error, if that is a terminal; it appears after a second."""
    from tqdm import tqdm  # noqa: PLC0415 - costs start-up time

    return tqdm(total=total, unit=unit, unit_scale=True, leave=False, delay=1, disable=hide or None)


def note(text: str) -> None:
    """Write a line to standard error."""
    with contextlib.suppress(OSError, AttributeError):  # standard error may be closed, too
        sys.stderr.write(f"{text}\n")


def decoded(argument: str) -> str:
    """Take an argument as UTF-8 where the locale could not decode it."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return os.fsencode(argument).decode(errors="replace")
    return argument


def abandon_output() -> None:
    """Let Python's own last flush go nowhere, where the output is closed or cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
