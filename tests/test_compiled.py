"""The engine compiled with Numba: against NumPy, golden values and the plain formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from backends import use_backend
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_texts import REAL, refused, slow_text

pytest.importorskip("numba", reason="The compiled engine needs Numba (extra 'fast').")

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network import panels
from lstm_widget.network.backend import backend
from lstm_widget.network.compiled import CompiledLane, _exp, _tanh
from lstm_widget.network.engine import Engine, State
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.sampling import bar, choose
from lstm_widget.network.weights import LSTMLayer, Weights

NEAR_ONE = math.nextafter(1.0, 0.0)
REAL_NAMES = [name for name, _ in REAL]
# Around the 64 outputs of a panel and the 8 inputs that are added at a time.
UNITS, SIZES = [1, 3, 7, 64, 65], [2, 63, 64, 65, 130]
SHAPES = [((6,), None), ((7, 5), 3), ((4, 9), None), ((3, 8, 5), 4), ((17, 2, 33), 5)]


def odd_model(random_model, units, size, **more):
    return random_model(units, characters="ab", vocab_size=size, **more)


def random_ids(size, *shape):
    return np.random.default_rng(size).integers(size, size=shape)


def same_state(one, other):
    """Assert that two states are equal bit by bit."""
    for first, second in zip((*one.c, *one.h), (*other.c, *other.h), strict=True):
        assert first.tobytes() == second.tobytes()


# The logits.


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("units", UNITS)
def test_odd_sizes_equal_the_plain_formulas_and_numpy(random_model, slow_network, units, size):
    for shape, embedding in [((units,), None), ((units, 9), 3), ((5, units), None)]:
        scale = min(0.5, 2 / np.sqrt(units))  # a network that is not chaotic
        model = odd_model(random_model, shape, size, embedding=embedding, random_seed=units, scale=scale)
        engine = Engine(model.weights)
        lane, plain, slow = CompiledLane(engine), engine.lane(), slow_network(model)
        np.testing.assert_array_equal(lane.logits(), model.weights.softmax_b)
        for number in random_ids(size, 20):
            logits = lane.step(number)
            assert logits.shape == (size,)
            assert logits.dtype == np.float32
            np.testing.assert_allclose(logits, plain.step(number), rtol=0, atol=3e-5)
            np.testing.assert_allclose(logits, slow.step(number), rtol=0, atol=3e-5)
        for found, expected in zip((*lane.state.c, *lane.state.h), (*slow.c, *slow.h), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_logits_equal_the_plain_formulas(random_model, slow_network, units, embedding):
    for random_seed in range(3):
        model = random_model(units, embedding, random_seed=random_seed, scale=0.5)
        lane, slow = CompiledLane(Engine(model.weights)), slow_network(model)
        for number in np.random.default_rng(random_seed).integers(model.vocab_size, size=60):
            np.testing.assert_allclose(lane.step(number), slow.step(number), rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", REAL_NAMES)
def test_golden_logits(published, golden, name):
    model, cases = published(name), golden(name)["cases"]
    engine = Engine(model.weights)
    together, padded = CompiledLane(engine, len(cases)), max(len(case["seed"]) for case in cases)
    found = np.empty((padded, len(cases), model.vocab_size))
    for n in range(padded):  # who has read its seed reads its last character again
        ids = [model.encode(case["seed"])[min(n, len(case["seed"]) - 1)] for case in cases]
        found[n] = together.step(np.array(ids))
    for number, case in enumerate(cases):
        lane = CompiledLane(engine)
        for character in model.encode(case["seed"]):
            logits = lane.step(character)
        np.testing.assert_allclose(logits, case["logits"], rtol=0, atol=1e-4)
        np.testing.assert_array_equal(found[len(case["seed"]) - 1, number], logits)


@pytest.mark.parametrize("name", REAL_NAMES)
def test_greedy_text_is_golden(published, golden, monkeypatch, name):
    use_backend(monkeypatch, "numba")
    lstm = LSTMGenerator(published(name))
    assert backend.name == "numba"
    cases = golden(name)["cases"]
    texts = [
        {"seed": case["seed"], "length": 80, "temperature": heat} for case in cases for heat in (0, 1e-6)
    ]
    expected = [case["greedy_80"] for case in cases for _ in range(2)]
    assert [lstm.generate(text) for text in texts] == expected
    assert lstm.generate_many(texts) == expected


@pytest.mark.parametrize(("name", "seed"), REAL)
def test_the_text_of_real_models_is_that_of_the_plain_formulas(
    published, slow_network, monkeypatch, name, seed
):
    use_backend(monkeypatch, "numba")
    model = published(name)
    for heat, top_k, top_p in [(0.5, None, None), (1.0, 10, None), (100, None, 0.9), (0.8, 20, 0.95)]:
        given = {"temperature": heat, "top_k": top_k, "top_p": top_p}
        expected = slow_text(slow_network(model), seed, 60, rng=np.random.default_rng(9), **given)
        assert LSTMGenerator(model).generate(seed=seed, length=60, rng=9, **given) == expected


def test_logits_without_a_step_repeat_the_last_ones(random_model):
    lane = CompiledLane(Engine(random_model((7, 5), 3).weights))
    lane.step(3)
    expected = lane.step(1).copy()
    np.testing.assert_array_equal(lane.logits(), expected)
    lane.logits()[:] = np.nan  # who is given the logits may write -inf into them
    np.testing.assert_array_equal(lane.logits(), expected)


# Bit by bit the same.


@pytest.mark.parametrize("count", [1, 2, 3, 8, 17])
@pytest.mark.parametrize(("units", "size"), [((7, 5), 10), ((65, 64), 130), ((1,), 2)])
def test_a_lane_beside_others_is_the_same_bit_by_bit(random_model, units, size, count):
    engine = Engine(odd_model(random_model, units, size, scale=0.5).weights)
    lanes, alone = CompiledLane(engine, count), [CompiledLane(engine) for _ in range(count)]
    for ids in random_ids(size, 15, count):
        logits = lanes.step(ids)
        assert logits.shape == (count, size)
        for row, lane, number in zip(logits, alone, ids, strict=True):
            np.testing.assert_array_equal(row, lane.step(number))
    for state, lane in zip(lanes.states, alone, strict=True):
        same_state(state, lane.state)


@pytest.mark.parametrize(("units", "size"), [((7, 5), 10), ((65, 130), 200)])
def test_the_order_of_the_panels_makes_no_difference(random_model, units, size):
    engine = Engine(odd_model(random_model, units, size, scale=0.5).weights)
    lane, other = CompiledLane(engine), CompiledLane(engine)
    other._turn = 1
    for number in random_ids(size, 15):
        np.testing.assert_array_equal(lane.step(number), other.step(number))


def test_the_pieces_make_no_difference_to_what_is_written(random_model):
    model = random_model((65, 20), 9, scale=0.5)
    engine, dice = Engine(model.weights), np.random.default_rng(1).random((2, 60))
    filters = ([1.0, 0.7], [None, 5], [0.9, None])
    whole, pieces = CompiledLane(engine, 2), CompiledLane(engine, 2)
    expected, bits = whole.write([3, 4], dice, *filters)
    ids, found, surprise = [3, 4], [], []
    for start, end in [(0, 1), (1, 8), (8, 9), (9, 60)]:
        for piece, all_of_them in zip(
            pieces.write(ids, dice[:, start:end], *filters), (found, surprise), strict=True
        ):
            all_of_them.append(piece)
        ids = found[-1][:, -1]
    np.testing.assert_array_equal(np.hstack(found), expected)
    np.testing.assert_array_equal(np.hstack(surprise), bits)
    for state, other in zip(whole.states, pieces.states, strict=True):
        same_state(state, other)


# States.


@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_states_are_exchanged_with_numpy_exactly(random_model, units, embedding):
    engine = Engine(random_model(units, embedding).weights)
    plain, fast = engine.lane(3), CompiledLane(engine, 3)
    for ids in random_ids(8, 5, 3):
        plain.step(ids)
    fast.states = plain.states
    for one, other in zip(fast.states, plain.states, strict=True):
        same_state(one, other)
    np.testing.assert_allclose(fast.logits(), plain.logits(), rtol=1e-6, atol=1e-5)
    kept = fast.states
    for ids in random_ids(8, 5, 3):
        np.testing.assert_allclose(fast.step(ids), plain.step(ids), rtol=1e-5, atol=2e-5)
    for one, other in zip(kept, engine.lane(3).states, strict=True):
        assert not np.array_equal(one.h[0], other.h[0])
    plain.states = fast.states
    for one, other in zip(plain.states, fast.states, strict=True):
        same_state(one, other)
    fast.states = kept
    for one, other in zip(fast.states, kept, strict=True):  # by value, and nothing has changed it
        same_state(one, other)


def test_a_new_lane_is_in_the_zero_state(random_model):
    engine = Engine(random_model((4, 7)).weights)
    same_state(CompiledLane(engine).state, engine.lane().state)
    assert [array.shape for array in CompiledLane(engine).state.h] == [(4,), (7,)]


def test_the_state_of_another_model_is_refused_and_changes_nothing(random_model):
    engine = Engine(random_model((4, 7)).weights)
    other = Engine(random_model((7, 4)).weights).lane().state
    lane = CompiledLane(engine)
    lane.step(3)
    before = lane.state
    for state in (other, State(before.c[:1], before.h), None):
        with refused(SettingError, "state"):
            lane.state = state
    same_state(lane.state, before)
    lanes = CompiledLane(engine, 2)
    with refused(SettingError, "state"):
        lanes.states = [before, other]
    for state in lanes.states:
        assert not any(array.any() for array in (*state.c, *state.h))


def test_the_weights_are_packed_once_and_let_go_with_the_engine(random_model):
    from lstm_widget.network.panels import _packed  # noqa: PLC0415 - for this case alone

    engine = Engine(random_model().weights)
    lanes = [CompiledLane(engine), CompiledLane(engine, 3)]
    assert lanes[0]._packed is lanes[1]._packed
    assert engine in _packed
    count = len(_packed)
    del engine, lanes
    assert len(_packed) == count - 1


# The weights in float16.


def two_ways(model, monkeypatch):
    """Return two engines of a model: all in float32, and in float16 whatever can be."""
    engines = []
    for least in (math.inf, 0):
        monkeypatch.setattr(panels, "_CACHED", least)
        engines.append(Engine(model.weights, model.unused_ids))
        panels.packed(engines[-1])
    wide, half = engines
    assert CompiledLane.math(wide) == "numba"
    return wide, half


def same_bits(wide, half, size, count=None):
    """Assert that lanes of two engines give the same logits, states and texts, bit by bit."""
    lanes = [CompiledLane(engine, count) for engine in (wide, half)]
    for ids in random_ids(size, 12, *([] if count is None else [count])):
        one, other = (lane.step(ids).copy() for lane in lanes)
        assert one.tobytes() == other.tobytes()
    number = count or 1
    dice = np.random.default_rng(size).random((number, 30))
    first, *heats = [0] * number, [0.7] * number, [5] * number, [None] * number
    (one, one_bits), (other, other_bits) = (lane.write(first, dice, *heats) for lane in lanes)
    assert one.tolist() == other.tolist()
    assert one_bits.tobytes() == other_bits.tobytes()
    for states in zip(*(lane.states for lane in lanes), strict=True):
        same_state(*states)


needs_float16 = pytest.mark.skipif(not panels._WIDENS, reason="This processor cannot widen float16.")


@needs_float16
@pytest.mark.parametrize("count", [None, 1, 2, 5])
@pytest.mark.parametrize(("units", "embedding"), [*SHAPES, ((64, 65), None)])
def test_float16_gives_the_same_to_the_last_bit(random_model, monkeypatch, units, embedding, count):
    model = random_model(units, embedding, scale=0.8).rounded()
    wide, half = two_ways(model, monkeypatch)
    assert CompiledLane.math(half) == "numba, float16"
    assert panels.packed(half).flat.size == 0
    same_bits(wide, half, model.vocab_size, count)


@needs_float16
@pytest.mark.parametrize("size", [2.0**-24, 3 * 2.0**-24, 2.0**-14, 1.0, 30_000.0])
def test_the_smallest_and_largest_numbers_of_float16_stay_what_they_are(monkeypatch, size):
    random = np.random.default_rng(0)

    def numbers(*shape):
        return (size * random.integers(-1, 2, size=shape)).astype(np.float16)

    layers = (LSTMLayer(numbers(3 + 5, 20), numbers(20)), LSTMLayer(numbers(5 + 9, 36), numbers(36)))
    model = CharLSTM(Weights(layers, numbers(9, 3), numbers(3)), {"a": 0, "b": 1, "c": 2})
    wide, half = two_ways(model, monkeypatch)
    assert CompiledLane.math(half) == "numba, float16"
    same_bits(wide, half, 3)


@needs_float16
def test_a_kernel_that_float16_would_round_stays_in_float32(random_model, monkeypatch):
    rounded, own = random_model((7, 5)).rounded().weights, random_model((7, 5)).weights
    for number in range(3):
        kernels = [rounded.layers[0], rounded.layers[1], rounded.softmax_w]
        kernels[number] = [*own.layers, own.softmax_w][number]
        model = CharLSTM(Weights(kernels[:2], kernels[2], own.softmax_b), random_model((7, 5)).vocab)
        wide, half = two_ways(model, monkeypatch)
        assert panels.packed(half).plan[:, -1].tolist() == [one != number for one in range(3)]
        same_bits(wide, half, model.vocab_size)


@needs_float16
def test_a_large_model_is_read_in_float16_and_a_small_one_is_not(random_model, monkeypatch):
    use_backend(monkeypatch, "numba")
    large = random_model((256, 256), scale=0.1)
    assert LSTMGenerator(large).math == "numba"
    assert LSTMGenerator(large.rounded()).math == "numba, float16"
    assert LSTMGenerator(random_model((64,)).rounded()).math == "numba"


def test_without_the_instruction_all_stays_in_float32(random_model, monkeypatch):
    monkeypatch.setattr(panels, "_WIDENS", False)
    model = random_model((7, 5)).rounded()
    _, half = two_ways(model, monkeypatch)
    assert CompiledLane.math(half) == "numba"


# Writing.


def slow_write(lane, number, dice, temperature, top_k, top_p):
    """Return what `write` chooses and its surprise, with `step` and the sampling of NumPy."""
    chosen, surprise = [], []
    for die in dice:
        logits = lane.step(number)
        number = choose(logits, temperature, die, top_k, top_p)
        chosen.append(number)
        surprise.append(bits(logits, number))
    return chosen, surprise


def bits(logits, number):
    """Return -log2 of the softmax."""
    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits)
    return np.log2(np.exp(shifted).sum()) - shifted[number] / np.log(2)


@pytest.mark.parametrize("top_p", [None, 1.0, 0.9, 0.3, 1e-300])
@pytest.mark.parametrize("top_k", [None, 1, 5, 69, 10**12])
@pytest.mark.parametrize("size", [70, 130])
def test_writing_equals_steps_and_choices(random_model, size, top_k, top_p):
    model = odd_model(random_model, (9, 7), size, random_seed=size)
    engines = {
        unused: Engine(model.weights, unused) for unused in ((), (0, 3, size - 1), tuple(range(2, size)))
    }
    for count, temperature in enumerate([0, 1e-12, 1e-9, 1e-6, 0.1, 0.5, 1.0, 3.0, 100.0]):
        dice = np.random.default_rng(count).random((1, 40))
        for unused, engine in engines.items():
            lane, steps = CompiledLane(engine), CompiledLane(engine)
            chosen, surprise = lane.write([1], dice, [temperature], [top_k], [top_p])
            expected, right = slow_write(steps, 1, dice[0], temperature, top_k, top_p)
            assert chosen.shape == surprise.shape == (1, 40)
            assert chosen[0].tolist() == expected
            np.testing.assert_allclose(surprise[0], right, rtol=1e-12, atol=1e-8)
            assert surprise.min() >= 0
            same_state(lane.state, steps.state)  # the last one is not fed
            assert not np.isin(chosen, unused).any()


def test_each_lane_writes_with_its_own_settings(random_model):
    engine = Engine(odd_model(random_model, (9, 7), 70).weights, unused=(2, 5))
    given = [(0, None, None), (0.5, 3, None), (1.0, None, 0.5), (100.0, None, None), (1.0, 40, 0.9)]
    dice = np.random.default_rng(1).random((5, 50))
    together = CompiledLane(engine, 5).write([1, 2, 3, 4, 6], dice, *zip(*given, strict=True))
    for row, surprise, number, rolls, one in zip(*together, [1, 2, 3, 4, 6], dice, given, strict=True):
        expected, right = slow_write(CompiledLane(engine), number, rolls, *one)
        assert row.tolist() == expected
        np.testing.assert_allclose(surprise, right, rtol=1e-12, atol=1e-8)
        alone = CompiledLane(engine).write([number], rolls[None], *[[value] for value in one])
        np.testing.assert_array_equal(alone, [[row], [surprise]])


# Choosing, from any logits: those of a network whose bias says everything.


def written_from(logits, temperature, dice, top_k=None, top_p=None, unused=()):
    """Return what the compiled code chooses from these logits with each of the dice, and its surprise."""
    size = len(logits)
    layer = LSTMLayer(np.zeros((size + 1, 4)), np.zeros(4))
    weights = Weights((layer,), np.zeros((1, size)), np.array(logits, dtype=np.float32))
    lane = CompiledLane(Engine(weights, unused))
    rolls = np.array([dice], dtype=np.float64)
    (chosen,), (surprise,) = lane.write([0], rolls, [temperature], [top_k], [top_p])
    return chosen.tolist(), surprise.tolist()


def chosen_from(*given, **more):
    return written_from(*given, **more)[0]


logit = st.floats(-50, 50, width=32) | st.sampled_from([0.0, -0.0, 1.0, 1e30, -1e30, 3e38, -3e38])
temperatures = st.floats(-6, 2).map(lambda exponent: 10.0**exponent) | st.sampled_from([0.0, 1e-9, 1e-12])
dice = st.floats(0, 1, exclude_max=True) | st.sampled_from([0.0, 5e-324, 0.5, NEAR_ONE])


@settings(max_examples=500)
@given(
    st.lists(logit, min_size=1, max_size=40),
    temperatures,
    dice,
    st.none() | st.integers(1, 50),
    st.none() | st.floats(1e-300, 1),
)
def test_any_choice_is_that_of_numpy(logits, temperature, u, top_k, top_p):
    array = np.array(logits, dtype=np.float32)
    expected = choose(array, temperature, u, top_k, top_p)
    (chosen,), (surprise,) = written_from(logits, temperature, [u], top_k, top_p)
    assert surprise == pytest.approx(bits(array, chosen), rel=1e-12, abs=1e-8)
    if chosen != expected:  # then rounding decides, and that is another one in a sum of another order
        order, edges = bar(array, temperature, top_k)
        margins = np.abs(edges / edges[-1] - u)
        if top_p is not None:
            _, kept = bar(array, temperature, top_k, top_p)
            margins = np.append(np.abs(kept / kept[-1] - u), np.abs(edges / edges[-1] - top_p))
        assert margins.min() < 1e-13
        assert np.diff(edges, prepend=0.0)[order.tolist().index(chosen)] > 0


def test_ties_go_to_the_lower_id():
    logits = [1, 2, 0, 2, 1, 2]  # in order: 1, 3, 5, 0, 4, 2
    assert chosen_from(logits, 0, [0.0, 0.99]) == [1, 1]
    assert chosen_from(logits, 1e-6, [0.0, 0.34, 0.67, NEAR_ONE]) == [1, 3, 5, 5]
    assert [chosen_from(logits, 1.0, [NEAR_ONE], top_k=k)[0] for k in range(1, 7)] == [1, 3, 5, 0, 4, 2]
    assert chosen_from([-3.5] * 8, 0.01, [n / 8 for n in range(8)]) == list(range(8))
    ends = [math.nextafter((n + 1) / 8, 0) for n in range(8)]
    assert chosen_from([-3.5] * 8, 100, ends) == list(range(8))
    for kept in (1, 2, 3, 4):  # top-p is reached when it is met exactly
        rolls = np.linspace(0, NEAR_ONE, 101)
        assert set(chosen_from([0] * 4, 1.0, rolls, top_p=kept / 4)) == set(range(kept))


def test_the_lowest_die_takes_the_first_and_the_highest_the_last():
    for temperature in (0.5, 1, 100):
        assert chosen_from([0, 3, 1, 2], temperature, [0.0, 1e-320, NEAR_ONE]) == [1, 1, 0]
        assert chosen_from([0, 3, 1, 2], temperature, [0.0, NEAR_ONE], top_k=2) == [1, 3]
        assert chosen_from([0, 3, 1, 2], temperature, [NEAR_ONE], unused=(0, 2)) == [3]


def test_the_highest_die_takes_one_of_some_width():
    random = np.random.default_rng(3)
    for _ in range(300):
        logits = random.normal(0, 1, 60)
        logits[-1] = -900  # exp(-900) is 0
        (chosen,) = chosen_from(logits, 1.0, [NEAR_ONE])
        assert chosen != 59


@pytest.mark.parametrize(("size", "last"), [(1e-30, 4), (1e30, 3), (3e38, 3)])
def test_any_size_of_logits(size, last):
    logits = [-size, size, 0, size, -size]
    for temperature in (1e-9, 1e-6, 1, 100):
        assert chosen_from(logits, temperature, [0.0, NEAR_ONE]) == [1, last]
    assert chosen_from(logits, 0, [0.7]) == [1]


# Arithmetic.


def test_saturated_gates_equal_the_plain_formulas(random_model, slow_network):
    model = random_model((5, 4), scale=1e4)
    lane, slow = CompiledLane(Engine(model.weights)), slow_network(model)
    for number in model.encode("abcabc"):
        with np.errstate(over="ignore"):  # of the slow network's exponential, which then is infinite
            expected = slow.step(number)
        np.testing.assert_allclose(lane.step(number), expected, rtol=1e-4)


def test_huge_weights_stay_finite_and_choose(random_model):
    model = random_model((5,), scale=1e30)
    lane = CompiledLane(Engine(model.weights))
    logits = lane.step(3)
    assert np.abs(logits).max() > 1e29
    np.testing.assert_allclose(logits, Engine(model.weights).lane().step(3), rtol=1e-4)
    chosen, surprise = lane.write([1], np.array([[0.5] * 9]), [1.0], [None], [None])
    assert chosen.max() < 8
    np.testing.assert_array_equal(surprise, 0)  # nothing else is possible


def test_tanh_is_near_enough():
    x = np.concatenate(
        [
            np.linspace(-9.5, 9.5, 20_001),
            np.geomspace(1e-38, 3e38, 2001),
            -np.geomspace(1e-38, 3e38, 2001),
            [0.0, 8.0, -8.0, np.nextafter(np.float32(8), 9), np.inf, -np.inf],
        ]
    ).astype(np.float32)
    found = np.array([_tanh(value) for value in x])
    exact = np.tanh(x.astype(np.float64))
    np.testing.assert_allclose(found, exact, rtol=5e-7, atol=0)
    assert np.abs(found).max() <= 1 + 3e-7
    np.testing.assert_array_equal(found[20_001:22_002], -found[22_002:24_003])  # odd


def test_exp_is_near_enough():
    x = np.concatenate([-np.geomspace(1e-300, 1e300, 5001), np.linspace(-60, 0, 5001), [-np.inf, -0.0]])
    np.testing.assert_allclose([_exp(value) for value in x], np.exp(x), rtol=0, atol=2e-10)
    assert _exp(0.0) == 1
