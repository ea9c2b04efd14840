"""custom_root and fixed_point: solutions, and their derivatives by the implicit function theorem."""

import builtins
import gc
import weakref

import mpmath
import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable, gradients, no_grad
from dezero.derivatives.implicit import linearisation
from dezero.derivatives.implicit.iterations import ConvergenceError
from dezero.derivatives.implicit.solutions import custom_root, fixed_point


def partials(y, x, orders):
    found = []
    for _ in range(orders):
        (y,) = gradients(y, x, create_graph=True)
        found.append(float(y))
    return found


@given(st.floats(0.1, 100))
def test_the_square_root_to_order_six(a):
    x = Variable(np.array(a))
    z = custom_root(lambda z, a: z * z - a, max(1.0, a), x)
    assert float(z) == pytest.approx(a**0.5, rel=1e-14)
    with mpmath.workdps(40):
        expected = [float(mpmath.diff(mpmath.sqrt, mpmath.mpf(a), n)) for n in range(1, 7)]
    np.testing.assert_allclose(partials(z, x, 6), expected, rtol=1e-11)


def kepler(E, e, M):
    return E - e * F.sin(E) - M


def test_keplers_equation_in_both_its_parameters():
    e, M = Variable(np.array(0.6)), Variable(np.array(1.2))
    E = custom_root(kepler, 1.0, e, M)
    with mpmath.workdps(40):

        def exact(e, M):
            return mpmath.findroot(lambda E: E - e * mpmath.sin(E) - M, 1.5)

        place = (mpmath.mpf(0.6), mpmath.mpf(1.2))
        for nth_e, nth_m in [(1, 0), (0, 1), (2, 0), (1, 1), (0, 3), (2, 2)]:
            y = E
            for v, n in ((e, nth_e), (M, nth_m)):
                for _ in range(n):
                    (y,) = gradients(y, v, create_graph=True)
            assert float(y) == pytest.approx(float(mpmath.diff(exact, place, (nth_e, nth_m))), rel=1e-11)


def test_an_array_of_equations_is_one_root():
    e, M = Variable(np.array([0.1, 0.5, 0.9])), np.array([0.5, 1.0, 3.0])
    E = custom_root(kepler, np.ones(3), e, M)
    np.testing.assert_allclose(E.data - e.data * np.sin(E.data), M, rtol=1e-14)
    F.sum(E).backward()
    np.testing.assert_allclose(e.grad.data, np.sin(E.data) / (1 - e.data * np.cos(E.data)), rtol=1e-13)


def test_a_linear_system_has_the_derivatives_of_solve():
    rng = np.random.default_rng(1)
    a, b = Variable(rng.normal(size=(3, 3)) + 4 * np.eye(3)), Variable(rng.normal(size=3))
    c = Parameter(np.array(0.3))

    def third(x):
        (ga,) = gradients(F.sum(x**3), a, create_graph=True)
        (gc,) = gradients(F.sum(ga**2), c, create_graph=True)
        return gradients(gc, (a, b, c))

    found = third(custom_root(lambda x, a: a @ x - b * c, np.zeros(3), a))  # b and c from outside
    for g, expected in zip(found, third(F.solve(a, b * c)), strict=True):
        np.testing.assert_allclose(g.data, expected.data, rtol=1e-10, atol=1e-15)


def test_one_factorisation_serves_every_order(monkeypatch):
    made = []

    class Counting(linearisation.Factors):
        def __init__(self, *args):
            made.append(1)
            super().__init__(*args)

    a = Variable(np.array([2.0, 3.0]))
    z = custom_root(lambda z, a: z * z - a, np.ones(2), a, solve=lambda f, guess: np.sqrt(a.data))
    monkeypatch.setattr(linearisation, "Factors", Counting)
    y = z
    for _ in range(4):
        (y,) = gradients(y, a, create_graph=True)
    np.testing.assert_allclose(y.data, -15 / 16 * a.data**-3.5, rtol=1e-12)
    assert len(made) == 1


def test_unknowns_and_parameters_in_trees():
    p = {"sum": Variable(np.array(5.0)), "product": [Variable(np.array(6.0)), 2.0]}

    def residual(z, p):
        return z["x"][0] + z["y"] - p["sum"], z["x"][0] * z["y"] - p["product"][0]

    z = custom_root(residual, {"x": [np.array(1.0)], "y": np.array(4.0)}, p)
    np.testing.assert_allclose([float(z["x"][0]), float(z["y"])], [2, 3], rtol=1e-14)
    (z["x"][0] * 1).backward()  # x = s/2 - sqrt(s^2/4 - q)
    assert float(p["sum"].grad) == pytest.approx(0.5 - 2.5)
    assert float(p["product"][0].grad) == pytest.approx(1.0)


def test_a_parameter_computed_from_another_and_one_used_twice():
    t = Variable(np.array(0.2))
    a = F.exp(t)
    z = custom_root(lambda z, a, b: z**3 - a * b * F.exp(t), 1.0, a, a)  # z = exp(t)
    np.testing.assert_allclose(partials(z, t, 4), [np.exp(0.2)] * 4, rtol=1e-11)


def test_a_solver_of_the_users_own_sees_plain_arrays():
    a = Variable(np.array([2.0, 5.0]))
    seen = []

    def solve(f, guess):
        seen.append(f(guess))
        return scipy.optimize.root(f, guess, tol=1e-14).x

    z = custom_root(lambda z, a: z**2 - a, np.array([1.0, 2.0]), a, solve=solve)
    assert type(seen[0]) is np.ndarray
    np.testing.assert_allclose(z.data, np.sqrt([2, 5]), rtol=1e-12)
    F.sum(z).backward()
    np.testing.assert_allclose(a.grad.data, 0.5 / np.sqrt([2, 5]), rtol=1e-12)


def test_a_solver_of_the_users_own_may_differentiate_the_residual():
    def solve(f, guess):
        z = Variable(np.array(guess))
        for _ in range(8):
            y = f(z)
            (slope,) = gradients(y, z)
            z = Variable(np.asarray(z.data - y.data / slope.data))
        return z

    assert float(custom_root(lambda z: z * z - 2, 1.0, solve=solve)) == pytest.approx(2**0.5)


def test_the_line_search_holds_newton_back():
    assert abs(float(custom_root(lambda z: F.arctan(z), 3.0))) < 1e-15  # full steps go to infinity


def test_float32_stays():
    a = Variable(np.array(2.0, np.float32))
    z = custom_root(lambda z, a: z * z - a, np.array(1.0, np.float32), a)
    assert z.dtype == np.float32
    z.backward()
    assert a.grad.dtype == np.float32
    assert float(a.grad) == pytest.approx(8**-0.5, rel=1e-6)


def test_without_a_graph_the_root_is_a_plain_value():
    a = Variable(np.array(2.0))
    with no_grad():
        z = custom_root(lambda z, a: z * z - a, 1.0, a)
    assert z.creator is None
    assert float(z) == pytest.approx(2**0.5)
    assert custom_root(lambda z: z * 1, np.zeros(0)).shape == (0,)


def test_without_scipy_the_answers_are_the_same(monkeypatch):
    found = builtins.__import__

    def refuse(name, *args):
        if name.startswith("scipy"):
            raise ImportError(name)
        return found(name, *args)

    monkeypatch.setattr(builtins, "__import__", refuse)
    a = Variable(np.array([[2.0, 1.0], [0.5, 3.0]]))
    x = custom_root(lambda x, a: a @ x - 1.0, np.zeros(2), a)
    np.testing.assert_allclose(x.data, np.linalg.solve(a.data, np.ones(2)), rtol=1e-14)
    F.sum(x).backward()
    np.testing.assert_allclose(a.grad.data, -np.outer(np.linalg.solve(a.data.T, np.ones(2)), x.data), rtol=1e-13)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        custom_root(lambda x: np.ones((2, 2)) @ x - 1.0, np.zeros(2))


def test_a_graph_without_cycles_goes_with_its_last_reference():
    a = Variable(np.array(2.0))
    z = custom_root(lambda z, a: z * z - a, 1.0, a)
    (first,) = gradients(z, a, create_graph=True)
    kept = weakref.ref(z), weakref.ref(first)
    gc.disable()
    del z, first
    found = [ref() for ref in kept]
    gc.enable()
    assert found == [None, None]


# -- fixed points ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [0, 1, 5])
def test_an_equilibrium_network_has_the_derivatives_of_many_layers(memory):
    rng = np.random.default_rng(2)
    w, x = Variable(0.3 * rng.normal(size=(4, 4))), Variable(rng.normal(size=4))

    def layer(z, w):
        return F.tanh(w @ z + x)  # x from outside

    def second(z):
        gw, gx = gradients(F.sum(z**2), (w, x), create_graph=True)
        return gradients(F.sum(gw**2) + F.sum(gx**3), (w, x))

    deep = Variable(np.zeros(4))
    for _ in range(80):
        deep = layer(deep, w)
    z = fixed_point(layer, np.zeros(4), w, memory=memory)
    np.testing.assert_allclose(z.data, deep.data, rtol=1e-12)
    for g, expected in zip(second(z), second(deep), strict=True):
        np.testing.assert_allclose(g.data, expected.data, rtol=1e-9, atol=1e-12)


def test_anderson_needs_fewer_steps_than_plain_iteration():
    counts = []
    for memory in (0, 5):
        calls = []

        def step(z, calls=calls):
            calls.append(1)
            return F.cos(z) if z < 9 else z  # with a comparison it is called in each iteration

        with no_grad():
            assert float(fixed_point(step, np.array(0.5), memory=memory)) == pytest.approx(0.7390851332151607)
        counts.append(len(calls))
    assert counts[1] < counts[0] / 4


def test_a_fixed_point_in_a_tree():
    a = Variable(np.array(0.5))
    z = fixed_point(lambda z, a: {"u": F.cos(a * z["u"]), "v": a * z["v"] + z["u"]}, {"u": 0.5, "v": np.ones(2)}, a)
    assert float(z["u"]) == pytest.approx(np.cos(0.5 * float(z["u"])))
    np.testing.assert_allclose(z["v"].data, float(z["u"]) / 0.5)


# -- bad input ---------------------------------------------------------------------------------------------------


def test_as_many_equations_as_unknowns():
    with pytest.raises(ValueError, match=r"custom_root: the residual has 3 numbers and the unknown 2; give as many"):
        custom_root(lambda z: F.concatenate([z, z[:1]]), np.ones(2))


def test_a_singular_jacobian():
    with pytest.raises(np.linalg.LinAlgError, match=r"custom_root: the Jacobian .* of shape \(2, 2\), is singular"):
        custom_root(lambda z: z[0] + z[1] - 1 + 0 * z, np.zeros(2))
    a = Variable(np.array(0.0))
    z = custom_root(lambda z, a: z * z - a, 0.0, a)  # a double root: found, but not differentiable
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        z.backward()


def test_no_root():
    with pytest.raises(ConvergenceError, match=r"custom_root: no step .* lowers the residual of 1|after 50 iterations"):
        custom_root(lambda z: z * z + 1, 0.5)
    with pytest.raises(ConvergenceError, match=r"after 2 iterations the residual is [\d.e-]+; give a better guess"):
        custom_root(lambda z: z**3 - 2, 9.0, maxiter=2)
    with pytest.raises(ConvergenceError, match=r"solve returned a point with a residual of 1; it is no root"):
        custom_root(lambda z: z - 1, 0.0, solve=lambda f, guess: guess, tol=1e-6)
    with pytest.raises(ConvergenceError, match=r"not finite"), np.errstate(invalid="ignore"):
        custom_root(lambda z: F.log(z) + 5, -1.0)


def test_no_fixed_point():
    with pytest.raises(ConvergenceError, match=r"fixed_point: after 20 iterations step still changes z by 1; give"):
        fixed_point(lambda z: z + 1.0, np.array(0.0), maxiter=20, memory=0)
    with pytest.raises(ConvergenceError, match=r"step still changes z by inf"), np.errstate(over="ignore"):
        fixed_point(lambda z: z**3, np.array(10.0), memory=0)


def test_what_the_functions_return():
    with pytest.raises(TypeError, match=r"custom_root: the function returned number 1.0; compute"):
        custom_root(lambda z: 1.0, np.ones(2))
    with pytest.raises(ValueError, match=r"fixed_point: step takes .* of shape \(2,\) to .* of shape \(1,\)"):
        fixed_point(lambda z: z[:1], np.ones(2))
    with pytest.raises(ValueError, match=r"fixed_point: step's result has the structure"):
        fixed_point(lambda z: (z, z), np.ones(2))
    with pytest.raises(ValueError, match=r"solve's result has shapes \[\(3,\)\], guess has \[\(2,\)\]"):
        custom_root(lambda z: z, np.ones(2), solve=lambda f, guess: np.ones(3))
    with pytest.raises(TypeError, match=r"custom_root: guess holds a complex128 array .* real and imaginary parts"):
        custom_root(lambda z: z, np.ones(2, complex))


def test_complex_numbers_are_refused_wherever_they_come_from():
    a = Variable(np.array(1 + 1j))
    with pytest.raises(TypeError, match=r"custom_root: the function returned a complex128 array .* for a real unknown"):
        custom_root(lambda z, a: z * a - 1, 1.0, a)
    with pytest.raises(TypeError, match=r"fixed_point: the function returned a complex128 array .* parts"):
        fixed_point(lambda z: z * 0.5j, np.array(1.0))
    with pytest.raises(TypeError, match=r"solve's result holds a complex128 array .*, and guess is real"):
        custom_root(lambda z: z * z - 1, 1.0, solve=lambda f, guess: np.array(1 + 1j))


@pytest.mark.parametrize(
    ("options", "told"),
    [({"tol": -1.0}, "tol is -1.0"), ({"maxiter": 0}, "maxiter is 0"), ({"memory": -1}, "memory is")],
)
def test_numbers_out_of_range(options, told):
    with pytest.raises(ValueError, match=rf"fixed_point: {told}"):
        fixed_point(lambda z: F.cos(z), np.array(1.0), **options)
    if "memory" not in options:
        with pytest.raises(ValueError, match=rf"custom_root: {told}"):
            custom_root(lambda z: z - 1, np.array(1.0), **options)
