"""The reference of ``make docs`` as a part of the site: each page with a policy and a way back."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

from lstm_widget.widgets import living

REFERENCE = Path(__file__).parents[1] / "reference.py"


def build(folder: Path) -> None:
    """Build the reference."""
    # In a process of its own, as it tells some modules to export more than they do.
    subprocess.run([sys.executable, str(REFERENCE), str(folder)], check=True, stdout=subprocess.DEVNULL)
    for file in folder.rglob("*.html"):
        up = "../" * len(file.relative_to(folder).parts)
        text = file.read_text(encoding="utf-8")
        scripts, styles = (re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("script", "style"))
        # The search has its data in a script beside the page; the icons are in the style.
        policy = living.policy(scripts, styles, neighbours=True) + "; img-src data:"
        meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
        text = text.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n    {meta}', 1)
        back = f'<p><a href="{up}index.html">lstm-widget</a></p>'
        text = re.sub(r'(<nav class="pdoc">.*?<div>)', lambda found: found[1] + back, text, count=1, flags=re.DOTALL)
        file.write_text(text, encoding="utf-8")
