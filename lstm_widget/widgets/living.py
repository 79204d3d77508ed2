"""What makes a widget live in a page without a kernel: a script, its style, what is saved, and the weights.

What comes from a model, a seed or a card stands in the page as JSON or escaped, so that no character of it
can become markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from lstm_widget.errors import ModelError
from lstm_widget.formats.files import write_file
from lstm_widget.formats.safetensors import safetensors_of
from lstm_widget.widgets.checks import sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lstm_widget.network.model import CharLSTM

_STATIC = Path(__file__).parents[1] / "static"


class Weights(NamedTuple):
    """Where a page has the weights of a model."""

    size: int
    """Number of signs, to notice what is not whole."""
    markup: str
    """What the page has of them, behind its script."""
    beside: str | None = None
    """The address of the file that has them, as seen from the page; `None` if they are in the page."""


def script() -> str:
    """Return the script that has the widgets of a page live."""
    return (_STATIC / "alive.js").read_text(encoding="utf-8")


def style() -> str:
    """Return the style of the widgets."""
    return (_STATIC / "page.css").read_text(encoding="utf-8")


def inside(model: CharLSTM) -> Weights:
    """Return the weights of a model for the one page that they are in."""
    text = _base64(safetensors_of(model))
    return Weights(len(text), f'<script type="text/plain" id="lstm-weights">{text}</script>')


def beside(model: CharLSTM, folder: Path, page: Path) -> Weights:
    """Write the weights of a model into a script file, for all pages that write with it.

    A page that was opened from the disk may not fetch a file, but may run it as a script. The file is named
    after the weights, so files of several models can share a folder.
    """
    # The card is in each page; without it, the same weights are the same file.
    text = _base64(safetensors_of(model.with_card({})))
    file = folder / f"lstm-weights-{model.fingerprint}.js"
    code = f'(globalThis.lstmWeights??={{}})["{model.fingerprint}"]="{text}";\n'.encode("ascii")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not byte by byte: the order of what a safetensors file says about itself is left to chance.
        is_there = file.is_file() and file.stat().st_size == len(code)
    except OSError as error:
        msg = f"The weights cannot be written to {str(folder)!r} ({error.strerror}): choose another folder."
        raise ModelError(msg) from None
    if not is_there:
        write_file(file, code)
    address = _address(file, page)
    return Weights(len(text), f'<script defer src="{html.escape(address)}"></script>', address)


def _address(file: Path, page: Path) -> str:
    """Return the address of a file as seen from a page."""
    try:
        way = os.path.relpath(file.resolve(), page.resolve().parent)
    except ValueError:  # Windows
        msg = f"{str(file.parent)!r} is on another drive than the page: choose a folder near the page."
        raise ModelError(msg) from None
    # Bytes, because the name of a folder need not be text. With the dot, a colon in it is only a colon.
    return f"./{quote(os.fsencode(way.replace(os.sep, '/')))}"


def saved_widget(saved: Mapping[str, Any], weights: Weights, place: str, name: str) -> str:
    """Return a widget as the page has it, before its script.

    Parameters
    ----------
    saved : mapping of str to object
        See `lstm_widget.widgets.exported.export`.
    weights : Weights
    place : str
        The id of the element that it is shown in.
    name : str
        The id of what is saved.
    """
    whole = {**saved, "size": weights.size, **({"beside": weights.beside} if weights.beside else {})}
    return f'<script type="application/json" data-place="{place}" id="{name}">{_json(whole)}</script>'


def policy(scripts: Iterable[str], styles: Iterable[str], *, neighbours: bool) -> str:
    """Return the content security policy of a page: what may run in it, and that nothing may be fetched.

    Parameters
    ----------
    scripts, styles : iterable of str
        Those that are in the page; the policy has the hash of each.
    neighbours : bool
        Whether scripts beside the page may run. For them the policy says ``'self'``, because browsers do not
        compare the hash of a neighbour in a page that was opened from the disk: they refuse it.
    """
    sources = [*map(_hashed, scripts), *(["'self'"] if neighbours else []), "'wasm-unsafe-eval'"]
    rules = [
        "default-src 'none'",
        f"script-src {' '.join(sources)}",
        f"style-src {' '.join(map(_hashed, styles))}",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _json(value: object) -> str:
    """Return JSON in which nothing can be taken for markup."""
    text = json.dumps(sendable(value), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _hashed(text: str) -> str:
    """Return how a policy names the script or the style that has this text."""
    return f"'sha256-{_base64(hashlib.sha256(text.encode('utf-8')).digest())}'"
