"""The command `lstm-widget page`: the page that it writes, and what it refuses in one sentence."""

from __future__ import annotations

import json
import re

import pytest

from lstm_widget import cli, save_model


@pytest.fixture
def model_file(tmp_path, random_model):
    return str(save_model(random_model((6, 5), 4, "abcdefgh \n"), tmp_path / "model.safetensors"))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs the command; it returns the exit code and what was told."""
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments):
        code = cli.main(["page", *arguments])
        out, told = capsys.readouterr()
        assert out == ""
        return code, told

    return run_it


def saved_in(file):
    """Return what a page begins with."""
    (text,) = re.findall(r'id="lstm-saved">(.*?)</script>', file.read_text(encoding="utf-8"))
    return json.loads(text)


def test_the_settings_are_those_of_the_page(run, model_file, tmp_path):
    options = {
        "seed": "abc",
        "temperature": 0.9,
        "length": 50,
        "rng": 3,
        "top-k": 5,
        "top-p": 0.9,
        "speed": 20,
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    code, told = run(model_file, "-o", "page.html", *given, "--locked", "rng", "model")
    assert code == 0
    assert re.fullmatch(r"The page is now in page\.html \(0\.\d MB\)\.\n", told)
    saved = saved_in(tmp_path / "page.html")
    assert saved["kind"] == "text"
    for name, value in options.items():
        assert saved["traits"][name.replace("-", "_")] == value
    assert saved["traits"]["locked"] == ["rng", "model"]


def test_lanes_have_their_temperatures(run, model_file, tmp_path):
    assert run(model_file, "-o", "page.html", "--lanes", "0.3", "0.7", "1.1")[0] == 0
    saved = saved_in(tmp_path / "page.html")
    assert (saved["kind"], saved["traits"]["temperatures"]) == ("lanes", [0.3, 0.7, 1.1])


def test_what_the_model_skips_of_the_seed_is_told(run, model_file):
    _, told = run(model_file, "-o", "page.html", "--seed", "a北b")
    assert "The model skips what it does not know of the seed: '北'." in told


def test_a_file_is_replaced_only_if_that_is_meant(run, model_file, tmp_path):
    (tmp_path / "page.html").write_text("mine")
    code, told = run(model_file, "-o", "page.html")
    assert (code, (tmp_path / "page.html").read_text()) == (1, "mine")
    assert "'page.html' exists already" in told
    assert run(model_file, "-o", "page.html", "--force")[0] == 0


@pytest.mark.parametrize(
    ("code", "options", "sentence"),
    [
        (2, ["--top-p", "2"], "top_p must be a number above 0 and at most 1"),
        (2, ["--rng", "-1"], "rng must be a whole number from 0"),
        (2, ["--lanes", "1"], "There must be 2 to 6 temperatures, not 1."),
        (2, ["--lanes", "1", "2", "--temperature", "1"], "Lanes have a temperature each"),
        (2, ["--lanes", "1", "-2"], "The temperature must be a number from 0 to 100"),
        (2, ["--locked", "colour"], "There is no setting 'colour'"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_file(run, model_file, tmp_path, code, options, sentence):
    ended, told = run(model_file, "-o", "page.html", *options)
    assert ended == code
    assert sentence in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


def test_a_model_that_is_not_there_is_one_sentence(run):
    code, told = run("nobody", "-o", "page.html")
    assert code == 1
    assert "'nobody' does not exist" in told
