"""How well a character n-gram model predicts a text: the figure that a trained network has to beat.

    python benchmarks/ngram.py TEXT [--share 0.9]

It counts the first part of the text and predicts the rest, with Witten-Bell smoothing and orders 3 to 6.
An n-gram has n characters, including the predicted one: a 5-gram model sees four.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lstm_widget.training.ngram import witten_bell_losses

ORDERS = range(3, 7)


def main() -> None:
    """Print the losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", metavar="TEXT", type=Path, help="a UTF-8 text file")
    parser.add_argument("--share", type=float, default=0.9, help="share to count (default: %(default)s)")
    options = parser.parse_args()
    if not 0 <= options.share < 1:
        parser.error(f"--share must be at least 0 and less than 1, not {options.share}.")
    # Read it as the training does: every line ends in a line feed, which is one character.
    text = options.text.read_text(encoding="utf-8-sig")
    split = int(options.share * len(text))
    characters, ids = np.unique(np.array([ord(character) for character in text]), return_inverse=True)
    print(f"{split:,} characters to count, {len(text) - split:,} to predict, {len(characters)} different")
    losses = witten_bell_losses(ids[:split], ids[split:], len(characters), ORDERS[-1])
    for order in ORDERS:
        print(f"  {order}-gram {losses[order - 1]:6.3f} nats per character")


if __name__ == "__main__":
    main()
