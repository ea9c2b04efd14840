"""Truncated power series: coefficients computed one by one when first asked for, and kept.

A series stands for x(t) = x_0 + x_1 t + x_2 t^2 + ... with x_k = x^(k)(0) / k!. Its coefficients are arrays (or
Variables, when the coefficients themselves are to be differentiated) of one shape; the integer 0 stands for a
coefficient that is exactly zero. Since coefficient k is computed from lower ones, a series may mention itself.

Recurrences: A. Griewank, A. Walther, Evaluating Derivatives (2nd ed., SIAM 2008), section 13.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.reading import Expression

Produce = Callable[[int], Any]
_NUMBERS = (int, float, complex)


class Series(Expression):
    """A power series in one parameter; `series[k]` is its k-th Taylor coefficient.

    F: the reading (reading.py) that combines series. shape, dtype: those of the coefficients. produce: computes a
    coefficient from those of lower order. first: coefficient 0, where it is known already. A series lives as long as
    its reading, which lets go of all of them at once: one that mentions itself would wait for the garbage collector.
    """

    __slots__ = ("coefficients", "dtype", "produce", "shape")

    def __init__(self, F: Any, shape: Any, dtype: Any, produce: Produce, first: Any = None) -> None:
        self.F, self.shape, self.dtype, self.produce = F, shape, dtype, produce
        self.coefficients: list[Any] = [] if first is None else [first]
        F.made.append(self)

    def __getitem__(self, k: int) -> Any:
        return self.coefficients[k] if k < len(self.coefficients) else self.upto(k)[k]

    def upto(self, k: int) -> list[Any]:
        """The coefficients computed so far, at least those of orders 0 to k."""
        found = self.coefficients
        while len(found) <= k:
            c = self.F.fitted(self.produce(len(found)), self.shape)
            if type(c) in _NUMBERS and not is_zero(c):
                c = np.result_type(self.dtype, c).type(c)  # Python's numbers have neither shape nor index
            found.append(c)
        return found

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))


def derivative(x: Series) -> Series:
    """The series of x'(t): its coefficient k is (k + 1) x_(k+1)."""
    return Series(x.F, x.shape, x.dtype, lambda k: times(x[k + 1], k + 1))


def coefficient(x: Any, k: int) -> Any:
    """Coefficient k of a series, or of a constant."""
    return x[k] if isinstance(x, Series) else 0 if k else x


# -- coefficients: arrays, Variables, or the exact zero --------------------------------------------------------


def is_zero(c: Any) -> bool:
    return type(c) is int and c == 0


def plus(a: Any, b: Any) -> Any:
    return b if is_zero(a) else a if is_zero(b) else a + b


def minus(a: Any, b: Any) -> Any:
    return a if is_zero(b) else -b if is_zero(a) else a - b


def times(c: Any, number: Any) -> Any:
    """A coefficient times a number that is not zero."""
    return c if is_zero(c) or number == 1 else c * number


def over(c: Any, number: Any) -> Any:
    return c if is_zero(c) or number == 1 else c / number


# -- recurrences -----------------------------------------------------------------------------------------------


def cauchy(k: int, a: Any, b: Any, product: Callable[[Any, Any], Any], start: int = 0, stop: int | None = None) -> Any:
    """The sum of product(a_j, b_(k-j)) over start <= j <= stop (k where not told); what is zero is left out."""
    last = k if stop is None else stop
    if last < start:
        return 0
    xs, ys = a.upto(last), b.upto(k - start)  # lists, since this loop is most of the time of a series of numbers
    total: Any = 0
    for j in range(start, last + 1):
        x, y = xs[j], ys[k - j]
        if (type(x) is int and not x) or (type(y) is int and not y):
            continue
        part = product(x, y)
        total = part if type(total) is int else total + part
    return total


def square(k: int, a: Series) -> Any:
    """Coefficient k of a * a, each pair of equal products computed once."""
    product = a.F.product_at(k)
    total = times(cauchy(k, a, a, product, stop=(k - 1) // 2), 2)
    return total if k % 2 or is_zero(a[k // 2]) else plus(total, product(a[k // 2], a[k // 2]))


def quotient(k: int, q: Series, a: Any, b: Series) -> Any:
    """Coefficient k of q = a / b, from b_0 q_k = a_k - sum of b_j q_(k-j) over 1 <= j <= k."""
    above = minus(coefficient(a, k), cauchy(k, b, q, q.F.product, start=1))
    return above if is_zero(above) else above / b[0]


def real_power(k: int, y: Series, a: Series, c: Any) -> Any:
    """Coefficient k of y = a**c, a_0 not zero, from k a_0 y_k = sum of ((c + 1) j - k) a_j y_(k-j) over 1 <= j <= k."""
    xs, ys = a.upto(k), y.upto(k - 1)
    total: Any = 0
    for j in range(1, k + 1):
        weight, x = (c + 1) * j - k, xs[j]
        if weight and not (is_zero(x) or is_zero(ys[k - j])):
            total = plus(total, x * ys[k - j] * weight)
    return total if is_zero(total) else total / times(xs[0], k)
