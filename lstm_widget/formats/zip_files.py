"""A model's folder in a zip file. Nothing is unpacked to the disk.

A zip file from elsewhere is looked through before anything is read from it: what could be used to
write outside a folder, to hide something or to fill the memory is refused, even where it could do no
harm here, because no tool that packs a model makes such a file.
"""

from __future__ import annotations

import io
import posixpath
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from lstm_widget.errors import ModelError, short_repr
from lstm_widget.formats.files import (
    MAX_MODEL_BYTES,
    TooLargeError,
    as_path,
    check_content,
    leads_out,
    name_below,
    read_model_file,
)
from lstm_widget.formats.finding import TRAINED, find_model
from lstm_widget.formats.p5ml import load_p5ml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lstm_widget.network.model import CharLSTM

MAX_ENTRIES = 10_000
# The table of contents, which Python reads whole; an entry of it has 46 bytes and its name.
MAX_TABLE_BYTES = 2 * 2**20
# Weights hardly get smaller, JSON gets 5 to 20 times smaller; deflate could do 1032 times.
MAX_RATIO = 100
_SMALL = 2**20  # what is smaller than that may be packed as tightly as it likes

_CHUNK = 2**18
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_LOCAL_HEADER = 30  # bytes before the data of an entry, at least


class ZipFiles:
    """The folder of a zip file in which the model lies: the root, or the only such folder.

    Parameters
    ----------
    source : str, Path or bytes
        The file, or what it holds.
    name : str, optional
        What errors call it; by default the path.
    title : str, optional
        What the model is called if it lies at the root; by default after the file.
    inside : str
        The folder that is meant where there are several models.

    Attributes
    ----------
    is_trained : bool
        Whether the model is a file ``model.safetensors``, else it is one of p5ML / ml5.js.

    Raises
    ------
    ModelError
        If there is no such file, if it is damaged or suspect, or holds no model or several.
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
            entries = self._archive.infolist()
        self._check(entries)
        self._entries = self._by_name(entries)
        self._folder = ""
        self._folder, self.is_trained = find_model(self._entries, self.read, self._name, inside)
        self._title = posixpath.basename(self._folder) or title

    @property
    def title(self) -> str:
        """Name of the folder in the zip file, or of the zip file."""
        return self._title

    @property
    def where(self) -> str:
        """The zip file, as an error says it."""
        return f"in {self._name!r}"

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file; see `lstm_widget.formats.files.Files.read`."""
        entry = self._entries.get(posixpath.normpath(posixpath.join(self._folder, name_below(name))))
        if entry is None:
            return None
        if entry.file_size > at_most:
            raise TooLargeError(name, at_most, entry.file_size)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            msg = (
                f"{short_repr(name)} in {self._name!r} is compressed in a way that is not read: use deflate."
            )
            raise ModelError(msg)
        if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
            msg = (
                f"{short_repr(name)} in {self._name!r} is packed more tightly than any model; "
                "that is refused."
            )
            raise ModelError(msg)
        data = bytearray()
        with self._sound(), self._archive.open(entry) as stream:
            while piece := stream.read(_CHUNK):  # all together never more than the entry announces
                data += piece
        if len(data) < entry.file_size:
            raise self._damaged()
        return bytes(data)

    def _check(self, entries: Sequence[zipfile.ZipInfo]) -> None:
        """Refuse an archive that no tool makes of a model."""
        if len(entries) > MAX_ENTRIES:
            self._refuse(f"has more than {MAX_ENTRIES} entries")
        if sum(entry.file_size for entry in entries) > MAX_MODEL_BYTES:
            self._refuse(f"unpacks to more than {MAX_MODEL_BYTES // 2**30} GiB")
        for entry in entries:
            name = _name_of(entry)
            if "\0" in name:
                self._refuse(f"has an entry with a zero byte in its name, {short_repr(name)}")
            if leads_out(name):
                self._refuse(f"has an entry that leads out of it, {short_repr(name)}")
            if entry.flag_bits & _ENCRYPTED:
                msg = f"{short_repr(name)} in {self._name!r} is encrypted: pack the model without a password."
                raise ModelError(msg)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                self._refuse(f"has an entry that is a link or a device, {short_repr(name)}")
        # Entries that share their bytes are how a small file becomes a large one.
        spans = sorted((e.header_offset, e.header_offset + _LOCAL_HEADER + e.compress_size) for e in entries)
        if any(start < end for (_, end), (start, _) in pairwise(spans)):
            self._refuse("has entries that overlap")

    def _by_name(self, entries: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        table: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = posixpath.normpath(_name_of(entry))
            if name in table:
                self._refuse(f"has the entry {short_repr(name)} twice")
            table[name] = entry
        return {name: entry for name, entry in table.items() if not _name_of(entry).endswith("/")}

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Tell whatever Python finds wrong with a zip file as a `ModelError`."""
        try:
            yield
        # A zip file can be damaged in as many ways; all of them are seen with bytes at random.
        except (
            zipfile.BadZipFile,
            zlib.error,
            struct.error,
            EOFError,
            OSError,
            OverflowError,
            RuntimeError,  # also NotImplementedError: a zip file of a later version
            ValueError,
        ) as error:
            raise self._damaged() from error

    def _damaged(self) -> ModelError:
        return ModelError(f"{self._name!r} is damaged or no zip file: download or pack it again.")

    def _refuse(self, why: str) -> NoReturn:
        msg = f"{self._name!r} {why}; that is refused."
        raise ModelError(msg)


class _Archive(io.BytesIO):
    """An archive in memory of which no large piece is read at once.

    All that Python reads in one piece, other than what it is asked for, is the table of contents.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_TABLE_BYTES:
            msg = "The table of contents is too large."
            raise zipfile.BadZipFile(msg)
        return super().read(size)


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry, with ``/`` between folders also where a tool of Windows wrote another."""
    return entry.orig_filename.replace("\\", "/")  # `filename` is already mended


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
