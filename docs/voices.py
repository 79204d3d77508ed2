"""Make the bundled models: train each on its text, and add to its card what the widget starts with.

    python docs/voices.py FOLDER_OF_THE_TEXTS FOLDER_FOR_THE_TRAININGS [NAME ...]

`docs/corpora.md` describes the texts. All trainings take hours; one that was interrupted goes on, and one
that is finished is not repeated.
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from lstm_widget import CharLSTM, LSTMGenerator, load_model
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.network.weights import assembled
from lstm_widget.training.card import SAMPLE_RNGS, SAMPLE_SETTINGS

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "lstm_widget" / "network" / "bundled"
LICENCE = "text in the public domain in the US; model MIT, as this package"
OLD = "The text is old: it has its time's prejudices about women, peoples and religions."
GUTENBERG = "Project Gutenberg; the titles and the rules of cleaning are in docs/corpora.md"
# How each is trained; then what its card says beside what the training measured.
VOICES: dict[str, tuple[str, dict[str, Any]]] = {
    "fairytales": (
        "--validation spread --units 512 --epochs 6 --dropout 0.1",
        {
            "title": "Fairy tales",
            "language": "en",
            "text": "Lang's twelve coloured Fairy Books, Grimm, Jacobs and Andersen",
            "note": f"{OLD} The tales can be cruel.",
            "seed": "Once upon a ti",
            "beginnings": ["The old king had three so", '"Who is knocking at my do'],
        },
    ),
    "sherlock": (
        "--model fairytales --validation spread --epochs 4 --dropout 0.1 --learning-rate 0.0015",
        {
            "title": "Sherlock Holmes",
            "language": "en",
            "text": "Conan Doyle: the four novels and five collections of stories about Sherlock Holmes",
            "note": OLD,
            "seed": '"My dear Wat',
            "beginnings": ["It was a cold morning in Nov", "Holmes lit his pi"],
        },
    ),
    "shakespeare": (
        "--units 512 --epochs 75 --dropout 0.5 --patience 20",
        {
            "title": "Shakespeare",
            "language": "en",
            "text": 'William Shakespeare: plays ("tiny Shakespeare")',
            "note": OLD,
            "seed": "ROMEO:\nWhat li",
            "beginnings": ["JULIET:\nO, my lo", "KING HENRY:\nGood mor"],
        },
    ),
    "maerchen": (
        "--model fairytales --validation spread --epochs 7 --dropout 0.2 --learning-rate 0.002",
        {
            "title": "Märchen",
            "language": "de",
            "text": "Grimm, Hauff, Andersen, Bonsels and Storm, in German",
            "note": f"{OLD} The tales can be cruel.",
            "seed": "Es war einmal ein Kö",
            "beginnings": ["Da sprach der Wo", "Die Königstochter wei"],
        },
    ),
    "verne": (
        "--model fairytales --validation spread --epochs 5 --dropout 0.1 --learning-rate 0.002",
        {
            "title": "Jules Verne",
            "language": "fr",
            "text": "Jules Verne: nine novels, in French",
            "note": OLD,
            "seed": "Le capitaine Ne",
            "beginnings": ["Le lendemain mat", "«Monsieur, répondit l'ing"],
        },
    ),
    "tiny": (
        (
            "--validation spread --units 96 --layers 1 --embedding-size 16"
            " --epochs 12 --learning-rate 0.005 --dropout 0"
        ),
        {
            "title": "Fairy tales, tiny",
            "language": "en",
            "text": "Lang's twelve coloured Fairy Books, Grimm, Jacobs and Andersen",
            "note": f"{OLD} It is small enough to be looked through whole; it writes words, not sense.",
            "seed": "Once upon a ti",
            "beginnings": ["The old king had three so", '"Who is knocking at my do'],
        },
    ),
}
TEXTS = {"tiny": "fairytales"}  # where the text has another name
# The last bits of these are 0, so that all models together take at most 30 MB of the wheel.
SHORTENED = {"maerchen", "verne"}
ZEROS = 3  # of the 11 bits that hold the digits of a float16


def main() -> None:
    """Train what is missing, and write the models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path, help="folder of the texts")
    parser.add_argument("trainings", type=Path, help="folder that the trainings are kept in")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(VOICES)}")
    options = parser.parse_args()
    for name in options.names or VOICES:
        command, words = VOICES[name]
        text = options.texts / f"{TEXTS.get(name, name)}.txt"
        folder = train(text, options.trainings / name, command)
        bundle(name, folder, words, text)


def train(text: Path, folder: Path, command: str) -> Path:
    """Train on a text, or go on with it, and return the folder."""
    if not (folder / "model.safetensors").exists():
        new = [str(text), "--output", str(folder), "--checkpoints", *shlex.split(command)]
        begun = folder.exists()
        what = ["--resume", str(folder)] if begun else new
        subprocess.run([sys.executable, "-m", "lstm_widget.cli", "train", *what], check=True)  # noqa: S603 - this very program
    return folder


def bundle(name: str, folder: Path, words: dict[str, Any], text: Path) -> None:
    """Write a trained model with its whole card."""
    model = load_model(folder)
    if name in SHORTENED:
        model = shortened(model)
    lstm = LSTMGenerator(model)
    settings = {"seed": words["seed"], **SAMPLE_SETTINGS}
    samples = [lstm.generate(settings, rng=rng) for rng in SAMPLE_RNGS]
    card = {
        **model.card,
        **words,
        "temperature": SAMPLE_SETTINGS["temperature"],
        "length": 600,
        "source": GUTENBERG if name != "shakespeare" else "char-rnn's input.txt; see docs/corpora.md",
        "text_sha256": hashlib.sha256(text.read_bytes()).hexdigest(),
        "licence": LICENCE,
        "samples": {"settings": settings, "by_rng": samples},
    }
    beginnings = "".join((words["seed"], *words["beginnings"]))
    if unknown := set(beginnings) - set(model.vocab):
        sys.exit(f"{name} does not know {sorted(unknown)}, which it is to begin with.")
    file = BUNDLED / f"{name}.safetensors"
    save_safetensors(model.with_card(card), file, dtype="float16")
    bits = card["validation_loss_bits"]
    sys.stdout.write(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB, {bits} bits per character\n")
    sys.stdout.writelines(f"{words['seed']}{sample}\n\n" for sample in samples)


def shortened(model: CharLSTM) -> CharLSTM:
    """Round all weights to fewer binary digits, so that zip files and wheels can pack them."""
    arrays = {}
    for place, values in model.weights.arrays.items():
        bits = values.astype(np.float16).view(np.uint16).astype(np.uint32)
        # The sign is a bit of its own, so halves are rounded away from 0.
        rounded = (bits + (1 << (ZEROS - 1))) >> ZEROS << ZEROS
        arrays[place] = rounded.astype(np.uint16).view(np.float16)
    return CharLSTM(assembled(arrays), model.vocab, model.card)


if __name__ == "__main__":
    main()
