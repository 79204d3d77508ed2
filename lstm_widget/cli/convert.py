"""``lstm-widget convert``: write a model in another format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_widget.cli.console import MODEL, note
from lstm_widget.errors import ModelError, SettingError

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output
    from lstm_widget.network.model import CharLSTM

HELP = "write a model in another format"
EXAMPLE = "convert fairytales my-folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("source", metavar="A", help=f"{MODEL}; with --vocab also a .keras file or a PyTorch state dict")
    add("target", metavar="B", help="a .safetensors file, or a new p5ML / ml5.js folder")
    add("--vocab", metavar="FILE", help="vocabulary (JSON) of a .keras file or a state dict")
    add("--float16", action="store_true", help="half the size, weights rounded (.safetensors only)")
    add("--force", action="store_true", help="replace the file B if it exists")


def run(options: argparse.Namespace, _: Output) -> None:
    """Convert, and say where the model is."""
    from lstm_widget.formats import SAFETENSORS, save_model  # noqa: PLC0415 - costs start-up time
    from lstm_widget.formats.safetensors import save_safetensors  # noqa: PLC0415

    target = Path(options.target)
    if os.path.lexists(target) and not target.is_dir() and not options.force:
        msg = f"{options.target!r} exists already: choose another name, or replace it with --force."
        raise ModelError(msg)
    model = _source(options.source, options.vocab)
    if not options.float16:
        save_model(model, target)
    elif target.suffix.lower() == SAFETENSORS:
        save_safetensors(model, target, dtype="float16")
    else:
        msg = "Only a .safetensors file can hold float16: leave out --float16, or name B such a file."
        raise SettingError(msg)
    note(f"{model} is now in {options.target}.")


def _source(source: str, vocab: str | None) -> CharLSTM:
    """Load a model, or with a vocabulary what Keras or PyTorch wrote."""
    from lstm_widget.formats import load_model  # noqa: PLC0415 - costs start-up time
    from lstm_widget.formats.finding import TRAINED  # noqa: PLC0415

    path = Path(source)
    is_keras = path.suffix.lower() == ".keras"
    if vocab is None:
        if is_keras:
            msg = "A .keras file does not hold the vocabulary: give it with --vocab FILE."
            raise SettingError(msg)
        return load_model(source)
    if path.is_dir() and (path / TRAINED).is_file():  # as a model hub keeps it
        path /= TRAINED
    if not is_keras and path.suffix.lower() != ".safetensors":
        load_model(source)  # its error comes first
        msg = "--vocab is for a .keras file or a PyTorch state dict in .safetensors: leave it out otherwise."
        raise SettingError(msg)
    from lstm_widget.formats.vocabulary import vocab_data  # noqa: PLC0415 - costs start-up time

    table = vocab_data(vocab)
    if is_keras:
        from lstm_widget.formats.keras import from_keras as read  # noqa: PLC0415 - costs start-up time
    else:
        from lstm_widget.formats.pytorch import from_pytorch as read  # noqa: PLC0415 - costs start-up time
    return read(path, table, {"title": Path(source).stem})
