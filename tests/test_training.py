"""Training a tiny model: it learns, its card and files tell the truth, and it is told how it goes."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest
import torch
from training_runs import (
    PERIODIC,
    TEXT,
    UPDATES,
    VALIDATED,
    ids_of,
    letters_only,
    read_log,
    slow_losses,
    tiny,
)

from lstm_widget import LSTMGenerator, load_model
from lstm_widget.formats.pytorch import to_pytorch
from lstm_widget.network.engine import Engine
from lstm_widget.training import Progress, TrainingSettings
from lstm_widget.training.learner import Learner
from lstm_widget.training.network import CharNetwork, network_of

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {
    "epochs": 12,
    "batch_size": 4,
    "sequence_length": 32,
    "learning_rate": 0.01,
    "dropout": 0.0,
}


class Run:
    """A training with all that it told, and the average of the weights when that was validated."""

    def __init__(self, folder, text, **settings):
        self.folder, self.text, self.records, self.averages = folder, text, [], {}
        validate = Learner.validate

        def watched(learner, *given):
            self.averages[learner.done] = copy.deepcopy(learner.ema)
            return validate(learner, *given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Learner, "validate", watched)
            self.model = tiny(text, folder, on_progress=self.records.append, **settings)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """Return a training that has learnt its text."""
    file = tmp_path_factory.mktemp("text") / "cats.txt"
    file.write_text(PERIODIC, encoding="utf-8")
    folder = tmp_path_factory.mktemp("learnt") / "cats"
    return Run(folder, file, **QUICK | {"units": 24, "seed": 2, "card": {"licence": "public domain"}})


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a short training with checkpoints."""
    return Run(tmp_path_factory.mktemp("told") / "short", TEXT, checkpoints=True)


# It learns.


def test_it_learns(learnt):
    assert learnt.model.card["validation_loss_nats"] < letters_only(PERIODIC) / 4
    text = LSTMGenerator(learnt.model).generate(seed=PERIODIC[:60], length=100, temperature=0)
    assert text == PERIODIC[60:160]


def test_the_card_tells_the_loss_of_the_model_as_it_is_kept(learnt):
    kept = load_model(learnt.folder / "model.safetensors")
    losses = slow_losses(kept, ids_of(kept, PERIODIC[len(PERIODIC) * 9 // 10 :]))
    card = learnt.model.card
    assert card["validation_loss_nats"] == pytest.approx(losses.mean(), abs=1e-4)
    assert card["validation_loss_bits"] == pytest.approx(losses.mean() / math.log(2), abs=1e-4)
    exact = learnt.averages[card["best_update"]].to_char_lstm(kept.vocab)
    cost = losses.mean() - slow_losses(exact, ids_of(kept, PERIODIC[len(PERIODIC) * 9 // 10 :])).mean()
    assert card["float16_cost_nats"] == pytest.approx(cost, abs=2e-6)
    assert cost != 0


def test_the_card_tells_how_it_was_made(learnt):
    card = learnt.model.card
    assert json.loads((learnt.folder / "card.json").read_text(encoding="utf-8")) == card
    assert card["title"] == "cats"
    assert card["text"] == "cats.txt"
    assert card["licence"] == "public domain"
    assert card["characters"] == len(PERIODIC)
    assert card["characters_left_out"] == 0
    assert card["validation"].startswith(f"the last {len(PERIODIC) - len(PERIODIC) * 9 // 10} characters")
    assert TrainingSettings(**card["settings"]).units == 24
    assert card["updates"] == learnt.records[-1].updates
    assert "unfinished" not in card
    assert PERIODIC.startswith(card["seed"])
    assert 20 < len(card["seed"]) <= 30
    assert PERIODIC[len(card["seed"])].isspace()
    assert LSTMGenerator(learnt.model).default_seed == card["seed"]
    settings, samples = card["samples"]["settings"], card["samples"]["by_rng"]
    for rng, text in enumerate(samples):
        assert LSTMGenerator(learnt.model).generate(rng=rng, **settings) == text


def test_what_the_author_says_stands_above_the_rest(tmp_path):
    model = tiny(card={"title": "Mine", "updates": "many"}, output=tmp_path / "out", epochs=1)
    assert model.card["title"] == "Mine"
    assert model.card["updates"] == "many"
    assert tiny(card={"seed": "the dog"}, epochs=1).card["seed"] == "the dog"


def test_a_file_without_an_ending_gives_the_title(tmp_path):
    (tmp_path / "Emma").write_text(TEXT, encoding="utf-8")
    assert tiny(tmp_path / "Emma", epochs=1).card["title"] == "Emma"


# The same again.


def test_the_same_seed_gives_the_same_model(same_model, parts_of, told):
    state = torch.random.get_rng_state()
    again = tiny()
    same_model(again, told.model)
    assert torch.equal(torch.random.get_rng_state(), state)  # others' random numbers are left alone
    assert again.card["validation_loss_nats"] == told.model.card["validation_loss_nats"]
    other = parts_of(tiny(seed=1))
    for name, array in parts_of(told.model).items():
        assert not np.array_equal(array, other[name]), name


def test_the_numbers_of_torch_make_no_difference(same_model, told):
    torch.manual_seed(12345)
    torch.rand(3)
    same_model(tiny(), told.model)


# What is written.


def test_all_files_hold_the_same_model(learnt, told, same_model):
    for run in (learnt, told):
        same_model(load_model(run.folder / "model.safetensors"), run.model)
        same_model(load_model(run.folder / "p5ml"), run.model)
        assert load_model(run.folder / "model.safetensors").card == run.model.card
        assert not (run.folder / "training").exists()


def test_the_model_is_the_best_of_all_validations(learnt, told):
    for run in (learnt, told):
        validated = {r.update: r.validation_bits for r in run.records if r.validation_bits is not None}
        best = run.model.card["best_update"]
        assert validated[best] == min(validated.values())
        half = {name: value.half().float() for name, value in run.averages[best].state_dict().items()}
        network = copy.deepcopy(run.averages[best])
        network.load_state_dict(half)
        expected = network.to_char_lstm(run.model.vocab)
        # The biases are added up, and the 1 of the forget gate taken off, before rounding.
        assert np.array_equal(expected.weights.embedding, run.model.weights.embedding)
        assert np.array_equal(expected.weights.softmax_w, run.model.weights.softmax_w)
        for ours, kept in zip(expected.weights.layers, run.model.weights.layers, strict=True):
            assert np.array_equal(ours.kernel, kept.kernel)


def test_checkpoints_are_kept_at_growing_intervals(told):
    files = sorted((told.folder / "checkpoints").iterdir())
    assert [file.name for file in files] == [f"{n:08d}.safetensors" for n in (0, 1, 2, 4, 8)]
    read = {0: 0} | {record.update: record.characters for record in told.records}
    losses = []
    for file in files:
        model = load_model(file)
        assert model.card["update"] == int(file.stem)
        assert model.card["characters_read"] == read[int(file.stem)]
        losses.append(slow_losses(model, ids_of(model, TEXT)).mean())
    assert losses[0] == pytest.approx(math.log(len(set(TEXT))), abs=0.1)  # it knows nothing
    assert losses == sorted(losses, reverse=True)


def test_the_last_checkpoint_is_kept_after_any_number_of_updates(tmp_path):
    tiny(output=tmp_path / "out", checkpoints=True, epochs=3)
    names = sorted(file.stem for file in (tmp_path / "out" / "checkpoints").iterdir())
    assert names == [f"{n:08d}" for n in (0, 1, 2, 4, 8, 12)]


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("embedding", [None, 5])
def test_the_engine_computes_what_pytorch_computes(layers, embedding):
    torch.manual_seed(layers)
    network = CharNetwork(7, embedding, [9, 8, 6][:layers]).eval()
    ids = torch.randint(0, 7, (1, 80))
    model = network.to_char_lstm("abcdefg")
    lane = Engine(model.weights).lane()
    own = np.array([lane.step(number).copy() for number in ids[0].tolist()])
    with torch.no_grad():
        for module in (network, to_pytorch(model), network_of(model)):
            np.testing.assert_allclose(own, module(ids)[0][0].numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_trained_model_of_any_number_of_layers(layers):
    model = tiny(layers=layers, epochs=1)
    assert [layer.units for layer in model.weights.layers] == [10] * layers
    ids = ids_of(model, TEXT[-200:])
    lane = Engine(model.weights).lane()
    own = np.array([lane.step(number).copy() for number in ids.tolist()])
    with torch.no_grad():
        np.testing.assert_allclose(own, to_pytorch(model)(torch.tensor(ids)[None])[0][0], rtol=0, atol=1e-5)


# What is told.


def test_progress_is_told_after_every_update(told):
    records = told.records
    assert [record.update for record in records] == list(range(1, UPDATES + 1))
    assert {record.updates for record in records} == {UPDATES}
    # 1,800 characters in four rows of 449: batches of 128, 128, 128 and 65 of each.
    read = np.cumsum([512, 512, 512, 260] * 2)
    assert [record.characters for record in records] == read.tolist()
    assert [record.epoch for record in records] == [n / 4 for n in range(1, 9)]
    seconds = [record.seconds for record in records]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    for record in records:
        assert isinstance(record, Progress)
        assert record.characters_per_second > 0
        assert 0 < record.learning_rate <= 0.003
        assert 0 < record.training_bits < 2 * math.log2(len(set(TEXT)))
    assert all(record.seconds_left > 0 for record in records[:-1])
    assert records[-1].seconds_left == 0


def test_the_time_that_is_left_is_what_the_speed_says(told):
    whole = told.records[-1].characters
    for record in told.records:
        expected = (whole - record.characters) / record.characters_per_second
        assert record.seconds_left == pytest.approx(expected)


def test_validations_are_told_with_samples(told):
    best = math.inf
    for record in told.records:
        if record.update not in VALIDATED:
            assert record.validation_bits is None
            assert record.samples == ()
        else:
            best = min(best, record.validation_bits)
            assert [sample.temperature for sample in record.samples] == [0.3, 0.6, 1.0]
        assert record.best_bits == (None if record.update < VALIDATED[0] else best)


def test_a_validation_is_the_loss_of_the_average_on_the_end_of_the_text(told):
    for record in told.records:
        if record.validation_bits is not None:
            model = told.averages[record.update].to_char_lstm(told.model.vocab)
            # 200 characters are read as one row; the first one is given and not predicted.
            losses = slow_losses(model, ids_of(model, TEXT[-200:]))[1:]
            assert record.validation_bits == pytest.approx(losses.mean() / math.log(2), abs=1e-5)


def test_samples_are_what_the_engine_writes(told):
    compared = 0
    for record in told.records:
        for sample in record.samples:
            assert TEXT[1800:].lstrip().startswith(sample.seed)  # its first whole words
            lstm = LSTMGenerator(told.averages[record.update].to_char_lstm(told.model.vocab))
            expected = lstm.generate(seed=sample.seed, length=150, temperature=sample.temperature, rng=0)
            assert sample.text == expected
            compared += 1
    assert compared == 9


def test_the_log_tells_the_same(told):
    assert read_log(told.folder) == [json.loads(json.dumps(record.as_json())) for record in told.records]


def test_a_seed_of_ones_own(tmp_path):
    records = []
    tiny(output=tmp_path / "out", sample_seed="the dog", on_progress=records.append)
    assert {sample.seed for record in records for sample in record.samples} == {"the dog"}


def test_quiet_shows_nothing_and_otherwise_it_is_shown(capsys):
    tiny(epochs=1)
    assert capsys.readouterr() == ("", "")
    tiny(epochs=1, quiet=False)
    out, err = capsys.readouterr()
    assert out == ""
    assert "on the validation text" in err
    assert "at temperature 0.6" in err


def test_validation_and_rarities_share_one_vocabulary():
    model = tiny(TEXT + "éé", min_count=3, epochs=1)
    assert set(model.vocab) == set(TEXT)
