"""Incomplete gamma and beta functions, regularised: SciPy's, differentiated in x; ImportError without SciPy.

Their derivatives are densities. The derivatives of a density p follow from Leibniz's rule, which holds at the ends of
the range too. Near the density's mode its terms cancel: there they follow from the recurrence that p' = q p gives, with
a rational q.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions import _scipy
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.special.gamma_functions import no_rule


def _falling(c: Array, k: int) -> Array:
    """c (c - 1) ... (c - k + 1)."""
    return math.prod([c - j for j in range(k)], start=np.ones_like(c))


def _times(factor: Array, exponent: Array) -> Array:
    """factor * exp(exponent), 0 where the factor is 0."""
    return np.where(factor == 0, 0, factor * np.exp(exponent))


def _gamma_density(a: Array, x: Array, order: int) -> Array:
    """The derivative of x**(a-1) exp(-x) / gamma(a)."""
    c, scale = a - 1, _scipy.special.gammaln(a)

    def power(k: int) -> Array:  # the k-th derivative of x**c, times exp(-x) / gamma(a)
        return _times(_falling(c, k), _scipy.special.xlogy(c - k, x) - x - scale)

    leibniz = sum(math.comb(order, k) * (-1) ** (order - k) * power(k) for k in range(order + 1))
    safe = np.where(x == 0, 1, x)
    last: Array | float = 0.0
    p = power(0)
    for n in range(order):  # x p(n+1) = (c - x - n) p(n) - n p(n-1)
        last, p = p, ((c - x - n) * p - n * last) / safe
    p = np.where((x >= order) | ((c >= order) & (x > 0)), p, leibniz)
    return np.where(np.isposinf(x) & np.isfinite(a), 0, p)


def _beta_density(a: Array, b: Array, x: Array, order: int) -> Array:
    """The derivative of x**(a-1) (1-x)**(b-1) / beta(a, b)."""
    c, d, z, scale = a - 1, b - 1, 1 - x, _scipy.special.betaln(a, b)

    def powers(k: int, m: int) -> Array:  # the k-th derivative of x**c times the m-th of (1-x)**d, over beta(a, b)
        exponent = _scipy.special.xlogy(c - k, x) + _scipy.special.xlog1py(d - m, -x) - scale
        return _times((-1) ** m * _falling(c, k) * _falling(d, m), exponent)

    leibniz = sum(math.comb(order, k) * powers(k, order - k) for k in range(order + 1))
    safe = np.where(x * z == 0, 1, x * z)
    last: Array | float = 0.0
    p = powers(0, 0)
    for n in range(order):  # x z p(n+1) = (c - (c + d) x - n (z - x)) p(n) - n (c + d - n + 1) p(n-1)
        last, p = p, ((c - (c + d) * x - n * (z - x)) * p - n * (c + d - n + 1) * last) / safe
    inside = ((c >= order) | (x * (a + b) >= order)) & ((d >= order) | (z * (a + b) >= order)) & (x * z > 0)
    return np.where(inside, p, leibniz)


def _density(of: str, name: str, derivative: Callable[..., Array], shapes: str) -> None:
    """Declare the density that is the derivative in x of the function `of`, with its own derivatives by `order`.

    shapes: the names of the function's other parameters, a letter each.
    """

    def value(*arguments: Array, order: int) -> Array:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            y = derivative(*[np.asarray(v, np.float64) for v in arguments], order)
        return in_precision_of(y, *arguments)

    def rule(F, g, *arguments, order):
        return g * getattr(F, name)(*arguments[:-1], order=order + 1)

    declare(Op(name, ELEMENTWISE, value, (*[no_rule(of, shape) for shape in shapes], rule)))


_density("gammainc", "gamma_density", _gamma_density, "a")
_density("betainc", "beta_density", _beta_density, "ab")

gammainc = elementwise(
    "gammainc",
    special_value("gammainc"),
    no_rule("gammainc", "a"),
    lambda F, g, a, x, y: g * F.gamma_density(a, x, order=0),
    doc="""Regularised lower incomplete gamma function: the integral of t**(a-1) exp(-t) / gamma(a) from 0 to x.

    The derivative is that in x; UnsupportedOperation where one in a is asked for.

    >>> x = Variable(np.array(0.0))
    >>> gammainc(1, x).backward()
    >>> x.grad
    variable(1.0)
    """,
)

gammaincc = elementwise(
    "gammaincc",
    special_value("gammaincc"),
    no_rule("gammaincc", "a"),
    lambda F, g, a, x, y: -(g * F.gamma_density(a, x, order=0)),
    doc="""Regularised upper incomplete gamma function 1 - gammainc(a, x), exact where it is small.

    The derivative is that in x; UnsupportedOperation where one in a is asked for.

    >>> gammaincc(3, Variable(np.array(0.0)))
    variable(1.0)
    """,
)

betainc = elementwise(
    "betainc",
    special_value("betainc"),
    no_rule("betainc", "a"),
    no_rule("betainc", "b"),
    lambda F, g, a, b, x, y: g * F.beta_density(a, b, x, order=0),
    doc="""Regularised incomplete beta function: the integral of t**(a-1) (1-t)**(b-1) / beta(a, b) from 0 to x.

    The derivative is that in x; UnsupportedOperation where one in a or b is asked for.

    >>> betainc(1, 1, Variable(np.array(0.25)))
    variable(0.25)
    """,
)
