"""A model's folder in a zip file. Nothing is unpacked to the disk, and no entry is read beyond its limit."""

from __future__ import annotations

import io
import posixpath
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.formats.files import (
    MAX_MODEL_BYTES,
    TooLargeError,
    as_path,
    check_content,
    name_below,
    read_model_file,
)
from lstm_widget.formats.finding import TRAINED, find_model
from lstm_widget.formats.p5ml import load_p5ml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lstm_widget.network.model import CharLSTM

MAX_TABLE_BYTES = 2 * 2**20  # of contents: about 20,000 entries

_ENCRYPTED = 0x1 | 0x40 | 0x2000


class ZipFiles:
    """The folder of a zip file with the model: the root, or the only such folder.

    Parameters
    ----------
    source : str, Path or bytes
        The file, or what it holds.
    name : str, optional
        What errors call it; by default the path.
    title : str, optional
        What the model is called if it is at the root; by default after the file.
    inside : str
        The folder that is meant where there are several models.

    Attributes
    ----------
    title, where : str
        See `lstm_widget.formats.files.Files`; the title is the name of the folder, or of the zip file.
    is_trained : bool
        Whether the model is a file ``model.safetensors``, else it is one of p5ML / ml5.js.

    Raises
    ------
    ModelError
        If there is no such file, if it is damaged, or holds no model or several.
    """

    def __init__(
        self, source: str | Path | bytes, *, name: str | None = None, title: str = "", inside: str = ""
    ) -> None:
        if isinstance(source, bytes):
            self._name, data = name or "the zip file", source
        else:
            self._name, data = name or str(source), read_model_file(source)
            title = title or as_path(source).stem
        check_content(data, self._name)
        with self._sound():
            self._archive = zipfile.ZipFile(_Archive(data))
        # With "/" between folders also where a tool of Windows wrote another; `filename` is already mended.
        names = {entry: entry.orig_filename.replace("\\", "/") for entry in self._archive.infolist()}
        self._entries = {posixpath.normpath(n): entry for entry, n in names.items() if not n.endswith("/")}
        self._folder = ""
        self._folder, self.is_trained = find_model(self._entries, self.read, self._name, inside)
        self.title, self.where = posixpath.basename(self._folder) or title, f"in {self._name!r}"

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file; see `lstm_widget.formats.files.Files.read`."""
        entry = self._entries.get(posixpath.normpath(posixpath.join(self._folder, name_below(name))))
        if entry is None:
            return None
        if entry.file_size > at_most:
            raise TooLargeError(name, at_most, entry.file_size)
        if entry.flag_bits & _ENCRYPTED:
            refuse(f"{short_repr(name)} in {self._name!r} is encrypted: pack the model without a password.")
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            refuse(f"{short_repr(name)} in {self._name!r} is compressed in another way: use deflate.")
        with self._sound(), self._archive.open(entry) as stream:
            data = stream.read(entry.file_size)
            if len(data) == entry.file_size:
                return data
        raise self._damaged()

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except ModelError:
            raise
        except Exception as error:  # a damaged archive raises anything
            raise self._damaged() from error

    def _damaged(self) -> ModelError:
        return ModelError(f"{self._name!r} is damaged or not a zip file: download or pack it again.")


class _Archive(io.BytesIO):
    """An archive of which the table of contents, which Python reads in one piece, has a limit."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_TABLE_BYTES:
            refuse("The zip file holds too many files: pack the folder of the model alone.")
        return super().read(size)


def load_zip(files: ZipFiles) -> CharLSTM:
    """Load the model in a zip file, of whatever kind it is.

    Raises
    ------
    ModelError
        If it is damaged.
    """
    if not files.is_trained:
        return load_p5ml(files)
    from lstm_widget.formats.safetensors import parse_safetensors  # noqa: PLC0415 - costs start-up time

    return parse_safetensors(files.read(TRAINED, MAX_MODEL_BYTES) or b"", f"{TRAINED} {files.where}")
