"""The command ``lstm-widget``: its parser, and what its exit codes mean.

Only the result goes to standard output, so that it can be piped; notes, progress and errors go to standard
error. The exit code is 0 for success, 1 for a model or file that cannot be used, 2 for wrong usage, 130 after
Ctrl-C, and 141 if the output is closed before its end.

A module that takes time to load is imported by the command that needs it: ``--help`` is there at once.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from typing import TYPE_CHECKING

from lstm_widget.cli import convert, generate, info, lab, models, page, score, train
from lstm_widget.cli.console import Output, abandon_output, note
from lstm_widget.errors import LSTMError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAILED, WRONG_USAGE, INTERRUPTED, CLOSED = 1, 2, 130, 141

# Each has HELP, EXAMPLE, add_arguments(parser) and run(options, output).
_COMMANDS = (generate, info, convert, score, train, page, models, lab)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if sys.stdout is None:  # closed before the start
        note("lstm-widget: There is no standard output to write to.")
        return FAILED
    try:
        options = _parser().parse_args(arguments)
        run: Callable[[argparse.Namespace, Output], None] = options.command
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: note(str(message))
            run(options, Output(sys.stdout))
    except SystemExit as end:  # after --help or --version, or of a wrong usage
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            return int(end.code or 0)
        abandon_output()
        return FAILED
    except (KeyboardInterrupt, LSTMError, OSError, MemoryError) as error:
        return _failed(error)
    return 0


def _failed(error: BaseException) -> int:
    """Say what went wrong, unless the person caused it; return the exit code."""
    if isinstance(error, LSTMError):
        note(f"lstm-widget: {error}")
        return WRONG_USAGE if isinstance(error, SettingError) else FAILED
    abandon_output()
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return CLOSED
    if isinstance(error, OSError):
        note(f"lstm-widget: {error.filename or 'The output'} cannot be used: {error.strerror or error}.")
    if isinstance(error, MemoryError):
        note("lstm-widget: There is not enough memory for this.")
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lstm-widget",
        description="Train character-level LSTMs; generate, score, convert and make web pages with them.",
        epilog="Exit codes: 0 success, 1 unusable model or file, 2 wrong usage, 130 Ctrl-C, 141 closed pipe.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        example = f"Example: lstm-widget {module.EXAMPLE}"
        one = commands.add_parser(name, help=module.HELP, description=module.HELP, epilog=example)
        one.set_defaults(command=module.run)
        module.add_arguments(one)
    return parser


class _Version(argparse.Action):
    """Print the version; looking it up takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from lstm_widget import __version__  # noqa: PLC0415 - see above

        sys.stdout.write(f"lstm-widget {__version__}\n")
        parser.exit()
