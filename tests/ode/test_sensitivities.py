"""Derivatives of odeint's solutions: against closed forms, finite differences of tight runs, and each other."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import Function, GraphError, Variable, gradients
from dezero.derivatives import ConvergenceError
from dezero.optimize import odeint

WAYS = ["forward", "adjoint"]
EXPLICIT = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-12}


def logistic(y, t, r, k):
    return r * y * (1 - y / k)


def exact_logistic(y0, t, r, k):
    e = F.exp(r * t)
    return k * y0 * e / (k + y0 * (e - 1))


@pytest.mark.parametrize("sensitivities", WAYS)
@pytest.mark.parametrize("method", ["RK45", "DOP853", "Radau", "LSODA"])
def test_gradients_of_the_logistic_equation(method, sensitivities):
    given = [Variable(np.array(v)) for v in (0.3, 0.8, 2.0)]
    times = np.array([0.0, 0.7, 1.5, 3.0])
    weights = np.array([0.3, -1.0, 0.5, 2.0])
    y0, r, k = given
    y = odeint(logistic, y0, times, r, k, method=method, rtol=1e-9, atol=1e-11, sensitivities=sensitivities)
    exact = exact_logistic(y0, times, r, k)
    np.testing.assert_allclose(y.data, exact.data, rtol=1e-6)
    for a, b in zip(gradients(F.sum(y * weights), given), gradients(F.sum(exact * weights), given), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=3e-5 if method == "Radau" else 1e-6)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_hessian_and_third_derivative_of_the_logistic_equation(sensitivities):
    point = np.array([0.3, 0.8, 2.0])

    def solved(p):
        return odeint(logistic, p[0], [0.0, 1.5], p[1], p[2], sensitivities=sensitivities, **EXPLICIT)[-1]

    def exact(p):
        return exact_logistic(p[0], 1.5, p[1], p[2])

    np.testing.assert_allclose(
        dezero.hessian(solved)(point).data, dezero.hessian(exact)(point).data, rtol=1e-6, atol=1e-7
    )
    v = np.array([0.3, -0.2, 0.5])
    thirds = []
    for f in (solved, exact):
        x = Variable(point)
        y = f(x)
        for _ in range(3):
            (g,) = gradients(y, x, create_graph=True)
            y = F.sum(g * v)
        thirds.append(y.data)
    np.testing.assert_allclose(*thirds, rtol=1e-6)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_nested_gradients_give_the_hessian(sensitivities):
    a, y0 = Variable(np.array(0.5)), Variable(np.array(1.5))
    y = odeint(lambda y, t: -a * y, y0, [0.0, 2.0], sensitivities=sensitivities, **EXPLICIT)[-1]
    first = gradients(y, [a, y0], create_graph=True)
    e = np.exp(-1.0)
    np.testing.assert_allclose([g.data for g in first], [-2 * 1.5 * e, e], rtol=1e-8)
    rows = [[h.data for h in gradients(g, [a, y0], create_graph=True)] for g in first]
    np.testing.assert_allclose(rows, [[4 * 1.5 * e, -2 * e], [-2 * e, 0]], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_times_are_differentiated_the_first_one_too(sensitivities):
    t0, t1, a = [Variable(np.array(v)) for v in (0.5, 2.0, 0.7)]
    given = [t0, t1, a]
    y = odeint(lambda y, t: -a * t * y, 1.3, [t0, 1.0, t1], sensitivities=sensitivities, **EXPLICIT)
    exact = 1.3 * F.exp(-a * (t1**2 - t0**2) / 2)
    np.testing.assert_allclose(y.data[-1], exact.data, rtol=1e-9)
    found, wanted = gradients(y[-1], given, create_graph=True), gradients(exact, given, create_graph=True)
    for g, w in zip(found, wanted, strict=True):
        np.testing.assert_allclose(g.data, w.data, rtol=1e-7)
        for h, v in zip(gradients(g, given), gradients(w, given), strict=True):
            np.testing.assert_allclose(h.data, v.data, rtol=1e-6, atol=1e-8)


def test_a_variable_of_all_times():
    t = Variable(np.array([0.0, 1.0, 2.0]))
    y = odeint(lambda y, t: F.cos(t), 0.0, t, **EXPLICIT)
    (g,) = gradients(F.sum(y), t)
    np.testing.assert_allclose(g.data, [-2.0, np.cos(1), np.cos(2)], rtol=1e-8)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_jvp_and_jet(sensitivities):
    def f(a):
        return odeint(lambda y, t: -a * y, a, [0.0, 2.0], sensitivities=sensitivities, **EXPLICIT)[-1]

    _, tangent = dezero.jvp(f, (np.array(0.5),), (np.array(2.0),))
    e = np.exp(-1)
    np.testing.assert_allclose(tangent.data, 2 * (e - 2 * 0.5 * e), atol=1e-10)
    a = Variable(np.array(0.5))
    series = f(a).jet(a, 3)
    exact = (a * F.exp(-2 * a)).jet(a, 3)
    np.testing.assert_allclose([c.data for c in series], [c.data for c in exact], rtol=1e-6, atol=1e-9)


def test_trees_with_parts_of_several_shapes():
    a, b = Variable(np.array([0.5, 0.2])), Variable(np.array(1.5))

    def f(s, t):
        x, (y, z) = s
        return -a * x * b, (F.sum(x) * y, F.matmul(y, np.ones((2, 1)))[0, 0] - z)

    def loss(way):
        x, (y, z) = odeint(
            f, (np.array([1.0, 2.0]), (b * np.ones((1, 2)), b * 2)), [0.0, 0.5, 1.0], sensitivities=way, **EXPLICIT
        )
        return F.sum(x[-1] ** 2) + F.sum(y[1] * np.array([[1.0, 3.0]])) + z[-1] * z[1]

    forward, backward = [gradients(loss(way), [a, b], create_graph=True) for way in WAYS]
    for g, h in zip(forward, backward, strict=True):
        np.testing.assert_allclose(g.data, h.data, rtol=1e-6)
    second = [gradients(F.sum(gs[0]) + gs[1], [a, b]) for gs in (forward, backward)]
    for g, h in zip(*second, strict=True):
        np.testing.assert_allclose(g.data, h.data, rtol=1e-5)
    step = 1e-5
    base = b.data.copy()
    values = []
    for sign in (1, -1):
        b.data = base + sign * step
        values.append(loss("forward").data)
    b.data = base
    np.testing.assert_allclose(forward[1].data, (values[0] - values[1]) / (2 * step), rtol=1e-6)


def robertson(y, t, k):
    a, b, c = y[0], y[1], y[2]
    r1, r2, r3 = k[0] * a, k[2] * b * c, k[1] * b * b
    return F.stack([r2 - r1, r1 - r2 - r3, r3], axis=0)


RATES = np.array([0.04, 3e7, 1e4])


def robertson_end(k, rtol=1e-9, **more):
    return odeint(robertson, np.array([1.0, 0.0, 0.0]), [0.0, 40.0], k, rtol=rtol, atol=1e-3 * rtol, **more)[-1]


@pytest.mark.parametrize("sensitivities", WAYS)
@pytest.mark.parametrize("method", ["BDF", "Radau", "LSODA"])
def test_robertsons_stiff_equation(method, sensitivities):
    k = Variable(RATES)
    y = robertson_end(k, method=method, sensitivities=sensitivities)
    (g,) = gradients(y[2], k)
    wanted = []
    for i in range(3):
        step = 1e-4 * RATES[i] * np.eye(3)[i]
        ends = [robertson_end(RATES + s * step, method="Radau").data[2] for s in (1, -1)]
        wanted.append((ends[0] - ends[1]) / 2e-4)
    np.testing.assert_allclose(g.data * RATES, wanted, rtol=2e-4)


def test_second_derivatives_of_a_stiff_equation_agree():
    found = []
    for way in WAYS:
        s = Variable(np.array(0.0))
        k = F.exp(s * np.array([1.0, 0.5, -1.0])) * RATES
        y = odeint(
            robertson, np.array([1.0, 0.0, 0.0]), [0.0, 1.0], k, method="BDF", rtol=1e-6, atol=1e-9, sensitivities=way
        )
        (g,) = gradients(y[-1, 2], s, create_graph=True)
        found.append([g.data, gradients(g, s)[0].data])
    np.testing.assert_allclose(*found, rtol=1e-3)


def test_a_network_of_many_parameters_goes_backward():
    rng = np.random.default_rng(0)
    weights = [Variable(rng.normal(size=s) / 3) for s in ((2, 30), (30, 30), (30, 2))]

    def f(y, t):
        for w in weights[:-1]:
            y = F.tanh(F.matmul(y, w))
        return F.matmul(y, weights[-1])

    def loss(way):
        y, result = odeint(f, np.array([[1.0, 0.5]]), [0.0, 0.5, 1.0], sensitivities=way, full_output=True, **EXPLICIT)
        return F.sum(y * y), result.sensitivities

    found = {}
    for way in ("auto", *WAYS):
        y, told = loss(way)
        assert told == ("adjoint" if way == "auto" else way)
        found[way] = gradients(y, weights)
    for a, b, c in zip(*found.values(), strict=True):
        np.testing.assert_allclose(b.data, c.data, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(a.data, c.data)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_a_right_side_with_an_if_on_the_state(sensitivities):
    a = Variable(np.array(0.5))

    def f(y, t):
        return -a * y * y if y > 0 else a * y

    y = odeint(f, 2.0, [0.0, 1.0], sensitivities=sensitivities, **EXPLICIT)
    exact = 2.0 / (1 + 2 * a)
    (g,) = gradients(y[-1], a)
    np.testing.assert_allclose(y.data[-1], exact.data, rtol=1e-9)
    np.testing.assert_allclose(g.data, gradients(exact, a)[0].data, rtol=1e-7)


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x**2 * gy


@pytest.mark.parametrize("sensitivities", WAYS)
def test_a_users_function_in_the_right_side(sensitivities):
    a, t = Variable(np.array(0.5)), Variable(np.array(1.0))
    start = np.array([1.0, 2.0])
    y = odeint(lambda y, t: -a * Cube()(y), start, [0.0, t], sensitivities=sensitivities, **EXPLICIT)[-1]
    exact = 1 / F.sqrt(1 / start**2 + 2 * a * t)
    for g, h in zip(*[gradients(F.sum(x), [a, t], create_graph=True) for x in (y, exact)], strict=True):
        np.testing.assert_allclose(g.data, h.data, rtol=1e-8)
        for c, d in zip(gradients(g, [a, t]), gradients(h, [a, t]), strict=True):
            np.testing.assert_allclose(c.data, d.data, rtol=1e-7)


def test_a_right_side_that_takes_a_derivative():
    w = Variable(np.array(1.3))

    def energy(q):
        return w**2 * q * q / 2

    def f(s, t):
        q, p = s
        (force,) = gradients(energy(q), q, create_graph=True)
        return p, -force

    q, _ = odeint(f, (1.0, 0.0), [0.0, 2.0], **EXPLICIT)
    np.testing.assert_allclose(q.data[-1], np.cos(2.6), rtol=1e-8)
    np.testing.assert_allclose(gradients(q[-1], w)[0].data, -2 * np.sin(2.6), rtol=1e-7)

    def unrecorded(s, t):
        q, p = s
        return p, -gradients(energy(q), q)[0]

    with pytest.raises(GraphError, match=r"takes a derivative without create_graph=True"):
        odeint(unrecorded, (w, 0.0), [0.0, 2.0])


# -- events and dense output ---------------------------------------------------------------------------------------


def ground(s, t, g):
    return s[0]


ground.terminal = True


@pytest.mark.parametrize("sensitivities", WAYS)
def test_the_time_of_an_event_is_differentiated(sensitivities):
    h, g = Variable(np.array(10.0)), Variable(np.array(9.81))
    _, result = odeint(
        lambda s, t, g: F.stack([s[1], -g + 0 * s[0]], axis=0),
        F.stack([h, Variable(np.array(0.0))], axis=0),
        [0.0, 5.0],
        g,
        events=ground,
        sensitivities=sensitivities,
        **EXPLICIT,
    )
    met, exact = result.t_events[0][0], F.sqrt(2 * h / g)
    np.testing.assert_allclose(met.data, exact.data, rtol=1e-9)
    found, wanted = gradients(met, [h, g], create_graph=True), gradients(exact, [h, g], create_graph=True)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-8)
        for c, d in zip(gradients(a, [h, g]), gradients(b, [h, g]), strict=True):
            np.testing.assert_allclose(c.data, d.data, rtol=1e-6)
    speed = result.y_events[0][0, 1]
    for a, b in zip(gradients(speed, [h, g]), gradients(-F.sqrt(2 * g * h), [h, g]), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-7)


def test_an_event_that_only_touches_zero_raises():
    a = Variable(np.array(1.0))
    with pytest.raises(ConvergenceError, match="an event"):
        odeint(lambda y, t: a * F.cos(t), 0.0, [0.0, 3.0], events=lambda y, t: (t - 1) ** 3, **EXPLICIT)


def test_the_solution_between_the_times_is_differentiated():
    a = Variable(np.array(0.5))
    _, result = odeint(lambda y, t: -a * y, 1.0, [0.0, 2.0], dense_output=True, **EXPLICIT)
    y = result.sol([1.5, 0.5])
    np.testing.assert_allclose(y.data, np.exp([-0.75, -0.25]), rtol=1e-9)
    (g,) = gradients(y[0], a)
    np.testing.assert_allclose(g.data, -1.5 * np.exp(-0.75), rtol=1e-8)


def test_sensitivities_of_a_linear_system_are_its_exponential():
    rng = np.random.default_rng(1)
    m = rng.normal(size=(4, 4))
    found = dezero.jacobian(lambda y: odeint(lambda y, t: F.matmul(m, y), y, [0.0, 1.0], **EXPLICIT)[-1])(np.ones(4))
    np.testing.assert_allclose(found.data, scipy.linalg.expm(m), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_transforms_of_a_solution(sensitivities):
    m = np.array([[-1.0, 0.5], [0.2, -2.0]])
    point, square = np.array([0.3, 0.4]), 2 * scipy.linalg.expm(m).T @ scipy.linalg.expm(m)

    def f(y):
        end = odeint(lambda y, t: F.matmul(m, y), y, [0.0, 1.0], sensitivities=sensitivities, **EXPLICIT)[-1]
        return F.sum(end * end)

    np.testing.assert_allclose(dezero.laplacian(f)(point).data, np.trace(square), rtol=1e-8)
    np.testing.assert_allclose(dezero.hessian(f)(point).data, square, rtol=1e-7)
    np.testing.assert_allclose(dezero.hvp(f, (point,), (np.ones(2),)).data, square.sum(axis=1), rtol=1e-8)
    np.testing.assert_allclose(
        dezero.derivative(lambda s: f(s * point), 2)(1.0).data, point @ square @ point, rtol=1e-7
    )
    np.testing.assert_allclose(dezero.grad(lambda y: dezero.checkpoint(f)(y))(point).data, square @ point, rtol=1e-8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_both_ways_and_the_transposed_exponential_agree(seed, n):
    rng = np.random.default_rng(seed)
    m, y0, weights = rng.normal(size=(n, n)), Variable(rng.normal(size=n)), rng.normal(size=n)
    for way in WAYS:
        end = odeint(lambda y, t: F.matmul(m, y), y0, [0.0, 1.0], sensitivities=way, **EXPLICIT)[-1]
        (g,) = gradients(F.sum(end * weights), y0)
        np.testing.assert_allclose(g.data, scipy.linalg.expm(m).T @ weights, rtol=1e-6, atol=1e-8)


# -- where f jumps or bends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sensitivities", WAYS)
@pytest.mark.parametrize(
    "f",
    [
        lambda y, t, a: -a * y if y > 1.0 else -3 * y,
        lambda y, t, a: F.where(y > a, -y, -3 * y),
        lambda y, t, a: -y - F.heaviside(y - a, np.array(0.5)),
    ],
    ids=["if", "where", "heaviside"],
)
def test_a_jump_that_moves_is_refused(f, sensitivities):
    a = Variable(np.array(1.2))
    y = odeint(f, 2.0, [0.0, 1.0], a, sensitivities=sensitivities)
    for _ in range(2):
        with pytest.raises(GraphError, match=r"odeint: f jumps at t = 0\.\d+, .*terminal event"):
            gradients(y[-1], a)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_a_kink_has_its_first_derivative_and_no_second_one(sensitivities):
    a = Variable(np.array(0.5))
    y = odeint(lambda y, t: F.abs(y - a) + 0.1, 0.0, [0.0, 6.0], sensitivities=sensitivities, **EXPLICIT)

    def exact(a):  # a - y falls by u' = -(u + 0.1) from a to 0, then y - a rises by u' = u + 0.1
        met = F.log((a + 0.1) / 0.1)
        return a + 0.1 * (F.exp(6.0 - met) - 1)

    np.testing.assert_allclose(y.data[-1], exact(a).data, rtol=1e-8)
    (g,) = gradients(y[-1], a, create_graph=True)
    np.testing.assert_allclose(g.data, gradients(exact(a), a)[0].data, rtol=1e-6)
    with pytest.raises(GraphError, match=r"odeint: f has a kink at t = [\d.]+, .* of second order"):
        gradients(g, a)


def test_a_switch_in_the_time_alone_has_all_derivatives():
    a = Variable(np.array(0.5))
    y = odeint(lambda y, t: -a * y if t < 1.0 else -2 * a * y, 1.0, [0.0, 1.0, 2.0], max_step=0.02, rtol=1e-8)
    (g,) = gradients(y[-1], a)
    np.testing.assert_allclose(g.data, -3 * np.exp(-1.5), rtol=1e-4)


@pytest.mark.parametrize("sensitivities", WAYS)
def test_the_time_of_an_event_on_a_path_that_would_take_long(sensitivities):
    """Whether the root is a simple one is asked near it: far away the equation would be integrated for very long."""

    def met(length):
        pendulum = lambda y, t, length: F.stack([y[1], -9.81 / length * F.sin(y[0])])  # noqa: E731
        start = np.array([1.0, 0.0])
        _, result = odeint(
            pendulum, start, [0, 2.0], length, events=lambda y, t, length: y[0], sensitivities=sensitivities, **EXPLICIT
        )
        return result.t_events[0][0]

    length = Variable(np.array(1.0))
    (slope,) = gradients(met(length), length)
    h = 1e-4
    assert slope.item() == pytest.approx((met(1 + h).item() - met(1 - h).item()) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_the_first_steps_back_from_a_late_time_may_be_smaller_than_its_spacing(method):
    start, found = np.array([1.0, 0.0, 0.0]), []
    for options in (
        {"method": method, "rtol": 1e-9, "atol": 1e-13, "sensitivities": "adjoint"},
        {"method": "LSODA", "rtol": 1e-9, "atol": 1e-13, "sensitivities": "forward"},
    ):
        k = Variable(RATES)
        found.append(gradients(odeint(robertson, start, [0.0, 100.0], k, **options)[-1, 0], k)[0].data)
    np.testing.assert_allclose(*found, rtol=1e-7)
