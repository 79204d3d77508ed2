"""Getting files from the web: with limits on time and size, and without surprises on the way."""

from __future__ import annotations

import re
import ssl
import time
import zlib
from concurrent import futures
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from socket import gaierror
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from lstm_widget.errors import ModelError, shown
from lstm_widget.formats.elsewhere import shown_url
from lstm_widget.formats.files import TooLargeError, readable_size
from lstm_widget.formats.web_cache import cached_adapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

TIMEOUT = 10.0  # seconds, to connect and for each answer
DEADLINE = 120.0  # seconds, for a whole model
MAX_BYTES = 512 * 2**20  # for a whole model; larger ones are better downloaded once
MAX_REDIRECTS = 5

_CHUNK = 2**16
_LENGTH = re.compile(r"\d{1,20}", re.ASCII)
_HEADERS = {
    "User-Agent": "lstm-widget",
    # Weights do not get smaller, and what is not packed cannot be a bomb.
    "Accept-Encoding": "identity",
    # The cache asks whether a file has changed, however long the server says that it will not.
    "Cache-Control": "max-age=0",
}
# Storage services answer "forbidden" for what is not there.
_MISSING = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

# What is among the causes of an error, the most telling first, and what is said then.
_TROUBLES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (requests.exceptions.InvalidURL, urllib3.exceptions.LocationParseError),
        "The address of the model is not valid: check it for typing errors.",
    ),
    (
        (requests.exceptions.ProxyError,),
        "{place} cannot be reached through the proxy: check the settings of your network.",
    ),
    (
        (gaierror,),
        "There is no server called {host}, or no network: check the address and the connection.",
    ),
    (
        (ssl.SSLCertVerificationError,),
        "The certificate of {host} cannot be trusted, so nothing is read from {place}.",
    ),
    (
        (ssl.SSLError, requests.exceptions.SSLError),
        "There is no encrypted connection to {host}: check whether the address begins with http or https.",
    ),
    (
        (ConnectionRefusedError,),
        "The server {host} refuses the connection: check the address and the port.",
    ),
    (
        (urllib3.exceptions.NewConnectionError,),
        "The server {host} cannot be reached: check the address and the connection.",
    ),
    (
        (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError),
        "The server of {place} does not answer within {seconds} seconds: try again later.",
    ),
)
_BROKEN = "{place} cannot be read to its end: the connection broke off, or its server is out of order."


class Downloads:
    """The files of one model: one deadline and one limit of bytes for all of them.

    Parameters
    ----------
    address : SplitResult
        Where the model is. User and password in it go to that server alone.

    Attributes
    ----------
    cache_was_used : bool
        Whether a file came from the cache.
    """

    def __init__(self, address: SplitResult) -> None:
        self.cache_was_used = False
        self._origin = _origin(address)
        user, password = address.username, address.password
        self._auth = (
            None
            if user is None
            # As bytes: of text the library makes Latin-1.
            else HTTPBasicAuth(unquote(user).encode(), unquote(password or "").encode())
        )
        self._deadline = time.monotonic() + DEADLINE
        self._left = MAX_BYTES
        self._body: object = None  # what is being read
        self._session = _session(read_cache=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def renew(self) -> None:
        """Ask for everything anew from now on, and keep that instead of what is in the cache."""
        self._session.close()
        self.cache_was_used = False
        self._session = _session(read_cache=False)

    def get_model(self, url: str) -> bytes:
        """Download a file that is a whole model.

        Raises
        ------
        ModelError
            As for `get`, or if there is no such file.
        """
        data = self.get(url, MAX_BYTES, "The model")
        if data is None:
            msg = f"There is no model at {_told(url)}: check the address."
            raise ModelError(msg)
        return data

    def get(self, url: str, at_most: int, name: str) -> bytes | None:
        """Download a file.

        Parameters
        ----------
        url : str
        at_most : int
            Number of bytes.
        name : str
            Of the file, for the error.

        Returns
        -------
        bytes or None
            `None` if there is no such file.

        Raises
        ------
        TooLargeError
            If it is longer than that.
        ModelError
            If it cannot be read, or the time for the model is over.
        """
        # In a thread, because nothing else ends everything in time: a name server may hang, and each
        # byte of an answer may come just before the time-out.
        result: futures.Future[bytes | None] = futures.Future()
        Thread(target=self._work, args=(result, url, at_most, name), daemon=True).start()
        try:
            return result.result(timeout=max(0.0, self._deadline - time.monotonic()))
        except futures.TimeoutError:
            # The thread ends by itself sooner or later; where it waits for a body, now.
            if shut := getattr(self._body, "shutdown", None):  # urllib3 before 2.3 has none
                with suppress(OSError, RuntimeError, ValueError):  # the body has just ended
                    shut()
            raise _late(url) from None

    def _work(self, result: futures.Future[bytes | None], url: str, at_most: int, name: str) -> None:
        try:
            result.set_result(self._fetch(url, at_most, name))
        except BaseException as error:  # noqa: BLE001 - whatever it is, `get` raises it
            result.set_exception(error)

    def _fetch(self, url: str, at_most: int, name: str) -> bytes | None:
        here = url
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with self._ask(here) as response:
                    target = self._session.get_redirect_target(response)
                    if target is None:
                        self._body = response.raw
                        return self._answer(response, here, at_most, name)
                here = _redirected(here, target)
        except ModelError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if time.monotonic() > self._deadline:
                raise _late(here) from error
            raise ModelError(_trouble(error, here)) from error
        msg = f"{_told(url)} leads on to another address more than {MAX_REDIRECTS} times: check the address."
        raise ModelError(msg)

    def _ask(self, url: str) -> requests.Response:
        address = urlsplit(url)
        bare = address._replace(netloc=address.netloc.rpartition("@")[2])
        ask = partial(
            self._session.get,
            bare.geturl(),
            auth=self._auth if _origin(address) == self._origin else None,
            allow_redirects=False,  # they are looked at first
            stream=True,
            timeout=max(0.001, min(TIMEOUT, self._deadline - time.monotonic())),
        )
        try:
            return ask()
        except requests.ConnectionError as error:
            # A server may close the connection that is kept for the next file just when that is asked for.
            if not any(
                isinstance(cause, (ConnectionResetError, BrokenPipeError)) for cause in _causes(error)
            ):
                raise
        return ask()

    def _answer(self, response: requests.Response, url: str, at_most: int, name: str) -> bytes | None:
        status = response.status_code
        if status in _MISSING:
            return None
        if status != HTTPStatus.OK:
            hint = "check the address" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "try again later"
            hint = {401: "it asks for a password", 429: "it is asked too often"}.get(status, hint)
            msg = f"The server of {_told(url)} answers with the status {status}: {hint}."
            raise ModelError(msg)
        self.cache_was_used |= bool(getattr(response, "from_cache", False))
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if _LENGTH.fullmatch(announced) else None
        if size is not None and size > self._left:
            raise _too_much(url)
        packed = response.headers.get("Content-Encoding", "identity").lower()
        if packed not in {"identity", "gzip", "x-gzip"}:
            msg = f"{_told(url)} comes packed as {shown(packed)}, which was not asked for and cannot be read."
            raise ModelError(msg)
        parts = self._received(response, url, size)
        data = bytearray()
        for part in parts if packed == "identity" else _unpacked(parts, url):
            data += part
            if len(data) > at_most:
                raise TooLargeError(name, at_most)
        # Many servers answer with a page, and 200, where there is nothing.
        page = "html" in response.headers.get("Content-Type", "") and data.lstrip().startswith(b"<")
        return None if page else bytes(data)

    def _received(self, response: requests.Response, url: str, size: int | None) -> Iterator[bytes]:
        """Yield the body as it comes, and see to it that it ends, in time and where it should."""
        count = 0
        for part in response.raw.stream(_CHUNK, decode_content=False):
            if time.monotonic() > self._deadline:
                raise _late(url)
            count += len(part)
            self._left -= len(part)
            if self._left < 0:
                raise _too_much(url)
            yield part
        if size is not None and count != size:
            msg = f"{_told(url)} broke off after {count} of {size} bytes: try again."
            raise ModelError(msg)


def _session(*, read_cache: bool) -> requests.Session:
    session = requests.Session()
    session.headers.update(_HEADERS)
    adapter = cached_adapter(read=read_cache)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _redirected(url: str, target: str) -> str:
    """Return where a redirect leads, or raise `ModelError` if it may not lead there."""
    there = urlsplit(urljoin(url, target))
    if there.scheme not in {"http", "https"} or not there.hostname:
        msg = f"{_told(url)} leads on to something that is no web address; that is refused."
        raise ModelError(msg)
    if there.scheme == "http" and urlsplit(url).scheme == "https":
        msg = f"{_told(url)} leads on to an address that is not encrypted; that is refused."
        raise ModelError(msg)
    return there.geturl()


def _unpacked(parts: Iterator[bytes], url: str) -> Iterator[bytes]:
    """Yield what gzipped parts hold, in pieces of limited size."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        for part in parts:
            rest = part
            piece = None
            while not unpacker.eof and (rest or piece is None or len(piece) == _CHUNK):
                piece = unpacker.decompress(rest, _CHUNK)
                rest = unpacker.unconsumed_tail
                yield piece
            if unpacker.unused_data:
                break
        if unpacker.eof and not unpacker.unused_data:
            return
    except zlib.error:
        pass
    msg = f"{_told(url)} comes packed, and what is packed is damaged: try again."
    raise ModelError(msg)


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port


def _told(url: str) -> str:
    return shown(shown_url(urlsplit(url)))


def _late(url: str) -> ModelError:
    return ModelError(
        f"The model was not loaded within {DEADLINE:g} seconds, up to {_told(url)}: try again later."
    )


def _too_much(url: str) -> ModelError:
    return ModelError(
        f"The model at {_told(url)} is larger than {readable_size(MAX_BYTES)}: "
        "download it once, and give the path where it then lies."
    )


def _trouble(error: BaseException, url: str) -> str:
    """Tell in a sentence why there is no answer."""
    causes = list(_causes(error))
    sentence = next((text for kinds, text in _TROUBLES if any(isinstance(c, kinds) for c in causes)), _BROKEN)
    return sentence.format(place=_told(url), host=shown(urlsplit(url).hostname), seconds=f"{TIMEOUT:g}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
