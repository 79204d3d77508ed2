"""Does the engine of the page write what Python writes? Twenty texts of each model, letter by letter.

    python benchmarks/parity.py [MODEL ...] [--length 1000] [--math wasm]

A model is the name of a bundled one or the path of another; by default all bundled models. The settings of
the twenty texts are fixed below. Where the page would choose another letter, the die must have pointed at the
edge between two, or two logits must be so near that they have changed places: both distances are printed, as
shares of the bar and of the largest logit.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

os.environ["LSTM_WIDGET_MATH"] = "numpy"
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "local"))

from comparing import Comparison, compare
from page_in_node import PageEngine, bundle

from lstm_widget import LSTMGenerator
from lstm_widget.formats import load_model
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.network.bundled import available_models, bundled_files
from lstm_widget.network.scoring import Reader

if TYPE_CHECKING:
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.writing.run import Run

# By rng. The temperature changes and the letter that is put there by hand come at a share of the length.
TEXTS: list[dict[str, Any]] = [
    *({"temperature": temperature} for temperature in (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5)),
    {"temperature": 0.6, "top_k": 3},
    {"temperature": 1.0, "top_k": 10},
    {"temperature": 1.5, "top_k": 40},
    {"temperature": 0.8, "top_p": 0.5},
    {"temperature": 1.0, "top_p": 0.9},
    {"temperature": 1.5, "top_p": 0.97},
    {"temperature": 1.2, "top_k": 20, "top_p": 0.8},
    {"temperature": 0.3, "changes": [(0.25, 1.0), (0.5, 1.5), (0.75, 0.0)]},
    {"temperature": 1.5, "changes": [(0.2, 0.5), (0.4, 0.7), (0.6, 0.9), (0.8, 0.1)], "top_p": 0.95},
    {"temperature": 0.7, "branches": [0.3]},
    {"temperature": 1.0, "branches": [0.1, 0.6], "changes": [(0.5, 0.6)]},
]
READ = 300  # characters whose cells are compared


def written(model: CharLSTM, rng: int, length: int) -> Run:
    """Return the text of a number, of the same seed for all of them."""
    settings = dict(TEXTS[rng])
    changes, branches = settings.pop("changes", ()), settings.pop("branches", ())
    run = LSTMGenerator(model).start(length=length, rng=rng, **settings)
    for share, temperature in changes:
        run.advance(round(share * length) - len(run.characters))
        run.temperature = temperature
    run.advance()
    for share in branches:
        place = round(share * length)
        others = [character for character in sorted(model.vocab) if character != run.characters[place]]
        run = run.branch(place, others[place % len(others)])
        run.advance()
    return run


def cells_differ(page: PageEngine, run: Run) -> float:
    """Return how much the cells differ that a text is read with, as a share of those above 1."""
    ids = np.array(run.ids[:READ])
    cells = np.empty((len(ids), sum(run.engine.units)), dtype=np.float32)
    Reader(run.engine).read(ids, cells)
    found = page.ask("read", ids=ids.tolist(), split=len(ids) // 2)["cells"]
    return float((np.abs(np.reshape(found, cells.shape) - cells) / np.maximum(1, np.abs(cells))).max())


def main() -> None:
    """Compare, and print a line for each model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("models", nargs="*", default=list(available_models()))
    parser.add_argument("--length", type=int, default=1000, help="characters of each text")
    parser.add_argument("--math", choices=["wasm", "javascript"], default="wasm")
    given = parser.parse_args()
    print(
        f"{'':14}{'letters':>9}{'others':>8}{'ranks':>7}{'surprise':>10}{'share':>9}{'entropy':>9}{'cells':>9}"
    )
    whole = Comparison()
    with tempfile.TemporaryDirectory() as name, PageEngine(bundle(Path(name) / "page.mjs")) as page:
        for source in given.models:
            model = load_model(source)
            file = bundled_files().get(source) or save_safetensors(model, Path(name) / "model.safetensors")
            page.ask("load", file=str(file), math=given.math)
            of_model, cells = Comparison(), 0.0
            for rng in range(len(TEXTS)):
                run = written(model, rng, given.length)
                of_model.add(compare(page, run, rng))
                cells = max(cells, cells_differ(page, run))
            print(
                f"{Path(source).name:14}{of_model.chosen:9,}{len(of_model.others):8}{of_model.ranks:7}"
                f"{of_model.surprise:10.1e}{of_model.probability:9.1e}{of_model.entropy:9.1e}{cells:9.1e}",
                *(
                    f"   die {edge:.1e} from an edge, logits {apart:.1e} apart"
                    for edge, apart in of_model.others
                ),
                sep="\n",
                flush=True,
            )
            whole.add(of_model)
    rate = 1e6 * len(whole.others) / max(1, whole.chosen)
    print(f"\n{len(whole.others)} of {whole.chosen:,} letters are others: {rate:.1f} per million.")


if __name__ == "__main__":
    main()
