"""Temperature, top-k, top-p and the die, against the same in plain Python."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lstm_widget.network.engine import Engine
from lstm_widget.network.sampling import bar, choose, choose_each, explain_each, pick

NEAR_ONE = math.nextafter(1.0, 0.0)
FILTERS = [(None, None), (6, None), (None, 0.8), (9, 0.9)]

logit = st.floats(-50, 50, width=32)
logits_lists = st.lists(logit, min_size=1, max_size=30)
temperatures = st.floats(-6, 2).map(lambda exponent: 10.0**exponent)
dice = st.floats(0, 1, exclude_max=True)


def array(values):
    return np.array(values, dtype=np.float32)


def order_of(logits):
    """Return the ids by falling logit, of equal ones the lower id first."""
    return sorted(range(len(logits)), key=lambda number: (-logits[number], number))


def softmax(logits, temperature):
    """Return the probabilities by id."""
    top = max(logits)
    shares = [math.exp((value - top) / temperature) for value in logits]
    return [share / math.fsum(shares) for share in shares]


def slow_choice(logits, temperature, u, top_k, top_p):
    """Return the id that is chosen, and how near the choice was."""
    shares = softmax(logits, temperature)
    kept = order_of(logits)[:top_k]
    margin = 1.0
    if top_p is not None:
        total = math.fsum(shares[number] for number in kept)
        masses = [math.fsum(shares[number] for number in kept[: n + 1]) / total for n in range(len(kept))]
        margin = min(abs(mass - top_p) for mass in masses)
        kept = kept[: 1 + next(n for n, mass in enumerate(masses) if mass >= top_p)]
    total = math.fsum(shares[number] for number in kept)
    edges = [math.fsum(shares[number] for number in kept[: n + 1]) / total for n in range(len(kept))]
    margin = min(margin, *(abs(edge - u) for edge in edges))
    return kept[next(n for n, edge in enumerate(edges) if edge > u)], margin


# Against plain Python.


@given(logits_lists, temperatures, dice, st.none() | st.integers(1, 40), st.none() | st.floats(0.01, 0.999))
def test_choice_equals_plain_python(logits, temperature, u, top_k, top_p):
    expected, margin = slow_choice(logits, temperature, u, top_k, top_p)
    assume(margin > 1e-9)  # nearer than that, rounding decides
    assert choose(array(logits), temperature, u, top_k, top_p) == expected


@given(logits_lists, temperatures, st.none() | st.integers(1, 40))
def test_the_bar_equals_plain_python(logits, temperature, top_k):
    order, edges = bar(array(logits), temperature, top_k)
    assert order.tolist() == order_of(logits)
    shares = softmax(logits, temperature)
    kept = [shares[number] for number in order_of(logits)[:top_k]]
    expected = np.cumsum(kept) / math.fsum(kept)
    np.testing.assert_allclose(edges / edges[-1], expected, rtol=0, atol=1e-12)


@given(logits_lists)
def test_temperature_zero_takes_the_first_of_the_order(logits):
    for temperature in (0, 1e-300, 1e-12):
        for u in (0.0, 0.5, NEAR_ONE):
            assert choose(array(logits), temperature, u) == order_of(logits)[0]


@given(logits_lists, temperatures, dice)
def test_top_k_of_one_takes_the_first_of_the_order(logits, temperature, u):
    assert choose(array(logits), temperature, u, top_k=1) == order_of(logits)[0]
    assert choose(array(logits), temperature, u, top_p=1e-300) == order_of(logits)[0]


@given(logits_lists, temperatures, dice)
def test_a_top_k_or_top_p_that_keeps_all_changes_nothing(logits, temperature, u):
    plain = choose(array(logits), temperature, u)
    assert choose(array(logits), temperature, u, top_k=len(logits)) == plain
    assert choose(array(logits), temperature, u, top_k=10**6) == plain
    assert choose(array(logits), temperature, u, top_p=1.0) == plain


def test_top_k_and_top_p_by_hand():
    logits = array(np.log([0.1, 0.4, 0.2, 0.3]))  # in order: ids 1, 3, 2, 0

    def chosen(**filters):
        return {choose(logits, 1.0, u, **filters) for u in np.linspace(0, NEAR_ONE, 1001)}

    assert chosen() == {0, 1, 2, 3}
    assert chosen(top_k=3) == {1, 2, 3}
    assert chosen(top_p=0.69) == {1, 3}  # 0.4 + 0.3
    assert chosen(top_p=0.71) == {1, 2, 3}
    assert chosen(top_p=0.39) == {1}
    # Of the three that are kept, 0.4 and 0.3 are 78 %.
    assert chosen(top_k=3, top_p=0.77) == {1, 3}
    assert chosen(top_k=3, top_p=0.79) == {1, 2, 3}


def test_top_p_is_reached_when_it_is_met_exactly():
    logits = np.zeros(4, dtype=np.float32)  # a quarter each
    for kept in (1, 2, 3, 4):
        assert {choose(logits, 1.0, u, top_p=kept / 4) for u in np.linspace(0, NEAR_ONE, 101)} == set(
            range(kept)
        )


# Equal logits.


def test_of_equal_logits_the_lower_id_comes_first():
    logits = array([1, 2, 0, 2, 1, 2])
    order, _ = bar(logits, 0.7)
    assert order.tolist() == [1, 3, 5, 0, 4, 2]
    assert choose(logits, 0, 0.99) == 1
    assert choose(logits, 0.7, 0.0) == 1
    assert choose(logits, 1e-6, 0.34) == 3
    assert [choose(logits, 1.0, NEAR_ONE, top_k=k) for k in range(1, 7)] == [1, 3, 5, 0, 4, 2]


def test_all_equal_share_the_bar_in_order():
    logits = np.full(8, -3.5, dtype=np.float32)
    assert [choose(logits, 0.01, n / 8) for n in range(8)] == list(range(8))
    assert [choose(logits, 100, math.nextafter((n + 1) / 8, 0)) for n in range(8)] == list(range(8))


# Frequencies.


def chi_squared(counts, shares):
    """Return the chi-squared statistic and its critical value for an error of 1 in 1,000.

    Ids that are expected less than five times count as one. The critical value is Wilson and
    Hilferty's approximation.
    """
    total = sum(counts)
    often = [(n, total * p) for n, p in zip(counts, shares, strict=True) if total * p >= 5]
    rest = (total - sum(n for n, _ in often), total - math.fsum(e for _, e in often))
    groups = [*often, rest] if rest[1] >= 5 else often
    statistic = math.fsum((n - expected) ** 2 / expected for n, expected in groups)
    freedom = len(groups) - 1
    z = statistics.NormalDist().inv_cdf(0.999)
    return statistic, freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_frequencies_are_those_of_the_softmax(temperature):
    random = np.random.default_rng(5)
    logits = array(random.normal(0, 1.5, 30))
    chosen = [choose(logits, temperature, random.random()) for _ in range(20_000)]
    counts = np.bincount(chosen, minlength=30).tolist()
    statistic, critical = chi_squared(counts, softmax(logits.tolist(), temperature))
    assert statistic < critical
    # The same test tells a temperature that is off by a quarter.
    statistic, critical = chi_squared(counts, softmax(logits.tolist(), temperature * 1.25))
    assert statistic > critical


@pytest.mark.parametrize(("top_k", "top_p"), FILTERS)
def test_every_character_gets_its_share_of_the_die(top_k, top_p):
    random = np.random.default_rng(6)
    logits = array(random.normal(0, 2, 25)).tolist()
    rolls = 20_000
    chosen = [choose(array(logits), 1.3, (n + 0.5) / rolls, top_k, top_p) for n in range(rolls)]
    counts = np.bincount(chosen, minlength=25)
    shares, kept = softmax(logits, 1.3), order_of(logits)[:top_k]
    while top_p and sum(shares[n] for n in kept[:-1]) >= top_p * sum(
        shares[n] for n in order_of(logits)[:top_k]
    ):
        kept.pop()
    total = math.fsum(shares[number] for number in kept)
    for number in range(25):
        expected = rolls * shares[number] / total if number in kept else 0
        assert abs(counts[number] - expected) <= 1


# The same die at two temperatures.


def ranks(logits, temperatures, u, top_k, top_p):
    order = order_of(logits.tolist())
    return [order.index(choose(logits, temperature, u, top_k, top_p)) for temperature in temperatures]


@pytest.mark.parametrize(("top_k", "top_p"), FILTERS)
def test_heat_only_moves_the_choice_down(top_k, top_p):
    random, moved = np.random.default_rng(7), 0
    for _ in range(10_000):
        spread = random.choice([0.01, 0.5, 3, 30])
        logits = array(random.normal(0, spread, random.integers(2, 50)))
        heats = sorted(10 ** random.uniform(-3, 2, 2))
        if random.random() < 0.05:
            heats[0] = 0.0
        cold, hot = ranks(logits, heats, random.random(), top_k, top_p)
        assert cold <= hot
        moved += cold < hot
    assert moved > 2000  # else there was nothing to see


@pytest.mark.parametrize(("top_k", "top_p"), FILTERS)
def test_heat_only_moves_the_choice_down_at_the_very_edges(top_k, top_p):
    random = np.random.default_rng(8)
    for _ in range(300):
        logits = array(random.normal(0, 2, 12))
        cold, hot = sorted(10 ** random.uniform(-1, 1, 2))
        _, edges = bar(logits, cold, top_k, top_p)
        for edge in edges[:-1] / edges[-1]:
            for u in (math.nextafter(edge, 0), edge, math.nextafter(edge, 1)):
                if u < 1:
                    one, other = ranks(logits, (cold, hot), u, top_k, top_p)
                    assert one <= other


@given(logits_lists, temperatures, temperatures, dice)
def test_heat_only_moves_the_choice_down_for_odd_numbers(logits, one, other, u):
    heats = sorted([one, other])
    cold, hot = ranks(array(logits), heats, u, None, None)
    assert cold <= hot


# What must never be chosen, and the ends of the die.


@given(
    st.lists(logit | st.just(-math.inf), min_size=1, max_size=30),
    temperatures | st.just(0.0),
    dice | st.sampled_from([0.0, NEAR_ONE, math.nextafter(NEAR_ONE, 0)]),
    st.none() | st.integers(1, 40),
    st.none() | st.floats(1e-9, 1),
)
def test_minus_infinity_is_never_chosen(logits, temperature, u, top_k, top_p):
    assume(max(logits) > -math.inf)
    with np.errstate(all="raise", under="ignore"):
        number = choose(array(logits), temperature, u, top_k, top_p)
    assert logits[number] > -math.inf


def test_the_lowest_die_takes_the_first_and_the_highest_the_last():
    logits = array([0, 3, 1, 2])
    for temperature in (0.5, 1, 100):
        assert choose(logits, temperature, 0.0) == 1
        assert choose(logits, temperature, NEAR_ONE) == 0
        assert choose(logits, temperature, NEAR_ONE, top_k=2) == 3
        assert choose(logits, temperature, 1e-320) == 1


@given(logits_lists, temperatures)
def test_the_highest_die_takes_one_of_some_width(logits, temperature):
    number = choose(array(logits), temperature, NEAR_ONE)
    assert softmax(logits, temperature)[number] > 0


@pytest.mark.parametrize("end", [1.0, 1.5, 3.0, 1e300])
def test_empty_places_at_the_end_are_not_hit(end):
    # The most likely character alone is 1 wide: a shorter bar does not occur.
    assert pick(np.array([end, end, end]), NEAR_ONE) == 0
    assert pick(np.array([0.0, end, end]), NEAR_ONE) == 1


# Extreme temperatures.


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["bolano", "darwin", "itp", "shakespeare"])
def test_any_temperature_chooses_a_character_of_a_real_model(published, golden, name):
    model = published(name)
    engine = Engine(model.weights)
    for case in golden(name)["cases"]:
        lane = engine.lane()
        for number in model.encode(case["seed"]):
            logits = lane.step(number)
        order = order_of(logits.tolist())
        for u in (0.0, 0.3, 0.999, NEAR_ONE):
            last = 0
            for temperature in np.logspace(-6, 2, 25):
                with np.errstate(all="raise", under="ignore"):
                    number = choose(logits, temperature, u)
                assert type(number) is int
                rank = order.index(number)  # a valid id
                assert rank >= last
                last = rank
                assert softmax(logits.tolist(), temperature)[number] > 0
        assert choose(logits, 1e-6, NEAR_ONE) == order[0]  # no two logits here are that near to each other
        assert last > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("size", "last"), [(1e-30, 4), (1e30, 3), (3e38, 3)]
)  # all as good as equal; two are
def test_any_size_of_logits(size, last):
    logits = array([-size, size, 0, size, -size])
    with np.errstate(all="raise", under="ignore"):
        for temperature in (1e-9, 1e-6, 1, 100):
            assert choose(logits, temperature, 0.0) == 1
            assert choose(logits, temperature, NEAR_ONE) == last
    assert choose(logits, 0, 0.7) == 1


# How a character was chosen.


def explain(logits, temperature, u, top_k=None, top_p=None):
    """Choose a character; return it with its rank, probability and entropy."""
    number = choose(logits, temperature, u, top_k, top_p)
    told = explain_each(logits[None], np.array([number]), np.array([float(temperature)]), top_k, top_p)
    return (number, *(column.item() for column in told))


@given(logits_lists, temperatures, dice, st.none() | st.integers(1, 40), st.none() | st.floats(0.01, 0.999))
def test_an_explanation_equals_plain_python(logits, temperature, u, top_k, top_p):
    expected, margin = slow_choice(logits, temperature, u, top_k, top_p)
    assume(margin > 1e-9)
    number, rank, probability, entropy = explain(array(logits), temperature, u, top_k, top_p)
    assert number == expected
    assert rank == order_of(logits).index(expected)
    # The probabilities among those that are kept, and their entropy.
    shares = softmax(logits, temperature)
    kept = [shares[number] for number in order_of(logits)[:top_k]]
    if top_p is not None:
        masses = [math.fsum(kept[: n + 1]) / math.fsum(kept) for n in range(len(kept))]
        kept = kept[: 1 + next(n for n, mass in enumerate(masses) if mass >= top_p)]
    kept = [share / math.fsum(kept) for share in kept]
    assert probability == pytest.approx(kept[rank], abs=1e-12)
    bits = -math.fsum(share * math.log2(share) for share in kept if share)
    assert entropy == pytest.approx(bits, abs=1e-9)


@given(
    st.lists(logit | st.just(-math.inf), min_size=1, max_size=30),
    temperatures | st.sampled_from([0.0, 1e-12]),
    dice | st.sampled_from([0.0, NEAR_ONE]),
    st.none() | st.integers(1, 40),
    st.none() | st.floats(1e-9, 1),
)
def test_an_explanation_is_that_of_the_choice(logits, temperature, u, top_k, top_p):
    assume(max(logits) > -math.inf)
    with np.errstate(all="raise", under="ignore"):
        number, rank, probability, entropy = explain(array(logits), temperature, u, top_k, top_p)
    assert order_of(logits)[rank] == number
    assert 0 < probability <= 1
    assert 0 <= entropy <= math.log2(len(logits)) + 1e-9


def test_explanations_by_hand():
    logits = array(np.log([0.125, 0.5, 0.125, 0.25]))  # in order: ids 1, 3, 0, 2
    assert explain(logits, 1.0, 0.8) == pytest.approx((0, 2, 0.125, 1.75))
    assert explain(logits, 1.0, 0.8, top_k=2) == pytest.approx((3, 1, 1 / 3, math.log2(3) - 2 / 3))
    assert explain(logits, 0.5, 0.0)[2] == pytest.approx(16 / 22)  # squared: 16, 4, 1, 1
    assert explain(np.full(8, 5, np.float32), 0.1, 0.99)[1:] == pytest.approx((7, 1 / 8, 3))
    for certain in [explain(logits, 0, 0.9), explain(logits, 1, 0.9, top_k=1), explain(logits, 1e-6, 0.9)]:
        assert certain == (1, 0, 1.0, 0.0)


def test_what_was_not_chosen_is_told_of_too():
    # Put there by hand: one that top-k leaves out, and the least likely of all.
    logits = array([np.log([0.125, 0.5, 0.125, 0.25])] * 3)
    ranks, probabilities, _ = explain_each(logits, np.array([2, 0, 1]), np.ones(3), top_k=2)
    assert ranks.tolist() == [3, 2, 0]
    assert probabilities.tolist() == pytest.approx([0, 0, 2 / 3])


@given(st.integers(0, 2**32 - 1), st.none() | st.integers(1, 12), st.none() | st.floats(0.05, 1))
def test_many_explanations_are_those_of_each(random_seed, top_k, top_p):
    random = np.random.default_rng(random_seed)
    logits = random.standard_normal((7, 9)).astype(np.float32)
    ids, heats = random.integers(0, 9, 7), random.choice([0.0, 0.5, 1.0, 3.0], 7)
    together = explain_each(logits, ids, heats, top_k, top_p)
    for n in range(7):
        alone = explain_each(logits[n : n + 1], ids[n : n + 1], heats[n : n + 1], top_k, top_p)
        for column, one in zip(together, alone, strict=True):
            assert column[n] == one[0]


def test_no_entropy_has_no_sign():
    assert math.copysign(1, explain(array([1, 2]), 1, 0.5, top_k=1)[3]) == 1


# For several lanes at once.

lanes = st.integers(1, 12).flatmap(
    lambda size: st.lists(
        st.tuples(
            st.lists(logit | st.just(-math.inf), min_size=size, max_size=size).filter(
                lambda values: max(values) > -math.inf
            ),
            temperatures,
            dice | st.sampled_from([0.0, NEAR_ONE]),
        ),
        min_size=1,
        max_size=9,
    )
)
filters = st.tuples(st.none() | st.integers(1, 20), st.none() | st.floats(1e-9, 1))


@given(lanes)
def test_each_lane_chooses_as_it_would_alone(given_lanes):
    logits, heats, rolls = zip(*given_lanes, strict=True)
    nothing = [None] * len(heats)
    for layout in (array(logits), np.asfortranarray(array(logits))):  # NumPy's lanes give columns
        chosen = choose_each(layout, heats, rolls, nothing, nothing)
        assert chosen.tolist() == [choose(array(lane), *rest) for lane, *rest in given_lanes]


@given(lanes, st.data())
def test_each_lane_chooses_with_its_own_settings(given_lanes, data):
    more = data.draw(st.lists(filters, min_size=len(given_lanes), max_size=len(given_lanes)))
    logits, heats, rolls = zip(*given_lanes, strict=True)
    heats = [data.draw(st.sampled_from([heat, 0.0, 1e-12])) for heat in heats]
    chosen = choose_each(array(logits), heats, np.array(rolls), *zip(*more, strict=True))
    expected = [
        choose(array(lane), heat, u, *one)
        for lane, heat, u, one in zip(logits, heats, rolls, more, strict=True)
    ]
    assert chosen.tolist() == expected


def test_several_lanes_equal_plain_python():
    random = np.random.default_rng(9)
    for _ in range(100):
        logits, rolls = array(random.normal(0, 3, (7, 40))), random.random(7)
        heats = 10 ** random.uniform(-2, 2, 7)
        chosen = choose_each(logits.T.copy().T, heats.tolist(), rolls, [None] * 7, [None] * 7)
        for number, row, heat, u in zip(chosen, logits, heats, rolls, strict=True):
            expected, margin = slow_choice(row.tolist(), heat, u, None, None)
            assert number == expected or margin < 1e-12
