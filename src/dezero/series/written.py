"""Recurrences written by hand, each because it is cheaper than what the operation's rule would give.

- Products, quotients and powers take one sum in place of several.
- Solutions of equations that are bilinear in their unknown (solve, linear_recurrence), and functions of matrices, would
  take twice as many operations for each further order: by its rule, a coefficient is computed by new operations, whose
  coefficients need new operations again.
- where, real and conj are declared element-wise, but act on each coefficient.

Each function takes the reading, the operation, its arguments (series and constants) and coefficient 0 where it is
known. It returns the series, or None where the operation's rule is to give it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import Array
from dezero.core.op import Op, declared
from dezero.core.power import falling_factorial, polynomial
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import decided
from dezero.series.power import (
    Coefficient,
    Coefficients,
    Combining,
    Operand,
    Series,
    Value,
    cauchy,
    coefficient,
    is_zero,
    minus,
    plus,
    quotient,
    real_power,
    square,
    times,
)

Found = Series | Coefficients | None
Recurrence = Callable[..., Found]


def _lazy(
    F: Combining, args: Sequence[Operand], produce: Callable[[Series, int], Coefficient], first: Coefficient | None
) -> Series:
    """A series of broadcast arguments."""
    shape = np.broadcast_shapes(*[getattr(a, "shape", ()) for a in args])
    dtype = np.result_type(*[a.dtype if hasattr(a, "dtype") else a for a in args])
    y = Series(F, shape, dtype, lambda k: produce(y, k), first)
    return y


# -- arithmetic ------------------------------------------------------------------------------------------------


def _add(F: Combining, op: Op, args: tuple[Operand, Operand], first: Coefficient | None) -> Found:
    a, b = args
    return _lazy(F, args, lambda y, k: plus(coefficient(a, k), coefficient(b, k)), first)


def _sub(F: Combining, op: Op, args: tuple[Operand, Operand], first: Coefficient | None) -> Found:
    a, b = args
    return _lazy(F, args, lambda y, k: minus(coefficient(a, k), coefficient(b, k)), first)


def _linear_combination(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Found:
    def produce(y: Series, k: int) -> Coefficient:
        total: Coefficient = 0
        for a, weight in zip(args, op.parameters["weights"], strict=True):
            total = plus(total, times(coefficient(a, k), weight))
        return total

    return _lazy(F, args, produce, first)


def _mul(F: Combining, op: Op, args: tuple[Any, ...], first: Coefficient | None) -> Found:
    a, b = args if isinstance(args[0], Series) else args[::-1]
    if is_zero(b):
        return 0 if first is None else first
    if not isinstance(b, Series):
        return _lazy(F, args, lambda y, k: a[k] if is_zero(a[k]) else a[k] * b, first)
    if a is b:
        return _lazy(F, args, lambda y, k: square(k, a), first)
    return _lazy(F, args, lambda y, k: cauchy(k, a, b, F.product_at(k)), first)


def _div(F: Combining, op: Op, args: tuple[Any, ...], first: Coefficient | None) -> Found:
    a, b = args
    if is_zero(a):
        return 0 if first is None else first
    if isinstance(b, Series):
        return _lazy(F, args, lambda y, k: quotient(k, y, a, b), first)
    return _lazy(F, args, lambda y, k: a[k] if is_zero(a[k]) else a[k] / b, first)


_HIGHEST = 1024  # a power with a whole exponent up to this is computed as a product of its base


def _leaves_range(a: Array, n: float) -> bool:
    """Whether powers of some element, which is not 0, are near an end of the range of numbers."""
    size, range_ = np.abs(a), np.finfo(np.abs(a).dtype)
    with np.errstate(under="ignore", over="ignore"):
        power = size**n
    return bool(np.any(((power < range_.tiny**0.25) & (size > 0)) | ((power > range_.max**0.25) & np.isfinite(size))))


def _pow(F: Combining, op: Op, args: tuple[Operand, Operand], first: Coefficient | None) -> Found:
    a, n = args
    if not (isinstance(n, int | float) and isinstance(a, Series)):
        return None
    if n == 1:
        return a
    if isinstance(n, float) and 1 < n <= _HIGHEST:
        n = int(n) if n == int(n) else n
    if isinstance(n, int) and n >= 2:
        half = F.mul(a, a) if n < 4 else F.pow(F.pow(a, n // 2), 2)
        power = F.mul(half, a) if n % 2 else half
        # coefficient 0 stays the value that the graph holds: the product may differ from it by rounding
        return power if first is None else Series(F, power.shape, power.dtype, lambda k: power[k], first)
    if n == 0 or tracing() or not decided(lambda c: np.all(F.raw(c)), a[0]):
        return None  # the rule gives a**n from a**(n - 1) and so on, without a division by a
    if n > 1 and decided(lambda c: _leaves_range(F.raw(c), n), a[0]):
        return _scaled_power(F, a, n)
    return _lazy(F, (a,), lambda y, k: real_power(k, y, a, n) if k else a[0] ** n, first)


def _power_derivative(F: Combining, op: Op, args: tuple[Operand, Operand], first: Any) -> Found:
    """The series from powers and logarithms, where no base is 0.

    By its rule, each order would ask for the derivative of the order above it.
    """
    a, b = args
    base = a[0] if isinstance(a, Series) else a
    if tracing() or not decided(lambda c: np.all(F.raw(c)), base):
        return None
    m, k = op.parameters["orders"]
    weights = falling_factorial(b, (m, k))  # type: ignore[type-var]
    total = polynomial(weights, F.log(F.as_complex(a) if np.iscomplexobj(first) else a)) if k else weights[0]
    if not isinstance(b, Series):
        return F.mul(F.pow(a, F.sub(b, m)), total)
    power = F.pow(a, b)  # the series that is being computed now: its recurrence mentions itself
    for _ in range(m):
        power = F.div(power, a)
    return F.mul(power, total)


def _scaled_power(F: Combining, a: Series, n: float) -> Series:
    """The power y = a(t)**n where powers of a_0 leave the range of numbers.

    With u(t) = (a(s t) / a_0)**n, y_k = u_k a_0**n / s**k. Any s gives the same y_k; for each k, s is chosen element by
    element such that the coefficients of a(s t) / a_0 are at most 1, so that no intermediate number leaves the range.
    """

    def produce(k: int) -> Coefficient:
        start = F.raw(a[0])
        exponents = _even_scale(start, [_size(F, a[j]) for j in range(1, k + 1)])
        s = np.exp2(exponents).astype(start.dtype)[()]

        def scaled(b: Series, j: int) -> Coefficient:
            c = a[j]
            for _ in range(0 if is_zero(c) else j):  # s**j alone may be out of range
                c = c * s
            return c if is_zero(c) else c / a[0]

        one = F.full(1, a)
        b = _lazy(F, (a,), scaled, one)
        u = _lazy(F, (a,), lambda u, i: real_power(i, u, b, n), one)
        if is_zero(u[k]):
            return u[k]
        # a_0**n and s**k alone may be out of range too, so u_k is multiplied repeatedly by a root of it
        farthest = np.max(np.maximum(np.abs(n * np.log2(np.abs(start))), np.abs(k * exponents)), initial=1.0)
        roots = int(np.ceil(farthest / (np.finfo(start.dtype).maxexp / 2)))
        root = a[0] ** (n / roots) * np.exp2(exponents * (-k / roots)).astype(start.dtype)[()]
        found = u[k]
        for _ in range(roots):
            found = found * root
        return found

    return _lazy(F, (a,), lambda y, k: produce(k) if k else a[0] ** n, a[0] ** n)


def _even_scale(start: Array, sizes: list[Array | int]) -> Array:
    """log2 s for each element: the least of log2 (|a_0| / |a_j|) / j, rounded down; 0 where all a_j are 0."""
    with np.errstate(divide="ignore"):
        each = [(np.log2(np.abs(start)) - np.log2(size)) / j for j, size in enumerate(sizes, 1) if not is_zero(size)]
    least = np.floor(np.min(np.broadcast_arrays(*each), axis=0)) if each else np.zeros(np.shape(start))
    limit = np.finfo(start.dtype).maxexp - 2
    return np.where(np.isfinite(least), np.clip(least, -limit, limit), 0.0)


def _size(F: Combining, c: Coefficient) -> Array | int:
    """The absolute values of a coefficient's elements; of a batch, the largest over its directions."""
    if is_zero(c):
        return c
    return np.max(np.abs(raw(c.whole())), axis=0) if hasattr(c, "whole") else np.abs(F.raw(c))


# -- on each coefficient ---------------------------------------------------------------------------------------


def _each(F: Combining, op: Op, args: tuple[Series], first: Coefficient | None) -> Found:
    (a,) = args
    first = F.compute(op, F.full(a[0], a)) if first is None else first
    return F.new(first, lambda k: a[k] if is_zero(a[k]) else F.compute(op, a[k]))


def _where(F: Combining, op: Op, args: tuple[Operand, Operand, Operand], first: Coefficient | None) -> Found:
    condition, a, b = coefficient(args[0], 0), args[1], args[2]
    if not (isinstance(a, Series) or isinstance(b, Series)):
        return None

    def produce(y: Series, k: int) -> Coefficient:
        parts = [coefficient(a, k), coefficient(b, k)]
        return 0 if k and all(is_zero(c) for c in parts) else F.compute(op, condition, *parts)

    return _lazy(F, (condition, a, b), produce, first)


def _output(F: Combining, op: Op, args: tuple[Series], first: Coefficient | None) -> Found:
    (ys,), index = args, op.parameters["index"]
    first = F.compute(op, ys[0]) if first is None else first
    return F.new(first, lambda k: ys[k] if is_zero(ys[k]) else ys[k][index])


# -- equations: y solves product(a, y) = b, or y = product(a, y) + b ---------------------------------------------


def _solving(
    product: Callable[..., Coefficient],
    *,
    unknown_alone: bool = False,
    b_first: bool = False,
    at: Callable[[Op, int], Op] = lambda op, k: op,
) -> Recurrence:
    """The recurrence y_k = op(a_0, b_k - sum of product(a_j, y_(k-j)) over j >= 1) of the operation y = op(a, b).

    unknown_alone: y = product(a, y) + b is solved, where the sum is added. b_first: the operation is called op(b, a).
    at: the operation that computes coefficient k, where this depends on k.
    """

    def series(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Series:
        b, *a = args if b_first else args[::-1]
        start = [F.full(coefficient(x, 0), x) for x in a]

        def solved(above: Coefficient, k: int = 0) -> Coefficient:
            return F.compute(at(op, k), above, *start) if b_first else F.compute(op, *start, above)

        def produce(k: int) -> Coefficient:
            total: Coefficient = 0
            for j in range(1, k + 1):
                parts = [coefficient(x, j) for x in a]
                if not (is_zero(y[k - j]) or all(is_zero(c) for c in parts)):
                    total = plus(total, product(F, parts, y[k - j], **op.parameters))
            above = (plus if unknown_alone else minus)(coefficient(b, k), total)
            return above if is_zero(above) else solved(above, k)

        y = F.new(solved(F.full(coefficient(b, 0), b)) if first is None else first, produce)
        return y

    return series


def _matrix_product(F: Combining, a: list[Coefficient], y: Coefficient) -> Coefficient:
    return F.compute(declared["matmul"], a[0], y)


def _triangle_product(F: Combining, a: list[Value], y: Value, lower: bool, unit: bool) -> Coefficient:
    read = np.triu(np.ones(a[0].shape[-2:], bool), 1 if unit else 0)
    return F.compute(declared["matmul"], a[0] * (read.T if lower else read), y)


def _gap_product(F: Combining, values: list[Coefficient], y: Value, **how: object) -> Coefficient:
    """y times a coefficient of the gap v - w. values: coefficients of w, of v, and of the argument that sets nan."""
    w, v, _ = values
    return y * minus(v, w)


def _gaps_at(op: Op, k: int) -> Op:
    """The operation for coefficient k, which is divided by k more gaps than coefficient 0."""
    return declared["over_gaps"].bind(**{**op.parameters, "order": op.parameters["order"] + k})


def _known(F: Combining, op: Op, args: tuple[Operand, ...], first: Coefficient | None) -> Found:
    """The series of the outputs of a factorisation, which are given after its first argument."""
    if first is None:
        first = F.compute(op, *[F.full(coefficient(a, 0), a) for a in args])
    return Series(F, None, None, lambda k: tuple([coefficient(y, k) for y in args[1:]]), first)


def _carried(F: Combining, factors: list[Coefficient], y: Value, reverse: bool) -> Coefficient:
    """factors * y, shifted by one place along the last axis: the contribution of each element to the next one."""
    axis = len(y.shape) - 1
    kept, edge = (slice(1, None), slice(0, 1)) if reverse else (slice(None, -1), slice(-1, None))
    carried = factors[0] * F.compute(declared["get_item"].bind(index=(Ellipsis, kept)), y)
    nothing = F.compute(declared["get_item"].bind(index=(Ellipsis, edge)), y) * 0.0
    return F.compute(declared["concatenate"].bind(axis=axis), *((carried, nothing) if reverse else (nothing, carried)))


# -- functions of matrices -------------------------------------------------------------------------------------


def _matrix_function(F: Combining, op: Op, args: tuple[Series, ...], first: Coefficient | None) -> Found:
    """Coefficient k of f(a) is f[a_0; a_k], which is linear in a_k, plus a term in a_0, ..., a_(k-1).

    That term is the upper right block of f of the block Toeplitz matrix of a_0, ..., a_(k-1), 0: N. J. Higham,
    Functions of Matrices (SIAM 2008), theorem 4.12 with a(t) for the eigenvalue. f[a; b], the derivative of f at a
    along b, is the operation with two arguments (linalg/matrix_functions.py).
    """
    if len(args) > 1:
        return None
    (a,) = args
    n = a.shape[-1]
    start = F.full(a[0], a)
    zeros = F.full(0, a)

    def joined(parts: list[Value], axis: int) -> Value:
        return F.compute(declared["concatenate"].bind(axis=axis), *parts)

    def from_lower(k: int) -> Coefficient:
        if all(is_zero(a[j]) for j in range(1, k)):
            return 0
        blocks = [*[F.full(a[j], a) for j in range(k)], zeros]
        rows = [joined([*[zeros] * i, *blocks[: k + 1 - i]], len(a.shape) - 1) for i in range(k + 1)]
        index = (Ellipsis, slice(0, n), slice(k * n, None))
        return F.compute(declared["get_item"].bind(index=index), F.compute(op, joined(rows, len(a.shape) - 2)))

    def produce(k: int) -> Coefficient:
        return plus(from_lower(k), a[k] if is_zero(a[k]) else F.compute(op, start, a[k]))

    return F.new(F.compute(op, start) if first is None else first, produce)


WRITTEN: dict[str, Recurrence] = {  # an operation declares one of these names as its `series`
    "add": _add,
    "sub": _sub,
    "linear_combination": _linear_combination,
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "power_derivative": _power_derivative,
    "each": _each,
    "where": _where,
    "output": _output,
    "solution": _solving(_matrix_product),
    "triangular_solution": _solving(_triangle_product),
    "gap_quotient": _solving(_gap_product, b_first=True, at=_gaps_at),
    "known": _known,
    "linear_recurrence": _solving(_carried, unknown_alone=True),
    "matrix_function": _matrix_function,
}


def recurrence(op: Op) -> Recurrence:
    """The recurrence that an operation declares: a name in WRITTEN, or the function itself."""
    return WRITTEN[op.series] if isinstance(op.series, str) else op.series  # type: ignore[return-value]
