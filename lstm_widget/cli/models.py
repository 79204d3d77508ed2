"""``lstm-widget models``: the bundled models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstm_widget.cli.console import NAME_WIDTH

if TYPE_CHECKING:
    import argparse

    from lstm_widget.cli.console import Output

HELP = "list the bundled models"
EXAMPLE = "models"


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add nothing."""


def run(_: argparse.Namespace, output: Output) -> None:
    """Print the name, the size and the title of each."""
    from lstm_widget.formats.safetensors import read_card  # noqa: PLC0415 - costs start-up time
    from lstm_widget.network.bundled import bundled_files  # noqa: PLC0415

    for name, file in bundled_files().items():
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        output.write(f"{name:{NAME_WIDTH}} {size:>8}  {read_card(file).get('title', '')}\n")
