"""Jumps, and edges of the domain."""

from tests.conventions.constants import INF, NAN

ROWS = [
    ("sign(x)", lambda F, x: F.sign(x), 0.0, 0.0, 0.0, ""),
    ("floor(x)", lambda F, x: F.floor(x), 1.0, 0.0, 0.0, ""),
    ("heaviside(x, h)", lambda F, x, h: F.heaviside(x, h), (0.0, 0.5), (0.0, 1.0), (0.0, 0.0), ""),
    ("copysign(a, b)", lambda F, a, b: F.copysign(a, b), (0.0, 1.0), (0.0, 0.0), (NAN, 0.0), "second: none"),
    ("remainder(a, b)", lambda F, a, b: F.remainder(a, b), (4.0, 2.0), (1.0, -2.0), (0.0, 0.0), "the branch taken"),
    ("fmod(a, b)", lambda F, a, b: F.fmod(a, b), (4.0, 2.0), (1.0, -2.0), (0.0, 0.0), "the branch taken"),
    ("nan_to_num(x)", lambda F, x: F.nan_to_num(x), NAN, 0.0, 0.0, ""),
    ("sqrt(x)", lambda F, x: F.sqrt(x), 0.0, INF, -INF, ""),
    ("cbrt(x)", lambda F, x: F.cbrt(x), 0.0, INF, NAN, ""),
    ("pow(a, b)", lambda F, a, b: F.pow(a, b), (0.0, 0.0), (0.0, 0.0), (INF, INF), "second: none"),
    ("xlogy(a, b)", lambda F, a, b: F.xlogy(a, b), (0.0, 0.0), (-INF, 0.0), (INF, INF), ""),
    ("hypot(a, b)", lambda F, a, b: F.hypot(a, b), (0.0, 0.0), (0.0, 0.0), (NAN, NAN), "second: none"),
    ("arctan2(a, b)", lambda F, a, b: F.arctan2(a, b), (0.0, 0.0), (NAN, NAN), (NAN, NAN), "none"),
    ("logaddexp(a, b)", lambda F, a, b: F.logaddexp(a, b), (-INF, -INF), (0.5, 0.5), (0.0, 0.0), "half each"),
    ("prod(x)", lambda F, x: F.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], [5.0, 3.0, 2.0], "zeros are factors"),
    ("cumprod(x)", lambda F, x: F.cumprod(x, 0), [0.0, 2.0], [3.0, 0.0], [1.0, 1.0], "zeros are factors"),
    ("sum(x)", lambda F, x: F.sum(x), [], [], [], "of none: 0"),
    ("mean(x)", lambda F, x: F.mean(x), [], [], [], "of none: nan"),
]
