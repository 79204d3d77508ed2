"""A widget as one HTML file: what is in it, and what cannot get into it."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from lstm_widget import LSTMWidget, ModelError, TemperatureLanes
from lstm_widget.formats.safetensors import parse_safetensors

# What ends a script, a style, an attribute or a comment, and characters that HTML reads as others.
ODD = "<>&\"'\\/!-\x00\u2028\ufeff\ud800\U0001f600"
MARKUP = "</script><!--<script><img src=x onerror=alert(1)>\"'&amp;"


class Parts(HTMLParser):
    """The elements of a page, in order: name, attributes, text directly in them."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self._open = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        if tag != "meta":
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open:
            self._open[-1][2] += data

    def handle_comment(self, data):
        pytest.fail(f"There is a comment: {data[:80]}")

    def one(self, tag, **attributes):
        """Return the attributes and the text of the only such element."""
        (found,) = (
            (given, text)
            for name, given, text in self.elements
            if name == tag and attributes.items() <= given.items()
        )
        return found


def exported(widget, tmp_path):
    file = widget.export_html(tmp_path / "page.html")
    assert file == tmp_path / "page.html"
    return file.read_text(encoding="utf-8")


def test_the_page_has_all_that_it_needs(model, tmp_path):
    widget = LSTMWidget(
        model.with_card({"title": "A model", "licence": "CC0", "language": "de"}), seed="abc", rng=3
    )
    parts = Parts(exported(widget, tmp_path))
    assert parts.one("html")[0] == {"lang": "en"}
    assert parts.one("title")[1].startswith("A model")
    saved = json.loads(parts.one("script", id="lstm-saved")[1])
    weights = parts.one("script", id="lstm-weights")[1]
    assert saved["size"] == len(weights)
    assert (saved["kind"], saved["texts"], saved["current"]) == ("text", [], None)
    assert saved["traits"]["seed"] == "abc"
    assert saved["traits"]["models"] == [{"name": "A model", "title": "A model"}]
    read = parse_safetensors(base64.b64decode(weights), "the page")
    assert read.fingerprint == saved["fingerprint"] == model.fingerprint
    assert any("CC0" in text for name, _, text in parts.elements if name == "p")


def test_a_text_of_another_model_leaves_nothing_in_the_page(model, random_model, tmp_path):
    widget = LSTMWidget(model, seed="abc", length=10, cell=(1, 5))
    widget.generate()
    widget.model = random_model(units=(4,))
    saved = json.loads(Parts(exported(widget, tmp_path)).one("script", id="lstm-saved")[1])
    traits = saved["traits"]
    assert (saved["texts"], traits["text"], traits["branches"]) == ([], "", [])
    assert (traits["units"], traits["cells"], traits["cell"]) == ([4], [], None)


def test_weights_that_float16_holds_are_kept_as_such(model, tmp_path):
    sizes = []
    for one in (model, model.rounded()):
        page = exported(LSTMWidget(one), tmp_path)
        weights = Parts(page).one("script", id="lstm-weights")[1]
        read = parse_safetensors(base64.b64decode(weights), "the page")
        for place, array in one.weights.arrays.items():
            np.testing.assert_array_equal(array, read.weights.arrays[place])
        sizes.append(len(weights))
    assert sizes[1] < 0.6 * sizes[0]


@pytest.mark.parametrize("kind", [LSTMWidget, TemperatureLanes])
def test_only_its_own_script_runs_and_nothing_is_fetched(kind, model, tmp_path):
    parts = Parts(exported(kind(model), tmp_path))
    policy = parts.one("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["worker-src"] == "blob:"
    (script,) = (text for name, given, text in parts.elements if name == "script" and not given)
    (_, style) = parts.one("style")
    for rule, text in (("script-src", script), ("style-src", style)):
        assert not any(one in text for one in ("\r", "\x00", "<!--"))  # a browser reads these otherwise
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule].split()[0] == f"'sha256-{digest}'"
    assert not {"unsafe-inline", "unsafe-eval'", "*", "data:", "http:"} & set(
        policy.replace("'", " ").split()
    )
    for name, given, _ in parts.elements:
        assert not {"src", "href", "srcdoc", "style"} & set(given), name
        assert not any(attribute.startswith("on") for attribute in given)


def test_no_character_can_become_markup(random_model, tmp_path):
    card = {
        "title": MARKUP,
        "licence": MARKUP,
        "language": MARKUP,
        "text": MARKUP,
        "note": MARKUP,
        "seed": "<",
    }
    without = LSTMWidget(random_model(characters=ODD, card={"licence": "x", "text": "x"}), seed="<")
    without.generate(length=5)
    plain = Parts(exported(without, tmp_path))
    widget = LSTMWidget(random_model(characters=ODD, card=card), seed=MARKUP, rng=1, temperature=2.0)
    text = widget.generate(length=300)
    parts = Parts(exported(widget, tmp_path))
    assert [name for name, _, _ in parts.elements] == [name for name, _, _ in plain.elements]
    saved = json.loads(parts.one("script", id="lstm-saved")[1])
    shown = text.replace("\ud800", "\ufffd")
    assert (
        parts.one("p", **{"class": "record"})[1] == widget.receipt["seed"].replace("\ud800", "\ufffd") + shown
    )
    assert saved["traits"]["text"] == shown
    assert saved["traits"]["seed"] == MARKUP
    assert len(saved["texts"][0]["lanes"][0]["ids"]) == 300
    assert parts.one("title")[1].startswith(MARKUP)


def test_what_is_being_written_is_stopped_and_goes_along(model, tmp_path, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)  # a cell writes in many pieces
    widget = LSTMWidget(model, seed="abc", rng=3, length=10_000)
    pages = []
    widget.on_text(lambda _: pages or pages.append(exported(widget, tmp_path)))
    text = widget.generate()
    assert 0 < len(text) < 10_000
    saved = json.loads(Parts(pages[0]).one("script", id="lstm-saved")[1])
    assert (saved["traits"]["status"], saved["traits"]["text"]) == ("stopped", text)
    assert saved["texts"][0]["reason"] == "stopped"


def test_a_text_of_another_model_stays_behind(model, random_model, tmp_path):
    widget = LSTMWidget(model, seed="abc", rng=3, length=10)
    widget.generate()
    widget.model = random_model(units=(4,))
    saved = json.loads(Parts(exported(widget, tmp_path)).one("script", id="lstm-saved")[1])
    assert (saved["texts"], saved["traits"]["text"], saved["traits"]["receipt"]) == ([], "", {})
    assert (saved["traits"]["branches"], saved["traits"]["status"]) == ([], "ready")
    assert widget.text


def test_a_page_that_cannot_be_written_is_one_sentence(model, tmp_path):
    with pytest.raises(ModelError, match=r"\A[^\n]*cannot be written[^\n]*\Z"):
        LSTMWidget(model).export_html(tmp_path)
