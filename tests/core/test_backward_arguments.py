"""What backward takes: a gradient to start from, as in PyTorch, and flags that are True or False."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients


def square(value=2.0):
    x = Variable(np.array(value))
    return x, x * x


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("seed", [np.array(3.0), np.float64(3.0), Variable(np.array(3.0)), np.array(3)])
def test_the_first_argument_may_be_the_gradient(seed, create_graph):
    x, y = square()
    y.backward(seed, create_graph=create_graph)
    assert x.grad.data == 12.0
    assert y.grad is None
    x.cleargrad()
    y.backward(gradient=seed, retain_grad=True, create_graph=create_graph)
    assert (x.grad.data, y.grad.data) == (12.0, 3.0)


def test_the_gradient_of_an_array_and_of_a_leaf():
    x, y = square([1.0, 2.0, 3.0])
    y.backward(np.array([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(x.grad.data, [2.0, 0.0, 12.0])
    x.cleargrad()
    x.backward(np.array([5.0, 6.0, 7.0]))
    np.testing.assert_array_equal(x.grad.data, [5.0, 6.0, 7.0])


def test_a_recorded_derivative_depends_on_the_gradient():
    x, y = square(0.5)
    v = Variable(np.array(0.3))
    y.backward(F.sin(v), create_graph=True)
    g_x, g_v = gradients(x.grad, (x, v))
    assert g_x.data == pytest.approx(2 * np.sin(0.3))
    assert g_v.data == pytest.approx(2 * 0.5 * np.cos(0.3))


def test_flags_by_position_stay():
    x, y = square()
    y.backward(True)
    assert (x.grad.data, y.grad.data) == (4.0, 1.0)
    y.cleargrad()
    x.cleargrad()
    y.backward(False, True)
    assert gradients(x.grad, x)[0].data == 2.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1,), TypeError, r"backward: retain_grad is number 1; give True or False, or a gradient to start from"),
        ((3.0,), TypeError, r"retain_grad is number 3\.0"),
        ((None,), TypeError, "retain_grad is NoneType"),
        (([1.0],), TypeError, "retain_grad is list"),
        ((False, 1), TypeError, "create_graph is number 1"),
        ((False, Variable(np.array(3.0))), TypeError, r"create_graph is float64 array of shape \(\)"),
        ((np.ones(2),), ValueError, r"backward: gradient has shape \(2,\), this Variable has shape \(\)"),
        ((np.array("a"),), TypeError, "backward: gradient is <U1 array .*holds no numbers"),
        ((np.ma.array(3.0, mask=True),), TypeError, "retain_grad is float64 array"),
        ((Variable(None),), TypeError, r"backward: gradient is Variable\(None\), which holds no numbers"),
    ],
)
def test_what_is_neither_raises_and_changes_nothing(arguments, error, message):
    x, y = square()
    with pytest.raises(error, match=message):
        y.backward(*arguments)
    assert x.grad is None
    assert y.grad is None


def test_a_masked_gradient_is_refused():
    x, y = square([1.0, 2.0])
    seed = np.ma.array([1.0, 2.0], mask=[0, 1])
    for call in (lambda: y.backward(gradient=seed), lambda: gradients(y, x, seed)):
        with pytest.raises(TypeError, match=r"a masked array is not .*mask would be lost"):
            call()
