"""What a rule may ask of `F`, the reading in which its expression is evaluated.

A rule is written once, `rule(F, g, *arguments, y, **parameters)`, and read in six ways:

- RawReading (core/registry.py): raw arrays, for derivatives that nobody differentiates again;
- RecordedReading (here): Variables, each operation recorded as it stands;
- Algebra (rewriting/algebra.py): terms, shared and simplified, for the graph of a derivative;
- SeriesReading (series/reading.py): power series in one parameter, for Taylor mode;
- CollapsedReading (series/collapsed.py): series along many directions at once, of which only a weighted sum is wanted;
- DependenceReading (derivatives/sparse/dependence.py): which arguments an expression mentions, for sparsity patterns.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.dtypes import is_half
from dezero.core.op import declared
from dezero.core.variable import Variable, wrap

Shape = tuple[int, ...]


class Reading(Protocol):
    """What a rule may ask: every operation as an attribute, called with its parameters by name."""

    def __getattr__(self, operation: str) -> Callable[..., Any]: ...
    def zeros_like(self, x: Any) -> Any: ...


class GraphReading(Reading, Protocol):
    """What a sweep over a graph asks besides. Its expressions stand for nodes: Variables, or terms of an algebra."""

    def term(self, value: Any) -> Any:
        """The expression of a node, array or number."""

    def node(self, expression: Any) -> Any:
        """The Variable, array or number that an expression stands for."""

    def total(self, terms: list[Any]) -> Any:
        """The sum of one expression or more."""

    def filled(self, term: Any, like: Any) -> Any:
        """An expression that is an array: a number becomes an array full of it."""

    def fit(self, term: Any, shape: Shape, target: Shape) -> Any:
        """A cotangent of an element-wise result of `shape`, summed to an argument's `target` shape."""


class Expression:
    """The operators of what a reading evaluates to, where that is neither an array nor a Variable.

    F: the reading, which has every operation.
    """

    __array_ufunc__ = None  # arrays on the left of an operator defer
    __slots__ = ("F",)
    F: Any

    def __add__(self, other: Any) -> Any:
        return self.F.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return self.F.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return self.F.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.F.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return self.F.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.F.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.F.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.F.div(other, self)

    def __pow__(self, other: Any) -> Any:
        return self.F.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.F.pow(other, self)

    def __neg__(self) -> Any:
        return self.F.neg(self)

    def __matmul__(self, other: Any) -> Any:
        return self.F.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self.F.matmul(other, self)

    @property
    def T(self) -> Any:
        return self.F.transpose(self, axes=None)


class RecordedReading:
    """Variables, each operation recorded as it stands: nothing shared, nothing cancelled."""

    shared: frozenset[int] = frozenset()

    def __getattr__(self, name: str) -> Any:
        op = declared[name]
        return lambda *args, **parameters: apply(op.bind(**parameters) if parameters else op, *args)

    def term(self, value: Any) -> Any:
        return value

    node = term

    def total(self, terms: list[Any]) -> Any:
        if len(terms) > 2 and is_half(raw(terms[0])):
            return self.linear_combination(*terms, weights=(1,) * len(terms))
        return functools.reduce(operator.add, terms)

    def filled(self, g: Any, like: Any) -> Any:
        return wrap(np.full(like.shape, g, like.dtype)) if isinstance(g, int | float) else g

    def fit(self, g: Any, shape: tuple[int, ...], target: tuple[int, ...]) -> Any:
        if g.shape != shape:
            g = self.broadcast_to(g, shape=shape)
        return g if shape == target else self.sum_to(g, shape=target)

    def zeros_like(self, x: Any) -> Variable:
        return wrap(np.zeros_like(getattr(x, "_data", x)))
