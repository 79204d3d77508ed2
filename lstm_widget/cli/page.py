"""``lstm-widget page``: a widget as a web page, with the model in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_widget.cli.console import MODEL, decoded, note
from lstm_widget.errors import ModelError, SettingError

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output

HELP = "make a web page that writes with a model, in one file that needs no server"
EXAMPLE = "page fairytales -o page.html --temperature 0.6"

_SETTINGS = ("seed", "temperature", "length", "rng", "top_k", "top_p", "speed", "locked")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=MODEL)
    add("-o", "--output", required=True, metavar="FILE", help="the page, a file that ends with .html")
    add("--weights", metavar="FOLDER", help="keep the weights in a script file there, for several pages")
    add("--seed", type=decoded, metavar="TEXT", help="text to continue (the model's own)")
    add("--temperature", type=float, metavar="T", help="where the slider is at first (the model's own)")
    add("--length", type=int, metavar="N", help="characters to generate (the model's own)")
    add("--rng", type=int, metavar="N", help="0 to 2^53 - 1; the same number gives the same text")
    add("--top-k", type=int, metavar="K", help="sample from the K most likely characters only")
    add("--top-p", type=float, metavar="P", help="sample from the fewest that reach probability P")
    add("--speed", type=float, metavar="N", help="characters per second that are shown (50)")
    add(
        "--lanes",
        type=float,
        nargs="+",
        metavar="T",
        help="2 to 6 temperatures: the same seed and the same dice side by side",
    )
    add("--force", action="store_true", help="replace the file if it exists")
    add("--locked", nargs="+", metavar="NAME", help="settings that the page shows but does not let change")


def run(options: argparse.Namespace, _: Output) -> None:
    """Write the page, and say where it is."""
    from traitlets import TraitError  # noqa: PLC0415 - costs start-up time

    from lstm_widget.widgets.lanes import TemperatureLanes  # noqa: PLC0415
    from lstm_widget.widgets.text import LSTMWidget  # noqa: PLC0415

    target = Path(options.output)
    if os.path.lexists(target) and not target.is_dir() and not options.force:
        msg = f"{options.output!r} exists already: choose another name, or replace it with --force."
        raise ModelError(msg)
    if options.lanes is not None and options.temperature is not None:
        msg = "Lanes have a temperature each: leave --temperature out."
        raise SettingError(msg)
    settings: dict[str, Any] = {
        name: value for name in _SETTINGS if (value := getattr(options, name)) is not None
    }
    try:
        if options.lanes is None:
            widget: LSTMWidget | TemperatureLanes = LSTMWidget(options.model, **settings)
        else:
            widget = TemperatureLanes(options.model, temperatures=options.lanes, **settings)
    except TraitError as error:
        raise SettingError(str(error)) from None
    file = widget.export_html(options.output, weights=options.weights)
    unknown = [one["character"] for one in widget.replacements if not one["used"]]
    if unknown:
        note(f"The model skips what it does not know of the seed: {', '.join(map(repr, unknown))}.")
    if options.weights is not None:
        note(f"Its weights are in {options.weights}: whoever gets the page needs that file, too.")
    note(f"The page is now in {file} ({file.stat().st_size / 1e6:.1f} MB).")
