"""What the tests of the widget share: a page that is no browser, and other ways to the same texts."""

from __future__ import annotations

import json
import threading

import numpy as np
from slow_texts import slow_text

from lstm_widget import LSTMGenerator

SETTINGS = {"seed": "abc", "temperature": 0.8, "length": 60, "rng": 3}


class Page:
    """Speaks with a widget as its page does, and keeps what comes back."""

    def __init__(self, widget):
        self.widget = widget
        self.sent = []
        self.buffers = []  # of each of them
        widget.send = self._arrived

    def _arrived(self, content, buffers=None):
        self.sent.append(of_one_lane(on_the_wire(content)))
        self.buffers.append([bytes(memoryview(buffer)) for buffer in buffers or []])

    def ask(self, content):
        """Send a message as it comes from a browser; return what was sent meanwhile."""
        before = len(self.sent)
        data = {"method": "custom", "content": content}
        self.widget._handle_msg({"content": {"data": data}, "buffers": []})
        return self.sent[before:]

    def start(self, run="a", **settings):
        return self.ask(a_start(run, **settings))

    def resume(self, length, run="a"):
        return self.ask({"type": "resume", "run": run, "length": length})

    def stop(self, run="a"):
        return self.ask({"type": "stop", "run": run})

    def look(self, content, *types):
        """Ask for something with arrays; return the answer and the arrays, of these types."""
        (answer,) = self.ask(content)
        return answer, [np.frombuffer(one, kind) for one, kind in zip(self.buffers[-1], types, strict=True)]

    def clear(self):
        return self.ask({"type": "clear"})

    def pull(self, position, count=20, temperature=0.8, run="a", **others):
        return self.ask({**a_pull(position, count, temperature, run), **others})

    def pull_all(self, have=0, temperature=0.8, run="a"):
        """Pull to the end; return the text from where the page was, and the last message."""
        text = ""
        while True:
            for message in self.pull(have + len(text), temperature=temperature, run=run):
                if message["type"] != "chunk":
                    return text, message
                assert message["position"] == have + len(text)
                text += message["text"]

    def of(self, *kinds):
        """Return the messages of these kinds."""
        return [message for message in self.sent if message["type"] in kinds]


def a_start(run="a", **settings):
    settings = {**SETTINGS, **settings}
    lanes = [{"name": "text", "temperature": settings.pop("temperature")}]
    return {"type": "start", "run": run, "settings": settings, "lanes": lanes}


def a_pull(position=0, count=20, temperature=0.8, run="a", **lane):
    """Return a pull; `lane` is said of its lane."""
    lanes = [{"name": "text", "temperature": temperature, "position": position, **lane}]
    limits = {"until": position + count, "budget": 1e9}
    return {"type": "pull", "run": run, "pull": "p", **limits, "lanes": lanes}


def of_one_lane(message):
    """Return a message with what it says of its only lane; that of several as it is."""
    if message["type"] == "chunk" and [lane["name"] for lane in message["lanes"]] == ["text"]:
        (lane,) = message.pop("lanes")
        del lane["name"]
        return {**message, **lane}
    if message["type"] == "end" and list(message["receipts"]) == ["text"]:
        message["receipt"] = message.pop("receipts")["text"]
    return message


def on_the_wire(content):
    """Return a message as the page reads it; what JSON or UTF-8 cannot hold is an error."""
    return json.loads(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def one_line(match=""):
    """Return a pattern for an error of one line."""
    return rf"\A[^\n]*{match}[^\n]*\Z"


# The same text once more.


def reproduced(receipt, model):
    """Return the text that a receipt stands for."""
    settings = {name: receipt[name] for name in ("seed", "temperature", "top_k", "top_p", "rng")}
    run = LSTMGenerator(model).start(settings, length=receipt["written"])
    assert receipt["placed"] == []
    for position, temperature in receipt["temperatures"]:
        run.advance(position - len(run.characters))
        run.temperature = temperature
    run.advance()
    return "".join(run.characters)


def slowly_reproduced(receipt, network):
    """Return the same by the plain formulas; `network` has read nothing yet."""

    def temperature(count):
        changes = [(0, receipt["temperature"]), *receipt["temperatures"]]
        return [heat for position, heat in changes if position <= count][-1]

    dice = np.random.default_rng(receipt["rng"])
    limits = receipt["top_k"], receipt["top_p"]
    return slow_text(network, receipt["seed"], receipt["written"], temperature, dice, *limits)


def bits_of(model, seed, text):
    """Return how surprising the first n characters of a text are together, for n from 0."""
    return np.cumsum([0.0, *LSTMGenerator(model).score(seed + text).bits[len(seed) :]])


def finishes(function):
    """Return what a function returns; fail if it waits for itself for ever."""
    outcome = {}

    def work():
        try:
            outcome["result"] = function()
        except BaseException as error:  # noqa: BLE001 - raised below
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "It waits for itself."
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
