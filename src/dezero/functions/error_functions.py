"""The error function and its kin, the normal distribution among them: SciPy's, of its names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.op import elementwise
from dezero.functions import _scipy
from dezero.functions._analytic import cauchy, family, mirrored
from dezero.functions._scipy import special_value

_SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0
_PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density

erf = elementwise(
    "erf",
    special_value("erf"),
    lambda F, g, x, y: g * (_SLOPE * F.exp(-(x * x))),
    doc="""Error function: 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x. ImportError without SciPy.

    >>> erf(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

erfc = elementwise(
    "erfc",
    special_value("erfc"),
    lambda F, g, x, y: -(g * (_SLOPE * F.exp(-(x * x)))),
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


def _erfcx_radius(x: Any, order: int) -> Any:
    """Near the radius where erfcx(x - r) / r^n is smallest: a quadratic's root up to 0, two thirds of x far out."""
    return np.minimum((x + np.hypot(x, math.sqrt(2 * order))) / 2, 0.65 * np.maximum(x, 0) + math.sqrt(order / 2))


erfcx = family(
    "erfcx",
    special_value("erfcx"),
    # The recurrence w' = 2 x w - 2/sqrt(pi) cancels: at x = 10 it would lose two digits each order.
    lambda x, order: cauchy(lambda z: _scipy.special.erfcx(z), x, order, _erfcx_radius(x, order), 40 + order),
    doc="""Scaled complementary error function exp(x*x) erfc(x), about 1/(sqrt(pi) x) for large x.

    ImportError without SciPy.

    >>> erfcx(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

dawsn = family(
    "dawsn",
    special_value("dawsn"),
    # Within half of x the part exp(-z*z) stays small; further out it would hide the slowly falling rest.
    mirrored(
        lambda x, order: cauchy(
            lambda z: _scipy.special.dawsn(z), x, order, np.maximum(math.sqrt(order / 2), 0.5 * x), 50 + order
        ),
        odd=True,
    ),
    doc="""Dawson's integral: exp(-x*x) times the integral of exp(t*t) from 0 to x. ImportError without SciPy.

    >>> dawsn(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

ndtr = elementwise(
    "ndtr",
    special_value("ndtr"),
    lambda F, g, x, y: g * (_PEAK * F.exp(x * x / -2)),
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


def _mills(z: Any) -> Any:
    """Normal density over distribution function, the derivative of log_ndtr."""
    return 2 * _PEAK / _scipy.special.erfcx(z / -math.sqrt(2))


def _log_ndtr_radius(x: Any, order: int) -> Any:
    """Within the distance of the nearest zeros of ndtr, 1.916 +- 2.816 i, and small where the density is steep."""
    return np.minimum(0.7 * np.hypot(np.minimum(x - 1.916, 0), 2.816), order / np.maximum(x, 0.1))


log_ndtr = family(
    "log_ndtr",
    special_value("log_ndtr"),
    lambda x, order: (
        _mills(x) if order == 1 else cauchy(_mills, x, order - 1, _log_ndtr_radius(x, order - 1), 50 + order)
    ),
    doc="""Logarithm of the standard normal distribution function, without underflow. ImportError without SciPy.

    >>> x = Variable(np.array(-100.0))
    >>> log_ndtr(x).backward()
    >>> x.grad
    variable(100.00999800099926)
    """,
)
