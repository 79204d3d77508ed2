"""JSON from elsewhere, read with care."""

from __future__ import annotations

import json
from typing import Any

from lstm_widget.errors import ModelError, refuse, short_repr
from lstm_widget.formats.files import check_content, utf8

# Far above any real file of this kind, far below what hurts.
MAX_JSON_BYTES = 16 * 2**20


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
