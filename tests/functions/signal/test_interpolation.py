"""Values between given points: NumPy's, with derivatives in everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients
from dezero.functions.signal.interpolation import interp
from tests.functions.alike import assert_refused

XP, FP = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([3.0, 1.0, 2.0, -4.0])
X = np.array([[-np.inf, -2.0, -1.0, -0.3], [0.0, 0.2, 0.5, 1.9], [2.0, 2.1, np.inf, np.nan]])


@pytest.mark.parametrize(
    "options",
    [{}, {"left": -7.0}, {"right": 9.0}, {"left": 0.0, "right": np.nan}, {"period": 2.5}, {"period": -0.9}],
    ids=str,
)
def test_values_are_numpys(options):
    x = np.nan_to_num(X, posinf=50, neginf=-50) if "period" in options else X
    expected = np.interp(x, XP, FP, **options)
    found = interp(Variable(x), XP, FP, **options).data
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(interp(x, Variable(XP), list(FP), **options).data, found)
    np.testing.assert_array_equal(np.interp(x, XP, Variable(FP), **options).data, found)


def test_values_at_the_points_are_exact():
    np.testing.assert_array_equal(interp(Variable(XP), XP, FP).data, FP)


@given(st.floats(-3, 3), st.integers(1, 5))
def test_any_number_of_points(x, n):
    xp, fp = np.cumsum(np.arange(1.0, n + 1)) / 4 - 1, np.cos(np.arange(n))
    np.testing.assert_allclose(interp(Variable(np.array(x)), xp, fp).data, np.interp(x, xp, fp), rtol=1e-13, atol=1e-15)


def test_the_slope_is_the_one_on_the_right():
    x = Variable(np.array([-9.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 9.0]))
    (g,) = gradients(interp(x, XP, FP), x)
    np.testing.assert_allclose(g.data, [0.0, -2.0, -2.0, 2.0, -4.0, -4.0, 0.0, 0.0])
    (g,) = gradients(interp(x, XP, FP, left=5.0, right=6.0), x)
    np.testing.assert_allclose(g.data, [0.0, -2.0, -2.0, 2.0, -4.0, -4.0, 0.0, 0.0])


def test_derivatives_in_the_values_are_weights():
    fp = Variable(FP.copy())
    (g,) = gradients(interp(np.array([-9.0, -0.25, 0.0, 9.0]), XP, fp), fp)
    np.testing.assert_allclose(g.data, [1.25, 1.75, 0.0, 1.0])
    left, right = Variable(np.array(5.0)), Variable(np.array(6.0))
    found = gradients(interp(np.array([-9.0, -0.25, 0.0, 9.0]), XP, fp, left, right), [fp, left, right])
    np.testing.assert_allclose(found[0].data, [0.25, 1.75, 0.0, 0.0])
    assert [g.data for g in found[1:]] == [1.0, 1.0]


def test_derivatives_in_the_points():
    """y = f0 + (x - x0) (f1 - f0) / (x1 - x0); its derivatives in x0 and x1, first and second, by hand."""
    x, x0, x1, f0, f1 = 0.3, 0.0, 0.5, 1.0, 2.0
    xp = Variable(XP.copy())
    (g,) = gradients(interp(np.array(x), xp, FP), xp, create_graph=True)
    run, rise = x1 - x0, f1 - f0
    np.testing.assert_allclose(g.data, [0, -rise * (x1 - x) / run**2, -rise * (x - x0) / run**2, 0], atol=1e-15)
    (h,) = gradients(g[2], xp)
    np.testing.assert_allclose(h.data[2], 2 * rise * (x - x0) / run**3)


def test_infinite_arguments_leave_the_gradients_of_the_values_finite():
    fp = Variable(FP.copy())
    np.testing.assert_array_equal(gradients(interp(np.array([np.inf, -np.inf]), XP, fp), fp)[0].data, [1, 0, 0, 1])


def test_float32_stays():
    x, xp, fp = [Variable(v.astype(np.float32)) for v in (np.array([0.2, 5.0]), XP, FP)]
    y = interp(x, xp, fp, right=1.5)
    assert {y.dtype, *[g.dtype for g in gradients(y, [x, xp, fp])]} == {np.dtype(np.float32)}


V = Variable(XP)
REFUSED = [
    (lambda: interp(V, XP, FP[:3]), ValueError, ["interp", "(4,)", "(3,)"]),
    (lambda: interp(V, [], []), ValueError, ["interp", "(0,)"]),
    (lambda: interp(V, XP[:, None], FP[:, None]), ValueError, ["interp", "(4, 1)"]),
    (lambda: interp(V, XP[::-1], FP), ValueError, ["interp", "ascend", "sort"]),
    (lambda: interp(V, np.zeros(4), FP), ValueError, ["interp", "ascend"]),
    (lambda: interp(V, XP, FP, period=0), ValueError, ["interp", "period"]),
    (lambda: interp(Variable(None), XP, FP), TypeError, ["interp"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
