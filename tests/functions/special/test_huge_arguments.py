"""Special functions at huge and at tiny arguments: right, and of constant cost (at 1e15 a linear one would not end)."""

import numpy as np
import pytest
from mpmath import mp, mpf

import dezero.functions as F
from dezero import Variable, gradients

HUGE = [1e3, 7e4, 7e8, 1e12]


def psi(n, x):
    """mpmath's polygamma, which climbs step by step, reflected far below 0; its cotangent by exact derivatives."""
    if x > -50:
        return mp.psi(n, x)
    c = mp.cot(mp.pi * x)
    p = {1: -(1 + c**2), 3: -(2 + 6 * c**2) * (1 + c**2)}[n]
    return (-1) ** n * mp.psi(n, 1 - x) - mp.pi ** (n + 1) * p


def bessel_slope(x):
    return mp.exp(-x) * (mp.besseli(1, x) - mp.besseli(0, x))


def scaled_bessel_one_slope(x):
    return mp.exp(-x) * ((mp.besseli(0, x) + mp.besseli(2, x)) / 2 - mp.besseli(1, x))


# function, its first derivative in mpmath, points
CASES = {
    "digamma": (F.digamma, lambda x: psi(1, x), [*HUGE, -0.3, -5.25, -100.7, -1000.3, -70000.3, -7e8 - 0.25]),
    "polygamma(2)": (lambda x: F.polygamma(2, x), lambda x: psi(3, x), [1e3, -1.5, -2.2, -70000.3, -1e8 - 0.75]),
    "zeta(3)": (lambda x: F.zeta(3.0, x), lambda x: -psi(3, x) / 2, [1e3, -9.2, -10.3, -70000.3, -1e8 - 0.75]),
    "i0e": (F.i0e, bessel_slope, [0.3, 30.0, 199.0, 250.0, *HUGE]),
    "i1e": (F.i1e, scaled_bessel_one_slope, [0.3, 30.0, 199.0, 250.0, *HUGE]),
    "erfcx": (
        F.erfcx,
        lambda x: 2 * x * mp.exp(x * x) * mp.erfc(x) - 2 / mp.sqrt(mp.pi),
        [-26.4, -20.0, -5.1, -4.9, 0.3, 7.0, 1e3, 7e4],
    ),
    "gammainc": (
        lambda x: F.gammainc(2.5, x),
        lambda x: x ** mpf(1.5) * mp.exp(-x) / mp.gamma(2.5),
        [1e-5, 3.0, 100.0, 600.0],
    ),
    "arccosh": (F.arccosh, lambda x: 1 / mp.sqrt(x * x - 1), [1.0 + 1e-10, 1.5, 1e3]),
    "dawsn": (
        F.dawsn,
        lambda x: 1 - mp.sqrt(mp.pi) * x * mp.exp(-x * x) * mp.erfi(x),
        [1e-10, 0.009, 0.011, 1.0, 30.0],
    ),
    "tanhshrink": (F.tanhshrink, lambda x: mp.tanh(x) ** 2, [1e-10, 0.05, 0.099, 0.101, 3.0, 40.0]),
    "softsign": (F.softsign, lambda x: 1 / (1 + x) ** 2, [1e-10, 3.0, *HUGE]),
}


def orders(f, x, n=4):
    leaf, found = Variable(np.array(x)), []
    y = f(leaf)
    for _ in range(n):
        (y,) = gradients(y, leaf, create_graph=True)
        found.append(y.item())
    return found


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, (_, _, points) in CASES.items() for x in points])
def test_four_orders(name, x):
    f, slope, _ = CASES[name]
    with mp.workdps(120):
        h = {"relative": True} if abs(x) > 100 and x > 0 and name != "gammainc" else {}
        right = [float(mp.diff(slope, mpf(x), n, **h)) for n in range(4)]
    np.testing.assert_allclose(orders(f, x), right, rtol=2e-10, atol=1e-300)


@pytest.mark.parametrize("x", [-1e15 - 0.5, -1e15, -1e18, 1e15, 1e300, -1e300])
def test_no_work_that_grows_with_the_argument(x):
    with np.errstate(all="ignore"):
        for f in (F.digamma, F.gammaln, lambda x: F.polygamma(3, x)):
            orders(f, x)
        for s in (2.0, 99.0):
            orders(lambda x, s=s: F.zeta(s, x), x)


def test_half_way_between_poles_far_below_zero():
    x = -1e15 - 0.5
    np.testing.assert_allclose(orders(F.digamma, x)[0], np.pi**2, rtol=1e-14)
    np.testing.assert_allclose(F.zeta(2.0, Variable(np.array(x))).item(), np.pi**2, rtol=1e-14)
    np.testing.assert_allclose(F.zeta(80.0, Variable(np.array(x))).item(), 2 * 2.0**80, rtol=1e-14)


def test_ends_of_the_range():
    assert orders(lambda x: F.gammainc(2.5, x), np.inf) == [0, 0, 0, 0]
    assert orders(F.log_ndtr, 1e300) == [0, 0, 0, 0]
    np.testing.assert_allclose(orders(F.log_ndtr, -1e100), [1e100, -1, 0, 0], atol=1e-290)
    np.testing.assert_allclose(orders(F.arccosh, 1e200)[0], 1e-200, rtol=1e-14)
    np.testing.assert_allclose(
        F.tanhshrink(Variable(np.array([1e-90, 0.0999]))).data, [1e-270 / 3, 0.0003310129905879509], rtol=1e-14
    )
    np.testing.assert_allclose(orders(F.i0e, 1e200)[0], -0.5 / np.sqrt(2 * np.pi) * 1e-300, rtol=1e-12)
    with np.errstate(over="ignore"):
        assert orders(F.erfcx, -27.0) == [-np.inf, np.inf, -np.inf, np.inf]
    for f in (F.erf, F.erfc, F.ndtr, F.softsign, F.tanh, F.sigmoid, lambda x: F.gelu(x, "tanh")):
        for x in (-1e300, 1e300):  # no 0 times infinity
            assert np.isfinite(orders(f, x)).all()
