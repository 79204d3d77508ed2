"""Builds the reference of the public API from the docstrings, in ``docs/api/``: ``make docs``."""

from __future__ import annotations

import re
import shutil
import sys
from functools import cached_property, partial
from importlib import import_module
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, Any, is_typeddict

from jinja2 import pass_context
from pdoc import render
from pdoc.doc import Class, Doc, Module
from pdoc.doc_ast import walk_tree
from pdoc.render_helpers import to_markdown_with_context
from pygments.formatters import HtmlFormatter

if TYPE_CHECKING:
    from jinja2.runtime import Context

DOCS = Path(__file__).parent
HOME = DOCS / "api"
# What the page of each module shows. A class is documented once: in the module that users import it from.
PAGES: dict[str, tuple[str, ...]] = {
    "lstm_widget": (),  # everything it exports
    "lstm_widget.training": (),
    "lstm_widget.training.baselines": ("Baseline",),
    "lstm_widget.widgets.protocol": ("Branch",),
    "lstm_widget.widgets.training_protocol": ("Stage",),
    "lstm_widget.generator": ("Prediction",),
    "lstm_widget.writing.settings": (
        "SettingNames",
        "Settings",
        "check_settings",
        "make_rng",
        "DEFAULTS",
        "BOUNDS",
    ),
    "lstm_widget.writing.run": ("Run",),
    "lstm_widget.writing.batch": ("advance_together",),
    "lstm_widget.inspection.trace": ("Trace",),
    "lstm_widget.writing.score": ("Score",),
    "lstm_widget.writing.receipt": ("Receipt",),
    "lstm_widget.inspection.units": ("Cell",),
    "lstm_widget.inspection.followed": ("FOLLOWED",),
    "lstm_widget.network.normalize": ("Normalized", "Replacement", "normalize"),
    "lstm_widget.network.sampling": ("bar", "pick", "choose", "choose_each", "explain_each", "COLDEST"),
    "lstm_widget.network.engine": ("Engine", "Lane", "State", "StatefulLane"),
    "lstm_widget.formats.p5ml": ("load_p5ml", "save_p5ml"),
    "lstm_widget.formats.safetensors": ("load_safetensors", "save_safetensors", "read_card"),
    "lstm_widget.formats.web": ("load_url",),
}
# Public, but meant for other modules and for the page.
INNER = {
    *(f"{widget}.for_the_page" for widget in ("LSTMWidget", "TemperatureLanes", "TrainingView")),
    "TrainingView.set_state",
    *(f"Run.{name}" for name in ("consider_numba", "dice", "goal", "note", "start_over", "watch")),
}


def modules() -> dict[str, Module]:
    """Load the documented modules, by name."""
    loaded = {}
    for name, names in PAGES.items():
        module = import_module(name)
        exported = names or module.__all__
        # pdoc looks for names in the module itself, but some are loaded only on demand.
        vars(module).update({one: getattr(module, one) for one in exported})
        vars(module)["__all__"] = list(exported)
        loaded[name] = Module(module)
    return loaded


def is_listed(pages: dict[str, Module], doc: Doc[Any]) -> bool:
    """Return whether a member needs an entry besides the docstring of its class."""
    owner = pages[doc.modulename].get(doc.qualname.rpartition(".")[0])
    if not isinstance(owner, Class):
        return True
    if doc.qualname in INNER:
        return False
    if doc.name == "__init__":
        return not issubclass(owner.obj, tuple)  # a named tuple's would repeat its fields
    if doc.kind != "variable" or is_typeddict(owner.obj):
        return True
    if isinstance(getattr_static(owner.obj, doc.name, None), (property, cached_property)):
        return bool(doc.docstring)
    # Other variables either have a docstring of their own, below them, or only that of their type.
    return any(doc.name in walk_tree(base).var_docstrings for base in owner.obj.__mro__)


@pass_context
def to_markdown(context: Context, docstring: str) -> str:
    """Convert a docstring as pdoc does, but do not take the stars of ``**settings`` for bold type."""
    return to_markdown_with_context(context, re.sub(r"(?m)^((?:\w+, )*)\*\*(?=\w+$)", r"\1\*\*", docstring))


def build(home: Path) -> None:
    """Write a page for each module, an index and the data for the search."""
    render.configure(
        docformat="numpy",
        footer_text=f"lstm-widget {import_module('lstm_widget').__version__}",
        show_source=False,
        template_directory=DOCS / "templates",
    )
    render.env.globals["dark_code"] = HtmlFormatter(style="github-dark").get_style_defs(".pdoc-code")
    render.env.filters["to_markdown"] = to_markdown
    pages = modules()
    render.env.globals["is_listed"] = partial(is_listed, pages)
    shutil.rmtree(home, ignore_errors=True)
    for name, module in pages.items():
        file = home / f"{name.replace('.', '/')}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render.html_module(module, pages), encoding="utf-8")
    (home / "index.html").write_text(render.html_index(pages), encoding="utf-8")
    (home / "search.js").write_text(render.search_index(pages), encoding="utf-8")


if __name__ == "__main__":
    target = Path(*sys.argv[1:]) if sys.argv[1:] else HOME
    build(target)
    sys.stdout.write(f"The reference starts at {target / 'index.html'}\n")
