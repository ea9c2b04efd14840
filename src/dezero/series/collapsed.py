"""Series along many directions at once, whose highest coefficients are summed as soon as they exist.

A sum over directions of K-th derivatives (a Laplacian, a biharmonic) needs of each direction the coefficients 1 to
K - 1 alone: coefficient K is linear in those of order K that enter it, so that the weighted sum of all directions is
pushed on in place of each of them, 2 + (K - 1) R vectors in place of 1 + K R.

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
from dezero.core.dtypes import rounded_once
from dezero.core.op import ELEMENTWISE, GENERAL, Op, declared
from dezero.core.variable import Variable
from dezero.series.power import Series, is_zero, plus
from dezero.series.reading import SeriesReading

_contracted = rounded_once(functools.partial(np.einsum, "r...,r...->..."))  # a product and its sum over directions
_WAITING = 50  # bundles in a row that may wait for each other, so that no deep graph needs a deep stack


class Batch:
    """One coefficient for each of R directions: an array or Variable of shape (R, *shape), or broadcast to that.

    Arrays and Variables beside it are the same for all directions. A sum with a total is a total.
    """

    __array_ufunc__ = None  # arrays and Variables on the left of an operator defer
    __slots__ = ("F", "_array", "_make", "depth", "shape")

    def __init__(self, F: CollapsedReading, array: Any, shape: tuple[int, ...]) -> None:
        self.F, self._array, self.shape = F, array, shape
        self.depth = 0
        self._make: Callable[[], Any] | None = None

    @classmethod
    def later(cls, F: CollapsedReading, shape: tuple[int, ...], make: Callable[[], Any], *of: Any) -> Batch:
        """A bundle computed when first needed, which many of the last layer's are not; `of`: what it is made of."""
        bundle = cls(F, None, shape)
        bundle._make = make
        bundle.depth = 1 + max([a.depth for a in of if isinstance(a, Batch)], default=0)
        if bundle.depth > _WAITING:
            bundle.array  # noqa: B018
        return bundle

    @property
    def array(self) -> Any:
        if self._make is not None:
            self._array, self._make, self.depth = self._make(), None, 0
        return self._array

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    def aligned(self, axes: int) -> Any:
        """The array with axes of length 1 behind its first, so that it broadcasts with what has so many axes."""
        missing = axes + 1 - len(self.array.shape)
        return self.array if missing <= 0 else self.array.reshape(self._open(missing))

    def matrices(self, axes: int = 0) -> Any:
        """The array aligned, its last two axes in their whole lengths, which a product of matrices adds along."""
        array = self.aligned(max(axes, len(self.shape)))
        if array.shape[-2:] == self.shape[-2:]:
            return array
        shape = (*array.shape[:-2], *self.shape[-2:])
        return self.F.on_arrays(declared["broadcast_to"].bind(shape=shape), array)

    def _open(self, missing: int) -> tuple[int, ...]:
        return (self.array.shape[0], *[1] * missing, *self.array.shape[1:])

    def whole(self) -> Any:
        """The array in its whole shape, (R, *shape)."""
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

    def _combined(self, other: Any, combine: Callable[[Any, Any], Any]) -> Batch:
        shape = np.broadcast_shapes(self.shape, getattr(other, "shape", ()))

        def make() -> Any:
            array = other.aligned(len(shape)) if isinstance(other, Batch) else other
            return combine(self.aligned(len(shape)), array)

        return Batch.later(self.F, shape, make, self, other)

    def __mul__(self, other: Any) -> Batch:
        return self._combined(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Batch:
        return self._combined(other, lambda a, b: a / b)

    def __neg__(self) -> Batch:
        return Batch(self.F, -self.array, self.shape)

    def __add__(self, other: Any) -> Any:
        return self.summed() + other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self.summed() - other if isinstance(other, Collapsed) else self._combined(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return -self + other


class Collapsed:
    """A coefficient of the highest order, summed over all directions, each with its weight."""

    __array_ufunc__ = None
    __slots__ = ("F", "array")

    def __init__(self, F: CollapsedReading, array: Any) -> None:
        self.F, self.array = F, array

    @property
    def shape(self) -> Any:
        return self.array.shape

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    def __mul__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array / other)

    def __neg__(self) -> Collapsed:
        return Collapsed(self.F, -self.array)

    def __add__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array + _part(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Collapsed:
        return Collapsed(self.F, self.array - _part(other))

    def __rsub__(self, other: Any) -> Collapsed:
        return -self + other


def _part(other: Any) -> Any:
    """What is added to a total; an array, which belongs to no direction, is zero at every order but the lowest."""
    other = _summed(other)
    return other.array if isinstance(other, Collapsed) else other


class CollapsedReading(SeriesReading):
    """Reads series whose coefficients below `top` are bundles, and whose coefficient `top` is their weighted sum.

    count: R, the directions; weights: one number for each, or None for ones. Those of one operation are computed
    together.
    """

    def __init__(self, recorded: bool, count: int, weights: Any, top: int) -> None:
        super().__init__(recorded)
        self.count, self.weights, self.top = count, weights, top
        self.still = SeriesReading(recorded)  # of what no direction has a part in

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

    def on_arrays(self, op: Any, *args: Any) -> Any:
        return super().compute(op, *args)

    def raw(self, c: Any) -> Any:
        return super().raw(c.whole()[0] if isinstance(c, Batch) else self.outcome(c))

    def fitted(self, c: Any, shape: Any) -> Any:
        if isinstance(c, Batch):
            return c if shape is None or c.shape == shape else Batch.later(self, shape, lambda: c.array, c)
        if isinstance(c, Collapsed):
            return Collapsed(self, super().fitted(c.array, shape))
        return super().fitted(c, shape)

    def product_at(self, k: int) -> Callable[[Any, Any], Any]:
        return self.contracted if k == self.top else self.product

    def contracted(self, a: Any, b: Any) -> Any:
        """The product of two coefficients whose sum over directions is all that will be asked for."""
        arrays = isinstance(a, Batch) and isinstance(b, Batch) and not self.recorded and self.weights is None
        if not arrays or not a.array.shape == b.array.shape == (self.count, *a.shape):
            return a * b
        # in one pass, half the time of a product and its sum
        return Collapsed(self, _contracted(a.array, b.array))

    def compute(self, op: Any, *args: Any) -> Any:
        if any([isinstance(a, Collapsed) for a in args]):  # all that moves stands in it linearly, and is summed first
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

    def _elementwise(self, op: Op, args: tuple[Any, ...], first: Any) -> Series:
        """f(x) from the Taylor coefficients of f about x_0, which no direction has a part in, and powers of x - x_0."""
        (x, *others) = args
        if others or self.top > 4:
            return super()._elementwise(op, args, first)
        inner, start = self.still, x[0]
        line = Series(inner, x.shape, x.dtype, lambda k: _one(start, self.recorded) if k == 1 else 0, start)
        f = inner.call(op, line, first=first)
        powers: list[Series] = []

        def produce(k: int) -> Any:
            while len(powers) < k:
                step = Series(self, x.shape, x.dtype, lambda j: x[j] if j else 0)
                powers.append(self.mul(powers[-1], powers[0]) if powers else step)
            total: Any = 0
            for j in range(1, k + 1):
                c = powers[j - 1][k]
                if not (is_zero(c) or is_zero(f[j])):
                    total = plus(total, (_summed(c) if k == self.top else c) * f[j])
            return total

        return self.new(first, produce)


def _check_linear(op: Any, args: tuple[Any, ...]) -> None:
    """Rules are linear in what they are given, but a recurrence written by hand may hand a sum to anything."""
    if len(args) == 1 and getattr(op, "kind", None) is GENERAL:
        raise NotImplementedError(
            f"{op.name}: it is not linear, and its series asks for its value at a sum over directions; ask for the "
            "operator with method='taylor' or 'reverse'"
        )


def _summed(c: Any) -> Any:
    return c.summed() if isinstance(c, Batch) else c


def _one(like: Any, recorded: bool) -> Any:
    ones = np.ones(like.shape, like.dtype)
    return Variable(ones) if recorded else ones[()]


def _as_array(x: Any) -> Any:
    return x if isinstance(x, Variable) else np.asarray(x)


# -- operations on bundles, all directions at once -------------------------------------------------------------


def _with(op: Op, **parameters: Any) -> Op:
    return declared[op.name].bind(**parameters)


def _matmul(F: CollapsedReading, op: Op, a: Any, b: Any) -> Any:
    axes = len(a.shape), len(b.shape)
    if min(axes) < 2:
        return None  # direction by direction
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    if isinstance(a, Batch) and not isinstance(b, Batch) and axes == (2, 2):

        def make() -> Any:
            matrices = a.matrices()
            rows = matrices.reshape((-1, a.shape[-1]))  # one product in place of one a direction
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
    moved = _with(op, axes=(0, *[axis % len(axes) + 1 for axis in axes]))
    shape = tuple([x.shape[axis] for axis in axes])
    return Batch.later(F, shape, lambda: F.on_arrays(moved, x.aligned(len(x.shape))), x)


def _sum(F: CollapsedReading, op: Op, x: Batch) -> Batch:
    n, keepdims = len(x.shape), op.parameters["keepdims"]
    axis = op.parameters["axis"]
    axes = tuple(range(n)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([a % n for a in axes])
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keepdims or i not in axes]
    moved = _with(op, axis=tuple([a + 1 for a in axes]), keepdims=keepdims)
    return Batch.later(F, tuple(shape), lambda: F.on_arrays(moved, x.whole()), x)


def _get_item(F: CollapsedReading, op: Op, x: Batch) -> Batch | None:
    index = op.parameters["index"]
    index = index if isinstance(index, tuple) else (index,)
    if any([isinstance(i, np.ndarray | list | tuple) for i in index]):
        return None
    shape = np.broadcast_to(0, x.shape)[index].shape
    return Batch.later(F, shape, lambda: F.on_arrays(_with(op, index=(slice(None), *index)), x.whole()), x)


def _concatenate(F: CollapsedReading, op: Op, *xs: Any) -> Batch:
    axis = op.parameters["axis"]
    axis = axis % len(xs[0].shape)
    wholes = []
    for x in xs:
        shape = (F.count, *x.shape)
        whole = x.whole() if isinstance(x, Batch) else F.on_arrays(declared["broadcast_to"].bind(shape=shape), x)
        wholes.append(whole)
    found = F.on_arrays(_with(op, axis=axis + 1), *wholes)
    return Batch(F, found, found.shape[1:])


_BATCHED: dict[str, Callable[..., Any]] = {  # by what operations declare as `batched`
    "matmul": _matmul,
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "transpose": _transpose,
    "sum": _sum,
    "get_item": _get_item,
    "concatenate": _concatenate,
}
