"""``lstm-widget info``: what a model is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_widget.cli.console import MODEL, NAME_WIDTH
from lstm_widget.network.bundled import DEFAULT_MODEL

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output

HELP = "show what a model is"
EXAMPLE = "info fairytales"

_GROUPED = 10_000  # from here on digits are grouped; a year is not
_TINY = 1e-6  # what is smaller is shown with an exponent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "model", nargs="?", default=DEFAULT_MODEL, metavar="MODEL", help=f"{MODEL} (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace, output: Output) -> None:
    """Print the architecture, the vocabulary and the card of the model."""
    from lstm_widget.formats import load_model  # noqa: PLC0415 - costs start-up time

    model = load_model(options.model)
    weights, card = model.weights, model.card
    card.pop("p5ml", None)  # how the files called things
    units = [layer.units for layer in weights.layers]
    embedding = None if weights.embedding is None else weights.embedding.shape[1]
    if options.json:
        facts = {"layers": units, "embedding": embedding, "weights": weights.parameters}
        facts |= {"ids": model.vocab_size, "vocabulary": dict(model.vocab), "card": card}
        output.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        return
    facts = {
        "title": card.pop("title", None) or Path(options.model).name,
        "layers": " -> ".join(f"{count} units" for count in units),
        "input": "one-hot" if embedding is None else f"embedding of {embedding}",
        "weights": f"{weights.parameters:,}",
        "vocabulary": f"{len(model.vocab)} characters",
        "alphabet": json.dumps("".join(model.vocab), ensure_ascii=False),
    }
    # Lists and tables are for --json.
    short = [(name, value) for name, value in card.items() if not isinstance(value, (list, dict))]
    for name, value in [*facts.items(), *short]:
        output.write(f"{name.replace('_', ' '):{NAME_WIDTH}}  {_readable(value)}\n")


def _readable(value: object) -> str:
    """Return a fact of a card on one line."""
    if isinstance(value, float) and _TINY <= abs(value) < 1:
        return f"{value:.9f}".rstrip("0")  # 0.000006 rather than 6e-06
    if isinstance(value, int) and abs(value) >= _GROUPED:
        return f"{value:,}"
    return " ".join(str(value).split())
