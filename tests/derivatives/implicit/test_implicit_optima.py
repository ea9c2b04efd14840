"""Derivatives of solutions of equations that are derivatives themselves, as of the energy whose least is sought."""

import mpmath as mp
import numpy as np
import pytest

import dezero.functions as F
from dezero import (
    Variable,
    checkpoint,
    custom_root,
    derivative,
    fixed_point,
    grad,
    gradient_check,
    gradients,
    hessian,
    jacobian,
    jet,
    jvp,
    no_grad,
    partial,
    stop_gradient,
    value_and_grad,
    vjp,
)
from dezero.core.errors import GraphError
from dezero.optimize import minimize, newton

ONE = np.array(1.0)


def energy(z, p):
    return z**4 / 4 + z**2 / 2 - p * z


SLOPES = {
    "grad": lambda z, p: grad(energy)(z, p),
    "value_and_grad": lambda z, p: value_and_grad(energy)(z, p)[1],
    "gradients": lambda z, p: gradients(energy(z, p), z, create_graph=True)[0],
    "backward": lambda z, p: backward_of(energy, z, p),
    "jacobian": lambda z, p: jacobian(energy)(z, p),
    "derivative": lambda z, p: derivative(energy)(z, p),
    "jvp": lambda z, p: jvp(lambda z: energy(z, p), (z,), (ONE,))[1],
    "vjp": lambda z, p: vjp(lambda z: energy(z, p), z)[1](ONE)[0],
    "grad of a checkpoint": lambda z, p: grad(checkpoint(energy))(z, p),
}
SOLVERS = {
    "root": lambda f: lambda p: custom_root(f, 0.5, p),
    "root of a closure": lambda f: lambda p: custom_root(lambda z: f(z, p), 0.5),
    "root by a solver": lambda f: lambda p: custom_root(f, 0.5, p, solve=bisect),
    "fixed point": lambda f: lambda p: fixed_point(lambda z, p: z - 0.3 * f(z, p), 0.5, p),
}


def backward_of(f, z, p):
    leaf = z * 1
    y = f(leaf, p)
    y.backward(create_graph=True, inputs=[leaf])
    return leaf.grad


def bisect(residual, guess):
    low, high = np.array(-3.0), np.array(3.0)
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if residual(middle) < 0 else (low, middle)
    return low


def by_gradients(f, n):
    x = Variable(ONE.copy())
    y = f(x)
    for _ in range(n):
        (y,) = gradients(y, x, create_graph=True)
    return y


def by_backward(f, n):
    x = Variable(ONE.copy())
    y = f(x)
    for _ in range(n):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
    return y


def nested(transform):
    def by_nesting(f, n):
        for _ in range(n):
            f = transform(f)
        return f(ONE)

    return by_nesting


WAYS = {
    "gradients": by_gradients,
    "backward": by_backward,
    "grad": nested(grad),
    "jvp": nested(lambda f: lambda x: jvp(f, (x,), (ONE,))[1]),
    "jacobian": nested(jacobian),
    "jet": lambda f, n: jet(f, (ONE,), ([1.0] + [0.0] * (n - 1),))[1][-1],
    "derivative": lambda f, n: derivative(f, n)(ONE),
    "partial": lambda f, n: partial(f, (0,) * n)(ONE),
    "hessian and grad": lambda f, n: hessian(grad(f) if n == 3 else f)(ONE) if n > 1 else grad(f)(ONE),
}
RIGHT = [float(mp.diff(lambda p: mp.findroot(lambda z: z**3 + z - p, 0.7), 1, n)) for n in range(4)]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("slope", SLOPES)
def test_the_place_of_the_least_energy(slope, solver):
    found = by_gradients(SOLVERS[solver](SLOPES[slope]), 2)
    np.testing.assert_allclose(found.data, RIGHT[2], rtol=1e-7)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("slope", ["gradients", "grad"])
def test_every_way_of_differentiating_it(slope, way):
    for n in (1, 2, 3):
        found = WAYS[way](SOLVERS["root of a closure"](SLOPES[slope]), n)
        np.testing.assert_allclose(found.data, RIGHT[n], rtol=1e-7)


def test_a_least_within_a_least():
    """min over p of (z(p) - 1/2)**2 where z(p) is the least of the energy: p = z**3 + z at z = 1/2."""
    place = custom_root(grad(lambda p: (custom_root(grad(energy), 0.5, p) - 0.5) ** 2), 1.0)
    np.testing.assert_allclose(place.data, 0.625, rtol=1e-6)


def test_weights_of_ridge_regression():
    """The derivative of the fitted weights in the penalty is -(A'A + k)^-1 w."""
    rng = np.random.default_rng(0)
    a, t, k = rng.standard_normal((8, 3)), rng.standard_normal(8), 0.7

    def fitted(k):
        return custom_root(grad(lambda w, k: F.sum((a @ w - t) ** 2) / 2 + k * F.sum(w * w) / 2), np.zeros(3), k)

    normal = a.T @ a + k * np.eye(3)
    right = -np.linalg.solve(normal, np.linalg.solve(normal, a.T @ t))
    np.testing.assert_allclose(jacobian(fitted)(np.array(k)).data, right, rtol=1e-9)


def test_a_gradient_that_is_not_recorded_is_no_equation():
    def slope(z, p):
        return gradients(energy(z, p), z)[0] + z

    for solve in (
        lambda p: custom_root(slope, 0.5, p),
        lambda p: fixed_point(lambda z, p: z - slope(z, p) / 9, 0.5, p),
    ):
        with pytest.raises(GraphError, match="takes a derivative without create_graph=True"):
            solve(Variable(ONE.copy()))


def test_a_derivative_that_is_meant_to_be_constant():
    z = custom_root(lambda z, p: z - p * stop_gradient(gradients(p**2, p)[0]), 0.5, Variable(np.array(3.0)))
    np.testing.assert_allclose(z.data, 18)


def test_nothing_is_kept_of_an_equation_under_no_grad():
    with no_grad():
        z = custom_root(SLOPES["gradients"], 0.5, Variable(ONE.copy()))
    np.testing.assert_allclose(z.data, RIGHT[0])
    assert z.creator is None


@pytest.mark.parametrize("method", [minimize, newton])
def test_an_objective_that_takes_derivatives(method):
    found = method(lambda z: gradients(energy(z, 1.0), z, create_graph=True)[0] ** 2, np.array(0.5))
    np.testing.assert_allclose(found.x.data, RIGHT[0], atol=1e-4)


def test_the_check_of_a_function_that_takes_derivatives():
    assert gradient_check(lambda z: gradients(energy(z, 1.0), z, create_graph=True)[0], np.array([0.5, 2.0]))
