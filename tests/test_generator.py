"""`LSTMGenerator`: the p5ML interface and the state that is kept by hand."""

from __future__ import annotations

import copy
import json
from types import MappingProxyType

import numpy as np
import pytest
from backends import use_backend
from slow_texts import TEXT, check_prediction, refused, slow_text, softmax

from lstm_widget.errors import (
    ModelError,
    NotReadyError,
    SettingError,
    UnknownCharactersError,
    UnknownSettingError,
)
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.bundled import DEFAULT_MODEL
from lstm_widget.network.engine import State
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import Weights
from lstm_widget.writing.batch import advance_together

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture
def generator(model):
    return LSTMGenerator(model)


# The names of p5ML.


def test_the_properties_of_p5ml(folder, model, same_model):
    lstm = LSTMGenerator(folder)
    assert lstm.ready is True
    assert isinstance(lstm.model, CharLSTM)
    same_model(lstm.model, model)
    assert lstm.cells_amount == 2
    assert dict(lstm.vocab) == dict(model.vocab)
    assert lstm.vocab_size == len(TEXT)
    assert lstm.math == "numpy"
    assert lstm.defaults == {"seed": "a", "length": 20, "temperature": 0.5}


def test_the_documented_example(tmp_path, monkeypatch, capsys, random_model, name_variables, write_folder):
    model = random_model((6, 6), embedding=4, characters="She was ittngxo.")
    write_folder(tmp_path / "data" / "hemingway", name_variables(model), dict(model.vocab))
    monkeypatch.chdir(tmp_path)
    text = LSTMGenerator("data/hemingway/").generate(
        {"seed": "She was sitting next to", "length": 20, "temperature": 0.6}, print
    )
    assert len(text) == 20
    assert set(text) <= set(model.vocab)
    assert capsys.readouterr().out == text + "\n"


@pytest.mark.parametrize("how", ["path", "text", "slash", "model", "file"])
def test_a_model_is_given_in_any_way(tmp_path, folder, model, same_model, how):
    if how == "file":
        from lstm_widget.formats import save_model  # noqa: PLC0415 - for this case alone

        source = save_model(model, tmp_path / "model.safetensors")
    else:
        source = {"path": folder, "text": str(folder), "slash": f"{folder}/", "model": model}[how]
    called = []
    lstm = LSTMGenerator(source, lambda *arguments: called.append(arguments))
    same_model(lstm.model, model)
    assert called == [()]


def test_a_model_that_is_not_there_is_refused():
    called = []
    with refused(ModelError, "'data/nowhere/' does not exist"):
        LSTMGenerator("data/nowhere/", lambda: called.append(1))
    assert called == []


def test_the_callback_gets_the_text(generator):
    texts = []
    text = generator.generate({"seed": "a", "rng": 1}, texts.append)
    assert texts == [text]
    assert generator.generate({"seed": "a", "rng": 1}, callback=texts.append) == text
    assert texts == [text, text]


def test_repr(generator, model):
    assert repr(generator) == f"LSTMGenerator({model!r})"
    assert repr(LSTMGenerator()) == "LSTMGenerator(not ready)"


# Options and keywords.


def test_a_dictionary_and_keywords_say_the_same(generator, slow_network, model):
    settings = {"seed": "bad", "length": 30, "temperature": 1.5, "top_k": 6, "top_p": 0.95, "rng": 4}
    text = generator.generate(settings)
    assert text == slow_text(slow_network(model), "bad", 30, 1.5, np.random.default_rng(4), 6, 0.95)
    assert generator.generate(**settings) == text
    assert generator.generate(MappingProxyType(settings)) == text
    assert (
        generator.generate({"seed": "bad", "length": 30, "top_k": 6}, temperature=1.5, top_p=0.95, rng=4)
        == text
    )


def test_keywords_win_over_options_over_defaults(generator):
    expected = generator.generate(seed="b", length=7, temperature=2, rng=1)
    generator.defaults |= {"seed": "c", "length": 8, "temperature": 0}
    assert generator.generate({"seed": "d", "length": 7, "temperature": 2}, seed="b", rng=1) == expected
    assert len(generator.generate(rng=1)) == 8


def test_without_settings_the_defaults_count(generator, slow_network, model):
    expected = slow_text(slow_network(model), "a", 20, 0.5, np.random.default_rng(3))
    assert generator.generate(rng=3) == expected
    assert generator.generate({}, rng=3) == expected
    assert generator.generate(None, rng=3) == expected
    assert "".join(generator.stream(rng=3)) == expected


def test_changed_defaults_are_ones_own(generator, model):
    generator.defaults["length"] = 3
    assert len(generator.generate()) == 3
    assert len(LSTMGenerator(model).generate()) == 20


def test_no_filters_is_the_same_as_none(generator):
    assert generator.generate(rng=1, top_k=None, top_p=None) == generator.generate(rng=1)


@pytest.mark.parametrize("call", ["generate", "stream", "start"])
@pytest.mark.parametrize("settings", [{"temprature": 0.3}, {"seed": "a", "temprature": 0.3}])
def test_an_unknown_name_is_told_at_once(generator, call, settings):
    for attempt in (
        lambda: getattr(generator, call)(settings),
        lambda: getattr(generator, call)(**settings),
    ):
        with refused(UnknownSettingError, "no setting 'temprature'; did you mean 'temperature'"):
            attempt()


def test_an_unknown_default_is_told(generator):
    generator.defaults["lenght"] = 3
    with refused(UnknownSettingError, "did you mean 'length'"):
        generator.generate()


@pytest.mark.parametrize("options", ["abc", 5, [("seed", "a")], {"a"}, print])
def test_options_that_are_no_dictionary_are_refused(generator, options):
    with refused(SettingError, "options must be a dictionary such as {'seed'"):
        generator.generate(options)


# Wrong settings.


@pytest.mark.parametrize("call", ["generate", "stream", "start"])
@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"seed": ""}, "seed is empty"),
        ({"seed": None}, "seed must be text"),
        ({"seed": 5}, "seed must be text"),
        *[({"length": value}, "length must be") for value in (0, -1, "100", 10**9, True, 2.5, None)],
        *[({"temperature": value}, "temperature must be") for value in (-1, NAN, INF, "hot", None)],
        *[({"top_k": value}, "top_k must be") for value in (0, -3, 1.5, "3")],
        *[({"top_p": value}, "top_p must be") for value in (0, 1.5, -0.1, NAN, "all")],
        *[({"rng": value}, "rng must be") for value in (-1, "x", 1.5)],
    ],
)
def test_a_wrong_setting_is_told_at_once(generator, call, settings, match):
    with refused(SettingError, match):
        getattr(generator, call)(settings)


@pytest.mark.parametrize("call", ["generate", "stream", "start"])
def test_unknown_characters_are_listed_at_once(generator, call):
    dice = np.random.default_rng(1)
    with refused(UnknownCharactersError, "does not know 'X', 'é'") as caught:
        getattr(generator, call)(seed="aXbéX", rng=dice)
    assert caught.value.characters == ("X", "é")
    assert dice.random() == np.random.default_rng(1).random()  # no die was rolled


# Several generators.


def test_two_generators_share_a_model_without_sharing_a_state(model, slow_network):
    first, second = LSTMGenerator(model), LSTMGenerator(model)
    first.feed("abc")
    second.feed("hg")
    for lstm, text in [(first, "abc"), (second, "hg")]:
        shares = softmax(slow_network(model).read(text))
        assert lstm.predict(1.0).probabilities["a"] == pytest.approx(shares[model.vocab["a"]], abs=1e-6)


# Feed, predict, reset, state.


def test_before_anything_is_fed_the_bias_alone_speaks(generator, model):
    check_prediction(generator, model.weights.softmax_b.astype(np.float64))


@pytest.mark.parametrize("text", ["hello", "h", "a\n<a", "ó" * 50])
def test_feed_reads_each_character_once(random_model, slow_network, text):
    model = random_model((6, 4), characters="helo\na<ó")
    lstm = LSTMGenerator(model)
    lstm.feed(text)
    check_prediction(lstm, slow_network(model).read(text))
    lstm.feed("")
    check_prediction(lstm, slow_network(model).read(text))
    lstm.feed("le")  # reads on
    check_prediction(lstm, slow_network(model).read(text + "le"))


@pytest.mark.parametrize("temperature", [1e-6, 0.1, 1, 100])
def test_predict_is_the_softmax_at_that_temperature(generator, model, slow_network, temperature):
    generator.feed("bad")
    check_prediction(generator, slow_network(model).read("bad"), temperature, abs=2e-6 / min(temperature, 1))
    assert sum(generator.predict(temperature).probabilities.values()) == pytest.approx(1)


def test_predict_at_zero_is_certain(generator, model, slow_network):
    generator.feed("bad")
    best = slow_network(model).greedy("bad", 1)
    prediction = generator.predict(0)
    assert prediction.sample == best
    assert prediction.probabilities == {character: float(character == best) for character in model.vocab}


def test_predict_takes_the_default_temperature(generator):
    generator.feed("bad")
    assert generator.predict().probabilities == generator.predict(0.5).probabilities
    generator.defaults["temperature"] = 2
    assert generator.predict().probabilities == generator.predict(2).probabilities
    assert generator.predict(0.5).probabilities != generator.predict(2).probabilities


def test_feed_and_predict_write_what_generate_writes(generator):
    dice, text = np.random.default_rng(8), ""
    generator.feed("bad")
    for _ in range(60):
        character = generator.predict(1.5, rng=dice).sample
        text += character
        generator.feed(character)
    assert text == generator.generate(seed="bad", length=60, temperature=1.5, rng=8)


def test_predict_changes_nothing_and_calls_back(generator, model, slow_network):
    generator.feed("bad")
    got = []
    predictions = [generator.predict(1.0, got.append, rng=n) for n in range(50)]
    assert got == predictions
    assert len({prediction.sample for prediction in predictions}) > 1
    check_prediction(generator, slow_network(model).read("bad"))


def test_predict_rolls_a_new_die_each_time(generator):
    assert len({generator.predict(100).sample for _ in range(100)}) > 1


@pytest.mark.parametrize("temperature", [-1, NAN, INF, "hot", True])
def test_predict_checks_the_temperature(generator, temperature):
    with refused(SettingError, "temperature must be"):
        generator.predict(temperature)


@pytest.mark.parametrize("rng", [-1, "x", 1.5])
def test_predict_checks_the_dice(generator, rng):
    with refused(SettingError, "rng must be"):
        generator.predict(rng=rng)


def test_generate_leaves_the_fed_state_alone(generator, model, slow_network):
    generator.feed("bad")
    generator.generate(seed="ccc", length=30)
    stream = generator.stream(seed="h", length=30)
    next(stream)
    check_prediction(generator, slow_network(model).read("bad"))
    generator.feed("a")
    check_prediction(generator, slow_network(model).read("bada"))


def test_the_fed_state_leaves_generate_alone(generator):
    expected = generator.generate(length=30, rng=1)
    generator.feed("bad")
    assert generator.generate(length=30, rng=1) == expected


def test_feeding_unknown_characters_reads_nothing(generator, model, slow_network):
    generator.feed("bad")
    with refused(UnknownCharactersError, "'X'"):
        generator.feed("abX")
    check_prediction(generator, slow_network(model).read("bad"))


@pytest.mark.parametrize("text", [None, 5, b"abc", ["a", "b"]])
def test_feeding_what_is_no_text_is_refused(generator, text):
    with refused(SettingError, ""):
        generator.feed(text)


def test_the_state_goes_back_and_forth_by_value(generator, model, slow_network):
    generator.feed("bad")
    state = generator.state
    kept = copy.deepcopy(state)
    generator.feed("ace")
    for now, then in zip((*state.c, *state.h), (*kept.c, *kept.h), strict=True):
        np.testing.assert_array_equal(now, then)
    generator.state = state
    check_prediction(generator, slow_network(model).read("bad"))
    generator.feed("h")
    check_prediction(generator, slow_network(model).read("badh"))
    generator.state = state  # reading on has not changed it
    check_prediction(generator, slow_network(model).read("bad"))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_has_dice_and_a_state_of_its_own(model, copied):
    first, alone = LSTMGenerator(model), LSTMGenerator(model)
    for one in (first, alone):
        one._dice = np.random.default_rng(5)
        one.feed("bad")
    other = copied(first)
    other.defaults["length"] = 3
    expected = [alone.predict().sample for _ in range(40)]
    assert [other.predict().sample for _ in range(40)] == expected
    other.feed("ace")
    assert [first.predict().sample for _ in range(40)] == expected
    assert first.defaults != other.defaults


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_copy_of_a_text_is_written_on_for_itself(generator, monkeypatch, copied, backend):
    use_backend(monkeypatch, backend)
    settings = {"seed": "bad", "length": 300, "temperature": 0.9, "rng": 5}
    run = generator.start(settings)
    run.advance(100)
    run.watch()
    other = copied(run)
    assert other.engine is run.engine
    other.temperature = 1.7
    other.advance(150)
    run.advance()
    assert "".join(run.characters) == generator.generate(settings)
    assert (len(other.characters), len(other.surprise)) == (250, 250)
    other.temperature = 0.9
    alone = generator.start(settings)
    alone.advance(100)
    alone.temperature = 1.7
    alone.advance(150)
    assert other.characters == alone.characters
    advance_together([copied(run), other])


def test_the_state_is_that_of_the_plain_formulas(generator, model, slow_network):
    network = slow_network(model)
    network.read("bad")
    generator.state = State(tuple(network.c), tuple(network.h))
    generator.feed("ace")
    check_prediction(generator, network.read("ace"))
    for given, expected in zip(
        (*generator.state.c, *generator.state.h), (*network.c, *network.h), strict=True
    ):
        np.testing.assert_allclose(given, expected, atol=1e-5)


def test_the_state_of_another_model_is_refused(generator, model, random_model, slow_network):
    generator.feed("bad")
    with refused(SettingError, r"layers of \(6, 4\) units"):
        generator.state = LSTMGenerator(random_model((4, 6))).state
    check_prediction(generator, slow_network(model).read("bad"))


# Ids without a character.


@pytest.mark.parametrize("settings", [{"temperature": 100}, {"temperature": 0}, {"top_k": 1}, {"top_p": 0.9}])
def test_ids_without_a_character_are_never_chosen(random_model, settings):
    # 40 columns and 32 characters, as seen in the wild; here the other eight are even the most likely.
    model = random_model((5,), characters="abcdefghijklmnopqrstuvwxyz012345", vocab_size=40)
    weights = model.weights
    bias = weights.softmax_b.copy()
    bias[model.unused_ids] += 50
    lstm = LSTMGenerator(CharLSTM(Weights(weights.layers, weights.softmax_w, bias), model.vocab))
    assert lstm.vocab_size == 40
    text = lstm.generate(seed="abc", length=3000, rng=1, **settings)
    assert len(text) == 3000
    assert set(text) <= set(model.vocab)
    assert lstm.model.unused_ids.size == 8
    if settings == {"temperature": 100}:
        assert set(text) == set(model.vocab)


def test_ids_without_a_character_have_no_probability(random_model, slow_network):
    model = random_model((5,), characters="abcd", vocab_size=9)
    lstm = LSTMGenerator(model)
    lstm.feed("abc")
    logits = slow_network(model).read("abc")
    logits[model.unused_ids] = -np.inf
    check_prediction(lstm, logits)
    assert {lstm.predict(100, rng=n).sample for n in range(100)} == set("abcd")
    lstm.feed("d")  # writing over their logits left no trace
    assert np.isfinite(np.concatenate([*lstm.state.c, *lstm.state.h])).all()


def test_greedy_text_with_unused_ids_is_that_of_the_plain_formulas(random_model, slow_network):
    model = random_model((5, 3), embedding=4, characters="abcd", vocab_size=9)
    text = LSTMGenerator(model).generate(seed="abc", length=50, temperature=0)
    assert text == slow_network(model).greedy("abc", 50)


# Weights and vocabulary one after the other.


def test_checkpoints_then_vocabulary(folder, model, same_model):
    lstm = LSTMGenerator()
    assert lstm.ready is False
    lstm.load_checkpoints(folder)
    assert lstm.ready is False
    assert (lstm.cells_amount, lstm.vocab_size) == (2, len(TEXT))
    for attempt in (
        lstm.generate,
        lambda: lstm.model,
        lambda: lstm.vocab,
        lambda: lstm.feed("a"),
        lstm.predict,
    ):
        with refused(NotReadyError, r"vocabulary is not loaded yet: call load_vocab\(path\)"):
            attempt()
    lstm.load_vocab(folder)
    assert lstm.ready is True
    same_model(lstm.model, model)


def test_vocabulary_then_checkpoints(folder, model, same_model):
    lstm = LSTMGenerator()
    lstm.load_vocab(folder / "vocab.json")
    assert lstm.ready is False
    for attempt in (
        lstm.generate,
        lambda: lstm.model,
        lambda: lstm.cells_amount,
        lambda: lstm.state,
        lstm.predict,
    ):
        with refused(NotReadyError, r"weights are not loaded yet: call load_checkpoints\(path\)"):
            attempt()
    lstm.load_checkpoints(str(folder))
    assert lstm.ready is True
    same_model(lstm.model, model)


def test_reset_before_anything_is_loaded_is_no_error(folder):
    lstm = LSTMGenerator()
    lstm.reset()
    assert lstm.ready is False
    lstm.load_checkpoints(folder)
    lstm.reset()
    assert lstm.ready is False


def test_other_weights_need_their_own_vocabulary(generator, folder):
    assert generator.ready
    generator.load_checkpoints(folder)
    assert not generator.ready
    with refused(NotReadyError, "vocabulary"):
        generator.generate()


def test_another_vocabulary_replaces_the_first(folder, model, tmp_path):
    # A Caesar cipher: what was a is b.
    shifted = dict(zip(model.vocab, [*list(model.vocab.values())[1:], 0], strict=True))
    (tmp_path / "shifted.json").write_text(json.dumps(shifted), encoding="utf-8")
    texts = {}
    for name, file in [("own", folder / "vocab.json"), ("shifted", tmp_path / "shifted.json")]:
        lstm = LSTMGenerator(folder)
        lstm.load_vocab(file)
        seed = next(character for character, number in lstm.vocab.items() if number == 3)
        texts[name] = [lstm.vocab[character] for character in lstm.generate(seed=seed, length=30, rng=1)]
        assert dict(lstm.vocab) == json.loads(file.read_text(encoding="utf-8"))
    assert texts["own"] == texts["shifted"]


def test_loading_forgets_what_was_fed(folder, slow_network):
    lstm = LSTMGenerator(folder)
    lstm.feed("bad")
    lstm.load_vocab(folder)
    lstm.feed("h")
    check_prediction(lstm, slow_network(lstm.model).read("h"))
    lstm.load_checkpoints(folder)
    lstm.load_vocab(folder)
    lstm.feed("a")
    check_prediction(lstm, slow_network(lstm.model).read("a"))


def test_a_failed_load_leaves_a_ready_generator_as_it_was(generator, folder, tmp_path, model, slow_network):
    generator.feed("bad")
    expected = generator.generate(rng=1)
    (folder / "vocab.json").write_text('{"a": 99}', encoding="utf-8")
    (folder / "file0").write_bytes(b"")
    for attempt in (
        lambda: generator.load_checkpoints(tmp_path / "nowhere"),
        lambda: generator.load_checkpoints(folder),
        lambda: generator.load_vocab(tmp_path / "nowhere"),
        lambda: generator.load_vocab(folder),
    ):
        with refused(ModelError, ""):
            attempt()
    assert generator.model is model
    assert generator.generate(rng=1) == expected
    check_prediction(generator, slow_network(model).read("bad"))


def test_a_failed_load_leaves_half_a_generator_as_it_was(folder, tmp_path, model, same_model):
    bad = tmp_path / "bad.json"
    bad.write_text("[", encoding="utf-8")
    too_many = tmp_path / "too_many.json"
    too_many.write_text('{"a": 99}', encoding="utf-8")

    lstm = LSTMGenerator()
    for path in (bad, tmp_path / "nowhere"):
        with refused(ModelError, ""):
            lstm.load_vocab(path)
        with refused(ModelError, ""):
            lstm.load_checkpoints(path)
    assert repr(lstm) == "LSTMGenerator(not ready)"

    lstm.load_checkpoints(folder)
    for path in (bad, too_many):
        with refused(ModelError, ""):
            lstm.load_vocab(path)
    with refused(NotReadyError, "vocabulary"):
        lstm.generate()
    lstm.load_vocab(folder)
    same_model(lstm.model, model)

    lstm = LSTMGenerator()
    lstm.load_vocab(too_many)  # as long as there are no weights it may be right
    with refused(ModelError, "is 99"):
        lstm.load_checkpoints(folder)
    with refused(NotReadyError, "weights"):
        lstm.generate()
    with refused(ModelError, ""):
        lstm.load_vocab(bad)
    lstm.load_vocab(folder)
    lstm.load_checkpoints(folder)
    same_model(lstm.model, model)


def test_used_straight_away_it_loads_the_default_model():
    lstm = LSTMGenerator()
    assert not lstm.ready
    assert len(lstm.generate()) == 20
    assert lstm.ready
    weights = LSTMGenerator(DEFAULT_MODEL).model.weights
    assert lstm.model.weights.softmax_w.tobytes() == weights.softmax_w.tobytes()


@pytest.mark.parametrize(
    "use",
    [
        lambda lstm: lstm.model,
        lambda lstm: lstm.vocab,
        lambda lstm: lstm.vocab_size,
        lambda lstm: lstm.cells_amount,
        lambda lstm: lstm.state,
        lambda lstm: lstm.feed("a"),
        lambda lstm: lstm.predict(),
        lambda lstm: next(lstm.stream()),
        lambda lstm: lstm.start(),
    ],
)
def test_any_use_loads_the_default_model(use):
    lstm = LSTMGenerator()
    use(lstm)
    assert lstm.ready
