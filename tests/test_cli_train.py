"""The command `lstm-widget train`, from the text to the folder that it leaves behind."""

from __future__ import annotations

import io
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from lstm_widget import LSTMGenerator, SettingError, cli, load_model
from lstm_widget.training import TrainingSettings, trainer

WORDS = "she was the one who went home and never came back to see her mother again"
RARE = " \u2603 \u201cno\u201d caf\u00e9 "  # each too rare to be learnt, or in the alphabet anyway
TINY = {"units": 8, "embedding_size": 4, "epochs": 2, "sequence_length": 32, "precision": "float32"}
OPTIONS = [f"--{name.replace('_', '-')}={value}" for name, value in TINY.items()]


def story():
    """Return a text with rare characters in the part that is learnt and in the other one."""
    words = " ".join(np.random.default_rng(0).choice(WORDS.split(), 900))
    middle = len(words) // 2
    return f"{words[:middle]}{RARE}{words[middle:-50]}{RARE}{words[-50:]}"


def main(*arguments):
    """Run the command in this process; return its exit code and what it wrote."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as told:
        code = cli.main([str(one) for one in arguments])
    return code, out.getvalue(), told.getvalue()


def refused(*arguments):
    """Return the one sentence with which a wrong usage ends."""
    code, out, told = main("train", *arguments)
    assert (code, out) == (cli.WRONG_USAGE, "")
    assert told.startswith("lstm-widget: ") == (told.count("\n") == 1)
    return told.splitlines()[-1]


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "my story.txt"
    file.write_text(story(), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train once; return the folder and what was written."""
    place = tmp_path_factory.mktemp("trained")
    file = place / "my story.txt"
    file.write_text(story(), encoding="utf-8")
    arguments = [
        "train",
        file,
        "-o",
        place / "my model",
        *OPTIONS,
        "--title=A story",
        "--about",
        "of a mother",
    ]
    return place / "my model", main(*arguments, "--licence", "mine", "--checkpoints")


def test_the_outcome_alone_is_on_standard_output(trained):
    folder, (code, out, told) = trained
    model = load_model(folder)
    nats, bits = model.card["validation_loss_nats"], model.card["validation_loss_bits"]
    assert code == 0
    assert out == f"{model}\nvalidation loss {nats:.4f} nats = {bits:.4f} bits per character\n"
    assert math.isclose(nats, bits * math.log(2), abs_tol=1e-4)
    assert "were left out" in told
    assert "on the validation text" in told


def test_the_options_reach_the_model_and_its_card(trained):
    folder, _ = trained
    card = load_model(folder).card
    assert {name: card["settings"][name] for name in TINY} == TINY
    assert (card["title"], card["text"], card["licence"]) == ("A story", "of a mother", "mine")
    assert card["command"] == (
        "lstm-widget train 'my story.txt' -o 'my model' --units 8 --embedding-size 4 --epochs 2 "
        "--sequence-length 32 --precision float32 --title 'A story' --about 'of a mother' "
        "--licence mine --checkpoints"
    )
    assert (folder / "checkpoints" / "00000001.safetensors").exists()


def test_the_command_in_the_card_does_the_same_again(trained, text, monkeypatch, same_model):
    folder, (_, out, _) = trained
    monkeypatch.chdir(text.parent)
    model = load_model(folder)
    code, again, told = main(*shlex.split(model.card["command"])[1:], "--quiet")
    assert (code, again) == (0, out)
    assert "were left out" in told  # the only line
    assert told.count("\n") == 1
    again = load_model(text.parent / "my model")
    same_model(again, model)
    assert again.card["command"] == model.card["command"]


def test_anybody_can_check_the_loss_in_the_card(trained, text):
    folder, _ = trained
    card = load_model(folder).card
    length = card["characters"] - card["characters_left_out"]
    validated = length - int(length * 0.9)
    assert card["characters_left_out"] > 0
    expected = (
        f"{card['validation_loss_bits']:.4f} bits per character ({card['validation_loss_nats']:.4f} nats), "
        f"{validated} characters\n"
    )
    for last in ("10%", "0.1", validated):
        assert main("score", folder, text, "--skip-unknown", "--last", last)[:2] == (0, expected)


def test_info_tells_of_the_training(trained):
    folder, _ = trained
    code, out, _ = main("info", folder)
    assert code == 0
    told = dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())
    card = load_model(folder).card
    assert told["title"] == "A story"
    assert told["validation loss nats"] == str(card["validation_loss_nats"])
    assert told["command"] == card["command"]
    assert not {"settings", "samples", "unfinished"} & set(told)


def test_what_was_written_is_what_generate_reads(trained):
    folder, _ = trained
    text = LSTMGenerator(folder).generate(seed="she ", length=20, rng=1)
    assert (
        main("generate", folder, "--seed=she ", "--length=20", "--temperature=0.5", "--rng=1")[1]
        == f"she {text}\n"
    )


# Without training.


@pytest.fixture
def asked(monkeypatch, random_model):
    """Return what `train` or `resume` was asked for, a list that fills."""
    calls = []
    card = {"validation_loss_nats": 1.43, "validation_loss_bits": 2.0631}

    def instead(*arguments, **options):
        calls.append((arguments, options))
        return random_model(card=card)

    monkeypatch.setattr(trainer, "train", instead)
    monkeypatch.setattr(trainer, "resume", instead)
    return calls


OTHERS = {"int": 7, "float": 0.25, "str": "bfloat16", "bool": True}


@pytest.mark.parametrize("field", fields(TrainingSettings), ids=lambda field: field.name)
def test_every_setting_has_an_option(asked, field, capsys):
    value = OTHERS[field.type.partition(" ")[0]]
    option = f"--{field.name.replace('_', '-')}"
    words = [option] if value is True else [option, value]
    assert main("train", "a.txt", "-o", "b", *words)[0] == 0
    ((_, options),) = asked
    assert (options[field.name], type(options[field.name])) == (value, type(value))
    assert options["card"]["command"] == f"lstm-widget train a.txt -o b {' '.join(map(str, words))}"
    assert not {one.name for one in fields(TrainingSettings)} - {field.name} & set(options)
    assert cli.main(["train", "--help"]) == 0
    shown = {"validation": " (spread for several files, last for one)", "reflow": ""}.get(field.name)
    if shown is None:
        shown = f" ({'chosen for the text' if field.default is None else field.default})"
    told = " ".join(capsys.readouterr().out.split())
    metavar = "" if value is True else r"[NX]\w* "
    assert re.search(rf"{option} {metavar}[^()]*{re.escape(shown)}", told)


def test_commands_of_older_cards_are_understood(asked):
    assert main("train", "a.txt", "-o", "b", "--steps", "32", "--averaging", "0.5")[0] == 0
    ((_, options),) = asked
    assert (options["sequence_length"], options["ema"]) == (32, 0.5)


def test_what_is_not_given_is_not_passed_on(asked):
    assert main("train", "text", "-o", "folder")[1].endswith(
        "\nvalidation loss 1.4300 nats = 2.0631 bits per character\n"
    )
    command = {"command": "lstm-widget train text -o folder"}
    rest = {"model": None, "card": command, "sample_seed": None, "checkpoints": False, "quiet": False}
    assert asked == [(([Path("text")], Path("folder")), rest)]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/elsewhere/a b.txt", "c", "--output", "/elsewhere/new one/"], "'a b.txt' c -o 'new one'"),
        (["a", "-o", "b", "--quiet", "--model", "/models/it's"], "a -o b --model 'it'\"'\"'s'"),
        (["a", "-o", "b", "--model", "https://example.org/m"], "a -o b --model https://example.org/m"),
        (["-o", "b", "--sample-seed=-- \n", "a"], "a -o b '--sample-seed=-- \n'"),
        (["-o-b", "--checkpoints", "--", "-a"], "./-a -o-b --checkpoints"),
        (
            ["a", "-o", "b", "--learning-rate", "3e-3", "--epo", "5"],
            "a -o b --learning-rate 0.003 --epochs 5",
        ),
        ([".", "-o", "b"], "here -o b"),
    ],
)
def test_the_command_can_be_typed_again(asked, tmp_path, monkeypatch, arguments, command):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main("train", *arguments)[0] == 0
    (_, options) = asked[0]
    assert options["card"] == {"command": f"lstm-widget train {command}"}
    assert main(*shlex.split(options["card"]["command"])[1:])[0] == 0
    (_, again) = asked[1]
    assert again["card"] == options["card"]
    for name in ("sample_seed", "checkpoints", "learning_rate", "epochs"):
        assert again.get(name) == options.get(name)


@pytest.mark.skipif(sys.platform != "linux", reason="only there names are bytes")
def test_a_name_that_is_no_text_is_told_as_one(asked):
    assert main("train", os.fsdecode(b"caf\xe9.txt"), "-o", "b", "--title", os.fsdecode(b"caf\xc3"))[0] == 0
    assert asked[0][1]["card"] == {
        "title": "caf\ufffd",
        "command": "lstm-widget train 'caf\ufffd.txt' -o b --title 'caf\ufffd'",
    }


def test_resume_is_given_the_folder(asked):
    assert main("train", "--resume", "folder", "--quiet")[0] == 0
    assert asked == [((Path("folder"),), {"quiet": True})]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no text to train on"),
        (["-o", "b"], "no text to train on"),
        (["a"], "give a new one with --output FOLDER"),
        (["--resume", "b", "a"], "leave out TEXT."),
        (["--resume", "b", "--output", "c"], "leave out --output."),
        (["--resume", "b", "--batch-size", "32"], "leave out --batch-size."),
        (["--resume", "b", "--quiet", "--checkpoints"], "leave out --checkpoints."),
        (["--resume", "b"], "no interrupted training in 'b': check the name"),
        (["a", "-o", "b", "--epochs", "0"], "epochs must be a whole number from 1"),
        (["a", "-o", "b", "--epochs", "ten"], "invalid int value: 'ten'"),
        (["a", "-o", "b", "--dropout", "nan"], "dropout must be a number from 0 to below 1"),
        (["a", "-o", "b", "--precision", "int8"], "precision must be one of auto, bfloat16, float32"),
        (["a", "-o", "b"], "There is no text file or folder 'a'"),
        (["a" * 300, "-o", "b"], "There is no text file or folder 'aaa"),  # a name, not the text itself
        (["", "-o", "b"], "the name is empty"),
        (["a", "-o", ""], "the name is empty"),
        (["a", "-o", "b", "--hidden", "8"], "unrecognized arguments: --hidden"),
    ],
)
def test_a_wrong_usage_is_one_sentence(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert sentence in refused(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_missing_is_no_wrong_usage(text):
    code, out, told = main("train", text, "-o", text.parent / "new", "--model", "nobody")
    assert (code, out) == (cli.FAILED, "")
    assert "The model 'nobody' does not exist" in told


def test_too_little_memory_is_told(monkeypatch):
    monkeypatch.setattr(trainer, "train", lambda *_, **__: torch.empty(2**60))
    assert main("train", "a", "-o", "b") == (1, "", "lstm-widget: There is not enough memory for this.\n")


def test_another_failure_of_pytorch_is_not_hidden(monkeypatch):
    monkeypatch.setattr(trainer, "train", lambda *_, **__: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="size"):
        main("train", "a", "-o", "b")


# As a person would start it.


@pytest.mark.parametrize("missing", ["torch", "filelock"])
def test_a_missing_extra_is_one_sentence(missing):
    program = (
        f"import sys\nsys.modules[{missing!r}] = None\nfrom lstm_widget.cli import main\n"
        "sys.exit(main(['train', 'a.txt', '-o', 'b']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (cli.FAILED, "")
    assert done.stderr == (f'lstm-widget: Training needs {missing}: run  pip install "lstm-widget[train]"\n')


def test_ctrl_c_before_the_first_update_says_that_nothing_is_kept(text, monkeypatch):
    monkeypatch.setattr("lstm_widget.training.trainer.encode", interrupt)
    code, out, told = main("train", text, "-o", text.parent / "new", *OPTIONS)
    assert (code, out) == (cli.INTERRUPTED, "")
    assert told.splitlines()[-1] == "Interrupted; nothing was kept."
    assert not (text.parent / "new").exists()


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_after_ctrl_c_it_can_go_on(text):
    folder = text.parent / "new"
    command = [sys.executable, "-m", "lstm_widget.cli", "train", text, "-o", folder, *OPTIONS, "--epochs=12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        seen = b""
        while b"update" not in seen:  # the bar
            piece = process.stderr.read1()
            assert piece, seen
            seen += piece
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate()
    told = (seen + rest).decode()
    assert (process.returncode, out) == (cli.INTERRUPTED, b"")
    assert f"--resume {folder}" in told
    assert "Traceback" not in told
    model = load_model(folder)
    assert "after update" in model.card["unfinished"]
    told = main("info", folder)[1]
    assert f"unfinished            {model.card['unfinished']}\n" in told
    assert re.search(rf"^title +{text.stem}$", told, re.MULTILINE)
    assert "that was interrupted: go on with it" in refused(text, "-o", folder)

    code, out, _ = main("train", "--resume", folder)
    model = load_model(folder)
    assert code == 0
    assert out.startswith(f"{model}\nvalidation loss ")
    assert "unfinished" not in model.card
    assert "--epochs 12 " in model.card["command"]
    with pytest.raises(SettingError, match="this one is finished"):
        trainer.resume(folder)
