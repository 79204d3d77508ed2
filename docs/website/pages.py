"""A page of the site: its frame, its widgets and its policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from lstm_widget import __version__
from lstm_widget.widgets import living

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstm_widget import LSTMWidget, TemperatureLanes

HERE = Path(__file__).parent


class Page(NamedTuple):
    """Where a page is, what it is called, and the part of the site that it belongs to."""

    path: str
    title: str
    part: str


class Site:
    """A folder with pages that share weights.

    Parameters
    ----------
    home : Path
        The folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        dark = HtmlFormatter(style="github-dark", nobackground=True).get_style_defs(".highlight")
        self._style = "\n".join(
            [
                (HERE / "site.css").read_text(encoding="utf-8"),
                HtmlFormatter(nobackground=True).get_style_defs(".highlight"),
                f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}",
                living.style(),
            ]
        )

    def write(
        self, page: Page, widgets: Mapping[str, LSTMWidget | TemperatureLanes], template: str, **told: object
    ) -> None:
        """Write a page.

        Parameters
        ----------
        page : Page
        widgets : mapping of str to widget
            By the ids of their places in the page.
        template : str
            The name of its template.
        **told
            What the template says besides.
        """
        file = self.home / page.path
        script = living.script()
        saved, weights = [], {}
        for place, widget in widgets.items():
            model = widget.generator.model
            if model.fingerprint not in weights:
                weights[model.fingerprint] = living.beside(model, self.home / "weights", file)
            at = weights[model.fingerprint]
            saved.append(living.saved_widget(widget._saved(), at, place, f"saved-{place}"))  # noqa: SLF001
        html = self._templates.get_template(f"{template}.html.jinja2").render(
            page=page,
            home="../" * page.path.count("/"),
            version=__version__,
            policy=living.policy([script], [self._style], neighbours=True),
            style=Markup(self._style),  # noqa: S704 - it is ours, like the rest
            saved=Markup("\n".join(saved)),  # noqa: S704
            script=Markup(script),  # noqa: S704
            weights=Markup("\n".join(at.markup for at in weights.values())),  # noqa: S704
            **told,
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(html, encoding="utf-8")
