"""The static site of `make site`: its links, its policies, and that it asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from lstm_widget.network.bundled import available_models

ROOT = Path(__file__).parents[1]
# What a reader may follow. Nothing is loaded from anywhere.
ELSEWHERE = ("https://colab.research.google.com/github/lstm-widget/", "https://pdoc.dev")
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "srcset"}


class Page(HTMLParser):
    """What the tests ask about a page."""

    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.loaded, self.policy = set(), [], [], ""
        self.inside = {"script": [], "style": []}
        self.saved, self.tags, self._open = [], set(), None
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self.ids.add(given.get("id"))
        assert not {"style"} & given.keys()
        assert not any(name.startswith("on") for name in given)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if tag == "a":
            self.links.append(given["href"])
        if LOADED.get(tag) in given and not given[LOADED[tag]].startswith("data:"):
            self.loaded.append(given[LOADED[tag]])
        self._open = (tag, given)

    def handle_data(self, data):
        tag, given = self._open or ("", {})
        if tag in self.inside and not given:
            self.inside[tag].append(data)
        elif "data-place" in given:
            self.saved.append((given["data-place"], json.loads(data)))

    def handle_endtag(self, _tag):
        self._open = None


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build it."""
    home = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs" / "website" / "build.py"), str(home)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path()}
    )
    assert (done.returncode, done.stderr) == (0, "")
    return home


def path():
    """Return where Python finds this checkout first, and then all else."""
    return os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="module")
def pages(site):
    return {file: Page(file) for file in site.rglob("*.html") if file != site / "api" / "index.html"}


def test_every_link_inside_leads_somewhere(pages):
    checked = 0
    for file, page in pages.items():
        for link in page.links + page.loaded:
            address = urlsplit(link)
            if address.scheme:
                assert link.startswith(ELSEWHERE), f"{file}: {link}"
                continue
            target = Path(os.path.normpath(file.parent / unquote(address.path))) if address.path else file
            assert target.is_file(), f"{file}: {link}"
            if address.fragment:
                assert unquote(address.fragment) in pages[target].ids, f"{file}: {link}"
            checked += 1
    assert checked > 300


def test_nothing_is_loaded_but_scripts_of_the_site(pages, site):
    for file, page in pages.items():
        assert not {"iframe", "object", "embed", "base", "link"} & page.tags
        for address in page.loaded:
            assert Path(os.path.normpath(file.parent / address)).is_relative_to(site)
        for text in page.inside["style"]:
            assert "@import" not in text
            assert not re.search(r"url\((?![\"']?(?:data:|#))", text)


def test_each_page_holds_its_policy(pages):
    for file, page in pages.items():
        rules = dict(one.strip().split(" ", 1) for one in page.policy.split(";"))
        assert rules["default-src"] == "'none'", file
        assert rules.keys() <= {
            *("default-src", "script-src", "style-src", "worker-src", "base-uri", "form-action", "img-src")
        }
        assert rules.get("img-src", "data:") == "data:"
        for tag, texts in page.inside.items():
            hashes = {f"'sha256-{digest(text)}'" for text in texts}
            also = {"'self'", "'wasm-unsafe-eval'"} if tag == "script" else set()
            assert set(rules[f"{tag}-src"].split()) == hashes | also, file


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_each_model_has_a_page_with_a_widget_and_they_share_the_weights(pages, site):
    of_models = {file.stem: page for file, page in pages.items() if file.parent.name == "models"}
    assert of_models.keys() == set(available_models())
    for name, page in of_models.items():
        ((place, saved),) = page.saved
        assert place in page.ids
        assert saved["traits"]["model"] == name
    living = [page for page in pages.values() if page.saved]
    assert len(list((site / "weights").iterdir())) == len(of_models)
    for page in living:
        assert {Path(one).name for one in page.loaded} == {
            Path(saved["beside"]).name for _, saved in page.saved
        }


def test_the_lesson_has_its_widgets_its_formulas_and_what_came_of_its_code(pages, site):
    file = site / "lessons" / "temperature.html"
    page, text = pages[file], file.read_text(encoding="utf-8")
    notebook = json.loads((ROOT / "notebooks" / "temperature.ipynb").read_text(encoding="utf-8"))
    outputs = [(cell["id"], output) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    pictures = [name for name, output in outputs if "image/png" in output.get("data", {})]
    assert [place for place, _ in page.saved] == pictures
    assert {saved["kind"] for _, saved in page.saved} == {"text", "lanes"}
    assert text.count('<pre class="output"') == len(outputs) - len(pictures)
    assert text.count("<math") > 30
    visible = re.sub(r"(?s)<(script|style|pre|code).*?</\1>", "", text)
    assert "$" not in visible
    assert "badge" not in visible
