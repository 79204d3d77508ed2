r"""From what a caller names as a text to the text: which files are meant, and what they hold.

On the way every line end becomes ``"\n"``, and what is not UTF-8 is left out and reported.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.formats.files import readable_size

Source: TypeAlias = str | Path | Sequence[str | Path]  # what a caller may give

MAX_BYTES = 128 * 2**20  # of all files, or characters of a str; all of it is in memory
_HEAD = 2**16  # bytes that show whether a file is a text
_LONGEST_NAME = 255  # of a path in characters; a longer str is a text
_BINARY_SHARE = 0.3  # of the head that is not UTF-8: binary data, or another encoding

_BYTE_ORDER_MARK = "\ufeff"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Bytes that are not UTF-8 are decoded as code points that no UTF-8 text holds: U+DC80 is 0x80, and so on.
_NOT_UTF8 = "surrogateescape"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = 0xDC00


@dataclass(frozen=True)
class Fault:
    """What could not be decoded in one file, or in a text that was given directly.

    Attributes
    ----------
    name : str or None
        Of the file; `None` for a text that was given directly.
    count : int
        Bytes that are not UTF-8; in a text that was given directly, lone surrogates.
    position : int
        Where the first one is: its offset in bytes, in a text that was given directly in characters.
    value : int
        The byte, or the surrogate, at that position.
    """

    name: str | None
    count: int
    position: int
    value: int

    def __str__(self) -> str:
        """Say it in one sentence."""
        one = self.count == 1
        was, at = ("was", "at") if one else ("were", "the first at")
        if self.name is None:
            half = "half a character (a lone surrogate)" if one else "halves of characters (lone surrogates)"
            return f"{self.count} {half} in the text {was} left out, {at} position {self.position}."
        what, are = ("byte", "is") if one else ("bytes", "are")
        return (
            f"{self.count} {what} of {short_repr(self.name)} {are} not UTF-8 and {was} left out, {at} byte "
            f"{self.position} ({bytes([self.value])!r}): is the file in another encoding?"
        )


# What a caller gave.


def parts_of(source: Source) -> Sequence[str | Path]:
    """Return the text itself, or every file."""
    if isinstance(source, str):
        if not source:
            msg = "The text is empty."
            raise SettingError(msg)
        if len(source) > _LONGEST_NAME or "\n" in source or "\r" in source:
            return (source,)
    paths: Sequence[str | Path] = (source,) if isinstance(source, (str, Path)) else source
    if not isinstance(paths, Sequence) or not all(isinstance(path, (str, Path)) for path in paths):
        msg = f"A text is a str, or the path of a file or folder, or several paths, not {short_repr(source)}."
        raise SettingError(msg)
    if not paths:
        msg = "There is no text: name at least one text file or folder."
        raise SettingError(msg)
    return [file for path in paths for file in _files(Path(path), is_str=isinstance(path, str))]


def _files(given: Path, *, is_str: bool = False) -> list[Path]:
    """Return a file, or the text files of a folder."""
    try:
        path = given.expanduser()
    except RuntimeError:  # an unknown home folder
        path = given
    try:
        mode = path.stat().st_mode
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except (OSError, ValueError):  # among others too long a name, or one with a NUL byte
        msg = f"There is no text file or folder {short_repr(str(given))}: check the path"
        msg += "; a text that is given directly must hold a line break." if is_str else "."
        raise SettingError(msg) from None
    if stat.S_ISREG(mode):
        return [path]
    if stat.S_ISDIR(mode):
        return _files_in(path)
    # Opening a pipe would wait until something is written into it, and a device never ends.
    msg = f"{short_repr(str(given))} is a device or a pipe, not a file: save the text in a file."
    raise SettingError(msg)


def _files_in(folder: Path) -> list[Path]:
    def failed(error: OSError) -> None:
        raise _unreadable(Path(error.filename or folder), error) from error

    found: list[Path] = []
    for below, folders, names in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        texts = (name for name in names if name.lower().endswith(".txt") and not name.startswith("."))
        found += (Path(below, name) for name in texts)
    if not found:
        msg = f"There is no text file (*.txt) in the folder {short_repr(str(folder))} or below it."
        raise SettingError(msg)
    found.sort(key=lambda path: path.parts)
    return [file for path in found for file in _files(path)]  # a link may lead nowhere


def _unreadable(path: Path, error: OSError) -> SettingError:
    why = error.strerror or type(error).__name__
    return SettingError(f"{short_repr(path.name)} cannot be read: {why}; choose another file or folder.")


def public_name(path: Path) -> str:
    """Return the name of a file as text; on Linux it may hold bytes that are not UTF-8."""
    return os.fsencode(path.name).decode("utf-8", errors="replace")


# From bytes to text.


def read_texts(parts: Sequence[str | Path], faults: list[Fault]) -> list[str]:
    """Return the text of each part; add what could not be decoded to `faults`."""
    texts: list[str] = []
    room = MAX_BYTES
    for part in parts:
        if isinstance(part, str):
            name, begin, text = None, int(part.startswith(_BYTE_ORDER_MARK)), part
            room -= len(part)
        else:
            data = _bytes_of(part, room)
            room -= len(data)
            _check(data, part)
            name, begin, text = (
                public_name(part),
                3 * data.startswith(codecs.BOM_UTF8),
                data.decode("utf-8", _NOT_UTF8),
            )
        if room < 0:
            raise _too_large()
        text = text.removeprefix(_BYTE_ORDER_MARK)
        if first := _SURROGATE.search(text):
            at, value = first.start(), ord(first[0])
            position, value = (at, value) if name is None else (len(text[:at].encode()), value - _ESCAPED)
            text, count = _SURROGATE.subn("", text)
            faults.append(Fault(name, count, begin + position, value))
        texts.append(text.replace("\r\n", "\n").replace("\r", "\n"))
    return texts


def joined(texts: Sequence[str]) -> str:
    """Return the whole text, each part on lines of its own."""
    *before, last = [text for text in texts if text] or [""]
    return "".join(one if one.endswith("\n") else f"{one}\n" for one in before) + last


def _bytes_of(path: Path, room: int) -> bytes:
    try:
        if path.stat().st_size > room:
            raise _too_large()
        with path.open("rb") as stream:
            return stream.read(room + 1)
    except OSError as error:
        raise _unreadable(path, error) from error


def _too_large() -> SettingError:
    return SettingError(f"The text is larger than {readable_size(MAX_BYTES)}: train on a part of it.")


def _check(data: bytes, path: Path) -> None:
    """Refuse what is not a text in UTF-8."""
    if data.startswith(_WIDE_MARKS):
        msg = f"{short_repr(path.name)} is a text in UTF-16 or UTF-32: save it as UTF-8."
        raise SettingError(msg)
    head = data[:_HEAD]  # which may end within a character
    text = codecs.getincrementaldecoder("utf-8")(_NOT_UTF8).decode(head)
    if len(_SURROGATE.findall(text)) > _BINARY_SHARE * len(head):
        msg = f"{short_repr(path.name)} is not a text, or in another encoding: save it as UTF-8."
        raise SettingError(msg)
    if b"\0" in data:
        msg = f"{short_repr(path.name)} holds NUL bytes and is not a text: if it is one, save it as UTF-8."
        raise SettingError(msg)
