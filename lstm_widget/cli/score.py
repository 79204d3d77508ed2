"""``lstm-widget score``: how well a model predicts a text."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path
from stat import S_ISCHR
from typing import TYPE_CHECKING

from lstm_widget.cli.console import MODEL, note, note_replacements, progress, quoted
from lstm_widget.errors import ModelError, SettingError, short_repr
from lstm_widget.training.held_out import TOO_SHORT, VALIDATIONS, held_out, validation_length
from lstm_widget.training.reading import joined, parts_of, read_texts
from lstm_widget.training.reflow import reflow_all

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output
    from lstm_widget.training.reading import Fault

HELP = "measure how well a model predicts a text, in bits per character"
EXAMPLE = "score fairytales my.txt"

_LAST = re.compile(r"(?P<count>[0-9]{1,18})|(?P<share>[0-9]+\.[0-9]*|\.[0-9]+)|(?P<percent>[0-9]+\.?[0-9]*)%")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL)
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="UTF-8 text; several are read as one, with --validation also the .txt files of a folder; "
        "- reads standard input",
    )
    add("--lines", action="store_true", help="also print the bits per character of each line")
    add("--reflow", action="store_true", help="join the lines of hard-wrapped prose, as train --reflow does")
    add("--skip-unknown", action="store_true", help="leave out characters that the model does not know")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--validation",
        choices=VALIDATIONS,
        help="score what a training with this option holds out, as it measures its loss: what is held out is "
        "read as one text, its blocks one after the other, from the zero state of the network on",
    )
    which.add_argument(
        "--last",
        metavar="SHARE",
        help="score the end of the text only, without what comes before it: 10%% or 0.1, "
        "or a number of characters",
    )


def run(options: argparse.Namespace, output: Output) -> None:
    """Score the text, and print the mean, with ``--lines`` also that of each line."""
    import numpy as np  # noqa: PLC0415 - costs start-up time

    from lstm_widget.formats import load_model  # noqa: PLC0415
    from lstm_widget.network.engine import Engine  # noqa: PLC0415
    from lstm_widget.network.scoring import score_blocks  # noqa: PLC0415
    from lstm_widget.writing.score import Score  # noqa: PLC0415
    from lstm_widget.writing.typed import as_typed  # noqa: PLC0415

    last = part(options.last)
    model = load_model(options.model)
    given, at_the_end = _text(options)
    engine = Engine(model.weights, model.unused_ids)
    normalized = as_typed(given, model, engine)
    note_replacements(normalized.replacements)
    if normalized.unknown and options.skip_unknown:
        count = sum(not one.used for one in normalized.replacements)
        what = "character" if count == 1 else "characters"
        note(f"Left out {count} {what} that the model does not know: {quoted(normalized.unknown)}.")
    elif normalized.unknown:
        msg = f"The model does not know {quoted(normalized.unknown)}: leave them out with --skip-unknown."
        raise ModelError(msg)
    if not normalized.text:
        msg = f"There is nothing to score in {' '.join(options.files)!r}."
        raise ModelError(msg)
    if at_the_end:
        last = validation_length(len(normalized.text))
    text = normalized.text[start_of(last, len(normalized.text)) :]
    found = []
    with progress(len(text), " characters") as bar:
        for block, _ in score_blocks(engine, model.encode(text)):
            found.append(block)
            bar.update(len(block))
    score = Score(text, np.concatenate(found))
    if options.lines:
        start = 0
        for line in text.splitlines(keepends=True):
            bits = score.bits[start : start + len(line)].mean()
            output.write(f"{bits:6.3f}  {line.rstrip()}\n")
            start += len(line)
    nats = 0.0 - score.log_probabilities.mean()
    output.write(
        f"{score.bits_per_character:.4f} bits per character ({nats:.4f} nats), {len(text):,} characters\n"
    )


def part(given: str | None) -> int | float | None:
    """Return how much of a text was asked for: a number of characters, or a share of them."""
    if given is None:
        return None
    found = _LAST.fullmatch(given)
    if found and found["count"] and int(found["count"]) > 0:
        return int(found["count"])
    if found and not found["count"]:
        share = float(found["share"]) if found["share"] else float(found["percent"]) / 100
        if 0 < share <= 1:
            return share
    msg = f"--last must be a share such as 10% or 0.1, or a number of characters, not {short_repr(given)}."
    raise SettingError(msg)


def start_of(last: float | None, length: int) -> int:
    """Return where the part of a text begins that was asked for."""
    if last is None:
        return 0
    # As the training cuts off what it validates on.
    start = length - last if isinstance(last, int) else int(length * (1 - last))
    if not 0 <= start < length:
        msg = f"--last asks for {last:,} of a text of {length:,} characters: choose another part."
        raise SettingError(msg)
    return start


def _text(options: argparse.Namespace) -> tuple[str, bool]:
    """Return what is scored, or of what the part at the end is scored that a training holds out."""
    if options.validation is None and not options.reflow and len(options.files) == 1:
        return _text_of(options.files[0]), False
    faults: list[Fault] = []
    texts = read_texts(parts_of([Path(file) for file in options.files]), faults)
    text = joined(reflow_all(texts)[0] if options.reflow else texts)
    for fault in faults:
        note(str(fault))
    if options.validation is None:
        return text, False
    _, blocks, length = held_out(text, options.validation)
    if length:
        return blocks, False
    if options.validation == "spread":
        note(TOO_SHORT)
    return text, True


def _text_of(file: str) -> str:
    """Read a text file as it is, line ends included."""
    if file == "-" and sys.stdin is None:  # closed before the start
        msg = "There is no standard input to read."
        raise ModelError(msg)
    try:
        data = sys.stdin.buffer.read() if file == "-" else _bytes_of(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"The text {short_repr(file)} cannot be read: {reason}."
        raise ModelError(msg) from None
    from lstm_widget.formats.files import utf8  # noqa: PLC0415 - costs start-up time

    return utf8(data, repr(file))


def _bytes_of(file: str) -> bytes:
    """Read a file or a pipe, which the shell makes of ``<(...)``; a device may have no end."""
    if S_ISCHR(Path(file).stat().st_mode) and file != os.devnull:
        raise OSError(errno.EINVAL, "It is a device")
    return Path(file).read_bytes()
