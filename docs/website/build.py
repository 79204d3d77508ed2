"""Builds the static site, in ``build/site/``: ``make site``.

It needs no server: its pages write wherever they are opened, from the disk, too. Their widgets share the
weights in ``build/site/weights/``.

    python docs/website/build.py [FOLDER] [--without-reference]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import reference_pages
from lesson import Lesson
from pages import Page, Site

from lstm_widget import LSTMWidget
from lstm_widget.network.bundled import DEFAULT_MODEL, available_models

ROOT = Path(__file__).parents[2]
HOME = ROOT / "build" / "site"
# Each word of a language as the site says it.
LANGUAGES = {"de": "German", "en": "English", "fr": "French"}


def build(home: Path, *, reference: bool = True) -> None:
    """Write all pages and the weights."""
    shutil.rmtree(home, ignore_errors=True)
    site = Site(home)
    # One widget for each model: its page has it, and the list on the first page its card.
    widgets = {name: LSTMWidget(name) for name in (DEFAULT_MODEL, *available_models())}
    models = [model_of(name, widget) for name, widget in widgets.items()]
    first = Page("index.html", "lstm-widget: watch a neural network write", "home")
    site.write(first, {"widget": widgets[DEFAULT_MODEL]}, "index", models=models, model=models[0])
    for model in models:
        page = Page(f"models/{model['name']}.html", f"{model['title']}: a neural network writes", "models")
        site.write(page, {"widget": widgets[model["name"]]}, "model", models=models, model=model)
    lesson = Lesson(ROOT / "notebooks" / "temperature.ipynb")
    page = Page("lessons/temperature.html", f"{lesson.title}: a lesson", "lesson")
    site.write(page, lesson.widgets, "lesson", parts=lesson.parts, colab=lesson.colab)
    if reference:
        reference_pages.build(home / "api")


def model_of(name: str, widget: LSTMWidget) -> dict[str, object]:
    """Return what the pages say of a model."""
    card, weights = widget.generator.model.card, widget.generator.model.weights
    units = [layer.units for layer in weights.layers]
    facts = {
        "Network": f"{len(units)} LSTM layer{'s' * (len(units) > 1)} of {units[0]} units",
        "Weights": f"{weights.parameters:,}",
        "Vocabulary": f"{len(widget.generator.model.vocab)} characters",
        "Learnt from": card["text"],
        "Length of the text": f"{card['characters']:,} characters",
        "Loss": f"{card['validation_loss_bits']:.2f} bits per character",
        "Measured on": card["validation"],
        "Source": card["source"],
        "Licence": card["licence"],
        "Note": card["note"],
    }
    return {
        "name": name,
        "title": card["title"],
        "language": card["language"],
        "speaks": LANGUAGES[card["language"]],
        "text": card["text"],
        "weights": f"{weights.parameters:,}",
        "facts": facts,
        "command": card["command"],
        "seed": card["samples"]["settings"]["seed"],
        "temperature": card["samples"]["settings"]["temperature"],
        "samples": card["samples"]["by_rng"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build the static site.")
    parser.add_argument("folder", nargs="?", type=Path, default=HOME)
    parser.add_argument("--without-reference", action="store_true", help="leave the reference out")
    options = parser.parse_args()
    build(options.folder, reference=not options.without_reference)
    sys.stdout.write(f"The site starts at {options.folder / 'index.html'}\n")
