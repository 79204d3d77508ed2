"""The model as data: it checks itself and never changes."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_widget.errors import ModelError, UnknownCharactersError
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights


def zeros(*shape):
    return np.zeros(shape, dtype=np.float32)


def layer(inputs, units):
    return LSTMLayer(zeros(inputs + units, 4 * units), zeros(4 * units))


def weights(ids=3):
    return Weights((layer(ids, 2),), zeros(2, ids), zeros(ids))


def refused(match):
    """Expect a `ModelError` whose text is one line."""
    return pytest.raises(ModelError, match=rf"\A[^\n]*{match}[^\n]*\Z")


# It never changes.


def test_arrays_are_read_only(random_model, parts_of):
    for name, array in parts_of(random_model((4, 3), embedding=2)).items():
        assert not array.flags.writeable, name
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_arrays_are_copies():
    kernel, bias, softmax_w, softmax_b, embedding = zeros(5, 8), zeros(8), zeros(2, 4), zeros(4), zeros(4, 3)
    own = Weights((LSTMLayer(kernel, bias),), softmax_w, softmax_b, embedding)
    for array in (kernel, bias, softmax_w, softmax_b, embedding):
        array[...] = 1
    for array in (own.layers[0].kernel, own.layers[0].bias, own.softmax_w, own.softmax_b, own.embedding):
        assert not array.any()


def test_a_list_of_layers_is_copied():
    layers = [layer(3, 2)]
    own = Weights(layers, zeros(2, 3), zeros(3))
    layers.append(layer(2, 2))
    assert len(own.layers) == 1


@pytest.mark.parametrize("values", [[[0] * 8] * 5, np.zeros((5, 8), order="F"), np.zeros((5, 8), ">f8")])
def test_arrays_become_float32_in_c_order(values):
    kernel = LSTMLayer(values, [0] * 8).kernel
    assert kernel.dtype == np.dtype("<f4")
    assert kernel.flags.c_contiguous


def test_attributes_cannot_be_set(random_model):
    model = random_model()
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.weights.softmax_b = zeros(8)
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.weights.layers[0].bias = zeros(24)
    for name in ("weights", "vocab", "characters", "card", "anything"):
        with pytest.raises(AttributeError):
            setattr(model, name, None)


def test_the_vocabulary_is_read_only_and_a_copy():
    vocab = {"a": 0, "b": 1}
    model = CharLSTM(weights(), vocab)
    vocab["c"] = 2
    assert dict(model.vocab) == {"a": 0, "b": 1}
    with pytest.raises(TypeError):
        model.vocab["c"] = 2


def test_the_card_is_a_copy_on_the_way_in_and_out():
    card = {"title": "Emma", "losses": [1.5, {"test": 1.7}]}
    model = CharLSTM(weights(), {"a": 0, "b": 1, "c": 2}, card)
    card["losses"][1]["test"] = 0
    model.card["losses"].append("changed")
    model.card["new"] = True
    assert model.card == {"title": "Emma", "losses": [1.5, {"test": 1.7}]}


def test_with_card_changes_nothing_else(random_model, same_model):
    model = random_model(card={"title": "old", "text": "Emma"})
    other = model.with_card({"title": "new"})
    assert (model.card, other.card) == ({"title": "old", "text": "Emma"}, {"title": "new"})
    same_model(model, other)


# Sizes.


@pytest.mark.parametrize("embedding", [None, 1, 5])
@pytest.mark.parametrize("units", [(1,), (7,), (4, 4), (2, 9), (5, 1, 3)])
def test_layers_may_differ_in_size(random_model, units, embedding):
    model = random_model(units, embedding, characters="abcd")
    widths = [4 if embedding is None else embedding, *units]
    assert [one.units for one in model.weights.layers] == list(units)
    assert [one.input_size for one in model.weights.layers] == widths[:-1]
    assert model.vocab_size == model.weights.vocab_size == 4
    expected = sum((e + h + 1) * 4 * h for e, h in zip(widths[:-1], units, strict=True))
    expected += (units[-1] + 1) * 4 + 4 * (embedding or 0)
    assert model.weights.parameters == expected


@pytest.mark.parametrize(
    ("kernel", "bias", "match"),
    [
        (zeros(5, 8), zeros(7), "4 values per unit, but it holds 7"),
        (zeros(5, 8), zeros(12), r"layer of 3 units .* shape is \(5, 8\)"),
        (zeros(2, 8), zeros(8), r"layer of 2 units .* shape is \(2, 8\)"),  # no input at all
        (zeros(5, 8, 1), zeros(8), r"kernel of a layer must have 2 .* shape is \(5, 8, 1\)"),
        (zeros(8), zeros(8), "kernel of a layer must have 2"),
        (zeros(5, 8), zeros(8, 1), r"bias of a layer must have 1 .* shape is \(8, 1\)"),
        (zeros(5, 8), np.float32(0), r"bias of a layer must have 1 .* shape is \(\)"),
        (zeros(0, 8), zeros(8), "kernel of a layer must have 2 non-empty"),
        (zeros(5, 0), zeros(0), "non-empty"),
    ],
)
def test_a_layer_checks_its_shapes(kernel, bias, match):
    with refused(match):
        LSTMLayer(kernel, bias)


@pytest.mark.parametrize(
    ("layers", "softmax_w", "softmax_b", "embedding", "match"),
    [
        ([], zeros(2, 3), zeros(3), None, "at least one LSTM layer"),
        ([layer(4, 2)], zeros(2, 3), zeros(3), None, "Layer 0 reads 4 inputs, but it is given 3"),
        ([layer(3, 2)], zeros(2, 3), zeros(3), zeros(3, 4), "Layer 0 reads 3 inputs, but it is given 4"),
        ([layer(3, 2), layer(3, 5)], zeros(5, 3), zeros(3), None, "Layer 1 reads 3 inputs, .* given 2"),
        ([layer(3, 2)], zeros(3, 2), zeros(3), None, r"shape \(2, 3\), but it is \(3, 2\)"),
        ([layer(3, 2)], zeros(2, 3), zeros(4), zeros(4, 3), r"shape \(2, 4\), but it is \(2, 3\)"),
        ([layer(4, 2)], zeros(2, 3), zeros(3), zeros(2, 4), "embedding has 2 rows, .* 3 ids"),
        ([layer(3, 2)], zeros(6), zeros(3), None, "softmax weights must have 2"),
        ([layer(3, 2)], zeros(2, 3), zeros(1, 3), None, "softmax bias must have 1"),
        ([layer(4, 2)], zeros(2, 3), zeros(3), zeros(12), "embedding must have 2"),
    ],
)
def test_the_parts_must_fit(layers, softmax_w, softmax_b, embedding, match):
    with refused(match):
        Weights(tuple(layers), softmax_w, softmax_b, embedding)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])  # the last does not fit into float32
@pytest.mark.parametrize("part", ["kernel", "bias", "softmax weights", "softmax bias", "embedding"])
def test_a_value_that_is_no_finite_number_is_refused(part, value):
    arrays = {
        "kernel": np.zeros((5, 8)),
        "bias": np.zeros(8),
        "softmax weights": np.zeros((2, 4)),
        "softmax bias": np.zeros(4),
        "embedding": np.zeros((4, 3)),
    }
    arrays[part].flat[-1] = value
    kernel, bias, *others = arrays.values()
    with refused(f"{part} .*not finite"):
        Weights((LSTMLayer(kernel, bias),), *others)


@pytest.mark.parametrize(
    "values", ["text", [None] * 8, [True] * 8, np.zeros(8, complex), np.zeros(8, object)]
)
def test_what_holds_no_numbers_is_refused(values):
    with refused("bias of a layer must hold numbers"):
        LSTMLayer(zeros(5, 8), values)


# Vocabulary.


@pytest.mark.parametrize(
    ("vocab", "match"),
    [
        ({}, "vocabulary is empty"),
        ({"a": 0, "bc": 1}, "single characters .* 'bc'"),
        ({"a": 0, "": 1}, "single characters .* ''"),
        ({"a": 0, "e\u0301": 1}, "single characters"),  # e and a combining accent: two code points
        ({"a": 0, 1: 1}, "single characters .* 1"),
        ({"a": 0, b"b": 1}, "single characters"),
        ({"a": 0, "b": 1.0}, "id of 'b' .* whole number, not 1.0"),
        ({"a": 0, "b": "1"}, "id of 'b' .* whole number, not '1'"),
        ({"a": 0, "b": True}, "id of 'b' .* whole number, not True"),
        ({"a": 0, "b": None}, "id of 'b' .* whole number, not None"),
        ({"a": 0, "b": 3}, "id of 'b' .* is 3, .* ids 0 to 2"),
        ({"a": 0, "b": -1}, "id of 'b' .* is -1, .* ids 0 to 2"),
        ({"a": 0, "b": 1, "c": 1}, "'b' and 'c' have the same id 1"),
    ],
)
def test_a_bad_vocabulary_is_refused(vocab, match):
    with refused(match):
        CharLSTM(weights(), vocab)


def test_the_vocabulary_is_ordered_by_id_and_holds_plain_numbers():
    model = CharLSTM(weights(), {"c": np.int64(2), "b": np.uint8(1), "a": 0})
    assert list(model.vocab.items()) == [("a", 0), ("b", 1), ("c", 2)]
    assert all(type(number) is int for number in model.vocab.values())
    assert model.characters == ("a", "b", "c")


@given(st.permutations("aB \n\r\u0308é“<\U0001f600"), st.text("aB \n\r\u0308é“<\U0001f600"))
def test_decode_is_the_inverse_of_encode(characters, text):
    model = CharLSTM(weights(len(characters)), {c: n for n, c in enumerate(characters)})
    ids = model.encode(text)
    assert ids == [characters.index(c) for c in text]
    assert model.decode(ids) == text


def test_unknown_characters_are_listed_once_in_order():
    model = CharLSTM(weights(), {"a": 0, "b": 1, "c": 2})
    assert model.normalize("zabyz").unknown == ("z", "y")
    with pytest.raises(UnknownCharactersError, match=r"does not know 'z', 'y'") as caught:
        model.encode("zabyz")
    assert caught.value.characters == ("z", "y")


def test_a_long_list_of_unknown_characters_is_cut_short():
    model = CharLSTM(weights(), {"a": 0})
    with pytest.raises(UnknownCharactersError, match=r"'k' and 14 more") as caught:
        model.encode("abcdefghijklmnopqrstuvwxy")
    assert len(caught.value.characters) == 24


@pytest.mark.parametrize("number", [-1, 3, 2])
def test_decode_refuses_an_id_without_a_character(number):
    model = CharLSTM(weights(), {"a": 0, "b": 1})
    with refused(f"No character has the id {number}"):
        model.decode([0, number])


# Ids that no character has.


def test_unused_ids_are_kept_and_told():
    model = CharLSTM(weights(6), {"b": 4, "a": 1}, {"title": "Emma"})
    assert model.characters == (None, "a", None, None, "b", None)
    assert model.unused_ids.tolist() == [0, 2, 3, 5]
    assert model.vocab_size == 6
    assert model.card == {"title": "Emma", "ids_without_character": 4}


def test_the_card_tells_no_unused_ids_where_there_are_none():
    # For instance the card of a model that was trained again, on more characters.
    card = CharLSTM(weights(), {"a": 0}, {"title": "Emma"}).card
    model = CharLSTM(weights(), {"a": 0, "b": 1, "c": 2}, card)
    assert model.unused_ids.size == 0
    assert model.card == {"title": "Emma"}


# Card and repr.


def circle():
    card = {}
    card["self"] = card
    return card


@pytest.mark.parametrize("card", [{"a": object()}, {"a": float("nan")}, {"a": {1, 2}}, {(1, 2): 3}, circle()])
def test_a_card_that_is_not_json_is_refused(card):
    with refused("model card must be plain JSON"):
        CharLSTM(weights(), {"a": 0}, card)


@pytest.mark.parametrize(
    ("units", "embedding", "title", "expected"),
    [
        ((6,), None, None, "CharLSTM(1 layer of 6 units, one-hot input, 8 characters, 416 parameters)"),
        ((6, 6), 3, None, "CharLSTM(2 layers of 6 units, embedding of 3, 8 characters, 632 parameters)"),
        (
            (2, 5, 3),
            3,
            "Emma",
            "CharLSTM('Emma': 3 layers of 2, 5, 3 units, embedding of 3, 8 characters, 372 parameters)",
        ),
    ],
)
def test_repr_and_architecture(random_model, units, embedding, title, expected):
    card = {"title": title} if title else None
    model = random_model(units, embedding, card=card)
    assert repr(model) == expected
    assert model.architecture == expected.removeprefix("CharLSTM(").removeprefix("'Emma': ")[:-1]
    with pytest.raises(AttributeError):
        model.architecture = "other"


def test_copies_for_here_and_for_other_processes_are_checked_and_immutable(random_model):
    model = random_model(units=(5, 3))
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert other.vocab == model.vocab
        assert other.card == model.card
        assert np.array_equal(other.weights.layers[1].kernel, model.weights.layers[1].kernel)
        assert not other.weights.softmax_w.flags.writeable


def test_nobody_can_make_the_weights_writeable(random_model):
    with pytest.raises(ValueError, match="WRITEABLE"):
        random_model().weights.softmax_w.setflags(write=True)
