"""Cases of dezero.functions.special.bessel."""

from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

REAL = {
    "complex": "SciPy's refuses complex numbers, or loses their imaginary part next to the real axis",
    "extremes": "SciPy rounds their phase at large arguments, and mpmath takes minutes there",
}
EVEN = {"complex": "|x| is not holomorphic"}


def of_order(function, like, form, order, domain):
    return Case(
        function,
        domain,
        call=lambda x: function(order, x),
        like=lambda x: like(order, x),
        mp=lambda mp, x: getattr(mp, form)(order, x),
        label=f"order {order}",
        without=REAL,
    )


def of_zero(mp, x, sign):
    """I0 and K0 (sign 1), or J0 and -pi/2 Y0 (sign -1), by their series: mpmath's take seconds at whole orders."""
    q, term, first, second, harmonic = sign * x * x / 4, mp.mpf(1), mp.mpf(1), mp.mpf(0), mp.mpf(0)
    for k in range(1, 150):
        term *= q / k**2
        harmonic += mp.mpf(1) / k
        first += term
        second += term * harmonic
    return first, second - (mp.log(x / 2) + mp.euler) * first


def k1(mp, x):
    first, second = of_zero(mp, x, 1)
    return (1 / x - mp.besseli(1, x) * second) / first  # the Wronskian of I0 and K0


def scaled(form, order):
    return lambda mp, x: mp.exp(-abs(x)) * getattr(mp, form)(order, x)


ANY, POSITIVE = Reals(-9, 9, also=[0.0]), Reals(0.5, 15)

CASES = [
    Case(F.j0, ANY, like=special.j0, mp="j0", special=[(0.0, 0.0)], covers=("jv",), without=REAL),
    Case(F.j1, ANY, like=special.j1, mp="j1", special=[(0.0, 0.5)], without=REAL),
    Case(
        F.y0,
        POSITIVE,
        like=special.y0,
        mp=lambda mp, x: -2 / mp.pi * of_zero(mp, x, -1)[1],
        covers=("yv",),
        without=REAL,
    ),
    Case(F.y1, POSITIVE, like=special.y1, mp=lambda mp, x: mp.bessely(1, x), without=REAL),
    Case(F.i0, ANY, like=special.i0, mp=lambda mp, x: mp.besseli(0, x), covers=("iv",), without=REAL),
    Case(F.i1, ANY, like=special.i1, mp=lambda mp, x: mp.besseli(1, x), without=REAL),
    Case(F.k0, POSITIVE, like=special.k0, mp=lambda mp, x: of_zero(mp, x, 1)[1], covers=("kv",), without=REAL),
    Case(F.k1, POSITIVE, like=special.k1, mp=k1, without=REAL),
    of_order(F.jv, special.jv, "besselj", 3, ANY),
    of_order(F.jv, special.jv, "besselj", 0.5, POSITIVE),
    of_order(F.jv, special.jv, "besselj", -2, ANY),
    of_order(F.yv, special.yv, "bessely", 1.5, POSITIVE),
    of_order(F.iv, special.iv, "besseli", 2, ANY),
    of_order(F.iv, special.iv, "besseli", 2.5, POSITIVE),
    of_order(F.kv, special.kv, "besselk", 0.3, POSITIVE),
    Case(
        F.i0e,
        Reals(-15, 15, avoid=[0]),
        like=special.i0e,
        mp=scaled("besseli", 0),
        special=[(0.0, 0.0)],
        covers=("i0e_derivative",),
        without=EVEN,
    ),
    Case(
        F.i1e,
        Reals(-15, 15, avoid=[0]),
        like=special.i1e,
        mp=scaled("besseli", 1),
        special=[(0.0, 0.5)],
        covers=("i1e_derivative",),
        without=EVEN,
    ),
]
