"""What cannot be trained is refused with one sentence, before anything is left behind."""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from slow_texts import refused
from training_runs import TEXT, tiny, words

from lstm_widget import ModelError, SettingError, load_model
from lstm_widget.errors import UnknownCharactersError, UnknownSettingError
from lstm_widget.training import TrainingSettings, resume, train
from lstm_widget.training.display import reported_elsewhere
from lstm_widget.training.folder import RunFolder
from lstm_widget.training.held_out import validation_length
from lstm_widget.training.settings import settings_for, training_settings

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def place(tmp_path):
    """Return an empty folder; what is refused must leave it empty."""
    folder = tmp_path / "place"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


# Texts.


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "The text is empty"),
        ([], "There is no text: name at least one"),
        ("short\n" * 100, "The text has 600 characters to learn from .*, but at least 1,000 are needed"),
        ("a" * 5000, "only the character 'a': there is nothing to learn"),
        ("missing.txt", "There is no text file or folder 'missing.txt'"),
        (Path("missing"), "There is no text file or folder 'missing'"),
        (5, "A text is a str"),
        (b"abc\n" * 1000, "A text is a str"),
        ([TEXT.encode()], "A text is a str"),
    ],
)
def test_a_text_that_cannot_be_learnt_is_refused(place, text, match):
    for output in (None, place / "out"):
        with refused(SettingError, match):
            tiny(text, output)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "The text is empty"),
        (bytes(range(256)) * 100, "'file.txt' is not a text, or in another encoding"),
        (b"\x89PNG\r\n\x1a\n" + np.random.default_rng(0).bytes(5000), "'file.txt' is not a text"),
        (TEXT.encode("utf-16"), "'file.txt' is a text in UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_refused(place, tmp_path, data, match):
    (tmp_path / "file.txt").write_bytes(data)
    with refused(SettingError, match):
        tiny(tmp_path / "file.txt", place / "out")


def test_a_folder_without_texts_is_refused(place):
    with refused(SettingError, "There is no text file"):
        tiny(place, place / "out")


# The output folder.


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with refused(SettingError, "out' is a file: choose another name"):
        tiny(output=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with refused(SettingError, "is not empty: choose another one"):
        tiny(output=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_the_folder_of_a_finished_training_is_refused(tmp_path, same_model):
    model = tiny(output=tmp_path / "out", epochs=1)
    with refused(SettingError, "is not empty"):
        tiny(output=tmp_path / "out", seed=1)
    same_model(load_model(tmp_path / "out" / "model.safetensors"), model)


def test_an_empty_folder_is_taken_and_left_if_it_was_there(place, tmp_path):
    with refused(SettingError, "empty"):
        tiny("", place)
    assert place.is_dir()
    (tmp_path / "taken").mkdir()
    tiny(output=tmp_path / "taken", epochs=1)
    assert (tmp_path / "taken" / "model.safetensors").exists()


def test_an_interrupted_training_is_not_written_over(tmp_path):
    folder = tmp_path / "out"
    tiny(output=folder, on_progress=lambda _: False)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "lock"}
    with refused(SettingError, "is a training that was interrupted: go on with it"):
        tiny(output=folder)
    assert {file: file.read_bytes() for file in before} == before
    assert "unfinished" not in resume(folder, quiet=True).card


def test_two_at_once_are_refused(tmp_path):
    folder, told = tmp_path / "out", []

    def meanwhile(_):
        for start in (resume, tiny_in):
            with refused(SettingError, "Another program trains in .*out': wait for it"):
                start(folder)
            told.append(start)

    def tiny_in(folder):
        tiny(output=folder)

    model = tiny(output=folder, epochs=1, on_progress=meanwhile)
    assert len(told) == 2 * model.card["updates"]


def test_another_process_that_trains_is_not_disturbed(tmp_path, same_model):
    folder = tmp_path / "out"
    tiny(output=folder, on_progress=lambda p: p.update < 3)
    lock = folder / "training" / "lock"
    code = f"""
import sys
from filelock import FileLock
with FileLock({str(lock)!r}):
    print("held", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        assert other.stdout.readline() == "held\n"
        for start in (lambda: resume(folder, quiet=True), lambda: tiny(output=folder)):
            with refused(SettingError, "Another program trains in"):
                start()
        other.communicate()
    same_model(resume(folder, quiet=True), tiny())


def test_the_lock_that_this_process_holds_counts_too(tmp_path):
    folder = tmp_path / "out"
    tiny(output=folder, on_progress=lambda p: p.update < 3)
    with FileLock(folder / "training" / "lock"), refused(SettingError, "Another program trains in"):
        resume(folder, quiet=True)
    assert "unfinished" not in resume(folder, quiet=True).card


def test_nothing_to_go_on_with_is_refused(place, tmp_path):
    with refused(SettingError, "no interrupted training in .*: check the name"):
        resume(place)
    with refused(SettingError, "no interrupted training in .*: check the name"):
        resume(place / "missing")
    (tmp_path / "file").write_text("mine")
    with refused(SettingError, "no interrupted training in .*: check the name"):
        resume(tmp_path / "file")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("For root no folder is read-only.")
    tmp_path.chmod(0o500)
    try:
        with refused(ModelError, "cannot be written: Permission denied"):
            tiny(output=tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with refused(ModelError, "cannot be written: Not a directory"):
        tiny(output=tmp_path / "file" / "out")


def test_a_folder_that_may_not_be_made_is_refused(tmp_path, monkeypatch):
    def forbidden(self, *_args, **_more):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with refused(ModelError, "out' cannot be written: Permission denied"):
        RunFolder(tmp_path / "out").begin()


# Settings.


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("units", [0, -1, 8193, 1.5, 8.0, True, math.nan, "3", [8], 10**400]),
        ("layers", [0, 11, True, "2"]),
        ("embedding_size", [0, 8193, 2.5]),
        ("epochs", [0, 100_001, "3", 1.5]),
        ("batch_size", [0, 65_537, True]),
        ("sequence_length", [1, 65_537, None, "128"]),
        ("patience", [0, None, 1.0]),
        ("min_count", [0, None, -3]),
        ("seed", [-1, 2**31, None, "0", True, 0.5]),
        ("learning_rate", [0, -1, 1.01, math.nan, math.inf, "0.1", True]),
        ("dropout", [-0.1, 1, 1.0, math.nan, "0"]),
        ("weight_decay", [-0.1, 1.1, None, "0"]),
        ("ema", [-0.1, 1.1, None, math.nan]),
        ("clip_norm", [0, -1, math.inf, math.nan, None, 10**400]),
        ("precision", ["float16", "", None, 32, True, "Float32"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused(place, name, values):
    for value in values:
        with refused(SettingError, f"{name} must be "):
            train(TEXT, place / "out", **{name: value})
        with refused(SettingError, f"{name} must be "):
            TrainingSettings(**{name: value})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("units", [1, 8192, None, np.int64(7)]),
        ("sequence_length", [2, 65_536]),
        ("seed", [0, 2**31 - 1]),
        ("learning_rate", [1e-9, 1, None, np.float32(0.5), Fraction(1, 4)]),
        ("dropout", [0, 0.999, None]),
        ("ema", [0, 1]),
        ("precision", ["auto", "bfloat16", "float32"]),
    ],
)
def test_a_value_at_the_end_of_its_range_is_taken(name, values):
    for value in values:
        taken = getattr(TrainingSettings(**{name: value}), name)
        assert taken == value
        assert json.loads(json.dumps(taken)) == value


def test_settings_have_the_names_that_older_cards_give_them(place):
    assert training_settings({"steps": 32, "averaging": 0.5}) == TrainingSettings(sequence_length=32, ema=0.5)
    with refused(SettingError, "sequence_length must be "):
        tiny(output=place / "out", steps=1)


@pytest.mark.parametrize(
    ("name", "near"), [("learning_rat", "learning_rate"), ("unit", "units"), ("weightdecay", "weight_decay")]
)
def test_the_nearest_name_is_told(place, name, near):
    with refused(UnknownSettingError, f"There is no setting '{name}'; did you mean '{near}'"):
        tiny(output=place / "out", **{name: 1})
    with pytest.raises(TypeError):
        training_settings({name: 1})


@pytest.mark.parametrize(
    ("more", "match"),
    [
        (
            {"batch_size": 64, "sequence_length": 128},
            "64 times sequence_length 128 is more than the 1,800",
        ),
        ({"sequence_length": 1900}, "batch_size 4 times sequence_length 1900 is more than"),
    ],
)
def test_settings_that_contradict_the_text_are_refused(place, more, match):
    with refused(SettingError, match):
        tiny(output=place / "out", **more)


def test_the_largest_batch_that_fits_is_taken():
    # 1,800 characters can be learnt; the last one has none after it.
    assert tiny(batch_size=7, sequence_length=257, epochs=1).card["updates"] == 1
    with refused(SettingError, "make one of them smaller"):
        tiny(batch_size=9, sequence_length=200, epochs=1)


def test_checkpoints_without_a_folder_are_refused():
    with refused(SettingError, "Checkpoints are kept in the output folder: give one"):
        tiny(checkpoints=True)


@pytest.mark.parametrize(
    ("seed", "match"), [("", "seed is empty"), (5, "seed must be text"), (b"the", "seed must be text")]
)
def test_a_seed_that_is_no_text_is_refused(place, seed, match):
    with refused(SettingError, match):
        tiny(output=place / "out", sample_seed=seed)


def test_an_unknown_seed_is_refused(place):
    with refused(UnknownCharactersError, "does not know 'Q'"):
        tiny(output=place / "out", sample_seed="the Q")


@pytest.mark.parametrize("card", [{"title": math.nan}, {"title": Path()}, {"title": {1, 2}}, 5, "title", [1]])
def test_a_card_that_is_no_json_is_refused(place, card):
    with refused(SettingError, "card must be a mapping of plain JSON data"):
        tiny(output=place / "out", card=card)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        ("no such model", "The model 'no such model' does not exist"),
        ("", "The name of the model is empty"),
        (5, "not as int"),
        (Path("missing.safetensors"), "There is no file 'missing.safetensors'"),
    ],
)
def test_a_model_that_is_none_is_refused(place, model, match):
    with refused(ModelError, match):
        tiny(output=place / "out", model=model)


# What is chosen.


@pytest.mark.parametrize("characters", [1000, 5000, 100_000, 10**6, 10**8, 10**10])
def test_what_is_chosen_fits_any_text(characters):
    chosen = settings_for(TrainingSettings(), characters)
    assert None not in vars(chosen).values()
    assert chosen.batch_size * chosen.sequence_length < characters - validation_length(characters)
    assert chosen.layers == 2
    given = settings_for(TrainingSettings(units=33, dropout=0, epochs=1), characters)
    assert (given.units, given.dropout, given.epochs) == (33, 0, 1)


def test_a_larger_text_gets_a_larger_network_and_less_dropout():
    chosen = [settings_for(TrainingSettings(), 1000 * 4**n) for n in range(10)]
    for one, larger in itertools.pairwise(chosen):
        assert larger.units >= one.units
        assert larger.epochs <= one.epochs
        assert larger.dropout <= one.dropout
    assert chosen[-1].units > chosen[0].units
    assert chosen[-1].dropout < chosen[0].dropout


@pytest.mark.parametrize(
    ("characters", "expected"), [(1000, 100), (1001, 101), (9_999, 1000), (10**7, 10**6), (10**9, 10**6)]
)
def test_a_tenth_is_validated_on(characters, expected):
    assert validation_length(characters) == expected


def test_only_settings_are_loaded_without_the_extra():
    code = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from lstm_widget.training import Progress, TrainingSettings
TrainingSettings(units=3)
print(*sorted({"torch", "accelerate", "filelock"} & {name for name in sys.modules if sys.modules[name]}))
for name in ("train", "resume"):
    try:
        exec(f"from lstm_widget.training import {name}")
    except ImportError as error:
        print(error)
"""
    for name in ("torch", "accelerate", "filelock"):
        command = [sys.executable, "-c", code, name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        nothing, *told = done.stdout.splitlines()
        assert nothing == ""
        expected = f'Training needs {name}: run  pip install "lstm-widget[train]"'
        assert told == [expected, expected]


def test_an_unknown_name_is_no_part_of_the_package():
    import lstm_widget.training as package  # noqa: PLC0415 - what is tested

    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        package.trian  # noqa: B018 - naming it is the test


def test_rare_characters_are_left_out_and_told(capsys):
    model = tiny(words(2000) + "\n§§" * 2, min_count=5, epochs=1, quiet=False)
    assert "§" not in model.vocab
    assert model.card["characters_left_out"] == 4
    assert "'§' 4" in capsys.readouterr().err


def test_what_was_lost_is_told_however_quiet_it_is_and_in_every_card(tmp_path, capsys):
    file, folder = tmp_path / "text.txt", tmp_path / "out"
    file.write_bytes(words(4000).encode() + b"\xe9\xff" * 300 + "\n§§ａａ".encode())
    finished = tiny(file, output=folder, min_count=5, epochs=1, checkpoints=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "600 bytes of 'text.txt' are not UTF-8 and were left out" in err
    assert "'§' 2" in err
    assert err.count("left out") == 2  # and no other line
    lost = {"characters_left_out": 2, "characters_read_as_similar": 2, "undecodable_bytes": 600}
    stopped = tiny(file, min_count=5, epochs=1, on_progress=lambda _: False)
    for model in (finished, load_model(folder / "checkpoints" / "00000001.safetensors"), stopped):
        assert lost.items() <= model.card.items()
    capsys.readouterr()
    reported_elsewhere(lambda: tiny(file, min_count=5, epochs=1))
    assert capsys.readouterr() == ("", "")
    tiny(words(2000) + "ａａ", min_count=5, epochs=1)  # nothing is lost
    assert capsys.readouterr() == ("", "")
