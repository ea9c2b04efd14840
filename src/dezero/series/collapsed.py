"""Series along many directions at once, whose highest coefficients are summed as soon as they exist.

Of a sum of K-th derivatives over R directions (a Laplacian, a biharmonic), only the coefficients 1 to K - 1 are needed
for each direction: coefficient K of a result is linear in the coefficients K of the arguments, so their weighted sum
over the directions goes through the graph in place of all of them: 2 + (K - 1) R vectors in place of 1 + K R.

F. Dangel, T. Siebert, M. Zeinhofer, A. Walther, Collapsing Taylor Mode Automatic Differentiation (NeurIPS 2025);
for K = 2: R. Li et al., A Computational Framework for Neural Network-based Variational Monte Carlo with Forward
Laplacian (Nature Machine Intelligence 6 (2024) 209).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import Array, Shape, rounded_once
from dezero.core.function import Function
from dezero.core.op import ELEMENTWISE, GENERAL, Op, declared
from dezero.core.variable import Variable
from dezero.functions._stacking import RunEach, Stack, Stacks
from dezero.series.batch import Batch, Collapsed, Held, summed
from dezero.series.batched import BATCHED
from dezero.series.power import Coefficient, Coefficients, Operand, Product, Series, Value, is_zero, plus
from dezero.series.reading import SeriesReading

_contracted = rounded_once(functools.partial(np.einsum, "r...,r...->..."))  # a product and its sum over directions


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
            series.coefficients[k] = tuple(map(summed, c)) if isinstance(c, tuple) else summed(c)

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
            return Collapsed(self, self.on_arrays(op, *[self.outcome(summed(a)) for a in args]))
        if not any([isinstance(a, Batch) for a in args]):
            return super().compute(op, *args)
        if isinstance(op, Op):
            found = None if op.batched is None else BATCHED[op.batched](self, op, *args)
            if found is not None:
                return found
            if op.kind is ELEMENTWISE:
                shape = np.broadcast_shapes(*[getattr(a, "shape", ()) for a in args])
                arrays = [a.aligned(len(shape)) if isinstance(a, Batch) else a for a in args]
                return Batch(self, self.on_arrays(op, *arrays), shape)
            found = self._stacked(op, args)
            if found is not None:
                return found
        wholes = [a.whole() if isinstance(a, Batch) else a for a in args]
        rows = [
            self.on_arrays(op, *[w[r] if isinstance(a, Batch) else a for a, w in zip(args, wholes, strict=True)])
            for r in range(self.count)
        ]
        rows = [row.reshape((1, *row.shape)) for row in map(_as_array, rows)]
        return Batch(self, self.on_arrays(declared["concatenate"].bind(axis=0), *rows), rows[0].shape[1:])

    def _stacked(self, op: Op, args: tuple[Any, ...]) -> Batch | None:
        """An operation on all directions at once, as on many examples; None where it has to go one after the other."""
        if op.stacked is None:
            return None
        stacks = Stacks(self.count, self.on_arrays, self.recorded)
        try:
            found = op.stacked(stacks, op, *[Stack(a.whole()) if isinstance(a, Batch) else a for a in args])
        except RunEach:
            return None
        if found is NotImplemented or isinstance(found, tuple) or isinstance(raw(found), tuple):
            return None
        return Batch(self, found, found.shape[1:])

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
                    total = plus(total, (summed(c) if k == self.top else c) * f[j])
            return total

        return self.new(first, produce)


def _check_linear(op: Op | Function, args: tuple[object, ...]) -> None:
    """NotImplementedError for an operation that is not linear, where a hand-written recurrence applies it to a sum."""
    if len(args) == 1 and isinstance(op, Op) and op.kind is GENERAL:
        raise NotImplementedError(
            f"{op.name}: it is not linear, and its series asks for its value at a sum over directions; ask for the "
            "operator with method='taylor' or 'reverse'"
        )


def _one(like: Value, recorded: bool) -> Coefficient:
    ones = np.ones(like.shape, like.dtype)
    return Variable(ones) if recorded else ones[()]


def _as_array(x: object) -> Held:
    return x if isinstance(x, Variable) else np.asarray(x)
