"""From a text file to ids."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_text(path: str | Path) -> str:
    """Read a UTF-8 text file; every line ends in a line feed then.

    Raises
    ------
    SettingError
        If the file is missing or is not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"There is no text file {str(path)!r}."
        raise SettingError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"The text file {str(path)!r} is not UTF-8: {error.reason} at byte {error.start}."
        raise SettingError(msg) from None


def encode_text(text: str, min_count: int) -> tuple[NDArray[np.int64], dict[str, int], int]:
    """Encode a text, with its characters numbered by frequency.

    Characters that occur less often than `min_count` cannot be learnt; they are left out.

    Returns
    -------
    ids : ndarray of int64, shape (kept characters,)
    vocab : dict
        Character to id; 0 is the most frequent.
    left_out : int
        Number of characters of `text` that are not in `ids`.
    """
    counts = Counter(text)
    ranked = sorted((c for c in counts if counts[c] >= min_count), key=lambda c: (-counts[c], c))
    vocab = {character: number for number, character in enumerate(ranked)}
    ids = np.array([vocab[c] for c in text if c in vocab], dtype=np.int64)
    return ids, vocab, len(text) - len(ids)
