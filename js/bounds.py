"""Write the ranges of the settings, from ``lstm_widget/writing/settings.py``, as TypeScript.

    python js/bounds.py OUTPUT

Reads the source and imports nothing of it, so any Python will do.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "lstm_widget" / "writing" / "settings.py"
HEADER = "// Generated from lstm_widget/writing/settings.py; do not edit. `make protocol` writes it.\n"
CONSTANTS = ("MAX_IN_PAGE", "BOUNDS", "DEFAULTS")
# The numbers that a text is written with; dice check their own.
SETTINGS = ("length", "temperature", "top_k", "top_p")


def constants() -> dict[str, Any]:
    """Return the constants of the module by their names; they are made of numbers and text alone."""
    found: dict[str, Any] = {}
    for node in ast.parse(SOURCE.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id in CONSTANTS:
            value = compile(ast.Expression(node.value), SOURCE.name, "eval")  # type: ignore[attr-defined]
            found[target.id] = eval(value, {"float": float}, found)  # noqa: S307 - of our own source
    return found


def main(output: str) -> None:
    """Write the file. Whole numbers are written as such."""
    found = constants()
    ranges = {
        name: {
            "least": int(bounds["least"]),
            "above": bounds.get("above", False),
            "most": int(bounds["most"]),
        }
        for name, bounds in found["BOUNDS"].items()
        if name in SETTINGS
    }
    lines = [
        HEADER,
        "/** From `least` to `most`; or `above` it, that is without it. */",
        f"export const BOUNDS = {json.dumps(ranges)};\n",
        "/** p5ML's defaults. */",
        f"export const DEFAULTS = {json.dumps(found['DEFAULTS'])};\n",
    ]
    Path(output).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
