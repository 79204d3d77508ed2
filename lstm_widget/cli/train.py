"""``lstm-widget train``: its options, and how they become a training.

PyTorch is loaded when the command runs, not for its ``--help``.
"""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from lstm_widget.cli.console import decoded, note
from lstm_widget.errors import LSTMError, SettingError
from lstm_widget.formats.files import as_path
from lstm_widget.training.reading import public_name
from lstm_widget.training.settings import FORMER_NAMES, PRECISIONS, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lstm_widget.cli.console import Output
    from lstm_widget.network.model import CharLSTM

HELP = "train a model on a text of your own"
EXAMPLE = "train my.txt -o my-model --epochs 20"

# Option, its metavar, and what it is.
_OPTIONS = {
    "output": ("FOLDER", "new folder for the model, its log and what is needed to go on"),
    "resume": (
        "FOLDER",
        "go on with the training that was interrupted in this folder; only --quiet goes with it",
    ),
    "model": ("MODEL", "train this one further; it keeps its size and its characters"),
    "title": ("TEXT", "title of the model (the name of the text)"),
    "about": ("TEXT", "what the text is (the names of the files)"),
    "licence": ("TEXT", "of the text and the model"),
    "sample_seed": ("TEXT", "what samples begin with (the beginning of the part that is held out)"),
}
# What each of `TrainingSettings` is, in a few words.
_HELP = {
    "units": "units of each LSTM layer",
    "layers": "LSTM layers; ml5.js runs two",
    "embedding_size": "numbers that stand for a character at the input",
    "epochs": "how many times the text is read at most",
    "batch_size": "places of the text that are read side by side",
    "sequence_length": "characters read at each place for one update of the weights",
    "learning_rate": "the highest one; it rises to it at first and then falls to 0",
    "dropout": "share of the values between the layers that an update does without",
    "weight_decay": "how much the weights shrink, as AdamW counts it",
    "clip_norm": "a longer gradient is shortened to this length",
    "ema": "the model is an exponential moving average over this share of the updates; 0: the last weights",
    "patience": "stop after this number of validations without a better one",
    "min_count": "characters that occur less often are read as similar ones or left out",
    "validation": "what is held out to measure the loss on: spread, which is every 20th block of 25,000 "
    "characters, or last, the last tenth",
    "reflow": "join the lines of each paragraph of hard-wrapped prose; verse and headings stay as they are",
    "precision": f"of the products: {', '.join(PRECISIONS)}",
    "seed": "of the random numbers: the same gives the same model",
}
_CHOSEN = {"validation": "spread for several files, last for one"}
_METAVARS = {int: "N", float: "X", str: "NAME"}
_FOR_THE_CARD = {"title": "title", "about": "text", "licence": "licence"}  # option, key of the card
_NO_MEMORY = re.compile("out of memory|not enough memory|can't allocate memory")  # as PyTorch says it
_WITH_RESUME = {"command", "resume", "quiet"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command; the outcome has only those that are given."""
    parser.argument_default = argparse.SUPPRESS
    parser.add_argument(
        "text",
        nargs="*",
        type=_path,
        default=(),
        metavar="TEXT",
        help="UTF-8 text file, or a folder of .txt files",
    )
    for name, (metavar, text) in _OPTIONS.items():
        names = ("-o", _option(name)) if name == "output" else (_option(name),)
        parser.add_argument(*names, type=_TYPES[metavar], metavar=metavar, help=text)
    parser.add_argument(
        "--checkpoints", action="store_true", help="keep a small model after 0, 1, 2, 4, 8, ... updates"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="show only the outcome, and what was left out of the text"
    )
    group = parser.add_argument_group("how to train")
    kinds = get_type_hints(TrainingSettings)
    for field in fields(TrainingSettings):
        kind = next(iter(get_args(kinds[field.name])), kinds[field.name])  # int of "int | None"
        if kind is bool:
            group.add_argument(_option(field.name), action="store_true", help=_HELP[field.name])
            continue
        default = _CHOSEN.get(field.name, "chosen for the text") if field.default is None else field.default
        text = f"{_HELP[field.name]} ({default})"
        group.add_argument(_option(field.name), type=kind, metavar=_METAVARS[kind], help=text)
    for old, new in FORMER_NAMES.items():  # in the commands that older cards show
        parser.add_argument(_option(old), dest=new, type=kinds[new], help=argparse.SUPPRESS)


def run(options: argparse.Namespace, output: Output) -> None:
    """Train, and print the outcome.

    Raises
    ------
    KeyboardInterrupt
        If the training was interrupted; the model so far is in its folder.
    MemoryError
        If PyTorch does not get enough memory.
    LSTMError
        If the extra ``train`` is missing; else as `lstm_widget.training.train` and ``resume``.
    """
    given = vars(options)
    _check(given)
    try:
        from lstm_widget.training import resume, train  # noqa: PLC0415 - PyTorch
    except ImportError as error:
        raise LSTMError(str(error)) from error
    from accelerate import PartialState  # noqa: PLC0415 - as above

    try:
        model = _trained(given, train, resume)
    except KeyboardInterrupt:
        folder = given.get("resume") or given["output"]
        kept = (as_path(folder) / "training").is_dir()
        way = f"to go on:  lstm-widget train --resume {shlex.quote(folder)}" if kept else "nothing was kept."
        note(f"Interrupted; {way}")
        raise
    except RuntimeError as error:
        if _NO_MEMORY.search(str(error)):
            raise MemoryError from error
        raise
    if "unfinished" in model.card:
        raise KeyboardInterrupt
    if PartialState().is_main_process:  # only one of several
        nats, bits = model.card["validation_loss_nats"], model.card["validation_loss_bits"]
        output.write(f"{model}\nvalidation loss {nats:.4f} nats = {bits:.4f} bits per character\n")


def _trained(
    given: Mapping[str, Any], train: Callable[..., CharLSTM], resume: Callable[..., CharLSTM]
) -> CharLSTM:
    """Call the one that was asked for."""
    quiet = given.get("quiet", False)
    if "resume" in given:
        return resume(given["resume"], quiet=quiet)
    return train(
        given["text"],
        given["output"],
        model=given.get("model"),
        card=_card(given),
        sample_seed=given.get("sample_seed"),
        checkpoints=given.get("checkpoints", False),
        quiet=quiet,
        **{field.name: given[field.name] for field in fields(TrainingSettings) if field.name in given},
    )


def _check(given: Mapping[str, Any]) -> None:
    """Raise `SettingError` for what a parser cannot check by itself."""
    if "resume" in given:
        others = [_option(name) for name in given if name not in {*_WITH_RESUME, "text"}]
        if given["text"] or others:
            msg = (
                f"--resume goes on as the training began: leave out {'TEXT' if given['text'] else others[0]}."
            )
            raise SettingError(msg)
        return
    if not given["text"]:
        msg = "There is no text to train on: name a text file, or go on with --resume FOLDER."
        raise SettingError(msg)
    if "output" not in given:
        msg = "There is no folder for the model: give a new one with --output FOLDER."
        raise SettingError(msg)


def _card(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what the card says of the model besides what was measured."""
    said = {key: given[option] for option, key in _FOR_THE_CARD.items() if option in given}
    return {**said, "command": shlex.join(_typed(given))}


def _typed(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words of a command that does the same where the files are."""
    yield from ("lstm-widget", "train")
    for path in given["text"]:
        name = _name(path)
        yield f"./{name}" if name.startswith("-") else name
    yield from _pair("-o", _name(given["output"]))
    for name, value in given.items():
        if name in {"command", "text", "output", "quiet"}:
            continue
        if value is True:
            yield _option(name)
        elif name == "model" and "://" not in value:
            yield from _pair(_option(name), _name(Path(value)))
        else:
            yield from _pair(_option(name), str(value))


def _pair(option: str, value: str) -> tuple[str, ...]:
    """Return an option with a value, in one word where the value would be taken for an option."""
    if not value.startswith("-"):
        return option, value
    return (f"{option}={value}" if option.startswith("--") else f"{option}{value}",)


def _name(path: Path) -> str:
    """Return the name of a file or folder, also of one that was given as ``.``."""
    return public_name(path.absolute())


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _path(argument: str) -> Path:
    if not argument:  # else it would be the folder that one is in
        msg = "the name is empty"
        raise argparse.ArgumentTypeError(msg)
    return Path(argument)


_TYPES: dict[str, Callable[[str], object]] = {"FOLDER": _path, "TEXT": decoded, "MODEL": str}
