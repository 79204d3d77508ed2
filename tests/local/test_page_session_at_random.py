"""Whatever is said to the sessions of the page and of the kernel, both say the same."""

from __future__ import annotations

from random import Random

import pytest
from saying import LONG, lanes_of, start

from lstm_widget import TemperatureLanes

KINDS = ["start", "stop", "resume", "clear", "show", "remove", "inspect", "activate", "expect", "set"]
KINDS += 4 * ["pull"] + 2 * ["branch"]
SEEDS = {
    "abcdefgh": ["abc", "", "Z", "habe", "ca’f\n"],
    "abcdé \n\"'-A": ["“Ab”—‘c’", "e\u0301\u00a0B\r\nd", "ÀaZ…", "½\t–"],
    "ab\r\n\u0308“” ": ["a\nb", 'ä\r\n\n"', '\u2028 Ba"'],
}
SETS = [{"seed": "Zé"}, {"temperature": 1.2}, {"length": 0}, {"cell": [1, 5]}, {"cell": [1, 6]}, {"top_p": 2}]


def something(one_of, runs, seeds):
    """Return a message as a page or a broken one may send it; fields that are not of its kind do no harm."""
    kind, new = one_of(KINDS), f"run {len(runs)}"
    if kind in {"start", "branch"}:
        runs.append(new)
    limits = {"top_k": one_of([None, 1, 3]), "top_p": one_of([None, 0.5, 1]), "length": one_of([1, 30, 70])}
    begun = start(seed=one_of(seeds), only_read=one_of(4 * [False] + [True]), **limits)
    position = one_of([0, 1, 5, 20, 60])
    lanes = [{"name": "text", "temperature": one_of([0, 0.3, 0.8, 1.5, -1]), "position": position}]
    run = new if kind == "start" else one_of([*runs, "gone"])
    question = {
        "id": new,
        "branch": new,
        "character": one_of("abcdefgh" * 3 + "Z"),
        "seed": one_of(["", *seeds]),
    }
    piece = {
        "until": position + one_of([1, 7, 30]),
        "budget": LONG,
        "pull": "p",
        "length": one_of([1, 30, 100]),
    }
    place = {
        "position": position,
        "count": one_of([1, 7, 600]),
        "layer": one_of([0, 1, 2]),
        "unit": one_of([0, 5, 7]),
    }
    return {**begun, **question, **piece, **place, "type": kind, "run": run, "lanes": lanes}


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("characters", SEEDS, ids=ascii)
def test_whatever_is_said_both_say_the_same(twins, random_model, characters, number):
    one_of, runs = Random(number).choice, ["a"]  # noqa: S311 - no secret
    both = twins(model=random_model(units=(8, 7), characters=characters, random_seed=number))
    both.say(start(seed="ab"))
    for _ in range(40):
        message = something(one_of, runs, SEEDS[characters])
        if message["type"] == "set":
            both.set(**one_of([*SETS, {"seed": one_of(SEEDS[characters])}]))
        else:
            both.say(message)


@pytest.mark.parametrize("number", range(12))
def test_whatever_is_said_of_lanes_both_say_the_same(twins, random_model, number):
    one_of = Random(number).choice  # noqa: S311 - no secret
    model = random_model(units=(8, 7), random_seed=number)
    both, runs = twins(TemperatureLanes, model=model, temperatures=[0.3, 0.7, 1.1]), ["a"]
    both.say(start(heats=(0.3, 0.7, 1.1)))
    for _ in range(30):
        message = something(one_of, runs, SEEDS["abcdefgh"])
        names = sorted({one_of(["lane-1", "lane-2", "lane-3", "new", "newer"]) for _ in range(5)})
        message["lanes"] = lanes_of([one_of([0, 0.3, 1.5, -1]) for _ in names], message["position"], names)
        if message["type"] != "set":
            both.say(message)
        elif one_of([True, False]):
            both.set(names=names, temperatures=[0.5] * len(names))
        else:
            both.set(temperatures=[0.5] * one_of([1, 2, 3, 5, 7]))
