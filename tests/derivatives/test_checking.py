"""gradient_check: agrees with right derivatives, and names the worst element of wrong ones."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from dezero.derivatives.checking import GradientCheck, gradient_check


class Wrong(Function):
    """x^2, whose derivative is right everywhere but at one element."""

    def __init__(self, error):
        self.error = error

    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (2 * x + self.error)


@pytest.mark.parametrize("x", [0.5, np.array([0.5, 2.0]), Variable(np.array([[1.0, -3.0]])), np.float32([1, 2])])
def test_right_derivatives_agree(x):
    check = gradient_check(lambda x, k, shift=0.0: F.sin(x) * x**k + shift, x, 3, shift=1.0)
    assert isinstance(check, GradientCheck)
    assert check
    assert check.excess <= 1
    assert "agree" in str(check)


def test_structures_in_and_out():
    p = {"w": np.ones((2, 2)), "b": [np.array([1.0, 2.0]), 3.0]}
    assert gradient_check(lambda p: (F.matmul(p["w"], p["b"][0]), {"s": p["b"][1] ** 2}), p)


def test_the_worst_element_is_named():
    error = np.array([[0.0, 1e-2], [3e-1, 0.0]])
    check = gradient_check(lambda p: Wrong(error)(p["x"]) + p["y"], {"y": 1.0, "x": np.ones((2, 2))})
    assert not check
    assert (check.leaf, check.index) == (1, (1, 0))
    assert abs(check.found - check.expected) == pytest.approx(0.15 * abs(check.expected), rel=1e-6)
    assert f"{check.mode} mode gives {check.found!r} at (1, 0) of array 1" in str(check)


def test_sums_that_are_constant_hide_nothing():
    class WrongSoftmax(Function):
        def forward(self, x):
            self.y = np.exp(x) / np.exp(x).sum()
            return self.y

        def backward(self, gy):
            return gy * 0.0

    assert not gradient_check(lambda x: WrongSoftmax()(x), np.array([0.1, 0.2, 0.3]))
    assert gradient_check(F.softmax, np.array([0.1, 0.2, 0.3]), axis=0)


@pytest.mark.parametrize("order", [("x", "y"), ("y", "x")])
def test_a_derivative_that_is_no_number_disagrees(order):
    p = {name: np.array([1.0, 2.0]) for name in order}
    check = gradient_check(lambda p: Wrong(np.array([0.0, np.nan]))(p["x"]) + p["y"], p)
    assert not check
    assert (check.leaf, check.index) == (order.index("x"), (1,))


def test_the_argument_is_left_as_it_is():
    x = Variable(np.array([1.0, 2.0]))
    gradient_check(lambda x: x**2, x)
    assert x.grad is None
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_errors():
    with pytest.raises(TypeError, match="gradient_check: x holds number 1j; give real numbers"):
        gradient_check(F.abs, 1j)
    with pytest.raises(TypeError, match="gradient_check: f returned complex128"):
        gradient_check(lambda x: x + 1j * x, 1.0)
    with pytest.raises(ValueError, match="gradient_check: x has no elements"):
        gradient_check(F.sum, np.ones(0))
