"""A widget as one HTML file, which is alive wherever it is opened: the model and what runs it are in it.

Or the weights are in a script file beside it, for several pages. Nothing is fetched, and a content security
policy forbids it.
"""

from __future__ import annotations

import html
from string import Template
from typing import TYPE_CHECKING, Any

from lstm_widget.formats.files import as_path, write_file
from lstm_widget.widgets import living
from lstm_widget.widgets.checks import sendable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lstm_widget.network.model import CharLSTM

# The page around the widget; the widget takes its colours from it.
_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 84rem; padding: 1rem clamp(0.5rem, 2vw, 2rem); }
body { font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 0.75rem; font-size: 1.25rem; }
footer { margin-top: 1.5rem; font-size: 0.875rem; }
footer p, [role="alert"] { margin: 0.25rem 0; }
.record { max-width: 40rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.late { animation: appear 1s 5s backwards; }
@keyframes appear { from { visibility: hidden; } }
"""
_PAGE = Template(
    """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lstm-widget $version">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header>$heading</header>
<main id="lstm-widget">$record
<p class="late">A neural network writes on this page, but its script did not run. Save or download the page
again, or allow it to run scripts.</p>
</main>
<footer>$footer</footer>
$saved
<script>$script</script>
$weights
</body>
</html>
"""
)


def export(
    path: str | Path,
    model: CharLSTM,
    saved: Mapping[str, Any],
    record: str,
    weights: str | Path | None = None,
) -> Path:
    """Write a page with a widget; see `LSTMWidget.export_html`.

    Parameters
    ----------
    path : str or Path
    model : CharLSTM
        What it writes with.
    saved : mapping of str to object
        The name of its view (``kind``), what its page sees (``traits``) and the ``fingerprint`` of the model,
        as JSON data.
    record : str
        What was written, for where the page cannot run.
    weights : str or Path, optional
        The folder for a file with the weights.
    """
    from lstm_widget import __version__  # noqa: PLC0415 - looking it up takes time

    file = as_path(path)
    at = living.inside(model) if weights is None else living.beside(model, as_path(weights), file)
    script, style = living.script(), _STYLE + living.style()
    card = sendable(model.card)
    title = str(card.get("title") or saved["traits"]["model"])
    page = _PAGE.substitute(
        policy=html.escape(living.policy([script], [style], neighbours=at.beside is not None)),
        version=html.escape(__version__),
        title=html.escape(f"{title}: a neural network writes"),
        style=style,
        heading=_heading(title, card),
        record=f'<p class="record"{_language(card)}>{html.escape(sendable(record))}</p>' if record else "",
        footer=_footer(card),
        saved=living.saved_widget(saved, at, "lstm-widget", "lstm-saved"),
        script=script,
        weights=at.markup,
    )
    write_file(file, page.encode("utf-8"))
    return file


def _heading(title: str, card: Mapping[str, Any]) -> str:
    return f"<h1{_language(card)}>{html.escape(title)}</h1>"


def _language(card: Mapping[str, Any]) -> str:
    """Return the attribute for what is in the language of the model."""
    language = card.get("language")
    return f' lang="{html.escape(language)}"' if isinstance(language, str) else ""


def _footer(card: Mapping[str, Any]) -> str:
    """Return what is said of the model and of this page below the widget."""
    lines = [
        f"{label}: {html.escape(card[name])}."
        for name, label in (("text", "Learnt from"), ("source", "Source"), ("licence", "Licence"))
        if isinstance(card.get(name), str)
    ]
    lines.append("Made with lstm-widget, whose licence is MIT. This page works offline and sends nothing.")
    return "".join(f"<p>{line}</p>" for line in lines)
