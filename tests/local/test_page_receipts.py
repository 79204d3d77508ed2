"""Receipts are replayed in the page as in Python, and what is wrong with one is said in the same words."""

from __future__ import annotations

import numpy as np
import page_in_node
import pytest
from twins import on_the_wire

from lstm_widget import LSTMError, LSTMGenerator, LSTMWidget

SETTINGS = {"seed": "abc", "temperature": 0.8, "length": 60, "rng": 3}


@pytest.fixture
def widget(random_model):
    return LSTMWidget(random_model(units=(8, 6)), **SETTINGS)


@pytest.fixture
def page(widget_page, file_of, widget):
    file = str(file_of(widget.generator.model))
    widget_page.ask("open", file=file, saved=on_the_wire(widget._saved()), budget=None, math="wasm")
    return widget_page


def branched(widget):
    """Write a text whose temperature was changed, and that branched off others."""
    widget.generate(length=20)
    widget.temperature = 1.5
    widget.resume()
    widget.branch(10, "h")
    widget.branch(15, "a")
    widget.temperature = 0
    widget.resume()


WRITTEN = {
    "plain": lambda widget: widget.generate(),
    "limited": lambda widget: widget.generate(top_k=4, top_p=0.8, temperature=1.3),
    "cold": lambda widget: widget.generate(temperature=0),
    "branched": branched,
    "only read": lambda widget: widget.read(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_receipt_gives_the_same_text_and_the_same_reasons(widget, page, how):
    WRITTEN[how](widget)
    receipt = on_the_wire(widget.receipt)
    assert widget.text == widget.generator.replay(receipt)
    (found,) = page.ask("replay", receipt=receipt)
    assert found["text"] == widget.text
    expected, trace = widget.trace, found["trace"]
    assert len(trace) == len(expected)
    names = {"id": "ids", "die": "dice", "temperature": "temperatures", "rank": "ranks", "forced": "forced"}
    names |= {"probability": "probabilities", "entropy": "entropies", "surprise": "surprise"}
    for name, name_here in names.items():
        there = np.array([one[name] for one in trace], dtype=float)
        np.testing.assert_allclose(there, getattr(expected, name_here), rtol=0, atol=1e-4, err_msg=name)


WRONG = [
    *(None, [], "receipt", {}, {"model": "x"}),
    *({"fingerprint": one} for one in ("0", None, 5)),
    *(
        {"temperatures": one}
        for one in (None, [[1]], [[61, 1.0]], [[-1, 1.0]], [[1, 1.0], [1, 2.0]], [["1", 1.0]])
    ),
    *({"placed": one} for one in ("x", [[70, "a"]], [[5, "Z"]], [[5, "ab"]], [[2, "a"], [2, "b"]])),
    *({"written": one} for one in (None, 61, "5", 2.5)),
    *({"rng": None}, {"length": 0}, {"temperature": -1}, {"seed": ""}, {"seed": "Z"}, {"top_k": 0}),
    {"temperatures": [[5, 101]]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_wrong_with_a_receipt_is_said_in_the_same_words(widget, page, wrong):
    widget.generate()
    receipt = on_the_wire(widget.receipt)
    if isinstance(wrong, dict) and wrong and "model" not in wrong:
        wrong = {**receipt, **wrong}
    with pytest.raises(LSTMError) as expected:
        LSTMGenerator(widget.generator.model).replay(wrong)
    with pytest.raises(page_in_node.Refused) as refused:
        page.ask("replay", receipt=wrong)
    assert str(refused.value) == str(expected.value)
