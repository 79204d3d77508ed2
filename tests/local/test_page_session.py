"""The session of the page says what that of the kernel says, message by message."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from saying import LONG, SETTINGS, lanes_of, of_run, pull, span, start
from test_overflow import spoilt

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes
from lstm_widget.inspection.followed import FOLLOWED, followed

# A text.


def test_a_text_from_its_begin_to_its_end(twins):
    both = twins()
    both.say({"type": "hello"})
    both.say(start())
    for position in range(0, 60, 20):
        both.say(pull(position + 20, position))
    both.say(of_run("resume", length=90))
    both.say(pull(75, 60))
    both.say(of_run("stop"))
    both.say(of_run("stop"))
    both.say(of_run("resume", length=70))
    both.say(pull(100, 75, 1.2))
    both.say(pull(100, 0))
    both.say({"type": "clear"})
    both.say({"type": "clear"})
    both.say(of_run("stop"))


@pytest.mark.parametrize(
    "settings",
    [
        {"top_k": 3},
        {"top_p": 0.7},
        {"top_k": 5, "top_p": 0.9, "rng": 2**53 - 1},
        {"seed": "abc" * 100, "length": 500, "rng": 0},
        {"rng": 7, "length": 200},
    ],
    ids=str,
)
@pytest.mark.parametrize("units", [(8, 6), (5,)], ids=str)
def test_the_same_text_with_every_setting(twins, random_model, settings, units):
    both = twins(model=random_model(units=units, embedding=4 if len(units) == 1 else None))
    both.say(start(**settings))
    for number, heat in enumerate([0.8, 0.8, 0.0, 1.5, 0.3, 1e-10, 4.0, 100.0]):
        both.say(pull(7 * number + 7, 7 * number, heat))
    both.say(pull(1000, 56, 0.9))


def test_several_messages_in_one(twins):
    both = twins()
    both.say({"type": "several", "messages": [start(), pull(20), None, pull(40, 20), {"type": "hello"}]})
    both.say({"type": "several", "messages": [{"type": "several", "messages": [of_run("stop")]}]})
    for messages in (None, [], "hello", {"0": pull(20)}):
        both.say({"type": "several", "messages": messages})


def test_a_seed_that_is_read_and_one_that_is_unknown(twins):
    both = twins()
    both.say(start(only_read=True))
    both.say(start("b", seed="aZbé", only_read=False))
    both.say(pull(20, run="b"))
    for seed in ("", "Z", "é"):
        both.say(start("c", seed=seed))
    both.say(pull(30, 20, run="b"))


# What is wrong.

WRONG = [
    *(None, [], "hello", 5, {}, {"type": None}, {"type": ["hello"]}, {"type": "it's \x00"}),
    *({"type": "start", "run": run} for run in (None, "", 5, "x" * 101)),
    {"type": "start", "run": "b"},
    *(start("b", length=length) for length in (0, -1, "100", True, None, [100], {}, 1_000_001, 2.5, 1e300)),
    *(start("b", (heat,)) for heat in (-1, 101, "1", None, True, {"a": [1, 2, {"b": "c" * 200}]})),
    *(start("b", top_k=top_k) for top_k in (0, 2.5, "3", False, -(2**53), 2**60)),
    *(start("b", top_p=top_p) for top_p in (0, 1.01, "a\n'b\"", 1e-5 - 1, [1, 2, 3, 4, 5, 6, 7])),
    *(start("b", rng=rng) for rng in (-1, 2.5, "3", 2**53, {"b": 1, "a": 2, "c": None, "d": True, "e": 5})),
    *(start("b", seed=seed) for seed in (5, None, ["a"])),
    {**start("b"), "lanes": []},
    {**start("b"), "lanes": "text"},
    {**start("b"), "lanes": [{"name": "lane", "temperature": 1}]},
    {**start("b"), "lanes": [{"name": 5, "temperature": 1}]},
    start("b", (1, 1)),
    *(pull(20, budget=budget) for budget in (0, -1, "30", None, True)),
    *(pull(until) for until in (0, -1, "3", None, 2.5)),
    *(pull(20, position) for position in (-1, "0", None)),
    pull(20, run="gone"),
    pull(20, pull=""),
    {**pull(20), "lanes": [{"name": "text", "temperature": 7000, "position": 0}]},
    *(of_run("resume", length=length) for length in (None, 0, "100", 1_000_001)),
    *(of_run(kind, "gone", length=5) for kind in ("stop", "resume", "show", "remove")),
    of_run("remove"),
    *(
        {"type": "branch", "id": "q", "run": "a", "branch": "b", "position": place, "character": character}
        for place, character in [(-1, "a"), (21, "a"), ("5", "a"), (5, "é"), (5, ""), (5, "ab"), (5, None)]
    ),
    {"type": "branch", "run": "a", "branch": "b", "position": 5, "character": "a"},
    *(span("inspect", *place) for place in [(-1, 5), (0, 0), ("0", 5), (0, None)]),
    span("inspect", 0, 5, "gone"),
    *(span("activate", 0, 5, layer=layer, unit=unit) for layer, unit in [(2, 0), (0, 8), (1, 6), (-1, 0)]),
    {"type": "expect", "id": "q"},
    {"type": "expect", "seed": "a"},
    {"type": "find"},
]  # fmt: skip


def test_what_is_wrong_is_refused_in_the_same_words(twins):
    both = twins()
    for message in WRONG:
        both.say(message)
    both.say(start())
    both.say(pull(20))
    for message in WRONG:
        if not (isinstance(message, dict) and message.get("run") == "b"):  # else that begins
            both.say(message)
    both.say(pull(60, 20))
    for message in WRONG:
        both.say(message)


def test_a_setting_that_is_unknown(twins):
    both = twins()
    both.say({**start(), "settings": {**SETTINGS, "sed": "a"}})
    both.say({**start(), "settings": {**SETTINGS, "colour": "red"}})
    both.say({**start(), "settings": {**SETTINGS, "top_q": 1, "": 2}})


# The look inside.


def test_the_look_inside(twins):
    both = twins()
    both.say(start())
    both.say(pull(30))
    both.say(span("inspect", 0, 20))
    both.say(span("inspect", 20, 512))
    both.say(pull(60, 30, 1.1))
    both.say(span("inspect", 33, 512))
    both.say(span("inspect", 10, 40))
    both.say(span("inspect", 1000, 5))
    for layer, unit in [(0, 0), (0, 7), (1, 5)]:
        both.say(span("activate", 0, 512, layer=layer, unit=unit))
        both.say(span("activate", 30, 5, layer=layer, unit=unit))
    for seed in ("abc", "abcd", "ab", "", "Zab", "hgfedcba" * 50, "hgfedcba" * 49):
        both.say({"type": "expect", "id": "q", "seed": seed})


def test_branches(twins):
    both = twins()
    both.say(start())
    both.say(pull(30))
    both.say(pull(60, 30, 1.3))
    for number, (run, place, character) in enumerate(
        [("a", 10, "h"), ("b1", 20, "a"), ("a", 60, "b"), ("b1", 0, "c")]
    ):
        name = f"b{number + 1}"
        branch = {
            "type": "branch",
            "id": name,
            "run": run,
            "branch": name,
            "position": place,
            "character": character,
        }
        both.say(branch)
        both.say(branch)
        both.say(pull(place + 15, place, 1.3, name))
        both.say(span("inspect", 0, 80, name))
        both.say(span("activate", 5, 20, name, layer=0, unit=1))
        if number != 1:
            both.say(pull(80, place + 15, 0.4, name))
    both.say(of_run("show", "a"))
    both.say(of_run("show", "a"))
    both.say(of_run("resume", length=70))
    both.say(pull(70, 60))
    both.say(of_run("show", "b2"))
    both.say(span("inspect", 0, 80, "b2"))
    both.say(of_run("remove", "b1"))
    both.say(of_run("remove", "b3"))
    both.say(of_run("show", "b2"))
    both.say(of_run("remove", "a"))
    both.say(start("n"))


def test_cells_are_found(twins, random_model):
    both = twins(model=random_model(units=(16,), characters='abcdefghABC .,\n"()1', random_seed=2, scale=0.7))
    found = both.say({"type": "find", "id": "q"})
    assert found[-1]["done"] == 1
    assert len(both.traits["cells"]) > 3
    both.say({"type": "find", "id": "r"})


def test_what_cells_may_follow_is_the_same_in_both(widget_page):
    codes = {*range(0x250), *range(0x300, 0x500), *range(0x1E00, 0x2100), 0x1F600, 0x1D400}
    codes.remove(0x19B)  # Unicode 16 has a capital for it, which an older Python does not know
    common = "".join(map(chr, sorted(codes)))
    texts = [
        '"Yes," she said--"no?" (It [was] late.) He\n\n"did not.\n“Or “so” – „y“ «z»! 12³ é e\u0301e Æ ß ǅx',
        common,
        *(" ".join(common[start::7]) for start in range(7)),
        "".join(Random(1).choices(common + 50 * " .,\n\"'ab", k=5000)),  # noqa: S311 - no secret
    ]
    for text in texts:
        (answer,) = widget_page.ask("followed", text=text)
        assert answer.keys() == FOLLOWED.keys()
        for name, values in answer.items():
            np.testing.assert_array_equal(np.array(values, dtype=float), followed(name, text), name)


# Settings.


def test_settings_are_taken_or_refused_in_the_same_words(twins):
    both = twins()
    both.set(seed="", length=70)
    both.set(seed="aZ’b")
    both.set(temperature=1.5, top_k=3, top_p=0.5, rng=None, speed=None)
    both.set(what_if=0.5, colour="rank", cell=[1, 5], inside=False, pointed=True, presenting=True)
    both.set(what_if=None, cell=None)
    for wrong in (
        {"length": 0},
        {"temperature": -1, "seed": "b"},
        {"top_p": 0},
        {"rng": -1},
        {"speed": 0},
        {"cell": [2, 0]},
        {"model": "other"},
    ):
        both.set(**wrong)


def test_a_page_may_not_change_what_it_only_shows(twins):
    both = twins()
    before = dict(both.traits)
    both.set(text="mine", status="failed", units=[])
    assert both.traits == {**before, "text": "mine", "status": "failed", "units": []}  # for itself
    both.traits |= {name: before[name] for name in ("text", "status", "units")}
    both.say(start())
    both.say(pull(60))


def test_what_is_locked_stays(twins):
    both = twins(locked=["temperature", "rng"])
    both.set(temperature=both.widget.temperature)
    both.set(temperature=2.0)
    both.set(rng=3)
    both.set(rng=4, length=5)


# Lanes.


def test_lanes_have_the_same_dice(twins):
    both = twins(TemperatureLanes, temperatures=[0.3, 0.7, 1.1])
    both.say(start(heats=(0.3, 0.7, 1.1)))
    both.say({**pull(20), "lanes": lanes_of([0.3, 0.7, 1.1])})
    both.say({**pull(30), "lanes": lanes_of([0.3, 0.9, 1.1], 20)})
    more = ["lane-1", "lane-3", "new"]
    both.set(names=more, temperatures=[0.3, 1.1, 2.0])
    both.say({**pull(30), "lanes": lanes_of([0.3, 1.1, 2.0], 0, more)})
    both.say(of_run("stop"))
    both.say(of_run("resume", length=40))
    both.say({**pull(100), "lanes": lanes_of([0.3, 1.1, 2.0], 30, more)})
    both.say(pull(100))
    both.say({**pull(100), "lanes": []})
    both.say(start("b"))
    both.say({"type": "clear"})
    both.say({"type": "expect", "id": "q", "seed": "a"})


def test_lanes_come_and_go(twins):
    both = twins(TemperatureLanes, temperatures=[0.3, 0.7])
    both.set(temperatures=[0.3, 0.7, 1.0])
    both.set(temperatures=[0.3, 0.7])
    both.set(temperatures=[0.3, 0.7, 0.9, 1.1])
    for wrong in ([0.3], [0.3] * 7, "0.3", [0.3, -1.5], 5):
        both.set(temperatures=wrong)
    both.set(names=["a", "b"])
    both.set(names=["a", "a", "b", "c"])
    both.set(names=["a", "b", "c", "d"])
    both.set(names=["a", "b"], temperatures=[1.0, 1.2])


# What was written before.


def test_what_a_cell_wrote_goes_on_in_the_page(twins):
    def written(model, **settings):
        widget = LSTMWidget(model, **settings)
        widget.generate(length=30)
        widget.temperature = 1.3
        widget.resume()
        widget.branch(10, "h")
        widget.branch(20, "a")
        return widget

    both = twins(written)
    run = both.traits["receipt"]["run"]
    first = both.traits["branches"][0]["run"]
    both.compare()
    both.say(of_run("stop", run))
    both.say(of_run("resume", run, length=80))
    both.say(pull(80, 60, 0.7, run))
    both.say(span("inspect", 0, 512, run))
    both.say(of_run("show", first))
    both.say(span("inspect", 20, 30, first))
    both.say(span("activate", 0, 512, first, layer=1, unit=2))
    both.say({"type": "branch", "id": "q", "run": first, "branch": "b", "position": 40, "character": "c"})
    both.say(pull(70, 40, 1.0, "b"))
    both.say(of_run("remove", run))
    both.say({"type": "clear"})


def test_lanes_that_a_cell_wrote_go_on_in_the_page(twins):
    def written(model, **settings):
        widget = TemperatureLanes(model, temperatures=[0.3, 1.0], **settings)
        widget.generate(length=30)
        widget.add(2.0)
        return widget

    both = twins(written)
    both.compare()
    run, names = both.traits["receipts"][0]["run"], both.traits["names"]
    both.say(of_run("resume", run, length=50))
    lanes = lanes_of([0.3, 1.2, 2.0], 0, names)
    both.say({"type": "pull", "run": run, "pull": "p", "until": 50, "budget": LONG, "lanes": lanes})


# A model that cannot be computed with.


def test_weights_that_are_too_large_end_the_text_with_the_same_sentence(twins, random_model):
    # Huge numbers below that leave it to rounding which of them cancel out.
    both = twins(model=spoilt(random_model(units=(8, 6)), "softmax"))
    both.say({"type": "expect", "id": "q", "seed": "abcd"})
    both.say(start())
    both.say(pull(20))
    both.say(span("inspect", 0, 20))
    both.say(of_run("resume", length=90))
    both.say(of_run("stop"))
    both.say(start("b", (0.0,)))
    both.say(pull(20, run="b"))
    both.say({"type": "find", "id": "q"})


# With hardly any time.


def test_everything_comes_in_pieces_and_is_the_same(widget_page, file_of, random_model):
    model = random_model(units=(8, 6))
    seed = "abcdefgh" * 200
    saved = LSTMWidget(model, seed=seed, length=300, rng=3)._saved()
    widget_page.ask("open", file=str(file_of(model)), saved=saved, budget=1e-9, math="wasm")
    generator = LSTMGenerator(model)

    def answers(content):
        return [one for one in widget_page.ask("custom", content=content) if one["method"] == "custom"]

    answers(start(seed=seed, length=300))
    text, left = "", []
    while len(text) < 300:
        chunk = answers(pull(300, len(text)))[0]["content"]["lanes"][0]
        text += chunk["text"]
        left += [chunk["left"]] if "left" in chunk else []
    assert text == generator.generate(seed=seed, length=300, rng=3, temperature=0.8)
    assert left == sorted(left, reverse=True)
    assert len(left) > 100

    expected = generator.trace(seed=seed, length=300, rng=3, temperature=0.8, logits=True).logits
    found, position = [], len(seed)
    while position < len(seed) + 300:
        (answer,) = answers(span("inspect", position, 512))
        content = answer["content"]
        found.append(np.frombuffer(bytes.fromhex(answer["buffers"][0]), "<f4").reshape(content["count"], -1))
        position += content["count"]
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=1e-4)
