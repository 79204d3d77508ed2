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
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lstm_widget.errors import LSTMError, ModelError, SettingError, shown
from lstm_widget.settings import DEFAULTS
from lstm_widget.training.command import add_arguments
from lstm_widget.training.command import run as run_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lstm_widget.lookalikes import Adapted
    from lstm_widget.model import CharLSTM

FAILED, WRONG_USAGE, INTERRUPTED, CLOSED = 1, 2, 130, 141

LENGTH = 300
_WIDTH = 20  # of the names in a list
_SHOWN = 5  # of a list of look-alikes
_GROUPED = 10_000  # from here on digits are grouped; a year is not
_TINY = 1e-6  # what is smaller is shown with an exponent
# What a model from elsewhere writes must not steer the terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}

_MODEL = (
    "a bundled name, a folder that train wrote, a folder or .zip of p5ML / ml5.js, a .safetensors file, "
    "or the http(s) address of one"
)
_LAST = re.compile(r"(?P<count>[0-9]{1,18})|(?P<share>[0-9]+\.[0-9]*|\.[0-9]+)|(?P<percent>[0-9]+\.?[0-9]*)%")


class _Output:
    """Standard output: what cannot be shown there is replaced, and told once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self._to_terminal = stream.isatty()
        self._lossy = False
        with contextlib.suppress(AttributeError):  # a stand-in, as in tests
            # Line ends stay as the model wrote them, also on Windows.
            stream.reconfigure(errors="replace", newline="\n")  # type: ignore[attr-defined]

    def write(self, text: str) -> None:
        """Write at once, so that a text is seen as it is made."""
        if self._to_terminal:
            text = text.translate(_CONTROLS)
        if not self._lossy:
            try:
                text.encode(self._encoding)
            except UnicodeEncodeError:
                self._lossy = True
                _note(f"What {self._encoding} cannot show comes out as '?'; PYTHONIOENCODING=utf-8 keeps it.")
        self._stream.write(text)
        self._stream.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if sys.stdout is None:  # closed by whoever started this
        _note("lstm-widget: There is no standard output to write to.")
        return FAILED
    try:
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace, _Output], None] = options.command
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: _note(str(message))
            command(options, _Output(sys.stdout))
    except SystemExit as end:  # after --help or --version, or of a wrong usage
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            return int(end.code or 0)
        _abandon_output()
        return FAILED
    except (KeyboardInterrupt, LSTMError, OSError, MemoryError) as error:
        return _failed(error)
    return 0


def _failed(error: BaseException) -> int:
    """Say what went wrong, unless whoever uses the command knows; return the exit code."""
    if isinstance(error, LSTMError):
        _note(f"lstm-widget: {error}")
        return WRONG_USAGE if isinstance(error, SettingError) else FAILED
    _abandon_output()
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return CLOSED
    if isinstance(error, OSError):
        _note(f"lstm-widget: {error.filename or 'The output'} cannot be used: {error.strerror or error}.")
    if isinstance(error, MemoryError):
        _note("lstm-widget: There is not enough memory for this.")
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
        default=DEFAULTS["seed"],
        metavar="TEXT",
        help='text to continue ("%(default)s")',
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
    one.add_argument("--with-seed", action="store_true", help="print the seed before the text")

    one = add("info", _info, "tell what a model is", "info bronte")
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
        "score", _score, "tell how well a model predicts a text, in bits per character", "score bronte my.txt"
    )
    one.add_argument("model", metavar="MODEL", help=_MODEL)
    one.add_argument("file", metavar="FILE", help="UTF-8 text; - reads standard input")
    one.add_argument("--lines", action="store_true", help="also print the bits per character of each line")
    one.add_argument(
        "--skip-unknown", action="store_true", help="leave out characters that the model does not know"
    )
    one.add_argument(
        "--last",
        metavar="SHARE",
        help="score the end of the text only, as if nothing were before it: 10%% or 0.1, "
        "or a number of characters",
    )

    one = add("train", _train, "train a model on a text of your own", "train my.txt -o my-model --epochs 20")
    add_arguments(one, _decoded)

    add("models", _models, "list the bundled models", "models")
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


def _generate(options: argparse.Namespace, output: _Output) -> None:
    from lstm_widget.generator import LSTMGenerator  # noqa: PLC0415 - costs start-up time
    from lstm_widget.run import advance_together  # noqa: PLC0415

    if options.count < 1:
        msg = f"--count must be at least 1, not {options.count}."
        raise SettingError(msg)
    settings = {name: getattr(options, name) for name in ("seed", "length", "temperature", "top_k", "top_p")}
    generator = LSTMGenerator(options.model)
    runs = [
        generator.start(settings, rng=None if options.rng is None else options.rng + number)
        for number in range(options.count)
    ]
    _tell_replacements(generator.model.adapt(options.seed))
    intro = options.seed if options.with_seed else ""
    # Where the text is not seen as it is made, show how far it is.
    with _progress(options.length, " characters", hide=sys.stdout.isatty()) as bar:
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


def _info(options: argparse.Namespace, output: _Output) -> None:
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


def _convert(options: argparse.Namespace, _: _Output) -> None:
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
    _note(f"{model} is now in {options.target}.")


def _source(source: str, vocab: str | None) -> CharLSTM:
    """Load what is to be converted: a model, or with a vocabulary what Keras or PyTorch wrote."""
    from lstm_widget.formats import load_model  # noqa: PLC0415 - costs start-up time

    is_keras = Path(source).suffix.lower() == ".keras"
    if vocab is None:
        if is_keras:
            msg = "A .keras file does not hold the vocabulary: give it with --vocab FILE."
            raise SettingError(msg)
        return load_model(source)
    if not is_keras and Path(source).suffix.lower() != ".safetensors":
        msg = "--vocab is for a .keras file or a PyTorch state dict in .safetensors: leave it out otherwise."
        raise SettingError(msg)
    from lstm_widget.formats.p5ml_vocab import load_vocab  # noqa: PLC0415 - costs start-up time

    table = load_vocab(vocab, vocab_size=sys.maxsize)
    if is_keras:
        from lstm_widget.formats.keras import from_keras  # noqa: PLC0415 - costs start-up time

        return from_keras(source, table, {"title": Path(source).stem})
    from lstm_widget.formats.pytorch import from_pytorch  # noqa: PLC0415 - costs start-up time

    return from_pytorch(source, table, {"title": Path(source).stem})


def _score(options: argparse.Namespace, output: _Output) -> None:
    import numpy as np  # noqa: PLC0415 - costs start-up time

    from lstm_widget.engine import Engine  # noqa: PLC0415
    from lstm_widget.formats import load_model  # noqa: PLC0415
    from lstm_widget.scoring import Score, score_blocks  # noqa: PLC0415

    last = _last(options.last)
    model = load_model(options.model)
    adapted = model.adapt(_text_of(options.file))
    _tell_replacements(adapted)
    if adapted.unknown and options.skip_unknown:
        count = sum(not one.used for one in adapted.replacements)
        _note(f"Left out what the model does not know, {count} in all: {_quoted(adapted.unknown)}.")
    elif adapted.unknown:
        msg = f"The model does not know {_quoted(adapted.unknown)}: leave them out with --skip-unknown."
        raise ModelError(msg)
    if not adapted.text:
        msg = f"{options.file!r} holds nothing that could be scored."
        raise ModelError(msg)
    text = adapted.text[_start(last, len(adapted.text)) :]
    found = []
    with _progress(len(text), " characters") as bar:
        for block, _ in score_blocks(Engine(model.weights), model.encode(text), model.nameless_ids):
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


def _last(given: str | None) -> int | float | None:
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
    msg = f"--last must be a share such as 10% or 0.1, or a number of characters, not {shown(given)}."
    raise SettingError(msg)


def _start(last: float | None, length: int) -> int:
    """Return where the part of a text begins that was asked for."""
    if last is None:
        return 0
    # As the training cuts off what it validates on.
    start = length - last if isinstance(last, int) else int(length * (1 - last))
    if not 0 <= start < length:
        msg = f"--last asks for {last:,} of a text of {length:,} characters: choose another part."
        raise SettingError(msg)
    return start


def _train(options: argparse.Namespace, output: _Output) -> None:
    run_training(options, output.write)


def _models(_: argparse.Namespace, output: _Output) -> None:
    from lstm_widget.formats.safetensors import read_card  # noqa: PLC0415 - costs start-up time
    from lstm_widget.models import bundled_files  # noqa: PLC0415

    for name, file in bundled_files().items():
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        output.write(f"{name:{_WIDTH}} {size:>8}  {read_card(file).get('title', '')}\n")


def _text_of(file: str) -> str:
    """Read a text file as it is, line ends included."""
    if file == "-" and sys.stdin is None:  # closed by whoever started this
        msg = "There is no standard input to read."
        raise ModelError(msg)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{file!r} is no UTF-8 text: byte {error.start:,} cannot be read; save it as UTF-8."
        raise ModelError(msg) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"The text {shown(file)} cannot be read: {reason}."
        raise ModelError(msg) from None


def _tell_replacements(adapted: Adapted) -> None:
    pairs = dict.fromkeys((one.character, one.used) for one in adapted.replacements if one.used)
    if pairs:
        told = ", ".join(f"{used!r} for {character!r}" for character, used in list(pairs)[:_SHOWN])
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        _note(f"Read with characters that the model knows: {told}{more}.")


def _quoted(characters: Iterable[str]) -> str:
    quoted = [repr(character) for character in characters]
    more = f" and {len(quoted) - _SHOWN} more" if len(quoted) > _SHOWN else ""
    return ", ".join(quoted[:_SHOWN]) + more


def _progress(total: int, unit: str, *, hide: bool = False) -> Any:  # noqa: ANN401 - tqdm has no types
    """Return a progress bar on standard error, if that is a terminal; it appears after a second."""
    from tqdm import tqdm  # noqa: PLC0415 - costs start-up time

    return tqdm(total=total, unit=unit, unit_scale=True, leave=False, delay=1, disable=hide or None)


def _note(text: str) -> None:
    with contextlib.suppress(OSError, AttributeError):  # standard error may be closed, too
        sys.stderr.write(f"{text}\n")


def _abandon_output() -> None:
    """Let Python's own last flush go nowhere: nobody reads the output, or it cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
