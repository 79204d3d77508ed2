r"""From what a caller names as a text to its code points.

That is which files are meant, and what they hold, in blocks, since a text may be larger than the memory.
On the way every line end becomes ``"\n"``, and what is not UTF-8 is left out and reported.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lstm_widget.errors import SettingError, short_repr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    # Code points; signed, because not every platform takes uint32 as an index.
    Codes: TypeAlias = NDArray[np.int32]

Source: TypeAlias = str | Path | Sequence[str | Path]  # what a caller may give

_BLOCK = 2**20  # bytes of a file, or characters of a str, that are read at a time
_HEAD = 2**16  # bytes that show whether a file is a text
_LONGEST_NAME = 255  # of a path in characters; a longer str is a text
_BINARY_SHARE = 0.3  # of the head that is not UTF-8: binary data, or another encoding

LINE_FEED, _RETURN = 10, 13
_BYTE_ORDER_MARK = "\ufeff"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Bytes that are not UTF-8 are decoded as code points that no UTF-8 text holds: U+DC80 is 0x80, and so on.
_NOT_UTF8 = "surrogateescape"
_SURROGATES = 0xD800 >> 11  # what their code points share
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
        What is there.
    """

    name: str | None
    count: int
    position: int
    value: int

    def __str__(self) -> str:
        """Tell it in one sentence."""
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
    except RuntimeError:  # there is no home folder
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
    # Opening a pipe would wait for a writer, and a device never ends.
    msg = (
        f"{short_repr(str(given))} is a device or a pipe, which cannot be read twice: save "
        "the text in a file."
    )
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
    """Return the name of a file as text; on Linux it may hold bytes that are none."""
    return os.fsencode(path.name).decode("utf-8", errors="replace")


# From bytes to code points.


def blocks_of(parts: Sequence[str | Path], faults: list[Fault]) -> Iterator[Codes]:
    """Yield the code points of the whole text, no block of them empty; report what is not UTF-8."""
    last = LINE_FEED  # nothing has to be ended yet
    for part in parts:
        name = None if isinstance(part, str) else public_name(part)
        begun = False
        for block in _one_line_end(_decodable(_pieces(part), name, faults)):
            if not begun and last != LINE_FEED:
                yield np.array([LINE_FEED], dtype=np.int32)
            begun, last = True, int(block[-1])
            yield block


def _pieces(part: str | Path) -> Iterator[tuple[int, str]]:
    """Yield a text, or that of a file, in pieces, each with its position; see `Fault`."""
    if isinstance(part, Path):
        yield from _pieces_of_file(part)
        return
    for start in range(part.startswith(_BYTE_ORDER_MARK), len(part), _BLOCK):
        yield start, part[start : start + _BLOCK]


def _pieces_of_file(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            _check_head(head, path)
            end = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
            stream.seek(end)
            decoder = _decoder()
            while data := stream.read(_BLOCK):
                if b"\0" in data:
                    msg = (
                        f"{short_repr(path.name)} holds NUL bytes and is no text: if it is "
                        "one, save it as UTF-8."
                    )
                    raise SettingError(msg)
                start = end - len(decoder.getstate()[0])  # what it holds back is a part of this piece
                end += len(data)
                yield start, decoder.decode(data)
            yield end - len(decoder.getstate()[0]), decoder.decode(b"", final=True)
    except OSError as error:
        raise _unreadable(path, error) from error


def _decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")(_NOT_UTF8)


def _check_head(head: bytes, path: Path) -> None:
    """Refuse binary data, judged by how it begins."""
    if head.startswith(_WIDE_MARKS):
        msg = f"{short_repr(path.name)} is a text in UTF-16 or UTF-32: save it as UTF-8."
        raise SettingError(msg)
    wrong = np.count_nonzero(_is_surrogate(_codes(_decoder().decode(head))))
    if wrong > _BINARY_SHARE * len(head):
        msg = f"{short_repr(path.name)} is no text, or one in another encoding: save it as UTF-8."
        raise SettingError(msg)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<i4")


def _is_surrogate(codes: Codes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = codes >> 11 == _SURROGATES
    return found


def _decodable(pieces: Iterator[tuple[int, str]], name: str | None, faults: list[Fault]) -> Iterator[Codes]:
    """Yield the code points of pieces of a text without those that stand for what is not UTF-8."""
    fault: Fault | None = None
    for start, text in pieces:
        codes = _codes(text)
        wrong = _is_surrogate(codes)
        if count := np.count_nonzero(wrong):
            if fault is None:
                first = int(wrong.argmax())
                value = int(codes[first])
                if name is None:
                    fault = Fault(name, 0, start + first, value)
                else:
                    fault = Fault(name, 0, start + len(text[:first].encode()), value - _ESCAPED)
            fault = replace(fault, count=fault.count + int(count))
            codes = codes[~wrong]
        yield codes
    if fault is not None:
        faults.append(fault)


def _one_line_end(blocks: Iterable[Codes]) -> Iterator[Codes]:
    r"""Yield a text in which each ``\r\n`` and each other ``\r`` is a line feed, no block empty."""
    last = LINE_FEED
    for block in blocks:
        codes = block
        returns = block == _RETURN
        if last == _RETURN or returns.any():
            after = np.empty_like(returns)  # a return; also the one at the end of the block before
            after[:1], after[1:] = last == _RETURN, returns[:-1]
            codes = np.where(returns, np.int32(LINE_FEED), block)[~after | (block != LINE_FEED)]
        if len(block):
            last = int(block[-1])
        if len(codes):
            yield codes
