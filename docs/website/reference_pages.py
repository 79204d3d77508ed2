"""The reference of ``make docs`` as a part of the site: each page with a policy and a way back."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

from lstm_widget.widgets import living

REFERENCE = Path(__file__).parents[1] / "reference.py"
_SCRIPT, _STYLE = (re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL) for tag in ("script", "style"))


def build(folder: Path) -> None:
    """Build the reference."""
    # In a process of its own, as it tells some modules to export more than they do.
    command = [sys.executable, str(REFERENCE), str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    for file in folder.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        home = "../" * len(file.relative_to(folder).parts) + "index.html"
        file.write_text(_framed(text, home), encoding="utf-8")


def _framed(text: str, home: str) -> str:
    """Return a page with its policy, and with a link to the first page of the site."""
    # The search has its data in a script beside the page; the icons are in the style.
    policy = living.policy(_SCRIPT.findall(text), _STYLE.findall(text), neighbours=True) + "; img-src data:"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
    text = text.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n    {meta}', 1)
    menu, mark, rest = text.partition('<nav class="pdoc">')
    start, div, end = rest.partition("<div>")
    return f'{menu}{mark}{start}{div}<p><a href="{home}">lstm-widget</a></p>{end}' if mark else text
