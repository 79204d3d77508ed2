"""The command `lstm-widget`, started as a person would start it."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_widget import LSTMGenerator, cli, load_model, save_model
from lstm_widget.cli.score import part, start_of
from lstm_widget.network.bundled import DEFAULT_MODEL

COMMAND = [sys.executable, "-m", "lstm_widget.cli"]
PLAIN = {**os.environ, "PYTHONIOENCODING": "utf-8"}


def run(*arguments, stdin="", env=None, stdout=subprocess.PIPE):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin.encode(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**PLAIN, **(env or {})},
        check=False,
    )


def succeeds(*arguments, **options):
    """Return what a command prints; on standard error it says nothing."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode()


def fails(code, *arguments, **options):
    """Return the one sentence that a command ends with."""
    done = run(*arguments, **options)
    told = done.stderr.decode()
    assert done.returncode == code
    assert "Traceback" not in told
    assert not done.stdout
    return told


@pytest.fixture
def model_file(tmp_path, random_model):
    return save_model(random_model((6, 5), 4, "abcdefgh \n"), tmp_path / "model.safetensors")


def test_the_text_alone_is_on_standard_output(model_file):
    settings = {"seed": "abc", "length": 50, "temperature": 0.9, "rng": 3, "top_k": 5, "top_p": 0.9}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    text = LSTMGenerator(model_file).generate(**settings)
    assert succeeds("generate", model_file, *options) == f"abc{text}\n"
    assert succeeds("generate", model_file, *options, "--without-seed") == text + "\n"


def test_several_texts_have_dice_of_their_own(model_file):
    lstm = LSTMGenerator(model_file)
    texts = [lstm.generate(seed="abc", length=40, temperature=0.9, rng=rng) for rng in (7, 8, 9)]
    options = ("--seed=abc", "--length=40", "--temperature=0.9", "--rng=7", "--count=3")
    assert succeeds("generate", model_file, *options) == "\n".join(f"abc{text}\n" for text in texts)


def test_without_a_model_the_default_one_is_taken():
    options = ("--length=20", "--rng=3", "--without-seed")
    lstm = LSTMGenerator()
    assert succeeds("generate", *options) == lstm.generate(seed=lstm.default_seed, length=20, rng=3) + "\n"
    assert succeeds("info") == succeeds("info", DEFAULT_MODEL)


def test_a_lookalike_in_the_seed_is_told_beside_the_text(model_file):
    done = run("generate", model_file, "--seed", "a\u00a0b", "--rng=1")
    plain = succeeds("generate", model_file, "--seed", "a b", "--rng=1")
    assert done.stdout.decode() == plain.replace("a b", "a\u00a0b", 1)  # as it was given
    assert "' ' for '\\xa0'" in done.stderr.decode()


@pytest.mark.parametrize(
    ("code", "arguments", "sentence"),
    [
        (1, ["generate", "nobody"], "'nobody' does not exist; the bundled models are"),
        (2, ["generate", "fairytales", "--length", "0"], "length must be a whole number from 1"),
        (2, ["generate", "fairytales", "--length", "ten"], "invalid int value: 'ten'"),
        (2, ["generate", "fairytales", "--temperature", "-1"], "temperature must be"),
        (2, ["generate", "fairytales", "--temperature", "nan"], "temperature must be"),
        (2, ["generate", "fairytales", "--top-p", "2"], "top_p must be"),
        (2, ["generate", "fairytales", "--rng", "-1"], "rng must be"),
        (2, ["generate", "fairytales", "--count", "0"], "--count must be from 1 to 10,000"),
        (2, ["generate", "fairytales", "--count", "1000000000"], "--count must be from 1 to 10,000"),
        (2, ["generate", "fairytales", "--seed", ""], "seed is empty"),
        (2, ["generate", "fairytales", "--seed", "北"], "does not know '北'"),
        (2, ["score"], "required: MODEL"),
        (2, [], "required: COMMAND"),
        (2, ["sing"], "invalid choice: 'sing'"),
        (1, ["score", "fairytales", "/nowhere/at all"], "cannot be read: No such file"),
        (1, ["score", "fairytales", "/dev/zero"], "'/dev/zero' cannot be read: It is a device"),
        (1, ["score", "fairytales", "."], "cannot be read: Is a directory"),
        (1, ["info", "ftp://example.org/model"], "not from ftp"),
        (2, ["convert", "model.keras", "b.safetensors"], "give it with --vocab"),
        (1, ["convert", "fairytales", "b.zip"], "not as .zip"),
        (2, ["convert", "fairytales", "b.safetensors", "--vocab", "vocab.json"], "leave it out otherwise"),
        (1, ["convert", "fairytale", "b.safetensors", "--vocab", "vocab.json"], "did you mean 'fairytales'?"),
        (1, ["convert", "fairytales", "/proc/no.safetensors"], "'/proc/no.safetensors' cannot be written"),
        (2, ["train", "nofile.txt", "-o", "m"], "no text file or folder 'nofile.txt': check the path.\n"),
        (1, ["generate", "fairytale"], "'fairytale' does not exist; did you mean 'fairytales'?"),
        (2, ["convert", "fairytales", "folder", "--float16"], "Only a .safetensors file can hold float16"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, monkeypatch, code, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    told = fails(code, *arguments)
    assert sentence in told
    assert len(told.splitlines()) == 1 or told.startswith("usage:")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_it_cleanly(model_file):
    with subprocess.Popen(
        [*COMMAND, "generate", str(model_file), "--seed=a", "--length=1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.read(5)  # it is writing
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert (process.returncode, told) == (cli.INTERRUPTED, b"")


def test_a_closed_pipe_ends_it_cleanly(model_file):
    with subprocess.Popen(
        [*COMMAND, "generate", str(model_file), "--seed=a", "--length=1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.wait() == cli.CLOSED
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", [["generate", "--seed=a"], ["info"], ["score", "-"]])
def test_a_full_disk_is_told(model_file, command):
    name, *others = command
    with Path("/dev/full").open("wb") as full:
        done = run(name, model_file, *others, stdin="abc", stdout=full)
    assert done.returncode == cli.FAILED
    assert done.stderr.decode() == "lstm-widget: The output cannot be used: No space left on device.\n"


def test_what_an_encoding_cannot_show_is_replaced_and_told(tmp_path, random_model):
    file = save_model(random_model((6,), 4, "北京ab"), tmp_path / "model.safetensors")
    options = ("generate", file, "--seed=ab", "--rng=1", "--length=30")
    done = run(*options, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.decode("ascii") == "".join("?" if c > "\x7f" else c for c in succeeds(*options))
    assert (
        done.stderr.decode() == "What ascii cannot show comes out as '?'; PYTHONIOENCODING=utf-8 keeps it.\n"
    )


def test_a_locale_that_cannot_decode_the_seed(tmp_path, random_model):
    file = save_model(random_model((6,), 4, "北京ab"), tmp_path / "model.safetensors")
    plain = succeeds("generate", file, "--seed=北", "--rng=1")
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert succeeds("generate", file, "--seed=北", "--rng=1", env=bare) == plain


def test_control_characters_do_not_reach_a_terminal(monkeypatch, tmp_path, random_model, capsys):
    file = save_model(random_model((6,), 4, "\x1b\x9b\x07a\n"), tmp_path / "model.safetensors")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert cli.main(["generate", str(file), "--length=200", "--rng=1"]) == 0
    text = "a" + LSTMGenerator(file).generate(length=200, rng=1)
    assert capsys.readouterr().out == (
        text.replace("\x1b", "\\x1b").replace("\x9b", "\\x9b").replace("\x07", "\\x07") + "\n"
    )


def test_the_other_texts_are_not_lost_to_ctrl_c(model_file):
    with subprocess.Popen(
        [*COMMAND, "generate", str(model_file), "--seed=a", "--length=1000000", "--count=3", "--rng=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        start = process.stdout.read(5)
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate()
    assert (process.returncode, told) == (cli.INTERRUPTED, b"")
    assert len((start + rest).decode()) > 3 * 30


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are not made here")
def test_what_is_no_file_is_not_replaced(model_file, tmp_path):
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert "exists already" in fails(1, "convert", model_file, tmp_path / "pipe.safetensors")
    assert "not a file that can be replaced" in fails(
        1, "convert", model_file, tmp_path / "pipe.safetensors", "--force"
    )
    (tmp_path / "link.safetensors").symlink_to(tmp_path / "target.safetensors")
    assert "exists already" in fails(1, "convert", model_file, tmp_path / "link.safetensors")
    assert run("convert", model_file, tmp_path / "link.safetensors", "--force").returncode == 0
    assert (tmp_path / "link.safetensors").is_symlink()
    assert load_model(tmp_path / "target.safetensors").vocab == load_model(model_file).vocab
    (tmp_path / "folder.safetensors").mkdir()
    assert "not a file that can be replaced" in fails(
        1, "convert", model_file, tmp_path / "folder.safetensors"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("buffering", ["", "1"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_on_a_full_disk_has_no_traceback(option, buffering):
    with Path("/dev/full").open("wb") as full:
        done = run(option, stdout=full, env={"PYTHONUNBUFFERED": buffering})
    assert b"Traceback" not in done.stderr
    assert done.returncode in {0, cli.FAILED}  # argparse swallows some of its own errors


def test_a_repaired_vocabulary_is_told_in_one_line(shared_models):
    told = run("info", shared_models / "shakespeare").stderr.decode()
    assert len(told.splitlines()) == 1
    assert told.startswith("The vocabulary is damaged")


def test_info_tells_what_the_model_is(model_file):
    told = succeeds("info", model_file)
    for fact in (
        "6 units -> 5 units",
        "embedding of 4",
        "10 characters",
        f"{load_model(model_file).weights.parameters:,}",
    ):
        assert fact in told
    data = json.loads(succeeds("info", model_file, "--json"))
    assert data["layers"] == [6, 5]
    assert data["vocabulary"] == dict(load_model(model_file).vocab)


def test_info_shows_numbers_as_a_person_writes_them(tmp_path, random_model, capsys):
    card = {"title": "", "year": 1847, "characters": 4157000, "cost": -5e-06, "loss": 1.43, "done": True}
    file = save_model(random_model(card=card), tmp_path / "model.safetensors")
    assert cli.main(["info", str(file)]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {name: told[name] for name in card} == {
        "title": "model.safetensors",
        "year": "1847",
        "characters": "4,157,000",
        "cost": "-0.000005",
        "loss": "1.43",
        "done": "True",
    }


def test_models_lists_what_is_bundled():
    assert succeeds("models").startswith("fairytales ")


def test_there_and_back_again_is_bit_identical(tmp_path, shared_models):
    folder = shared_models / "bolano"
    note = run("convert", folder, tmp_path / "b.safetensors").stderr.decode()
    assert "is now in" in note
    run("convert", tmp_path / "b.safetensors", tmp_path / "bolano")
    for file in folder.iterdir():
        if file.name != "golden.json":
            assert (tmp_path / "bolano" / file.name).read_bytes() == file.read_bytes()
    run("convert", folder, tmp_path / "half.safetensors", "--float16")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * (tmp_path / "b.safetensors").stat().st_size


def test_an_existing_file_is_replaced_only_if_that_is_meant(model_file, tmp_path):
    target = tmp_path / "mine.safetensors"
    target.write_text("precious")
    assert "exists already" in fails(1, "convert", model_file, target)
    assert target.read_text() == "precious"
    assert run("convert", model_file, target, "--force").returncode == 0
    assert load_model(target).vocab == load_model(model_file).vocab


def test_a_state_dict_of_pytorch_is_converted_with_its_vocabulary(tmp_path):
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    torch.manual_seed(0)
    modules = torch.nn.ModuleDict(
        {"emb": torch.nn.Embedding(4, 3), "lstm": torch.nn.LSTM(3, 5), "head": torch.nn.Linear(5, 4)}
    )
    save_file(modules.state_dict(), tmp_path / "state.safetensors")
    tables = [
        ["a", "b", "c", "d"],
        {"0": "a", "1": "b", "2": "c", "3": "d"},
        {"a": 0, "b": 1, "c": 2, "d": 3},
    ]
    options = ("convert", tmp_path / "state.safetensors")
    for number, table in enumerate(tables):
        (tmp_path / "vocab.json").write_text(json.dumps(table))
        done = run(*options, tmp_path / f"out{number}", "--vocab", tmp_path / "vocab.json")
        assert done.returncode == 0, done.stderr
        written = load_model(tmp_path / f"out{number}")
        assert dict(written.vocab) == {"a": 0, "b": 1, "c": 2, "d": 3}
        np.testing.assert_array_equal(written.weights.embedding, modules["emb"].weight.detach().numpy())
    # As a model hub keeps it.
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / "config.json").write_text("{}")
    (hub / "model.safetensors").write_bytes((tmp_path / "state.safetensors").read_bytes())
    assert "from_pytorch, or by lstm-widget convert --vocab" in fails(1, "info", hub)
    assert run("convert", hub, tmp_path / "of hub", "--vocab", tmp_path / "vocab.json").returncode == 0
    # What Python refuses is refused here as well.
    for table, sentence in (
        (["a", "b", "c"], "lists 3 characters, but the model has 4 ids"),
        (["<pad>", "b", "c", "d"], "number 0 is '<pad>': use None (null in JSON) for"),
        ({"<unk>": 0, "b": 1}, "it has '<unk>': leave out an id"),
    ):
        (tmp_path / "vocab.json").write_text(json.dumps(table))
        assert sentence in fails(1, *options, tmp_path / "out", "--vocab", tmp_path / "vocab.json")


def test_score_is_the_mean_of_the_surprise(model_file, tmp_path):
    text = "abc def\nhead bag\n\ncab"
    (tmp_path / "text.txt").write_text(text)
    score = LSTMGenerator(model_file).score(text)
    bits, nats = score.bits, -score.log_probabilities.mean()
    told = f"{bits.mean():.4f} bits per character ({nats:.4f} nats), 21 characters\n"
    assert succeeds("score", model_file, tmp_path / "text.txt") == told
    assert succeeds("score", model_file, "-", stdin=text) == told
    lines = succeeds("score", model_file, "-", "--lines", stdin=text).splitlines(keepends=True)
    assert [line[8:] for line in lines[:-1]] == ["abc def\n", "head bag\n", "\n", "cab\n"]
    starts = [0, 8, 17, 18, 21]
    for line, start, end in zip(lines, starts, starts[1:], strict=False):
        assert math.isclose(float(line[:6]), bits[start:end].mean(), abs_tol=6e-4)
    assert lines[-1] == told


@pytest.mark.parametrize(
    ("last", "count"), [("10%", 3), ("0.1", 3), (".1", 3), ("7", 7), ("25", 25), ("1.0", 25), ("100%", 25)]
)
def test_score_of_the_end_of_a_text_knows_nothing_of_what_is_before(
    model_file, capsys, tmp_path, last, count
):
    text = "abc def head bag\ncab face"  # 25 characters, as the model reads them
    (tmp_path / "text.txt").write_text("x" + text.replace(" ", "\u00a0", 1))
    assert (
        cli.main(["score", str(model_file), str(tmp_path / "text.txt"), "--skip-unknown", "--last", last])
        == 0
    )
    score = LSTMGenerator(model_file).score(text[25 - count :])
    bits, nats = score.bits.mean(), -score.log_probabilities.mean()
    assert capsys.readouterr().out == (
        f"{bits:.4f} bits per character ({nats:.4f} nats), {count} characters\n"
    )


@pytest.mark.parametrize("length", [10, 1003, 4157, 415_561])
def test_the_last_tenth_is_what_training_validates_on(length):
    from lstm_widget.training.held_out import validation_length  # noqa: PLC0415

    for share in ("10%", "0.1"):
        assert length - start_of(part(share), length) == validation_length(length)


@pytest.mark.parametrize(
    "last",
    ["", "0", "0%", "0.0", "101%", "1.1", "-1", "ten", "1e1", "nan", "1,000", "10 %", "\u0661", "%", "."],
)
def test_what_is_no_part_of_a_text_is_refused(model_file, capsys, last):
    assert cli.main(["score", str(model_file), "/nowhere", f"--last={last}"]) == cli.WRONG_USAGE
    assert capsys.readouterr() == (
        "",
        f"lstm-widget: --last must be a share such as 10% or 0.1, or a number of characters, not {last!r}.\n",
    )


@pytest.mark.parametrize(("last", "told"), [("26", "26"), ("0.0000000000000000001", "1e-19")])
def test_a_part_that_the_text_does_not_have_is_refused(model_file, capsys, tmp_path, last, told):
    (tmp_path / "text.txt").write_text("abc def head bag\ncab face")
    assert (
        cli.main(["score", str(model_file), str(tmp_path / "text.txt"), f"--last={last}"]) == cli.WRONG_USAGE
    )
    assert capsys.readouterr() == (
        "",
        f"lstm-widget: --last asks for {told} of a text of 25 characters: choose another part.\n",
    )


def test_score_tells_what_it_cannot_read(model_file, tmp_path):
    assert "does not know 'x', 'y'" in fails(1, "score", model_file, "-", stdin="abxcyx")
    done = run("score", model_file, "-", "--skip-unknown", stdin="abxcyx")
    assert done.stdout.decode() == succeeds("score", model_file, "-", stdin="abc")
    assert "Left out 3 characters that the model does not know: 'x', 'y'" in done.stderr.decode()
    assert "There is nothing to score" in fails(1, "score", model_file, "-", stdin="")
    (tmp_path / "latin").write_bytes("abc\xe4".encode("latin-1"))
    assert "not UTF-8 text (byte 3 cannot be read)" in fails(1, "score", model_file, tmp_path / "latin")
    assert succeeds("score", model_file, "-", stdin="\ufeffabc") == succeeds(
        "score", model_file, "-", stdin="abc"
    )


@pytest.mark.parametrize(
    "command", [[], ["generate"], ["info"], ["convert"], ["score"], ["train"], ["models"]]
)
def test_help_helps_and_loads_nothing_heavy(command):
    program = (
        "import sys\nfrom lstm_widget.cli import main\n"
        f"assert main({[*command, '--help']!r}) == 0\n"
        "assert not {'anywidget', 'torch', 'numba', 'requests', 'safetensors'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith(" ".join(["usage: lstm-widget", *command]))
