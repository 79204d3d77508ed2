"""Text in: files, a folder or a str become a `Corpus`."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.formats.files import writing
from lstm_widget.training.corpus import Corpus, facts_file, id_type, open_corpus, write_corpus
from lstm_widget.training.encoding import to_ids
from lstm_widget.training.held_out import held_out, validation_length
from lstm_widget.training.overlap import note_on_held_out, notes_on_files
from lstm_widget.training.reading import joined, parts_of, public_name, read_texts
from lstm_widget.training.reflow import reflow_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lstm_widget.training.reading import Fault, Source


def encode(
    source: Source,
    file: Path,
    *,
    min_count: int,
    keep: Iterable[str] = (),
    validation: str | None = None,
    reflow: bool = False,
) -> Corpus:
    r"""Encode a text, with its characters numbered by frequency.

    Parameters
    ----------
    source : str, Path or sequence of these
        A text file in UTF-8, several, or a folder: every ``*.txt`` below it in the order of paths,
        hidden ones left out. A single str is the text itself if it holds a line break or more than 255
        characters. Each file but the last ends in a line break, even if there is none in it.
    file : Path
        Where the ids are written, whole or not at all; an existing file is replaced. The other facts
        are written beside it, in ``file`` + ``".json"``.
    min_count : int
        Characters that occur less often cannot be learnt. They are read as similar ones, or left out
        (see `lstm_widget.network.normalize`).
    keep : iterable of str
        Characters that are in the vocabulary whatever their count, even 0.
    validation, reflow
        See `TrainingSettings`.

    Returns
    -------
    Corpus

    Raises
    ------
    SettingError
        If there is no such text, it is too large, not a text or not in UTF-8, or it holds fewer than two
        different characters that can be learnt.
    ModelError
        If `file` cannot be written.
    """
    parts = parts_of(source)
    path = Path(os.path.realpath(file))  # a link stays, what it leads to is written
    for part in parts:
        if isinstance(part, Path) and os.path.realpath(part) in {str(path), str(facts_file(path))}:
            msg = (
                f"The ids would be written over the text in {short_repr(part.name)}: choose "
                "another file for them."
            )
            raise SettingError(msg)
    faults: list[Fault] = []
    texts = read_texts(parts, faults)
    remarks: list[str] = []
    if reflow:
        texts, done = reflow_all(texts)
        remarks.append(str(done))
    names = [public_name(part) for part in parts if isinstance(part, Path)]
    text = joined(texts)
    *cut, block = held_out(text, validation or ("spread" if len(parts) > 1 else "last"))
    learnt, other = (np.frombuffer(part.encode("utf-32-le"), dtype="<i4") for part in cut)
    codes = np.concatenate([learnt, other])
    counts = np.bincount(codes)
    if not len(counts):
        msg = "The text is empty."
        raise SettingError(msg)
    vocab = _vocab(counts, min_count, keep)
    rare = {chr(code): int(counts[code]) for code in np.flatnonzero(counts) if chr(code) not in vocab}
    (ids, unread), (others, unread_others) = (to_ids(part, counts, vocab) for part in (learnt, other))
    end = len(text) - validation_length(len(text))
    also_learnt, notes = note_on_held_out(*(cut if block else (text[:end], text[end:])))
    remarks += [*notes, *(notes_on_files(names, texts) if len(texts) > 1 else ())]
    size = len(ids) if block else len(ids) - validation_length(len(ids))
    ids = np.concatenate([ids, others])
    _check_variety(ids, vocab)
    digest = hashlib.sha256(json.dumps(list(vocab)).encode())
    digest.update(ids.astype("<u4").tobytes())
    corpus = Corpus(
        ids=ids.astype(id_type(len(vocab))),
        learnt=size,
        block=block,
        vocab=vocab,
        names=tuple(names),
        characters=len(codes),
        min_count=min_count,
        folded=_by_frequency(rare),
        unread=_by_frequency(unread + unread_others),
        faults=tuple(faults),
        also_learnt=also_learnt,
        remarks=tuple(remarks),
        digest=digest.hexdigest(),
    )
    with writing(file):
        write_corpus(corpus, path)
    return open_corpus(path)


def _by_frequency(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _vocab(counts: NDArray[np.int64], min_count: int, keep: Iterable[str]) -> dict[str, int]:
    """Give a number to each character that is frequent, or to be kept."""
    frequency = {chr(code): int(counts[code]) for code in np.flatnonzero(counts >= max(min_count, 1))}
    for character in keep:
        if not isinstance(character, str) or len(character) != 1:
            msg = f"Only single characters can be kept, not {short_repr(character)}."
            raise SettingError(msg)
        code = ord(character)
        frequency[character] = int(counts[code]) if code < len(counts) else 0
    if not frequency:
        msg = (
            f"No character of the text occurs {min_count} times, so that none can be learnt: give a longer "
            "text, or a smaller min_count."
        )
        raise SettingError(msg)
    return {character: number for number, character in enumerate(_by_frequency(frequency))}


def _check_variety(ids: NDArray[np.int32], vocab: dict[str, int]) -> None:
    """Refuse a text in which all characters are the same."""
    if not len(ids):
        what = "none of the characters to keep"
    elif (ids == ids[0]).all():
        what = f"only the character {list(vocab)[ids[0]]!r}"
    else:
        return
    msg = f"The text holds {what}: there is nothing to learn."
    raise SettingError(msg)
