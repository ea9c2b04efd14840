"""Series along many directions at once, whose highest coefficients are summed as soon as they exist.

Of a sum of K-th derivatives over R directions (a Laplacian, a biharmonic), only the coefficients 1 to K - 1 are needed
for each direction: coefficient K of a result is linear in the coefficients K of the arguments, so their weighted sum
over the directions goes through the graph in place of all of them: 2 + (K - 1) R vectors in place of 1 + K R.

A Batch holds a coefficient for each direction, a Collapsed their weighted sum.

F. Dangel, T. Siebert, M. Zeinhofer, A. Walther, Collapsing Taylor Mode Automatic Differentiation (NeurIPS 2025);
for K = 2: R. Li et al., A Computational Framework for Neural Network-based Variational Monte Carlo with Forward
Laplacian (Nature Machine Intelligence 6 (2024) 209).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.broadcasting import total
from dezero.core.dtypes import Array, Shape, rounded_once
from dezero.core.function import Function
from dezero.core.op import ELEMENTWISE, GENERAL, Op, declared
from dezero.core.variable import Variable
from dezero.series.power import Coefficient, Coefficients, Operand, Product, Series, Value, is_zero, plus
from dezero.series.reading import SeriesReading

_contracted = rounded_once(functools.partial(np.einsum, "r...,r...->..."))  # a product and its sum over directions
_WAITING = 50  # batches, each computed lazily from the one before: more of them would need a deep stack

Held = Array | Variable  # the numbers of a batch or of a collapsed coefficient


class Batch:
    """One coefficient for each of R directions: an array or Variable of shape (R, *shape), or broadcast to that.

    Arrays and Variables that it is combined with are the same for all directions. Its sum with a Collapsed is one too.
    """

    __array_ufunc__ = None  # arrays and Variables on the left of an operator defer
    __slots__ = ("F", "_array", "_make", "depth", "shape")

    shape: Shape

    def __init__(self, F: CollapsedReading, array: Held | None, shape: Shape) -> None:
        self.F, self._array, self.shape = F, array, shape
        self.depth = 0
        self._make: Callable[[], Held] | None = None

    @classmethod
    def later(cls, F: CollapsedReading, shape: Shape, make: Callable[[], Held], *of: object) -> Batch:
        """A lazily computed batch (many of the last layer's are never used); of: what `make` computes it from."""
        batch = cls(F, None, shape)
        batch._make = make
        batch.depth = 1 + max([a.depth for a in of if isinstance(a, Batch)], default=0)
        if batch.depth > _WAITING:
            batch.array  # noqa: B018
        return batch

    @property
    def array(self) -> Held:
        if self._make is not None:
            self._array, self._make, self.depth = self._make(), None, 0
        return self._array  # type: ignore[return-value]

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def aligned(self, axes: int) -> Held:
        """The array with axes of length 1 behind its first, so that it broadcasts with arrays of so many axes."""
        missing = axes + 1 - len(self.array.shape)
        return self.array if missing <= 0 else self.array.reshape(self._open(missing))

    def matrices(self, axes: int = 0) -> Held:
        """The array aligned, its last two axes broadcast to their full lengths, for a product of matrices."""
        array = self.aligned(max(axes, len(self.shape)))
        if array.shape[-2:] == self.shape[-2:]:
            return array
        shape = (*array.shape[:-2], *self.shape[-2:])
        return self.F.on_arrays(declared["broadcast_to"].bind(shape=shape), array)

    def _open(self, missing: int) -> Shape:
        return (self.array.shape[0], *[1] * missing, *self.array.shape[1:])

    def whole(self) -> Held:
        """The array broadcast to its full shape, (R, *shape)."""
        shape = (self.F.count, *self.shape)
        array = self.aligned(len(self.shape))
        return array if array.shape == shape else self.F.on_arrays(declared["broadcast_to"].bind(shape=shape), array)

    def summed(self) -> Collapsed:
        """The sum over directions, each with its weight."""
        array, weights = self.aligned(len(self.shape)), self.F.weights
        if array.shape[0] != self.F.count:
            array = self.whole()
        if weights is not None:
            array = array * weights.astype(array.dtype).reshape(-1, *[1] * (len(array.shape) - 1))
        return self.F.fitted(
            Collapsed(self.F, array.sum(axis=0) if isinstance(array, Variable) else total(array, 0, False)), self.shape
        )

    def _combined(self, other: object, combine: Callable[[Any, Any], Held]) -> Batch:
        shape = np.broadcast_shapes(self.shape, getattr(other, "shape", ()))

        def make() -> Held:
            array = other.aligned(len(shape)) if isinstance(other, Batch) else other
            return combine(self.aligned(len(shape)), array)

        return Batch.later(self.F, shape, make, self, other)

    def __mul__(self, other: object) -> Batch:
        return self._combined(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Batch:
        return self._combined(other, lambda a, b: a / b)

    def __neg__(self) -> Batch:
        return Batch(self.F, -self.array, self.shape)

    def __add__(self, other: object) -> Batch | Collapsed:
        return self.summed() + other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: object) -> Batch | Collapsed:
        return self.summed() - other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a - b)

    def __rsub__(self, other: object) -> Batch | Collapsed:
        return -self + other


class Collapsed:
    """A coefficient of the highest order, summed over all directions, each with its weight."""

    __array_ufunc__ = None
    __slots__ = ("F", "array")

    def __init__(self, F: CollapsedReading, array: Held) -> None:
        self.F, self.array = F, array

    @property
    def shape(self) -> Shape:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __mul__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array / other)

    def __neg__(self) -> Collapsed:
        return Collapsed(self.F, -self.array)

    def __add__(self, other: object) -> Collapsed:
        return Collapsed(self.F, self.array + _summand(other))

    __radd__ = __add__

    def __sub__(self, other: object) -> Collapsed:
        return Collapsed(self.F, self.array - _summand(other))

    def __rsub__(self, other: object) -> Collapsed:
        return -self + other


def _summand(other: object) -> Any:
    """The array or number to add to the array of a Collapsed.

    An array that is the same for all directions is added once: only at order 0 is it other than zero, where nothing is
    collapsed.
    """
    other = _summed(other)
    return other.array if isinstance(other, Collapsed) else other


class CollapsedReading(SeriesReading):
    """Reads series whose coefficients below `top` are batches and whose coefficient `top` is collapsed.

    count: R, the number of directions; weights: one number for each, or None for ones. An operation acts on all
    directions of a batch in one call where it declares how (`batched`), or is element-wise.
    """

    def __init__(self, recorded: bool, count: int, weights: Array | None, top: int) -> None:
        super().__init__(recorded)
        self.count, self.weights, self.top = count, weights, top
        self.still = SeriesReading(recorded)  # of series that are the same for all directions

    def close(self) -> None:
        super().close()
        self.still.close()

    def settle(self, series: Series, k: int) -> None:
        """Sum the highest coefficient over the directions."""
        if k == self.top:
            c = series.coefficients[k]
            series.coefficients[k] = tuple(map(_summed, c)) if isinstance(c, tuple) else _summed(c)

    def outcome(self, c: Any) -> Any:
        return c.array if isinstance(c, Collapsed) else c

    def on_arrays(self, op: Op | Function, *args: object) -> Any:
        """The value of an operation on arrays and Variables alone."""
        return super().compute(op, *args)

    def raw(self, c: Any) -> Array:
        return super().raw(c.whole()[0] if isinstance(c, Batch) else self.outcome(c))

    def fitted(self, c: Any, shape: Shape | None) -> Any:
        if isinstance(c, Batch):
            return c if shape is None or c.shape == shape else Batch.later(self, shape, lambda: c.array, c)
        if isinstance(c, Collapsed):
            return Collapsed(self, super().fitted(c.array, shape))
        return super().fitted(c, shape)

    def product_at(self, k: int) -> Product:
        return self.contracted if k == self.top else self.product

    def contracted(self, a: Coefficient, b: Coefficient) -> Coefficient:
        """The product of two coefficients, collapsed at once where both are batches of plain arrays."""
        if not (isinstance(a, Batch) and isinstance(b, Batch)) or self.recorded or self.weights is not None:
            return a * b
        if not a.array.shape == b.array.shape == (self.count, *a.shape):
            return a * b
        # einsum takes half the time of a product and its sum
        return Collapsed(self, _contracted(a.array, b.array))

    def compute(self, op: Op | Function, *args: Any) -> Any:
        if any([isinstance(a, Collapsed) for a in args]):  # op is linear in what moves, which is summed first
            _check_linear(op, args)
            return Collapsed(self, self.on_arrays(op, *[self.outcome(_summed(a)) for a in args]))
        if not any([isinstance(a, Batch) for a in args]):
            return super().compute(op, *args)
        if isinstance(op, Op):
            found = None if op.batched is None else _BATCHED[op.batched](self, op, *args)
            if found is not None:
                return found
            if op.kind is ELEMENTWISE:
                shape = np.broadcast_shapes(*[getattr(a, "shape", ()) for a in args])
                arrays = [a.aligned(len(shape)) if isinstance(a, Batch) else a for a in args]
                return Batch(self, self.on_arrays(op, *arrays), shape)
        wholes = [a.whole() if isinstance(a, Batch) else a for a in args]
        rows = [
            self.on_arrays(op, *[w[r] if isinstance(a, Batch) else a for a, w in zip(args, wholes, strict=True)])
            for r in range(self.count)
        ]
        rows = [row.reshape((1, *row.shape)) for row in map(_as_array, rows)]
        return Batch(self, self.on_arrays(declared["concatenate"].bind(axis=0), *rows), rows[0].shape[1:])

    # -- element-wise functions of one argument by composition -------------------------------------------------

    def _elementwise(self, op: Op, args: tuple[Operand, ...], first: Coefficients) -> Series:
        """f(x) as the sum of f_j (x - x_0)^j, the Taylor coefficients f_j of f about x_0 times powers of x - x_0.

        The f_j are the same for all directions, and are computed once for all of them.
        """
        (x, *others) = args
        if others or self.top > 4 or not isinstance(x, Series):
            return super()._elementwise(op, args, first)
        inner, start = self.still, x[0]
        line = Series(inner, x.shape, x.dtype, lambda k: _one(start, self.recorded) if k == 1 else 0, start)
        f = inner.call(op, line, first=first)
        powers: list[Series] = []

        def produce(k: int) -> Coefficient:
            while len(powers) < k:
                step = Series(self, x.shape, x.dtype, lambda j: x[j] if j else 0)
                powers.append(self.mul(powers[-1], powers[0]) if powers else step)
            total: Coefficient = 0
            for j in range(1, k + 1):
                c = powers[j - 1][k]
                if not (is_zero(c) or is_zero(f[j])):
                    total = plus(total, (_summed(c) if k == self.top else c) * f[j])
            return total

        return self.new(first, produce)


def _check_linear(op: Op | Function, args: tuple[object, ...]) -> None:
    """NotImplementedError for an operation that is not linear, where a hand-written recurrence applies it to a sum."""
    if len(args) == 1 and isinstance(op, Op) and op.kind is GENERAL:
        raise NotImplementedError(
            f"{op.name}: it is not linear, and its series asks for its value at a sum over directions; ask for the "
            "operator with method='taylor' or 'reverse'"
        )


def _summed(c: Any) -> Any:
    return c.summed() if isinstance(c, Batch) else c


def _one(like: Value, recorded: bool) -> Coefficient:
    ones = np.ones(like.shape, like.dtype)
    return Variable(ones) if recorded else ones[()]


def _as_array(x: object) -> Held:
    return x if isinstance(x, Variable) else np.asarray(x)


# -- operations on batches, all directions in one call ----------------------------------------------------------


def _with(op: Op, **parameters: object) -> Op:
    return declared[op.name].bind(**parameters)


def _matmul(F: CollapsedReading, op: Op, a: Batch | Held, b: Batch | Held) -> Batch | None:
    axes = len(a.shape), len(b.shape)
    if min(axes) < 2:
        return None  # compute() then takes one direction after the other
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    if isinstance(a, Batch) and not isinstance(b, Batch) and axes == (2, 2):

        def make() -> Held:
            matrices = a.matrices()
            rows = matrices.reshape((-1, a.shape[-1]))  # one product for all directions
            return F.on_arrays(op, rows, b).reshape((*matrices.shape[:-1], b.shape[-1]))

        return Batch.later(F, shape, make, a)
    arrays = [x.matrices(len(shape)) if isinstance(x, Batch) else x for x in (a, b)]
    return Batch(F, F.on_arrays(op, *arrays), shape)


def _reshape(F: CollapsedReading, op: Op, x: Batch) -> Batch:
    shape = op.parameters["shape"]
    return Batch.later(F, shape, lambda: F.on_arrays(_with(op, shape=(F.count, *shape)), x.whole()), x)


def _broadcast_to(F: CollapsedReading, op: Op, x: Batch) -> Batch:
    return Batch(F, x.array, op.parameters["shape"])


def _transpose(F: CollapsedReading, op: Op, x: Batch) -> Batch:
    axes = op.parameters["axes"] or tuple(reversed(range(len(x.shape))))
    batched = _with(op, axes=(0, *[axis % len(axes) + 1 for axis in axes]))
    shape = tuple([x.shape[axis] for axis in axes])
    return Batch.later(F, shape, lambda: F.on_arrays(batched, x.aligned(len(x.shape))), x)


def _sum(F: CollapsedReading, op: Op, x: Batch) -> Batch:
    n, keepdims = len(x.shape), op.parameters["keepdims"]
    axis = op.parameters["axis"]
    axes = tuple(range(n)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([a % n for a in axes])
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keepdims or i not in axes]
    batched = _with(op, axis=tuple([a + 1 for a in axes]), keepdims=keepdims)
    return Batch.later(F, tuple(shape), lambda: F.on_arrays(batched, x.whole()), x)


def _get_item(F: CollapsedReading, op: Op, x: Batch) -> Batch | None:
    index = op.parameters["index"]
    index = index if isinstance(index, tuple) else (index,)
    if any([isinstance(i, np.ndarray | list | tuple) for i in index]):
        return None
    shape = np.broadcast_to(0, x.shape)[index].shape
    return Batch.later(F, shape, lambda: F.on_arrays(_with(op, index=(slice(None), *index)), x.whole()), x)


def _concatenate(F: CollapsedReading, op: Op, *xs: Batch | Held) -> Batch:
    axis = op.parameters["axis"]
    axis = axis % len(xs[0].shape)
    wholes = []
    for x in xs:
        shape = (F.count, *x.shape)
        whole = x.whole() if isinstance(x, Batch) else F.on_arrays(declared["broadcast_to"].bind(shape=shape), x)
        wholes.append(whole)
    found = F.on_arrays(_with(op, axis=axis + 1), *wholes)
    return Batch(F, found, found.shape[1:])


_BATCHED: dict[str, Callable[..., Batch | None]] = {  # an operation declares one of these names as its `batched`
    "matmul": _matmul,
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "transpose": _transpose,
    "sum": _sum,
    "get_item": _get_item,
    "concatenate": _concatenate,
}
