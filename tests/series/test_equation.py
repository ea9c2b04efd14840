"""Solution: Taylor coefficients of differential equations, against recurrences and mpmath."""

import math

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients
from dezero.series.equation import Solution


def coefficients(solution, orders, state=0):
    return [float(solution[k][state]) for k in range(orders)]


def test_tangent():
    y = Variable(np.array(0.0))
    with mpmath.workdps(40):
        exact = [float(c) for c in mpmath.taylor(mpmath.tan, 0, 15)]
    np.testing.assert_allclose(coefficients(Solution([1 + y * y], [y]), 16), exact, rtol=1e-14, atol=1e-40)


def test_a_rate_that_depends_on_the_time():
    y, t = Variable(np.array(2.0)), Variable(np.array(0.5))
    with mpmath.workdps(40):
        exact = [float(c) for c in mpmath.taylor(lambda t: 2 * mpmath.exp(mpmath.sin(t) - mpmath.sin(0.5)), 0.5, 12)]
    np.testing.assert_allclose(coefficients(Solution([F.cos(t) * y], [y], t), 13), exact, rtol=1e-13)


def test_several_states_and_rates_that_are_states_or_constants():
    x, v, s = Variable(np.array(1.0)), Variable(np.array(0.0)), Variable(np.array(5.0))
    solution = Solution([v, -x, Variable(np.array(3.0))], [x, v, s])
    assert coefficients(solution, 6, 0) == pytest.approx([1, 0, -1 / 2, 0, 1 / 24, 0])
    assert coefficients(solution, 6, 1) == pytest.approx([0, -1, 0, 1 / 6, 0, -1 / 120])
    assert coefficients(solution, 4, 2) == [5, 3, 0, 0]


def test_matrices_and_an_operation_that_is_not_elementwise():
    a = np.array([[3.0, 1.0], [0.5, 2.0]])
    y = Variable(np.eye(2))
    solution = Solution([F.solve(a, y)], [y])  # exp(t a^-1)
    for k in range(6):
        power = np.linalg.matrix_power(np.linalg.inv(a), k) / math.factorial(k)
        np.testing.assert_allclose(solution[k][0], power, rtol=1e-13)


def test_recorded_coefficients_can_be_differentiated():
    y, a = Variable(np.array(2.0)), Variable(np.array(3.0))
    solution = Solution([a * y], [y], create_graph=True)  # a^k y / k!
    c = solution[4][0]
    assert float(c) == pytest.approx(81 * 2 / 24)
    (first,) = gradients(c, a, create_graph=True)
    assert float(first) == pytest.approx(4 * 27 * 2 / 24)
    assert [float(g) for g in gradients(first, (a, y))] == pytest.approx([12 * 9 * 2 / 24, 4 * 27 / 24])


def test_what_is_older_than_the_states_is_not_read():
    a = Variable(np.array(0.5))
    for _ in range(3):
        a = F.sin(a)
    y = a * 1  # as in a step after the first, a state with a graph below it
    solution = Solution([y * a], [y])
    np.testing.assert_allclose(coefficients(solution, 4), [float(a) ** (k + 1) / math.factorial(k) for k in range(4)])
