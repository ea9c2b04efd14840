"""A recorded derivative is rewritten while it is built: it must stay the derivative that the plain sweeps give."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients, using_config


class Sine(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * F.cos(self.inputs[0])


def values(*shape):
    return np.random.default_rng(len(shape) + sum(shape)).uniform(0.2, 0.9, shape)


CASES = {
    "transpose": (lambda x: F.sin(x.T), (2, 3)),
    "transpose of a square": (lambda x: F.sin(x.T) * values(3, 3), (3, 3)),
    "transposed and back": (lambda x: F.sin(x.T).T * values(2, 3), (2, 3)),
    "row of a transpose": (lambda x: x.T[0], (2, 3)),
    "axes": (lambda x: F.sin(F.transpose(x, (1, 2, 0))), (2, 3, 4)),
    "reversed rows": (lambda x: F.sin(x[::-1]) * values(3, 1), (3, 1)),
    "reshaped": (lambda x: F.sin(F.reshape(x, (3, 2))) * values(3, 2), (2, 3)),
    "flattened": (lambda x: F.sin(F.reshape(x, (-1,))) * values(6), (2, 3)),
    "expanded": (lambda x: F.sin(F.expand_dims(x, 1)) * values(3, 4), (3,)),
    "column and constant": (lambda x: F.sin(F.concatenate([F.sin(x), values(3, 1)], 1)), (3, 1)),
    "column and itself": (lambda x: F.concatenate([x, F.sin(x)], 1) * values(3, 2), (3, 1)),
    "number and constant": (lambda x: F.concatenate([F.sin(x), values(1)]), (1,)),
    "joined by rows": (lambda x: F.concatenate([x, F.sin(x)]) * values(4), (2,)),
    "sum of columns": (lambda x: F.sin(F.sum(x * values(3, 2), axis=1)), (3, 1)),
    "mean of columns": (lambda x: F.mean(F.sin(x * values(3, 2)), axis=1), (3, 1)),
    "sum, axis kept": (lambda x: F.sin(F.sum(x * values(3, 2), axis=1, keepdims=True)), (3, 1)),
    "sum of rows": (lambda x: F.sin(F.sum(x * x, axis=0)), (3, 2)),
    "sum of all": (lambda x: F.sin(F.sum(F.sin(x))), (3, 2)),
    "softmax": (lambda x: F.exp(x) / F.sum(F.exp(x), axis=1, keepdims=True) * values(2, 3), (2, 3)),
    "row by row product": (lambda x: F.tanh(x @ values(1, 4)) @ values(4, 1), (5, 1)),
    "mixing product": (lambda x: F.tanh(x @ values(3, 4)), (2, 3)),
    "product from the left": (lambda x: F.tanh(values(4, 3) @ x), (3, 2)),
    "product with itself": (lambda x: F.sin(x) @ F.cos(x), (3, 3)),
    "vectors": (lambda x: F.sin(x) @ x, (3,)),
    "vector and matrix": (lambda x: F.sin(x @ values(3, 2)), (3,)),
    "batches": (lambda x: F.sin(x) @ F.cos(x.reshape(2, 3, 2)), (2, 2, 3)),
    "outer by broadcasting": (lambda x: F.sin(x * x.reshape(3, 1)) * values(3, 3), (3,)),
    "broadcast and summed": (lambda x: F.sum(F.sin(x) * values(2, 3), axis=0), (3,)),
    "broadcast number": (lambda x: F.sin(x * values(2, 3)), ()),
    "broadcast_to": (lambda x: F.broadcast_to(F.sin(x), (4, 2, 3)) * values(4, 2, 3), (2, 3)),
    "sum_to": (lambda x: F.sum_to(F.sin(x), (1, 3)), (2, 3)),
    "repeated index": (lambda x: F.sin(x[[0, 0, 1]]) * values(3), (2,)),
    "masked": (lambda x: F.sin(x)[values(2, 3) > 0.5], (2, 3)),
    "difference of equals": (lambda x: F.sin(x) - F.sin(x), (3,)),
    "square of nothing": (lambda x: ((x @ values(3, 2)) - (x @ values(3, 2))) ** 2, (2, 3)),
    "zero times a product": (lambda x: 0 * (x @ values(3, 2)), (2, 3)),
    "product to the power of zero": (lambda x: (x @ values(3, 2)) ** 0, (2, 3)),
    "common denominators": (lambda x: 1 / (1 + x) + x / (1 + x) + F.sin(x) / (1 + x), (3,)),
    "common factors": (lambda x: 6 * F.sin(x) + 4 * x * x - 2 * F.cos(x), (3,)),
    "nested sums": (lambda x: x - (F.sin(x) - (x * x - (F.exp(x) - 3 * x))), (3,)),
    "function": (lambda x: Sine()(x * Sine()(x)), (3,)),
    "function among rows": (lambda x: F.tanh(Sine()(x) @ values(1, 3)), (4, 1)),
    "maximum": (lambda x: F.maximum(x, 0.5) / (2.5 + F.sin(x)), (1,)),
    "where": (lambda x: F.where(values(3, 1) > 0.5, F.sin(x), x**3), (3, 1)),
}


EACH = pytest.mark.parametrize(("f", "shape"), CASES.values(), ids=CASES)


def cotangent(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


@EACH
def test_the_first_derivative_is_the_plain_one(f, shape):
    x = Variable(values(*shape))
    y = f(x)
    (expected,) = gradients(y, x)
    for _ in range(2):  # by the algebra, then by the cached derivation
        x = Variable(values(*shape))
        (found,) = gradients(f(x), x, create_graph=True)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-12, atol=1e-14)
    w = cotangent(y.shape)
    np.testing.assert_allclose(
        gradients(f(x), x, w, create_graph=True)[0].data, gradients(f(x), x, w)[0].data, rtol=1e-12, atol=1e-14
    )


@EACH
@pytest.mark.parametrize("order", [2, 3])
def test_higher_derivatives_are_the_plain_ones(f, shape, order):
    def derivative(simplify):
        x = Variable(values(*shape))
        with using_config("simplify", simplify):
            y = f(x)
            for _ in range(order):
                (y,) = gradients(y, x, create_graph=True)
        return y.data

    expected = derivative(False)
    np.testing.assert_allclose(derivative(True), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(derivative(True), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, t: F.concatenate([x, t], 1) @ values(2, 3),
        lambda x, t: F.tanh(x @ values(1, 3) + t @ (values(1, 3) + 1)) @ values(3, 1),
        lambda x, t: F.sin(x * t) / (1 + x * x),
    ],
    ids=["joined", "network", "product"],
)
def test_mixed_derivatives_in_two_columns(f):
    """What code for partial differential equations writes: u(x, t) on (N, 1) columns, u_xx and u_t."""

    def found(simplify):
        x, t = Variable(values(4, 1)), Variable(values(4, 1) + 0.1)
        with using_config("simplify", simplify):
            u = F.tanh(f(x, t))
            u_x, u_t = gradients(u, (x, t), create_graph=True)
            (u_xx,) = gradients(u_x, x, create_graph=True)
            (u_xt,) = gradients(u_x, t, create_graph=True)
            (u_xxt,) = gradients(u_xx, t)
        return [v.data for v in (u_x, u_t, u_xx, u_xt, u_xxt)]

    for a, b in zip(found(True), found(False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


def test_a_derivative_goes_on_among_other_roots():
    """A derivative carries what built it; used beside other outputs, or twice, it must give the same."""

    def found(simplify):
        x, t = Variable(values(3)), Variable(values(3) + 0.1)
        with using_config("simplify", simplify):
            (g,) = gradients(F.sin(x * t), x, create_graph=True)
            both = gradients([g, x * F.exp(t)], (x, t), create_graph=True)
            again = gradients(g, (t, x), create_graph=True)
            third = gradients([again[0], g], x, [t, None], create_graph=True)
        return [v.data for v in (*both, *again, *third)]

    for a, b in zip(found(True), found(False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
