"""Derivatives of a root: what was solved is what is differentiated, at a cost that grows as a power of the order."""

import threading

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import Function, GraphError, Variable, checkpoint, gradients, jet, using_config
from dezero.core.graph import collect
from dezero.derivatives import grad, hvp, jacobian, jvp, operator
from dezero.derivatives.implicit.solutions import custom_root, fixed_point
from tests.collector import sleeping_collector


def partials(y, x, orders):
    found = []
    for _ in range(orders):
        (y,) = gradients(y, x, create_graph=True)
        found.append(float(F.sum(y)))
    return found


def cubic(x):
    return custom_root(lambda z, x: z**3 + z - x, 0.5, x)


def exact_cubic(x, orders):
    with mpmath.workdps(60):
        start = mpmath.findroot(lambda z: z**3 + z - x, 0.5)
        taylor = mpmath.taylor(lambda x: mpmath.findroot(lambda z: z**3 + z - x, start), mpmath.mpf(x), orders)
        return [float(c * mpmath.factorial(k)) for k, c in enumerate(taylor)][1:]


# -- what was solved ---------------------------------------------------------------------------------------------


def test_a_loop_variable_that_moves_on_changes_nothing():
    k = Variable(np.array(0.4))
    y, steps = Variable(np.array(1.0)), (0.1, 1.0)
    for h in steps:
        y = custom_root(lambda z, y, k: z - y + h * k * z, y, y, k)  # implicit Euler  # noqa: B023
    expected = 1 / ((1 + 0.1 * k) * (1 + 1.0 * k))
    np.testing.assert_allclose(partials(y, k, 4), partials(expected, k, 4), rtol=1e-12)


def test_a_loop_variable_of_a_fixed_point_that_moves_on_changes_nothing():
    k = Variable(np.array(0.4))
    found = []
    for h in (0.1, 1.0):
        found.append(fixed_point(lambda z, k: 1 - h * k * z, 1.0, k))  # noqa: B023
    for y, h in zip(found, (0.1, 1.0), strict=True):
        np.testing.assert_allclose(partials(y, k, 3), partials(1 / (1 + h * k), k, 3), rtol=1e-11)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_arrays_and_variables_of_a_closure_that_change_later(order):
    a, held = Variable(np.array(2.0)), {"factor": np.array([3.0]), "shift": Variable(np.array(1.0))}
    z = custom_root(lambda z, a: held["factor"] * z * z - a * held["shift"], np.array([1.0]), a)
    expected = F.sqrt(a / 3)
    held["factor"][:] = 100.0
    held["shift"] = Variable(np.array(7.0))
    assert partials(z, a, order)[-1] == pytest.approx(partials(expected, a, order)[-1], rel=1e-12)


def test_the_residual_is_not_called_for_derivatives():
    calls = []

    def residual(z, a):
        calls.append(1)
        return z * z - a

    a = Variable(np.array(2.0))
    z = custom_root(residual, 1.0, a)
    before = len(calls)
    partials(z, a, 3)
    z.jet(a, 4)
    assert len(calls) == before


def test_a_random_residual_is_the_one_that_was_solved_last():
    a = Variable(np.array(2.0))
    z = custom_root(lambda z, a: z * a - F.sum(F.dropout(np.ones(3) * a)), 1.0, a, solve=lambda f, g: np.array(1.5))
    first, second = gradients(z, a)[0], gradients(z, a)[0]
    assert first.data == second.data


# -- values and cost ---------------------------------------------------------------------------------------------


def test_gradients_to_order_eight_and_jets_to_order_thirteen():
    exact, x = exact_cubic(0.7, 13), Variable(np.array(0.7))
    np.testing.assert_allclose(partials(cubic(x), x, 8), exact[:8], rtol=1e-10)
    np.testing.assert_allclose([float(c) for c in cubic(x).jet(x, 13)[1:]], exact, rtol=1e-10)
    _, terms = jet(cubic, (0.7,), ((1.0,) + (0.0,) * 7,))
    np.testing.assert_allclose([float(c) for c in terms], exact[:8], rtol=1e-10)


@pytest.mark.parametrize("linear_solver", ["dense", "gmres"])
def test_jets_of_keplers_equation_and_of_a_square_root_to_order_thirteen(linear_solver):
    with mpmath.workdps(60):
        start = mpmath.findroot(lambda E: E - 0.6 * mpmath.sin(E) - 1.2, 1.5)
        taylor = mpmath.taylor(lambda M: mpmath.findroot(lambda E: E - 0.6 * mpmath.sin(E) - M, start), 1.2, 13)
        kepler = [float(c * mpmath.factorial(k)) for k, c in enumerate(taylor)]
        root = [float(mpmath.diff(mpmath.sqrt, mpmath.mpf(1.2), k)) for k in range(14)]
    M = Variable(np.array(1.2))
    E = custom_root(lambda E, M: E - 0.6 * F.sin(E) - M, 1.0, M, linear_solver=linear_solver)
    np.testing.assert_allclose([float(c) for c in E.jet(M, 13)], kepler, rtol=1e-10)
    z = custom_root(lambda z, M: z * z - M, 1.0, M, linear_solver=linear_solver)
    np.testing.assert_allclose([float(c) for c in z.jet(M, 13)], root, rtol=1e-11)


def test_recorded_jets_grow_as_a_power_of_the_order():
    x = Variable(np.array(0.7))
    z = cubic(x)
    sizes = [len(collect([z.jet(x, k, create_graph=True)[-1]])) for k in (4, 8, 16)]
    assert sizes[2] < 2**3 * sizes[1]
    assert sizes[1] < 2**3 * sizes[0]


@settings(max_examples=20)
@given(st.floats(-3, 3))
def test_jets_and_gradients_agree(x):
    x = Variable(np.array(x))
    np.testing.assert_allclose(
        partials(cubic(x), x, 5), [float(c) for c in cubic(x).jet(x, 5)[1:]], rtol=1e-8, atol=1e-8
    )


def test_the_graph_grows_as_a_power_of_the_order():
    x = Variable(np.array(0.7))
    y, sizes = cubic(x), []
    for _ in range(10):
        (y,) = gradients(y, x, create_graph=True)
        sizes.append(len(collect([y])))
    assert sizes[-1] < sizes[4] * 2**3.5  # from order 5 to 10; 84 and about 400


def pair(z, x, a):
    return F.stack([z[0] ** 3 + z[1] - x, z[1] * a + 2 * F.sin(z[0]) - 1 + a * x])


def test_small_vectors_and_several_parameters():
    x, a = Variable(np.array(0.7)), Variable(np.array(0.3))
    with mpmath.workdps(60):

        def exact(x, a):
            def residual(u, v):
                return u**3 + v - x, v * a + 2 * mpmath.sin(u) - 1 + a * x

            return sum(mpmath.findroot(residual, (0.3, 0.7)))

        wanted = [
            float(mpmath.diff(exact, (mpmath.mpf(0.7), mpmath.mpf(0.3)), n)) for n in [(1, 0), (1, 1), (2, 1), (2, 2)]
        ]
    y, found, sizes = F.sum(custom_root(pair, np.array([0.3, 0.7]), x, a)), [], []
    for v in (x, a, x, a, x, a, x, a):
        (y,) = gradients(y, v, create_graph=True)
        found.append(float(y))
        sizes.append(len(collect([y])))
    np.testing.assert_allclose(found[:4], wanted, rtol=1e-10)
    assert sizes[7] < 10 * sizes[3]


def test_every_way_of_the_derivatives_agrees():
    p = np.array([0.7, 0.3])

    def f(p):
        return custom_root(lambda z, p: pair(z, p[0], p[1]), np.array([0.3, 0.7]), p)

    v = np.array([0.2, -1.0])
    matrix = jacobian(f)(p)
    np.testing.assert_allclose(jvp(f, (p,), (v,))[1].data, matrix.data @ v, rtol=1e-12)
    h = 1e-6
    both = [jacobian(f)(p + s * h * v).data.sum(0) for s in (1, -1)]
    np.testing.assert_allclose(hvp(lambda p: F.sum(f(p)), (p,), (v,)).data, (both[0] - both[1]) / (2 * h), rtol=1e-7)


def test_without_simplifying_the_values_are_the_same():
    x = Variable(np.array(0.7))
    with using_config("simplify", False):
        found = partials(cubic(x), x, 4)
    np.testing.assert_allclose(found, exact_cubic(0.7, 4), rtol=1e-12)


def test_jets_of_a_recorded_derivative():
    x = Variable(np.array(0.7))
    (slope,) = gradients(cubic(x), x, create_graph=True)
    np.testing.assert_allclose([float(c) for c in slope.jet(x, 6)], exact_cubic(0.7, 7), rtol=1e-10)
    terms = cubic(x).jet(x, 4, create_graph=True)
    np.testing.assert_allclose(partials(terms[-1], x, 3), exact_cubic(0.7, 7)[4:], rtol=1e-10)


def test_a_complex_parameter():
    a = Variable(np.array(1.0 + 2.0j))
    z = custom_root(lambda z, a: z * z - F.real(a * a * 1j) - 9, 1.0, a)
    expected = F.sqrt(F.real(a * a * 1j) + 9)
    for y in (z, expected):
        assert y.data == pytest.approx(np.sqrt(5))
    (g,), (h,) = gradients(z, a, create_graph=True), gradients(expected, a, create_graph=True)
    np.testing.assert_allclose(g.data, h.data, rtol=1e-12)
    np.testing.assert_allclose(gradients(F.real(g), a)[0].data, gradients(F.real(h), a)[0].data, rtol=1e-11)


def test_a_users_function_in_the_residual():
    class Cube(Function):
        def forward(self, x):
            return x**3

        def backward(self, gy):
            (x,) = self.inputs
            return gy * 3 * x * x

    x = Variable(np.array(0.7))
    z = custom_root(lambda z, x: Cube()(z) + z - x, 0.5, x)
    np.testing.assert_allclose(partials(z, x, 4), exact_cubic(0.7, 4), rtol=1e-11)
    np.testing.assert_allclose([float(c) for c in z.jet(x, 6)[1:]], exact_cubic(0.7, 6), rtol=1e-10)


def test_operations_with_several_outputs_in_the_residual():
    x = Variable(np.array([2.0, 3.0]))

    def residual(z, x):
        w, _ = F.eigh(F.outer(z, z) + F.diag(x))
        return F.stack([F.sum(w) - 7, z[0] - z[1]])  # the sum of the eigenvalues is the trace

    z = custom_root(residual, np.array([0.9, 1.1]), x)
    np.testing.assert_allclose(z.data, [1, 1], rtol=1e-12)
    (g,) = gradients(z[0], x, create_graph=True)
    np.testing.assert_allclose(g.data, [-0.25, -0.25], rtol=1e-10)
    np.testing.assert_allclose(gradients(g[0], x)[0].data, [-1 / 16, -1 / 16], rtol=1e-9)


def test_a_root_in_the_residual_of_a_root():
    a = Variable(np.array(3.0))
    w = custom_root(lambda w, a: w - F.cos(cubic(w) * a), 0.5, a)
    with mpmath.workdps(40):

        def inner(w):
            return mpmath.findroot(lambda z: z**3 + z - w, 0.5)

        exact = [
            float(mpmath.diff(lambda a: mpmath.findroot(lambda w: w - mpmath.cos(inner(w) * a), float(w)), 3, n))
            for n in range(1, 4)
        ]
    np.testing.assert_allclose(partials(w, a, 3), exact, rtol=1e-9)
    np.testing.assert_allclose([float(c) for c in w.jet(a, 3)[1:]], exact, rtol=1e-9)


def test_checkpoints_and_roots_inside_each_other():
    a, h = Variable(np.array(3.0)), [2.0]
    z = custom_root(lambda z, a: checkpoint(lambda z: z * z * h[0])(z) - a, 1.0, a)
    np.testing.assert_allclose(partials(z, a, 3), partials(F.sqrt(a / 2), a, 3), rtol=1e-11)
    other = custom_root(lambda z, a: checkpoint(lambda z: z * z * h[0])(z) - a, 1.0, a)
    h[0] = 5.0
    with pytest.raises(GraphError, match="checkpoint of <lambda>: run again for its derivative"):
        gradients(other, a)
    y = checkpoint(lambda a: custom_root(lambda z, a: z * z - a, 1.0, a) * a)(a)
    np.testing.assert_allclose(partials(y, a, 3), partials(a**1.5, a, 3), rtol=1e-11)


@pytest.mark.parametrize("method", ["taylor", "reverse", "collapsed"])
def test_operators_of_a_root(method):
    def f(p):
        return F.sum(custom_root(lambda z, p: pair(z, p[0], p[1]), np.array([0.3, 0.7]), p) ** 2)

    p, h = np.array([0.7, 0.3]), 1e-4
    found = operator(f, {(2, 0): 1.0, (1, 1): 0.5, (0, 2): -2.0}, method)(p)
    rows = [(grad(f)(p + h * e).data - grad(f)(p - h * e).data) / (2 * h) for e in np.eye(2)]
    assert float(found) == pytest.approx(rows[0][0] + 0.5 * rows[0][1] - 2 * rows[1][1], rel=1e-6)


# -- no answer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "residual",
    [
        lambda z, a: z * z - a,
        lambda z, a: z**3 - a,
        lambda z, a: z * z - 2 * z + 1 - a,
        lambda z, a: 1 - F.cos(z) + a,
    ],
)
def test_a_multiple_root_has_no_derivative(residual):
    a = Variable(np.array(0.0))
    z = custom_root(residual, 1.3, a, solve=lambda f, guess: shrunk(f, guess))
    with pytest.raises(np.linalg.LinAlgError, match=r"custom_root: the Jacobian .* is singular .* multiple root"):
        z.backward()


def shrunk(f, z):
    """Newton's method, which nears a multiple root step by step."""
    for _ in range(60):
        slope = (f(z + 1e-7) - f(z - 1e-7)) / 2e-7
        z = z - f(z) / slope if slope else z
    return z


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equations_that_repeat_each_other_up_to_rounding(dtype):
    a = Variable(np.array(1.0, dtype))
    matrix = np.array([[0.1, 0.2], [0.3, 0.6]], dtype)

    def residual(z, a):
        return matrix @ z - a * (matrix @ np.ones(2, dtype))

    z = custom_root(residual, np.ones(2, dtype), a, solve=lambda f, guess: guess)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        F.sum(z).backward()


def test_roots_of_other_scales_are_simple():
    for scale in (1e-30, 1e-12, 1e12):
        a = Variable(np.array(scale))
        assert partials(custom_root(lambda z, a: z * z - a, np.sqrt(scale) * 1.1, a, tol=1e-25), a, 1)[
            0
        ] == pytest.approx(0.5 / np.sqrt(scale), rel=1e-9)
    big = Variable(np.array(1e8))
    E = custom_root(lambda E, M: E - 0.5 * F.sin(E) - M, 1e8, big)
    assert partials(E, big, 1)[0] == pytest.approx(1 / (1 - 0.5 * np.cos(float(E))), rel=1e-9)
    stretched = custom_root(lambda z, a: z * np.array([1.0, 1e-20]) - a * np.array([1.0, 1e-20]), np.ones(2), big)
    assert partials(stretched, big, 1)[0] == pytest.approx(2)


@given(st.floats(1e-12, 0.1), st.sampled_from([-1.0, 1.0]))
def test_a_root_near_zero_whose_terms_cancel_is_simple(distance, sign):
    a = Variable(np.array(1 + sign * distance))
    z = custom_root(lambda z, a: F.exp(z) - a, 0.0, a)
    assert partials(z, a, 1)[0] == pytest.approx(1 / float(a), rel=1e-12)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_inside_the_residual_leaves_all_as_it_was(error):
    a, calls = Variable(np.array(2.0)), []

    def residual(z, a):
        calls.append(1)
        if len(calls) == 4:
            raise error("from inside")
        return z * z - a if z > 0 else z - a  # with a comparison it is called at each point

    with pytest.raises(error, match="from inside"):
        custom_root(residual, 1.0, a)
    z = custom_root(residual, 1.0, a)
    assert partials(z, a, 1)[0] == pytest.approx(8**-0.5)


def test_threads_differentiate_one_root():
    a = Variable(np.array([2.0, 3.0]))
    z = custom_root(lambda z, a: z * z - a, np.ones(2), a)
    found = []

    def work(seed):
        for n in range(30):
            (g,) = gradients(z, a, grad_outputs=np.full(2, float(seed + n)))
            found.append(np.max(np.abs(g.data - (seed + n) * 0.5 / np.sqrt([2, 3]))))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(1, 4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 90
    assert max(found) < 1e-12


def test_no_reference_cycle_is_left():
    a = Variable(np.array(2.0))

    def once():
        z = custom_root(lambda z, a: z * z - a, 1.0, a)
        y = fixed_point(lambda z, a: F.cos(a * z) / 2, 0.5, a)
        gradients(z * y, a)

    once()
    once()
    with sleeping_collector() as objects:
        counts = []
        for _ in range(4):
            once()
            counts.append(objects())
    assert counts[-1] - counts[0] < 10


def test_two_solutions_of_one_equation_with_one_cotangent():
    p, a, b = [Variable(np.array(v)) for v in ([0.3, 0.7], [1.0, 0.0], [0.0, 1.0])]
    y, tangent = dezero.linearize(lambda p: dezero.custom_root(lambda z: z**3 + z - p, np.zeros(2)), p)
    z = y.data
    (found,) = gradients(tangent(a) + tangent(b), p)
    np.testing.assert_allclose(found.data, -6 * z / (3 * z * z + 1) ** 3, rtol=1e-10)
