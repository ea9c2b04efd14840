"""MLP: the multilayer perceptron."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import derivative
from dezero.models import MLP


def test_it_computes_what_the_formula_says():
    model = MLP((4, 3, 2), F.tanh)
    x = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    y = model(x)
    h, state = x, model.state_dict()
    for i in range(3):
        h = h @ state[f"l{i}/W"] + state[f"l{i}/b"]
        h = np.tanh(h) if i < 2 else h
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, h, rtol=1e-5, atol=1e-6)


def test_seeded_weights_are_those_of_the_original():
    np.random.seed(0)
    y = MLP((4, 3, 2))(np.random.randn(1, 3))
    # What DeZero 0.0.13 gives: sigmoid, and weights drawn at the first call from NumPy's global state.
    np.testing.assert_allclose(y.data, [[0.36127776, 0.63003554]], rtol=1e-7)


def test_layers_are_l0_l1_and_in_a_tuple():
    model = MLP([4, 2])
    assert (model.l0, model.l1) == model.layers
    assert [name for name, _ in model.named_params()] == ["l0/W", "l0/b", "l1/W", "l1/b"]


def test_an_activation_that_learns_is_a_layer_of_the_model():
    model = MLP((4, 2), activation=L.PReLU())
    model(np.ones((3, 5), np.float32))
    assert "activation" in {name.split("/")[0] for name, _ in model.named_params()}


def test_every_parameter_gets_a_gradient_in_float32():
    model = MLP((4, 3, 2))
    F.sum(model(np.ones((5, 6), np.float32))).backward()
    assert [param.grad.dtype for param in model.params()] == [np.float32] * 6


def test_known_sizes_draw_the_weights_at_once_from_the_generator_given():
    drawn = [MLP((4, 2), in_size=3, dtype=np.float64, rng=np.random.default_rng(1)).state_dict() for _ in range(2)]
    assert {name: (a.shape, a.dtype) for name, a in drawn[0].items()} == {
        "l0/W": ((3, 4), np.float64),
        "l0/b": ((4,), np.float64),
        "l1/W": ((4, 2), np.float64),
        "l1/b": ((2,), np.float64),
    }
    assert all(np.array_equal(drawn[0][name], drawn[1][name]) for name in drawn[0])


def test_derivatives_of_higher_order_go_through_it():
    model = MLP((8, 1), F.tanh, in_size=1, dtype=np.float64, rng=np.random.default_rng(0))
    x = np.array([[0.3]])
    third = derivative(lambda x: F.sum(model(x)), 3)(x)
    W0, b0, W1 = (model.state_dict()[name] for name in ("l0/W", "l0/b", "l1/W"))
    t = np.tanh(x @ W0 + b0)
    by_hand = (W0**3 * (1 - t**2) * (6 * t**2 - 2)) @ W1
    np.testing.assert_allclose(np.squeeze(third.data), np.squeeze(by_hand), rtol=1e-12)


@pytest.mark.parametrize(("sizes", "place"), [((0,), 0), ((4, -1), 1), ([3, 0, 2], 1), ((2.5,), 0), ((4, "2"), 1)])
def test_sizes_that_are_no_positive_whole_numbers_are_refused(sizes, place):
    says = f"MLP: size {place} of fc_output_sizes must be a whole number of 1 or more, got {sizes[place]!r}"
    with pytest.raises(ValueError, match=says):
        MLP(sizes)


def test_no_sizes_at_all_are_refused():
    with pytest.raises(ValueError, match=r"MLP: fc_output_sizes must hold one size at least, such as \(10, 1\)"):
        MLP(())


@pytest.mark.parametrize("sizes", [10, None])
def test_one_size_for_a_sequence_of_sizes_is_refused(sizes):
    with pytest.raises(TypeError, match=r"MLP: fc_output_sizes must be sizes, one a layer, such as \(10, 1\), got"):
        MLP(sizes)


def test_an_activation_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"MLP: activation must be a function such as F\.tanh, got a str"):
        MLP((4, 2), "tanh")


def test_another_head_is_called_and_learned():
    model = MLP((4, 2), in_size=3)
    model.l1 = L.Linear(7, in_size=4)
    y = model(np.ones((5, 3), np.float32))
    F.sum(y).backward()
    assert y.shape == (5, 7)
    assert model.layers[1] is model[1] is model.l1
    assert all(param.grad is not None for param in model.params())
