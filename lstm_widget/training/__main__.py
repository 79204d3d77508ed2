"""``python -m lstm_widget.training TEXT MODEL.safetensors``: train a model on a text file."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import fields
from pathlib import Path

from lstm_widget.errors import LSTMError
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.training import TrainingSettings, train
from lstm_widget.training.text import read_text


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m lstm_widget.training", description=__doc__)
    parser.add_argument("text", type=Path, help="UTF-8 text file")
    parser.add_argument("model", type=Path, help="file to write, .safetensors")
    for name, text in (("title", "title of the model"), ("about", "the text"), ("licence", "of the text")):
        parser.add_argument(f"--{name}", help=f"for the card: {text}")
    for field in fields(TrainingSettings):
        kind = type(field.default)
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=kind, default=field.default, help="default: %(default)s")
    options = vars(parser.parse_args())
    source, target = options.pop("text"), options.pop("model")
    told = {name: text for name in ("title", "about", "licence") if (text := options.pop(name)) is not None}
    settings = TrainingSettings(**options)
    changed = {
        field.name: getattr(settings, field.name)
        for field in fields(TrainingSettings)
        if getattr(settings, field.name) != field.default
    }
    command = ["python", "-m", "lstm_widget.training", source.name, target.name]
    for name, value in {**changed, **told}.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    card = {
        "title": target.stem,
        "text": told.pop("about", source.name),
        **told,
        "command": shlex.join(command),
    }
    try:
        model = train(read_text(source), settings, card)
        save_safetensors(model, target, dtype="float16")
    except LSTMError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{model}\nvalidation loss {model.card['validation_loss_nats']} nats per character\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
