"""Truncated power series: coefficients computed one by one when first asked for, and kept.

A series stands for x(t) = x_0 + x_1 t + x_2 t^2 + ... with x_k = x^(k)(0) / k!. Its coefficients are arrays (or
Variables, when the coefficients themselves are to be differentiated) of one shape; the integer 0 stands for a
coefficient that is exactly zero. Since coefficient k is computed from lower ones, a series may mention itself.

Recurrences: A. Griewank, A. Walther, Evaluating Derivatives (2nd ed., SIAM 2008), section 13.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dezero.core.dtypes import Array, Shape
from dezero.core.function import Function
from dezero.core.op import Op
from dezero.core.reading import Expression, Reading
from dezero.core.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import TypeIs

_NUMBERS = (int, float, complex)


class Value(Protocol):
    """What a coefficient is that is not the exact zero: an array, a Variable, or a value for many directions."""

    @property
    def shape(self) -> Shape: ...
    @property
    def dtype(self) -> np.dtype: ...
    def __add__(self, other: Any, /) -> Coefficient: ...
    def __radd__(self, other: Any, /) -> Coefficient: ...
    def __sub__(self, other: Any, /) -> Coefficient: ...
    def __rsub__(self, other: Any, /) -> Coefficient: ...
    def __mul__(self, other: Any, /) -> Coefficient: ...
    def __rmul__(self, other: Any, /) -> Coefficient: ...
    def __truediv__(self, other: Any, /) -> Coefficient: ...
    def __neg__(self) -> Coefficient: ...


Coefficient = Value | int  # the int is 0
Coefficients = Coefficient | tuple[Coefficient, ...]  # of an operation's one result, or of its several
Produce = Callable[[int], Coefficients | complex]  # a number is turned into an array of the series' shape
Product = Callable[[Coefficient, Coefficient], Coefficient]


class Combining(Reading, Protocol):
    """The reading that series belong to, as recurrences see it: reading.py says what each does."""

    recorded: bool
    made: list[Series]

    def call(self, op: Op | Function, *args: Operand, first: Coefficients | None = None) -> Any: ...
    def compute(self, op: Op | Function, *args: object) -> Any: ...
    def fitted(self, c: Any, shape: Shape | None) -> Any: ...
    def full(self, c: Any, like: Any) -> Any: ...
    def new(self, first: Any, produce: Produce) -> Series: ...
    def raw(self, c: Any) -> Any: ...
    def product(self, x: Coefficient, y: Coefficient, /) -> Coefficient: ...
    def product_at(self, k: int) -> Product: ...


class Series(Expression):
    """A power series in one parameter; `series[k]` is its k-th Taylor coefficient.

    F: the reading (reading.py) that combines series. shape, dtype: those of the coefficients, None where each is a
    tuple, one for each result of an operation. produce: computes a coefficient from those of lower order. first:
    coefficient 0, where it is known already. The reading releases all its series together when it closes, since a
    series whose recurrence mentions itself would otherwise wait for the garbage collector.
    """

    __slots__ = ("coefficients", "dtype", "produce", "shape")
    F: Combining  # a reading that knows series

    shape: Shape
    dtype: np.dtype

    def __init__(
        self,
        F: Combining,
        shape: Shape | None,
        dtype: np.dtype | None,
        produce: Produce,
        first: Coefficients | None = None,
    ) -> None:
        self.F, self.produce = F, produce
        self.shape, self.dtype = shape, dtype  # type: ignore[assignment]
        self.coefficients: list[Any] = [] if first is None else [first]
        F.made.append(self)

    def __getitem__(self, k: int) -> Any:
        return self.coefficients[k] if k < len(self.coefficients) else self.upto(k)[k]

    def upto(self, k: int) -> list[Coefficient]:
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


Operand = Series | Array | Variable | complex  # of an operation: what moves, and constants


def coefficient(x: Any, k: int) -> Any:
    """Coefficient k of a series, or of a constant."""
    return x[k] if isinstance(x, Series) else 0 if k else x


# -- coefficients: arrays, Variables, or the exact zero --------------------------------------------------------


def is_zero(c: object) -> TypeIs[int]:
    """Whether c is the exact zero; no other coefficient is an int."""
    return type(c) is int and c == 0


def plus(a: Coefficient, b: Coefficient) -> Coefficient:
    return b if is_zero(a) else a if is_zero(b) else a + b


def minus(a: Coefficient, b: Coefficient) -> Coefficient:
    return a if is_zero(b) else -b if is_zero(a) else a - b


def times(c: Coefficient, number: float) -> Coefficient:
    """A coefficient times a number that is not zero."""
    return c if is_zero(c) or number == 1 else c * number


def over(c: Coefficient, number: float) -> Coefficient:
    return c if is_zero(c) or number == 1 else c / number


# -- recurrences -----------------------------------------------------------------------------------------------


def cauchy(k: int, a: Series, b: Series, product: Product, start: int = 0, stop: int | None = None) -> Coefficient:
    """The sum of product(a_j, b_(k-j)) over start <= j <= stop, k where no stop is given; zeros are left out."""
    last = k if stop is None else stop
    if last < start:
        return 0
    xs, ys = a.upto(last), b.upto(k - start)  # lists, since this loop is most of the time of a series of numbers
    total: Coefficient = 0
    for j in range(start, last + 1):
        x, y = xs[j], ys[k - j]
        if (type(x) is int and not x) or (type(y) is int and not y):
            continue
        part = product(x, y)
        total = part if type(total) is int else total + part
    return total


def square(k: int, a: Series) -> Coefficient:
    """Coefficient k of a * a, each pair of equal products computed once."""
    product = a.F.product_at(k)
    total = times(cauchy(k, a, a, product, stop=(k - 1) // 2), 2)
    return total if k % 2 or is_zero(a[k // 2]) else plus(total, product(a[k // 2], a[k // 2]))


def quotient(k: int, q: Series, a: Operand, b: Series) -> Coefficient:
    """Coefficient k of q = a / b, from b_0 q_k = a_k - sum of b_j q_(k-j) over 1 <= j <= k."""
    above = minus(coefficient(a, k), cauchy(k, b, q, q.F.product, start=1))
    return above if is_zero(above) else above / b[0]


def real_power(k: int, y: Series, a: Series, c: float) -> Coefficient:
    """Coefficient k of y = a**c, a_0 not zero, from k a_0 y_k = sum of ((c + 1) j - k) a_j y_(k-j) over 1 <= j <= k."""
    xs, ys = a.upto(k), y.upto(k - 1)
    total: Coefficient = 0
    for j in range(1, k + 1):
        weight, x = (c + 1) * j - k, xs[j]
        if weight and not (is_zero(x) or is_zero(ys[k - j])):
            total = plus(total, x * ys[k - j] * weight)  # type: ignore[arg-type]  # neither factor is a number
    return total if is_zero(total) else total / times(xs[0], k)
