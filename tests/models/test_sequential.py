"""Sequential: one layer after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
from dezero import Variable
from dezero.models import MLP, Sequential


def test_layers_and_functions_are_called_one_after_the_other():
    first, second = L.Linear(4, in_size=3), L.Linear(2, in_size=4)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    y = Sequential(first, F.relu, second, lambda h: h * 2)(x)
    assert np.array_equal(y.data, (second(F.relu(first(x))) * 2).data)
    assert y.dtype == np.float32


def test_elements_are_named_by_their_place_functions_counted():
    model = Sequential(L.Linear(4, in_size=3), F.relu, L.Linear(2, in_size=4))
    assert [name for name, _ in model.named_params()] == ["l0/W", "l0/b", "l2/W", "l2/b"]
    assert model.l1 is F.relu
    assert model.layers == (model.l0, model.l1, model.l2)


def test_a_layer_that_stands_twice_is_learned_once():
    shared = L.Linear(3, in_size=3)
    model = Sequential(shared, F.tanh, shared)
    assert [name for name, _ in model.named_params()] == ["l0/W", "l0/b"]
    F.sum(model(np.ones((1, 3), np.float32))).backward()
    assert all(param.grad is not None for param in model.params())


def test_models_nest():
    model = Sequential(MLP((4, 3)), Sequential(L.Linear(2)))
    assert model(np.ones((5, 6), np.float32)).shape == (5, 2)
    assert list(model.state_dict())[-2:] == ["l1/l0/W", "l1/l0/b"]


@given(st.lists(st.sampled_from([F.sin, F.neg, F.tanh, F.cos]), max_size=6), st.integers(0, 6))
def test_a_sequence_is_the_sequence_of_its_parts(functions, cut):
    x = Variable(np.linspace(-1, 1, 5))
    whole = Sequential(*functions)
    parts = Sequential(Sequential(*functions[:cut]), Sequential(*functions[cut:]))
    assert np.array_equal(whole(x).data, parts(x).data)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ([L.Linear(1)], r"element 1 must be a layer or a function, got a list.*Sequential\(\*layers\)"),
        (None, "element 1 must be a layer or a function, got a NoneType"),
        (np.ones(3), "element 1 must be a layer or a function, got a ndarray"),
        (L.Linear, r"element 1 is the class Linear, not a layer; write Linear\(\.\.\.\)"),
    ],
)
def test_an_element_that_cannot_be_called_is_refused(element, message):
    with pytest.raises(TypeError, match=message):
        Sequential(F.relu, element)


X = np.ones((5, 3), np.float32)


@pytest.mark.parametrize(
    "put",
    [
        lambda model, head: setattr(model, "l2", head),
        lambda model, head: model.__setitem__(2, head),
        lambda model, head: model.__setitem__(-1, head),
    ],
)
def test_another_layer_put_in_a_place_is_called_learned_and_saved(put):
    model = Sequential(L.Linear(4, in_size=3), F.relu, L.Linear(2, in_size=4))
    head = L.Linear(7, in_size=4)
    put(model, head)
    y = model(X)
    F.sum(y).backward()
    assert y.shape == (5, 7)
    assert model[2] is model.l2 is model.layers[2] is head
    assert all(param.grad is not None for param in model.params())
    assert model.state_dict()["l2/W"].shape == (4, 7)


def test_the_view_of_the_layers_takes_no_other():
    model = Sequential(F.sin, F.cos)
    with pytest.raises(TypeError):
        model.layers[0] = F.cos
    with pytest.raises(AttributeError):
        model.layers = [F.cos]


def test_len_places_slices_and_iteration_are_those_of_a_tuple():
    model = Sequential(F.sin, F.cos, F.tanh)
    assert len(model) == 3
    assert (model[0], model[-1], model[1:]) == (F.sin, F.tanh, (F.cos, F.tanh))
    assert list(model) == [F.sin, F.cos, F.tanh]
    with pytest.raises(IndexError):
        model[3] = F.sin


def test_a_place_refuses_what_cannot_be_called():
    model = Sequential(F.sin)
    with pytest.raises(TypeError, match="Sequential: element 0 must be a layer or a function, got a int"):
        model[0] = 3
    assert model[0] is F.sin
