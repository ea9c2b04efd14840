"""The rules of all operations read with power series: the `F` of Taylor mode.

An element-wise operation y = f(x) satisfies the differential equation y' = rule(x'). Its coefficient k - 1 is k y_k on
the left, and on the right it mentions no coefficient of y above k - 1. Linear operations apply to each coefficient,
bilinear ones by the Cauchy product. Of any other operation, and of a user's Function, the vjp is first transposed into
the jvp (tangents.py). A few recurrences are written by hand (written.py).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.call import apply
from dezero.core.config import using_config
from dezero.core.dtypes import Array, Shape
from dezero.core.function import Function
from dezero.core.op import BILINEAR, ELEMENTWISE, GENERAL, Op, declared
from dezero.core.variable import Variable, wrap
from dezero.core.watch.tracing import tracing
from dezero.series import tangents
from dezero.series.power import (
    Coefficient,
    Coefficients,
    Operand,
    Produce,
    Product,
    Series,
    cauchy,
    coefficient,
    derivative,
    is_zero,
    over,
    plus,
)
from dezero.series.written import recurrence


class SeriesReading:
    """Combines series and constants; as `F`, it has every operation as an attribute.

    recorded: coefficients are Variables with a graph, not raw arrays.
    """

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded
        # (operation, ids of arguments) -> (series, arguments): sin and cos ask for each other's series
        self.table: dict[tuple[object, ...], tuple[Any, tuple[Operand, ...]]] = {}
        self.made: list[Series] = []

    def close(self) -> None:
        """Release all series: they refer to themselves and each other, and would wait for the garbage collector."""
        for series in self.made:
            del series.produce, series.coefficients
        self.made.clear()
        self.table.clear()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = declared[name]
        return lambda *args, **parameters: self.call(op.bind(**parameters) if parameters else op, *args)

    def call(self, op: Op | Function, *args: Operand, first: Coefficients | None = None) -> Any:
        """An operation (or a user's Function) on series and constants: a series, or a constant where no series moves.

        first: coefficient 0, where it is known.
        """
        if not any([isinstance(a, Series) for a in args]):
            return self.compute(op, *args) if first is None else first
        if not isinstance(op, Op):
            return tangents.series_from_vjp(self, op, args, first)
        key = (op.key, *[id(a) for a in args])
        if key not in self.table:
            self.table[key] = (self._series(op, args, first), args)  # held, so that no other object gets their ids
        return self.table[key][0]

    def compute(self, op: Op | Function, *args: Any) -> Any:
        """The value of an operation (or a user's Function) on coefficients."""
        if not isinstance(op, Op):
            return self._called(op, args)
        if any([isinstance(a, Variable) for a in args]):
            return apply(op, *args)
        y = op.value(*args)
        return np.complex128(y) if type(y) is complex else y  # as of a Python complex times a float64

    def _called(self, function: Function, args: tuple[Any, ...]) -> Any:
        with using_config("enable_backprop", self.recorded):
            ys = function(*args)  # (each call of a Function records an instance of its own)
        if not isinstance(ys, list):
            return ys if self.recorded else ys._data
        return ys[0]._args[0] if self.recorded else tuple([y._data for y in ys])

    # -- coefficients ------------------------------------------------------------------------------------------

    def fitted(self, c: Any, shape: Shape | None) -> Any:
        """A coefficient in the shape of its series."""
        if shape is None or is_zero(c) or getattr(c, "shape", ()) == shape:
            return c
        return self.compute(declared["broadcast_to"].bind(shape=shape), c)

    def full(self, c: Any, like: Any) -> Any:
        """A coefficient, the exact zero as an array of zeros of the shape and dtype of `like`, a series or array."""
        if not (is_zero(c) and hasattr(like, "dtype")):
            return c
        zeros = (
            np.zeros(like.shape, like.dtype) if not tracing() else np.broadcast_to(np.zeros((), like.dtype), like.shape)
        )
        return wrap(zeros) if self.recorded else zeros[()]

    def new(self, first: Any, produce: Produce) -> Series:
        """A series whose coefficient 0 is known."""
        return Series(self, first.shape, first.dtype, produce, first)

    def raw(self, c: Any) -> Array:
        """A coefficient's numbers; of a batch (collapsed.py), those of one direction."""
        return c._data if isinstance(c, Variable) else c

    def settle(self, series: Series, k: int) -> None:
        """Called once coefficient k of a node of the expanded graph is computed: a place for readings built on this."""

    def outcome(self, c: Any) -> Any:
        """The array or Variable that a coefficient of the result is handed out as."""
        return c

    def zeros_like(self, x: object) -> int:
        return 0

    @staticmethod
    def product(x: Coefficient, y: Coefficient) -> Coefficient:
        return x * y

    def product_at(self, k: int) -> Product:
        """The product of two coefficients where it is a summand of coefficient k."""
        return self.product

    # -- a series of each kind of operation --------------------------------------------------------------------

    def _series(self, op: Op, args: tuple[Operand, ...], first: Coefficients | None) -> Any:
        found = None if op.series is None else recurrence(op)(self, op, args, first)
        if found is not None:
            return found
        if op.kind is GENERAL:
            return tangents.series_from_vjp(self, op, args, first)
        if first is None:
            first = self.compute(op, *[self.full(coefficient(a, 0), a) for a in args])
        if op.kind is ELEMENTWISE:
            return self._elementwise(op, args, first)
        if op.kind is BILINEAR:
            a, b = args
            if isinstance(a, Series) and isinstance(b, Series):
                return self._product(op, a, b, first)
        return self.new(first, lambda k: self._applied(op, args, k))

    def _product(self, op: Op, a: Series, b: Series, first: Coefficients) -> Series:
        return self.new(first, lambda k: cauchy(k, a, b, lambda x, y: self.compute(op, x, y)))

    def _elementwise(self, op: Op, args: tuple[Operand, ...], first: Coefficients) -> Series:
        slope: list[Operand] = []  # the series of y', made when first needed: the rule mentions y

        def produce(k: int) -> Coefficient:
            if not slope:
                moving = [(i, a) for i, a in enumerate(args) if isinstance(a, Series)]
                parts = [op.rules[i](self, derivative(a), *args, y) for i, a in moving]
                slope.append(functools.reduce(plus, parts))
            return over(coefficient(slope[0], k - 1), k)

        y = self.new(first, produce)
        return y

    def _applied(self, op: Op, args: tuple[Operand, ...], k: int) -> Coefficient:
        """Coefficient k of an operation that is linear in its series.

        A constant beside them is a factor of a bilinear operation; of a linear one it is a summand, 0 at orders k > 0.
        """
        if all([is_zero(a[k]) for a in args if isinstance(a, Series)]):
            return 0
        factors = op.kind is BILINEAR
        parts = [a if factors and not isinstance(a, Series) else coefficient(a, k) for a in args]
        return self.compute(op, *[self.full(c, a) for c, a in zip(parts, args, strict=True)])
