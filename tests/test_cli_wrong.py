"""Whatever is wrong with what the command is given: one sentence, an exit code that is not 0, no more."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from lstm_widget import cli, save_model

TINY = ["--units=4", "--layers=1", "--embedding-size=2", "--epochs=1", "--quiet"]
FROM_NOWHERE = [
    "missing", "missing/deeper", " ", ".", "x" * 300, "x/" * 3000, "\udcff\udcfe",
    "~nobody-of-that-name/x", "loop", "loop.safetensors", "loop.zip", "http://", "http://[", "ftp://a",
    "file:///etc/passwd", "good.safetensors/x", "random.zip/x", "/dev/null", "/dev/zero", "empty folder",
    "folder.safetensors", "folder.zip", "folder.keras",
]  # fmt: skip
SUFFIXES = ["", ".safetensors", ".zip", ".keras", ".json", ".h5", ".pt", ".txt", ".onnx", ".tar.gz"]
FILES = [f"{kind}{suffix}" for kind in ("empty", "random") for suffix in SUFFIXES]
# What is no model, no vocabulary and no text.
BAD = FROM_NOWHERE + FILES
# Where nothing can be written.
CLOSED = [
    "good.txt", "good.txt/x", "good.txt/x.safetensors", "loop", "loop/x", "x" * 300,
    "x" * 300 + ".safetensors", "/dev/null", "/dev/null/x.safetensors", "/dev/null/x",
    "full.safetensors", "full", "/proc/x", "a/" * 3000,
]  # fmt: skip
PIPES = ["pipe", "pipe.zip", "pipe.safetensors", "pipe.keras"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with files of every kind."""
    folder = tmp_path_factory.mktemp("place")
    for name in FILES:
        content = bytes((i * i * 31 + 193) % 256 for i in range(3000)) if name.startswith("random") else b""
        (folder / name).write_bytes(content)
    for name in (
        "empty folder",
        "folder.safetensors",
        "folder.zip",
        "folder.keras",
        "full",
        "full.safetensors",
    ):
        (folder / name).mkdir()
    for name in ("full", "full.safetensors"):
        (folder / name / "file").touch()
    (folder / "good.txt").write_text("abc head bag\n" * 400)
    (folder / "vocab.json").write_text(json.dumps(list("abcdefgh")))
    (folder / "bad.json").write_text('{"a": 1, "a": 2}')
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        archive.writestr("manifest.json", '{"name": "App"}')
    for suffix in ("", ".safetensors", ".zip"):
        (folder / f"loop{suffix}").symlink_to(f"loop{suffix}")
    if hasattr(os, "mkfifo"):
        for name in PIPES:
            os.mkfifo(folder / name)
    return folder


@pytest.fixture(autouse=True)
def here(place, monkeypatch, random_model):
    monkeypatch.chdir(place)
    if not Path("good.safetensors").exists():
        save_model(random_model((5,), 4, "abcdefgh \n"), "good.safetensors")


def check(capsys, *arguments):
    """Run the command in this process: any other exception is a failure of the test."""
    before = sorted(Path.cwd().iterdir())
    code = cli.main(list(arguments))
    out, told = capsys.readouterr()
    assert code in {cli.FAILED, cli.WRONG_USAGE}
    assert out == ""
    assert told.startswith("usage:") or (told.startswith("lstm-widget: ") and told.count("\n") == 1)
    assert sorted(Path.cwd().iterdir()) == before


pytestmark = pytest.mark.skipif(os.name == "nt", reason="Its devices and links are other ones.")


@pytest.mark.parametrize("bad", BAD + PIPES + ["app.zip", "vocab.json", "full", "-", ""])
@pytest.mark.parametrize(
    "command",
    [
        ["info", "{}"],
        ["generate", "{}"],
        ["score", "{}", "good.txt"],
        ["convert", "{}", "out"],
        ["convert", "{}", "out.safetensors", "--vocab", "vocab.json"],
        ["convert", "random.keras", "out", "--vocab", "{}"],
        ["convert", "good.safetensors", "out", "--vocab", "{}"],
        ["train", "good.txt", "-o", "out", *TINY, "--model", "{}"],
        ["train", "--resume", "{}"],
    ],
    ids=lambda command: " ".join(command).replace("{}", "x")[:40],
)
def test_a_bad_source(capsys, command, bad):
    if bad == "." and "{}" in command[1:2]:
        pytest.skip("There is a model in this folder.")
    check(capsys, *(word.format(bad) for word in command))


@pytest.mark.parametrize("bad", [*BAD, "bad.json", "full", ""])
def test_a_bad_text_to_score(capsys, bad):
    check(capsys, "score", "good.safetensors", bad)


@pytest.mark.parametrize("bad", [*BAD, *PIPES, "bad.json", "full", ""])
def test_a_bad_text_to_train_on(capsys, bad):
    if bad == ".":
        pytest.skip("There is a text in this folder.")
    check(capsys, "train", bad, "-o", "out", *TINY)


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize(
    "command",
    [
        ["convert", "good.safetensors", "{}"],
        ["convert", "good.safetensors", "{}", "--force"],
        ["convert", "good.safetensors", "{}", "--float16"],
        ["train", "good.txt", *TINY, "-o", "{}"],
    ],
    ids=lambda command: " ".join(command).replace("{}", "x")[:40],
)
def test_a_target_that_cannot_be_written(capsys, command, closed):
    if closed == "loop" and "--force" in command:
        pytest.skip("The link is replaced, as that is asked for.")
    check(capsys, *(word.format(closed) for word in command))


@pytest.mark.parametrize(
    "option",
    [
        "--length=0", "--length=-1", "--length=1e3", f"--length={10**40}", "--temperature=inf",
        "--temperature=x", "--temperature=-0.1", "--top-k=0", "--top-k=1.5", "--top-p=0", "--top-p=nan",
        "--top-p=1.1", "--rng=-1", "--rng=x", "--count=0", f"--count={10**12}", "--seed=", "--seed=\udcff",
        "--seed=\0", "--sead=a",
    ],
)  # fmt: skip
def test_a_bad_option(capsys, option):
    check(capsys, "generate", "good.safetensors", option)
