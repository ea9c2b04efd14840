"""newton: minima with exact Hessians."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
from dezero import Variable
from dezero.optimize import newton

TABLE = """\
1 variable(1.4545454545454546)
2 variable(1.1510467893775467)
3 variable(1.0253259289766978)
4 variable(1.0009084519430513)
5 variable(1.0000012353089454)
6 variable(1.000000000002289)
7 variable(1.0)
"""


def double_well(x):
    return x**4 - 2 * x**2


def rosenbrock(x):
    return F.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_the_notes_function_goes_through_the_notes_digits(capsys):
    seen = []
    result = newton(double_well, np.array(2.0), callback=lambda x: (seen.append(x), print(len(seen), x)))
    assert capsys.readouterr().out == TABLE
    assert (float(result.x), result.fun, result.nit, result.success) == (1.0, -1.0, 7, True)
    assert result.message == "converged"


def test_the_order_of_convergence_is_two():
    seen = []
    newton(double_well, 2.0, callback=lambda x: seen.append(abs(float(x) - 1)))
    orders = [np.log(c / b) / np.log(b / a) for a, b, c in zip(seen[2:], seen[3:], seen[4:6], strict=False)]
    np.testing.assert_allclose(orders, 2, atol=0.05)


@pytest.mark.parametrize("method", ["hessian", "cg"])
def test_rosenbrocks_valley_from_where_the_hessian_is_indefinite(method):
    start = np.array([0.0, 1.0])
    result = newton(rosenbrock, start, method=method, maxiter=200)
    assert result.success
    np.testing.assert_allclose(result.x.data, 1, rtol=1e-10)
    np.testing.assert_array_equal(start, [0.0, 1.0])


@given(hnp.arrays(np.float64, (3, 3), elements=st.floats(-2, 2)), hnp.arrays(np.float64, 3, elements=st.floats(-5, 5)))
def test_a_quadratic_needs_one_step(a, b):
    a = a @ a.T + np.eye(3)
    result = newton(lambda x: x @ a @ x / 2 - b @ x, np.zeros(3))
    assert result.nit <= 2  # the second step finds that it is there
    np.testing.assert_allclose(a @ result.x.data, b, atol=1e-12 * np.linalg.norm(a) * (1 + np.abs(b).max()))


def test_the_result_has_the_structure_of_the_start():
    def f(p, shift):
        return F.sum((p["w"] - shift) ** 4 + (p["w"] - shift) ** 2) + F.exp(p["b"][0]) - p["b"][0]

    result = newton(f, {"w": np.zeros((2, 2)), "b": [1.0]}, args=(3.0,))
    np.testing.assert_allclose(result.x["w"].data, np.full((2, 2), 3.0))
    assert float(result.x["b"][0]) == pytest.approx(0, abs=1e-14)
    assert result.fun == pytest.approx(1)


def test_a_start_at_the_minimum_takes_no_step():
    result = newton(double_well, 1.0)
    assert (result.nit, result.success) == (0, True)


def test_a_maximum_or_saddle_is_no_success():
    for f, start in ((double_well, 0.0), (lambda x: x[0] ** 2 - x[1] ** 2, np.array([1.0, 0.0]))):
        result = newton(f, start)
        assert not result.success
        assert "no minimum: f curves down there" in result.message


def test_a_function_without_a_minimum_is_no_success():
    result = newton(lambda x: F.exp(x) + 0 * x, 0.0, maxiter=20)
    assert not result.success
    assert result.nit == 20
    assert "no convergence in 20 iterations" in result.message


def test_float32_stays():
    result = newton(double_well, np.array(2.0, np.float32))
    assert result.x.dtype == np.float32
    assert result.success


def test_bad_input():
    with pytest.raises(ValueError, match=r"newton: f returned a float64 array of shape \(2,\); it must return one"):
        newton(lambda x: x, np.ones(2))
    with pytest.raises(TypeError, match=r"newton: the function returned number 1.0; compute"):
        newton(lambda x: 1.0, np.ones(2))
    with pytest.raises(TypeError, match=r"newton: the function returned float64 array"):
        newton(lambda x: x.data, np.ones(2))
    with pytest.raises(ValueError, match=r"newton: method is 'bfgs'; it must be 'hessian' or 'cg'"):
        newton(double_well, 1.0, method="bfgs")
    with pytest.raises(TypeError, match=r"newton: x0 holds a complex128 array"):
        newton(double_well, 1j)
    with (
        pytest.raises(FloatingPointError, match=r"newton: f or its gradient is not finite at x0"),
        np.errstate(all="ignore"),
    ):
        newton(lambda x: F.log(x), 0.0)

    with pytest.raises(FloatingPointError, match=r"newton: the Hessian is not finite"), np.errstate(all="ignore"):
        newton(lambda x: F.sum(F.abs(x) ** 1.5 + x), np.zeros(2))


def test_variables_of_the_start_are_left_as_they_were():
    x = Variable(np.array(2.0))
    newton(double_well, x)
    assert x.grad is None
    assert float(x) == 2
