"""The gamma function and its kin: SciPy's, of its names and order of arguments; ImportError without SciPy."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NoReturn

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, publish
from dezero.core.dtypes import Array
from dezero.core.errors import UnsupportedOperation, describe
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import _scipy
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.elementwise.complex_numbers import of_reals
from dezero.functions.special._analytic import cauchy

gamma = elementwise(
    "gamma",
    special_value("gamma"),
    lambda F, g, x, y: g * (y * F.digamma(x)),
    doc="""Gamma function, (x - 1)! for whole x > 0; nan at the poles -1, -2, ...

    >>> gamma(Variable(np.array(5.0)))
    variable(24.0)
    """,
)

gammaln = elementwise(
    "gammaln",
    special_value("gammaln"),
    lambda F, g, x, y: g * F.digamma(x),
    doc="""log(|gamma(x)|), without overflow.

    >>> gammaln(Variable(np.array(1.0)))
    variable(0.0)
    """,
)

digamma = psi = elementwise(
    "digamma",
    special_value("psi"),
    lambda F, g, x, y: g * F.polygamma(x, n=1),
    doc="""Derivative of gammaln: gamma'(x) / gamma(x); SciPy has it as psi too.

    >>> f"{digamma(Variable(np.array(1.0))):.6f}"
    '-0.577216'
    """,
)
operations.psi = psi  # type: ignore[attr-defined]


@functools.cache
def _cotangent_polynomial(n: int) -> np.polynomial.Polynomial:
    """The n-th derivative of cot, as a polynomial in it; its coefficients have one sign."""
    p = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(n):
        p = p.deriv() * np.polynomial.Polynomial([-1.0, 0.0, -1.0])
    return p


def _real_polygamma(x: Array, n: int) -> Array:
    """SciPy's polygamma from -1 on. Below, where it would step to positive numbers one by one: DLMF 5.15.6."""
    x = np.asarray(x, np.float64)
    below = x < -1
    if not below.any():
        return np.asarray(_scipy.special.polygamma(n, x))
    fraction = np.where(below, x - np.rint(x), 0.5)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        cotangents = _cotangent_polynomial(n)(1 / np.tan(math.pi * fraction)) * math.pi ** (n + 1)
        y = (-1) ** n * _scipy.special.polygamma(n, np.where(below, 1 - x, x)) - cotangents
    pole = below & (fraction == 0)
    y = np.where(pole, _scipy.special.polygamma(n, -1.0), y)
    return np.where(below, y, _scipy.special.polygamma(n, np.where(below, 1.0, x)))


def _polygamma_value(x: Array, n: int) -> Array:
    if not np.iscomplexobj(x):
        return in_precision_of(_real_polygamma(x, n)[()], x)
    z = np.asarray(x, np.complex128)
    room = np.abs(z - np.minimum(np.rint(z.real), 0))  # from the nearest pole
    return in_precision_of(cauchy(lambda z: _scipy.special.psi(z), z, n, 0.65 * room, 60 + n), x)


_polygamma = declare(
    Op(
        "polygamma",
        ELEMENTWISE,
        _polygamma_value,
        (lambda F, g, x, y, n: g * F.polygamma(x, n=n + 1),),
    )
)


def polygamma(n: int, x: ArrayLike) -> Variable:
    """The n-th derivative of digamma, n a whole number from 0 on; the derivative is that in x.

    UnsupportedOperation where n is anything else.

    >>> f"{polygamma(1, Variable(np.array(1.0))):.6f}"
    '1.644934'
    """
    if not isinstance(n, int | np.integer) or n < 0:
        raise UnsupportedOperation(
            f"polygamma: n must be a whole number from 0 on, got {describe(n)}; it has no derivative in n"
        )
    return digamma(x) if n == 0 else apply(_polygamma.bind(n=int(n)), operand(x, "polygamma"))


publish("polygamma", polygamma)

beta = elementwise(
    "beta",
    special_value("beta"),
    lambda F, g, a, b, y: g * (y * (F.digamma(a) - F.digamma(a + b))),
    lambda F, g, a, b, y: g * (y * (F.digamma(b) - F.digamma(a + b))),
    commutative=True,
    doc="""Beta function gamma(a) gamma(b) / gamma(a + b).

    >>> beta(Variable(np.array(1.0)), 4)
    variable(0.25)
    """,
)

betaln = elementwise(
    "betaln",
    special_value("betaln"),
    lambda F, g, a, b, y: g * (F.digamma(a) - F.digamma(a + b)),
    lambda F, g, a, b, y: g * (F.digamma(b) - F.digamma(a + b)),
    commutative=True,
    doc="""log(|beta(a, b)|), without overflow.

    >>> betaln(Variable(np.array(1.0)), 1)
    variable(0.0)
    """,
)


def no_rule(name: str, argument: str, only: str = "x") -> Callable[..., NoReturn]:
    """The rule of an argument without derivative: it raises UnsupportedOperation. only: the argument that has one."""

    def rule(F, g, *arguments, **parameters):
        raise UnsupportedOperation(
            f"{name}: there is no derivative in {argument}; pass it as a number or an array, or ask for the "
            f"derivative in {only} alone (inputs=)"
        )

    return rule


_FEW = 60  # from this power on the sum's five greatest terms are all of it, but for rounding


def _zeta(x: Array, q: Array) -> Array:
    """SciPy's zeta, which adds up terms below 0 one by one. Far below: by reflection, or from the greatest terms."""
    x, q = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(q, np.float64))
    far = (q < -10) & (q > -np.inf) & (x == np.rint(x)) & (x >= 2)
    y = _scipy.special.zeta(x, np.where(far, 1.0, q))
    for s in [int(s) for s in np.unique(x[far])]:
        here = far & (x == s)
        if s < _FEW:
            scale = (-1) ** s / math.factorial(s - 1)
            y = np.where(here, scale * _real_polygamma(np.where(here, q, 1.0), s - 1), y)
        else:
            fraction = np.where(here, q - np.rint(q), 0.5)
            with np.errstate(divide="ignore", over="ignore"):
                y = np.where(here, sum(1 / (fraction + k) ** s for k in (0, -1, 1, -2, 2)), y)
    return y


def _zeta_value(x: Array, q: Array) -> Array:
    return in_precision_of(_zeta(x, q)[()], x, q)


zeta = elementwise(
    "zeta",
    of_reals(_zeta_value),
    no_rule("zeta", "x", only="q"),
    lambda F, g, x, q, y: -(g * (x * F.zeta(x + 1, q))),
    doc="""Hurwitz zeta function: the sum of 1 / (k + q)**x over k = 0, 1, ..., for x > 1.

    The derivative is that in q; UnsupportedOperation where one in x is asked for.

    >>> f"{zeta(2, Variable(np.array(1.0))):.6f}"
    '1.644934'
    """,
)
