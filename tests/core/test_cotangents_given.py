"""A cotangent that the user gives stays a node of his: the derivative depends on it, whatever the rules hand back."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Function, Variable, gradients, using_config


def V(x):
    return Variable(np.array(x))


class Identity(Function):
    def forward(self, x):
        return x

    def backward(self, gy):
        return gy


class HandsBack(Function):
    """Multiplies by what a Variable of the user's holds, and hands that very Variable back for a cotangent of ones."""

    def __init__(self, weight):
        self.weight = weight

    def forward(self, x):
        return self.weight.data * x

    def backward(self, gy):
        return self.weight


PASSING_ON = {  # functions whose pullback hands back the cotangent, a part of it, or it in another shape
    "add": lambda x: x + 1,
    "neg twice": lambda x: F.neg(F.neg(x)),
    "subtract": lambda x: x - 1,
    "times one": lambda x: x * 1,
    "halves": lambda x: x / 2 + x / 2,
    "function": lambda x: Identity()(x),
    "reshape": lambda x: F.reshape(F.reshape(x, (3, 1)), (3,)),
    "transpose": lambda x: F.transpose(x),
    "slice": lambda x: x[:],
    "concatenate": lambda x: F.concatenate((x[:1], x[1:])),
    "real": lambda x: F.real(x),
    "astype": lambda x: F.astype(x, np.float64),
}
COTANGENTS = {
    "leaf": lambda a: a,
    "multiple": lambda a: 3 * a,
    "negated": lambda a: -a,
    "sum": lambda a: a + a,
    "quotient": lambda a: a / 4,
    "sine": lambda a: F.sin(a),
    "square": lambda a: a**2,
}


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("cotangent", COTANGENTS)
@pytest.mark.parametrize("function", PASSING_ON)
def test_a_pullback_depends_on_its_cotangent(function, cotangent, simplify):
    with using_config("simplify", simplify):
        a, x = V([0.5, 1.0, 2.0]), V([0.1, 0.2, 0.3])
        v = COTANGENTS[cotangent](a)
        (g,) = gradients(PASSING_ON[function](x), x, grad_outputs=v, create_graph=True)
        np.testing.assert_allclose(g.data, v.data)
        np.testing.assert_array_equal(gradients(g, v)[0].data, np.ones(3))
        (through,), (direct,) = gradients(g, a), gradients(COTANGENTS[cotangent](a), a)
        np.testing.assert_allclose(through.data, direct.data)


@pytest.mark.parametrize("simplify", [True, False])
def test_a_gradient_given_to_backward_is_a_node_of_the_derivative(simplify):
    with using_config("simplify", simplify):
        a, x = V(2.0), V(1.0)
        y = x + 1
        y.grad = v = 3 * a
        y.backward(create_graph=True)
        assert [g.item() for g in gradients(x.grad, (v, a))] == [1.0, 3.0]


@pytest.mark.parametrize("simplify", [True, False])
def test_a_gradient_that_an_intermediate_carries_is_a_node_of_the_derivative(simplify):
    with using_config("simplify", simplify):
        a, x = V(2.0), V(1.0)
        u = x * 2
        y = u + 1
        u.grad = v = 3 * a
        y.backward(create_graph=True)
        assert x.grad.item() == 14
        assert [g.item() for g in gradients(x.grad, (v, a))] == [2.0, 6.0]


@pytest.mark.parametrize("simplify", [True, False])
def test_a_variable_that_a_backward_hands_back_is_a_node_of_the_derivative(simplify):
    with using_config("simplify", simplify):
        a, x = V(2.0), V(1.0)
        w = 3 * a
        (g,) = gradients(HandsBack(w)(x), x, create_graph=True)
        assert [g.item() for g in gradients(g, (w, a))] == [1.0, 3.0]


@pytest.mark.parametrize("function", PASSING_ON)
def test_the_jacobian_of_a_pullback(function):
    def pullback(v):
        return dezero.vjp(PASSING_ON[function], np.ones(3))[1](v)[0]

    np.testing.assert_array_equal(dezero.jacobian(pullback)(np.ones(3)).data, np.eye(3))

    def pullback_of_pullback(v):
        return dezero.vjp(pullback, np.ones(3))[1](v)[0]

    np.testing.assert_array_equal(dezero.jacobian(pullback_of_pullback)(np.ones(3)).data, np.eye(3))
