"""No transform leaves objects to the garbage collector: memory is free as a call returns."""

import numpy as np
import pytest

import dezero as D
import dezero.functions as F
from dezero import Function, Variable, optimize
from dezero.series import Expansion
from dezero.series.equation import Solution
from tests.collector import sleeping_collector

POINT, DIRECTION, BATCH = np.array([0.4, -0.7]), np.array([0.3, 0.2]), np.linspace(-1, 1, 10).reshape(5, 2)
X = Variable(np.array(0.5))
CALLS = 3


class SinAndSquare(Function):
    def forward(self, x):
        return np.sin(x), x * x

    def backward(self, a, b):
        (x,) = self.inputs
        return a * F.cos(x) + 2 * b * x


def elementary(x):
    return F.sum(F.tanh(x) * x**3) + F.exp(x[0] * x[1])


def matrices(x):
    a = F.reshape(x, (2, 1)) * F.reshape(x, (1, 2)) + np.array([[2.0, 0.3], [0.1, 1.5]])
    return F.sum(F.svd(a)[1] ** 3) + F.sum(F.expm(a)) + F.sum(F.softmax(x, axis=0) ** 2) + F.slogdet(a)[1]


def of_a_user(x):
    s, q = SinAndSquare()(x)
    return F.sum(s * q)


def rows(x):
    return F.sum(F.tanh(x) * x, axis=-1)


def field(x):
    return F.tanh(x) * x


TRANSFORMS = {
    "grad": lambda f: D.grad(f)(POINT),
    "vjp": lambda f: D.vjp(f, POINT)[1](1.0),
    "jvp": lambda f: D.jvp(f, (POINT,), (DIRECTION,)),
    "recorded jvp": lambda f: D.jvp(f, (Variable(POINT),), (DIRECTION,)),
    "jvp of jvp": lambda f: D.jvp(lambda x: D.jvp(f, (x,), (DIRECTION,))[1], (POINT,), (DIRECTION,)),
    "linearize": lambda f: D.linearize(f, POINT)[1](DIRECTION),
    "jacobian": lambda f: D.jacobian(f)(POINT),
    "hessian": lambda f: D.hessian(f)(POINT),
    "hvp": lambda f: D.hvp(f, (POINT,), (DIRECTION,)),
    "jet": lambda f: D.jet(f, (POINT,), ((DIRECTION, DIRECTION, DIRECTION),)),
    "recorded jet": lambda f: D.jet(f, (POINT,), ((DIRECTION, DIRECTION),), create_graph=True),
    "laplacian": lambda f: D.laplacian(f)(POINT),
    "laplacian by lines": lambda f: D.laplacian(f, "taylor")(POINT),
    "laplacian by gradients": lambda f: D.laplacian(f, "reverse")(POINT),
    "recorded laplacian": lambda f: D.laplacian(f)(Variable(POINT)),
    "estimate": lambda f: D.laplacian(f).estimate(POINT, 2, rng=0),
    "operator": lambda f: D.operator(f, {(2, 1): 1.0, (0, 1): 2.0}, "collapsed")(POINT),
    "biharmonic": lambda f: D.biharmonic(f)(POINT),
    "partial": lambda f: D.partial(f, (0, 0, 1))(POINT),
    "derivative_tensor": lambda f: D.derivative_tensor(f, 3)(POINT),
}
OTHERS = {
    "y.jet": lambda: F.tanh(F.sin(X) * X).jet(X, 5),
    "recorded y.jet": lambda: F.tanh(F.sin(X) * X).jet(X, 4, create_graph=True),
    "taylor": lambda: D.taylor(F.tanh, 0.3, 6),
    "derivative": lambda: D.derivative(F.tanh, 6)(BATCH),
    "recorded derivative": lambda: D.derivative(F.tanh, 4)(Variable(BATCH)),
    "derivative of permuted elements": lambda: D.derivative(lambda x: F.tanh(x[::-1]), 2)(BATCH),
    "laplacian of a batch": lambda: D.laplacian(rows)(BATCH),
    "divergence": lambda: D.divergence(field)(BATCH),
    "recorded divergence": lambda: D.divergence(field)(Variable(BATCH)),
    "curl": lambda: D.curl(field)(BATCH),
    "sparse_jacobian": lambda: D.sparse_jacobian(field)(POINT),
    "sparse_hessian": lambda: D.sparse_hessian(elementary)(POINT),
    "newton": lambda: optimize.newton(lambda x: x**4 - 2 * x**2, 2.0),
    "odeint_taylor": lambda: optimize.odeint_taylor(lambda y, t: -y * y, np.array(1.0), np.array([0.0, 1.0])),
    "Expansion": lambda: Expansion(F.exp(F.sin(X)), {X: [1.0]})[5],
    "Expansion that fails": lambda: _failing(lambda: Expansion(F.exp(X), {X: [np.ones(2)]})),
    "Solution": lambda: Solution([X * X], [X])[4],
    "a series that fails": lambda: _failing(lambda: D.derivative(F.softmax)(BATCH)),
}


def _failing(call):
    with pytest.raises(ValueError, match=r"shape|depends"):
        call()


def growth(call):
    """Objects that the calls left, and as many calls again."""
    for _ in range(3):
        call()
    with sleeping_collector() as objects:
        counts = []
        for _ in range(3):
            for _ in range(CALLS):
                call()
            counts.append(objects())
        return counts[1] - counts[0], counts[2] - counts[1]


@pytest.mark.parametrize("f", [elementary, matrices, of_a_user], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_leave_nothing(name, f):
    assert max(growth(lambda: TRANSFORMS[name](f))) < CALLS  # less than an object a call


@pytest.mark.parametrize("name", OTHERS)
def test_others_leave_nothing(name):
    assert max(growth(OTHERS[name])) < CALLS


def test_an_expansion_that_is_kept_keeps_its_coefficients():
    x = Variable(np.array(0.5))
    kept = [Expansion(F.exp(x), {x: [1.0]}) for _ in range(3)]
    first = kept[0][2]
    del kept[1:]
    assert kept[0][2] == first
    assert float(kept[0][3]) == pytest.approx(np.exp(0.5) / 6)
