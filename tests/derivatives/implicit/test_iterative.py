"""Linear equations with the Jacobian by iterations: the same derivatives as by its factors, or an error."""

import builtins

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, argmin, custom_root, fixed_point, gradients, jacobian, jet, jvp
from dezero.core.graph import collect
from dezero.derivatives import ConvergenceError
from dezero.derivatives.implicit import linearisation

RNG = np.random.default_rng(3)
MATRIX = 0.4 * RNG.normal(size=(6, 6)) / np.sqrt(6)  # not symmetric
SHIFT = RNG.normal(size=6)


def layer(z, a):
    return F.tanh(MATRIX @ z * a + SHIFT)


SOLUTIONS = {
    "fixed_point": lambda a, s: fixed_point(layer, np.zeros(6), a, linear_solver=s),
    "custom_root": lambda a, s: custom_root(lambda z, a: z - layer(z, a), np.zeros(6), a, linear_solver=s),
    "custom_root of a closure": lambda a, s: custom_root(lambda z: z - layer(z, a), np.zeros(6), linear_solver=s),
    "argmin": lambda a, s: argmin(
        lambda z, a: F.sum(F.cosh(z)) + a * F.sum((MATRIX @ z - SHIFT) ** 2),
        np.zeros(6),
        a,
        linear_solver="cg" if s == "gmres" else s,
    ),
}


def partials(f, orders):
    a = Variable(np.array(0.9))
    y, found = F.sum(f(a) ** 3), []
    for _ in range(orders):
        (y,) = gradients(y, a, create_graph=True)
        found.append(float(y))
    return found


@pytest.mark.parametrize("name", SOLUTIONS)
def test_orders_one_to_four(name):
    dense = partials(lambda a: SOLUTIONS[name](a, "dense"), 4)
    np.testing.assert_allclose(partials(lambda a: SOLUTIONS[name](a, "gmres"), 4), dense, rtol=1e-11)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_jets_to_order_thirteen(name):
    series = (np.array(0.9),), ((1.0,) + (0.0,) * 12,)
    dense = jet(lambda a: SOLUTIONS[name](a, "dense"), *series)[1]
    found = jet(lambda a: SOLUTIONS[name](a, "gmres"), *series)[1]
    for c, expected in zip(found, dense, strict=True):
        np.testing.assert_allclose(c.data, expected.data, rtol=1e-10, atol=1e-10 * np.max(np.abs(expected.data)))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_forward_and_backward(name):
    a = np.array(0.9)
    matrix = jacobian(lambda a: SOLUTIONS[name](a, "dense"))(a).data
    np.testing.assert_allclose(jacobian(lambda a: SOLUTIONS[name](a, "gmres"))(a).data, matrix, rtol=1e-12)
    tangent = jvp(lambda a: SOLUTIONS[name](a, "gmres"), (a,), (np.array(1.0),))[1]
    np.testing.assert_allclose(tangent.data, matrix, rtol=1e-12)


def test_the_graph_is_that_of_the_dense_way():
    sizes = []
    for solver in ("dense", "gmres"):
        a = Variable(np.array(0.9))
        y = F.sum(SOLUTIONS["custom_root"](a, solver))
        for _ in range(3):
            (y,) = gradients(y, a, create_graph=True)
        sizes.append(len(collect([y])))
    assert sizes[0] == sizes[1]


def test_each_order_is_one_more_solve(monkeypatch):
    made = []
    solved = linearisation.solved

    def counting(product, b, method, tolerance=None):
        if tolerance is None:  # otherwise it is the check that the root is simple
            made.append(1)
        return solved(product, b, method, tolerance)

    monkeypatch.setattr(linearisation, "solved", counting)
    a = Variable(np.array(0.9))
    z = SOLUTIONS["fixed_point"](a, "gmres")
    v = np.ones(6)
    for order in range(1, 5):
        made.clear()
        y = Variable(np.array(0.9))
        z = SOLUTIONS["fixed_point"](y, "gmres")
        z.jet(y, order)
        assert len(made) == order
    made.clear()
    gradients(z, y, grad_outputs=v)
    assert len(made) == 1


def many(z, w, x):
    return F.tanh(z @ w + x)


def test_a_layer_of_many_unknowns_has_the_derivatives_of_many_layers():
    """Its 15 x 20 unknowns are more than the dense way takes."""
    w0, x0 = 0.5 * RNG.normal(size=(20, 20)) / np.sqrt(20), RNG.normal(size=(15, 20))
    assert x0.size > linearisation._DENSE

    def second(z, w, x):
        gw, gx = gradients(F.sum(z**2), (w, x), create_graph=True)
        return [gw.data, gx.data, *[g.data for g in gradients(F.sum(gw**2) + F.sum(gx**3), (w, x))]]

    w, x = Variable(w0), Variable(x0)
    deep = Variable(np.zeros((15, 20)))
    for _ in range(80):
        deep = many(deep, w, x)
    z = fixed_point(many, np.zeros((15, 20)), w, x)
    np.testing.assert_allclose(z.data, deep.data, rtol=0, atol=1024 * np.finfo(float).eps)
    for g, expected in zip(second(z, w, x), second(deep, w, x), strict=True):
        np.testing.assert_allclose(g, expected, rtol=0, atol=1e-12 * np.max(np.abs(expected)))


def poisson(n):
    """The equation u'' = k exp(u) on a grid, whose Jacobian has a condition of n^2."""

    def residual(u, k):
        padded = F.concatenate([np.zeros(1), u, np.zeros(1)])
        return (padded[2:] - 2 * u + padded[:-2]) * (n + 1) ** 2 - k * F.exp(u)

    return residual


def test_what_products_do_not_solve_is_factored():
    n = linearisation._DENSE + 50
    found = []
    for solver in ("auto", "dense"):
        k = Variable(np.array(1.0))
        u = custom_root(poisson(n), np.zeros(n), k, linear_solver=solver)
        (g,) = gradients(F.sum(u), k)
        found.append((np.sum(u.data), float(g)))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10)


def test_an_iteration_that_fails_is_tried_once(monkeypatch):
    tried = []
    solved = linearisation.solved

    def counting(*args):
        tried.append(1)
        return solved(*args)

    monkeypatch.setattr(linearisation, "solved", counting)
    n = linearisation._DENSE + 50
    k = Variable(np.array(1.0))
    u = custom_root(poisson(n), np.zeros(n), k)
    gradients(gradients(F.sum(u), k, create_graph=True)[0], k)
    assert len(tried) == 1


def test_a_complex_parameter():
    a = Variable(np.array(1.0 + 2.0j))
    found = []
    for solver in ("dense", "gmres"):
        z = custom_root(lambda z, a: z**3 + z - F.real(a * a * 1j) * np.ones(4), np.ones(4), a, linear_solver=solver)
        (g,) = gradients(F.sum(z), a, create_graph=True)
        found.append((g.data, gradients(F.real(g), a)[0].data, z.jet(a, 2)[2].data))
    for x, y in zip(*found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11)


def test_single_precision_stays():
    a = Variable(np.array(0.9, np.float32))
    z = custom_root(lambda z, a: z - a * F.tanh(z) * 0.5 - 1, np.ones(8, np.float32), a, linear_solver="gmres")
    (g,) = gradients(F.sum(z), a)
    assert z.dtype == g.dtype == np.float32
    wide = Variable(np.array(0.9))
    exact = custom_root(lambda z, a: z - a * F.tanh(z) * 0.5 - 1, np.ones(8), wide, linear_solver="dense")
    np.testing.assert_allclose(g.data, gradients(F.sum(exact), wide)[0].data, rtol=1e-6)


# -- no answer ---------------------------------------------------------------------------------------------------


def test_a_system_that_the_iteration_does_not_solve():
    k, n = Variable(np.array(1.0)), 400
    u = custom_root(poisson(n), np.zeros(n), k, linear_solver="dense")
    again = custom_root(poisson(n), np.zeros(n), k, solve=lambda f, guess: u.data, linear_solver="gmres")
    with pytest.raises(
        ConvergenceError,
        match=r"custom_root: the linear equations .*, 400 by 400, .*GMRES stopped at a relative residual of [\d.e-]+\. "
        r".*ill-conditioned; scale .* linear_solver='dense'",
    ):
        gradients(F.sum(again), k)


@pytest.mark.parametrize("size", [3, linearisation._DENSE + 1])
def test_singular_systems(size):
    a = Variable(np.array(1.0))

    def residual(z, a):
        return (F.sum(z) - a) * np.ones(size)

    z = custom_root(residual, np.zeros(size), a, solve=lambda f, guess: np.full(size, 1 / size))
    with pytest.raises(np.linalg.LinAlgError, match=r"custom_root: the Jacobian .* is singular"):
        gradients(F.sum(z), a)


def test_a_multiple_root_of_many_unknowns():
    size = linearisation._DENSE + 1
    a = Variable(np.array(0.0))
    z = custom_root(lambda z, a: z * z - a, np.ones(size), a, solve=lambda f, guess: np.full(size, 1e-9))
    with pytest.raises(np.linalg.LinAlgError, match="multiple root"):
        gradients(F.sum(z), a)


@pytest.mark.parametrize("solver", ["lu", 3, None])
def test_solvers_that_do_not_exist(solver):
    for solve in (
        lambda: custom_root(lambda z: z - 1, 0.0, linear_solver=solver),
        lambda: fixed_point(lambda z: z / 2, 0.0, linear_solver=solver),
        lambda: argmin(lambda z: z * z, 0.0, linear_solver=solver),
    ):
        with pytest.raises(ValueError, match=r"linear_solver is .*; give 'auto', 'dense', 'gmres', or 'cg'"):
            solve()


def test_without_scipy_large_systems_are_dense(monkeypatch):
    found = builtins.__import__

    def refuse(name, *args):
        if name.startswith("scipy"):
            raise ImportError(name)
        return found(name, *args)

    monkeypatch.setattr(builtins, "__import__", refuse)
    size = linearisation._DENSE + 1
    a = Variable(np.array(2.0))
    z = custom_root(lambda z, a: z * z - a, np.ones(size), a)
    np.testing.assert_allclose(gradients(z, a, grad_outputs=np.ones(size))[0].data, size / np.sqrt(8), rtol=1e-12)
