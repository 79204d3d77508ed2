"""A folder of files that can be read, wherever it is: on the disk, in a zip file, at a web address.

A format that reads through `Files` works in all three. Names come from manifests, that is from
strangers: none of the three lets a name lead out of the folder.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, runtime_checkable

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.holding import holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANIFEST = "manifest.json"  # of a p5ML / ml5.js folder
# Of weights, in memory; 500 million of them. Far above any character-level LSTM.
MAX_MODEL_BYTES = 2 * 2**30
# Of a JSON file. Far above any real one of this kind, far below what hurts.
MAX_JSON_BYTES = 16 * 2**20

# An absolute path, a drive, a backslash, a URL, "..".
_ELSEWHERE = re.compile(r"^/|^[A-Za-z]:|\\|://|(^|/)\.\.(/|$)")


class TooLargeError(ModelError):
    """A file is longer than it may be.

    Attributes
    ----------
    size : int or None
        How long it is in bytes, if that is known.
    """

    def __init__(self, name: str, at_most: int, size: int | None = None) -> None:
        self.size = size
        super().__init__(f"{name} is larger than {readable_size(at_most)}, the limit for a model.")


@runtime_checkable
class Files(Protocol):
    """A folder of files that can be read."""

    @property
    def title(self) -> str:
        """What the folder is called."""

    @property
    def where(self) -> str:
        """Where it is, as an error says it: ``in 'my-model'``."""

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file.

        Parameters
        ----------
        name : str
            Of the file, with ``/`` between folders.
        at_most : int
            Number of bytes. Of a longer file no more than that is read.

        Returns
        -------
        bytes or None
            `None` if there is no such file.

        Raises
        ------
        TooLargeError
            If the file is longer than that.
        ModelError
            If the name leads out of the folder, or the file cannot be read.
        """


class LocalFiles:
    """A folder on the disk, also named by the manifest in it.

    Attributes
    ----------
    title, where : str
        See `Files`.

    Raises
    ------
    ModelError
        If there is no such folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = as_path(folder)
        if self._folder.name == MANIFEST and kind_of(self._folder) == "file":
            self._folder = self._folder.parent
        if kind_of(self._folder) != "folder":
            refuse(f"There is no folder {short_repr(str(folder))}: check the path of the model.")
        self.title, self.where = self._folder.resolve().name, f"in {str(self._folder)!r}"

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file; see `Files.read`. Links are followed as long as they stay in the folder."""
        path = self._folder / name
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, ValueError, RuntimeError):  # an impossible name, a link to itself
            return None
        if not inside or "\\" in name:
            _refuse_outside(name)
        return read_file(path, at_most)


def kind_of(path: Path) -> Literal["folder", "file", "nothing"]:
    """Return what is at a path; at an impossible one there is nothing."""
    with suppress(OSError, ValueError):  # too long a name, a NUL byte
        if path.exists():
            return "folder" if path.is_dir() else "file"
    return "nothing"


def read_file(path: Path, at_most: int) -> bytes | None:
    """Read a file on the disk; see `Files.read`. Only a regular file is opened.

    Opening a pipe would wait for its writer, and a device never ends.
    """
    try:
        status = path.stat()
    except PermissionError as error:
        refuse_access(f"The file {short_repr(path.name)} cannot be read", error)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
        refuse(f"{short_repr(path.name)} is {what}, not a file.")
    if status.st_size > at_most:
        raise TooLargeError(path.name, at_most, status.st_size)
    try:
        with path.open("rb") as stream:
            data = stream.read(status.st_size + 1)
    except OSError as error:
        refuse_access(f"The file {short_repr(path.name)} cannot be read", error)
    if len(data) > at_most:  # it has grown meanwhile
        raise TooLargeError(path.name, at_most)
    return data


def read_model_file(file: str | Path) -> bytes:
    """Read a file on the disk that is a whole model.

    Raises
    ------
    ModelError
        If there is no such file, or it is larger than `MAX_MODEL_BYTES`.
    """
    data = read_file(as_path(file), MAX_MODEL_BYTES)
    if data is None:
        refuse(f"There is no file {short_repr(str(file))}: check the path of the model.")
    return data


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Raise a `ModelError` that says why a path cannot be written."""
    try:
        yield
    except OSError as error:
        refuse_access(f"{short_repr(str(path))} cannot be written", error)


def refuse_access(what: str, error: OSError) -> NoReturn:
    """Raise a `ModelError` with what the system says."""
    refuse(f"{what}: {error.strerror or type(error).__name__}.", error)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file or folder written under another name, and give it its own once it is whole.

    A file, or an empty folder, of that name is replaced then; whatever goes wrong before leaves it as it is.

    Parameters
    ----------
    path : Path
    write : callable
        Called with the path to write to, beside the other one; there is nothing yet.

    Raises
    ------
    ModelError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}-{os.urandom(8).hex()}")

    def work() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(path)

    with writing(path):
        holding(lambda: None, lambda: _remove(partial), work)


def write_file(path: Path, data: bytes) -> None:
    """Write a file as `write_whole` does."""

    def write(partial: Path) -> None:
        with partial.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())  # else the name may be there before the content, after a power cut

    write_whole(path, write)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def check_content(data: bytes, name: str) -> None:
    """Refuse a placeholder in the place of a file.

    Raises
    ------
    ModelError
        If it is a pointer of Git LFS, or a web page.
    """
    if data.startswith(b"version https://git-lfs"):
        refuse(f"{short_repr(name)} is a pointer of Git LFS, not the file itself: run  git lfs pull  first.")
    if re.match(rb"\s*<(!doctype|html)", data, re.IGNORECASE):
        refuse(f"{short_repr(name)} is a web page: download the file itself (on GitHub, the Raw button).")


def utf8(data: bytes, name: str) -> str:
    """Return the text that a file holds, without a byte order mark, or raise `ModelError`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(f"{name} is not UTF-8 text (byte {error.start:,} cannot be read): save it as UTF-8.")


def parse_object(text: str | bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object; see `parse_json`."""
    table = parse_json(text, name)
    if not isinstance(table, dict):
        refuse(f"{name} must be a JSON object.")
    return table


def parse_json(text: str | bytes, name: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Parse JSON in which no key occurs twice.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8, with or without a byte order mark.
    name : str
        Where it comes from, for the error.

    Raises
    ------
    ModelError
        If it is not UTF-8, not JSON, nested too deeply, or has a key twice.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, value in pairs:
            if key in table:
                refuse(f"{name} has the key {short_repr(key)} twice.")
            table[key] = value
        return table

    if isinstance(text, bytes):
        check_content(text, name)
    try:
        return json.loads(utf8(text, name) if isinstance(text, bytes) else text, object_pairs_hook=unique)
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        refuse(f"{name} is not valid JSON: {error}", error)


def as_path(path: str | Path) -> Path:
    """Return a path as such, ``~`` as the home folder, or raise `ModelError` if it is something else."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no such home: it is the name of a file
        return Path(path)
    except TypeError:
        refuse(f"A path must be text, not {short_repr(path)}.")


def name_below(name: str) -> str:
    """Return a file name of a manifest in its shortest form, for where no disk can resolve it.

    Raises
    ------
    ModelError
        If it could mean something outside its folder, here or on another system.
    """
    if _ELSEWHERE.search(name):
        _refuse_outside(name)
    return posixpath.normpath(name)


def readable_size(size: int) -> str:
    """Return a number of bytes as a person says it, if it is a round one."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def _refuse_outside(name: str) -> NoReturn:
    refuse(f"The file {short_repr(name)} is outside the model's folder, which is not allowed.")
