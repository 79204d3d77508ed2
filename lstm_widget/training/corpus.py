"""A text as ids on the disk, which every process maps, and what is known of it."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_widget.errors import ModelError, short_repr
from lstm_widget.formats.files import parse_json
from lstm_widget.training.reading import Fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMAT = "lstm-widget corpus 2"
_SEED_LENGTH = 30  # characters, of a seed that is not given
_BEGINNING = 1000  # characters in which the text has to begin with something to see
_SHOWN = 10  # of a long list in a note


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids.

    Attributes
    ----------
    ids : ndarray of uint8, uint16 or uint32, shape (n,)
        Read-only, mapped from the disk; of the smallest type that fits. First what is learnt, then what
        is held out to validate on.
    learnt : int
        How many of the ids are learnt.
    block : int
        Length in characters of the blocks of which some are held out; 0 if the end of the text is.
    vocab : dict
        Character to id; 0 is the most frequent, equally frequent ones are in the order of code points.
    names : tuple of str
        Of the files, without their folders; empty for a text that was given directly.
    characters : int
        How many were read: after every line end became one line feed, before anything was left out.
    min_count : int
        Characters that occur less often are not in `vocab`, apart from those to keep.
    folded : dict
        Characters that are not in `vocab`, each with its count, the most frequent first. They are read
        as others, or left out.
    unread : dict
        Those of them that were left out, and how often; the most frequent first.
    faults : tuple of Fault
        What could not be decoded.
    also_learnt : float
        In [0, 1]: the share of what is held out that is also in what is learnt, passage by passage.
    remarks : tuple of str
        What else a person should know, one sentence each.
    digest : str
        SHA-256 of ids and vocabulary: equal for the same text and `min_count`.
    """

    ids: NDArray[np.uint8 | np.uint16 | np.uint32]
    learnt: int
    block: int
    vocab: dict[str, int]
    names: tuple[str, ...]
    characters: int
    min_count: int
    folded: dict[str, int]
    unread: dict[str, int]
    faults: tuple[Fault, ...]
    also_learnt: float
    remarks: tuple[str, ...]
    digest: str

    @property
    def parts(self) -> tuple[NDArray[np.unsignedinteger], NDArray[np.unsignedinteger]]:
        """The ids that are learnt, and those that are held out."""
        return self.ids[: self.learnt], self.ids[self.learnt :]

    @property
    def held_out(self) -> str:
        """What is held out, in words."""
        count = f"{len(self.ids) - self.learnt:,}"
        if not self.block:
            return f"the last {count} characters of the text"
        return (
            f"{count} characters, spread over the text: of its blocks of {self.block:,} characters the 11th, "
            "the 31st and so on, every 20th"
        )

    @property
    def left_out(self) -> int:
        """How many of the characters are in no id at all."""
        return sum(self.unread.values())

    @property
    def undecodable(self) -> int:
        """Bytes that are not UTF-8; they were left out and are not counted in `characters`."""
        return sum(fault.count for fault in self.faults)

    @property
    def facts(self) -> dict[str, Any]:
        """What the card of a model says about its text. The first words are the default seed of the model."""
        titles = {"title": Path(self.names[0]).stem, "text": ", ".join(self.names)} if self.names else {}
        return titles | {
            "characters_left_out": self.left_out,
            "characters_read_as_similar": sum(self.folded.values()) - self.left_out,
            "undecodable_bytes": self.undecodable,
            **({"seed": self.first_words} if self.first_words else {}),
        }

    def decode(self, ids: NDArray[np.unsignedinteger]) -> str:
        """Return the text of ids."""
        characters = list(self.vocab)
        return "".join(characters[number] for number in ids.tolist())

    @property
    def sample_seed(self) -> str:
        """The first whole words of the validation text: what samples begin with by default."""
        start = self.decode(self.parts[1][: 2 * _SEED_LENGTH])
        # It may begin within a word.
        words = re.search(r"\s(?=\S)", start[:_SEED_LENGTH])
        begun = start[words.end() if words else 0 :][:_SEED_LENGTH]
        return begun.rpartition(" ")[0] or begun

    @property
    def first_words(self) -> str:
        """How the text begins, up to the end of a word; empty if with nothing but space."""
        start = self.decode(self.ids[:_BEGINNING]).lstrip()[: _SEED_LENGTH + 1]
        if len(start) <= _SEED_LENGTH:
            return start.rstrip()
        words = re.match(r"(?s).*\S(?=\s)", start)
        return words[0] if words else start[:_SEED_LENGTH]

    def notes(self) -> tuple[str, ...]:
        """Return what of the text is not read as it is, one sentence each."""
        notes = [str(fault) for fault in self.faults[:_SHOWN]]
        if (more := len(self.faults) - _SHOWN) > 0:
            notes.append(f"{more} more {'file has' if more == 1 else 'files have'} bytes that are not UTF-8.")
        if self.folded:
            notes.append(self._folded_note())
        return tuple(notes)

    def _folded_note(self) -> str:
        kinds, times = len(self.folded), sum(self.folded.values())
        read = times - self.left_out
        parts = []
        if read:
            parts.append(
                f"{read} {'was read as a similar one' if read == 1 else 'were read as similar ones'}"
            )
        if self.unread:
            pairs = [f"{c!r} {count}" for c, count in list(self.unread.items())[:_SHOWN]]
            more = ", ..." if len(self.unread) > _SHOWN else ""
            were = "was" if self.left_out == 1 else "were"
            parts.append(f"{self.left_out} {were} left out ({', '.join(pairs)}{more})")
        occur = "character occurs" if kinds == 1 else "characters occur"
        total = f", {times} times in all" if kinds != times else ""
        return f"{kinds} {occur} fewer than {self.min_count} times{total}: {', '.join(parts)}."


def open_corpus(file: Path) -> Corpus:
    """Return what `encode` wrote.

    Raises
    ------
    ModelError
        If there is no such file, or it is damaged.
    """
    path = Path(file)
    try:
        facts = parse_json(facts_file(path).read_bytes(), facts_file(path).name)
        ids = np.memmap(path, id_type(len(facts["vocab"])), mode="r")
        if facts.pop("format") != _FORMAT or facts.pop("size") != len(ids):
            raise _no_corpus(path)
        facts["faults"] = [Fault(*fault) for fault in facts["faults"]]
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
        return Corpus(ids=ids, **known)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _no_corpus(path) from error


def write_corpus(corpus: Corpus, path: Path) -> None:
    """Write the ids, and the other facts beside them."""
    facts = vars(corpus) | {"format": _FORMAT, "size": len(corpus.ids)}
    facts["faults"] = [astuple(fault) for fault in corpus.faults]
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the file, since only within a disk a file is moved at once.
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        ids_made, facts_made = Path(folder) / "ids", Path(folder) / "facts"
        ids_made.write_bytes(facts.pop("ids").tobytes())
        facts_made.write_text(json.dumps(facts), encoding="utf-8")
        # In this order, so that at no moment there are ids with the facts of others.
        path.unlink(missing_ok=True)
        facts_made.replace(facts_file(path))
        try:
            ids_made.replace(path)
        except BaseException:
            facts_file(path).unlink()
            raise


def _no_corpus(path: Path) -> ModelError:
    return ModelError(
        f"{short_repr(str(path))} holds no text as ids, or not all of it: encode the text again."
    )


def facts_file(path: Path) -> Path:
    """Return where the facts of a corpus are."""
    return path.with_name(f"{path.name}.json")


def id_type(vocab_size: int) -> np.dtype[Any]:
    """Return the smallest type that holds every id, the same on every machine."""
    return np.dtype("<u1" if vocab_size <= 2**8 else "<u2" if vocab_size <= 2**16 else "<u4")
