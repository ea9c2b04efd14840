"""The error function and its kin, the normal distribution among them: SciPy's, of its names."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions import _scipy
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.special._analytic import cauchy, family, mirrored

_SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0
_PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


def _gaussian(z: Array, order: int, c: float) -> Array:
    """The derivative of exp(c * z * z): a polynomial times it."""
    last: Array | float = 0.0
    p = np.ones_like(z)
    for n in range(order):
        last, p = p, 2 * c * (z * p + n * last)
    return p * np.exp(c * z * z)


def _bell(x: Array, order: int, c: float) -> Array:
    x = np.asarray(x, np.result_type(x, np.float64))
    with np.errstate(over="ignore", invalid="ignore"):  # beyond 40 it is 0, and polynomials would leave their range
        y = _gaussian(x if np.iscomplexobj(x) else np.clip(x, -40, 40), order, -c)
    return y


# exp(-c x*x) and its derivatives, each an operation of its own.
declare(
    Op(
        "gaussian",
        ELEMENTWISE,
        lambda x, order, c: in_precision_of(_bell(x, order, c)[()], x),
        (lambda F, g, x, y, order, c: g * F.gaussian(x, order=order + 1, c=c),),
    )
)


erf = elementwise(
    "erf",
    special_value("erf"),
    lambda F, g, x, y: g * (_SLOPE * F.gaussian(x, order=0, c=1.0)),
    doc="""Error function: 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x. ImportError without SciPy.

    >>> erf(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

erfc = elementwise(
    "erfc",
    special_value("erfc"),
    lambda F, g, x, y: -(g * (_SLOPE * F.gaussian(x, order=0, c=1.0))),
    doc="""Complementary error function 1 - erf(x), exact where it is small. ImportError without SciPy.

    >>> erfc(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

erfinv = elementwise(
    "erfinv",
    special_value("erfinv"),
    lambda F, g, x, y: g * (F.exp(y * y) / _SLOPE),
    doc="""Number whose erf is x; -inf and inf at -1 and 1, nan beyond. ImportError without SciPy.

    >>> erfinv(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

erfcinv = elementwise(
    "erfcinv",
    special_value("erfcinv"),
    lambda F, g, x, y: -(g * (F.exp(y * y) / _SLOPE)),
    doc="""Number whose erfc is x, exact for small x too; nan outside [0, 2]. ImportError without SciPy.

    >>> erfcinv(Variable(np.array(0.0)))
    variable(inf)
    """,
)


def _erfcx_radius(x: Array, order: int) -> Array:
    """About the r that makes erfcx(x - r) / r^n smallest: a quadratic's root for x up to 0, two thirds of x far out."""
    return np.minimum((x + np.hypot(x, math.sqrt(2 * order))) / 2, 0.65 * np.maximum(x, 0) + math.sqrt(order / 2))


def _erfcx_derivative(x: Array, order: int) -> Array:
    # The recurrence w' = 2 x w - 2/sqrt(pi) cancels: at x = 10 it would lose two digits each order.
    if not np.iscomplexobj(x):
        left, near = np.minimum(x, -5), np.maximum(x, -5)  # on the left erfcx(x) = 2 exp(x*x) - erfcx(-x)
        y = cauchy(lambda z: _scipy.special.erfcx(z), near, order, _erfcx_radius(near, order), 40 + order)
        return np.where(x < -5, 2 * _gaussian(np.maximum(left, -1e10), order, 1.0), y)
    on_left = x.real < 0  # where erfcx(x) = 2 exp(x*x) - erfcx(-x)
    radius = np.maximum(0.5 * np.abs(x), math.sqrt(order / 2))  # short of 0.7, where exp(x*x) takes over
    y = cauchy(lambda z: _scipy.special.erfcx(z), np.where(on_left, -x, x), order, radius, 60 + order)
    return np.where(on_left, 2 * _gaussian(np.where(on_left, x, 0), order, 1) - (-1) ** order * y, y)


erfcx = family(
    "erfcx",
    special_value("erfcx"),
    _erfcx_derivative,
    doc="""Scaled complementary error function exp(x*x) erfc(x), about 1/(sqrt(pi) x) for large x.

    ImportError without SciPy.

    >>> erfcx(Variable(np.array(0.0)))
    variable(1.0)
    """,
)


def _dawsn_near(x: Array, order: int) -> Array:
    """The derivative near 0 by the recurrence, which cancels further out."""
    last, y = _scipy.special.dawsn(x), 1 - 2 * x * _scipy.special.dawsn(x)
    for n in range(1, order):
        last, y = y, -2 * (x * y + n * last)
    return y


# Within half of x the part exp(-z*z) stays small; further out it would hide the slowly falling rest.
_dawsn_of_reals = mirrored(
    lambda x, order: np.where(
        x < 0.01,
        _dawsn_near(np.minimum(x, 0.01), order),
        cauchy(lambda z: _scipy.special.dawsn(z), x, order, np.maximum(math.sqrt(order / 2), 0.5 * x), 50 + order),
    ),
    odd=True,
)


def _dawsn_derivative(x: Array, order: int) -> Array:
    if not np.iscomplexobj(x):
        return _dawsn_of_reals(x, order)
    is_near = np.abs(x) < 2
    near = _dawsn_near(np.where(is_near, x, 0), order)
    # Far out, above the real axis, from the two parts: i sqrt(pi)/2 (exp(-x*x) - erfcx(-i x)).
    above = np.where(x.imag < 0, -x, x)
    parts = _gaussian(above, order, -1) - (-1j) ** order * _erfcx_derivative(-1j * above, order)
    far = 0.5j * math.sqrt(math.pi) * parts
    return np.where(is_near, near, np.where(x.imag < 0, -((-1) ** order) * far, far))


dawsn = family(
    "dawsn",
    special_value("dawsn"),
    _dawsn_derivative,
    doc="""Dawson's integral: exp(-x*x) times the integral of exp(t*t) from 0 to x. ImportError without SciPy.

    >>> dawsn(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

ndtr = elementwise(
    "ndtr",
    special_value("ndtr"),
    lambda F, g, x, y: g * (_PEAK * F.gaussian(x, order=0, c=0.5)),
    doc="""Distribution function of the standard normal distribution. ImportError without SciPy.

    >>> ndtr(Variable(np.array(0.0)))
    variable(0.5)
    """,
)

ndtri = elementwise(
    "ndtri",
    special_value("ndtri"),
    lambda F, g, x, y: g * (F.exp(y * y / 2) / _PEAK),
    doc="""Quantile of the standard normal distribution; -inf and inf at 0 and 1, nan beyond. ImportError without SciPy.

    >>> ndtri(Variable(np.array(0.5)))
    variable(0.0)
    """,
)


def _mills(z: Array) -> Array:
    """Normal density over distribution function, the derivative of log_ndtr."""
    return 2 * _PEAK / _scipy.special.erfcx(z / -math.sqrt(2))


@functools.cache
def _mills_series(terms: int = 14) -> list[int]:
    """Coefficients of -x * (1 + c1 / x**2 + c2 / x**4 + ...), to which _mills comes near on the left."""
    ratio = [(-1) ** k * math.prod(range(1, 2 * k, 2)) for k in range(terms)]  # of 1 / _mills, DLMF 7.12.1
    found = [1]
    for k in range(1, terms):
        found.append(-sum(ratio[j] * found[k - j] for j in range(1, k + 1)))
    return found


def _mills_on_left(x: Array, n: int) -> Array:
    total: Any = 0.0
    for k, c in reversed(list(enumerate(_mills_series()))):
        total = total / (x * x) - c * float(math.prod(1 - 2 * k - j for j in range(n)))
    return total * x * (1 / x) ** n


_ZERO = 1.916 + 2.816j  # a zero of ndtr: it and its conjugate are the nearest to the left half of the plane


def _log_ndtr_radius(x: Array, order: int) -> Array:
    """Within the distance of the nearest zeros of ndtr, and small where the density is steep."""
    return np.minimum(0.7 * np.hypot(np.minimum(x - _ZERO.real, 0), _ZERO.imag), order / np.maximum(x, 0.1))


def _log_ndtr_derivative(x: Array, order: int) -> Array:
    n = order - 1
    if n == 0:
        return _mills(x)
    if not np.iscomplexobj(x):
        near = np.clip(x, -30, 20)
        y = cauchy(_mills, near, n, _log_ndtr_radius(near, n), 50 + order)
        y = np.where(x < -30, _mills_on_left(np.minimum(x, -30), n), y)
        return np.where(x > 20, _PEAK * _bell(x, n, 0.5), y)  # ndtr is 1 there: only the density changes
    # The zeros of ndtr lie along two rays, from the first ones at 45 degrees. Between the rays and next to them
    # derivatives follow from that of the first, q' = -q (x + q), which cancels elsewhere.
    away = x.real + 1j * np.abs(x.imag) - _ZERO
    room = np.where(away.real + away.imag > 0, (away.imag - away.real) / math.sqrt(2), np.abs(away))
    on_left = (x.real < np.abs(x.imag)) & (room > 1)
    q = [_mills(x)]
    for k in range(n):
        others = [x + q[0], *[d + (j == 1) for j, d in enumerate(q)][1:]]
        q.append(-sum(math.comb(k, j) * q[j] * others[k - j] for j in range(k + 1)))
    left = cauchy(_mills, np.where(on_left, x, -1), n, 0.7 * np.where(on_left, room, 1), 50 + order)
    return np.where(on_left, left, q[n])


log_ndtr = family(
    "log_ndtr",
    special_value("log_ndtr"),
    _log_ndtr_derivative,
    doc="""Logarithm of the standard normal distribution function, without underflow. ImportError without SciPy.

    >>> x = Variable(np.array(-100.0))
    >>> log_ndtr(x).backward()
    >>> x.grad
    variable(100.00999800099926)
    """,
)
