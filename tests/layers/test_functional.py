"""Layers called with other parameters."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Layer, Variable, gradients
from dezero.layers import functional_call


def other(layer, scale=1.5):
    return {name: scale * array + 0.1 for name, array in layer.state_dict().items()}


class Twice(Layer):
    """A list of layers, one layer shared."""

    def __init__(self):
        self.stack = [L.Linear(3, in_size=3, dtype=np.float64), L.Tanh()]
        self.again = self.stack[0]

    def forward(self, x):
        for layer in self.stack:
            x = layer(x)
        return self.again(x)


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: L.Linear(2, in_size=3, dtype=np.float64), np.ones((1, 3))),
        (Twice, np.ones((2, 3))),
        (lambda: L.LSTM(2, in_size=3, dtype=np.float64), np.ones((4, 1, 3))),
        (lambda: L.GRU(2, in_size=3, dtype=np.float64), np.ones((4, 1, 3))),
        (lambda: L.Conv2d(2, 3, in_channels=1, dtype=np.float64), np.ones((1, 1, 4, 4))),
    ],
)
def test_it_computes_what_the_layer_with_those_parameters_does(make, x):
    layer = make()
    before, params = layer.state_dict(), other(layer)
    found = functional_call(layer, params, x)
    if hasattr(layer, "reset_state"):
        layer.reset_state()
    assert all(np.array_equal(array, before[name]) for name, array in layer.state_dict().items())
    own = layer(x)
    assert not np.allclose(found.data, own.data)
    if hasattr(layer, "reset_state"):
        layer.reset_state()
    layer.load_state_dict(params)
    np.testing.assert_allclose(found.data, layer(x).data, rtol=1e-12)


def test_a_gradient_step_can_be_differentiated():
    layer = L.Linear(1, in_size=1, nobias=True, dtype=np.float64)
    x, t = np.array([[2.0]]), np.array([[3.0]])
    W = layer.W
    (g,) = gradients(F.mean_squared_error(layer(x), t), W, create_graph=True)
    loss = F.mean_squared_error(functional_call(layer, {"W": W - 0.1 * g}, x), t)
    (found,) = gradients(loss, W)
    w = W.data.item()  # g = 4 (2 w - 3): the loss after the step is (2 (w - 0.4 (2 w - 3)) - 3)^2
    np.testing.assert_allclose(found.data.item(), 2 * (2 * (w - 0.4 * (2 * w - 3)) - 3) * 2 * 0.2, rtol=1e-12)
    assert layer.W is W


def test_the_hessian_in_all_parameters_is_that_of_the_formula():
    layer = L.Linear(1, in_size=2, dtype=np.float64)
    x = np.array([[1.0, 2.0], [3.0, -1.0]])
    inputs = np.column_stack([x, np.ones(2)])
    hessian = dezero.hessian(lambda p: F.sum(functional_call(layer, {"W": p[:2].reshape(2, 1), "b": p[2:]}, x) ** 2))
    np.testing.assert_allclose(hessian(np.ones(3)).data, 2 * inputs.T @ inputs)


def test_what_raises_leaves_the_layer_as_it_was():
    layer = Twice()
    W = layer.again.W
    with pytest.raises(KeyError, match="Twice has no parameter 'U'; it has"):
        functional_call(layer, {"U": np.ones(1)}, np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"again/W of Twice has shape \(3, 3\), got \(2, 3\)"):
        functional_call(layer, {"again/W": np.ones((2, 3))}, np.ones((1, 3)))
    with pytest.raises(ValueError, match="linear"):
        functional_call(layer, {"again/W": Variable(np.ones((3, 3)))}, np.ones((1, 5)))
    assert layer.again.W is W
    assert layer.stack[0].W is W
