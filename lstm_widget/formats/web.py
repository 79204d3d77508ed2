"""A model at an http(s) address: a p5ML / ml5.js folder, a ``.zip`` or a ``.safetensors`` file.

`requests` does the asking and CacheControl keeps what came: both are of the ``web`` extra. A server decides
what may be kept. It is asked each time whether a file has changed, so the files of a model fit together.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import time
from contextlib import closing
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

import requests
from cachecontrol import CacheControlAdapter
from cachecontrol.caches import FileCache
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth

from lstm_widget.errors import ModelError, refuse, short_repr, warn
from lstm_widget.formats.files import MANIFEST, TooLargeError, name_below
from lstm_widget.formats.finding import advice_for_all
from lstm_widget.formats.p5ml import load_p5ml

if TYPE_CHECKING:
    from lstm_widget.network.model import CharLSTM

TIMEOUT = 10.0  # seconds, to connect and for each piece of an answer
DEADLINE = 120.0  # seconds, for a whole model
MAX_BYTES = 512 * 2**20  # of a file; larger ones are better downloaded once
MAX_REDIRECTS = 5

_CHUNK = 2**14
# Also a folder in a zip file; a slash alone at the end is that of a folder which is called so.
_IN_ZIP = re.compile(r"(?P<file>.*?\.zip)(?:/(?P<inside>.*[^/])/?)?", re.IGNORECASE)
_HEADERS = {
    "User-Agent": "lstm-widget",
    "Accept-Encoding": "identity",  # weights hardly get smaller
    "Cache-Control": "max-age=0",  # the cache asks, however long the server promised that nothing changes
}
_MISSING = {403, 404, 410}  # the first comes from storage services
_HINTS = {401: "it asks for a password", 429: "it has had too many requests"}
_TROUBLES = {
    requests.TooManyRedirects: f"{{place}} redirects more than {MAX_REDIRECTS} times: check the address.",
    requests.exceptions.ProxyError: "{place} is out of reach for the proxy: check your network settings.",
    requests.exceptions.SSLError: "There is no trusted, encrypted connection to {place}: "
    "check whether the address begins with http or https.",
    requests.ConnectionError: "{place} cannot be reached or does not answer: "
    "check the address and your connection.",
    Exception: "{place} cannot be read: check the address, or try again later.",
}


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
        If nothing can be read there in time, or it is not a model.
    """
    address = _address(url)
    with closing(_Downloads(address)) as downloads:
        try:
            return _load(address, downloads)
        except ModelError:  # the cache may be damaged: once more, without it
            if not downloads.forget():
                raise
        return _load(address, downloads)


def _load(address: SplitResult, downloads: _Downloads) -> CharLSTM:
    zipped = _IN_ZIP.fullmatch(address.path)
    if zipped and posixpath.basename(zipped["inside"] or "") != MANIFEST:
        from lstm_widget.formats.zip_files import ZipFiles, load_zip  # noqa: PLC0415 - costs start-up time

        address = address._replace(path=zipped["file"])
        title = unquote(posixpath.basename(address.path)).rpartition(".")[0]
        data, inside = downloads.get_model(address), unquote(zipped["inside"] or "")
        return load_zip(ZipFiles(data, name=_shown_url(address), title=title, inside=inside))
    name = _shown_url(address)
    if address.path.lower().endswith(".safetensors"):
        from lstm_widget.formats.safetensors import parse_safetensors  # noqa: PLC0415 - the same

        return parse_safetensors(downloads.get_model(address), name)
    if sentence := advice_for_all([name]):
        refuse(sentence)
    return load_p5ml(WebFiles(address, downloads))


class WebFiles:
    """A folder at an http(s) address.

    Parameters
    ----------
    address : SplitResult
        Of the folder, with or without a slash at the end, or of the manifest in it.
    downloads : _Downloads

    Attributes
    ----------
    title, where : str
        See `lstm_widget.formats.files.Files`; the title is the last part of the path, else the host.
    """

    def __init__(self, address: SplitResult, downloads: _Downloads) -> None:
        folder, _, last = address.path.rpartition("/")
        if last and last != MANIFEST:
            folder = address.path
        self._address = address._replace(path=folder + "/")
        self._downloads = downloads
        self.title = unquote(folder.rstrip("/").rpartition("/")[2]) or str(address.hostname)
        self.where = f"at {_shown_url(self._address)!r}"

    def read(self, name: str, at_most: int) -> bytes | None:
        """Read one file; see `lstm_widget.formats.files.Files.read`."""
        try:
            path = self._address.path + quote(name_below(name))
        except UnicodeEncodeError:  # half a character
            return None
        return self._downloads.get(self._address._replace(path=path), at_most, name)


class _Downloads:
    """The files of one model; user and password in its address go to that server alone."""

    def __init__(self, address: SplitResult) -> None:
        self._ends = time.monotonic() + DEADLINE
        self._has_answer = self._is_offline = self._cache_was_used = False
        self._session = requests.Session()
        self._session.max_redirects = MAX_REDIRECTS
        self._session.headers.update(_HEADERS)
        if address.username is not None:  # as bytes: text would be sent as Latin-1
            user, password = unquote(address.username), unquote(address.password or "")
            self._session.auth = HTTPBasicAuth(user.encode(), password.encode())
        self._cache = _cache_folder(address)
        self._read_through(self._cache)

    def _read_through(self, cache: Path | None) -> None:
        # One more try, because a server may close a connection just when it is used again.
        adapter = HTTPAdapter(max_retries=1)
        if cache is not None:
            adapter = CacheControlAdapter(FileCache(cache), max_retries=1)
            # No redirects: a network that asks for a login sends them for any address.
            adapter.controller.cacheable_status_codes = (HTTPStatus.OK,)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        self._session.close()

    def forget(self) -> bool:
        """Empty the cache for this model and use it no more; return `False` if it was not used."""
        if not self._cache_was_used or self._cache is None:
            return False
        shutil.rmtree(self._cache, ignore_errors=True)
        self._cache, self._is_offline = None, False
        self._read_through(None)
        return True

    def get_model(self, address: SplitResult) -> bytes:
        """Download a file that is a whole model, or raise `ModelError`."""
        data = self.get(address, MAX_BYTES, f"The model at {_place(address)}")
        if data is None:
            refuse(f"There is no model at {_place(address)}: check the address.")
        return data

    def get(self, address: SplitResult, at_most: int, name: str) -> bytes | None:
        """Download a file, or read it from the cache if offline; `None` if there is no such file."""
        url = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
        try:
            timeout = 0.01 if self._is_offline else TIMEOUT
            with self._session.get(url, stream=True, timeout=timeout) as response:
                return self._content(response, address, at_most, name)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - odd headers, a damaged cache, a full disk raise anything
            if self._is_offline:
                return None
            is_connection = isinstance(error, requests.ConnectionError)
            self._cache_was_used |= not is_connection
            trouble = next(text for kind, text in _TROUBLES.items() if isinstance(error, kind))
            trouble = trouble.format(place=_place(address))
        if is_connection and not self._has_answer:
            self._is_offline = True
            self._session.headers["Cache-Control"] = f"max-age={10**9}"  # the cache does not ask
            if (data := self.get(address, at_most, name)) is not None:
                warn(f"{trouble} The copy from last time is used.")
                return data
        raise ModelError(trouble)  # not from the error, which repeats the address

    def _content(
        self, response: requests.Response, address: SplitResult, at_most: int, name: str
    ) -> bytes | None:
        self._has_answer = True
        self._cache_was_used |= getattr(response, "from_cache", False)
        if address.scheme == "https" and not response.url.startswith("https:"):
            refuse(f"{_place(address)} leads on to an address that is not encrypted, which is not allowed.")
        status = response.status_code
        if status in _MISSING:
            return None
        if status != HTTPStatus.OK:
            hint = "check the address" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "try again later"
            hint = _HINTS.get(status, hint)
            refuse(f"The server of {_place(address)} answers with the status {status}: {hint}.")
        announced = response.headers.get("Content-Length", "")
        is_packed = "Content-Encoding" in response.headers
        if announced.isdecimal() and int(announced[:20]) > at_most and not is_packed:
            raise TooLargeError(name, at_most, int(announced[:20]))
        data = bytearray()
        for piece in response.iter_content(_CHUNK):
            data += piece
            if len(data) > at_most:
                raise TooLargeError(name, at_most)
            if time.monotonic() > self._ends:
                refuse(f"{_place(address)} was not loaded within {DEADLINE:g} seconds: try again later.")
        # Many servers answer with a page, and 200, where there is nothing.
        is_page = "html" in response.headers.get("Content-Type", "") and data.lstrip().startswith(b"<")
        return None if is_page else bytes(data)


def _address(url: str) -> SplitResult:
    """Take an address apart, or raise `ModelError`. It may hold a password, so it is not repeated."""
    try:
        address = urlsplit(url.strip())
        sound = address.scheme in {"http", "https"} and address.hostname and (address.port or 1)
    except ValueError:
        sound = False
    if not sound:
        refuse("The address of the model is not valid: it must read like https://example.org/folder/.")
    return address._replace(fragment="")


def _cache_folder(address: SplitResult) -> Path | None:
    """Return where the files of a model are kept, if anywhere."""
    try:
        given = Path(os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", ""))
        folder = given if given.is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # there is no home
        return None
    model = sha256(f"{address.scheme} {address.netloc} {address.path}".encode()).hexdigest()[:16]
    return folder / "lstm-widget" / model


def _shown_url(address: SplitResult) -> str:
    """Return an address as errors name it: without password, and without what follows a ``?``.

    Signed addresses carry a key there.
    """
    plain = address._replace(netloc=address.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return plain + ("?..." if address.query else "")


def _place(address: SplitResult) -> str:
    return short_repr(_shown_url(address))
