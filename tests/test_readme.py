"""What stands in the README runs: its Python in one namespace, as a reader would, and its commands."""

from __future__ import annotations

import re
import shlex
import warnings
from pathlib import Path

import pytest
import torch

from lstm_widget import cli, save_model, training

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = {
    language: re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    for language in ("python", "sh")
}
# What cannot be done here: JupyterLab needs a browser, and a training takes minutes.
ELSEWHERE = {"lab", "train"}
CHARACTERS = sorted(set("She was sitting next to\n.,abcdefghijklmnopqrstuvwxyz"))
# A training of seconds.
SMALL = {"units": 8, "embedding_size": 4, "layers": 1}
SHORT = {"epochs": 1, "batch_size": 4, "sequence_length": 16, "precision": "float32", "quiet": True}


class Network(torch.nn.Module):
    """A module that somebody has trained."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(CHARACTERS), 4)
        self.lstm = torch.nn.LSTM(4, 8, num_layers=2, batch_first=True)
        self.head = torch.nn.Linear(8, len(CHARACTERS))

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids))[0])


@pytest.fixture
def folder(tmp_path, monkeypatch, random_model):
    """Go to a folder with the files that the README names, where a training is short."""
    monkeypatch.chdir(tmp_path)
    for name in ("my-text.txt", "letters.txt"):
        Path(name).write_text("She was sitting next to a hill.\n" * 40, encoding="utf-8")
    save_model(random_model((8, 8), embedding=4, characters=CHARACTERS), "data/hemingway")
    whole = training.train

    def short(*arguments, **settings):
        size = SMALL if settings.get("model") is None else {}
        return whole(*arguments, **{**size, **settings, **SHORT})

    monkeypatch.setattr(training, "train", short, raising=False)
    return tmp_path


def test_the_code_and_then_the_commands_run(folder):
    namespace = {"my_module": Network(), "characters": CHARACTERS}
    assert len(BLOCKS["python"]) >= 8
    for number, block in enumerate(BLOCKS["python"]):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            exec(compile(block, f"block {number} of the README", "exec"), namespace)  # noqa: S102
    assert len(namespace["text"]) == 200
    assert namespace["view"].model.vocab
    assert {"my-model", "my-folder", "my-model.safetensors"} <= {one.name for one in folder.iterdir()}
    lines = [shlex.split(line, comments=True) for block in BLOCKS["sh"] for line in block.splitlines()]
    commands = [line[1:] for line in lines if line[0] == "lstm-widget"]
    assert {command[0] for command in commands} >= ELSEWHERE | {"generate", "info", "convert", "score"}
    for command in commands:
        if command[0] not in ELSEWHERE:
            assert cli.main(command) == 0, command
    assert Path("hemingway.safetensors").is_file()
