"""householder: roots, each method at its order of convergence."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives.implicit.iterations import ConvergenceError
from dezero.optimize import householder


def quartic(x):
    return x**4 - 2 * x**2  # the notes' function, with roots at 0 (double) and sqrt(2)


def slope(x):
    return 4 * x**3 - 4 * x


def test_newton_on_the_slope_prints_the_notes_digits():
    seen = []
    householder(slope, 2.0, order=1, callback=lambda x: seen.append(repr(x)))
    assert seen[:6] == [
        "variable(1.4545454545454546)",
        "variable(1.1510467893775467)",
        "variable(1.0253259289766978)",
        "variable(1.0009084519430513)",
        "variable(1.0000012353089454)",
        "variable(1.000000000002289)",
    ]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_each_step_is_the_formula_of_the_book(order):
    """x + d (1/f)^(d-1) / (1/f)^(d), the derivatives by mpmath."""
    seen = []
    householder(quartic, 2.0, order=order, callback=lambda x: seen.append(float(x)))
    with mpmath.workdps(60):
        x = mpmath.mpf(2)

        def inverse(x):
            return 1 / (x**4 - 2 * x**2)

        for found in seen[:2]:
            x += order * mpmath.diff(inverse, x, order - 1) / mpmath.diff(inverse, x, order)
            assert found == pytest.approx(float(x), rel=1e-14)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_half_the_error_leaves_that_to_the_power_of_order_plus_one(order):
    left = []
    for error in (0.02, 0.01):
        seen = []
        householder(quartic, 2**0.5 + error, order=order, callback=lambda x, seen=seen: seen.append(float(x)))
        left.append(abs(seen[0] - 2**0.5))
    assert np.log2(left[0] / left[1]) == pytest.approx(order + 1, abs=0.12)


@pytest.mark.parametrize(("order", "power"), [(1, 2), (2, 3)])
def test_newton_converges_with_order_two_and_halley_with_three(order, power):
    seen = []
    householder(quartic, 4.0, order=order, callback=lambda x: seen.append(abs(float(x) - 2**0.5)))
    a, b, c = [e for e in seen if e > 1e-13][-3:]
    assert np.log(c / b) / np.log(b / a) == pytest.approx(power, abs=0.05)


@given(st.floats(0.01, 1e4), st.integers(1, 6))
def test_cube_roots_by_every_order(a, order):
    result = householder(lambda x: x**3 - a, max(1.0, a), order=order, maxiter=200)
    assert float(result.x) == pytest.approx(a ** (1 / 3), rel=1e-14)
    assert result.success


def test_elements_seek_roots_of_their_own():
    M = np.linspace(0.1, 3, 7)
    result = householder(lambda E, e: E - e * F.sin(E) - M, M, order=3, args=(0.6,))
    np.testing.assert_allclose(result.x.data - 0.6 * np.sin(result.x.data), M, rtol=1e-15)
    assert result.nit <= 4
    assert np.abs(result.fun).max() < 1e-15


def test_a_root_at_the_start_takes_no_step():
    assert householder(lambda x: x - 1, 1.0).nit == 0


def test_float32_stays_and_whole_numbers_become_float():
    assert householder(lambda x: x * x - 2, np.array(1.0, np.float32)).x.dtype == np.float32
    assert householder(lambda x: x * x - 2, 1).x.dtype == np.float64


def test_f_may_take_derivatives_itself():
    def derivative(x):
        return gradients(x**4 - 2 * x**2, x, create_graph=True)[0]

    assert float(householder(derivative, 2.0).x) == pytest.approx(1, rel=1e-15)


def test_bad_input():
    with pytest.raises(ValueError, match=r"householder: order is 0; give the number of derivatives"):
        householder(quartic, 1.0, order=0)
    with pytest.raises(TypeError, match=r"householder: order is number 1.5; give a whole number"):
        householder(quartic, 1.0, order=1.5)
    with pytest.raises(TypeError, match=r"householder: the function returned number 2.0"):
        householder(lambda x: 2.0, 1.0)
    with pytest.raises(ValueError, match=r"householder: f takes .* of shape \(2,\) to .* of shape \(\); it must keep"):
        householder(F.sum, np.ones(2))
    with pytest.raises(ConvergenceError, match=r"householder: after 5 iterations \|f\| is up to"):
        householder(lambda x: x * x + 1, 0.5, maxiter=5)
    with pytest.raises(
        ConvergenceError, match=r"householder: after 0 iterations \|f\| is up to 1 and the next step up to inf"
    ):
        householder(lambda x: x * x - 1, Variable(np.array(0.0)), order=1)
    with pytest.raises(TypeError, match=r"householder: x0 is a complex128 array"):
        householder(quartic, 1j)
