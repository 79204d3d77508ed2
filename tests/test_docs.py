"""What a reader finds first: the reference that is built from the docstrings, and the files at the top."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

import lstm_widget
from lstm_widget import training
from lstm_widget.widgets import lanes
from lstm_widget.widgets import text as widget

ROOT = Path(__file__).parents[1]
TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PUBLIC = [(module, name) for module in (lstm_widget, training) for name in module.__all__]
# Of these, each of the settings is told of.
KEYWORDS = {"LSTMWidget": widget.WidgetSettings, "TemperatureLanes": lanes.LaneSettings}
NO_CONTENT = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Part:
    """An element with an id: its own docstring, and what is bold in that."""

    docstring: str = ""
    bold: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """The elements with ids, and the addresses, of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.parts: dict[str, Part] = {}
        self.links: list[str] = []
        self._open: list[tuple[str, str, bool]] = []  # tag, nearest id, whether in a docstring
        self._bold: str | None = None
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        _, name, told = self._open[-1] if self._open else ("", "", False)
        if "id" in given:
            name = given["id"]
            self.parts[name] = Part()
        self.links += [given[one] for one in ("href", "src") if given.get(one)]
        if tag not in NO_CONTENT:
            self._open.append((tag, name, told or given.get("class") == "docstring"))
        if tag == "strong":
            self._bold = ""

    def handle_endtag(self, tag):
        while tag in [one for one, *_ in self._open]:
            last, name, _ = self._open.pop()
            if last == tag:
                break
        if tag == "strong" and self._bold is not None:
            self.parts.setdefault(name, Part()).bold |= set(re.findall(r"\w+", self._bold))
            self._bold = None

    def handle_data(self, data):
        if self._bold is not None:
            self._bold += data
        if self._open and self._open[-1][2]:
            self.parts.setdefault(self._open[-1][1], Part()).docstring += data


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Build it; return its pages by their places."""
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, "-W", "error::UserWarning", str(ROOT / "docs" / "reference.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return {file.relative_to(folder): Page(file) for file in folder.rglob("*.html")}


def parameters(thing):
    """Return the names that a caller may use."""
    names = set()
    for name, one in inspect.signature(thing).parameters.items():
        if one.kind is one.VAR_KEYWORD and thing.__name__ in KEYWORDS:
            names |= KEYWORDS[thing.__name__].__annotations__.keys()
        else:
            names.add(name)
    return names


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=[name for _, name in PUBLIC])
def test_every_public_name_is_told_of_with_its_parameters(reference, module, name):
    page = reference[Path(*module.__name__.split(".")).with_suffix(".html")]
    part, thing = page.parts[name], getattr(module, name)
    first = inspect.getdoc(thing).splitlines()[0].replace("`", "")
    assert first in " ".join(part.docstring.split())
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        assert parameters(thing) <= part.bold


@pytest.mark.parametrize("name", [name for name in lstm_widget.__all__ if name.startswith("LSTM")])
def test_so_is_every_public_method(reference, name):
    page, thing = reference[Path("lstm_widget.html")], getattr(lstm_widget, name)
    for method, function in vars(thing).items():
        if inspect.isfunction(function) and not method.startswith("_"):
            part = page.parts[f"{name}.{method}"]
            assert part.docstring
            if "Parameters" in part.docstring:
                assert parameters(function) - {"self"} <= part.bold


def test_no_link_of_the_reference_is_dead(reference):
    checked = 0
    for file, page in reference.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme in {"https", "data"}:
                continue
            assert not address.scheme, f"{file}: {link}"
            target = Path(file.parent, unquote(address.path)) if address.path else file
            there = reference.get(Path(*_without_dots(target)))
            assert there is not None, f"{file}: {link}"
            assert not address.fragment or unquote(address.fragment) in there.parts, f"{file}: {link}"
            checked += 1
    assert checked > 300


def _without_dots(path):
    parts = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return parts


@pytest.mark.parametrize("name", TEXTS)
def test_no_link_into_the_repository_is_dead(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^```.*?^```", "", text)  # code has addresses of its own
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"\s]+)"', text)
    headings = {slug(one) for one in re.findall(r"(?m)^#+ (.+)$", text)}
    for link in links:
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme == "https", link
        elif address.path:
            assert (ROOT / address.path).exists(), link
        else:
            assert address.fragment in headings, link


def slug(heading):
    """Return what GitHub calls a heading in an address."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_citation_is_of_this_version_and_place():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert citation["version"] == re.search(r'(?m)^version = "(.+)"$', project)[1]
    assert citation["repository-code"] == re.search(r'(?m)^Repository = "(.+)"$', project)[1]
    assert citation["license"] == re.search(r'(?m)^license = "(.+)"$', project)[1]
