"""Several lanes side by side, a text that is read at once, and several texts that are written together."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from backends import assert_same_logits, use_backend
from slow_texts import REAL, TEXT, refused, slow_text

from lstm_widget.errors import SettingError, UnknownCharactersError, UnknownSettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.backend import backend
from lstm_widget.network.engine import Engine, State, _products
from lstm_widget.writing.batch import advance_together
from lstm_widget.writing.run import Run
from lstm_widget.writing.settings import Settings

SHAPES = [((6,), None), ((6,), 4), ((7, 5), None), ((4, 9), 3), ((8, 2, 7), 5)]
COUNTS = [1, 3, 8, 17]
REAL_NAMES = [name for name, _ in REAL]


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture(params=["numpy", "numba"])
def math(request, monkeypatch):
    """Return what computes, once NumPy and once Numba."""
    use_backend(monkeypatch, request.param)
    return request.param


@pytest.fixture
def generator(model, math):  # noqa: ARG001 - what computes is set before
    return LSTMGenerator(model)


def same_state(one, other, **near):
    """Assert that two states are equal; without `near`, bit by bit."""
    for first, second in zip((*one.c, *one.h), (*other.c, *other.h), strict=True):
        np.testing.assert_allclose(first, second, **(near or {"rtol": 0, "atol": 0}))


# Lanes against single ones.


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_each_lane_equals_a_lane_alone_and_the_plain_formulas(
    random_model, slow_network, units, embedding, count
):
    model = random_model(units, embedding, random_seed=count)
    engine = Engine(model.weights)
    lanes = engine.lane(count)
    alone = [engine.lane() for _ in range(count)]
    slow = [slow_network(model) for _ in range(count)]
    for ids in np.random.default_rng(count).integers(model.vocab_size, size=(30, count)):
        logits = lanes.step(ids)
        assert logits.shape == (count, model.vocab_size)
        assert logits.dtype == np.float32
        for row, lane, network, number in zip(logits, alone, slow, ids, strict=True):
            np.testing.assert_allclose(row, lane.step(number), rtol=1e-6, atol=1e-5)
            np.testing.assert_allclose(row, network.step(number), rtol=1e-5, atol=2e-5)
    for state, lane in zip(lanes.states, alone, strict=True):
        same_state(state, lane.state, rtol=0, atol=1e-5)


@pytest.mark.parametrize("count", [17, 40])
def test_lanes_of_a_network_whose_products_are_cut(random_model, slow_network, count):
    model = random_model((130, 100), 30, "".join(map(chr, range(100, 230))), scale=0.1)
    lanes = Engine(model.weights).lane(count)
    assert any(len(products) > 1 for products, *_ in lanes._layers)  # else there is nothing to see
    slow = [slow_network(model) for _ in range(count)]
    for ids in np.random.default_rng(count).integers(model.vocab_size, size=(12, count)):
        expected = [network.step(number) for network, number in zip(slow, ids, strict=True)]
        np.testing.assert_allclose(lanes.step(ids), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("outputs", "inputs", "count", "pieces"),
    # At most 1,000,000 multiplications each, in multiples of 16 rows, but at least 16.
    [(100, 50, 4, 1), (1000, 100, 10, 2), (999, 200, 17, 4), (37, 9000, 100, 3), (16, 9000, 100, 1)],
)
def test_a_product_is_cut_without_a_gap(outputs, inputs, count, pieces):
    random = np.random.default_rng(1)
    kernel = random.standard_normal((outputs, inputs)).astype(np.float32)
    x = random.standard_normal((inputs, count)).astype(np.float32)
    out = np.full((outputs, count), np.nan, dtype=np.float32)
    products = _products(kernel, x, out)
    assert len(products) == pieces
    for one in products:
        np.dot(*one)
    exact = kernel.astype(np.float64) @ x.astype(np.float64)
    np.testing.assert_allclose(out, exact, rtol=0, atol=1e-5 * np.sqrt(inputs) * np.abs(x).max())


@pytest.mark.parametrize("name", REAL_NAMES)
def test_golden_logits_side_by_side(published, golden, name):
    model, cases = published(name), golden(name)["cases"]
    lanes = Engine(model.weights).lane(len(cases))
    ids = [model.encode(case["seed"]) for case in cases]
    found = [None] * len(cases)
    for n in range(max(map(len, ids))):
        logits = lanes.step(np.array([one[min(n, len(one) - 1)] for one in ids]))
        for lane, one in enumerate(ids):
            if n == len(one) - 1:
                found[lane] = logits[lane].copy()
    for logits, case in zip(found, cases, strict=True):
        assert_same_logits(logits, case["logits"])


def test_what_a_lane_reads_is_nothing_to_the_others(random_model):
    engine = Engine(random_model((7, 5), 3).weights)
    first, second = engine.lane(3), engine.lane(3)
    for n in range(8):
        one, other = first.step(np.array([n, 3, 7 - n])), second.step(np.array([n, 7 - n, n]))
        np.testing.assert_array_equal(one[0], other[0])
    assert not np.array_equal(one[1], other[1])


def test_lanes_begin_at_zero_with_the_logits_of_the_bias(random_model):
    model = random_model((4, 7))
    lanes = Engine(model.weights).lane(3)
    np.testing.assert_array_equal(lanes.logits(), [model.weights.softmax_b] * 3)
    assert len(lanes.states) == 3
    for state in lanes.states:
        assert [array.shape for array in (*state.c, *state.h)] == [(4,), (7,)] * 2
        assert not any(array.any() for array in (*state.c, *state.h))


# States.


def stepped(engine, ids):
    """Return a single lane that has read those."""
    lane = engine.lane()
    for number in ids:
        lane.step(number)
    return lane


@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_states_go_into_lanes_and_out_again(random_model, units, embedding):
    engine = Engine(random_model(units, embedding).weights)
    alone = [stepped(engine, ids) for ids in ([1, 2], [], [7, 7, 0])]
    lanes = engine.lane(3)
    lanes.step(np.array([4, 4, 4]))
    lanes.states = [lane.state for lane in alone]
    for state, lane, logits in zip(lanes.states, alone, lanes.logits(), strict=True):
        same_state(state, lane.state)
        np.testing.assert_allclose(logits, lane.logits(), rtol=1e-6, atol=1e-6)
    kept = lanes.states
    for logits, lane, number in zip(lanes.step(np.array([3, 4, 5])), alone, [3, 4, 5], strict=True):
        np.testing.assert_allclose(logits, lane.step(number), rtol=1e-6, atol=1e-6)
    same_state(kept[0], stepped(engine, [1, 2]).state)  # by value


def test_one_bad_state_is_refused_and_changes_no_lane(random_model):
    engine = Engine(random_model((4, 7)).weights)
    lanes = engine.lane(2)
    lanes.step(np.array([1, 2]))
    before, good = lanes.states, stepped(engine, [5]).state
    other = Engine(random_model((7, 4)).weights).lane().state
    for bad in (other, None, (good.c, good.h), State(good.c[:1], good.h)):
        with refused(SettingError, "state"):
            lanes.states = [good, bad]
    for state, old in zip(lanes.states, before, strict=True):
        same_state(state, old)


# A text that is read at once.


@pytest.mark.parametrize("length", [1, 2, 50])
@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_reading_at_once_equals_single_steps(random_model, slow_network, units, embedding, length):
    model = random_model(units, embedding)
    engine, network = Engine(model.weights), slow_network(model)
    ids = np.random.default_rng(length).integers(model.vocab_size, size=length)
    lane, steps = engine.lane(), engine.lane()
    logits = lane.read(ids)
    assert logits.shape == (length, model.vocab_size)
    assert logits.dtype == np.float32
    for row, number in zip(logits, ids, strict=True):
        np.testing.assert_allclose(row, steps.step(number), rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(row, network.step(number), rtol=1e-5, atol=2e-5)
    same_state(lane.state, steps.state, rtol=0, atol=1e-5)
    np.testing.assert_allclose(lane.step(3), steps.step(3), rtol=1e-6, atol=1e-5)  # and on from there


def test_reading_goes_on_from_a_state(random_model, slow_network):
    model = random_model((7, 5), 3)
    engine = Engine(model.weights)
    first, lane = engine.lane(), engine.lane()
    first.read(np.array([1, 2, 3]))
    lane.state = state = first.state
    kept = State(state.c, state.h)
    logits, after = lane.read(np.array([4, 5, 6])), lane.state
    same_state(state, kept)
    network = slow_network(model)
    expected = [network.step(number) for number in (1, 2, 3, 4, 5, 6)][3:]
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=2e-5)
    for found, right in zip((*after.c, *after.h), (*network.c, *network.h), strict=True):
        np.testing.assert_allclose(found, right, atol=1e-5)
    again = engine.lane().read(np.array([1, 2, 3]))  # nothing stays in the engine
    np.testing.assert_allclose(again[-1], slow_network(model).read(model.decode([1, 2, 3])), atol=2e-5)


@pytest.mark.parametrize("name", REAL_NAMES)
def test_golden_logits_of_a_text_read_at_once(published, golden, name):
    model = published(name)
    for case in golden(name)["cases"]:
        logits = Engine(model.weights).lane().read(np.array(model.encode(case["seed"])))
        assert_same_logits(logits[-1], case["logits"])


def test_a_state_of_another_model_is_not_read_on_from(random_model):
    other = Engine(random_model((7, 4)).weights).lane().state
    with refused(SettingError, r"layers of \(4, 7\) units"):
        Engine(random_model((4, 7)).weights).lane().state = other


# Texts that are written together.


def various(seed):
    """Return settings as different as they come."""
    return [
        {"seed": seed, "length": 90, "temperature": 0.5, "rng": 1},
        {"seed": seed[0], "length": 7, "temperature": 1.0, "top_k": 5, "rng": 2},
        {"seed": seed * 3, "length": 130, "temperature": 0, "rng": 3},
        {"seed": seed, "length": 64, "temperature": 1.3, "top_p": 0.9, "rng": 4},
        {"seed": seed, "length": 65, "temperature": 100, "rng": 1},
        {"seed": seed[-1] * 2, "length": 1, "temperature": 1e-6, "top_k": 3, "top_p": 0.5, "rng": 6},
        {"seed": seed, "length": 130, "temperature": 0.8, "rng": 7},
    ]


def written(runs):
    return ["".join(run.characters) for run in runs]


@pytest.mark.parametrize(("name", "seed"), REAL)
def test_each_of_many_texts_is_what_it_is_alone(published, math, name, seed):
    lstm = LSTMGenerator(published(name))
    assert backend.name == math
    texts = various(seed)
    expected = [lstm.generate(text) for text in texts]
    assert [len(text) for text in expected] == [text["length"] for text in texts]
    assert lstm.generate_many(texts) == expected
    without_filters = [text for text in texts if not text.keys() & {"top_k", "top_p"} and text["temperature"]]
    assert lstm.generate_many(without_filters) == [lstm.generate(text) for text in without_filters]
    for text, one in zip(texts, expected, strict=True):
        assert lstm.generate_many([text]) == [one]


def test_many_texts_are_those_of_the_plain_formulas(generator, model, slow_network):
    texts = various("bad")
    expected = [
        slow_text(slow_network(model), *list(text.values())[:3], np.random.default_rng(text["rng"]),
                  text.get("top_k"), text.get("top_p"))
        for text in texts
    ]  # fmt: skip
    assert generator.generate_many(texts) == expected


def test_what_many_texts_share_is_said_once(generator):
    texts = [{"seed": "bad", "rng": 1}, {"rng": 2, "length": 5}]
    expected = [
        generator.generate(seed="bad", rng=1, length=9),
        generator.generate(seed="ac", rng=2, length=5),
    ]
    assert generator.generate_many(texts, seed="ac", length=9) == expected
    alike = generator.generate_many([{"seed": "ab"}, {"seed": "ab"}], rng=3, temperature=1)
    assert alike == [generator.generate(seed="ab", rng=3, temperature=1)] * 2
    assert texts == [{"seed": "bad", "rng": 1}, {"rng": 2, "length": 5}]


def test_no_texts_are_no_error(generator):
    assert generator.generate_many([]) == []
    assert advance_together([]) == []


def test_texts_finish_one_after_the_other(generator):
    texts = various("bad")
    expected = [generator.generate(text) for text in texts]
    runs = [generator.start(text) for text in texts]
    sizes = np.random.default_rng(2)
    while not all(run.finished for run in runs):
        before, count = written(runs), int(sizes.integers(0, 30))
        pieces = advance_together(runs, count)
        assert [one + piece for one, piece in zip(before, pieces, strict=True)] == written(runs)
        for old, piece, whole in zip(before, pieces, expected, strict=True):
            assert piece == whole[len(old) : len(old) + count]
    assert written(runs) == expected
    assert advance_together(runs) == [""] * len(runs)


def test_texts_alone_and_together_by_turns(generator):
    texts = various("bad")
    runs = [generator.start(text) for text in texts]
    for _ in range(4):
        advance_together(runs[::2], 5)
        runs[2].advance(3)
        advance_together(runs[::-1], 4)
        runs[3].advance(1)
    advance_together(runs)
    assert written(runs) == [generator.generate(text) for text in texts]


def test_together_no_time_at_all_is_one_step_at_a_time(generator):
    texts = [{"seed": "abcd", "length": 5, "rng": 1}, {"seed": "h", "length": 3, "rng": 2}]
    runs, pieces = [generator.start(text) for text in texts], []
    while not all(run.finished for run in runs):
        pieces.append(advance_together(runs, seconds=0))
    assert pieces[:3] == [["", ""]] * 3  # three characters of the longer seed are read first
    assert [[len(one) for one in piece] for piece in pieces[3:]] == [[1, 1]] * 3 + [[1, 0]] * 2
    assert written(runs) == [generator.generate(text) for text in texts]


def test_together_a_little_time_is_enough_in_the_end(generator):
    texts = various("bad")
    runs = [generator.start(text) for text in texts]
    while not all(run.finished for run in runs):
        before = [len(run.characters) - len(run.unread) for run in runs]
        advance_together(runs, seconds=1e-4)
        assert [len(run.characters) - len(run.unread) for run in runs] > before
    assert written(runs) == [generator.generate(text) for text in texts]


def test_together_each_temperature_can_be_changed(generator, model, slow_network):
    runs = [generator.start(seed="ab", length=45, temperature=0, rng=n) for n in (3, 4)]
    advance_together(runs, 15)
    runs[0].temperature = 2.0
    advance_together(runs, 15)
    runs[1].temperature = 0.3
    advance_together(runs)
    for run, heats, rng in [(runs[0], (0, 2.0, 2.0), 3), (runs[1], (0, 0, 0.3), 4)]:
        assert "".join(run.characters) == slow_text(
            slow_network(model), "ab", 45, lambda n, heats=heats: heats[n // 15], np.random.default_rng(rng)
        )


def test_each_text_rolls_its_own_die_once_per_character(generator):
    dice = [np.random.default_rng(n) for n in (1, 2)]
    generator.generate_many([{"length": 30, "rng": dice[0]}, {"length": 77, "rng": dice[1]}])
    for die, n, length in [(dice[0], 1, 30), (dice[1], 2, 77)]:
        same = np.random.default_rng(n)
        same.random(length)
        assert die.bit_generator.state == same.bit_generator.state


def test_together_unused_ids_are_never_chosen(random_model, math):  # noqa: ARG001 - what computes
    model = random_model((5, 3), characters="abcd", vocab_size=70)
    lstm = LSTMGenerator(model)
    texts = [{"seed": "abc", "length": 200, "temperature": heat, "rng": 1} for heat in (0, 1, 100)]
    assert lstm.generate_many(texts) == [lstm.generate(text) for text in texts]
    assert set("".join(lstm.generate_many(texts))) == set("abcd")


# Interrupts.


class Dice:
    """Raise once, before the die of that number, as when somebody interrupts the kernel."""

    def __init__(self, rng, at):
        self.rng, self.rolled, self.at = np.random.default_rng(rng), 0, at
        self.bit_generator = self.rng.bit_generator

    def random(self, size=None):
        self.rolled += 1 if size is None else size
        if self.at and self.rolled >= self.at:
            self.at = 0
            raise KeyboardInterrupt
        return self.rng.random(size)


@pytest.mark.parametrize("at", [1, 2, 12])
@pytest.mark.parametrize("interrupted", [0, 1, 2])
def test_interrupted_texts_can_go_on(model, generator, interrupted, at):
    settings = [Settings("ab", 30, 1.0), Settings("h", 12, 1.0), Settings("bad", 20, 0.5)]
    engine = Engine(model.weights)
    runs = [Run(model, engine, one, Dice(n, at if n == interrupted else 0)) for n, one in enumerate(settings)]
    with pytest.raises(KeyboardInterrupt):
        advance_together(runs)
    before = [len(run.characters) for run in runs]
    assert [len(run.surprise) for run in runs] == before
    advance_together(runs, count=2)
    for run, length in zip(runs, before, strict=True):
        assert len(run.characters) == min(length + 2, run.settings.length)
    advance_together(runs)
    for run in runs:
        bits = generator.score(run.settings.seed + "".join(run.characters)).bits
        np.testing.assert_allclose(run.surprise, bits[len(run.settings.seed) :], rtol=0, atol=5e-5)
    for n, (run, one) in enumerate(zip(runs, settings, strict=True)):
        alone = generator.generate(seed=one.seed, length=one.length, temperature=one.temperature, rng=n)
        assert len(run.characters) == one.length
        assert "".join(run.characters[: before[n]]) == alone[: before[n]]
        if n == interrupted:
            assert "".join(run.characters) == alone


@pytest.mark.parametrize("at", [1, 2, 12])
def test_an_interrupt_costs_no_dice(model, generator, at):
    engine, settings = Engine(model.weights), Settings("ab", 30, 1.0)
    runs = [Run(model, engine, settings, Dice(n, at if n == 1 else 0)) for n in range(3)]
    with pytest.raises(KeyboardInterrupt):
        advance_together(runs)
    advance_together(runs)
    assert written(runs) == [generator.generate(seed="ab", length=30, temperature=1, rng=n) for n in range(3)]


# What is refused.


def test_one_text_twice_or_of_another_generator_is_refused(generator, model):
    one, other = generator.start(rng=1), generator.start(rng=2)
    foreign = LSTMGenerator(model).start(rng=3)
    for runs in ([one, one], [one, other, one], [one, foreign]):
        with refused(SettingError, "different runs of one generator"):
            advance_together(runs)
    assert one.characters == other.characters == foreign.characters == []


def test_dice_that_two_texts_share_are_refused(generator):
    dice = np.random.default_rng(1)
    for texts, shared in [
        ([{"rng": dice}, {"rng": dice}], None),
        ([{"rng": dice}, {}], dice),
        ([{}, {}], dice),
    ]:
        with refused(SettingError, "rng of its own"):
            generator.generate_many(texts, rng=shared)
    assert dice.random() == np.random.default_rng(1).random()  # no die was rolled


def test_dice_that_two_texts_share_below_their_generators_are_refused(generator):
    bits = np.random.PCG64(1)
    for texts in ([{"rng": bits}, {"rng": bits}], [{"rng": bits}, {"rng": np.random.Generator(bits)}]):
        with refused(SettingError, "rng of its own"):
            generator.generate_many(texts)


@pytest.mark.parametrize(
    "texts", ["ab", {"seed": "ab"}, ["ab"], [5], [None, "a"], [[("seed", "a")]], 5, None]
)
def test_many_texts_of_the_wrong_kind_are_refused(generator, texts):
    with refused(SettingError, "must be a (list with the settings of each|dictionary such as)"):
        generator.generate_many(texts)


def test_one_wrong_text_of_many_is_told_before_any_is_begun(generator):
    dice = np.random.default_rng(1)
    for wrong, error, match in [
        ({"temprature": 1}, UnknownSettingError, "did you mean 'temperature'"),
        ({"seed": "aX"}, UnknownCharactersError, "'X'"),
        ({"length": 0}, SettingError, "length must be"),
        ({"rng": -1}, SettingError, "rng must be"),
    ]:
        with refused(error, match):
            generator.generate_many([{"rng": dice}, wrong])
    with refused(UnknownSettingError, "did you mean 'length'"):
        generator.generate_many([{}], lenght=5)
    assert dice.random() == np.random.default_rng(1).random()


# Copies.


def pickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_copies_go_on_by_themselves(generator, copied):
    run = generator.start(seed="abc", length=40, temperature=1.0, rng=1)
    run.advance(10)
    other = copied(run)
    assert other.advance() == run.advance()
    assert other.surprise == run.surprise
    assert len(other.surprise) == 40
    other.extend(50)
    assert (len(other.advance()), run.advance(), len(run.surprise)) == (10, "", 40)
    lanes = Engine(generator.model.weights).lane(3)
    lanes.step(np.arange(3))
    twin = copied(lanes)
    np.testing.assert_array_equal(twin.step(np.arange(3)), lanes.step(np.arange(3)))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_generator_keeps_what_was_fed_and_shares_no_state(generator, copied):
    generator.feed("abc")
    before = generator.predict(1.0, rng=0)
    other = copied(generator)
    assert other.predict(1.0, rng=0) == before
    other.feed("dd")
    assert other.predict(1.0, rng=0) != before
    assert generator.predict(1.0, rng=0) == before


@pytest.mark.parametrize(
    "piece", [{"count": 1.5}, {"count": "3"}, {"count": -1}, {"seconds": "1"}, {"seconds": -1}]
)
def test_a_piece_is_a_number(generator, piece):
    run = generator.start(seed="abc")
    with pytest.raises(SettingError, match=f"The {next(iter(piece))} must be a"):
        run.advance(**piece)
