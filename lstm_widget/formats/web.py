"""A model at an http(s) address: a p5ML / ml5.js folder, a ``.zip`` or a ``.safetensors`` file.

What is asked for, and where; `download` does the asking, and needs the ``web`` extra.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

from lstm_widget.errors import ModelError
from lstm_widget.formats.elsewhere import shown_url, told_of_all
from lstm_widget.formats.files import MANIFEST, name_below
from lstm_widget.formats.p5ml import load_p5ml

if TYPE_CHECKING:
    from lstm_widget.formats.download import Downloads
    from lstm_widget.network.model import CharLSTM

# Also a folder in a zip file; a slash alone at the end is that of a folder which is called so.
_IN_ZIP = re.compile(r"(?P<file>.*?\.zip)(?:/(?P<inside>.*[^/])/?)?", re.IGNORECASE)


def load_url(url: str) -> CharLSTM:
    """Load a model from an http(s) address.

    Parameters
    ----------
    url : str
        Of a p5ML / ml5.js folder or of its ``manifest.json``, of a file whose path ends in ``.zip``,
        also with a folder in it behind that, or in ``.safetensors``. What follows a ``?`` is sent with
        every file.

    Raises
    ------
    ModelError
        If nothing can be read there in time, or it is no model; if the ``web`` extra is missing.
    """
    address = _address(url)
    try:
        from lstm_widget.formats.download import Downloads  # noqa: PLC0415 - needs the extra

        session = Downloads(address)
    except ImportError as error:
        msg = (
            f"A model from the web needs {error.name or 'more packages'}: "
            'run pip install "lstm-widget[web]" first.'
        )
        raise ModelError(msg) from error
    with session as downloads:
        try:
            return _load(address, downloads)
        except ModelError:
            if not downloads.cache_was_used:
                raise
            # What was kept may be damaged, or was when it came: once more, all of it.
            downloads.renew()
            return _load(address, downloads)


def _load(address: SplitResult, downloads: Downloads) -> CharLSTM:
    zipped = _IN_ZIP.fullmatch(address.path)
    if zipped and posixpath.basename(zipped["inside"] or "") != MANIFEST:
        from lstm_widget.formats.zip_files import ZipFiles, load_zip  # noqa: PLC0415 - costs start-up time

        address = address._replace(path=zipped["file"])
        title = unquote(posixpath.basename(address.path)).rpartition(".")[0]
        data, inside = downloads.get_model(address.geturl()), unquote(zipped["inside"] or "")
        return load_zip(ZipFiles(data, name=shown_url(address), title=title, inside=inside))
    name = shown_url(address)
    if address.path.lower().endswith(".safetensors"):
        from lstm_widget.formats.safetensors import parse_safetensors  # noqa: PLC0415 - the same

        return parse_safetensors(downloads.get_model(address.geturl()), name)
    if sentence := told_of_all([name]):
        raise ModelError(sentence)
    return load_p5ml(WebFiles(address, downloads))


class WebFiles:
    """A folder at an http(s) address.

    Parameters
    ----------
    address : SplitResult
        Of the folder, with or without a slash at the end, or of the manifest in it.
    downloads : Downloads
    """

    def __init__(self, address: SplitResult, downloads: Downloads) -> None:
        folder, _, last = address.path.rpartition("/")
        if last and last != MANIFEST:
            folder = address.path
        self._address = address._replace(path=folder + "/")
        self._downloads = downloads

    @property
    def title(self) -> str:
        """Last part of the path, else the host."""
        return unquote(self._address.path.rstrip("/").rpartition("/")[2]) or str(self._address.hostname)

    @property
    def where(self) -> str:
        """The address, as an error says it."""
        return f"at {shown_url(self._address)!r}"

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file; see `lstm_widget.formats.files.Files.read`."""
        try:
            path = self._address.path + quote(name_below(name))
        except UnicodeEncodeError:  # half a character
            return None
        return self._downloads.get(self._address._replace(path=path).geturl(), at_most, name)


def _address(url: str) -> SplitResult:
    """Take an address apart, or raise `ModelError`. It may hold a password, so it is not repeated."""
    try:
        address = urlsplit(url.strip())
        sound = address.scheme in {"http", "https"} and address.hostname and (address.port or 1)
    except ValueError:
        sound = False
    if not sound:
        msg = "The address of the model is not valid: it must read like https://example.org/folder/."
        raise ModelError(msg)
    return address._replace(fragment="")
