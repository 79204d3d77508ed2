"""Cells and the page at the same time: what a cell writes, its interrupts, and a run beside a busy cell."""

from __future__ import annotations

import os

import pytest
from kernels import SUBSHELLS, answers, pull

from lstm_widget import LSTMGenerator

SETTINGS = {"seed": "She was", "length": 200, "temperature": 0.6, "rng": 7}


def begun(notebook):
    """Read until a cell has written something; return the name of the run."""
    while not (runs := [m["run"] for m in answers(notebook.seen) if m["type"] == "chunk" and m["text"]]):
        notebook.next_message()
    return runs[-1]


def test_generate_from_a_cell_streams_as_part_of_the_cell(page):
    cell = page.notebook.client.execute("text = w.generate(seed='She was', length=3_000, rng=7)")
    pieces = answers(page.notebook.until_idle(cell))
    chunks = [m for m in pieces if m["type"] == "chunk"]
    assert [pieces[0]["type"], pieces[-1]["type"]] == ["begin", "end"]
    assert len(chunks) > 1
    expected = LSTMGenerator().generate({**SETTINGS, "length": 3_000})
    assert "".join(m["text"] for m in chunks) == expected
    assert page.notebook.printed("print(text == w.text, w.status)") == "True finished"


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("w.generate(length=1)", ["begin", "chunk", "end"]),
        ("w.resume()", ["begin", "chunk", "end"]),
        ("w.step()", ["begin", "chunk", "end"]),
        ("w.stop()", []),
        ("w.clear()", ["cleared"]),
    ],
)
def test_what_a_cell_does_is_told_as_part_of_the_cell(page, code, kinds):
    page.notebook.run("w.generate(seed='a', length=1)")
    told = answers(page.notebook.until_idle(page.notebook.client.execute(code)))
    # A seed that takes long to be read gives pieces of no characters.
    assert [m["type"] for m in told if m.get("count") != 0] == kinds
    # One more request, so that anything the kernel had sent on its own would have come by now.
    page.notebook.run("pass")
    for message in page.notebook.seen:
        if message["msg_type"] == "comm_msg":
            assert message["parent_header"].get("msg_id")


def test_an_interrupt_ends_generate_and_resume_goes_on(page):
    cell = page.notebook.client.execute("text = w.generate(seed='She was', length=1_000_000, rng=7)")
    begun(page.notebook)
    page.notebook.manager.interrupt_kernel()
    messages = page.notebook.until_idle(cell)
    assert not [m for m in messages if m["msg_type"] == "error"]
    printed = page.notebook.printed("print(len(text), w.text == text, w.status)").split(maxsplit=1)
    have = int(printed[0])
    assert 0 < have < 1_000_000
    assert printed[1] == "True stopped"
    expected = LSTMGenerator().generate({**SETTINGS, "length": have + 100})
    page.notebook.run(f"w.length = {have + 100}; more = w.resume()")
    printed = page.notebook.printed("print(text + more == w.text, w.status, w.receipt['written'])")
    assert printed == f"True finished {have + 100}"
    assert page.notebook.printed(f"print(w.text == {expected!r})") == "True"


def test_an_interrupt_ends_resume_too(page):
    notebook = page.notebook
    notebook.run("w.generate(seed='She was', length=50, rng=7); w.length = 1_000_000")
    notebook.seen.clear()
    cell = notebook.client.execute("more = w.resume()")
    begun(notebook)
    notebook.manager.interrupt_kernel()
    assert not [m for m in notebook.until_idle(cell) if m["msg_type"] == "error"]
    have = int(notebook.printed("print(len(w.text))"))
    assert 50 < have < 1_000_000
    text = LSTMGenerator().generate({**SETTINGS, "length": have})
    assert (
        notebook.printed(f"print(w.status, w.text == {text!r}, w.text[50:] == more)") == "stopped True True"
    )


def test_each_piece_is_told_in_the_cell_and_from_the_page(page):
    notebook = page.notebook
    notebook.run("heard = []; w.on_text(heard.append); w.on_text(lambda text: print(text, end=''))")
    printed = notebook.printed("text = w.generate(seed='She was', length=50, rng=7)")
    expected = LSTMGenerator().generate({**SETTINGS, "length": 250})
    assert printed == expected[:50].strip()
    (begin,) = page.resume(notebook.printed("print(w.receipt['run'])"), 250)
    page.pull_all(begin["run"], 50)
    assert notebook.printed(f"print(''.join(heard) == w.text == {expected!r})") == "True"


def test_what_a_callback_raises_is_shown_and_stops_nothing(page):
    notebook = page.notebook
    notebook.run("w.on_text(lambda text: 1 / 0)")
    messages = notebook.until_idle(notebook.client.execute("w.generate(seed='She was', rng=7)"))
    assert {m["content"]["ename"] for m in messages if m["msg_type"] == "error"} == {"ZeroDivisionError"}
    assert answers(messages)[-1]["reason"] == "finished"
    assert notebook.printed("print(w.status, len(w.text))") == "finished 600"
    page.start("a", **SETTINGS)
    assert page.pull_all("a")[0] == LSTMGenerator().generate(SETTINGS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="The cell waits for a pipe with a name.")
def test_a_run_goes_on_by_itself_beside_or_after_a_busy_cell(page, tmp_path):
    """With subshells it goes on beside the cell; without, as soon as the cell is over."""
    notebook = page.notebook
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    settings = {**SETTINGS, "seed": "S"}  # read at once: every pull finds a character
    expected = LSTMGenerator().generate({**settings, "length": 300})
    if SUBSHELLS:
        notebook.open_subshell()
    page.start("a", **settings)
    (chunk,) = page.pull("a", 0)
    have = chunk["count"]
    cell = notebook.begin(f"print(open({str(gate)!r}).read(), w.status)")  # until somebody has written there
    if SUBSHELLS:
        rest, end = page.pull_all("a", have)
        page.resume("a", 300)
        more, end = page.pull_all("a", 200)
        assert page.ask({"type": "hello"}) == [{"type": "here"}]
        gate.write_text("open")
        status = "finished"
    else:
        # A page has two pulls in flight; it hears nothing of them while the cell is busy.
        asked = [page.post(pull("a", have, 1, 0.6)), page.post(pull("a", have + 1, 1, 0.6))]
        gate.write_text("open")
        status = "writing"
    notebook.subshell = None
    printed = [m["content"]["text"] for m in notebook.until_idle(cell) if m["msg_type"] == "stream"]
    assert "".join(printed).strip() == f"open {status}"
    if not SUBSHELLS:
        assert not [m for m in notebook.seen if m["parent_header"].get("msg_id") in asked]
        rest = "".join(answers(notebook.until_idle(request))[0]["text"] for request in asked)
        assert len(rest) == 2
        others, end = page.pull_all("a", have + 2)
        rest += others
        page.resume("a", 300)
        more, end = page.pull_all("a", 200)
    assert chunk["text"] + rest == expected[:200]
    assert more == expected[200:]
    assert end["reason"] == "finished"


@pytest.mark.skipif(not SUBSHELLS, reason="ipykernel 6 answers the page only between cells")
@pytest.mark.parametrize("content", [{"type": "stop"}, {"type": "clear"}])
def test_stop_and_clear_reach_a_cell_that_writes(page, content):
    notebook = page.notebook
    notebook.open_subshell()
    cell = notebook.client.execute("text = w.generate(length=1_000_000)")
    run = begun(notebook)
    answered = page.post({**content, "run": run})
    notebook.subshell = None
    for request in (cell, answered):  # they may end in either order
        notebook.until_idle(request)
    kept = {"stop": "True stopped", "clear": "False ready"}[content["type"]]
    printed = notebook.printed("print(len(text) < 1_000_000, w.text == text != '', w.status)")
    assert printed == f"True {kept}"


@pytest.mark.skipif(not SUBSHELLS, reason="ipykernel 6 answers the page only between cells")
def test_a_new_temperature_reaches_a_cell_that_writes(page):
    notebook = page.notebook
    notebook.open_subshell()
    cell = notebook.client.execute("text = w.generate(length=1_000_000, temperature=0.6)")
    run = begun(notebook)
    page.write(temperature=2.0)
    while not any(m.get("temperatures") for m in answers(notebook.seen)):
        notebook.next_message()
    page.post({"type": "stop", "run": run})
    notebook.subshell = None
    notebook.until_idle(cell)
    assert notebook.printed("print([t for _, t in w.receipt['temperatures']], w.temperature)") == "[2.0] 2.0"


@pytest.mark.parametrize("subshell", [False, True])
def test_what_a_callback_prints_appears_below_the_cell_that_registered_it(page, subshell):
    notebook = page.notebook
    if subshell and not SUBSHELLS:
        pytest.skip("This ipykernel has no subshells.")
    code = """
import sys
from IPython.display import display
def tell(text):
    print(text, end="")
    print("aside", file=sys.stderr)
    display(len(text))
    1 / 0
w.on_text(tell)
"""
    notebook.run(code)
    cell = notebook.seen[-1]["parent_header"]["msg_id"]
    if subshell:
        notebook.open_subshell()
    try:
        page.start("a", **SETTINGS)
        text, _ = page.pull_all("a")
    finally:
        notebook.subshell = None
    notebook.run("print('another cell', flush=True)")
    below = [m for m in notebook.seen if m["parent_header"].get("msg_id") == cell]
    printed = [m["content"] for m in below if m["msg_type"] == "stream"]
    assert "".join(one["text"] for one in printed if one["name"] == "stdout") == text
    assert "aside" in "".join(one["text"] for one in printed if one["name"] == "stderr")
    lengths = [int(m["content"]["data"]["text/plain"]) for m in below if m["msg_type"] == "display_data"]
    assert sum(lengths) == len(text)
    raised = [m["content"]["ename"] for m in below if m["msg_type"] == "error"]
    assert set(raised) == {"ZeroDivisionError"}
    assert notebook.printed("print('here')") == "here"
    # What a cell has written is told in that cell.
    notebook.run("w.on_text(tell, remove=True); w.on_text(lambda text: print(text, end=''))")
    assert notebook.printed("text = w.generate(**{'seed': 'She was', 'length': 20})")
