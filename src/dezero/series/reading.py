"""The rules of all operations read with power series: the `F` of Taylor mode.

An element-wise operation y = f(x) has y' = rule(x') as its one differential equation, whose coefficient k - 1 is
k y_k and mentions no y above k - 1. Linear operations apply to each coefficient, bilinear ones by the Cauchy
product. Of any other operation, and of a user's Function, the rule is transposed into its jvp first (tangents.py).
A few recurrences are written out (written.py).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.call import apply
from dezero.core.config import using_config
from dezero.core.op import BILINEAR, ELEMENTWISE, GENERAL, Op, declared
from dezero.core.variable import Variable, wrap
from dezero.series import tangents
from dezero.series.power import Series, cauchy, coefficient, derivative, is_zero, over, plus
from dezero.series.written import recurrence


class SeriesReading:
    """Combines series and constants; as `F`, it has every operation as an attribute.

    recorded: coefficients are Variables with a graph, not raw arrays.
    """

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded
        self.table: dict[Any, tuple[Any, Any]] = {}  # (operation, arguments) -> series: sin and cos share theirs
        self.made: list[Series] = []

    def close(self) -> None:
        """Forget all series, which mention themselves and each other, so that their memory is free at once."""
        for series in self.made:
            del series.produce, series.coefficients
        self.made.clear()
        self.table.clear()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = declared[name]
        return lambda *args, **parameters: self.call(op.bind(**parameters) if parameters else op, *args)

    def call(self, op: Any, *args: Any, first: Any = None) -> Any:
        """An operation (or a user's Function) on series and constants: a series, or a constant where no series moves.

        first: coefficient 0, where it is known.
        """
        if not any([isinstance(a, Series) for a in args]):
            return self.compute(op, *args) if first is None else first
        if not isinstance(op, Op):
            return tangents.general(self, op, args, first)
        key = (op.key, *[id(a) for a in args])
        if key not in self.table:
            self.table[key] = (self._series(op, args, first), args)  # the arguments, so that an id stays its own
        return self.table[key][0]

    def compute(self, op: Any, *args: Any) -> Any:
        """The value of an operation (or a user's Function) on coefficients."""
        if not isinstance(op, Op):
            return self._called(op, args)
        if any([isinstance(a, Variable) for a in args]):
            return apply(op, *args)
        y = op.value(*args)
        return np.complex128(y) if type(y) is complex else y  # Python computed complex * float64

    def _called(self, function: Any, args: tuple[Any, ...]) -> Any:
        with using_config("enable_backprop", self.recorded):
            ys = function(*args)  # a call of its own: the graph of the first one needs this instance
        if not isinstance(ys, list):
            return ys if self.recorded else ys._data
        return ys[0]._args[0] if self.recorded else tuple([y._data for y in ys])

    # -- coefficients ------------------------------------------------------------------------------------------

    def fitted(self, c: Any, shape: tuple[int, ...] | None) -> Any:
        """A coefficient in the shape of its series."""
        if shape is None or is_zero(c) or getattr(c, "shape", ()) == shape:
            return c
        return self.compute(declared["broadcast_to"].bind(shape=shape), c)

    def full(self, c: Any, like: Any) -> Any:
        """A coefficient as an array: an exact zero as zeros of a series' shape."""
        if not (is_zero(c) and hasattr(like, "dtype")):
            return c
        zeros = np.zeros(like.shape, like.dtype)
        return wrap(zeros) if self.recorded else zeros[()]

    def new(self, first: Any, produce: Callable[[int], Any]) -> Series:
        """A series whose coefficient 0 is known."""
        return Series(self, first.shape, first.dtype, produce, first)

    def raw(self, c: Any) -> Any:
        """A coefficient's numbers (of a bundle, those of one direction)."""
        return c._data if isinstance(c, Variable) else c

    def settle(self, series: Series, k: int) -> None:
        """What is left to do with a coefficient of a node of the graph that was expanded."""

    def outcome(self, c: Any) -> Any:
        """A coefficient of the result, as it is handed out."""
        return c

    def zeros_like(self, x: Any) -> int:
        return 0

    @staticmethod
    def product(x: Any, y: Any) -> Any:
        return x * y

    def product_at(self, k: int) -> Callable[[Any, Any], Any]:
        """How two coefficients multiply to a part of coefficient k of a node."""
        return self.product

    # -- a series of each kind of operation --------------------------------------------------------------------

    def _series(self, op: Op, args: tuple[Any, ...], first: Any) -> Any:
        found = None if op.series is None else recurrence(op)(self, op, args, first)
        if found is not None:
            return found
        if op.kind is GENERAL:
            return tangents.general(self, op, args, first)
        if first is None:
            first = self.compute(op, *[self.full(coefficient(a, 0), a) for a in args])
        if op.kind is ELEMENTWISE:
            return self._elementwise(op, args, first)
        if op.kind is BILINEAR and all(isinstance(a, Series) for a in args):
            a, b = args
            return self.new(first, lambda k: cauchy(k, a, b, lambda x, y: self.compute(op, x, y)))
        return self.new(first, lambda k: self._applied(op, args, k))

    def _elementwise(self, op: Op, args: tuple[Any, ...], first: Any) -> Series:
        slope: list[Any] = []  # the series of y', made when first needed: the rule mentions y

        def produce(k: int) -> Any:
            if not slope:
                places = [i for i, a in enumerate(args) if isinstance(a, Series)]
                parts = [op.rules[i](self, derivative(args[i]), *args, y) for i in places]
                slope.append(functools.reduce(plus, parts))
            return over(coefficient(slope[0], k - 1), k)

        y = self.new(first, produce)
        return y

    def _applied(self, op: Op, args: tuple[Any, ...], k: int) -> Any:
        """Coefficient k of what is linear in its series: a constant beside them is a factor, or has no part in it."""
        if all([is_zero(a[k]) for a in args if isinstance(a, Series)]):
            return 0
        factors = op.kind is BILINEAR
        parts = [a if factors and not isinstance(a, Series) else coefficient(a, k) for a in args]
        return self.compute(op, *[self.full(c, a) for c, a in zip(parts, args, strict=True)])
