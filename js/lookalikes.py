"""Write what looks alike, from ``lstm_widget/network/normalize.py``, as TypeScript.

    python js/lookalikes.py OUTPUT

Reads the source and imports nothing of it, so any Python will do.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "lstm_widget" / "network" / "normalize.py"
HEADER = "// Generated from lstm_widget/network/normalize.py; do not edit. `make protocol` writes it.\n"
# What they are in TypeScript, and what a reader should know.
TABLES = {
    "_QUOTES": ("QUOTES", "Straight, closing, opening."),
    "_BEFORE_OPENING": ("BEFORE_OPENING", "A straight quote behind one of these, or nothing, opens."),
    "_LINE_ENDS": ("LINE_ENDS", "Each ends a line."),
    "_GROUPS": ("GROUPS", "What looks alike, and what is read for it: the first that is known."),
}


def constants() -> dict[str, object]:
    """Return the constants of the module by their names."""
    body = ast.parse(SOURCE.read_text(encoding="utf-8")).body
    return {
        target.id: ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in TABLES
    }


def main(output: str) -> None:
    """Write the file. Characters beyond ASCII are escaped, as many cannot be seen."""
    lines = [HEADER]
    for name, value in constants().items():
        typescript, text = TABLES[name]
        lines += [f"/** {text} */", f"export const {typescript} = {json.dumps(value)} as const;\n"]
    Path(output).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
