"""odeint: values against closed forms and SciPy; bad input."""

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.sparse

import dezero.functions as F
from dezero import GraphError, Variable, no_grad
from dezero.derivatives import ConvergenceError
from dezero.optimize import odeint

METHODS = ["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"]
A = np.array([[-0.5, 1.0, 0.0], [-1.0, -0.5, 0.3], [0.2, 0.0, -0.1]])
B = np.array([1.0, -0.5, 0.25])
TIMES = np.array([0.0, 0.3, 1.1, 2.0])
EXACT = np.stack([scipy.linalg.expm(A * t) @ B for t in TIMES])


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_system_by_every_method(method):
    y = odeint(lambda y, t: F.matmul(A, y), B, TIMES, method=method, rtol=1e-8, atol=1e-10)
    assert y.shape == (4, 3)
    np.testing.assert_allclose(y.data, EXACT, rtol=2e-5 if method == "BDF" else 1e-6)


def test_values_are_those_of_solve_ivp():
    y = odeint(lambda y, t: F.sin(y) * t - y, B, TIMES, method="DOP853", rtol=1e-7, atol=1e-9)
    found = scipy.integrate.solve_ivp(
        lambda t, y: np.sin(y) * t - y, (0, 2), B, method="DOP853", rtol=1e-7, atol=1e-9, t_eval=TIMES
    )
    np.testing.assert_allclose(y.data, found.y.T, rtol=1e-13)


def test_a_tree_of_states():
    y = odeint(lambda s, t: {"q": s["p"], "p": -s["q"]}, {"q": np.ones((2, 2)), "p": np.zeros((2, 2))}, [0.0, 1.0])
    assert y["q"].shape == (2, 2, 2)
    np.testing.assert_allclose(y["q"].data[-1], np.cos(1.0), atol=1e-7)
    np.testing.assert_allclose(y["p"].data[-1], -np.sin(1.0), atol=1e-7)


def test_times_that_decrease_repeat_or_are_one():
    y = odeint(lambda y, t: -y, 1.0, [1.0, 1.0, 0.5, 0.5, 0.0])
    np.testing.assert_allclose(y.data, np.exp([0, 0, 0.5, 0.5, 1.0]), rtol=1e-7)
    np.testing.assert_allclose(odeint(lambda y, t: -y, np.array([2.0]), [3.0]).data, [[2.0]])
    np.testing.assert_allclose(odeint(lambda y, t: -y, 2.0, [3.0, 3.0]).data, [2.0, 2.0])


def test_parameters_and_time_in_the_right_side():
    y = odeint(lambda y, t, a, b: a * t + b["c"], 0.0, [0.0, 2.0], 3.0, {"c": 1.0})
    np.testing.assert_allclose(y.data[-1], 8.0, rtol=1e-8)


def test_single_precision_is_integrated_in_double_and_returned_as_it_came():
    y = odeint(lambda y, t: -y, np.array([1.0], np.float32), [0.0, 1.0])
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data[-1], np.exp(-1), rtol=1e-6)


def test_a_right_side_with_an_if_is_called_anew():
    def f(y, t):
        return 0 * y + 1.0 if t < 1.0 else -y

    y = odeint(f, 0.0, [0.0, 1.0, 2.0], max_step=0.01)
    np.testing.assert_allclose(y.data, [0, 1, np.exp(-1)], atol=1e-5)


def test_a_right_side_that_reads_numbers_or_cuts_its_graph_is_called_anew():
    def reads(y, t):
        return y * 0 - float(y.data)

    def cuts(y, t):
        with no_grad():
            z = -y
        return z

    for f in (reads, cuts):
        np.testing.assert_allclose(odeint(f, 1.0, [0.0, 1.0]).data[-1], np.exp(-1), rtol=1e-7)
    with pytest.raises(GraphError, match=r"odeint: f computes under no_grad.*detach\(\)"):
        odeint(cuts, Variable(np.array(1.0)), [0.0, 1.0])


def test_rates_that_depend_on_nothing():
    y = odeint(lambda y, t: F.reshape(Variable(np.array([2.0, 3.0])), (2,)), np.zeros(2), [0.0, 2.0])
    np.testing.assert_allclose(y.data[-1], [4, 6])


def test_nothing_to_integrate_and_tolerances_of_their_own():
    assert odeint(lambda y, t: -y, np.zeros((0, 2)), [0.0, 1.0]).shape == (2, 0, 2)
    q, p = odeint(lambda s, t: (s[1], -s[0]), (1.0, 0.0), [0.0, 1.0], rtol=1e-3, atol=(1e-3, 1e-3))
    assert 1e-9 < abs(q.data[-1] - np.cos(1)) < 1e-3
    q, p = odeint(lambda s, t: (s[1], -s[0]), (1.0, 0.0), [0.0, 1.0], rtol=1e-12, atol=(1e-12, 1e-12))
    np.testing.assert_allclose([q.data[-1], p.data[-1]], [np.cos(1), -np.sin(1)], rtol=1e-10)


def heat(n):
    def f(y, t):
        middle = y[:-2] - 2 * y[1:-1] + y[2:]
        return F.concatenate([np.zeros(1), middle * (n - 1.0) ** 2, np.zeros(1)], axis=0)

    return f


@pytest.mark.parametrize("jac", ["dense", "sparse", "pattern"])
def test_implicit_methods_get_the_exact_jacobian(jac):
    n = 30
    x = np.linspace(0, 1, n)
    pattern = scipy.sparse.diags_array([np.ones(n - 1), np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1])
    y, result = odeint(
        heat(n), np.sin(np.pi * x), [0.0, 0.1], method="BDF", jac=pattern if jac == "pattern" else jac, full_output=True
    )
    rate = 4 * (n - 1) ** 2 * np.sin(np.pi / (2 * (n - 1))) ** 2
    np.testing.assert_allclose(y.data[-1], np.exp(-rate * 0.1) * np.sin(np.pi * x), atol=1e-7)
    assert 0 < result.njev < 5
    assert result.nfev < 400  # differences would take n more for each Jacobian


# -- events and dense output -------------------------------------------------------------------------------------


def fall(s, t):
    return {"x": s["v"], "v": 0 * s["v"] - 9.81}


def ground(s, t):
    return s["x"]


ground.terminal, ground.direction = True, -1


def test_a_terminal_event_ends_the_integration():
    start = {"x": np.array(10.0), "v": np.array(0.0)}
    y, result = odeint(fall, start, np.linspace(0, 3, 7), events=ground)
    met = np.sqrt(20 / 9.81)
    assert result.status == 1
    np.testing.assert_allclose(result.t_events[0].data, [met], rtol=1e-9)
    np.testing.assert_allclose(result.y_events[0]["v"].data, [-9.81 * met], rtol=1e-9)
    assert y["x"].shape == (3,)
    np.testing.assert_allclose(result.t, [0, 0.5, 1.0])


def test_a_terminal_event_between_two_times():
    start = {"x": np.array(10.0), "v": np.array(0.0)}
    y, result = odeint(fall, start, [0.0, 5.0], events=ground)
    assert y["x"].shape == (1,)
    np.testing.assert_allclose(result.t, [0.0])
    met = np.sqrt(20 / 9.81)
    np.testing.assert_allclose(result.sol(1.4)["x"].data, 10 - 9.81 / 2 * 1.4**2, rtol=1e-6)
    with pytest.raises(ValueError, match=f"give times from 0 to {met:.5f}"):
        result.sol(1.5)


def test_events_of_one_direction_and_one_that_is_never_met():
    def up(y, t):
        return F.sin(t)

    def never(y, t):
        return y + 1

    up.direction = 1
    _, result = odeint(lambda y, t: -y, 1.0, [0.5, 14.0], events=[up, never], max_step=0.5)
    np.testing.assert_allclose(result.t_events[0].data, [2 * np.pi, 4 * np.pi], rtol=1e-9)
    assert result.t_events[1].shape == (0,)
    assert result.y_events[1].shape == (0,)
    assert "Never met up to t = 14: the event never" in result.message


def test_one_time_alone_meets_no_event():
    y, result = odeint(fall, {"x": np.array(10.0), "v": np.array(0.0)}, [0.0], events=[ground])
    assert result.t_events[0].shape == (0,)
    np.testing.assert_allclose([y["x"].data[0], result.sol(0.0)["x"].data], 10)


def test_the_solution_between_the_times():
    _, result = odeint(lambda y, t: -y, np.array([1.0, 2.0]), [1.0, 4.0], dense_output=True, method="DOP853")
    np.testing.assert_allclose(result.sol([3.0, 1.5]).data, np.exp([[-2.0], [-0.5]]) * [1, 2], rtol=1e-6)
    np.testing.assert_allclose(result.sol(2.0).data, np.exp(-1) * np.array([1, 2]), rtol=1e-6)
    with pytest.raises(ValueError, match=r"sol was asked for times .*; give times from 1 to 4"):
        result.sol(5.0)


# -- bad input -----------------------------------------------------------------------------------------------------


def test_a_list_in_place_of_an_array_names_stack():
    with pytest.raises(ValueError, match=r"odeint: f returned a list of 2 for y0, which is one array.*F\.stack"):
        odeint(lambda y, t: [y[1], -y[0]], np.ones(2), [0.0, 1.0])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: odeint(lambda y, t: -y, 1.0, [0, 1], method="Euler"),
            ValueError,
            "method is 'Euler'; give one of RK23",
        ),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], rtol=0), ValueError, "rtol is 0; give a number above 0"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], atol=-1.0), ValueError, "atol is -1.0"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], max_step=0.0), ValueError, "max_step"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], jac="exact"), ValueError, "jac is 'exact'"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], sensitivities="both"), ValueError, "'auto', 'forward' or"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], max_evaluations=0), ValueError, "max_evaluations is 0"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 2, 1]), ValueError, "increase or decrease"),
        (lambda: odeint(lambda y, t: -y, 1.0, 3.0), ValueError, "give a sequence of times"),
        (lambda: odeint(lambda y, t: -y, 1j, [0, 1]), TypeError, "y0 holds a .*complex"),
        (lambda: odeint(lambda y, t: 1.0, 1.0, [0, 1]), TypeError, "odeint: the function returned"),
        (lambda: odeint(lambda y, t: None, 1.0, [0, 1]), TypeError, "return statement"),
        (lambda: odeint(lambda y, t: y[:1], np.ones(2), [0, 1]), ValueError, "for a state of shape"),
        (lambda: odeint(lambda y, t: (y[0], y[0]), (1.0, 1.0, 1.0), [0, 1]), ValueError, "structure"),
        (lambda: odeint(lambda y, t: y, (), [0, 1]), ValueError, "y0 holds no array; there is nothing to integrate"),
        (lambda: odeint(lambda y, t: y, (1.0, 2.0), [0, 1], atol=(1e-6,)), ValueError, "atol has the structure"),
        (lambda: odeint(lambda y, t: y, np.ones(2), [0, 1], atol=np.ones(3)), ValueError, "atol has shapes"),
        (lambda: odeint(3.0, 1.0, [0, 1]), TypeError, "odeint: f is"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], events=3), TypeError, "events"),
        (lambda: odeint(lambda y, t: -y, 1.0, [0, 1], events=lambda y, t: 3.0), ValueError, "is to return one number"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_solution_that_runs_to_infinity_tells_how_far_it_came():
    with pytest.raises(ConvergenceError, match=r"odeint: RK45 reached t = 1 of 2: Required step size"):
        odeint(lambda y, t: y * y, 1.0, [0.0, 2.0])
    with pytest.raises(ConvergenceError, match=r"odeint: RK45 reached t = 3 of 4: Required step size"):
        odeint(lambda y, t: y * y, 1.0, Variable(np.array([2.0, 4.0])))
    with pytest.raises(ConvergenceError, match=r"odeint: \w+ reached t = (1|0\.99)\d* of 2"):
        odeint(lambda y, t: y * y, 1.0, [0.0, 1.5, 2.0], method="BDF")


def test_a_stiff_equation_by_an_explicit_method_names_the_implicit_ones():
    with pytest.raises(ConvergenceError, match=r"f was called 2000 times; .*method='BDF' or 'Radau'"):
        odeint(lambda y, t: -1e6 * (y - F.cos(t)), 0.0, [0.0, 10.0], max_evaluations=2000)


def test_rates_that_are_not_finite_at_the_start():
    with pytest.raises(FloatingPointError, match="f is not finite at the first time 0"):
        odeint(lambda y, t: F.log(y), 0.0, [0.0, 1.0])
