"""``lstm-widget generate``: generate a text, or several at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lstm_widget.cli.console import MODEL, decoded, note_replacements, progress
from lstm_widget.errors import SettingError
from lstm_widget.network.bundled import DEFAULT_MODEL
from lstm_widget.writing.settings import DEFAULTS, MAX_IN_PAGE

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output

HELP = "generate a text"
EXAMPLE = 'generate fairytales --seed "Once upon" --length 200 --rng 1'

_LENGTH = 300
_MAX_COUNT = 10_000  # texts at once, all of them in memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("model", nargs="?", default=DEFAULT_MODEL, metavar="MODEL", help=f"{MODEL} (%(default)s)")
    add(
        "--seed",
        type=decoded,
        metavar="TEXT",
        help="text to continue, printed before the new one (the model's own)",
    )
    add("--length", type=int, default=_LENGTH, metavar="N", help="characters to generate (%(default)s)")
    add(
        "--temperature",
        type=float,
        default=DEFAULTS["temperature"],
        metavar="T",
        help="0 always takes the most likely character, 1 samples as predicted, more takes more risks "
        "(%(default)s)",
    )
    add("--top-k", type=int, metavar="K", help="sample from the K most likely characters only")
    add("--top-p", type=float, metavar="P", help="sample from the fewest that reach probability P")
    add("--rng", type=int, metavar="N", help="0 to 2^53 - 1; the same number gives the same text")
    add(
        "--count",
        type=int,
        default=1,
        metavar="N",
        help="texts to generate at once, with rng, rng + 1, ...; they are printed one after another",
    )
    add("--without-seed", action="store_true", help="print the new text only")


def run(options: argparse.Namespace, output: Output) -> None:
    """Generate, and print each text."""
    from lstm_widget.generator import LSTMGenerator  # noqa: PLC0415 - costs start-up time
    from lstm_widget.writing.batch import advance_together  # noqa: PLC0415

    if not 1 <= options.count <= _MAX_COUNT:
        msg = f"--count must be from 1 to {_MAX_COUNT:,}, not {options.count}."
        raise SettingError(msg)
    if options.rng is not None and not 0 <= options.rng <= MAX_IN_PAGE - options.count + 1:
        msg = f"rng must be from 0 to {MAX_IN_PAGE:,}, also rng + 1, ... of --count, not {options.rng}."
        raise SettingError(msg)
    settings = {name: getattr(options, name) for name in ("seed", "length", "temperature", "top_k", "top_p")}
    generator = LSTMGenerator(options.model)
    if options.seed is None:
        settings["seed"] = generator.default_seed
    runs = [
        generator.start(settings, rng=None if options.rng is None else options.rng + number)
        for number in range(options.count)
    ]
    note_replacements(runs[0].replacements)
    intro = "" if options.without_seed else settings["seed"]
    # A terminal shows the text as it is generated; elsewhere a bar shows how far it is.
    with progress(options.length, " characters", hide=sys.stdout.isatty()) as bar:
        output.write(intro)
        try:
            while not runs[0].finished:
                piece, *_ = advance_together(runs, seconds=0.03)
                output.write(piece)
                bar.update(len(piece))
        finally:  # also after Ctrl-C nothing is lost
            output.write("\n")
            for run in runs[1:]:
                output.write(f"\n{intro}{''.join(run.characters)}\n")
