"""What a page says to its session, for tests of that."""

from __future__ import annotations

SETTINGS = {"seed": "abc", "length": 60, "top_k": None, "top_p": None, "rng": 3}
LONG = 1e9  # milliseconds, or seconds


def start(run="a", heats=(0.8,), *, only_read=None, **settings):
    names = ["text"] if len(heats) == 1 else [f"lane-{n + 1}" for n in range(len(heats))]
    lanes = [{"name": name, "temperature": heat} for name, heat in zip(names, heats, strict=True)]
    message = {"type": "start", "run": run, "settings": {**SETTINGS, **settings}, "lanes": lanes}
    return message if only_read is None else {**message, "only_read": only_read}


def pull(until, position=0, heat=0.8, run="a", **others):
    lanes = [{"name": "text", "temperature": heat, "position": position}]
    return {"type": "pull", "run": run, "pull": "p", "until": until, "budget": LONG, "lanes": lanes, **others}


def of_run(kind, run="a", **others):
    return {"type": kind, "run": run, **others}


def span(kind, position, count, run="a", **others):
    return {"type": kind, "id": "q", "run": run, "position": position, "count": count, **others}


def lanes_of(heats, position=0, names=None):
    names = names or [f"lane-{n + 1}" for n in range(len(heats))]
    return [
        {"name": name, "temperature": heat, "position": position}
        for name, heat in zip(names, heats, strict=True)
    ]
