"""A notebook as a lesson to read: its text, its code with what came of it, and its widgets, which live."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

import nbformat
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lstm_widget.network.bundled import DEFAULT_MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

    from lstm_widget import LSTMWidget, TemperatureLanes

# What the notebook begins with: its title, and the badge that opens it in Colab, a picture from elsewhere.
_BEGINNING = re.compile(r"# (.+)\n\n\[!\[Open in Colab\]\([^)]+\)\]\(([^)]+)\)\n")


class Part(NamedTuple):
    """A cell: text, or code with its outputs or its widget."""

    text: Markup = Markup()
    code: Markup = Markup()
    outputs: tuple[str, ...] = ()
    widget: str = ""
    """The id of the place of its widget."""


class _Renderer(IPythonRenderer):
    """Formulas become MathML, which browsers draw by themselves."""

    def inline_math(self, body: str) -> str:
        return convert(body)

    def block_math(self, body: str) -> str:
        return convert(body, display="block")


class Lesson:
    """A lesson.

    Parameters
    ----------
    file : Path
        The notebook, with its outputs.
    """

    def __init__(self, file: Path) -> None:
        first, _install, *cells = nbformat.read(file, as_version=4).cells
        beginning = _BEGINNING.match(first.source)
        if beginning is None:
            msg = f"{file.name} does not begin with a title and a badge."
            raise ValueError(msg)
        self.title, self.colab = beginning.groups()
        self.widgets: dict[str, LSTMWidget | TemperatureLanes] = {}
        rest = first.source[beginning.end() :]
        self.parts = [Part(text=_text(rest)), *(self._part(cell) for cell in cells)]

    def _part(self, cell: NotebookNode) -> Part:
        if cell.cell_type == "markdown":
            return Part(text=_text(cell.source))
        code = _code(cell.source)
        # The notebook has a picture where a kernel has a widget.
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            self.widgets[cell.id] = _widget(cell.source)
            return Part(code=code, widget=cell.id)
        return Part(code=code, outputs=tuple(_plain(output) for output in cell.outputs))


def _text(source: str) -> Markup:
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source)
    html = html.replace("<th></th>", "<td></td>")  # the corner of a table heads nothing
    return Markup(_reachable(html))  # noqa: S704 - it is ours


def _code(source: str) -> Markup:
    html = highlight(source, PythonLexer(), HtmlFormatter())
    return Markup(_reachable(html))  # noqa: S704 - it is escaped


def _reachable(html: str) -> str:
    """Let the keyboard reach what may be too wide and then scrolls."""
    for beginning in ('<div class="highlight">', "<pre><code>"):
        html = html.replace(beginning, f'{beginning.split(">")[0]} tabindex="0">{beginning.split(">", 1)[1]}')
    return html


def _plain(output: NotebookNode) -> str:
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def _widget(source: str) -> LSTMWidget | TemperatureLanes:
    """Return what the last line of a cell shows."""
    import lstm_widget  # noqa: PLC0415 - only here

    names = {"model": DEFAULT_MODEL, "LSTMWidget": lstm_widget.LSTMWidget}
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        msg = f"This cell shows nothing: {source}"
        raise TypeError(msg)
    exec(compile(ast.Module(before, []), "cell", "exec"), names)  # noqa: S102 - it is our notebook
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
