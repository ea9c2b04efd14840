"""Series of powers of numbers so small, or so large, that the power is out of range, its higher derivatives not."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.series import jet


def right(x, n, orders):
    """n (n - 1) ... (n - k + 1) x**(n - k), as numbers that are next to none are 0."""
    found, factor = [], 1.0
    for k in range(1, orders + 1):
        factor *= n - k + 1
        with np.errstate(over="ignore"):
            found.append(factor * np.float64(x) ** (n - k) if factor else 0.0)
    return found


@pytest.mark.parametrize("as_array", [False, True])
@pytest.mark.parametrize(("dtype", "x"), [(np.float64, 1e-200), (np.float64, 1e-20), (np.float32, 1e-6)])
@pytest.mark.parametrize("n", [2.0, 3.0, 8.0, 2, 8, 2.5, 8.5, 1.5])
def test_jets(n, dtype, x, as_array):
    x = np.full(2 if as_array else (), x, dtype)
    one, zero = np.ones_like(x), np.zeros_like(x)
    orders = 9 if n == int(n) else int(n) + 1  # higher ones are out of range
    _, found = jet(lambda t: t**n, (Variable(x),), ([one, *[zero] * (orders - 1)],))
    for y, r in zip(found, right(x.ravel()[0], n, orders), strict=True):
        np.testing.assert_allclose(y.data, r, rtol=1e-12 if dtype == np.float64 else 2e-5, atol=np.finfo(dtype).tiny)


def test_whole_exponents_at_zero():
    _, found = jet(lambda t: t**3.0, (np.array(0.0),), ([np.ones(()), *[np.zeros(())] * 4],))
    assert [y.item() for y in found] == [0, 0, 6, 0, 0]


@pytest.mark.parametrize("as_array", [False, True])
@pytest.mark.parametrize(("n", "x"), [(2.5, 1e160), (3.5, 1e100), (1.5, 1e205), (6.5, 1e50)])
def test_powers_out_of_range_whose_derivatives_are_in_it(n, x, as_array):
    point = np.full(2 if as_array else (), x)
    one, zero = np.ones_like(point), np.zeros_like(point)
    with np.errstate(over="ignore"):
        _, found = jet(lambda t: t**n, (Variable(point),), ([one, *[zero] * 3],))
    for y, r in zip(found, right(x, n, 4), strict=True):
        np.testing.assert_allclose(y.data, r, rtol=1e-12, atol=1e-307)


@pytest.mark.parametrize(("dtype", "x"), [("f", -20), ("f", -25), ("f", 20), ("d", -200), ("d", -250), ("d", 200)])
def test_powers_of_exponentials(dtype, x):
    for k in (1, 3, 5, 7):  # x(t)**2.5 of an x whose coefficients are all about as small or large as x itself
        found = dezero.derivative(lambda t: F.exp(t) ** 2.5, k)(np.array(x, dtype)).item()
        assert found == pytest.approx(2.5**k * np.exp(2.5 * x), rel=2e-6 if dtype == "f" else 1e-12)


def test_powers_of_scaled_arguments_along_several_directions():
    third = dezero.derivative(lambda x: (1e-150 * x) ** 1.7 * 1e250, 3)(1.0)
    assert third.item() == pytest.approx(1.7 * 0.7 * -0.3 * 1e-5, rel=1e-12)
    fourth = dezero.biharmonic(lambda x: F.sum((1e-110 * x) ** 1.7) * 1e160)(np.ones(2))
    assert fourth.item() == pytest.approx(2 * 1.7 * 0.7 * 0.3 * 1.3 * 1e-27, rel=1e-12)
    mixed = dezero.partial(lambda x: F.sum((x * 1e-14) ** 1.5) * 1e21, (0, 0, 0))(np.array([1.0, 2.0], "f"))
    assert mixed.item() == pytest.approx(-0.375, rel=1e-5)
