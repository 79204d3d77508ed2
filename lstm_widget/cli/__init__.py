"""The command ``lstm-widget``.

On standard output stands the result alone, so that it can be piped; notes, progress and errors go to
standard error. The exit code is 0 if all went well, 1 if a model or a file cannot be used, 2 if the
command was given wrongly, 130 after Ctrl-C, and 141 if whoever reads the output closed it.

What each command needs is imported when it runs: ``--help`` is there at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_widget.cli.console import Output, abandon_output, note, progress, tell_replacements
from lstm_widget.cli.lab import add_arguments as add_lab_arguments
from lstm_widget.cli.lab import run as run_lab
from lstm_widget.cli.score import add_arguments as add_score_arguments
from lstm_widget.cli.score import run as run_score
from lstm_widget.cli.train import add_arguments
from lstm_widget.cli.train import run as run_training
from lstm_widget.errors import LSTMError, ModelError, SettingError
from lstm_widget.writing.settings import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lstm_widget.network.model import CharLSTM

FAILED, WRONG_USAGE, INTERRUPTED, CLOSED = 1, 2, 130, 141

LENGTH = 300
MAX_COUNT = 10_000  # texts at once, all of them in memory
_WIDTH = 20  # of the names in a list
_GROUPED = 10_000  # from here on digits are grouped; a year is not
_TINY = 1e-6  # what is smaller is shown with an exponent
_MODEL = (
    "a bundled name, a folder that train wrote, a folder or .zip of p5ML / ml5.js, a .safetensors file, "
    "or the http(s) address of one"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if sys.stdout is None:  # closed by whoever started this
        note("lstm-widget: There is no standard output to write to.")
        return FAILED
    try:
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace, Output], None] = options.command
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: note(str(message))
            command(options, Output(sys.stdout))
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
    """Say what went wrong, unless whoever uses the command knows; return the exit code."""
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
        description="Train character-level LSTMs; write, score and convert with them.",
        epilog="Exit codes: 0 done, 1 model or file unusable, 2 wrong usage, 130 Ctrl-C, 141 closed pipe.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., None], text: str, example: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text, epilog=f"Example: lstm-widget {example}")
        one.set_defaults(command=command)
        return one

    one = add("generate", _generate, "write a text", 'generate bronte --seed "She was" --length 200 --rng 1')
    one.add_argument("model", metavar="MODEL", help=_MODEL)
    one.add_argument(
        "--seed",
        type=_decoded,
        metavar="TEXT",
        help="text to continue, printed before what is written (the model's own)",
    )
    one.add_argument(
        "--length", type=int, default=LENGTH, metavar="N", help="characters to write (%(default)s)"
    )
    one.add_argument(
        "--temperature",
        type=float,
        default=DEFAULTS["temperature"],
        metavar="T",
        help="0 always takes the most likely character, 1 follows the model, more dares more (%(default)s)",
    )
    one.add_argument("--top-k", type=int, metavar="K", help="choose among the K most likely only")
    one.add_argument(
        "--top-p", type=float, metavar="P", help="choose among the fewest that reach probability P"
    )
    one.add_argument("--rng", type=int, metavar="N", help="number of the dice: the same gives the same text")
    one.add_argument(
        "--count",
        type=int,
        default=1,
        metavar="N",
        help="texts to write at once, with dice rng, rng + 1, ...; the others follow the first",
    )
    one.add_argument("--without-seed", action="store_true", help="print only what is written")

    one = add("info", _info, "show what a model is", "info bronte")
    one.add_argument("model", metavar="MODEL", help=_MODEL)
    one.add_argument("--json", action="store_true", help="print it as JSON")

    one = add("convert", _convert, "write a model in another form", "convert bronte my-folder")
    one.add_argument(
        "source", metavar="A", help=f"{_MODEL}; with --vocab also a .keras file or a PyTorch state dict"
    )
    one.add_argument("target", metavar="B", help="a .safetensors file, or a new folder of p5ML / ml5.js")
    one.add_argument("--vocab", metavar="FILE", help="vocabulary (JSON) of a .keras file or of a state dict")
    one.add_argument(
        "--float16", action="store_true", help="half the size, weights rounded (.safetensors only)"
    )
    one.add_argument("--force", action="store_true", help="replace the file B if it exists")

    one = add(
        "score",
        _score,
        "measure how well a model predicts a text, in bits per character",
        "score bronte my.txt",
    )
    add_score_arguments(one, _MODEL)

    one = add("train", _train, "train a model on a text of your own", "train my.txt -o my-model --epochs 20")
    add_arguments(one, _decoded)

    add("models", _models, "list the bundled models", "models")

    one = add("lab", _lab, "open JupyterLab on a copy of the quickstart notebook", "lab")
    add_lab_arguments(one)
    return parser


class _Version(argparse.Action):
    """Print the version; looking it up costs time, so only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from lstm_widget import __version__  # noqa: PLC0415 - see above

        sys.stdout.write(f"lstm-widget {__version__}\n")
        parser.exit()


def _decoded(argument: str) -> str:
    """Take an argument as UTF-8 where the locale could not decode it."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return os.fsencode(argument).decode(errors="replace")
    return argument


def _generate(options: argparse.Namespace, output: Output) -> None:
    from lstm_widget.generator import LSTMGenerator  # noqa: PLC0415 - costs start-up time
    from lstm_widget.writing.run import advance_together  # noqa: PLC0415

    if not 1 <= options.count <= MAX_COUNT:
        msg = f"--count must be from 1 to {MAX_COUNT:,}, not {options.count}."
        raise SettingError(msg)
    settings = {name: getattr(options, name) for name in ("seed", "length", "temperature", "top_k", "top_p")}
    generator = LSTMGenerator(options.model)
    if options.seed is None:
        settings["seed"] = generator.default_seed
    runs = [
        generator.start(settings, rng=None if options.rng is None else options.rng + number)
        for number in range(options.count)
    ]
    tell_replacements(runs[0].replacements)
    intro = "" if options.without_seed else settings["seed"]
    # Where the text is not seen as it is made, show how far it is.
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


def _info(options: argparse.Namespace, output: Output) -> None:
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
    told = [(name, value) for name, value in card.items() if not isinstance(value, (list, dict))]
    for name, value in [*facts.items(), *told]:
        output.write(f"{name.replace('_', ' '):{_WIDTH}}  {_readable(value)}\n")


def _readable(value: object) -> str:
    """Return a fact of a card on one line."""
    if isinstance(value, float) and _TINY <= abs(value) < 1:
        return f"{value:.9f}".rstrip("0")  # 0.000006 rather than 6e-06
    if isinstance(value, int) and abs(value) >= _GROUPED:
        return f"{value:,}"
    return " ".join(str(value).split())


def _convert(options: argparse.Namespace, _: Output) -> None:
    from lstm_widget.formats import save_model  # noqa: PLC0415 - costs start-up time

    target = Path(options.target)
    if os.path.lexists(target) and not target.is_dir() and not options.force:
        msg = f"{options.target!r} exists already: choose another name, or replace it with --force."
        raise ModelError(msg)
    model = _source(options.source, options.vocab)
    if options.float16:
        from lstm_widget.formats import SAFETENSORS  # noqa: PLC0415 - costs start-up time
        from lstm_widget.formats.safetensors import save_safetensors  # noqa: PLC0415

        if target.suffix.lower() != SAFETENSORS:
            msg = "Only a .safetensors file can hold float16: a folder of p5ML is float32."
            raise SettingError(msg)
        save_safetensors(model, target, dtype="float16")
    else:
        save_model(model, target)
    note(f"{model} is now in {options.target}.")


def _source(source: str, vocab: str | None) -> CharLSTM:
    """Load what is to be converted: a model, or with a vocabulary what Keras or PyTorch wrote."""
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
        load_model(source)  # if it is none, that is what is wrong
        msg = "--vocab is for a .keras file or a PyTorch state dict in .safetensors: leave it out otherwise."
        raise SettingError(msg)
    from lstm_widget.formats.p5ml_vocab import vocab_data  # noqa: PLC0415 - costs start-up time

    table = vocab_data(vocab)
    if is_keras:
        from lstm_widget.formats.keras import from_keras  # noqa: PLC0415 - costs start-up time

        return from_keras(path, table, {"title": Path(source).stem})
    from lstm_widget.formats.pytorch import from_pytorch  # noqa: PLC0415 - costs start-up time

    return from_pytorch(path, table, {"title": Path(source).stem})


def _score(options: argparse.Namespace, output: Output) -> None:
    run_score(options, output.write)


def _train(options: argparse.Namespace, output: Output) -> None:
    run_training(options, output.write)


def _lab(options: argparse.Namespace, _: Output) -> None:
    run_lab(options, note)


def _models(_: argparse.Namespace, output: Output) -> None:
    from lstm_widget.formats.safetensors import read_card  # noqa: PLC0415 - costs start-up time
    from lstm_widget.network.bundled import bundled_files  # noqa: PLC0415

    for name, file in bundled_files().items():
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        output.write(f"{name:{_WIDTH}} {size:>8}  {read_card(file).get('title', '')}\n")


if __name__ == "__main__":
    sys.exit(main())
