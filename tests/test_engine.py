"""One step of the network: against golden values, the plain formulas and PyTorch; and the threads of BLAS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import threadpoolctl
from model_files import CASES, SEEDS

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.blas import single_thread
from lstm_widget.network.engine import Engine, State
from lstm_widget.writing import batch

SHAPES = [((6,), None), ((6,), 4), ((7, 5), None), ((4, 9), 3), ((3, 8, 5), None), ((8, 2, 7), 5)]


def read(lane, ids):
    """Return a copy of the logits after the last of the ids."""
    for number in ids:
        logits = lane.step(number)
    return logits.copy()


# Against TensorFlow.js.


@pytest.mark.parametrize("name", SEEDS)
def test_golden_sizes(published, golden, name):
    model, expected = published(name), golden(name)
    embedding = model.weights.embedding
    assert model.vocab_size == expected["vocab_size"]
    assert model.weights.parameters == expected["parameters"]
    assert len(model.weights.layers) == expected["layers"]
    assert [layer.units for layer in model.weights.layers] == expected["hidden"]
    assert (None if embedding is None else embedding.shape[1]) == expected["embedding"]
    assert [case["seed"] for case in expected["cases"]] == SEEDS[name]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_golden_logits(published, golden, name, seed):
    model = published(name)
    expected = next(case["logits"] for case in golden(name)["cases"] if case["seed"] == seed)
    logits = read(Engine(model.weights).lane(), model.encode(seed))
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_golden_greedy_text(published, golden, name, seed):
    model = published(name)
    expected = next(case["greedy_80"] for case in golden(name)["cases"] if case["seed"] == seed)
    lane = Engine(model.weights).lane()
    ids = [int(read(lane, model.encode(seed)).argmax())]
    while len(ids) < 80:
        ids.append(int(lane.step(ids[-1]).argmax()))
    assert model.decode(ids) == expected


# Against the plain formulas.


@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_logits_equal_the_plain_formulas(random_model, slow_network, units, embedding):
    for random_seed in range(5):
        model = random_model(units, embedding, random_seed=random_seed)
        lane, slow = Engine(model.weights).lane(), slow_network(model)
        for number in np.random.default_rng(random_seed).integers(model.vocab_size, size=60):
            np.testing.assert_allclose(lane.step(number), slow.step(number), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_the_state_equals_the_plain_formulas(random_model, slow_network, units, embedding):
    model = random_model(units, embedding)
    lane, slow = Engine(model.weights).lane(), slow_network(model)
    for number in [0, 5, 5, 1, 7]:
        lane.step(number)
        slow.step(number)
    for given, expected in [(lane.state.c, slow.c), (lane.state.h, slow.h)]:
        assert [array.shape for array in given] == [(count,) for count in units]
        for one, other in zip(given, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_large_weights_saturate_in_silence(random_model, slow_network):
    model = random_model((5, 4), scale=1e4)
    lane, slow = Engine(model.weights).lane(), slow_network(model)
    with np.errstate(
        over="ignore"
    ):  # of the slow network's exponential, which then is infinite, as it should
        expected = slow.read("abcabc")
    with np.errstate(all="raise", under="ignore"):
        logits = read(lane, model.encode("abcabc"))
    np.testing.assert_allclose(logits, expected, rtol=1e-4)


# Against PyTorch.


@pytest.mark.parametrize(("units", "embedding"), [((6,), None), ((7, 5), 3), ((3, 8, 5), 4)])
def test_logits_equal_pytorch(units, embedding, random_model):
    pytest.importorskip("torch", reason="The comparison with PyTorch needs PyTorch (extra 'train').")
    from slow_torch import slow_logits  # noqa: PLC0415 - needs PyTorch

    model = random_model(units, embedding, random_seed=3)
    weights = model.weights
    ids = np.random.default_rng(3).integers(model.vocab_size, size=40)
    expected = slow_logits(model, ids).numpy()
    lane = Engine(weights).lane()
    for number, logits in zip(ids, expected, strict=True):
        np.testing.assert_allclose(lane.step(number), logits, rtol=1e-5, atol=2e-5)


# State and lanes.


@pytest.fixture
def model(random_model):
    return random_model((4, 7, 3), embedding=5)


@pytest.fixture
def engine(model):
    return Engine(model.weights)


def test_logits_without_a_step_repeat_the_last_ones(engine, model):
    lane = engine.lane()
    np.testing.assert_array_equal(lane.logits(), model.weights.softmax_b)  # nothing read: h is zero
    expected = read(lane, [1, 2])
    np.testing.assert_array_equal(lane.logits(), expected)


def test_spoiled_logits_do_no_harm(engine):
    lane, other = engine.lane(), engine.lane()
    lane.step(1)[:] = np.nan  # who is given the logits may write -inf into them
    other.step(1)
    np.testing.assert_array_equal(lane.logits(), other.logits())
    np.testing.assert_array_equal(lane.step(2), other.step(2))


def test_a_state_that_was_read_stays_as_it_was(engine):
    lane = engine.lane()
    read(lane, [1, 2])
    state = lane.state
    before = [array.copy() for array in (*state.c, *state.h)]
    read(lane, [3, 4])
    for array, old in zip((*state.c, *state.h), before, strict=True):
        np.testing.assert_array_equal(array, old)
        assert not array.flags.writeable


def test_a_state_that_was_set_is_copied(engine):
    donor, lane = engine.lane(), engine.lane()
    read(donor, [1, 2])
    arrays = [[array.copy() for array in part] for part in (donor.state.c, donor.state.h)]
    state = State(*arrays)
    for part in arrays:
        for array in part:
            array[:] = 9  # after the state was made
    lane.state = state
    expected = read(donor, [3, 4])
    np.testing.assert_array_equal(read(lane, [3, 4]), expected)
    lane.state = state
    np.testing.assert_array_equal(read(lane, [3, 4]), expected)  # reading on did not change `state`


def test_setting_the_state_back_repeats_the_logits(engine):
    lane = engine.lane()
    read(lane, [1, 2, 3])
    state, now, expected = lane.state, lane.logits().copy(), read(lane, [4, 5])
    assert not np.array_equal(now, expected)
    lane.state = state
    np.testing.assert_array_equal(lane.logits(), now)
    np.testing.assert_array_equal(read(lane, [4, 5]), expected)


def test_the_first_state_is_zero(engine):
    state = engine.lane().state
    assert [a.size for a in state.c] == [a.size for a in state.h] == [4, 7, 3]
    assert not any(array.any() for array in (*state.c, *state.h))


RIGHT = ([0] * 4, [0] * 7, [0] * 3)


@pytest.mark.parametrize(
    ("c", "h"),
    [
        ((), ()),
        (RIGHT[:2], RIGHT[:2]),
        (RIGHT, RIGHT[:2]),
        ((*RIGHT, [0]), (*RIGHT, [0])),
        (RIGHT[::-1], RIGHT[::-1]),
        (([0], [0] * 7, [0] * 3), RIGHT),  # one value would be spread over the layer
        (RIGHT, ([[0] * 4], [0] * 7, [0] * 3)),
    ],
)
def test_a_state_of_another_shape_is_refused_and_changes_nothing(engine, c, h):
    lane = engine.lane()
    expected = read(lane, [1, 2])
    with pytest.raises(SettingError, match=r"layers of \(4, 7, 3\) units"):
        lane.state = State(c, h)
    np.testing.assert_array_equal(lane.logits(), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_state_that_is_not_finite_is_refused(engine, value):
    with pytest.raises(SettingError):
        engine.lane().state = State(RIGHT, ([0] * 4, [0] * 7, [0, 0, value]))


@pytest.mark.parametrize("value", [None, (RIGHT, RIGHT), {"c": RIGHT, "h": RIGHT}])
def test_what_is_no_state_is_refused(engine, value):
    with pytest.raises(SettingError):
        engine.lane().state = value


def test_lanes_of_one_engine_do_not_disturb_each_other(engine, slow_network, model):
    first, second = engine.lane(), engine.lane()
    slow_first, slow_second = slow_network(model), slow_network(model)
    for one, other in zip([1, 2, 3, 1], [7, 7, 0, 4], strict=True):
        logits_first, logits_second = first.step(one), second.step(other)
        np.testing.assert_allclose(logits_first, slow_first.step(one), rtol=1e-5, atol=2e-5)
        np.testing.assert_allclose(logits_second, slow_second.step(other), rtol=1e-5, atol=2e-5)


def test_running_changes_no_weight(engine, model, parts_of):
    before = {name: array.tobytes() for name, array in parts_of(model).items()}
    read(engine.lane(), range(8))
    assert {name: array.tobytes() for name, array in parts_of(model).items()} == before


# The threads of BLAS.


def blas_libraries():
    """Return the BLAS libraries that NumPy uses, as threadpoolctl controls them."""
    found = [one for one in threadpoolctl.ThreadpoolController().lib_controllers if one.user_api == "blas"]
    return [one for one in found if "numpy" in one.filepath] or found  # PyTorch may bring another one


def blas_threads():
    """Return their thread counts."""
    return {one.num_threads for one in blas_libraries()}


def set_blas_threads(count):
    """Set their thread counts, without a trace of who did it."""
    for library in blas_libraries():
        # In threadpoolctl 3.8 the first thread to set the count keeps all others from it, until released.
        release = getattr(library, "clear_controlling_thread", lambda **_: None)
        release(force=True)
        library.set_num_threads(count)
        release(force=True)


@pytest.fixture
def _two_threads():
    libraries = blas_libraries()
    if not libraries:
        pytest.skip("NumPy's BLAS here has no thread count that threadpoolctl could read.")
    before = libraries[0].num_threads
    set_blas_threads(2)
    assert blas_threads() == {2}
    yield
    set_blas_threads(before)


with_two_threads = pytest.mark.usefixtures("_two_threads")


@with_two_threads
def test_one_thread_inside_and_as_before_after():
    assert single_thread(blas_threads) == {1}
    assert blas_threads() == {2}


@with_two_threads
def test_one_thread_until_the_outermost_ends():
    assert single_thread(lambda: [single_thread(blas_threads), blas_threads()]) == [{1}, {1}]
    assert blas_threads() == {2}


@with_two_threads
def test_the_threads_come_back_after_an_exception():
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        single_thread(lambda: single_thread(fail))
    assert blas_threads() == {2}


@with_two_threads
def test_the_last_of_several_threads_to_leave_restores():
    inside, leave = Event(), Event()
    with ThreadPoolExecutor(1) as pool:  # its thread lives on after it has left
        first = pool.submit(single_thread, lambda: (inside.set(), leave.wait()))
        inside.wait()

        def see_it_leave():
            leave.set()
            first.result()
            return blas_threads()

        assert single_thread(see_it_leave) == {1}
        assert blas_threads() == {2}


@with_two_threads
def test_one_thread_after_another_thread_has_been_inside():
    # As in JupyterLab: cells run on the main thread, the widget's messages on another one.
    single_thread(blas_threads)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads_inside).result() == {1}
    assert blas_threads() == {2}


def threads_inside(_=None):
    return single_thread(blas_threads)


@with_two_threads
def test_many_threads_at_once():
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(threads_inside, range(100))) == [{1}] * 100
    assert blas_threads() == {2}


@with_two_threads
def test_generating_uses_one_thread(model, monkeypatch):
    seen = []

    def choose(*_):
        seen.append(blas_threads())
        return 0

    monkeypatch.setattr(batch, "choose", choose)
    LSTMGenerator(model).generate(seed="abc", length=3)
    assert seen == [{1}] * 3
    assert blas_threads() == {2}


@pytest.mark.parametrize("size", [12, 70])
def test_unused_ids_are_masked_and_the_other_logits_stay_the_same(random_model, size):
    weights, unused = random_model((9, 7), embedding=4, vocab_size=size).weights, (0, 3, size - 1)
    used = np.delete(np.arange(size), unused)
    plain, masked = Engine(weights), Engine(weights, unused)
    pairs = [(plain.lane().read(used), masked.lane().read(used))]
    pairs += [(one.logits(), other.logits()) for one, other in [(plain.lane(), masked.lane())]]
    lanes = plain.lane(), masked.lane()
    pairs += [tuple(lane.step(number).copy() for lane in lanes) for number in used]
    several = plain.lane(5), masked.lane(5)
    pairs += [tuple(lane.step(used[n : n + 5]).copy() for lane in several) for n in range(4)]
    for all_of_them, some in pairs:
        np.testing.assert_array_equal(some[..., used], all_of_them[..., used])
        assert np.isneginf(some[..., unused]).all()
