"""What was read from the web, kept on the disk.

A server decides what may be kept. It is never trusted to be fresh: every file is asked for each time,
but what has not changed is not sent again. So the files of a model fit together.
"""

from __future__ import annotations

import logging
import os
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cachecontrol import CacheControlAdapter
from cachecontrol.caches import FileCache
from cachecontrol.controller import CacheController
from cachecontrol.heuristics import BaseHeuristic
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from datetime import datetime

    from requests import PreparedRequest
    from urllib3 import HTTPResponse

log = logging.getLogger("lstm_widget")


def cached_adapter(*, read: bool) -> HTTPAdapter:
    """Return what a session of `requests` reads through.

    Parameters
    ----------
    read : bool
        Whether to use what is in the cache; else it is only replaced.
    """
    folder = cache_folder()
    if folder is None:
        return HTTPAdapter()
    return CacheControlAdapter(
        cache=_Cache(folder, read=read), controller_class=_Controller, heuristic=_DatedFiles()
    )


def cache_folder() -> Path | None:
    """Return the folder of the cache, made if need be; `None` if there can be none."""
    variable = "LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
    try:
        given = Path(os.environ.get(variable, ""))
        folder = (given if given.is_absolute() else Path.home() / ".cache") / "lstm-widget"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or nobody's home
        return None
    return folder


class _Cache(FileCache):
    """A cache on the disk without which everything works too: a full disk is no error."""

    def __init__(self, folder: Path, *, read: bool) -> None:
        super().__init__(folder)
        self._read = read

    def get(self, key: str) -> bytes | None:
        try:
            return super().get(key) if self._read else None
        except OSError as error:
            log.info("The cache cannot be read: %s", error)
            return None

    def set(self, key: str, value: bytes, expires: int | datetime | None = None) -> None:
        try:
            super().set(key, value, expires)
        except (OSError, RuntimeError) as error:  # some file systems cannot lock
            log.info("The cache cannot be written: %s", error)


class _Controller(CacheController):
    """What is kept, and what a server is asked because of it.

    Its base stumbles over some headers, such as a date that is none.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - passed on as they are
        super().__init__(*args, **settings)
        # No redirects: a network that one has to log in to sends them for any address.
        self.cacheable_status_codes = (HTTPStatus.OK,)

    def conditional_headers(self, request: PreparedRequest) -> dict[str, str]:
        try:
            return super().conditional_headers(request)
        except Exception as error:  # noqa: BLE001 - what is kept may be anything
            log.info("The cache is damaged and is not used: %r", error)
            return {}

    def cache_response(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - passed on as they are
        try:
            super().cache_response(*args, **settings)
        except Exception as error:  # noqa: BLE001 - so may the headers
            log.info("An answer cannot be kept in the cache: %r", error)


class _DatedFiles(BaseHeuristic):
    """Keeps also what has a date but no tag, as plain file servers send it, to ask about it by its date."""

    def update_headers(self, response: HTTPResponse) -> dict[str, str]:
        headers = response.headers
        if "last-modified" in headers and "date" in headers and "etag" not in headers:
            return {"expires": headers["date"]}
        return {}
